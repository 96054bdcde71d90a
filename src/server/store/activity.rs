//! Keeps who did what to which, with the real outcome: written after the act, never before.

use super::{Result, Store, scope, when};
use crate::domain::account::{Scope, Viewer};
use crate::domain::ids::PartnerId;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::doc;
use serde::{Deserialize, Serialize};

/// One thing that somebody, or the system, did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub at: DateTime<Utc>,
    /// The account's id; none when the system did it.
    pub actor_id: Option<String>,
    /// The person's name, or the part of the system.
    pub actor_name: String,
    /// A stable verb, such as `record.edit`.
    pub action: String,
    /// What it was done to: `record:ID`, `delivery:ID`, `user:ID`.
    pub object: String,
    /// Whose it is, if a partner's.
    pub partner: Option<PartnerId>,
    /// A sentence without its subject.
    pub what: String,
}

impl Deed {
    /// What a signed-in person did.
    pub fn of(
        viewer: &Viewer,
        action: &str,
        object: String,
        partner: Option<PartnerId>,
        what: String,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            at,
            actor_id: Some(viewer.id.to_string()),
            actor_name: viewer.name.clone(),
            action: action.to_owned(),
            object,
            partner,
            what,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct DeedDoc {
    #[serde(with = "when")]
    at: DateTime<Utc>,
    actor: ActorDoc,
    action: String,
    object: String,
    partner: Option<String>,
    what: String,
}

#[derive(Serialize, Deserialize)]
struct ActorDoc {
    id: Option<String>,
    name: String,
}

impl From<&Deed> for DeedDoc {
    fn from(d: &Deed) -> Self {
        Self {
            at: d.at,
            actor: ActorDoc {
                id: d.actor_id.clone(),
                name: d.actor_name.clone(),
            },
            action: d.action.clone(),
            object: d.object.clone(),
            partner: d.partner.as_ref().map(ToString::to_string),
            what: d.what.clone(),
        }
    }
}

impl From<DeedDoc> for Deed {
    fn from(d: DeedDoc) -> Self {
        Self {
            at: d.at,
            actor_id: d.actor.id,
            actor_name: d.actor.name,
            action: d.action,
            object: d.object,
            partner: d.partner.map(PartnerId::new),
            what: d.what,
        }
    }
}

impl Store {
    /// Writes one deed down.
    pub async fn insert_deed(&self, deed: &Deed) -> Result<()> {
        self.collection::<DeedDoc>("activity")
            .insert_one(DeedDoc::from(deed))
            .await?;
        Ok(())
    }

    /// Writes several down inside a transaction.
    pub(super) async fn insert_deeds_in(
        &self,
        session: &mut ClientSession,
        deeds: &[Deed],
    ) -> mongodb::error::Result<()> {
        if deeds.is_empty() {
            return Ok(());
        }
        self.collection::<DeedDoc>("activity")
            .insert_many(deeds.iter().map(DeedDoc::from))
            .session(session)
            .await?;
        Ok(())
    }

    /// The same inside a transaction.
    pub(super) async fn insert_deed_in(
        &self,
        session: &mut ClientSession,
        deed: &Deed,
    ) -> mongodb::error::Result<()> {
        self.collection::<DeedDoc>("activity")
            .insert_one(DeedDoc::from(deed))
            .session(session)
            .await?;
        Ok(())
    }

    /// Lists what was done to one thing, oldest first.
    pub async fn list_deeds(&self, scope: &Scope, object: &str) -> Result<Vec<Deed>> {
        let query = scope::narrow(doc! {"object": object}, scope, None);
        let found: Vec<DeedDoc> = self
            .collection("activity")
            .find(query)
            .sort(doc! {"at": 1, "_id": 1})
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(Deed::from).collect())
    }
}
