//! Says what became of one product in exports, as far as whoever exports has told the log.

use super::ids::{DeliveryId, FeedId};
use chrono::{DateTime, Utc};

/// What became of a product in one export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It went out.
    Sent,
    /// It did not, for this rule's sake.
    Rejected(String),
}

/// An export of the log, and when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The entry of the log.
    pub entry: DeliveryId,
    /// When its file was complete.
    pub at: DateTime<Utc>,
}

/// What became of one product in the exports of one feed: the first and the last that it went out
/// with, and the last that it was rejected in. Those between are not kept, so that what is kept
/// grows with catalogues and not with time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The feed that goes out.
    pub to: FeedId,
    /// The first that it went out with.
    pub first: Option<Passage>,
    /// The last.
    pub last: Option<Passage>,
    /// The last that it was rejected in, and the rule's code.
    pub rejected: Option<(Passage, String)>,
}
