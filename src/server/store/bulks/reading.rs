//! Reads the records of a part, and what is stored of the items that they would become.

use super::writes::Decision;
use super::{SetDoc, Taken, part_id};
use crate::domain::ids::{FeedId, JobId, RecordId};
use crate::domain::quarantine::HeldRecord;
use crate::server::store::items::item_key;
use crate::server::store::quarantine::HeldDoc;
use crate::server::store::{Error, Result, Store};
use mongodb::ClientSession;
use mongodb::bson::{RawDocumentBuf, deserialize_from_slice, doc};
use std::collections::HashMap;

/// What is stored of an item that a replay compares with.
pub(super) struct There {
    pub received_at: mongodb::bson::DateTime,
    pub hash: Vec<u8>,
    pub is_withdrawn: bool,
}

impl Store {
    /// Reads the records of a part that nobody has decided yet, as far as they can be read.
    pub async fn read_part(&self, taken: &Taken) -> Result<Vec<HeldRecord>> {
        let mut session = self.client.start_session().await?;
        let ids = taken.left();
        let (records, _) = self.read_slice(&mut session, ids).await?;
        Ok(records.into_values().flatten().collect())
    }

    /// Reads the records of one part of a set, as they are by now and in the order of the set.
    pub async fn read_set(&self, id: &JobId, part: usize) -> Result<Vec<HeldRecord>> {
        let key = doc! {"_id": part_id(id, part)};
        let Some(set) = self.collection::<SetDoc>("bulk_sets").find_one(key).await? else {
            return Ok(Vec::new());
        };
        let ids: Vec<RecordId> = set.ids.into_iter().map(RecordId::new).collect();
        let mut session = self.client.start_session().await?;
        let (mut records, _) = self.read_slice(&mut session, &ids).await?;
        Ok(ids.iter().filter_map(|id| records.remove(id.as_str())?).collect())
    }

    /// Reads those of some records that can be read. The caller got the ids within a scope.
    pub async fn read_held(&self, ids: &[RecordId]) -> Result<HashMap<RecordId, HeldRecord>> {
        let mut session = self.client.start_session().await?;
        let (records, _) = self.read_slice(&mut session, ids).await?;
        let records = records.into_values().flatten();
        Ok(records.map(|record| (record.id.clone(), record)).collect())
    }

    /// Reads the records of a slice by their ids, none for one that is no record, and says why
    /// that is so.
    pub(super) async fn read_slice(
        &self,
        session: &mut ClientSession,
        ids: &[RecordId],
    ) -> Result<(HashMap<String, Option<HeldRecord>>, Option<String>)> {
        let ids: Vec<&str> = ids.iter().map(RecordId::as_str).collect();
        let mut records = HashMap::with_capacity(ids.len());
        let mut failure = None;
        let mut found = self
            .collection::<RawDocumentBuf>("quarantine")
            .find(doc! {"_id": {"$in": &ids}})
            .batch_size(u32::try_from(ids.len()).unwrap_or(u32::MAX))
            .session(&mut *session)
            .await?;
        while found.advance(&mut *session).await? {
            let raw = found.current();
            let Ok(id) = raw.get_str("_id") else { continue };
            let record = match deserialize_from_slice::<HeldDoc>(raw.as_bytes()) {
                Ok(record) => Some(HeldRecord::from(record)),
                Err(error) => {
                    failure = Some(format!("Record {id} cannot be read: {error}"));
                    None
                }
            };
            records.insert(id.to_owned(), record);
        }
        Ok((records, failure))
    }

    pub(super) async fn read_there<'a>(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
        decisions: impl Iterator<Item = &'a Decision>,
    ) -> Result<HashMap<String, There>> {
        let keys: Vec<String> = decisions
            .filter_map(|decision| match decision {
                Decision::Passes(passed) => Some(item_key(feed, &passed.key)),
                Decision::Fails(_) => None,
            })
            .collect();
        let mut there = HashMap::with_capacity(keys.len());
        if keys.is_empty() {
            return Ok(there);
        }
        let corrupt = |error: mongodb::bson::error::Error| Error::Corrupt(error.to_string());
        let mut found = self
            .collection::<RawDocumentBuf>("items")
            .find(doc! {"_id": {"$in": &keys}})
            .projection(doc! {"received_at": 1, "hash": 1, "withdrawn.by": 1})
            .batch_size(u32::try_from(keys.len()).unwrap_or(u32::MAX))
            .session(&mut *session)
            .await?;
        while found.advance(&mut *session).await? {
            let raw = found.current();
            there.insert(
                raw.get_str("_id").map_err(corrupt)?.to_owned(),
                There {
                    received_at: raw.get_datetime("received_at").map_err(corrupt)?,
                    hash: raw.get_binary("hash").map_err(corrupt)?.bytes.to_vec(),
                    is_withdrawn: raw.get_document("withdrawn").is_ok(),
                },
            );
        }
        Ok(there)
    }
}
