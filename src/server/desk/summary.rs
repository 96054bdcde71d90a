//! Sums buckets up into the figures of tiles and rows.

use crate::api::overview::Summary;
use crate::domain::ids::FeedId;
use crate::domain::query::Span;
use crate::domain::rollup::{BucketSize, Rollup};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Buckets by their start, of one feed or of several together.
pub(super) type Buckets = BTreeMap<DateTime<Utc>, Rollup>;

/// Adds several feeds' buckets together.
pub(super) fn together<'a>(feeds: impl Iterator<Item = &'a Buckets>) -> Buckets {
    let mut sum = Buckets::new();
    for bucket in feeds.flat_map(BTreeMap::values) {
        sum.entry(bucket.start)
            .or_insert_with(|| Rollup::empty(bucket.start))
            .merge(bucket);
    }
    sum
}

/// The buckets of those feeds that `wanted` says yes to.
pub(super) fn of(feeds: &BTreeMap<FeedId, Buckets>, wanted: impl Fn(&FeedId) -> bool) -> Buckets {
    together(
        feeds
            .iter()
            .filter(|(id, _)| wanted(id))
            .map(|(_, buckets)| buckets),
    )
}

/// The figures of a stretch of buckets.
pub(super) fn summary(buckets: &Buckets) -> Summary {
    let mut sum = Rollup::empty(DateTime::UNIX_EPOCH);
    for bucket in buckets.values() {
        sum.merge(bucket);
    }
    Summary {
        deliveries: sum.deliveries,
        refused: sum.refused,
        counts: sum.counts,
        recovered: sum.recovered,
        p50_ms: sum.latency.percentile(0.50),
        p95_ms: sum.latency.percentile(0.95),
    }
}

/// Every bucket of the span in order, empty ones too.
pub(super) fn dense(buckets: &Buckets, span: Span, size: BucketSize) -> Vec<Rollup> {
    let mut all = Vec::new();
    let mut start = size.floor(span.from);
    while start < span.until {
        all.push(
            buckets
                .get(&start)
                .cloned()
                .unwrap_or_else(|| Rollup::empty(start)),
        );
        start += size.length();
    }
    all
}
