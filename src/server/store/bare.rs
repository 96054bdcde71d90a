//! Inserts documents and adds the log up with nothing around it, so that `feedgate bench` can say
//! what the pipeline and the rollups are held against.

use super::deliveries::DeliveryDoc;
use super::items::{Item, Passed};
use super::{Result, Store};
use crate::domain::delivery::Delivery;
use crate::domain::ids::{DeliveryId, FeedId};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use mongodb::bson::{Document, doc};

/// Documents as they go over the wire.
#[derive(Debug, Default)]
pub struct Encoded(Vec<Item>);

impl Encoded {
    /// Adds the item that `passed` makes.
    pub fn push(&mut self, feed: &FeedId, delivery: &DeliveryId, at: DateTime<Utc>, passed: &Passed) {
        self.0.push(Item::of(feed, delivery, at, passed));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Store {
    /// Inserts everything into an empty collection: `batch` documents together, `tasks` batches
    /// side by side.
    pub async fn insert_bare(&self, documents: &Encoded, batch: usize, tasks: usize) -> Result<()> {
        let collection = self.collection::<Item>("bare");
        futures::stream::iter(documents.0.chunks(batch))
            .map(|chunk| {
                let collection = collection.clone();
                async move { collection.insert_many(chunk).ordered(false).await.map(drop) }
            })
            .buffer_unordered(tasks)
            .try_collect::<()>()
            .await?;
        Ok(())
    }

    /// Inserts entries into the log as another system does that writes to it straight away.
    pub async fn log_bare(&self, entries: &[Delivery]) -> Result<()> {
        self.collection::<DeliveryDoc>("deliveries")
            .insert_many(entries.iter().map(DeliveryDoc::from))
            .ordered(false)
            .await?;
        Ok(())
    }

    /// How many entries of the log have been rolled, as the database estimates it at once.
    pub async fn count_rolled(&self) -> Result<u64> {
        Ok(self
            .collection::<Document>("rolled")
            .estimated_document_count()
            .await?)
    }

    /// Adds the whole log up straight away, per feed and day, as whoever keeps no rollups has to
    /// for every page; and says how many groups that made.
    pub async fn add_up_bare(&self) -> Result<u64> {
        let day = doc! {"$dateTrunc": {"date": "$received_at", "unit": "day"}};
        let mut group = doc! {"_id": {"feed": "$feed", "day": day}};
        for figure in ["received", "accepted", "unchanged", "quarantined", "warned"] {
            group.insert(figure, doc! {"$sum": format!("$counts.{figure}")});
        }
        let mut found = self
            .collection::<Document>("deliveries")
            .aggregate([doc! {"$group": group}])
            .allow_disk_use(true)
            .await?;
        let mut groups = 0;
        while found.try_next().await?.is_some() {
            groups += 1;
        }
        Ok(groups)
    }
}
