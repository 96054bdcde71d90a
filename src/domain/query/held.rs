//! Says which held records a list shows: what an index finds of them, and what has to be looked
//! for in each.

use crate::domain::ids::{DeliveryId, FeedId, PartnerId};
use crate::domain::quarantine::State;
use crate::domain::violation::{Severity, Violation};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
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
    /// In which this is found.
    pub search: HeldSearch,
}

/// What no index tells of a record, so that each has to be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeldSearch {
    /// Something fails about this attribute.
    pub attribute: Option<String>,
    /// Something fails that matters so much.
    pub severity: Option<Severity>,
    /// What fails has this in its value or its sentence, in any case.
    pub text: Option<String>,
    /// Received at this instant or after it.
    pub from: Option<DateTime<Utc>>,
    /// Received before this instant.
    pub until: Option<DateTime<Utc>>,
    /// Replayed at least so often.
    pub attempts: Option<u32>,
}

impl HeldSearch {
    /// Longest text that is looked for, in characters.
    pub const TEXT_MAX: usize = 100;

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it asks for something that fails.
    pub fn asks_of_violations(&self) -> bool {
        self.attribute.is_some() || self.severity.is_some() || self.text.is_some()
    }

    /// Whether a violation is what is looked for.
    pub fn fits(&self, violation: &Violation) -> bool {
        let attribute = self.attribute.as_deref();
        attribute.is_none_or(|a| violation.attribute.as_deref() == Some(a))
            && self
                .severity
                .is_none_or(|severity| violation.severity == severity)
            && self.text.as_ref().is_none_or(|text| {
                let text = text.to_lowercase();
                [&violation.value, &violation.message]
                    .into_iter()
                    .any(|said| said.to_lowercase().contains(&text))
            })
    }
}

/// How far a search has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanned {
    /// Records that were looked at, on this page and those before it.
    pub examined: u64,
    /// Records there were to look at when it began; none where counting them took too long.
    pub of: Option<u64>,
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

    /// Whether it lets a state through.
    pub fn has(self, state: State) -> bool {
        match self {
            Self::Open => state.is_open(),
            Self::Any => true,
            Self::Is(only) => state == only,
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

/// What people may type of the list: parameters of its address, each empty when it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct HeldAsk {
    /// A partner's slug.
    pub partner: String,
    /// A feed, `partner/feed`.
    pub feed: String,
    /// A delivery's id.
    pub delivery: String,
    /// A rule's code.
    pub code: String,
    /// A state's word, `open` or `any`.
    pub state: String,
    /// A product's id.
    pub item: String,
    /// An attribute.
    pub attribute: String,
    /// A severity's word.
    pub severity: String,
    /// The first day, as `2026-11-01`, in UTC.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Fewest replays.
    pub attempts: String,
    /// Text in a value or a sentence.
    pub text: String,
}

impl HeldAsk {
    /// The names of the parameters.
    pub const PARAMS: [&str; 12] = [
        "partner",
        "feed",
        "delivery",
        "state",
        "code",
        "item",
        "attribute",
        "severity",
        "from",
        "to",
        "attempts",
        "text",
    ];

    /// Reads the parameters by their names.
    pub fn read(get: impl Fn(&str) -> String) -> Self {
        Self {
            partner: get("partner"),
            feed: get("feed"),
            delivery: get("delivery"),
            code: get("code"),
            state: get("state"),
            item: get("item"),
            attribute: get("attribute"),
            severity: get("severity"),
            from: get("from"),
            to: get("to"),
            attempts: get("attempts"),
            text: get("text"),
        }
    }

    /// What they mean; what cannot be read narrows nothing.
    pub fn filter(&self) -> QuarantineFilter {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        QuarantineFilter {
            partner: some(&self.partner).map(PartnerId::new),
            feed: some(&self.feed).map(|feed| match some(&self.partner) {
                // Where the partner is chosen, its feed need not name it again.
                Some(partner) if !feed.contains('/') => FeedId::new(format!("{partner}/{feed}")),
                _ => FeedId::new(feed),
            }),
            delivery: some(&self.delivery).map(DeliveryId::new),
            code: some(&self.code),
            state: StateFilter::parse(&self.state),
            item: some(&self.item),
            search: HeldSearch {
                attribute: some(&self.attribute),
                severity: Severity::parse(&self.severity),
                text: some(&said(&self.text)),
                from: day(&self.from, 0),
                until: day(&self.to, 1),
                attempts: self.attempts.trim().parse().ok().filter(|least| *least > 0),
            },
        }
    }
}

/// The text that is looked for: letters that can be seen, and not too many.
fn said(text: &str) -> String {
    let seen = text.trim().chars().filter(|letter| !letter.is_control());
    seen.take(HeldSearch::TEXT_MAX).collect()
}

/// Midnight of a day as typed, or some days later.
fn day(text: &str, later: u64) -> Option<DateTime<Utc>> {
    let day: NaiveDate = text.trim().parse().ok()?;
    let day = day.checked_add_days(Days::new(later))?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_means_whole_days_and_nothing_where_it_cannot_be_read() {
        let ask = |from: &str, to: &str, attempts: &str, text: &str| {
            let ask = HeldAsk {
                from: from.to_owned(),
                to: to.to_owned(),
                attempts: attempts.to_owned(),
                text: text.to_owned(),
                ..HeldAsk::default()
            };
            ask.filter().search
        };
        let search = ask("2026-11-01", "2026-11-01", "2", " no\u{0}pe ");
        let length = search
            .until
            .zip(search.from)
            .map(|(until, from)| (until - from).num_hours());
        assert_eq!(length, Some(24));
        assert_eq!((search.attempts, search.text.as_deref()), (Some(2), Some("nope")));
        assert!(ask("yesterday", "2026-13-01", "-1", "  ").is_empty());
        let long = ask("", "", "0", &"é".repeat(300)).text;
        assert_eq!(long.map(|text| text.chars().count()), Some(HeldSearch::TEXT_MAX));
    }

    #[test]
    fn a_feed_need_not_name_the_partner_that_is_chosen() {
        let feed = |partner: &str, feed: &str| {
            let ask = HeldAsk {
                partner: partner.to_owned(),
                feed: feed.to_owned(),
                ..HeldAsk::default()
            };
            ask.filter().feed.map(|feed| feed.to_string())
        };
        assert_eq!(feed("acme", "main").as_deref(), Some("acme/main"));
        assert_eq!(feed("acme", "acme/main").as_deref(), Some("acme/main"));
        assert_eq!(feed("", "main").as_deref(), Some("main"));
        assert_eq!(feed("acme", " "), None);
    }
}
