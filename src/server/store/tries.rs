//! Counts tries to sign in, for all web processes together.
//!
//! A count begins anew when its stretch of time is over. MongoDB removes old ones by its own
//! clock, and an address that tries too often adds no accounts to the list, so it stays short.

use super::{Result, Store, when};
use chrono::{DateTime, TimeDelta, Utc};
use mongodb::bson::doc;
use mongodb::options::ReturnDocument;
use serde::Deserialize;
use std::time::Duration;

/// How long a count is kept after its last try.
pub(super) const KEPT: Duration = Duration::from_hours(2);

#[derive(Deserialize)]
struct TriesDoc {
    count: i64,
    #[serde(with = "when")]
    since: DateTime<Utc>,
}

impl Store {
    /// Counts one more try under this key, and says how many there were and since when.
    pub async fn count_try(
        &self,
        key: &str,
        stretch: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<(i64, DateTime<Utc>)> {
        // Dates come after what is missing, so a first try begins a count as well.
        let runs = doc! {"$gt": ["$since", when::bson(now - stretch)]};
        let change = vec![doc! {"$set": {
            "count": {"$cond": [runs.clone(), {"$add": ["$count", 1_i64]}, 1_i64]},
            "since": {"$cond": [runs, "$since", when::bson(now)]},
            "at": "$$NOW",
        }}];
        let tries = self.collection::<TriesDoc>("tries");
        let found = tries
            .find_one_and_update(doc! {"_id": key}, change)
            .upsert(true)
            .return_document(ReturnDocument::After)
            .await?;
        Ok(found.map_or((1, now), |tries| (tries.count, tries.since)))
    }

    /// Takes back one try, which was none.
    pub async fn forgive_try(&self, key: &str) -> Result<()> {
        self.collection::<TriesDoc>("tries")
            .update_one(
                doc! {"_id": key, "count": {"$gt": 0}},
                doc! {"$inc": {"count": -1_i64}},
            )
            .await?;
        Ok(())
    }

    /// Forgets the tries under a key.
    pub async fn forget_tries(&self, key: &str) -> Result<()> {
        self.collection::<TriesDoc>("tries")
            .delete_one(doc! {"_id": key})
            .await?;
        Ok(())
    }
}
