//! Keeps the catalogue we stand behind: the accepted version of every product, keyed by feed
//! and case-folded product id.
//!
//! Only what changed is written. Applying a batch twice for the same delivery gives the same
//! counts as applying it once, because an item remembers which delivery wrote it.

use super::{Result, Store, is_duplicate_key, when};
use crate::domain::account::Scope;
use crate::domain::ids::{DeliveryId, FeedId};
use crate::domain::record::Record;
use chrono::{DateTime, Utc};
use mongodb::Collection;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, RawDocumentBuf, doc};
use std::collections::HashMap;

/// A record that passed the contract.
#[derive(Debug, Clone)]
pub struct Passed {
    /// The case-folded product id: what makes two records the same product.
    pub key: String,
    /// The product id as sent.
    pub item_id: String,
    /// [`Record::content_hash`].
    pub hash: [u8; 16],
    /// The normalised values.
    pub record: Record,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// New or changed.
    pub accepted: u64,
    /// Said what we had.
    pub unchanged: u64,
}

/// The `_id` of an item. Slugs have no `/`, so no two items share one.
pub(super) fn item_key(feed: &FeedId, key: &str) -> String {
    format!("{feed}/{key}")
}

/// The normalised values as a subdocument; a repeated name becomes a list.
fn attributes(record: &Record) -> Document {
    let mut document = Document::new();
    for (name, value) in record.iter() {
        match document.get_mut(name) {
            None => {
                document.insert(name, value);
            }
            Some(Bson::Array(values)) => values.push(value.into()),
            Some(first) => *first = Bson::Array(vec![first.clone(), value.into()]),
        }
    }
    document
}

/// The document of an item as this delivery brings it.
pub(super) fn item_document(
    feed: &FeedId,
    delivery: &DeliveryId,
    received_at: DateTime<Utc>,
    passed: &Passed,
) -> Document {
    doc! {
        "_id": item_key(feed, &passed.key),
        "partner": feed.partner().as_str(),
        "feed": feed.as_str(),
        "item_id": &passed.item_id,
        "hash": hash(passed.hash),
        "attributes": attributes(&passed.record),
        "delivery": delivery.as_str(),
        "received_at": when::bson(received_at),
    }
}

fn hash(hash: [u8; 16]) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: hash.to_vec(),
    }
}

impl Store {
    fn items(&self) -> Collection<Document> {
        self.collection("items")
    }

    /// Whether the catalogue has nothing of this feed yet, so that nothing need be compared.
    pub async fn has_no_items(&self, feed: &FeedId) -> Result<bool> {
        Ok(self
            .items()
            .find_one(doc! {"_id": of_feed(feed)})
            .projection(doc! {"_id": 1})
            .await?
            .is_none())
    }

    /// Counts the items of a feed.
    pub async fn count_items(&self, scope: &Scope, feed: &FeedId) -> Result<u64> {
        if !scope.covers(&feed.partner()) {
            return Ok(0);
        }
        Ok(self
            .items()
            .count_documents(doc! {"_id": of_feed(feed)})
            .hint(mongodb::options::Hint::Keys(doc! {"_id": 1}))
            .await?)
    }

    /// Reads the stored values of one item, for a test or a comparison.
    pub async fn find_item(
        &self,
        scope: &Scope,
        feed: &FeedId,
        key: &str,
    ) -> Result<Option<Vec<(String, String)>>> {
        if !scope.covers(&feed.partner()) {
            return Ok(None);
        }
        let Some(found) = self.items().find_one(doc! {"_id": item_key(feed, key)}).await? else {
            return Ok(None);
        };
        let attributes = found.get_document("attributes").cloned().unwrap_or_default();
        let mut pairs = Vec::new();
        for (name, value) in attributes {
            match value {
                Bson::Array(values) => {
                    pairs.extend(
                        values
                            .iter()
                            .filter_map(Bson::as_str)
                            .map(|v| (name.clone(), v.to_owned())),
                    );
                }
                value => pairs.extend(value.as_str().map(|v| (name, v.to_owned()))),
            }
        }
        Ok(Some(pairs))
    }

    /// Writes the new and changed among `batch`, whose keys are all different. With
    /// `all_new` nothing is looked up first; whatever turns out to be there after all is
    /// compared then.
    pub async fn apply_items(
        &self,
        feed: &FeedId,
        delivery: &DeliveryId,
        received_at: DateTime<Utc>,
        batch: &[Passed],
        all_new: bool,
    ) -> Result<Applied> {
        let mut applied = Applied::default();
        if batch.is_empty() {
            return Ok(applied);
        }
        let documents = |passed: &[&Passed]| -> Vec<Document> {
            passed
                .iter()
                .map(|p| item_document(feed, delivery, received_at, p))
                .collect()
        };
        if all_new {
            let everything: Vec<&Passed> = batch.iter().collect();
            if self.insert_new(&documents(&everything)).await? {
                applied.accepted = batch.len() as u64;
                return Ok(applied);
            }
        }
        let stored = self.stored_hashes(feed, batch).await?;
        let mut new = Vec::new();
        let mut changed = Vec::new();
        for passed in batch {
            match stored.get(&item_key(feed, &passed.key)) {
                None => new.push(passed),
                Some((hash, by)) if *hash == passed.hash => {
                    // Written by an earlier try of this very delivery: it counts as written.
                    if by == delivery.as_str() {
                        applied.accepted += 1;
                    } else {
                        applied.unchanged += 1;
                    }
                }
                Some(_) => changed.push(passed),
            }
        }
        applied.accepted += (new.len() + changed.len()) as u64;
        if !new.is_empty() && !self.insert_new(&documents(&new)).await? {
            // Another try of this delivery was faster; what it wrote is what we would write.
            changed.extend(new);
        }
        if !changed.is_empty() {
            let updates: Vec<Document> = documents(&changed)
                .into_iter()
                .map(|d| doc! {"q": {"_id": d.get("_id")}, "u": d, "upsert": true})
                .collect();
            let answer = self
                .db
                .run_command(doc! {"update": "items", "updates": updates, "ordered": false})
                .await?;
            if let Some(error) = answer
                .get_array("writeErrors")
                .ok()
                .and_then(|errors| errors.first())
            {
                return Err(super::Error::Corrupt(format!(
                    "items could not be written: {error}"
                )));
            }
        }
        Ok(applied)
    }

    /// Inserts documents that should be new; false when one of them was there.
    async fn insert_new(&self, documents: &[Document]) -> Result<bool> {
        match self.items().insert_many(documents).ordered(false).await {
            Ok(_) => Ok(true),
            Err(error) if only_duplicates(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn stored_hashes(
        &self,
        feed: &FeedId,
        batch: &[Passed],
    ) -> Result<HashMap<String, (Vec<u8>, String)>> {
        let keys: Vec<String> = batch.iter().map(|p| item_key(feed, &p.key)).collect();
        let mut found = self
            .collection::<RawDocumentBuf>("items")
            .find(doc! {"_id": {"$in": keys}})
            .projection(doc! {"hash": 1, "delivery": 1})
            .batch_size(u32::try_from(batch.len()).unwrap_or(u32::MAX))
            .await?;
        let mut stored = HashMap::with_capacity(batch.len());
        while found.advance().await? {
            let raw = found.current();
            let read = |e: mongodb::bson::error::Error| super::Error::Corrupt(e.to_string());
            stored.insert(
                raw.get_str("_id").map_err(read)?.to_owned(),
                (
                    raw.get_binary("hash").map_err(read)?.bytes.to_vec(),
                    raw.get_str("delivery").map_err(read)?.to_owned(),
                ),
            );
        }
        Ok(stored)
    }
}

/// Keys of every item of a feed: from `feed/` to just before the next character after `/`.
fn of_feed(feed: &FeedId) -> Document {
    doc! {"$gte": format!("{feed}/"), "$lt": format!("{feed}0")}
}

pub(super) fn only_duplicates(error: &mongodb::error::Error) -> bool {
    use mongodb::error::ErrorKind;
    match error.kind.as_ref() {
        ErrorKind::InsertMany(e) => {
            e.write_concern_error.is_none()
                && e.write_errors
                    .as_ref()
                    .is_some_and(|all| all.iter().all(|w| w.code == 11000))
        }
        _ => is_duplicate_key(error),
    }
}
