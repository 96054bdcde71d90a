//! Keeps the versions of feeds' contracts: what each changed, when, by whom and why.
//!
//! The contract in force stands with its feed; here is how it came about. Both change in one
//! transaction, with the log of who did what.

use super::{Deed, Error, Result, Store, scope, to_bson, transaction, when};
use crate::domain::account::Scope;
use crate::domain::contract::Contract;
use crate::domain::ids::FeedId;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use serde::{Deserialize, Serialize};

/// One version of a feed's contract after the first, which is the rule book as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// The feed.
    pub feed: FeedId,
    /// The contract from then on.
    pub contract: Contract,
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What became different, a sentence each.
    pub changes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct AmendmentDoc {
    /// Feed and version: of two people who write the same version, one is told.
    #[serde(rename = "_id")]
    id: String,
    feed: String,
    partner: String,
    version: u32,
    contract: Contract,
    #[serde(with = "when")]
    at: DateTime<Utc>,
    by: String,
    reason: String,
    changes: Vec<String>,
}

impl From<&Amendment> for AmendmentDoc {
    fn from(a: &Amendment) -> Self {
        Self {
            id: format!("{}@{}", a.feed, a.contract.version),
            feed: a.feed.to_string(),
            partner: a.feed.partner().to_string(),
            version: a.contract.version,
            contract: a.contract.clone(),
            at: a.at,
            by: a.by.clone(),
            reason: a.reason.clone(),
            changes: a.changes.clone(),
        }
    }
}

impl From<AmendmentDoc> for Amendment {
    fn from(d: AmendmentDoc) -> Self {
        Self {
            feed: FeedId::new(d.feed),
            contract: d.contract,
            at: d.at,
            by: d.by,
            reason: d.reason,
            changes: d.changes,
        }
    }
}

impl Store {
    /// Puts a new version of a feed's contract in force: the feed, the version's history and the
    /// deed are written together or not at all. `Conflict` when the contract in force is no
    /// longer the version before it.
    pub async fn amend_contract(&self, scope: &Scope, amendment: &Amendment, deed: &Deed) -> Result<()> {
        let doc = AmendmentDoc::from(amendment);
        let before = doc.version.saturating_sub(1);
        let mut versions = vec![Bson::from(before)];
        if before == 1 {
            // A feed that was set up before there were versions has none.
            versions.push(Bson::Null);
        }
        let query = doc! {"_id": &doc.feed, "contract.version": {"$in": versions}};
        let query = scope::narrow(query, scope, Some(&amendment.feed.partner()));
        let contract = to_bson(&amendment.contract)?;
        let conflict = || Error::Conflict {
            what: format!("The contract of {}", amendment.feed),
        };
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        let moved = self
            .collection::<Document>("feeds")
            .update_one(query, doc! {"$set": {"contract": contract}})
            .session(&mut session)
            .await;
        if transaction::found(moved)? != 1 {
            session.abort_transaction().await.ok();
            return Err(conflict());
        }
        self.collection::<AmendmentDoc>("contracts")
            .insert_one(doc)
            .session(&mut session)
            .await?;
        self.insert_deed_in(&mut session, deed).await?;
        session.commit_transaction().await?;
        Ok(())
    }

    /// Lists the versions of a feed's contract in the scope, the newest first.
    pub async fn list_amendments(&self, scope: &Scope, feed: &FeedId) -> Result<Vec<Amendment>> {
        let query = scope::narrow(doc! {"feed": feed.as_str()}, scope, Some(&feed.partner()));
        let found: Vec<AmendmentDoc> = self
            .collection("contracts")
            .find(query)
            .sort(doc! {"version": -1})
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(Amendment::from).collect())
    }
}
