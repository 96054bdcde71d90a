//! Inserts documents with nothing around it, so that `feedgate bench` can say what the pipeline
//! costs beside what the database costs.

use super::items::{Passed, item_document};
use super::{Result, Store};
use crate::domain::ids::{DeliveryId, FeedId};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use mongodb::bson::RawDocumentBuf;

/// Documents as they go over the wire.
#[derive(Debug, Default)]
pub struct Encoded(Vec<RawDocumentBuf>);

impl Encoded {
    /// Adds the item that `passed` makes.
    pub fn push(
        &mut self,
        feed: &FeedId,
        delivery: &DeliveryId,
        at: DateTime<Utc>,
        passed: &Passed,
    ) -> Result<()> {
        let document = item_document(feed, delivery, at, passed);
        let raw = RawDocumentBuf::try_from(&document).map_err(|e| super::Error::Corrupt(e.to_string()))?;
        self.0.push(raw);
        Ok(())
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
        let collection = self.collection::<RawDocumentBuf>("bare");
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
