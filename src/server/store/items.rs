//! Keeps the catalogue we stand behind: the accepted version of every product, keyed by feed
//! and case-folded product id.
//!
//! Only what changed is written. Taking a file in twice for the same delivery gives the same
//! counts as once, because an item remembers which delivery wrote it.

use super::{Error, Result, Store, is_duplicate_key, transaction, when};
use crate::domain::account::Scope;
use crate::domain::ids::{DeliveryId, FeedId};
use crate::domain::item;
use crate::domain::jump::Price;
use crate::domain::record::{Attributes, Record};
use chrono::{DateTime, Utc};
use mongodb::bson::raw::{CStr, cstr};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, RawArrayBuf, RawDocument, RawDocumentBuf, doc};
use mongodb::options::Hint;
use mongodb::{ClientSession, Collection};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Items read together in a scan.
const SCANNED_TOGETHER: u32 = 10_000;

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

/// The `_id` of an item. Slugs have no `/`, so no two items share one.
pub(super) fn item_key(feed: &FeedId, key: &str) -> String {
    format!("{feed}/{key}")
}

/// The normalised values as a subdocument; a repeated name becomes a list.
fn attributes(record: &Record) -> RawDocumentBuf {
    let mut document = RawDocumentBuf::new();
    let has_lists = record.places().any(|place| place > 0);
    for ((name, value), place) in record.iter().zip(record.places()) {
        // A name with a zero byte in it cannot be written; no reader makes one.
        let Ok(key) = <&CStr>::try_from(name) else {
            continue;
        };
        if place > 0 {
            continue;
        }
        let mut others = record.iter().filter(|other| other.0 == name).skip(1).peekable();
        if has_lists && others.peek().is_some() {
            let mut values = RawArrayBuf::new();
            values.push(value);
            for (_, value) in others {
                values.push(value);
            }
            document.append(key, values);
        } else {
            document.append(key, value);
        }
    }
    document
}

/// The document of an item as this delivery brings it, as it goes over the wire.
pub(super) fn item_document(
    feed: &FeedId,
    delivery: &DeliveryId,
    received_at: DateTime<Utc>,
    passed: &Passed,
) -> RawDocumentBuf {
    let mut document = RawDocumentBuf::new();
    document.append(cstr!("_id"), item_key(feed, &passed.key));
    document.append(cstr!("partner"), feed.partner().as_str());
    document.append(cstr!("feed"), feed.as_str());
    document.append(cstr!("item_id"), passed.item_id.as_str());
    document.append(cstr!("hash"), hash(passed.hash));
    document.append(cstr!("attributes"), attributes(&passed.record));
    document.append(cstr!("delivery"), delivery.as_str());
    document.append(cstr!("received_at"), when::bson(received_at));
    document
}

fn hash(hash: [u8; 16]) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: hash.to_vec(),
    }
}

/// The document of an item, ready to be written.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Item(RawDocumentBuf);

impl Item {
    /// The item that a record makes, as this delivery brings it.
    pub fn of(feed: &FeedId, delivery: &DeliveryId, received_at: DateTime<Utc>, passed: &Passed) -> Self {
        Self(item_document(feed, delivery, received_at, passed))
    }

    /// Its size in bytes.
    pub fn size(&self) -> usize {
        self.0.as_bytes().len()
    }

    /// Its price, as a comparison finds it.
    pub fn price(&self) -> Option<Price> {
        price(&self.0).and_then(Price::parse)
    }

    /// The same, which remembers the price before, because it jumped: whoever goes on with this
    /// delivery after a kill finds that again.
    #[must_use]
    pub fn that_was(mut self, price: Option<Price>) -> Self {
        if let Some(price) = price {
            self.0.append(cstr!("was"), price.plain());
        }
        self
    }
}

/// An item as it is compared with what a file says.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// The case-folded product id.
    pub key: &'a str,
    /// [`Record::content_hash`] of its values.
    pub hash: &'a [u8],
    /// The delivery that wrote it.
    pub delivery: &'a str,
    /// The delivery that withdrew it; none while it is live.
    pub withdrawn_by: Option<&'a str>,
    /// Its price.
    pub price: Option<&'a str>,
    /// The price before, where the delivery that wrote it made it jump.
    pub was: Option<&'a str>,
}

/// What is known of an item that a file of changes names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// [`Record::content_hash`] of its values.
    pub hash: Vec<u8>,
    /// The delivery that wrote it.
    pub delivery: String,
    /// Whether it was withdrawn.
    pub is_withdrawn: bool,
    /// Its price.
    pub price: Option<Price>,
    /// The price before, where the delivery that wrote it made it jump.
    pub was: Option<Price>,
}

/// An item as it is read whole.
#[derive(Debug, Deserialize)]
struct ItemDoc {
    attributes: Document,
    delivery: DeliveryId,
    #[serde(with = "when")]
    received_at: DateTime<Utc>,
    withdrawn: Option<Document>,
}

impl ItemDoc {
    fn read(self) -> item::Item {
        let mut pairs = Vec::with_capacity(self.attributes.len());
        let mut push = |name: &str, value: &Bson| {
            pairs.extend(value.as_str().map(|value| (name.to_owned(), value.to_owned())));
        };
        for (name, value) in &self.attributes {
            match value {
                Bson::Array(values) => values.iter().for_each(|value| push(name, value)),
                value => push(name, value),
            }
        }
        item::Item {
            attributes: Attributes(pairs),
            delivery: self.delivery,
            received_at: self.received_at,
            is_withdrawn: self.withdrawn.is_some(),
        }
    }
}

impl Store {
    fn items(&self) -> Collection<Document> {
        self.collection("items")
    }

    /// Counts the items of a feed that are live: not withdrawn.
    pub async fn count_items(&self, scope: &Scope, feed: &FeedId) -> Result<u64> {
        if !scope.covers(&feed.partner()) {
            return Ok(0);
        }
        let all = self
            .items()
            .count_documents(doc! {"_id": of_feed(feed)})
            .hint(Hint::Keys(doc! {"_id": 1}))
            .await?;
        Ok(all.saturating_sub(self.count_withdrawn(scope, feed).await?))
    }

    /// Reads the accepted version of one product.
    pub async fn find_item(&self, scope: &Scope, feed: &FeedId, key: &str) -> Result<Option<item::Item>> {
        if !scope.covers(&feed.partner()) {
            return Ok(None);
        }
        let found = self
            .collection::<ItemDoc>("items")
            .find_one(doc! {"_id": item_key(feed, key)})
            .await?;
        Ok(found.map(ItemDoc::read))
    }

    /// Writes documents of items: `new` ones that should not be there yet, and `changed` ones
    /// that take the place of what is there.
    pub async fn write_items(&self, new: &[Item], changed: &[Item]) -> Result<()> {
        if !new.is_empty() && !self.insert_new(new).await? {
            // Another try of this delivery was faster; what it wrote is what we would write.
            self.replace_items(new).await?;
        }
        self.replace_items(changed).await
    }

    /// Puts items in the place of what is there, in one transaction: the server makes one write of
    /// it, and not one of each. Where somebody else has one of them in a transaction it is one of
    /// each after all, for then the server waits until that has ended.
    async fn replace_items(&self, items: &[Item]) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        let all: Vec<&Item> = items.iter().collect();
        let replaced = self.replace_items_in(&mut session, &all).await;
        if transaction::end(&mut session, replaced).await?.is_none() {
            let answer = self.db.run_raw_command(replacing(items)?).await?;
            all_written(&answer)?;
        }
        Ok(())
    }

    /// The same in a transaction that does more.
    pub(super) async fn replace_items_in(&self, session: &mut ClientSession, items: &[&Item]) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        let command = replacing(items.iter().copied())?;
        let answer = self.db.run_raw_command(command).session(session).await?;
        all_written(&answer)
    }

    /// Writes items that the same transaction did not find: many times cheaper than putting each
    /// in the place of nothing. Who was faster makes the transaction conflict, and it is tried
    /// again.
    pub(super) async fn insert_items_in(&self, session: &mut ClientSession, items: &[&Item]) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        self.collection::<Item>("items")
            .insert_many(items.iter().copied())
            .session(session)
            .await?;
        Ok(())
    }

    /// Goes through the items of a feed by their keys, withdrawn ones among them: all that come
    /// behind the key `after`, or all.
    pub async fn scan_items(
        &self,
        feed: &FeedId,
        after: Option<&str>,
        mut see: impl FnMut(Stored<'_>),
    ) -> Result<()> {
        let mut keys = of_feed(feed);
        if let Some(after) = after {
            keys.remove("$gte");
            keys.insert("$gt", item_key(feed, after));
        }
        let prefix = feed.as_str().len() + 1;
        let mut found = self
            .collection::<RawDocumentBuf>("items")
            .find(doc! {"_id": keys})
            .projection(compared())
            .sort(doc! {"_id": 1})
            .hint(Hint::Keys(doc! {"_id": 1}))
            .batch_size(SCANNED_TOGETHER)
            .await?;
        while found.advance().await? {
            see(stored(found.current(), prefix)?);
        }
        Ok(())
    }

    /// Looks up what is stored of these records, by case-folded product id. For files of changes;
    /// a whole catalogue is compared in one go with [`Store::scan_items`].
    pub async fn list_known(&self, feed: &FeedId, records: &[Passed]) -> Result<HashMap<String, Known>> {
        let mut known = HashMap::with_capacity(records.len());
        if records.is_empty() {
            return Ok(known);
        }
        let prefix = feed.as_str().len() + 1;
        let keys: Vec<String> = records.iter().map(|p| item_key(feed, &p.key)).collect();
        let mut found = self
            .collection::<RawDocumentBuf>("items")
            .find(doc! {"_id": {"$in": keys}})
            .projection(compared())
            .batch_size(u32::try_from(records.len()).unwrap_or(u32::MAX))
            .await?;
        while found.advance().await? {
            let item = stored(found.current(), prefix)?;
            known.insert(
                item.key.to_owned(),
                Known {
                    hash: item.hash.to_vec(),
                    delivery: item.delivery.to_owned(),
                    is_withdrawn: item.withdrawn_by.is_some(),
                    price: item.price.and_then(Price::parse),
                    was: item.was.and_then(Price::parse),
                },
            );
        }
        Ok(known)
    }

    /// Inserts documents that should be new; false when one of them was there.
    async fn insert_new(&self, new: &[Item]) -> Result<bool> {
        let items = self.collection::<Item>("items");
        match items.insert_many(new).ordered(false).await {
            Ok(_) => Ok(true),
            Err(error) if only_duplicates(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The command that puts items in the place of what is there.
fn replacing<'a>(items: impl IntoIterator<Item = &'a Item>) -> Result<RawDocumentBuf> {
    let mut updates = RawArrayBuf::new();
    for Item(document) in items {
        let mut query = RawDocumentBuf::new();
        query.append(cstr!("_id"), document.get_str("_id").map_err(corrupt)?);
        let mut update = RawDocumentBuf::new();
        update.append(cstr!("q"), query);
        update.append(cstr!("u"), document.as_ref());
        update.append(cstr!("upsert"), true);
        updates.push(update);
    }
    let mut command = RawDocumentBuf::new();
    command.append(cstr!("update"), "items");
    command.append(cstr!("updates"), updates);
    command.append(cstr!("ordered"), false);
    Ok(command)
}

fn all_written(answer: &Document) -> Result<()> {
    let errors = answer.get_array("writeErrors").ok();
    match errors.and_then(|errors| errors.first()) {
        None => Ok(()),
        Some(error) => Err(Error::Corrupt(format!("items could not be written: {error}"))),
    }
}

/// The fields of an item that it is compared by.
fn compared() -> Document {
    doc! {"hash": 1, "delivery": 1, "withdrawn.by": 1, "attributes.price": 1, "was": 1}
}

fn price(item: &RawDocument) -> Option<&str> {
    let attributes = item.get_document("attributes").ok();
    attributes.and_then(|attributes| attributes.get_str("price").ok())
}

/// Reads them; the key begins behind `prefix`.
fn stored(raw: &RawDocument, prefix: usize) -> Result<Stored<'_>> {
    let id = raw.get_str("_id").map_err(corrupt)?;
    let withdrawn = raw.get_document("withdrawn").ok();
    Ok(Stored {
        key: id.get(prefix..).unwrap_or_default(),
        hash: raw.get_binary("hash").map_err(corrupt)?.bytes,
        delivery: raw.get_str("delivery").map_err(corrupt)?,
        withdrawn_by: withdrawn.and_then(|w| w.get_str("by").ok()),
        price: price(raw),
        was: raw.get_str("was").ok(),
    })
}

fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(error.to_string())
}

/// Keys of every item of a feed: from `feed/` to just before the next character after `/`.
pub(super) fn of_feed(feed: &FeedId) -> Document {
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
