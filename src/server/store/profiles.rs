//! Keeps the versions of feeds' profiles: what was written, when, by whom and why.
//!
//! The profile in force stands with its feed, as the readers take it; here it stands as a person
//! wrote it, comments and all. Both change in one transaction, with the log of who did what.

use super::partners::profile_json;
use super::{Deed, Error, Result, Store, scope, transaction, when};
use crate::domain::account::Scope;
use crate::domain::feed::Feed;
use crate::domain::ids::FeedId;
use crate::domain::profile::Profile;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use serde::{Deserialize, Serialize};

/// One version of a feed's profile after the first, which is what the feed was set up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The feed.
    pub feed: FeedId,
    /// Its number, from 2 on.
    pub version: u32,
    /// The profile from then on, in TOML, as it was written.
    pub text: String,
    /// The profile it took the place of.
    pub before: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Revision {
    /// The text of the profile that a feed has now, when somebody wrote one since it was set up;
    /// `revisions` are its own, the newest first.
    pub fn standing<'a>(revisions: &'a [Self], feed: &Feed) -> Option<&'a str> {
        let newest = revisions.first()?;
        (newest.version == feed.profile_version).then_some(&newest.text)
    }

    /// The sentence of it in the log of who did what, without its subject.
    pub fn deed(&self) -> String {
        format!(
            "set {} to version {} of its profile. Because: {}",
            self.feed, self.version, self.reason
        )
    }
}

#[derive(Serialize, Deserialize)]
struct RevisionDoc {
    /// Feed and version: of two people who write the same version, one is told.
    #[serde(rename = "_id")]
    id: String,
    feed: String,
    partner: String,
    version: u32,
    text: String,
    before: String,
    #[serde(with = "when")]
    at: DateTime<Utc>,
    by: String,
    reason: String,
}

impl From<&Revision> for RevisionDoc {
    fn from(r: &Revision) -> Self {
        Self {
            id: format!("{}@{}", r.feed, r.version),
            feed: r.feed.to_string(),
            partner: r.feed.partner().to_string(),
            version: r.version,
            text: r.text.clone(),
            before: r.before.clone(),
            at: r.at,
            by: r.by.clone(),
            reason: r.reason.clone(),
        }
    }
}

impl From<RevisionDoc> for Revision {
    fn from(d: RevisionDoc) -> Self {
        Self {
            feed: FeedId::new(d.feed),
            version: d.version,
            text: d.text,
            before: d.before,
            at: d.at,
            by: d.by,
            reason: d.reason,
        }
    }
}

impl Store {
    /// Has a feed's files read by another profile from the next one on. `profile` is what the
    /// revision's text says. The feed, the version and the deed are written together or not at
    /// all; `Conflict` when the profile in force is no longer the version before it, or when
    /// there is no such feed in the scope.
    pub async fn revise_profile(
        &self,
        scope: &Scope,
        revision: &Revision,
        profile: &Profile,
        deed: &Deed,
    ) -> Result<()> {
        let doc = RevisionDoc::from(revision);
        let before = doc.version.saturating_sub(1);
        let mut versions = vec![Bson::from(before)];
        if before == 1 {
            // A feed that was set up before there were versions has none.
            versions.push(Bson::Null);
        }
        let query = doc! {"_id": &doc.feed, "profile_version": {"$in": versions}};
        let query = scope::narrow(query, scope, Some(&revision.feed.partner()));
        let set = doc! {
            "profile": profile_json(&revision.feed, profile)?,
            "profile_version": doc.version,
        };
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        let moved = self
            .collection::<Document>("feeds")
            .update_one(query, doc! {"$set": set})
            .session(&mut session)
            .await;
        if transaction::found(moved)? != 1 {
            session.abort_transaction().await.ok();
            return Err(Error::Conflict {
                what: format!("The profile of {}", revision.feed),
            });
        }
        self.collection::<RevisionDoc>("profiles")
            .insert_one(doc)
            .session(&mut session)
            .await?;
        self.insert_deed_in(&mut session, deed).await?;
        session.commit_transaction().await?;
        Ok(())
    }

    /// Lists the versions of a feed's profile in the scope, the newest first.
    pub async fn list_revisions(&self, scope: &Scope, feed: &FeedId) -> Result<Vec<Revision>> {
        let query = scope::narrow(doc! {"feed": feed.as_str()}, scope, Some(&feed.partner()));
        let found: Vec<RevisionDoc> = self
            .collection("profiles")
            .find(query)
            .sort(doc! {"version": -1})
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(Revision::from).collect())
    }
}
