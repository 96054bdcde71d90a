//! Withdraws items that a whole catalogue no longer names: they are kept, marked with when and
//! by which delivery, and count no more until a later file names them again.
//!
//! The mark lives in the item, so that writing the item anew takes it away. Withdrawing again
//! for the same delivery finds the same items marked, which makes it safe to repeat after a
//! kill.

use super::items::of_feed;
use super::{Result, Store, when};
use crate::domain::account::Scope;
use crate::domain::ids::{DeliveryId, FeedId};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::IndexModel;
use mongodb::bson::{Document, RawDocumentBuf, doc};
use mongodb::options::{Hint, IndexOptions};

/// Items marked together.
const TOGETHER: usize = 1000;
/// Keys read together.
const READ_TOGETHER: u32 = 20_000;

impl Store {
    /// Makes the index that withdrawn items are counted by. Live ones are not in it, so it
    /// costs nothing while a catalogue is written.
    pub(super) async fn index_withdrawn(&self) -> Result<()> {
        let options = IndexOptions::builder()
            .partial_filter_expression(doc! {"withdrawn.by": {"$exists": true}})
            .build();
        let model = IndexModel::builder()
            .keys(doc! {"feed": 1, "withdrawn.by": 1})
            .options(options)
            .build();
        self.collection::<Document>("items").create_index(model).await?;
        Ok(())
    }

    /// Withdraws every live item of a feed that `keeps` does not keep, by its case-folded
    /// product id.
    pub async fn withdraw_items(
        &self,
        feed: &FeedId,
        delivery: &DeliveryId,
        at: DateTime<Utc>,
        keeps: impl Fn(&str) -> bool,
    ) -> Result<()> {
        let prefix = feed.as_str().len() + 1;
        // Keys alone, so the index answers and no document is read.
        let mut found = self
            .collection::<RawDocumentBuf>("items")
            .find(doc! {"_id": of_feed(feed)})
            .projection(doc! {"_id": 1})
            .hint(Hint::Keys(doc! {"_id": 1}))
            .batch_size(READ_TOGETHER)
            .await?;
        let mut gone = Vec::new();
        while found.advance().await? {
            let id = found.current().get_str("_id");
            let id = id.map_err(|e| super::Error::Corrupt(e.to_string()))?;
            if id.get(prefix..).is_some_and(|key| !keeps(key)) {
                gone.push(id.to_owned());
            }
            if gone.len() >= TOGETHER {
                self.mark_withdrawn(&std::mem::take(&mut gone), delivery, at)
                    .await?;
            }
        }
        self.mark_withdrawn(&gone, delivery, at).await
    }

    async fn mark_withdrawn(&self, ids: &[String], delivery: &DeliveryId, at: DateTime<Utc>) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let live = doc! {"_id": {"$in": ids}, "withdrawn.by": {"$exists": false}};
        let mark = doc! {"$set": {"withdrawn": {"at": when::bson(at), "by": delivery.as_str()}}};
        self.collection::<Document>("items")
            .update_many(live, mark)
            .await?;
        Ok(())
    }

    /// Counts the items that a delivery withdrew and that have not come back since.
    pub async fn count_withdrawn_by(&self, feed: &FeedId, delivery: &DeliveryId) -> Result<u64> {
        Ok(self
            .collection::<Document>("items")
            .count_documents(doc! {"feed": feed.as_str(), "withdrawn.by": delivery.as_str()})
            .await?)
    }

    /// Counts the withdrawn items of a feed.
    pub async fn count_withdrawn(&self, scope: &Scope, feed: &FeedId) -> Result<u64> {
        if !scope.covers(&feed.partner()) {
            return Ok(0);
        }
        Ok(self
            .collection::<Document>("items")
            .count_documents(doc! {"feed": feed.as_str(), "withdrawn.by": {"$exists": true}})
            .await?)
    }

    /// Takes back what a delivery withdrew before it was stopped for good.
    pub(super) async fn restore_withdrawn(&self, feed: &FeedId, delivery: &DeliveryId) -> Result<()> {
        self.touch_items(feed).await?;
        let by = doc! {"feed": feed.as_str(), "withdrawn.by": delivery.as_str()};
        self.collection::<Document>("items")
            .update_many(by, doc! {"$unset": {"withdrawn": 1}})
            .await?;
        Ok(())
    }

    /// Lists how many items each delivery has withdrawn that have not come back, for the proof
    /// that the log says as many.
    pub async fn list_withdrawn(&self) -> Result<Vec<(FeedId, DeliveryId, u64)>> {
        let pipeline = [
            doc! {"$match": {"withdrawn.by": {"$exists": true}}},
            doc! {"$group": {"_id": {"feed": "$feed", "by": "$withdrawn.by"}, "count": {"$sum": 1_i64}}},
        ];
        let found: Vec<Document> = self
            .collection::<Document>("items")
            .aggregate(pipeline)
            .await?
            .try_collect()
            .await?;
        let read = |d: &Document| {
            let id = d.get_document("_id").ok()?;
            Some((
                FeedId::new(id.get_str("feed").ok()?),
                DeliveryId::new(id.get_str("by").ok()?),
                u64::try_from(d.get_i64("count").ok()?).ok()?,
            ))
        };
        Ok(found.iter().filter_map(read).collect())
    }
}
