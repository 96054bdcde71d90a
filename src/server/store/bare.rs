//! Inserts documents with nothing around it, so that `feedgate bench` can say what the pipeline
//! costs beside what the database costs.

use super::items::{Item, Passed};
use super::{Result, Store};
use crate::domain::ids::{DeliveryId, FeedId};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};

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
}
