//! Carries time ranges, filters and pages to and from the URL.
//!
//! What a page shows is always in its address, so that it can be sent to a colleague. Reading
//! is forgiving where a person could have typed it (an unknown word falls back) and exact where
//! data could leak or be missed (ids are matched as they are). `asked` has the words of a page about
//! a stretch of time, `range` the stretch, and `shown` says what came of them.

mod asked;
mod compare;
mod held;
mod issues;
mod range;
mod shown;

pub use asked::Asked;
pub use compare::Compare;
pub use held::{HeldAsk, HeldSearch, QuarantineFilter, Scanned, StateFilter};
pub use issues::{IssueAsk, IssueFilter, IssueGroup, IssueSort, IssueStates};
pub use range::{MOST_DAYS, Period, Range, Span, stamp};
pub use shown::Shown;

use super::delivery::Direction;
use super::format::{count, counted};
use super::ids::{FeedId, PartnerId};
use serde::{Deserialize, Serialize};

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
    /// That went this way.
    pub direction: Option<Direction>,
    /// That are replays, or that are none; none of both means either.
    pub replays: Option<bool>,
    /// Decided files in which this code was found, as charts count them.
    pub code: Option<String>,
    /// Received in this stretch of time.
    pub span: Option<Span>,
}

impl DeliveryFilter {
    /// Every word that an address may have for which way deliveries went, with its name.
    pub const WAYS: [(&'static str, &'static str); 4] = [
        ("ingest", "ingest"),
        ("export", "export"),
        ("file", "files received"),
        ("replay", "replays"),
    ];

    /// The filter that such a word means; what is no such word narrows nothing.
    pub fn going(way: &str) -> Self {
        let (direction, replays) = match way {
            "file" => (Some(Direction::Ingest), Some(false)),
            "replay" => (Some(Direction::Ingest), Some(true)),
            other => (Direction::parse(other), None),
        };
        Self {
            direction,
            replays,
            ..Self::default()
        }
    }
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

/// One page of a list of which nobody counted all rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows<T> {
    /// The rows, newest first.
    pub rows: Vec<T>,
    /// What to ask for to get the rows after these; none on the last page.
    pub next: Option<String>,
}

/// How many rows a whole list has, as far as they were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Total {
    /// So many.
    Exactly(u64),
    /// More than so many.
    MoreThan(u64),
}

impl Total {
    /// It with its noun: `12,431 records`, `more than 10,000 records`.
    pub fn counted(self, one: &str, many: &str) -> String {
        match self {
            Self::Exactly(n) => counted(n, one, many),
            Self::MoreThan(0) => format!("an unknown number of {many}"),
            Self::MoreThan(n) => format!("more than {}", counted(n, one, many)),
        }
    }

    /// It alone: `12,431`, `10,000+`.
    pub fn figure(self) -> String {
        match self {
            Self::Exactly(n) => count(n),
            Self::MoreThan(n) => format!("{}+", count(n)),
        }
    }

    /// The same where so many are known to be there.
    #[must_use]
    pub fn at_least(self, there: u64) -> Self {
        match self {
            Self::Exactly(n) if n < there => Self::MoreThan(there - 1),
            Self::MoreThan(n) if n + 1 < there => Self::MoreThan(there - 1),
            total => total,
        }
    }
}

impl From<u64> for Total {
    fn from(n: u64) -> Self {
        Self::Exactly(n)
    }
}
