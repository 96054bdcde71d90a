//! Adds up days on clocks other than UTC's, and keeps them for as long as somebody reads by them.
//!
//! Every midnight of a clock lies a few hours from one of UTC. So the days of a year are added up from
//! days of UTC, and from the hours between the two midnights, which are added at one end and taken away
//! at the other: two of 24 hours in Berlin. Once they are there, a day in which something changed is
//! added up anew. What is kept is kept under its date, so that months are the clock's own.

use super::bucket::{Bucket, Change};
use super::mirror::{self, Mirror};
use crate::domain::ids::FeedId;
use crate::domain::query::Span;
use crate::domain::rollup::BucketSize;
use crate::server::calendar::Calendar;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The days of one clock, since a date.
#[derive(Debug)]
pub(super) struct Clock {
    calendar: Calendar,
    since: NaiveDate,
    turn: i64,
    days: Mirror,
}

/// What lies between a midnight of a clock and the nearest one of UTC.
struct Edge {
    /// The midnight of UTC.
    nearest: DateTime<Utc>,
    /// Whether the clock's midnight comes first.
    ahead: bool,
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
            pieces: if midnight == nearest {
                Vec::new()
            } else {
                BucketSize::Minute.pieces(span)
            },
        }
    }
}

/// The date from which a clock's days are kept for somebody who looks as far back as `from`: a whole
/// year, so that who looks on back does not ask again at each step.
pub(super) fn since(calendar: Calendar, from: DateTime<Utc>) -> NaiveDate {
    let date = calendar.local(from).date();
    NaiveDate::from_ymd_opt(date.year(), 1, 1).unwrap_or(date)
}

/// The last date that anything can be of.
fn last(calendar: Calendar, now: DateTime<Utc>) -> NaiveDate {
    let today = calendar.local(now).date();
    today.succ_opt().unwrap_or(today)
}

/// Every midnight from the beginning of a date to the end of another.
fn midnights(calendar: Calendar, since: NaiveDate, last: NaiveDate) -> Vec<(NaiveDate, DateTime<Utc>)> {
    let after = last.succ_opt().unwrap_or(last);
    let dates = since.iter_days().take_while(|date| *date <= after);
    dates.map(|date| (date, calendar.midnight(date))).collect()
}

/// The starts of the buckets that have to be read before a clock's days can be added up.
pub(super) fn edges(
    calendar: Calendar,
    since: NaiveDate,
    now: DateTime<Utc>,
) -> BTreeMap<BucketSize, Vec<DateTime<Utc>>> {
    let mut starts = BTreeMap::<BucketSize, Vec<DateTime<Utc>>>::new();
    for (_, midnight) in midnights(calendar, since, last(calendar, now)) {
        for (piece, size) in Edge::of(midnight).pieces {
            let mut at = piece.from;
            while at < piece.until {
                starts.entry(size).or_default().push(at);
                at += size.length();
            }
        }
    }
    starts
}

impl Clock {
    /// Adds the days up, as of a turn, from days of UTC and the buckets of [`edges`].
    pub fn new(
        (calendar, since): (Calendar, NaiveDate),
        turn: i64,
        utc: &Mirror,
        edges: &[Change],
        now: DateTime<Utc>,
    ) -> Self {
        let mut beside = Mirror::default();
        beside.take_in(edges, turn, DateTime::UNIX_EPOCH);
        let midnights: Vec<(NaiveDate, Edge)> = midnights(calendar, since, last(calendar, now))
            .into_iter()
            .map(|(date, midnight)| (date, Edge::of(midnight)))
            .collect();
        let mut days = Vec::new();
        for feed in utc.feeds() {
            for ends in midnights.windows(2) {
                let [(date, begin), (_, end)] = ends else { continue };
                let mut sum = Bucket::empty(kept_under(*date));
                let whole = Span {
                    from: begin.nearest,
                    until: end.nearest,
                };
                utc.add_pieces(&mut sum, feed, &[(whole, BucketSize::Day)]);
                // First all that is to be added: nothing is taken that is not there yet.
                for (edge, added) in [(begin, begin.ahead), (end, !end.ahead)] {
                    if added {
                        beside.add_pieces(&mut sum, feed, &edge.pieces);
                    }
                }
                for (edge, taken) in [(begin, !begin.ahead), (end, end.ahead)] {
                    if taken {
                        let mut part = Bucket::empty(sum.rollup.start);
                        beside.add_pieces(&mut part, feed, &edge.pieces);
                        sum.take_away(&part);
                    }
                }
                if sum != Bucket::empty(sum.rollup.start) {
                    days.push(day(feed, sum));
                }
            }
        }
        let mut kept = Mirror::default();
        kept.take_in(&days, turn, DateTime::UNIX_EPOCH);
        Self {
            calendar,
            since,
            turn,
            days: kept,
        }
    }

    /// Whether this has the days of a clock since a date.
    pub fn reaches(&self, calendar: Calendar, since: NaiveDate) -> bool {
        self.is_of(calendar) && self.since <= since
    }

    /// Whether this is that clock.
    pub fn is_of(&self, calendar: Calendar) -> bool {
        self.calendar == calendar
    }

    /// The turn that its days are as of.
    pub fn turn(&self) -> i64 {
        self.turn
    }

    /// When its first day begins.
    pub fn begins(&self) -> DateTime<Utc> {
        self.calendar.midnight(self.since)
    }

    /// Its days, each under its date ([`under_dates`], [`at_midnight`]).
    pub fn days(&self) -> &Mirror {
        &self.days
    }

    /// The dates that changed hours are of.
    fn touched<'a>(&self, changed: &'a [Change]) -> BTreeSet<(&'a FeedId, NaiveDate)> {
        let hours = changed.iter().filter(|change| change.size == BucketSize::Hour);
        // Where midnight is not at a whole hour, the hour around it is of two days.
        let ends = |start| [start, start + TimeDelta::minutes(59)];
        let dates = hours.flat_map(|change| {
            ends(change.bucket.rollup.start).map(|at| (&change.feed, self.calendar.local(at).date()))
        });
        dates.filter(|(_, date)| *date >= self.since).collect()
    }

    fn span(&self, date: NaiveDate) -> Span {
        Span {
            from: self.calendar.midnight(date),
            until: self.calendar.midnight(date.succ_opt().unwrap_or(date)),
        }
    }

    /// Whether all that a day is added up from is held anyway.
    fn is_at_hand(span: Span, now: DateTime<Utc>) -> bool {
        let pieces = BucketSize::Minute.pieces(span);
        pieces
            .iter()
            .all(|(piece, size)| piece.from >= mirror::horizon(*size, now))
    }

    /// The stretch of which everything has to be read before `changed` can be taken in: that of the days
    /// among them that are older than what is held; none when there are none.
    pub fn wants(&self, changed: &[Change], now: DateTime<Utc>) -> Option<Span> {
        let days = self.touched(changed).into_iter().map(|(_, date)| self.span(date));
        let old = days.filter(|span| !Self::is_at_hand(*span, now));
        old.reduce(Span::with)
    }

    /// Adds every day anew in which something changed up to a turn, from what is held and from `old`,
    /// which has what [`Clock::wants`] asked for.
    pub fn take_in(
        &mut self,
        changed: &[Change],
        turn: i64,
        (utc, old): (&Mirror, &Mirror),
        now: DateTime<Utc>,
    ) {
        if turn <= self.turn {
            return;
        }
        self.turn = turn;
        let anew = self.touched(changed).into_iter().map(|(feed, date)| {
            let span = self.span(date);
            let from = if Self::is_at_hand(span, now) { utc } else { old };
            let mut sum = Bucket::empty(kept_under(date));
            from.add_pieces(&mut sum, feed, &BucketSize::Minute.pieces(span));
            day(feed, sum)
        });
        let anew: Vec<Change> = anew.collect();
        self.days.take_in(&anew, turn, DateTime::UNIX_EPOCH);
    }
}

fn day(feed: &FeedId, bucket: Bucket) -> Change {
    Change {
        feed: feed.clone(),
        size: BucketSize::Day,
        bucket,
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
            zone in prop::sample::select(vec![
                "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo", "Asia/Kolkata",
                "Australia/Lord_Howe", "America/Santiago", "Pacific/Kiritimati", "Pacific/Honolulu",
            ]),
        ) {
            let calendar = calendar(zone);
            let now = now();
            let log: Vec<_> = log
                .iter()
                .map(|(feed, ago, received)| (*feed, now - TimeDelta::minutes(*ago), *received))
                .collect();
            let since = since(calendar, now - TimeDelta::days(401));
            let mut names = Names::default();
            let early = kept(&log[..cut.min(log.len())], &mut names);
            let mut utc = Mirror::default();
            utc.take_in(&early, 1, now);
            let starts = edges(calendar, since, now);
            let beside = picked(&early, |kept| {
                starts.get(&kept.size).is_some_and(|starts| starts.contains(&kept.bucket.rollup.start))
            });
            let mut clock = Clock::new((calendar, since), 1, &utc, &beside, now);
            // The rest comes later, some of it into days long past.
            let whole = kept(&log, &mut names);
            let changed = picked(&whole, |kept| {
                !early.iter().any(|e| (&e.feed, e.size, &e.bucket) == (&kept.feed, kept.size, &kept.bucket))
            });
            utc.take_in(&changed, 2, now);
            let mut old = Mirror::default();
            if let Some(span) = clock.wants(&changed, now) {
                let within = |kept: &Change| (span.from..span.until).contains(&kept.bucket.rollup.start);
                old.take_in(&picked(&whole, within), 2, DateTime::UNIX_EPOCH);
            }
            clock.take_in(&changed, 2, (&utc, &old), now);

            for (date, midnight) in midnights(calendar, since, last(calendar, now)) {
                let span = clock.span(date);
                prop_assert_eq!(span.from, midnight);
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
        let days = (last(calendar, now()) - day_of_may()).num_days();
        let hours = i64::try_from(starts[&BucketSize::Hour].len()).expect("a few");
        assert!((days..=2 * days + 4).contains(&hours), "{hours} of {days} days");
    }

    fn day_of_may() -> NaiveDate {
        "2026-05-01".parse().expect("a date")
    }
}
