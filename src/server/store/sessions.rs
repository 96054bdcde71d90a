//! Keeps the sessions of people who have signed in, for tower-sessions and for those who look
//! after them.
//!
//! A session's data is JSON text, because that is what tower-sessions hands over. Its key is the
//! hash of the id in the cookie, so that whoever reads the database signs in as nobody. A session
//! ends when it was not used for [`IDLE`], and [`LONGEST`] after it began, whatever its use.
//! MongoDB removes ended ones by a TTL index and its own clock; who loads one looks by ours.

use super::{Result, Store, when};
use crate::domain::ids::UserId;
use crate::server::clock::Clock;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::{self, Document, doc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write;
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{self, Error, SessionStore};

/// How long a session may lie idle.
pub const IDLE: TimeDelta = TimeDelta::hours(24);
/// How long it lasts at most.
pub const LONGEST: TimeDelta = TimeDelta::days(7);
/// The last use is written down this often at most.
const USE_NOTED: TimeDelta = TimeDelta::minutes(1);

/// Our session store.
#[derive(Debug, Clone)]
pub struct Sessions {
    collection: Collection<SessionDoc>,
    clock: Clock,
}

/// A session as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSeen {
    /// What it is named by; nobody signs in with that.
    pub handle: String,
    /// When it began.
    pub since: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub seen: DateTime<Utc>,
    /// What the browser calls itself.
    pub agent: String,
    /// The address it began from; empty where that is not known.
    pub address: String,
}

/// How many sessions somebody has, and when one was last used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Sessions that have not ended.
    pub sessions: u64,
    /// The last use of any.
    pub seen: DateTime<Utc>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SessionDoc {
    #[serde(rename = "_id")]
    key: String,
    data: String,
    #[serde(default)]
    user: Option<String>,
    #[serde(with = "when")]
    since: DateTime<Utc>,
    #[serde(with = "when")]
    seen: DateTime<Utc>,
    expires_at: bson::DateTime,
}

/// The part of a session's data that is told of it.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    agent: String,
    #[serde(default)]
    address: String,
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

/// The key of the session with this id.
pub fn handle(id: &Id) -> String {
    let hash = Sha256::digest(id.to_string().as_bytes());
    hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn expiry(record: &Record) -> session_store::Result<bson::DateTime> {
    let millis = record.expiry_date.unix_timestamp_nanos() / 1_000_000;
    Ok(bson::DateTime::from_millis(
        i64::try_from(millis).map_err(backend)?,
    ))
}

fn data(record: &Record) -> session_store::Result<String> {
    serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))
}

fn user(record: &Record) -> Option<String> {
    Some(record.data.get("user")?.as_str()?.to_owned())
}

impl Store {
    /// The session store on this database.
    pub fn sessions(&self, clock: Clock) -> Sessions {
        Sessions {
            collection: self.collection("sessions"),
            clock,
        }
    }

    /// Lists an account's sessions that have not ended, the one last used first.
    pub async fn list_sessions(&self, user: &UserId, now: DateTime<Utc>) -> Result<Vec<SessionSeen>> {
        let mut query = alive(now);
        query.insert("user", user.as_str());
        let found: Vec<SessionDoc> = self
            .collection("sessions")
            .find(query)
            .sort(doc! {"seen": -1, "_id": 1})
            .limit(100)
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(SessionSeen::from).collect())
    }

    /// Who has sessions that have not ended.
    pub async fn list_presence(&self, now: DateTime<Utc>) -> Result<HashMap<UserId, Presence>> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(rename = "_id")]
            user: Option<String>,
            sessions: i64,
            #[serde(with = "when")]
            seen: DateTime<Utc>,
        }
        let stages = [
            doc! {"$match": alive(now)},
            doc! {"$group": {"_id": "$user", "sessions": {"$sum": 1_i64}, "seen": {"$max": "$seen"}}},
        ];
        let rows: Vec<Row> = self
            .collection::<Document>("sessions")
            .aggregate(stages)
            .with_type()
            .await?
            .try_collect()
            .await?;
        let presence = |row: Row| {
            let sessions = u64::try_from(row.sessions).unwrap_or_default();
            let seen = row.seen;
            Some((UserId::new(row.user?), Presence { sessions, seen }))
        };
        Ok(rows.into_iter().filter_map(presence).collect())
    }

    /// Ends one session of an account; false when it has no such session.
    pub async fn end_session(&self, user: &UserId, handle: &str) -> Result<bool> {
        let done = self
            .collection::<SessionDoc>("sessions")
            .delete_one(doc! {"_id": handle, "user": user.as_str()})
            .await?;
        Ok(done.deleted_count == 1)
    }

    /// Ends every session of an account, and says how many there were.
    pub async fn end_sessions(&self, user: &UserId) -> Result<u64> {
        let done = self
            .collection::<SessionDoc>("sessions")
            .delete_many(doc! {"user": user.as_str()})
            .await?;
        Ok(done.deleted_count)
    }
}

/// What a session has to be so that it has not ended.
fn alive(now: DateTime<Utc>) -> Document {
    doc! {
        "since": {"$gt": when::bson(now - LONGEST)},
        "seen": {"$gt": when::bson(now - IDLE)},
    }
}

impl From<SessionDoc> for SessionSeen {
    fn from(d: SessionDoc) -> Self {
        let told: Option<Told> = serde_json::from_str(&d.data).ok();
        let (agent, address) = told.map_or_else(Default::default, |told| (told.agent, told.address));
        Self {
            handle: d.key,
            since: d.since,
            seen: d.seen,
            agent,
            address,
        }
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let now = self.clock.now();
        // Inserting, not upserting: should two ids ever collide, the second gets a new one.
        for _ in 0..3 {
            let doc = SessionDoc {
                key: handle(&record.id),
                data: data(record)?,
                user: user(record),
                since: now,
                seen: now,
                expires_at: expiry(record)?,
            };
            match self.collection.insert_one(doc).await {
                Err(error) if super::is_duplicate_key(&error) => record.id = Id::default(),
                Err(error) => return Err(backend(error)),
                Ok(_) => return Ok(()),
            }
        }
        Err(Error::Backend("no free session id".to_owned()))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        // Never an upsert: a session that was ended meanwhile stays ended.
        let change = doc! {"$set": {
            "data": data(record)?,
            "user": user(record),
            "expires_at": expiry(record)?,
        }};
        self.collection
            .update_one(doc! {"_id": handle(&record.id)}, change)
            .await
            .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let now = self.clock.now();
        let mut query = alive(now);
        query.insert("_id", handle(id));
        let Some(found) = self.collection.find_one(query).await.map_err(backend)? else {
            return Ok(None);
        };
        if now - found.seen >= USE_NOTED {
            self.collection
                .update_one(doc! {"_id": &found.key}, doc! {"$max": {"seen": when::bson(now)}})
                .await
                .map_err(backend)?;
        }
        let nanos = i128::from(found.expires_at.timestamp_millis()) * 1_000_000;
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&found.data).map_err(|e| Error::Decode(e.to_string()))?,
            expiry_date: OffsetDateTime::from_unix_timestamp_nanos(nanos)
                .map_err(|e| Error::Decode(e.to_string()))?,
        }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.collection
            .delete_one(doc! {"_id": handle(id)})
            .await
            .map_err(backend)?;
        Ok(())
    }
}
