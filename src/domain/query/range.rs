//! Says which stretch of time a page speaks of, and makes a sensible one of whatever is typed.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The longest stretch that is shown, in days: what a chart of days can bear.
pub const MOST_DAYS: i64 = 2000;

/// The stretch of time a page speaks of, as chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Range {
    /// The last so many hours, up to now.
    LastHours(u32),
    /// Whole days, weeks or months of the calendar.
    Calendar(Period),
    /// From one instant to another.
    Between(DateTime<Utc>, DateTime<Utc>),
}

/// A stretch of the calendar, seen from today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Period {
    /// Since midnight.
    Today,
    /// The day before.
    Yesterday,
    /// Since Monday.
    ThisWeek,
    /// Monday to Sunday of the week before.
    LastWeek,
    /// Since the first.
    ThisMonth,
    /// The whole month before.
    LastMonth,
}

/// A range with its ends fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub until: DateTime<Utc>,
}

impl Span {
    /// The stretch of equal length just before it.
    pub fn previous(&self) -> Self {
        Self {
            from: self.from - (self.until - self.from),
            until: self.from,
        }
    }

    /// How long it is.
    pub fn length(&self) -> TimeDelta {
        self.until - self.from
    }
}

impl Period {
    /// Every one with its word in addresses and its name.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Today, "today", "Today"),
        (Self::Yesterday, "yesterday", "Yesterday"),
        (Self::ThisWeek, "week", "This week"),
        (Self::LastWeek, "last-week", "Last week"),
        (Self::ThisMonth, "month", "This month"),
        (Self::LastMonth, "last-month", "Last month"),
    ];

    /// Its first day and the first day after it, as of `today`.
    pub fn dates(self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let before = |date: NaiveDate, days: u64| date.checked_sub_days(Days::new(days)).unwrap_or(date);
        let after = |date: NaiveDate, days: u64| date.checked_add_days(Days::new(days)).unwrap_or(date);
        let monday = before(today, u64::from(today.weekday().num_days_from_monday()));
        let first = before(today, u64::from(today.day0()));
        let months = Months::new(1);
        match self {
            Self::Today => (today, after(today, 1)),
            Self::Yesterday => (before(today, 1), today),
            Self::ThisWeek => (monday, after(monday, 7)),
            Self::LastWeek => (before(monday, 7), monday),
            Self::ThisMonth => (first, first.checked_add_months(months).unwrap_or(first)),
            Self::LastMonth => (first.checked_sub_months(months).unwrap_or(first), first),
        }
    }
}

impl Range {
    /// What a page shows when its address does not say.
    pub const DEFAULT: Self = Self::LastHours(7 * 24);

    /// The quick choices and their words.
    pub const QUICK: [(Self, &'static str); 6] = [
        (Self::LastHours(6), "6 hours"),
        (Self::LastHours(24), "24 hours"),
        (Self::LastHours(7 * 24), "7 days"),
        (Self::LastHours(30 * 24), "30 days"),
        (Self::LastHours(90 * 24), "90 days"),
        (Self::LastHours(365 * 24), "1 year"),
    ];

    /// Makes the nearest sensible range of what was typed, and says so where that is another one.
    ///
    /// It reads `6h`, `7d`, a [`Period`]'s word, and two instants or dates joined by `..`, of
    /// which one may be missing; `place` puts a date and time without a zone on the reader's
    /// clock.
    pub fn understand(
        text: &str,
        now: DateTime<Utc>,
        place: &dyn Fn(NaiveDateTime) -> DateTime<Utc>,
    ) -> (Self, Option<String>) {
        if text.is_empty() {
            return (Self::DEFAULT, None);
        }
        if let Some((from, until)) = text.split_once("..") {
            let ends = (end(from, place), end(until, place));
            return match (ends, from.is_empty(), until.is_empty()) {
                ((Some(from), Some(until)), ..) => between(from, until, now),
                ((Some(from), None), _, true) => {
                    let (range, said) = between(from, now, now);
                    (
                        range,
                        said.or_else(|| Some("A range without an end is shown up to now.".to_owned())),
                    )
                }
                ((None, Some(until)), true, _) => {
                    let (range, _) = between(until - TimeDelta::days(7), until, now);
                    (
                        range,
                        Some(
                            "A range without a beginning is shown for the 7 days before its end.".to_owned(),
                        ),
                    )
                }
                _ => unknown(text),
            };
        }
        if let Some((period, ..)) = Period::ALL.into_iter().find(|(_, word, _)| *word == text) {
            return (Self::Calendar(period), None);
        }
        hours(text).map_or_else(|| unknown(text), last)
    }

    /// The form [`Range::understand`] reads.
    pub fn to_param(self) -> String {
        match self {
            Self::LastHours(hours) if hours % 24 == 0 && hours > 24 => format!("{}d", hours / 24),
            Self::LastHours(hours) => format!("{hours}h"),
            Self::Between(from, until) => format!("{}..{}", stamp(from), stamp(until)),
            Self::Calendar(period) => Period::ALL
                .into_iter()
                .find(|(p, ..)| *p == period)
                .map_or_else(String::new, |(_, word, _)| word.to_owned()),
        }
    }
}

fn unknown(text: &str) -> (Range, Option<String>) {
    let short: String = text.chars().take(60).collect();
    let said = format!(
        "“{short}” is no stretch of time that can be shown, such as 7d, last-week or \
         2026-11-01..2026-11-08; these are the last 7 days."
    );
    (Range::DEFAULT, Some(said))
}

/// Hours in `6h` or `7d`.
fn hours(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number = number.parse::<u64>().ok().filter(|n| *n > 0)?;
    match unit {
        "h" => Some(number),
        "d" => number.checked_mul(24),
        _ => None,
    }
}

fn last(hours: u64) -> (Range, Option<String>) {
    let most = MOST_DAYS.unsigned_abs() * 24;
    let said = (hours > most).then(|| format!("The last {MOST_DAYS} days are the most that is shown."));
    let hours = u32::try_from(hours.min(most)).unwrap_or(u32::MAX);
    (Range::LastHours(hours), said)
}

/// Puts two ends in order, into the past and within what can be shown.
fn between(from: DateTime<Utc>, until: DateTime<Utc>, now: DateTime<Utc>) -> (Range, Option<String>) {
    let (mut from, mut until, mut said) = if until < from {
        let said = "The range ended before it began; its ends have changed places.".to_owned();
        (until, from, Some(said))
    } else {
        (from, until, None)
    };
    if until - from < TimeDelta::minutes(2) {
        until = from + TimeDelta::minutes(2);
    }
    if from > now {
        let length = until - from;
        (from, until) = (now - length.min(TimeDelta::days(MOST_DAYS)), now);
        said = Some("That time is still to come; this is as much time up to now.".to_owned());
    } else if until > now + TimeDelta::days(1) {
        until = now;
        said.get_or_insert_with(|| "The range ended in the future; it is shown up to now.".to_owned());
    }
    let days = (until - from).num_days();
    if days > MOST_DAYS {
        from = until - TimeDelta::days(MOST_DAYS);
        said = Some(format!(
            "The range has {} days; its last {MOST_DAYS} are the most that is shown.",
            crate::domain::format::count(days.unsigned_abs())
        ));
    }
    (Range::Between(from, until), said)
}

/// An instant, or a date or time on the reader's clock.
fn end(text: &str, place: &dyn Fn(NaiveDateTime) -> DateTime<Utc>) -> Option<DateTime<Utc>> {
    // Years that a chart can be drawn of; chrono reads others too.
    let sane = |at: &DateTime<Utc>| (1970..2200).contains(&at.year());
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc()).filter(sane);
    }
    if let Some(minute) = text.strip_suffix('Z') {
        let at = NaiveDateTime::parse_from_str(minute, "%Y-%m-%dT%H:%M").ok()?;
        return Some(at.and_utc()).filter(sane);
    }
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"))
        .ok()
        .or_else(|| text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0))?;
    Some(local.and_utc()).filter(sane).map(|_| place(local))
}

/// An instant as addresses carry it, as short as it can be: `2026-11-24T13:00Z`.
pub fn stamp(at: DateTime<Utc>) -> String {
    let whole = at.timestamp_subsec_nanos() == 0;
    let form = match (whole, at.timestamp() % 60) {
        (true, 0) => "%Y-%m-%dT%H:%MZ",
        (true, _) => "%Y-%m-%dT%H:%M:%SZ",
        (false, _) => "%Y-%m-%dT%H:%M:%S%.fZ",
    };
    at.format(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("in range")
    }

    fn now() -> DateTime<Utc> {
        at(2_000_000_000)
    }

    fn understood(text: &str) -> (Range, Option<String>) {
        Range::understand(text, now(), &|local| local.and_utc())
    }

    proptest! {
        #[test]
        fn a_relative_range_survives_the_url(hours in 1u32..40_000) {
            let range = Range::LastHours(hours);
            prop_assert_eq!(understood(&range.to_param()), (range, None));
        }

        #[test]
        fn an_absolute_range_survives_the_url(from in 0i64..1_900_000_000, length in 120i64..1_000_000) {
            let range = Range::Between(at(from), at(from + length));
            prop_assert_eq!(understood(&range.to_param()), (range, None));
        }

        #[test]
        fn whatever_is_typed_gives_a_range_that_can_be_shown(text in ".{0,40}", a in -3_000_000_000i64..9_000_000_000, b in -3_000_000_000i64..9_000_000_000) {
            let typed = format!("{}..{}", stamp(at(a)), stamp(at(b)));
            for text in [text, typed] {
                if let (Range::Between(from, until), _) = understood(&text) {
                    prop_assert!(from < until && until <= now() + TimeDelta::days(1), "{text}: {from} {until}");
                    prop_assert!((until - from).num_days() <= MOST_DAYS);
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_shown_becomes_what_is_nearest_and_says_so() {
        let between = |from, until| Range::Between(at(from), at(until));
        let day = 86_400;
        for (typed, range, words) in [
            (
                "2001-02-01..2001-01-01",
                between(978_307_200, 980_985_600),
                "changed places",
            ),
            ("2500-01-01..2500-01-02", Range::DEFAULT, "no stretch of time"),
            (
                "2040-01-01..2040-01-03",
                between(2_000_000_000 - 2 * day, 2_000_000_000),
                "still to come",
            ),
            (
                "2033-05-17..2040-01-01",
                between(1_999_900_800, 2_000_000_000),
                "up to now",
            ),
            (
                "2033-05-17..",
                between(1_999_900_800, 2_000_000_000),
                "without an end",
            ),
            (
                "..2001-01-08",
                between(978_307_200, 978_307_200 + 7 * day),
                "without a beginning",
            ),
            (
                "2001-01-01..2033-05-17",
                between(1_999_900_800 - 2000 * day, 1_999_900_800),
                "11,824 days",
            ),
            ("99999d", Range::LastHours(48_000), "2000 days"),
            ("日h", Range::DEFAULT, "日h"),
            ("0d", Range::DEFAULT, "0d"),
        ] {
            let (found, said) = understood(typed);
            assert_eq!(found, range, "{typed}");
            let said = said.unwrap_or_default();
            assert!(said.contains(words), "{typed}: {said}");
        }
        assert_eq!(understood(""), (Range::DEFAULT, None));
    }

    #[test]
    fn periods_are_those_of_the_calendar() {
        let date = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let dates = |period: Period, today| {
            let (from, until) = period.dates(date(today));
            format!("{from}..{until}")
        };
        // A Tuesday, and the first of a year.
        assert_eq!(dates(Period::ThisWeek, "2026-11-24"), "2026-11-23..2026-11-30");
        assert_eq!(dates(Period::LastWeek, "2026-11-24"), "2026-11-16..2026-11-23");
        assert_eq!(dates(Period::LastMonth, "2026-01-01"), "2025-12-01..2026-01-01");
        assert_eq!(dates(Period::LastMonth, "2026-03-31"), "2026-02-01..2026-03-01");
        assert_eq!(dates(Period::ThisMonth, "2024-02-29"), "2024-02-01..2024-03-01");
        assert_eq!(dates(Period::Yesterday, "2026-01-01"), "2025-12-31..2026-01-01");
    }
}
