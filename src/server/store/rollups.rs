//! Adds the audit log up per feed and time bucket.
//!
//! Only decided deliveries count; a file that is still being applied is in flight and is shown
//! as such. A replay adds to what was recovered and leaves what was received as it was.

use super::holds::HoldDoc;
use super::{Result, Store, scope, when};
use crate::domain::account::Scope;
use crate::domain::delivery::{Direction, Status, latency_ms};
use crate::domain::hold::Hold;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::Span;
use crate::domain::report::{CodeCount, Counts};
use crate::domain::rollup::{BucketSize, Rollup};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::bson::doc;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Slim {
    feed: String,
    direction: Direction,
    origin: Kind,
    status: Status,
    counts: Counts,
    #[serde(with = "when")]
    received_at: DateTime<Utc>,
    #[serde(with = "when::option", default)]
    decided_at: Option<DateTime<Utc>>,
    #[serde(default)]
    hold: Option<HoldDoc>,
}

#[derive(Deserialize)]
struct Kind {
    kind: String,
}

impl Slim {
    fn add_to(self, rollup: &mut Rollup) {
        match (self.direction, self.origin.kind.as_str(), self.status) {
            (_, _, Status::Processing) => {}
            (Direction::Export, ..) => rollup.exported += self.counts.accepted,
            (Direction::Ingest, "replay", _) => rollup.recovered += self.counts.accepted,
            (Direction::Ingest, _, status) => {
                rollup.deliveries += 1;
                rollup.refused += u64::from(status == Status::Refused);
                if status == Status::Accepted {
                    rollup.counts += self.counts;
                }
                if let Some(decided) = self.decided_at {
                    let hold = self.hold.map(Hold::from);
                    rollup
                        .latency
                        .add(latency_ms(self.received_at, decided, hold.as_ref()));
                }
            }
        }
    }
}

impl Store {
    /// Rolls the log up: for each feed in the scope, its buckets in which anything happened.
    pub async fn roll_up(
        &self,
        scope: &Scope,
        partner: Option<&PartnerId>,
        span: Span,
        size: BucketSize,
    ) -> Result<BTreeMap<FeedId, BTreeMap<DateTime<Utc>, Rollup>>> {
        let query = doc! {"received_at": {"$gte": when::bson(span.from), "$lt": when::bson(span.until)}};
        let fields = doc! {
            "_id": 0, "feed": 1, "direction": 1, "origin.kind": 1, "status": 1, "counts": 1, "received_at": 1, "decided_at": 1, "hold": 1,
        };
        let mut found = self
            .collection::<Slim>("deliveries")
            .find(scope::narrow(query, scope, partner))
            .projection(fields)
            .batch_size(10_000)
            .await?;
        let mut feeds = BTreeMap::<String, BTreeMap<DateTime<Utc>, Rollup>>::new();
        while let Some(slim) = found.try_next().await? {
            let start = size.floor(slim.received_at);
            if !feeds.contains_key(&slim.feed) {
                feeds.insert(slim.feed.clone(), BTreeMap::new());
            }
            if let Some(buckets) = feeds.get_mut(&slim.feed) {
                slim.add_to(buckets.entry(start).or_insert_with(|| Rollup::empty(start)));
            }
        }
        Ok(feeds
            .into_iter()
            .map(|(feed, buckets)| (FeedId::new(feed), buckets))
            .collect())
    }

    /// Adds up what failed in a partner's decided files of a stretch of time, the most first.
    pub async fn sum_codes(&self, scope: &Scope, partner: &PartnerId, span: Span) -> Result<Vec<CodeCount>> {
        let query = doc! {
            "received_at": {"$gte": when::bson(span.from), "$lt": when::bson(span.until)},
            "status": Status::Accepted.word(),
            "origin.kind": "file",
        };
        let stages = [
            doc! {"$match": scope::narrow(query, scope, Some(partner))},
            doc! {"$unwind": "$codes"},
            doc! {"$group": {
                "_id": {"code": "$codes.code", "severity": "$codes.severity", "attribute": "$codes.attribute"},
                "records": {"$sum": "$codes.records"},
                "occurrences": {"$sum": "$codes.occurrences"},
            }},
            doc! {"$replaceRoot": {"newRoot": {"$mergeObjects": ["$_id", {"records": "$records", "occurrences": "$occurrences"}]}}},
            doc! {"$sort": {"records": -1, "code": 1}},
        ];
        let found = self
            .collection::<CodeCount>("deliveries")
            .aggregate(stages)
            .with_type::<CodeCount>()
            .await?;
        Ok(found.try_collect().await?)
    }
}
