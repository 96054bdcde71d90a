//! Checks clocks that are put forward and back, days that begin at odd times, and that no instant
//! is lost between two buckets.

use super::*;
use crate::domain::query::{Asked, Compare, Period, Range, Span};
use crate::domain::rollup::BucketSize;
use proptest::prelude::*;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
}

fn clock(name: &str) -> Calendar {
    let (calendar, said) = Calendar::understand(name);
    assert_eq!(said, None, "{name}");
    calendar
}

fn asked(range: &str, tz: &str) -> Asked {
    Asked {
        range: range.to_owned(),
        tz: tz.to_owned(),
        ..Asked::default()
    }
}

fn hours_of(stretch: &Stretch) -> Vec<i64> {
    stretch
        .cuts
        .windows(2)
        .map(|ends| (ends[1] - ends[0]).num_hours())
        .collect()
}

#[test]
fn a_day_has_23_or_25_hours_where_the_clock_is_changed() {
    let now = at("2026-11-24T12:00:00Z");
    let spring = Stretch::fix(&asked("2026-03-25..2026-04-04", "Europe/Berlin"), now);
    assert_eq!(hours_of(&spring), [24, 24, 24, 24, 23, 24, 24, 24, 24, 24]);
    assert_eq!(spring.grain(), Grain::Days(clock("Europe/Berlin")));
    let autumn = Stretch::fix(&asked("2026-10-20..2026-10-30", "Europe/Berlin"), now);
    assert_eq!(hours_of(&autumn), [24, 24, 24, 24, 24, 25, 24, 24, 24, 24]);
    // Drawn in hours, such a day has so many buckets.
    for (day, buckets) in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)] {
        let from = day.parse::<NaiveDate>().expect("a date");
        let range = format!("{from}..{}", from.succ_opt().expect("a date"));
        let stretch = Stretch::fix(&asked(&range, "Europe/Berlin"), now);
        assert_eq!(
            (stretch.unit, stretch.cuts.len() - 1),
            (BucketSize::Hour, buckets),
            "{day}"
        );
    }
}

#[test]
fn yesterday_is_the_day_before_on_that_clock() {
    // In Auckland it is already Wednesday.
    let now = at("2026-11-24T12:00:00Z");
    let of = |tz| Stretch::of(Range::Calendar(Period::Yesterday), clock(tz), now).span;
    assert_eq!(
        of("UTC"),
        Span {
            from: at("2026-11-23T00:00:00Z"),
            until: at("2026-11-24T00:00:00Z")
        }
    );
    assert_eq!(
        of("Pacific/Auckland"),
        Span {
            from: at("2026-11-23T11:00:00Z"),
            until: at("2026-11-24T11:00:00Z")
        }
    );
}

#[test]
fn days_that_begin_elsewhere_than_in_utc_are_read_as_days_of_their_clock() {
    let now = at("2026-11-24T12:00:00Z");
    for (range, first) in [("30d", "2026-10-24T18:30:00Z"), ("365d", "2025-11-23T18:30:00Z")] {
        let stretch = Stretch::fix(&asked(range, "Asia/Kolkata"), now);
        assert_eq!(stretch.cuts[0], at(first));
        assert_eq!(stretch.grain(), Grain::Days(clock("Asia/Kolkata")));
        assert!(stretch.shown().said.is_empty());
    }
    let grain = |range: &str, zone: &str| Stretch::fix(&asked(range, zone), now).grain();
    assert_eq!(grain("30d", "Europe/Berlin"), Grain::Days(clock("Europe/Berlin")));
    assert_eq!(grain("7d", "Europe/Berlin"), Grain::Of(BucketSize::Hour));
    assert_eq!(grain("30d", ""), Grain::Of(BucketSize::Day));
    assert_eq!(
        grain("365d", "Europe/London"),
        Grain::Days(clock("Europe/London"))
    );
}

#[test]
fn a_time_that_the_clock_skips_is_the_first_after_it() {
    let berlin = clock("Europe/Berlin");
    let local = |text: &str| text.parse::<NaiveDateTime>().expect("a time");
    assert_eq!(
        berlin.instant(local("2026-03-29T02:30:00")),
        at("2026-03-29T01:00:00Z")
    );
    // The first of two.
    assert_eq!(
        berlin.instant(local("2026-10-25T02:30:00")),
        at("2026-10-25T00:30:00Z")
    );
    // Samoa had no 30 December 2011.
    let skipped = NaiveDate::from_ymd_opt(2011, 12, 30).expect("a date");
    assert_eq!(
        clock("Pacific/Apia").midnight(skipped),
        at("2011-12-30T10:00:00Z")
    );
}

#[test]
fn the_bucket_still_filling_is_no_part_of_what_is_done() {
    let now = at("2026-11-24T12:20:00Z");
    let stretch = Stretch::of(Range::LastHours(24), Calendar::UTC, now);
    assert_eq!(stretch.span.until, now);
    let done = stretch.done();
    assert_eq!(done.until, at("2026-11-24T12:00:00Z"));
    assert_eq!(stretch.before(Compare::Previous).until, stretch.span.from);
    let over = Stretch::fix(&asked("2026-11-01..2026-11-03", ""), now);
    assert_eq!(over.done(), over.span);
}

#[test]
fn what_is_compared_begins_and_ends_at_the_same_times_of_the_clock() {
    let now = at("2026-10-27T12:20:00Z");
    let week = Stretch::fix(&asked("7d", "Europe/Berlin"), now);
    // Before the clock was put back, noon in Berlin was an hour earlier.
    let before = week.before(Compare::Week);
    assert_eq!(before.until, at("2026-10-20T11:00:00Z"));
    let cuts = week.cuts_before(Compare::Week);
    assert_eq!(
        cuts.len(),
        week.cuts.len() - 1,
        "the bucket still filling is left out"
    );
    assert!(cuts.windows(2).all(|ends| ends[0] <= ends[1]));
    assert_eq!(
        (cuts.first(), cuts.last()),
        (Some(&before.from), Some(&before.until))
    );
    // 52 weeks before, a Tuesday is a Tuesday.
    assert_eq!(week.before(Compare::Year).until, at("2025-10-28T12:00:00Z"));
    let month = Stretch::fix(&asked("last-month", "Europe/Berlin"), now);
    assert_eq!(month.before(Compare::Previous).from, at("2026-08-01T22:00:00Z"));
}

#[test]
fn what_is_no_zone_is_utc_and_says_so() {
    let stretch = Stretch::fix(&asked("7d", "Mars/Olympus"), at("2026-11-24T12:00:00Z"));
    let shown = stretch.shown();
    assert_eq!(shown.zone, "UTC");
    assert!(shown.said[0].contains("Mars/Olympus"), "{:?}", shown.said);
}

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
];

proptest! {
    #[test]
    fn no_instant_is_lost_between_buckets(zone in 0..ZONES.len(), from in 1_200_000_000i64..1_790_000_000, length in 120i64..170_000_000) {
        let now = at("2026-11-24T12:20:00Z");
        let time = |s| DateTime::from_timestamp(s, 0).expect("in range");
        let range = Range::Between(time(from), time(from + length).min(now));
        let stretch = Stretch::of(range, clock(ZONES[zone]), now);
        prop_assert!(stretch.cuts.windows(2).all(|ends| ends[0] < ends[1]), "{:?}", stretch.cuts);
        prop_assert!(stretch.cuts.len() <= 402);
        // It holds what was asked for, and every border is one of the rollups it is added up from.
        let Span { from: first, until: last } = stretch.span;
        let slack = if stretch.shown().said.is_empty() { 0 } else { 3600 };
        prop_assert!(first <= time(from + slack) && time(from + length).min(now) <= last);
        prop_assert_eq!((Some(&first), Some(&last)), (stretch.cuts.first(), stretch.cuts.last()));
        let around = |at| stretch.grain().around(Span { from: at, until: at });
        let is_border = |cut: &DateTime<Utc>| around(*cut).from == *cut;
        prop_assert!(stretch.cuts.iter().all(is_border));
        // Asked for by its fixed link it is the same again.
        let fixed = Stretch::fix(&asked(&stretch.shown().fixed, ZONES[zone]), now);
        prop_assert_eq!(fixed.span.from, first);
    }
}

#[test]
fn a_stretch_that_its_widening_makes_longer_is_the_same_by_its_fixed_link() {
    let now = at("2026-11-24T12:20:00Z");
    for (from, until) in [
        // Hours less than two beyond eight days, and minutes beyond six hours.
        ("2008-01-11T01:14:15Z", "2008-01-19T03:00:01Z"),
        ("2026-11-20T00:00:59Z", "2026-11-20T06:02:01Z"),
    ] {
        let stretch = Stretch::of(Range::Between(at(from), at(until)), Calendar::UTC, now);
        let fixed = Stretch::fix(&asked(&stretch.shown().fixed, "UTC"), now);
        assert_eq!((fixed.unit, fixed.cuts), (stretch.unit, stretch.cuts));
    }
}
