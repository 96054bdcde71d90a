//! Describes an issue: everything that one rule found on one attribute of one feed.
//!
//! Thousands of held records and warnings shrink to a handful of these. What an issue says of
//! the past comes from deliveries that took effect ([`fold`]); how many of its records still wait
//! moves with the records themselves; what people make of it is [`triage`]'s. Bringing these
//! together in the database is the store's business.

pub mod fold;
pub mod mention;
pub mod recheck;
pub mod shape;
pub mod triage;

use super::contract::{identity, rule};
use super::ids::{DeliveryId, FeedId, PartnerId, RecordId};
use super::violation::Severity;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use triage::Triage;

/// The major version of the rule book. It changes when codes change what they mean; then old
/// issues end and new ones begin. A feed's own contract may move limits and levels without that:
/// an issue that people work on does not vanish because somebody set a threshold.
pub const MAJOR: u32 = 1;

/// What is written to the other side about an issue, as the history calls it.
pub const SAID: &str = "issue.say";

/// Names an issue: the fingerprint of its feed, code, attribute and [`MAJOR`], in hex. The same
/// four always give the same name, so whoever finds a failure knows its issue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IssueId(String);

impl IssueId {
    /// Takes the text of an id that was made before.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The fingerprint.
    pub fn of(feed: &FeedId, code: &str, attribute: Option<&str>) -> Self {
        let key = format!("{feed}\0{code}\0{}\0{MAJOR}", attribute.unwrap_or_default());
        Self(format!("{:016x}", identity(&key)))
    }

    /// The issue of records of a feed that are held for a code.
    pub fn held(feed: &FeedId, code: &str) -> Self {
        Self::of(feed, code, attribute_of(code))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IssueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The attribute that a rule speaks of; none when it is about the record as a whole, or not ours.
pub fn attribute_of(code: &str) -> Option<&'static str> {
    rule(code)?.attribute
}

/// What the feed's newest delivery says of an issue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It has it, and the one before had not.
    #[default]
    New,
    /// It has it, as the one before.
    Continuing,
    /// It has it no more, and the one before had.
    Fixed,
    /// Neither has it.
    Gone,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 4] = [Self::New, Self::Continuing, Self::Fixed, Self::Gone];

    /// The word for it in URLs, documents and on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Continuing => "continuing",
            Self::Fixed => "fixed",
            Self::Gone => "gone",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Whether the newest delivery has it.
    pub fn is_there(self) -> bool {
        matches!(self, Self::New | Self::Continuing)
    }
}

/// What one day's deliveries found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The day they were received on, in UTC.
    pub day: NaiveDate,
    /// Records, over all deliveries of the day.
    pub records: u64,
}

/// What the last delivery that had it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// That delivery.
    pub delivery: DeliveryId,
    /// Records it failed on: the items that are affected.
    pub records: u64,
    /// Times it failed.
    pub occurrences: u64,
    /// Records of that delivery altogether: what the share is of.
    pub received: u64,
}

impl Last {
    /// Affected records ÷ received; none when nothing was received.
    pub fn share(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
        (self.received > 0).then(|| self.records as f64 / self.received as f64)
    }
}

/// One failure, to show what an issue looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// What the value looks like; see [`shape::of`].
    pub shape: String,
    /// The value as sent, cut to [`Example::VALUE_LIMIT`] characters.
    pub value: String,
    /// The sentence about it.
    pub message: String,
    /// The record's id as sent; empty when it has none.
    pub item: String,
    /// In which delivery.
    pub delivery: DeliveryId,
    /// Where in its file, in words.
    pub place: String,
    /// The held record, when it was held.
    pub record: Option<RecordId>,
}

impl Example {
    /// Longer values are cut here.
    pub const VALUE_LIMIT: usize = 120;
    /// Examples kept of an issue.
    pub const KEPT: usize = 50;
    /// Examples kept of one shape.
    pub const OF_A_SHAPE: usize = 3;
}

/// Everything that one rule found on one attribute of one feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Its fingerprint.
    pub id: IssueId,
    /// Whose it is.
    pub partner: PartnerId,
    /// Which feed has it.
    pub feed: FeedId,
    /// The rule's code.
    pub code: String,
    /// The attribute; none when it is about the record or file as a whole.
    pub attribute: Option<String>,
    /// How much it mattered when it was last found.
    pub severity: Severity,
    /// When a delivery first had it, by the time that was received.
    pub first_seen: DateTime<Utc>,
    /// When one last had it.
    pub last_seen: DateTime<Utc>,
    /// The last delivery that had it; none when only a mended record has.
    pub last: Option<Last>,
    /// Records over all deliveries; one that was sent and failed ten times counts ten times.
    pub records: u64,
    /// Failures over all deliveries.
    pub occurrences: u64,
    /// Deliveries that had it.
    pub deliveries: u64,
    /// The last [`Issue::DAYS`] days that had it, oldest first; days without it are left out.
    pub days: Vec<Day>,
    /// What the newest delivery says of it.
    pub standing: Standing,
    /// Held records of it that wait for somebody now.
    pub open: u64,
    /// What people make of it.
    pub triage: Triage,
}

impl Issue {
    /// Days remembered.
    pub const DAYS: usize = 60;

    /// An issue that nothing is known of yet.
    pub fn begin(feed: &FeedId, code: &str, attribute: Option<&str>, at: DateTime<Utc>) -> Self {
        Self {
            id: IssueId::of(feed, code, attribute),
            partner: feed.partner(),
            feed: feed.clone(),
            code: code.to_owned(),
            attribute: attribute.map(str::to_owned),
            severity: rule(code).map_or(Severity::Error, |rule| rule.severity),
            first_seen: at,
            last_seen: at,
            last: None,
            records: 0,
            occurrences: 0,
            deliveries: 0,
            days: Vec::new(),
            standing: Standing::New,
            open: 0,
            triage: Triage::default(),
        }
    }

    /// Records of each of the last `count` days up to `until`, oldest first.
    pub fn daily(&self, until: NaiveDate, count: u64) -> Vec<u64> {
        let on = |day: NaiveDate| {
            let found = self.days.binary_search_by_key(&day, |d| d.day);
            found.map_or(0, |at| self.days[at].records)
        };
        (0..count)
            .rev()
            .filter_map(|back| until.checked_sub_days(chrono::Days::new(back)))
            .map(on)
            .collect()
    }

    /// A few words for what is wrong; the code itself when the rule is not ours.
    pub fn title(&self) -> &str {
        rule(&self.code).map_or(self.code.as_str(), |rule| rule.title)
    }

    /// Who has to act: `partner`, `us` or `nobody`.
    pub fn actor(&self) -> &'static str {
        rule(&self.code).map_or("partner", |rule| rule.actor.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_feed_code_and_attribute_apart() {
        let (a, b) = (FeedId::new("acme/main"), FeedId::new("acme/main2"));
        let ids = [
            IssueId::of(&a, "GTIN_CHECK", Some("gtin")),
            IssueId::of(&b, "GTIN_CHECK", Some("gtin")),
            IssueId::of(&a, "GTIN_CHECK", None),
            IssueId::of(&a, "GTIN", Some("gtin")),
        ];
        for (at, id) in ids.iter().enumerate() {
            assert!(!ids[..at].contains(id), "{id} stands for two issues");
        }
    }

    #[test]
    fn a_fingerprint_stays_what_it_is_for_bookmarks_depend_on_it() {
        let id = IssueId::held(&FeedId::new("acme/main"), "GTIN_CHECK");
        assert_eq!(
            id,
            IssueId::of(&FeedId::new("acme/main"), "GTIN_CHECK", Some("gtin"))
        );
        assert_eq!(id.as_str().len(), 16);
    }
}
