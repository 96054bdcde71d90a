//! Reads the clocks of the world: puts local times on the one time line, fixes the ends of what
//! is asked for, and cuts it into the buckets that charts are drawn in.
//!
//! `stretch` does the fixing and cutting; here is a clock. Days have 23 or 25 hours where a clock
//! is put forward or back, so a day's length is never assumed: it lies between two midnights.

mod stretch;
#[cfg(test)]
mod tests;

pub use stretch::Stretch;

use crate::domain::query::Span;
use crate::domain::rollup::BucketSize;
use chrono::offset::LocalResult;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// What figures are read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// Rollups as they are kept.
    Of(BucketSize),
    /// Days of another clock than UTC's.
    Days(Calendar),
}

impl Grain {
    /// A stretch widened to whole buckets at both ends.
    pub fn around(self, span: Span) -> Span {
        let floor = |at| match self {
            Self::Of(size) => size.floor(at),
            Self::Days(calendar) => calendar.midnight(calendar.local(at).date()),
        };
        let next = |at| match self {
            Self::Of(size) => size.floor(at) + size.length(),
            Self::Days(calendar) => {
                let date = calendar.local(at).date();
                calendar.midnight(date.succ_opt().unwrap_or(date))
            }
        };
        let last = floor(span.until);
        Span {
            from: floor(span.from),
            until: if last < span.until { next(span.until) } else { last },
        }
    }
}

/// The clock of a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar(Tz);

impl Calendar {
    /// The clock that everything is kept by.
    pub const UTC: Self = Self(Tz::UTC);

    /// The clock of a zone named as the IANA does, UTC when nothing is named; what is no zone is
    /// UTC too, and a sentence says so.
    pub fn understand(name: &str) -> (Self, Option<String>) {
        if name.is_empty() {
            return (Self::UTC, None);
        }
        if let Ok(zone) = name.parse() {
            return (Self(zone), None);
        }
        let short: String = name.chars().take(60).collect();
        let said = format!(
            "“{short}” is no time zone known here; a zone has a name such as Europe/Berlin. Times are in UTC."
        );
        (Self::UTC, Some(said))
    }

    /// The zone's name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What its clock shows at an instant.
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    /// When its clock shows a time: the first instant of two, and where it is never shown
    /// because the clock is put forward over it, the first instant after that.
    pub fn instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        // Clocks are put forward by quarters of an hour, and at the date line by a whole day.
        let quarters = (0..=25 * 4).map(|n| local + TimeDelta::minutes(15 * n));
        for shown in quarters {
            match self.0.from_local_datetime(&shown) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => return at.to_utc(),
                LocalResult::None => {}
            }
        }
        local.and_utc()
    }

    /// The first instant of a day.
    pub fn midnight(self, date: NaiveDate) -> DateTime<Utc> {
        self.instant(date.and_time(NaiveTime::MIN))
    }
}
