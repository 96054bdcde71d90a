//! Keeps a copy of the rollups, with months and the sum of all feeds beside them, and adds up.
//!
//! Months make a year as quick to add up as a month of days, and the sum of all feeds makes a
//! chart of everything one walk along the time. Both are put together here, from days and feeds.

use super::Buckets;
use super::bucket::{Bucket, Change, Codes};
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::Span;
use crate::domain::rollup::{BucketSize, Rollup};
use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// How long minutes and hours are held; days are held for ever. Minutes: twice the longest quick
/// range that is shown in them, for the stretch before it, and a little. Hours: the longest range that
/// is shown in them, as much before it and the eight weeks that say what is to be expected, and a little.
const MINUTES_HELD: TimeDelta = TimeDelta::hours(14);
const HOURS_HELD: TimeDelta = TimeDelta::days(100);

/// The rollups, as of a turn.
#[derive(Debug, Default, Clone)]
pub(super) struct Mirror {
    turn: i64,
    feeds: BTreeMap<FeedId, Series>,
    all: Series,
}

/// The buckets of one feed, or of all.
#[derive(Debug, Default, Clone)]
struct Series {
    minutes: ByStart,
    hours: ByStart,
    days: ByStart,
    months: ByStart,
}

/// Buckets by their start.
type ByStart = BTreeMap<DateTime<Utc>, Bucket>;

/// The start of the oldest bucket of a size that is held.
pub(super) fn horizon(size: BucketSize, now: DateTime<Utc>) -> DateTime<Utc> {
    match size {
        BucketSize::Minute => size.floor(now - MINUTES_HELD),
        BucketSize::Hour => size.floor(now - HOURS_HELD),
        BucketSize::Day => DateTime::UNIX_EPOCH,
    }
}

/// The same of every size.
pub(super) fn horizons(now: DateTime<Utc>) -> BTreeMap<BucketSize, DateTime<Utc>> {
    BucketSize::ALL
        .into_iter()
        .map(|size| (size, horizon(size, now)))
        .collect()
}

impl Series {
    fn of(&self, size: BucketSize) -> &ByStart {
        match size {
            BucketSize::Minute => &self.minutes,
            BucketSize::Hour => &self.hours,
            BucketSize::Day => &self.days,
        }
    }

    fn of_mut(&mut self, size: BucketSize) -> &mut ByStart {
        match size {
            BucketSize::Minute => &mut self.minutes,
            BucketSize::Hour => &mut self.hours,
            BucketSize::Day => &mut self.days,
        }
    }

    fn held(&self, span: Span, size: BucketSize) -> impl Iterator<Item = &Bucket> {
        let from = size.floor(span.from);
        self.of(size)
            .range(from..span.until.max(from))
            .map(|(_, bucket)| bucket)
    }

    fn within(&self, span: Span, size: BucketSize) -> impl Iterator<Item = &Rollup> {
        self.held(span, size).map(|bucket| &bucket.rollup)
    }

    /// What a span adds up to, in few buckets: whole months of it, where it is counted in days, and
    /// the days around them.
    fn summed(&self, span: Span, size: BucketSize) -> impl Iterator<Item = &Bucket> {
        let first = if month(span.from) == span.from {
            span.from
        } else {
            next_month(span.from)
        };
        let last = month(span.until);
        let (until, months, tail) = if size == BucketSize::Day && first < last {
            (first, first..last, Some((last, span.until)))
        } else {
            (span.until, first..first, None)
        };
        let months = self.months.range(months).map(|(_, bucket)| bucket);
        let days = [(span.from, until)].into_iter().chain(tail);
        days.flat_map(move |(from, until)| self.held(Span { from, until }, size))
            .chain(months)
    }

    fn sum_month(&mut self, start: DateTime<Utc>) {
        let mut sum = Bucket::empty(start);
        for (_, day) in self.days.range(start..next_month(start)) {
            sum.merge(day);
        }
        self.months.insert(start, sum);
    }

    fn forget_before(&mut self, size: BucketSize, oldest: DateTime<Utc>) {
        let buckets = self.of_mut(size);
        if buckets
            .first_key_value()
            .is_some_and(|(first, _)| *first < oldest)
        {
            *buckets = buckets.split_off(&oldest);
        }
    }
}

impl Mirror {
    /// The turn that this is as of.
    pub(super) fn turn(&self) -> i64 {
        self.turn
    }

    /// Takes in buckets that have changed up to a turn, unless something later is there
    /// already, and forgets what is not held any more.
    pub(super) fn take_in(&mut self, changed: &[Change], turn: i64, now: DateTime<Utc>) {
        if turn <= self.turn && turn != 0 {
            return;
        }
        self.turn = turn;
        let mut touched = BTreeSet::new();
        let mut months = BTreeMap::<FeedId, BTreeSet<DateTime<Utc>>>::new();
        for Change { feed, size, bucket } in changed {
            let start = bucket.rollup.start;
            touched.insert((*size, start));
            if *size == BucketSize::Day {
                months.entry(feed.clone()).or_default().insert(month(start));
            }
            let series = self.feeds.entry(feed.clone()).or_default();
            series.of_mut(*size).insert(start, bucket.clone());
        }
        for (feed, months) in &months {
            if let Some(series) = self.feeds.get_mut(feed) {
                for month in months {
                    series.sum_month(*month);
                }
            }
        }
        for (size, start) in touched {
            // What failed is asked of each feed.
            let mut sum = Bucket::empty(start);
            for bucket in self.feeds.values().filter_map(|s| s.of(size).get(&start)) {
                sum.rollup.merge(&bucket.rollup);
            }
            self.all.of_mut(size).insert(start, sum);
        }
        let months: BTreeSet<DateTime<Utc>> = months.into_values().flatten().collect();
        for month in months {
            self.all.sum_month(month);
        }
        for size in [BucketSize::Minute, BucketSize::Hour] {
            let oldest = horizon(size, now);
            self.all.forget_before(size, oldest);
            for series in self.feeds.values_mut() {
                series.forget_before(size, oldest);
            }
        }
    }

    /// Every feed that anything is held of.
    pub(super) fn feeds(&self) -> impl Iterator<Item = &FeedId> {
        self.feeds.keys()
    }

    /// Adds to a sum what one feed did in these stretches, each read in buckets of its size.
    pub(super) fn add_pieces(&self, sum: &mut Bucket, feed: &FeedId, pieces: &[(Span, BucketSize)]) {
        if let Some(series) = self.feeds.get(feed) {
            for (piece, size) in pieces {
                series.held(*piece, *size).for_each(|bucket| sum.merge(bucket));
            }
        }
    }

    /// What failed in these stretches, each read in buckets of its size, per partner of some feeds.
    pub(super) fn codes(
        &self,
        wanted: impl Fn(&FeedId) -> bool,
        pieces: &[(Span, BucketSize)],
    ) -> BTreeMap<PartnerId, Codes> {
        let mut codes = BTreeMap::<PartnerId, Codes>::new();
        for (feed, series) in self.feeds.iter().filter(|(feed, _)| wanted(feed)) {
            let of_partner = codes.entry(feed.partner()).or_default();
            for (piece, size) in pieces {
                series
                    .summed(*piece, *size)
                    .for_each(|bucket| of_partner.merge(&bucket.codes));
            }
        }
        codes
    }

    /// The first day on which anything happened in one of some feeds; none before the first.
    pub(super) fn begins(&self, wanted: impl Fn(&FeedId) -> bool) -> Option<DateTime<Utc>> {
        self.feeds
            .iter()
            .filter(|(feed, _)| wanted(feed))
            .filter_map(|(_, series)| series.days.keys().next().copied())
            .min()
    }

    /// The buckets of all feeds together.
    pub(super) fn all(&self, span: Span, size: BucketSize) -> Buckets {
        self.all
            .within(span, size)
            .map(|rollup| (rollup.start, rollup.clone()))
            .collect()
    }

    /// What all feeds add up to.
    pub(super) fn total(&self, span: Span, size: BucketSize) -> Rollup {
        Rollup::sum(span.from, rollups(self.all.summed(span, size)))
    }

    /// The buckets of some feeds together.
    pub(super) fn together(&self, wanted: impl Fn(&FeedId) -> bool, span: Span, size: BucketSize) -> Buckets {
        together(self.feeds.iter().filter(|(feed, _)| wanted(feed)), span, size)
    }

    /// The buckets of a partner's feeds together.
    pub(super) fn of_partner(&self, partner: &PartnerId, span: Span, size: BucketSize) -> Buckets {
        together(self.feeds_of(partner), span, size)
    }

    /// Records received per bucket of all feeds, the oldest first.
    pub(super) fn history_of_all(&self, span: Span, size: BucketSize) -> Vec<(DateTime<Utc>, u64)> {
        let of = |rollup: &Rollup| (rollup.start, rollup.counts.received);
        self.all.within(span, size).map(of).collect()
    }

    /// The same of some feeds.
    pub(super) fn history(
        &self,
        wanted: impl Fn(&FeedId) -> bool,
        span: Span,
        size: BucketSize,
    ) -> Vec<(DateTime<Utc>, u64)> {
        let mut sums = BTreeMap::<DateTime<Utc>, u64>::new();
        for (_, series) in self.feeds.iter().filter(|(feed, _)| wanted(feed)) {
            for rollup in series.within(span, size) {
                *sums.entry(rollup.start).or_default() += rollup.counts.received;
            }
        }
        sums.into_iter().collect()
    }

    /// Records that a partner's feeds received, bucket by bucket, empty ones too.
    pub(super) fn received(&self, partner: &PartnerId, span: Span, size: BucketSize) -> Vec<u64> {
        let (first, step) = (size.floor(span.from).timestamp(), size.length().num_seconds());
        let place = |at: DateTime<Utc>| usize::try_from((at.timestamp() - first) / step).unwrap_or(0);
        let mut received = vec![0; place(span.until - TimeDelta::milliseconds(1)) + 1];
        for (_, series) in self.feeds_of(partner) {
            for rollup in series.within(span, size) {
                if let Some(sum) = received.get_mut(place(rollup.start)) {
                    *sum += rollup.counts.received;
                }
            }
        }
        received
    }

    /// What one feed adds up to.
    pub(super) fn of_feed(&self, feed: &FeedId, span: Span, size: BucketSize) -> Rollup {
        let series = self.feeds.get(feed).into_iter();
        Rollup::sum(
            span.from,
            rollups(series.flat_map(|series| series.summed(span, size))),
        )
    }

    /// What some feeds add up to.
    pub(super) fn sum(&self, wanted: impl Fn(&FeedId) -> bool, span: Span, size: BucketSize) -> Rollup {
        let series = self.feeds.iter().filter(|(feed, _)| wanted(feed));
        Rollup::sum(
            span.from,
            rollups(series.flat_map(|(_, series)| series.summed(span, size))),
        )
    }

    /// A feed's id begins with its partner's, so they lie together.
    fn feeds_of(&self, partner: &PartnerId) -> impl Iterator<Item = (&FeedId, &Series)> {
        let partner = partner.clone();
        self.feeds
            .range(FeedId::new(format!("{partner}/"))..)
            .take_while(move |(feed, _)| feed.partner() == partner)
    }
}

fn rollups<'a>(buckets: impl Iterator<Item = &'a Bucket>) -> impl Iterator<Item = &'a Rollup> {
    buckets.map(|bucket| &bucket.rollup)
}

fn together<'a>(
    feeds: impl Iterator<Item = (&'a FeedId, &'a Series)>,
    span: Span,
    size: BucketSize,
) -> Buckets {
    let mut sums = Buckets::new();
    for (_, series) in feeds {
        for rollup in series.within(span, size) {
            sums.entry(rollup.start)
                .or_insert_with(|| Rollup::empty(rollup.start))
                .merge(rollup);
        }
    }
    sums
}

/// The first instant of the month that `at` is in.
fn month(at: DateTime<Utc>) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(at.year(), at.month(), 1)
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .map_or(at, |start| start.and_utc())
}

fn next_month(at: DateTime<Utc>) -> DateTime<Utc> {
    month(at)
        .checked_add_months(Months::new(1))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::Counts;
    use proptest::prelude::*;

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 / 86_400 * 86_400 + days * 86_400, 0).expect("a time")
    }

    fn day(feed: u8, days: i64, received: u64) -> Change {
        let mut bucket = Bucket::empty(at(days));
        bucket.rollup.counts = Counts {
            received,
            ..Counts::default()
        };
        bucket.rollup.latency.add(received + 1);
        Change {
            feed: FeedId::new(format!("acme/f{feed}")),
            size: BucketSize::Day,
            bucket,
        }
    }

    proptest! {
        #[test]
        fn months_and_sums_say_what_the_days_of_each_feed_say(
            days in prop::collection::vec((0u8..3, 0i64..200, 0u64..100), 1..80),
            cut in 0usize..80,
            from in 0i64..150,
            length in 1i64..120,
        ) {
            // The last that is said of a day counts, whether it comes at once or in a later turn.
            let (early, late) = days.split_at(cut.min(days.len()));
            let mut mirror = Mirror::default();
            for (turn, part) in [(1, early), (2, late)] {
                let part: Vec<Change> = part.iter().map(|(f, d, n)| day(*f, *d, *n)).collect();
                mirror.take_in(&part, turn, at(0));
            }
            let said: BTreeMap<(u8, i64), u64> = days.iter().map(|(f, d, n)| ((*f, *d), *n)).collect();
            let expected: u64 = said
                .iter()
                .filter(|((_, d), _)| (from..from + length).contains(d))
                .map(|(_, n)| n)
                .sum();
            let span = Span { from: at(from), until: at(from + length) };
            let size = BucketSize::Day;
            let total = mirror.total(span, size);
            prop_assert_eq!(total.counts.received, expected);
            prop_assert_eq!(&mirror.sum(|_| true, span, size), &total);
            let buckets = |buckets: Buckets| -> u64 { buckets.values().map(|r| r.counts.received).sum() };
            prop_assert_eq!(buckets(mirror.all(span, size)), expected);
            prop_assert_eq!(buckets(mirror.together(|_| true, span, size)), expected);
            let acme = PartnerId::new("acme");
            prop_assert_eq!(buckets(mirror.of_partner(&acme, span, size)), expected);
            prop_assert_eq!(mirror.received(&acme, span, size).iter().sum::<u64>(), expected);
            prop_assert_eq!(mirror.received(&PartnerId::new("acm"), span, size).iter().sum::<u64>(), 0);
        }
    }

    #[test]
    fn the_bucket_in_which_a_stretch_ends_counts_once() {
        for size in BucketSize::ALL {
            let mut change = day(0, 0, 10);
            change.size = size;
            let mut mirror = Mirror::default();
            mirror.take_in(&[change], 1, at(0));
            for from in [0, -3, -100] {
                let span = Span {
                    from: at(from),
                    until: at(0) + TimeDelta::seconds(1),
                };
                assert_eq!(
                    mirror.total(span, size).counts.received,
                    10,
                    "{size:?} from {from}"
                );
            }
        }
    }

    #[test]
    fn an_answer_that_was_overtaken_changes_nothing() {
        let mut mirror = Mirror::default();
        mirror.take_in(&[day(0, 1, 10)], 7, at(0));
        mirror.take_in(&[day(0, 1, 5)], 6, at(0));
        let span = Span {
            from: at(0),
            until: at(9),
        };
        assert_eq!(mirror.total(span, BucketSize::Day).counts.received, 10);
    }
}
