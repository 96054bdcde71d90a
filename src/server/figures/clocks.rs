//! Adds up days on clocks other than UTC's, and keeps those of the few that were read by last.
//!
//! Every midnight of a clock lies a few hours from one of UTC. So the days of a year are added up from
//! days of UTC, and from the hours between the two midnights, which are added at one end and taken away
//! at the other: two of 24 hours in Berlin. Those sums are kept as well, so that a day in which something
//! changed is added up anew from little. What is kept is kept under its date, so that months are the clock's own.

use super::bucket::{Bucket, Change};
use super::mirror::{self, Mirror};
use crate::domain::ids::FeedId;
use crate::domain::query::Span;
use crate::domain::rollup::BucketSize;
use crate::server::calendar::Calendar;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};

/// The days of one clock, since a date.
#[derive(Debug)]
pub(super) struct Clock {
    calendar: Calendar,
    since: NaiveDate,
    turn: i64,
    /// When somebody read by it last, in milliseconds since 1970.
    asked: AtomicI64,
    /// What each feed did between the midnight that begins a date and the nearest one of UTC.
    edges: BTreeMap<FeedId, BTreeMap<NaiveDate, Bucket>>,
    days: Mirror,
}

/// What lies between a midnight of a clock and the nearest one of UTC, all of it in one day of UTC.
struct Edge {
    /// The midnight of UTC.
    nearest: DateTime<Utc>,
    /// Whether the clock's midnight comes first.
    ahead: bool,
    span: Span,
    pieces: Vec<(Span, BucketSize)>,
}

impl Edge {
    fn of(midnight: DateTime<Utc>) -> Self {
        let nearest = BucketSize::Day.floor(midnight + TimeDelta::hours(12));
        let span = Span {
            from: midnight.min(nearest),
            until: midnight.max(nearest),
        };
        Self {
            nearest,
            ahead: midnight < nearest,
            span,
            pieces: if midnight == nearest {
                Vec::new()
            } else {
                BucketSize::Minute.pieces(span)
            },
        }
    }

    /// The starts of its buckets.
    fn note(&self, starts: &mut Starts) {
        for (piece, size) in &self.pieces {
            let mut at = piece.from;
            while at < piece.until {
                starts.entry(*size).or_default().insert(at);
                at += size.length();
            }
        }
    }

    /// Whether its buckets are held anyway.
    fn is_at_hand(&self, now: DateTime<Utc>) -> bool {
        let mut pieces = self.pieces.iter();
        pieces.all(|(piece, size)| piece.from >= mirror::horizon(*size, now))
    }
}

/// The starts of buckets that are to be read.
pub(super) type Starts = BTreeMap<BucketSize, BTreeSet<DateTime<Utc>>>;

/// The date from which a clock's days are kept for somebody who looks as far back as `from`: a whole
/// year, so that who looks on back does not ask again at each step.
pub(super) fn since(calendar: Calendar, from: DateTime<Utc>) -> NaiveDate {
    let date = calendar.local(from).date();
    NaiveDate::from_ymd_opt(date.year(), 1, 1).unwrap_or(date)
}

/// The dates from one on, up to the last that anything can be of, and the one after it.
fn dates(calendar: Calendar, since: NaiveDate, now: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> {
    let last = calendar.local(now).date() + TimeDelta::days(2);
    since.iter_days().take_while(move |date| *date <= last)
}

/// The starts of the buckets that have to be read before a clock's days can be added up.
pub(super) fn edges(calendar: Calendar, since: NaiveDate, now: DateTime<Utc>) -> Starts {
    let mut starts = Starts::new();
    for date in dates(calendar, since, now) {
        Edge::of(calendar.midnight(date)).note(&mut starts);
    }
    starts
}

impl Clock {
    /// Adds the days up from days of UTC and the buckets of [`edges`], which are at least as new as
    /// the turn.
    pub fn new(
        (calendar, since): (Calendar, NaiveDate),
        turn: i64,
        utc: &Mirror,
        edges: &[Change],
        now: DateTime<Utc>,
    ) -> Self {
        let mut beside = Mirror::default();
        beside.take_in(edges, turn, DateTime::UNIX_EPOCH);
        let mut clock = Self {
            calendar,
            since,
            turn,
            asked: AtomicI64::new(now.timestamp_millis()),
            edges: BTreeMap::new(),
            days: Mirror::default(),
        };
        let dates: Vec<NaiveDate> = dates(calendar, since, now).collect();
        for date in &dates {
            let edge = Edge::of(calendar.midnight(*date));
            for feed in utc.feeds() {
                clock.keep(feed, *date, &edge, &beside);
            }
        }
        let all = utc
            .feeds()
            .flat_map(|feed| dates.iter().map(move |date| (feed, *date)));
        let empty = |change: &Change| change.bucket == Bucket::empty(change.bucket.rollup.start);
        let days: Vec<Change> = all
            .map(|(feed, date)| clock.day(feed, date, utc))
            .filter(|change| !empty(change))
            .collect();
        clock.days.take_in(&days, turn, DateTime::UNIX_EPOCH);
        clock
    }

    /// Whether this has the days of a clock since a date.
    pub fn reaches(&self, calendar: Calendar, since: NaiveDate) -> bool {
        self.is_of(calendar) && self.since <= since
    }

    /// Whether this is that clock.
    pub fn is_of(&self, calendar: Calendar) -> bool {
        self.calendar == calendar
    }

    /// Remembers that somebody reads by it.
    pub fn ask(&self, now: DateTime<Utc>) {
        self.asked.store(now.timestamp_millis(), Ordering::Relaxed);
    }

    /// When somebody last did.
    pub fn asked(&self) -> i64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// The turn of which nothing later is missing in it.
    pub fn turn(&self) -> i64 {
        self.turn
    }

    /// Which clock it is, as of which turn.
    pub fn state(&self) -> (Calendar, i64) {
        (self.calendar, self.turn)
    }

    /// Its days, each under its date ([`under_dates`], [`at_midnight`]).
    pub fn days(&self) -> &Mirror {
        &self.days
    }

    fn keep(&mut self, feed: &FeedId, date: NaiveDate, edge: &Edge, from: &Mirror) {
        let mut sum = Bucket::empty(edge.span.from);
        from.add_pieces(&mut sum, feed, &edge.pieces);
        let edges = self.edges.entry(feed.clone()).or_default();
        if sum == Bucket::empty(edge.span.from) {
            edges.remove(&date);
        } else {
            edges.insert(date, sum);
        }
    }

    /// What a feed did on a date.
    fn day(&self, feed: &FeedId, date: NaiveDate, utc: &Mirror) -> Change {
        let next = date.succ_opt().unwrap_or(date);
        let [begin, end] = [date, next].map(|date| Edge::of(self.calendar.midnight(date)));
        let part = |date| self.edges.get(feed).and_then(|edges| edges.get(&date));
        let mut sum = Bucket::empty(kept_under(date));
        let whole = Span {
            from: begin.nearest,
            until: end.nearest,
        };
        utc.add_pieces(&mut sum, feed, &[(whole, BucketSize::Day)]);
        // First all that is to be added: nothing is taken that is not there yet.
        let parts = [(part(date), begin.ahead), (part(next), !end.ahead)];
        for part in parts.iter().filter_map(|(part, added)| part.filter(|_| *added)) {
            sum.merge(part);
        }
        for part in parts.iter().filter_map(|(part, added)| part.filter(|_| !*added)) {
            sum.take_away(part);
        }
        Change {
            feed: feed.clone(),
            size: BucketSize::Day,
            bucket: sum,
        }
    }

    /// The dates that a day of UTC has a part of.
    fn dates_of(&self, day: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> + use<> {
        let date = |at| self.calendar.local(at).date();
        let last = date(day + TimeDelta::minutes(24 * 60 - 1));
        date(day).iter_days().take_while(move |date| *date <= last)
    }

    /// The edges in a day of UTC, by the date that begins there.
    fn edges_of(&self, day: DateTime<Utc>) -> Vec<(NaiveDate, Edge)> {
        let after = self.dates_of(day).last().and_then(|last| last.succ_opt());
        let dates = self.dates_of(day).chain(after);
        let edges = dates.map(|date| (date, Edge::of(self.calendar.midnight(date))));
        edges
            .filter(|(_, edge)| !edge.pieces.is_empty() && BucketSize::Day.floor(edge.span.from) == day)
            .collect()
    }

    /// Days of UTC in which something changed, and that this has a part of.
    fn changed_days<'a>(
        &self,
        changed: &'a [Change],
    ) -> impl Iterator<Item = (&'a FeedId, DateTime<Utc>)> + use<'a> {
        let begins = self.calendar.midnight(self.since) - TimeDelta::days(1);
        let days = changed.iter().filter(|change| change.size == BucketSize::Day);
        days.map(|change| (&change.feed, change.bucket.rollup.start))
            .filter(move |(_, day)| *day >= begins)
    }

    /// Notes which buckets have to be read before `changed` can be taken in: those of edges in which
    /// something changed, and that are older than what is held.
    pub fn note_wanted(&self, changed: &[Change], now: DateTime<Utc>, starts: &mut Starts) {
        let days: BTreeSet<DateTime<Utc>> = self.changed_days(changed).map(|(_, day)| day).collect();
        for (_, edge) in days.into_iter().flat_map(|day| self.edges_of(day)) {
            if !edge.is_at_hand(now) {
                edge.note(starts);
            }
        }
    }

    /// Adds every day anew in which something changed up to a turn, from what is held and from `old`,
    /// which has what [`Clock::note_wanted`] asked for. A day of UTC that changed is a part of two here,
    /// and both are added anew: so it does not matter how old the one or the other was before.
    pub fn take_in(
        &mut self,
        changed: &[Change],
        turn: i64,
        (utc, old): (&Mirror, &Mirror),
        now: DateTime<Utc>,
    ) {
        self.turn = turn;
        let mut dates = BTreeSet::new();
        for (feed, day) in self.changed_days(changed) {
            dates.extend(self.dates_of(day).map(|date| (feed, date)));
            for (date, edge) in self.edges_of(day) {
                let from = if edge.is_at_hand(now) { utc } else { old };
                self.keep(feed, date, &edge, from);
            }
        }
        let since = self.since;
        let dates = dates.into_iter().filter(|(_, date)| *date >= since);
        let anew: Vec<Change> = dates.map(|(feed, date)| self.day(feed, date, utc)).collect();
        self.days.take_in(&anew, turn, DateTime::UNIX_EPOCH);
    }
}

/// What a day is kept under: its date, as if it were one of UTC.
fn kept_under(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(NaiveTime::MIN).and_utc()
}

/// The days of a clock that begin in a stretch, and the one around its beginning, as they are kept.
pub(super) fn under_dates(calendar: Calendar, span: Span) -> Span {
    let last = calendar.local(span.until).date();
    let begun = calendar.midnight(last) < span.until;
    Span {
        from: kept_under(calendar.local(span.from).date()),
        until: kept_under(last.succ_opt().filter(|_| begun).unwrap_or(last)),
    }
}

/// When a day begins that is kept under this.
pub(super) fn at_midnight(calendar: Calendar, kept: DateTime<Utc>) -> DateTime<Utc> {
    calendar.midnight(kept.date_naive())
}

#[cfg(test)]
mod tests {
    use super::super::bucket::{Codes, Names};
    use super::*;
    use crate::domain::report::CodeCount;
    use crate::domain::rollup::Rollup;
    use crate::domain::violation::Severity;
    use crate::server::store::Kept;
    use proptest::prelude::*;

    /// Some entries of a log, each with the minute it came in, and everything that is kept of them.
    fn kept(log: &[(u8, DateTime<Utc>, u64)], names: &mut Names) -> Vec<Change> {
        let mut buckets = BTreeMap::<(u8, BucketSize, DateTime<Utc>), Rollup>::new();
        for (feed, at, received) in log {
            for size in BucketSize::ALL {
                let start = size.floor(*at);
                let mut entry = Rollup::empty(start);
                entry.deliveries = 1;
                entry.counts.received = *received;
                entry.latency.add(received + 1);
                buckets
                    .entry((*feed, size, start))
                    .or_insert_with(|| Rollup::empty(start))
                    .merge(&entry);
            }
        }
        let kept = buckets.into_iter().map(|((feed, size, _), rollup)| Kept {
            feed: FeedId::new(format!("acme/f{feed}")),
            size,
            codes: codes(rollup.counts.received),
            rollup,
        });
        Change::read(kept.collect(), names)
    }

    /// As many records failed as were received, of which none may be left over.
    fn codes(received: u64) -> Vec<CodeCount> {
        let count = CodeCount {
            code: "GTIN_CHECK".into(),
            severity: Severity::Error,
            attribute: Some("gtin".into()),
            records: received,
            occurrences: received * 2,
        };
        (received > 0).then_some(count).into_iter().collect()
    }

    /// What was read later than the rest when the clock was added up.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Torn {
        Days,
        Edges,
    }

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().expect("a time")
    }

    fn calendar(name: &str) -> Calendar {
        let (calendar, said) = Calendar::understand(name);
        assert_eq!(said, None);
        calendar
    }

    fn picked(kept: &[Change], wanted: impl Fn(&Change) -> bool) -> Vec<Change> {
        kept.iter().filter(|kept| wanted(kept)).cloned().collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn a_clocks_days_say_what_the_log_says_at_once_and_as_it_grows(
            log in prop::collection::vec((0u8..3, 0i64..60 * 24 * 400, 0u64..100), 1..60),
            cut in 0usize..60,
            is_torn in prop::option::of(prop::sample::select(vec![Torn::Days, Torn::Edges])),
            zone in prop::sample::select(vec![
                "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo", "Asia/Kolkata",
                "Australia/Lord_Howe", "America/Santiago", "Pacific/Kiritimati", "Pacific/Honolulu", "Pacific/Auckland", "Europe/Dublin",
            ]),
        ) {
            let calendar = calendar(zone);
            let now = now();
            let log: Vec<_> = log
                .iter()
                .map(|(feed, ago, received)| (*feed, now - TimeDelta::minutes(*ago), *received))
                .collect();
            let since = since(calendar, now - TimeDelta::days(300));
            let mut names = Names::default();
            let early = kept(&log[..cut.min(log.len())], &mut names);
            let whole = kept(&log, &mut names);
            // The rest comes while the clock is added up, or later, some of it into days long past.
            let [mut utc, mut beside] = [Mirror::default(), Mirror::default()];
            utc.take_in(if is_torn == Some(Torn::Days) { &whole } else { &early }, 1, now);
            let starts = edges(calendar, since, now);
            let read = |starts: &Starts, kept: &[Change]| {
                let wanted = |change: &Change| {
                    let starts = starts.get(&change.size);
                    starts.is_some_and(|starts| starts.contains(&change.bucket.rollup.start))
                };
                picked(kept, wanted)
            };
            let first = read(&starts, if is_torn == Some(Torn::Edges) { &whole } else { &early });
            let mut clock = Clock::new((calendar, since), 1, &utc, &first, now);
            // What the store tells of: no hours and minutes that are older than what is held.
            let changed = picked(&whole, |change| {
                let of = |e: &&Change| (&e.feed, e.size, &e.bucket) == (&change.feed, change.size, &change.bucket);
                change.bucket.rollup.start >= mirror::horizon(change.size, now) && !early.iter().any(|e| of(&e))
            });
            let mut wanted = Starts::new();
            clock.note_wanted(&changed, now, &mut wanted);
            beside.take_in(&read(&wanted, &whole), 2, DateTime::UNIX_EPOCH);
            utc.take_in(&changed, 2, now);
            clock.take_in(&changed, 2, (&utc, &beside), now);

            for date in dates(calendar, since, now) {
                let span = Span {
                    from: calendar.midnight(date),
                    until: calendar.midnight(date.succ_opt().expect("a date")),
                };
                for feed in 0..3u8 {
                    let mut expected = Rollup::empty(kept_under(date));
                    for (_, _, received) in log.iter().filter(|(f, at, _)| *f == feed && (span.from..span.until).contains(at)) {
                        expected.deliveries += 1;
                        expected.counts.received += received;
                        expected.latency.add(received + 1);
                    }
                    let feed = FeedId::new(format!("acme/f{feed}"));
                    let day = [(under_dates(calendar, span), BucketSize::Day)];
                    let failed = clock.days().codes(|other| *other == feed, &day);
                    let failed = failed.values().flat_map(Codes::counts).collect::<Vec<_>>();
                    prop_assert_eq!(failed, codes(expected.counts.received), "{} in {}", date, zone);
                    let found = clock.days().of_feed(&feed, day[0].0, BucketSize::Day);
                    prop_assert_eq!(found, expected, "{} in {}", date, zone);
                }
            }
        }
    }

    #[test]
    fn a_stretch_has_the_days_that_begin_in_it() {
        // Clocks are put forward at midnight in Santiago: the 6th begins at one.
        let calendar = calendar("America/Santiago");
        let day = |text: &str| -> NaiveDate { text.parse().expect("a date") };
        let (sixth, seventh) = (day("2026-09-06"), day("2026-09-07"));
        let span = Span {
            from: calendar.midnight(sixth),
            until: calendar.midnight(seventh),
        };
        assert_eq!(span.length(), TimeDelta::hours(23));
        let kept = under_dates(calendar, span);
        assert_eq!((kept.from, kept.until), (kept_under(sixth), kept_under(seventh)));
        assert_eq!(at_midnight(calendar, kept.from), span.from);
        let longer = Span {
            until: span.until + TimeDelta::seconds(1),
            ..span
        };
        assert_eq!(under_dates(calendar, longer).until, kept_under(day("2026-09-08")));
    }

    #[test]
    fn two_hours_of_a_day_are_read_for_berlin() {
        let calendar = calendar("Europe/Berlin");
        let starts = edges(calendar, day_of_may(), now());
        assert_eq!(starts.keys().collect::<Vec<_>>(), [&BucketSize::Hour]);
        let days = (now().date_naive() - day_of_may()).num_days();
        let hours = i64::try_from(starts[&BucketSize::Hour].len()).expect("a few");
        assert!((days..=2 * days + 8).contains(&hours), "{hours} of {days} days");
    }

    fn day_of_may() -> NaiveDate {
        "2026-05-01".parse().expect("a date")
    }
}
