//! Says which issues a board shows, in which order, and by what it groups them.

use crate::domain::account::Viewer;
use crate::domain::ids::{FeedId, PartnerId, UserId};
use crate::domain::issue::Standing;
use crate::domain::issue::triage::State;
use crate::domain::violation::Severity;
use serde::{Deserialize, Serialize};

/// Which issues a board shows. Every field narrows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IssueFilter {
    /// Of this partner.
    pub partner: Option<PartnerId>,
    /// Of this feed.
    pub feed: Option<FeedId>,
    /// Of this rule.
    pub code: Option<String>,
    /// Of this attribute; an empty one for the record as a whole.
    pub attribute: Option<String>,
    /// That matter so much.
    pub severity: Option<Severity>,
    /// That this side has to act on: `partner`, `us` or `nobody`.
    pub actor: Option<String>,
    /// In this state.
    pub state: IssueStates,
    /// Of which the newest delivery says so.
    pub standing: Option<Standing>,
    /// Assigned to this person.
    pub assignee: Option<UserId>,
    /// In which a note asks this person.
    pub asks: Option<UserId>,
    /// Last found in this delivery.
    pub delivery: Option<String>,
    /// With an example of this shape.
    pub shape: Option<String>,
    /// With this in its code, title, attribute, feed or tags, in any case.
    pub text: Option<String>,
    /// Whether tags are looked at for that: they are not for partners to know.
    pub in_tags: bool,
}

/// Which states a board shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IssueStates {
    /// Those that somebody should look at: [`State::ACTIVE`].
    #[default]
    Active,
    /// Those that came back after they had been resolved.
    Regressed,
    /// Every one.
    Any,
    /// Just this one.
    Is(State),
}

impl IssueStates {
    /// Reads `active`, `regressed`, `any` or a state's word; whatever else is `active`.
    pub fn parse(word: &str) -> Self {
        match word {
            "any" => Self::Any,
            "regressed" => Self::Regressed,
            other => State::parse(other).map_or(Self::Active, Self::Is),
        }
    }
}

/// What people may type of a board: parameters of its address, each empty when it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct IssueAsk {
    /// A partner's slug.
    pub partner: String,
    /// A feed, `partner/feed`.
    pub feed: String,
    /// A rule's code.
    pub code: String,
    /// An attribute; `-` for none.
    pub attribute: String,
    /// A severity's word.
    pub severity: String,
    /// Who has to act.
    pub who: String,
    /// See [`IssueStates::parse`].
    pub state: String,
    /// A standing's word.
    pub since: String,
    /// `mine` for those of the reader, `asked` for those in which a note asks the reader.
    pub assignee: String,
    /// A delivery's id.
    pub delivery: String,
    /// A value's shape.
    pub shape: String,
    /// Text to look for.
    pub q: String,
    /// See [`IssueSort::parse`].
    pub sort: String,
    /// See [`IssueGroup::parse`].
    pub group: String,
    /// Where the page begins.
    pub after: String,
}

impl IssueAsk {
    /// What narrows the board for this reader.
    pub fn filter(&self, reader: &Viewer) -> IssueFilter {
        let said = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        IssueFilter {
            partner: said(&self.partner).map(PartnerId::new),
            feed: said(&self.feed).map(FeedId::new),
            code: said(&self.code),
            attribute: said(&self.attribute).map(|a| if a == "-" { String::new() } else { a }),
            severity: Severity::parse(&self.severity),
            actor: said(&self.who),
            state: IssueStates::parse(&self.state),
            standing: Standing::parse(&self.since),
            assignee: (self.assignee == "mine").then(|| reader.id.clone()),
            asks: (self.assignee == "asked").then(|| reader.id.clone()),
            delivery: said(&self.delivery),
            shape: (!self.shape.is_empty()).then(|| self.shape.clone()),
            text: said(&self.q),
            in_tags: false,
        }
    }
}

/// What a board is sorted by, the most or the newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IssueSort {
    /// Severity, then what the newest delivery has of it.
    #[default]
    Impact,
    /// Records that wait.
    Waiting,
    /// Failures over all deliveries.
    Occurrences,
    /// Share of the feed.
    Share,
    /// When it was last found.
    LastSeen,
    /// When it was first found.
    FirstSeen,
}

impl IssueSort {
    /// Every order.
    pub const ALL: [Self; 6] = [
        Self::Impact,
        Self::Waiting,
        Self::Occurrences,
        Self::Share,
        Self::LastSeen,
        Self::FirstSeen,
    ];

    /// The word for it in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Impact => "impact",
            Self::Waiting => "waiting",
            Self::Occurrences => "occurrences",
            Self::Share => "share",
            Self::LastSeen => "last",
            Self::FirstSeen => "first",
        }
    }

    /// Reads the word; whatever else is by impact.
    pub fn parse(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|sort| sort.word() == word)
            .unwrap_or_default()
    }
}

/// What issues are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IssueGroup {
    /// The rule.
    Code,
    /// The attribute.
    Attribute,
    /// The partner.
    Partner,
    /// The delivery that last had it.
    Delivery,
    /// What its values look like; an issue of several shapes is in several groups.
    Shape,
}

impl IssueGroup {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Code,
        Self::Attribute,
        Self::Partner,
        Self::Delivery,
        Self::Shape,
    ];

    /// The word for it in addresses; also the parameter that narrows a board to one group.
    pub fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Attribute => "attribute",
            Self::Partner => "partner",
            Self::Delivery => "delivery",
            Self::Shape => "shape",
        }
    }

    /// The words for it on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Code => "rule",
            Self::Shape => "value shape",
            other => other.word(),
        }
    }

    /// Reads the word; none for whatever else.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.word() == word)
    }
}
