//! Carries time ranges, filters and pages to and from the URL.
//!
//! What a page shows is always in its address, so that it can be sent to a colleague. Reading
//! is forgiving where a person could have typed it (an unknown word falls back) and exact where
//! data could leak or be missed (times are parsed or refused).

use super::ids::{DeliveryId, FeedId, PartnerId};
use super::quarantine::State;
use super::rollup::BucketSize;
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The stretch of time a page speaks of, as chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Range {
    /// The last so many hours, up to now.
    LastHours(u32),
    /// From one instant to another.
    Between(DateTime<Utc>, DateTime<Utc>),
}

/// A range with its ends fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub until: DateTime<Utc>,
}

impl Range {
    /// What a page shows when its address does not say.
    pub const DEFAULT: Self = Self::LastHours(7 * 24);

    /// The quick choices and their words.
    pub const QUICK: [(Self, &'static str); 5] = [
        (Self::LastHours(6), "6 hours"),
        (Self::LastHours(24), "24 hours"),
        (Self::LastHours(7 * 24), "7 days"),
        (Self::LastHours(30 * 24), "30 days"),
        (Self::LastHours(90 * 24), "90 days"),
    ];

    /// Reads `6h`, `24h`, `7d`, `30d`, or two instants or dates joined by `..`. Whatever else
    /// is the default; a range that ends before it begins is too.
    pub fn parse(text: &str) -> Self {
        Self::read(text).unwrap_or(Self::DEFAULT)
    }

    fn read(text: &str) -> Option<Self> {
        if let Some((from, until)) = text.split_once("..") {
            let (from, until) = (instant(from)?, instant(until)?);
            return (from < until && until - from <= TimeDelta::days(3700))
                .then_some(Self::Between(from, until));
        }
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let number: u32 = number.parse().ok().filter(|n| (1..=100_000).contains(n))?;
        match unit {
            "h" => Some(Self::LastHours(number)),
            "d" if number <= 3700 => Some(Self::LastHours(number * 24)),
            _ => None,
        }
    }

    /// The form [`Range::parse`] reads.
    pub fn to_param(self) -> String {
        match self {
            Self::LastHours(hours) if hours % 24 == 0 && hours > 24 => format!("{}d", hours / 24),
            Self::LastHours(hours) => format!("{hours}h"),
            Self::Between(from, until) => format!("{}..{}", stamp(from), stamp(until)),
        }
    }

    /// Fixes its ends. A relative range begins at the start of a bucket, so that its first
    /// bucket is whole; an absolute one is widened to whole buckets at both ends.
    pub fn span(self, now: DateTime<Utc>) -> Span {
        match self {
            Self::LastHours(hours) => {
                let from = now - TimeDelta::hours(i64::from(hours));
                Span { from, until: now }.widened(false)
            }
            Self::Between(from, until) => Span { from, until }.widened(true),
        }
    }
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .ok()
        .or_else(|| Some(text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc()))
}

/// An instant as addresses carry it: `2026-11-24T13:00:00Z`.
pub fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

impl Span {
    /// The bucket size at which it makes a readable chart: between 2 and about 370 buckets.
    pub fn bucket_size(&self) -> BucketSize {
        let length = self.until - self.from;
        // Six hours up to now begin a part of a minute earlier, at a whole one.
        if length <= TimeDelta::hours(6) + TimeDelta::minutes(2) {
            BucketSize::Minute
        } else if length <= TimeDelta::days(8) + TimeDelta::hours(2) {
            BucketSize::Hour
        } else {
            BucketSize::Day
        }
    }

    /// The same with its beginning, and its `end` if asked for, at the border of a bucket of the
    /// size that the outcome is drawn in.
    fn widened(self, end: bool) -> Self {
        let mut span = self;
        loop {
            let size = span.bucket_size();
            let last = size.floor(span.until);
            let wider = Self {
                from: size.floor(span.from),
                until: if end && last < span.until {
                    last + size.length()
                } else {
                    span.until
                },
            };
            if wider == span {
                return span;
            }
            span = wider;
        }
    }

    /// It without the bucket that is still filling at `now`; nothing when it is no longer than
    /// that.
    pub fn done(self, now: DateTime<Utc>) -> Self {
        let filling = self.bucket_size().floor(now);
        let until = if self.until > filling {
            filling.max(self.from)
        } else {
            self.until
        };
        Self { until, ..self }
    }

    /// The stretch of equal length just before it.
    pub fn previous(&self) -> Self {
        Self {
            from: self.from - (self.until - self.from),
            until: self.from,
        }
    }
}

/// Which held records a list shows. Every field narrows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QuarantineFilter {
    /// Of this partner.
    pub partner: Option<PartnerId>,
    /// Of this feed.
    pub feed: Option<FeedId>,
    /// Of this delivery.
    pub delivery: Option<DeliveryId>,
    /// That failed this rule.
    pub code: Option<String>,
    /// In this state; none means every open one, see [`StateFilter`].
    pub state: StateFilter,
    /// With this product id, as sent.
    pub item: Option<String>,
}

/// Which states a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StateFilter {
    /// Those that wait for somebody: [`State::OPEN`].
    #[default]
    Open,
    /// Every one.
    Any,
    /// Just this one.
    Is(State),
}

impl StateFilter {
    /// Reads `open`, `any` or a state's word; whatever else is `open`.
    pub fn parse(word: &str) -> Self {
        match word {
            "any" => Self::Any,
            other => State::parse(other).map_or(Self::Open, Self::Is),
        }
    }

    /// The form [`StateFilter::parse`] reads.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Any => "any",
            Self::Is(state) => state.word(),
        }
    }
}

/// Which deliveries a list shows. Every field narrows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeliveryFilter {
    /// Of this partner.
    pub partner: Option<PartnerId>,
    /// Of this feed.
    pub feed: Option<FeedId>,
    /// With this status.
    pub status: Option<super::delivery::Status>,
    /// Received in this stretch of time.
    pub span: Option<Span>,
}

/// One page of a list, walked by key so that new arrivals never shift it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows, newest first.
    pub rows: Vec<T>,
    /// What to ask for to get the rows after these; none on the last page.
    pub next: Option<String>,
    /// How many rows the whole list has, exactly.
    pub total: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_relative_range_survives_the_url(hours in 1u32..5000) {
            let range = Range::LastHours(hours);
            prop_assert_eq!(Range::parse(&range.to_param()), range);
        }

        #[test]
        fn an_absolute_range_survives_the_url(from in 0i64..2_000_000_000, length in 1i64..1_000_000) {
            let at = |s| DateTime::from_timestamp(s, 0).expect("in range");
            let range = Range::Between(at(from), at(from + length));
            prop_assert_eq!(Range::parse(&range.to_param()), range);
        }

        #[test]
        fn an_absolute_range_is_whole_buckets_and_holds_what_was_asked_for(from in 0i64..2_000_000_000, length in 1i64..100_000_000) {
            let at = |s| DateTime::from_timestamp(s, 0).expect("in range");
            let span = Range::Between(at(from), at(from + length)).span(at(0));
            let size = span.bucket_size();
            prop_assert!(span.from <= at(from) && at(from + length) <= span.until);
            prop_assert_eq!(size.floor(span.from), span.from);
            prop_assert_eq!(size.floor(span.until), span.until);
            prop_assert!(span.until - span.from < at(from + length) - at(from) + size.length() * 3);
        }

        #[test]
        fn whatever_is_typed_gives_some_range(text in ".{0,40}") {
            let _ = Range::parse(&text);
        }
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_the_default() {
        assert_eq!(Range::parse("2026-02-01..2026-01-01"), Range::DEFAULT);
        assert_eq!(Range::parse(""), Range::DEFAULT);
        assert_eq!(Range::parse("日h"), Range::DEFAULT);
    }
}
