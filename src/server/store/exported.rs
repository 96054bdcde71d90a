//! Keeps what became of single products in exports, as far as other systems tell it of entries that
//! are in the log.
//!
//! `exported` has one document for each product and each feed that it goes out with. What is told
//! of a product again, or in another order, comes to the same document: it has the earliest and the
//! latest of what was told. One that nothing is told of for a long time ([`KEPT`]) is dropped.

use super::items::item_key;
use super::{Error, Result, Store, when};
use crate::domain::account::Scope;
use crate::domain::delivery::{Direction, Status};
use crate::domain::entry::Products;
use crate::domain::export::{Exported, Fate, Passage};
use crate::domain::ids::{DeliveryId, FeedId};
use crate::domain::record;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use serde::Deserialize;
use std::time::Duration;

/// How long it is kept after the last word of a product.
pub(super) const KEPT: Duration = Duration::from_hours(24 * 400);
/// Statements in one command.
const TOGETHER: usize = 1000;
/// How often a command is tried that meets another which makes the same document.
const TRIES: u32 = 3;

/// Why products cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNamed {
    /// The log has no such entry, or it is none of an export with that feed.
    Entry,
    /// The export did not arrive, or not yet.
    NotSent,
    /// The entry lies in the future.
    Ahead,
    /// There is no such catalogue.
    Catalogue,
}

#[derive(Deserialize)]
struct PassageDoc {
    #[serde(with = "when")]
    at: DateTime<Utc>,
    entry: String,
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
struct ExportedDoc {
    item: String,
    to: String,
    first: Option<PassageDoc>,
    last: Option<PassageDoc>,
    rejected: Option<PassageDoc>,
}

impl From<PassageDoc> for Passage {
    fn from(d: PassageDoc) -> Self {
        Self {
            entry: DeliveryId::new(d.entry),
            at: d.at,
        }
    }
}

/// Begins the ids of all documents of a product.
fn begins(item: &str) -> String {
    format!("{item}>")
}

impl Store {
    /// Notes what became of products. Why not, when what they are named by is not there: then
    /// nothing is noted.
    pub async fn note_products(
        &self,
        products: &Products,
        now: DateTime<Utc>,
    ) -> Result<std::result::Result<(), NotNamed>> {
        let entry = self.find_delivery(&Scope::All, &products.entry).await?;
        let is_it = |direction, feed: &FeedId| direction == Direction::Export && *feed == products.to;
        let Some((entry, _)) = entry.filter(|(d, _)| is_it(d.direction, &d.feed)) else {
            return Ok(Err(NotNamed::Entry));
        };
        if entry.status != Status::Accepted {
            return Ok(Err(NotNamed::NotSent));
        }
        // It would stay the last for as long.
        if entry.is_ahead(now) {
            return Ok(Err(NotNamed::Ahead));
        }
        if self.find_feed(&Scope::All, &products.of).await?.is_none() {
            return Ok(Err(NotNamed::Catalogue));
        }
        let passage = doc! {"at": when::bson(entry.received_at), "entry": entry.id.as_str()};
        let update = |(product, fate): &(String, Fate)| {
            let item = item_key(&products.of, &record::key(product));
            let mut change = doc! {
                "$setOnInsert": {"item": &item, "to": products.to.as_str()},
                "$max": {"touched_at": when::bson(now)},
            };
            match fate {
                Fate::Sent => {
                    change.insert("$min", doc! {"first": passage.clone()});
                    extend(&mut change, "last", passage.clone());
                }
                Fate::Rejected(code) => {
                    let mut rejected = passage.clone();
                    rejected.insert("code", code);
                    extend(&mut change, "rejected", rejected);
                }
            }
            let id = format!("{}{}", begins(&item), products.to);
            doc! {"q": {"_id": id}, "u": change, "upsert": true}
        };
        for some in products.fates.chunks(TOGETHER) {
            self.write_exported(some.iter().map(update).collect()).await?;
        }
        Ok(Ok(()))
    }

    async fn write_exported(&self, updates: Vec<Document>) -> Result<()> {
        for _ in 0..TRIES {
            let command = doc! {"update": "exported", "updates": updates.clone(), "ordered": false};
            let answer = self.db.run_command(command).await?;
            let Ok(errors) = answer.get_array("writeErrors") else {
                return Ok(());
            };
            // Two that make a document at the same instant; the one that is second finds it then.
            let is_race = |error: &Bson| {
                let code = error.as_document().and_then(|error| error.get_i32("code").ok());
                code == Some(11000)
            };
            if !errors.iter().all(is_race) {
                return Err(Error::Corrupt(format!("exported: {errors:?}")));
            }
        }
        Err(Error::Conflict {
            what: "what was exported".to_owned(),
        })
    }

    /// What became of a product of a catalogue in exports to feeds in the scope.
    pub async fn list_exported(&self, scope: &Scope, of: &FeedId, key: &str) -> Result<Vec<Exported>> {
        let item = item_key(of, key);
        let from = begins(&item);
        // A question mark comes right behind the sign that ends a product's key.
        let query = doc! {"_id": {"$gte": &from, "$lt": format!("{item}?")}};
        let found = self.collection::<ExportedDoc>("exported").find(query).await?;
        let found: Vec<ExportedDoc> = found.try_collect().await?;
        Ok(found
            .into_iter()
            // The id of another product may go on with that sign.
            .filter(|found| found.item == item && scope.covers(&FeedId::new(&*found.to).partner()))
            .map(|found| Exported {
                to: FeedId::new(found.to),
                first: found.first.map(Passage::from),
                last: found.last.map(Passage::from),
                rejected: found.rejected.map(|mut rejected| {
                    let code = std::mem::take(&mut rejected.code);
                    (Passage::from(rejected), code)
                }),
            })
            .collect())
    }
}

/// Has a change keep the later of what is there and what is told.
fn extend(change: &mut Document, field: &str, told: Document) {
    if let Ok(max) = change.get_document_mut("$max") {
        max.insert(field, told);
    }
}
