//! Keeps who did what to which, with the real outcome: written after the act, never before.

use super::{Result, Store, scope, when};
use crate::domain::account::{Scope, Viewer};
use crate::domain::ids::PartnerId;
use crate::domain::quarantine::Decided;
use crate::domain::query::Span;
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Longest that a search may take in the database.
const LONGEST: Duration = Duration::from_secs(2);

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
    /// That somebody looked at what a partner sent, letter by letter.
    pub const LOOKED: &str = "record.look";

    /// That a record was replayed; the record itself keeps what came of it.
    pub const REPLAYED: &str = Decided::REPLAYED;
    /// That somebody saved a revision of a record; the record itself keeps it.
    pub const EDITED: &str = "record.edit";

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

/// A deed with its key.
#[derive(Deserialize)]
struct KeyedDoc {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(flatten)]
    deed: DeedDoc,
}

impl KeyedDoc {
    fn key(&self) -> String {
        format!("{}-{}", self.deed.at.timestamp_millis(), self.id.to_hex())
    }
}

fn read_key(text: &str) -> Option<(DateTime<Utc>, ObjectId)> {
    let (at, id) = text.split_once('-')?;
    Some((
        DateTime::from_timestamp_millis(at.parse().ok()?)?,
        ObjectId::parse_str(id).ok()?,
    ))
}

/// What deeds are sought. An empty word narrows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// The name of who did it.
    pub who: String,
    /// What its action begins with, such as `user.`.
    pub what: String,
    /// To what it was done.
    pub object: String,
    /// To whose things.
    pub partner: Option<PartnerId>,
    /// When.
    pub span: Span,
}

impl Sought {
    /// Whether a deed that stands elsewhere is looked for as well.
    pub fn is_met_by(&self, deed: &Deed) -> bool {
        (self.span.from..self.span.until).contains(&deed.at)
            && (self.who.is_empty() || self.who == deed.actor_name)
            && deed.action.starts_with(&self.what)
            && (self.object.is_empty() || self.object == deed.object)
            && (self.partner.is_none() || self.partner == deed.partner)
    }

    fn query(&self) -> Document {
        let mut query = doc! {"at": {"$gte": when::bson(self.span.from), "$lt": when::bson(self.span.until)}};
        if !self.who.is_empty() {
            query.insert("actor.name", &self.who);
        }
        if !self.what.is_empty() {
            // Every text that begins so lies between these two.
            query.insert(
                "action",
                doc! {"$gte": &self.what, "$lt": format!("{}\u{ffff}", self.what)},
            );
        }
        if !self.object.is_empty() {
            query.insert("object", &self.object);
        }
        if let Some(partner) = &self.partner {
            query.insert("partner", partner.as_str());
        }
        query
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

    /// Writes down that somebody looked at something, unless they did within so long before.
    pub async fn note_look(&self, deed: &Deed, within: TimeDelta) -> Result<()> {
        let known = doc! {
            "object": &deed.object,
            "at": {"$gte": when::bson(deed.at - within)},
            "actor.id": deed.actor_id.as_deref(),
            "action": &deed.action,
        };
        let looks = self.collection::<DeedDoc>("activity");
        if looks.find_one(known).await?.is_none() {
            looks.insert_one(DeedDoc::from(deed)).await?;
        }
        Ok(())
    }

    /// Writes one deed down inside a transaction.
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

    /// Lists what was done in a stretch of time, the newest first, from after the deed with the key
    /// `after` on; with what to ask for to get those that follow.
    pub async fn search_deeds(
        &self,
        sought: &Sought,
        after: &str,
        rows: u32,
    ) -> Result<(Vec<Deed>, Option<String>)> {
        let mut query = sought.query();
        if let Some((at, id)) = read_key(after) {
            let at = when::bson(at);
            query.insert(
                "$or",
                vec![doc! {"at": {"$lt": at}}, doc! {"at": at, "_id": {"$lt": id}}],
            );
        }
        let mut found: Vec<KeyedDoc> = self
            .collection("activity")
            .find(query)
            .sort(doc! {"at": -1, "_id": -1})
            .limit(i64::from(rows) + 1)
            .max_time(LONGEST)
            .await?
            .try_collect()
            .await?;
        let more = found.len() > rows as usize;
        found.truncate(rows as usize);
        let next = found.last().filter(|_| more).map(KeyedDoc::key);
        Ok((found.into_iter().map(|keyed| keyed.deed.into()).collect(), next))
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
