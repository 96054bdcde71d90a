//! Keeps the sessions of people who have signed in, for tower-sessions.
//!
//! A session's data is JSON text, because that is what tower-sessions hands over. MongoDB ends
//! expired ones by a TTL index, which may take a minute, so loading checks the time as well.

use super::Store;
use crate::server::clock::Clock;
use async_trait::async_trait;
use mongodb::Collection;
use mongodb::bson::{self, doc};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result, SessionStore};

/// Our session store.
#[derive(Debug, Clone)]
pub struct Sessions {
    collection: Collection<SessionDoc>,
    clock: Clock,
}

#[derive(Debug, Serialize, Deserialize)]
struct SessionDoc {
    #[serde(rename = "_id")]
    id: String,
    data: String,
    expires_at: bson::DateTime,
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

fn document(record: &Record) -> Result<SessionDoc> {
    let millis = record.expiry_date.unix_timestamp_nanos() / 1_000_000;
    Ok(SessionDoc {
        id: record.id.to_string(),
        data: serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))?,
        expires_at: bson::DateTime::from_millis(i64::try_from(millis).map_err(backend)?),
    })
}

impl Store {
    /// The session store on this database.
    pub fn sessions(&self, clock: Clock) -> Sessions {
        Sessions {
            collection: self.collection("sessions"),
            clock,
        }
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // Inserting, not upserting: should two ids ever collide, the second gets a new one.
        for _ in 0..3 {
            match self.collection.insert_one(document(record)?).await {
                Err(error) if super::is_duplicate_key(&error) => record.id = Id::default(),
                Err(error) => return Err(backend(error)),
                Ok(_) => return Ok(()),
            }
        }
        Err(Error::Backend("no free session id".to_owned()))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let doc = document(record)?;
        self.collection
            .replace_one(doc! {"_id": &doc.id}, &doc)
            .upsert(true)
            .await
            .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self
            .collection
            .find_one(doc! {"_id": id.to_string()})
            .await
            .map_err(backend)?;
        let Some(found) =
            found.filter(|d| d.expires_at.timestamp_millis() > self.clock.now().timestamp_millis())
        else {
            return Ok(None);
        };
        let nanos = i128::from(found.expires_at.timestamp_millis()) * 1_000_000;
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&found.data).map_err(|e| Error::Decode(e.to_string()))?,
            expiry_date: OffsetDateTime::from_unix_timestamp_nanos(nanos)
                .map_err(|e| Error::Decode(e.to_string()))?,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.collection
            .delete_one(doc! {"_id": id.to_string()})
            .await
            .map_err(backend)?;
        Ok(())
    }
}
