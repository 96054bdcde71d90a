//! Says how much is to be expected: what came in the same hours of the same weekday in the weeks
//! before.

use crate::domain::rollup::BucketSize;
use crate::server::calendar::Stretch;
use chrono::{DateTime, Utc};

/// Weeks that are looked back, and the fewest that say anything.
const WEEKS: u32 = 8;
const FEWEST: usize = 4;

/// How many days back the oldest of them begins.
pub const DAYS_BACK: i64 = 7 * WEEKS as i64;

/// Records received per rollup bucket, the oldest first, and since when there is a log.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Starts of buckets and what was received in each.
    pub received: Vec<(DateTime<Utc>, u64)>,
    /// When the log begins; nothing before is known.
    pub begins: Option<DateTime<Utc>>,
}

/// What is to be expected of one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Band {
    /// Usually not less than this.
    pub low: u64,
    /// Usually not more.
    pub high: u64,
    /// So many weeks say so.
    pub weeks: usize,
}

impl History {
    /// What is to be expected of each bucket of a stretch that is drawn in single hours or days;
    /// none where too few weeks before are known.
    pub(super) fn bands(&self, stretch: &Stretch) -> Vec<Option<Band>> {
        let buckets = stretch.cuts.len().saturating_sub(1);
        let Some(begins) = self
            .begins
            .filter(|_| stretch.unit != BucketSize::Minute && stretch.stride == 1)
        else {
            return vec![None; buckets];
        };
        let sums = self.sums();
        let mut weeks: Vec<Vec<u64>> = vec![Vec::new(); buckets];
        for week in 1..=WEEKS {
            let cuts: Vec<_> = stretch
                .cuts
                .iter()
                .map(|cut| stretch.days_before(*cut, i64::from(week) * 7))
                .collect();
            for (ends, found) in cuts.windows(2).zip(&mut weeks) {
                if ends[0] >= begins {
                    found.push(self.before(&sums, ends[1]) - self.before(&sums, ends[0]));
                }
            }
        }
        weeks.into_iter().map(band).collect()
    }

    /// What was received before each bucket, and in all.
    fn sums(&self) -> Vec<u64> {
        let mut sum = 0;
        let mut sums = vec![0];
        sums.extend(self.received.iter().map(|(_, n)| {
            sum += n;
            sum
        }));
        sums
    }

    fn before(&self, sums: &[u64], at: DateTime<Utc>) -> u64 {
        sums[self.received.partition_point(|(start, _)| *start < at)]
    }
}

/// The middle of what was seen: without the least and the most, where enough is left.
fn band(mut seen: Vec<u64>) -> Option<Band> {
    let weeks = seen.len();
    if weeks < FEWEST {
        return None;
    }
    seen.sort_unstable();
    let spare = usize::from(weeks >= FEWEST + 2);
    Some(Band {
        low: seen[spare],
        high: seen[weeks - 1 - spare],
        weeks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::query::Range;
    use crate::server::calendar::Calendar;
    use chrono::TimeDelta;

    #[test]
    fn the_same_hour_of_the_weeks_before_says_what_to_expect() {
        let now: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().expect("a time");
        let stretch = Stretch::of(Range::LastHours(24), Calendar::UTC, now);
        let hour = stretch.cuts[3];
        let mut history = History {
            received: (1..=8u32)
                .rev()
                .map(|week| (hour - TimeDelta::weeks(i64::from(week)), u64::from(week) * 100))
                .collect(),
            begins: Some(now - TimeDelta::days(70)),
        };
        let bands = history.bands(&stretch);
        assert_eq!(bands.len(), 24);
        // Neither the quietest week nor the loudest.
        assert_eq!(
            bands[3],
            Some(Band {
                low: 200,
                high: 700,
                weeks: 8
            })
        );
        assert_eq!(
            bands[4],
            Some(Band {
                low: 0,
                high: 0,
                weeks: 8
            })
        );
        history.begins = Some(now - TimeDelta::weeks(5));
        assert_eq!(
            history.bands(&stretch)[3],
            Some(Band {
                low: 100,
                high: 400,
                weeks: 4
            })
        );
        history.begins = Some(now - TimeDelta::weeks(4));
        assert_eq!(history.bands(&stretch)[3], None, "three weeks say too little");
    }
}
