//! Carries time ranges, filters and pages to and from the URL.
//!
//! What a page shows is always in its address, so that it can be sent to a colleague. Reading
//! is forgiving where a person could have typed it (an unknown word falls back) and exact where
//! data could leak or be missed (ids are matched as they are). `asked` has the words of a page about
//! a stretch of time, `range` the stretch, and `shown` says what came of them.

mod asked;
mod compare;
mod issues;
mod range;
mod shown;

pub use asked::Asked;
pub use compare::Compare;
pub use issues::{IssueAsk, IssueFilter, IssueGroup, IssueSort, IssueStates};
pub use range::{MOST_DAYS, Period, Range, Span, stamp};
pub use shown::Shown;

use super::delivery::Direction;
use super::ids::{DeliveryId, FeedId, PartnerId};
use super::quarantine::State;
use serde::{Deserialize, Serialize};

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
