//! Sums buckets up into the figures of tiles and rows.

use crate::api::overview::Summary;
use crate::domain::query::Span;
use crate::domain::rollup::{BucketSize, Rollup};
use crate::server::figures::Buckets;
use chrono::{DateTime, Utc};

/// The figures of a stretch of time.
pub(super) fn summary(sum: &Rollup) -> Summary {
    Summary {
        deliveries: sum.deliveries,
        refused: sum.refused,
        counts: sum.counts,
        recovered: sum.recovered,
        p50_ms: sum.latency.percentile(0.50),
        p95_ms: sum.latency.percentile(0.95),
    }
}

/// Everything that buckets add up to.
pub(super) fn total(buckets: &Buckets) -> Rollup {
    let mut sum = Rollup::empty(DateTime::UNIX_EPOCH);
    for bucket in buckets.values() {
        sum.merge(bucket);
    }
    sum
}

/// What buckets before an instant add up to.
pub(super) fn total_before(buckets: &Buckets, until: DateTime<Utc>) -> Rollup {
    let mut sum = Rollup::empty(DateTime::UNIX_EPOCH);
    for (_, bucket) in buckets.range(..until) {
        sum.merge(bucket);
    }
    sum
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
