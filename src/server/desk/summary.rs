//! Sums buckets up into the figures of tiles and rows.

use crate::api::overview::Summary;
use crate::domain::rollup::Rollup;
use crate::server::figures::Buckets;
use chrono::DateTime;

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
    Rollup::sum(DateTime::UNIX_EPOCH, buckets.values())
}

/// Points of a sparkline: more would fall onto one another.
const POINTS: usize = 32;

/// Adds neighbours up until no more than a sparkline shows are left.
pub(super) fn thinned(values: &[u64]) -> Vec<u64> {
    let stride = values.len().div_ceil(POINTS).max(1);
    // From the newest back, so that the last point is as long as the others.
    let mut sums: Vec<u64> = values
        .rchunks_exact(stride)
        .map(|chunk| chunk.iter().sum())
        .collect();
    sums.reverse();
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_history_is_added_up_from_the_newest_back() {
        assert_eq!(thinned(&[1, 2, 3]), [1, 2, 3]);
        let long = thinned(&[1; 169]);
        assert_eq!((long.len(), long[27]), (28, 6));
    }
}
