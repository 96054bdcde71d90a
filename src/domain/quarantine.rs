//! Describes a held record: what was sent, what was made of it, and which moves are legal.
//!
//! The original never changes. Each mend is a numbered [`Revision`] on top of it, and what is
//! replayed is always exactly one: the newest. [`State::after`] is the whole machine; the store
//! asks it before every change, so an illegal move is a conflict and never a corruption.

use super::bulk::Outcome;
use super::ids::{DeliveryId, FeedId, JobId, PartnerId, RecordId};
use super::record::{self, Attributes, Difference, Position};
use super::violation::Violation;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What is known of a held record; never more than is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Held for its violations.
    Quarantined,
    /// Waits for a worker to replay it.
    Queued,
    /// Passed in a replay; its item is in the catalogue.
    Accepted,
    /// Failed again in a replay.
    RejectedAgain,
    /// A newer delivery of the same item has come, so this version is of no more use.
    Superseded,
    /// Given up, with a reason.
    Discarded,
}

/// What can happen to a held record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// Somebody saves a mended revision.
    Edit,
    /// Somebody asks for a replay.
    Queue,
    /// The worker found it passes.
    Accept,
    /// The worker found it fails.
    RejectAgain,
    /// A newer delivery of the item has come.
    Supersede,
    /// Somebody gives it up.
    Discard,
    /// Somebody takes that back.
    Restore,
}

impl State {
    /// Every state, in the order of a record's life.
    pub const ALL: [Self; 6] = [
        Self::Quarantined,
        Self::Queued,
        Self::RejectedAgain,
        Self::Accepted,
        Self::Superseded,
        Self::Discarded,
    ];

    /// States that wait for somebody to act; what “quarantined now” counts.
    pub const OPEN: [Self; 3] = [Self::Quarantined, Self::Queued, Self::RejectedAgain];

    /// The state after `step`, or none when that move is not legal from here.
    pub fn after(self, step: Move) -> Option<Self> {
        use State::{Accepted, Discarded, Quarantined, Queued, RejectedAgain, Superseded};
        match (self, step) {
            (Quarantined | RejectedAgain, Move::Edit) | (Discarded, Move::Restore) => Some(Quarantined),
            (Quarantined | RejectedAgain, Move::Queue) => Some(Queued),
            (Queued, Move::Accept) => Some(Accepted),
            (Queued, Move::RejectAgain) => Some(RejectedAgain),
            (Quarantined | Queued | RejectedAgain, Move::Supersede) => Some(Superseded),
            (Quarantined | RejectedAgain, Move::Discard) => Some(Discarded),
            _ => None,
        }
    }

    /// The states from which `step` is legal.
    pub fn before(step: Move) -> Vec<Self> {
        Self::ALL.into_iter().filter(|state| state.allows(step)).collect()
    }

    /// Whether it waits for somebody to act.
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }

    /// Whether `step` is legal from here.
    pub fn allows(self, step: Move) -> bool {
        self.after(step).is_some()
    }

    /// The key for it in URLs and documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Queued => "queued",
            Self::Accepted => "accepted",
            Self::RejectedAgain => "rejected_again",
            Self::Superseded => "superseded",
            Self::Discarded => "discarded",
        }
    }

    /// The words for it on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::RejectedAgain => "rejected again",
            other => other.word(),
        }
    }

    /// Reads the key back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// One mend of a held record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Counted from 1; the original is 0.
    pub number: u32,
    /// All attributes as they stand after the mend.
    pub attributes: Attributes,
    /// What still fails, by the contract of that moment.
    pub violations: Vec<Violation>,
    /// Who made it: their name.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, in their words.
    pub reason: String,
}

impl Revision {
    /// That it was saved, as a sentence without its subject.
    pub fn told(&self) -> String {
        format!("saved revision {}: {}", self.number, self.reason)
    }
}

/// What work on held records made of one of them, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// When.
    pub at: DateTime<Utc>,
    /// Who asked for it: their name.
    pub by: String,
    /// The job that did it.
    pub job: JobId,
    /// What became of the record.
    pub outcome: Outcome,
    /// Why, where the action asks for a reason; empty otherwise.
    pub why: String,
}

impl Decided {
    /// The verb of a replay, whatever came of it.
    pub const REPLAYED: &str = "record.replayed";

    /// The stable verb for it in the activity log.
    pub fn action(&self) -> &'static str {
        match self.outcome {
            Outcome::Discarded => "record.discard",
            Outcome::Restored => "record.restore",
            _ => Self::REPLAYED,
        }
    }

    /// It as a sentence without its subject.
    pub fn what(&self) -> String {
        match self.outcome {
            Outcome::Accepted => "accepted in a replay; its item is in the catalogue".to_owned(),
            Outcome::Unchanged => "accepted in a replay; the catalogue said the same already".to_owned(),
            Outcome::Superseded => "superseded: a newer version of the item had been accepted".to_owned(),
            Outcome::RejectedAgain => "rejected again in a replay".to_owned(),
            Outcome::Discarded => format!("discarded it: {}", self.why),
            Outcome::Restored => "took it back into the quarantine".to_owned(),
            Outcome::Gone | Outcome::Failed => self.outcome.label().to_owned(),
        }
    }
}

/// A record held for its violations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRecord {
    /// Its id.
    pub id: RecordId,
    /// Whose it is.
    pub partner: PartnerId,
    /// Which feed sent it.
    pub feed: FeedId,
    /// In which delivery.
    pub delivery: DeliveryId,
    /// The product's id as sent, trimmed; empty when it has none.
    pub item_id: String,
    /// The product's title as sent; empty when it has none.
    pub title: String,
    /// Where it stood in the file.
    pub position: Position,
    /// Its bytes as sent, read as UTF-8 with replacement where they are not.
    pub original: String,
    /// Its attributes as sent.
    pub attributes: Attributes,
    /// What failed: of the newest revision, or of the original when there is none.
    pub violations: Vec<Violation>,
    /// Where it stands now.
    pub state: State,
    /// Its mends, oldest first.
    pub revisions: Vec<Revision>,
    /// What jobs made of it, oldest first.
    pub decided: Vec<Decided>,
    /// Replays that have been decided.
    pub attempts: u32,
    /// When its file was received.
    pub received_at: DateTime<Utc>,
    /// The job that replays it or did so last.
    pub job: Option<JobId>,
    /// When somebody last edited it, had it replayed, gave it up or took it back.
    pub acted_at: Option<DateTime<Utc>>,
    /// What superseded it, when that is its state.
    pub superseded_by: Option<DeliveryId>,
}

impl HeldRecord {
    /// The attributes a replay would send: the newest revision's, else the original's.
    pub fn current(&self) -> &Attributes {
        self.revisions.last().map_or(&self.attributes, |r| &r.attributes)
    }

    /// What comes of attributes typed on top of revision `on` and what was saved since.
    pub fn merge(&self, on: u32, typed: &Attributes) -> (Attributes, Vec<Difference>) {
        let base = self.revisions.iter().find(|r| r.number == on);
        let base = base.map_or(&self.attributes, |r| &r.attributes);
        record::merge(base, self.current(), typed)
    }

    /// When it is given up unless somebody acts on it, where records wait for so many days since a
    /// time at the earliest; none when nobody need act.
    pub fn expires_at(&self, days: u32, since: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let waits = self.state.allows(Move::Discard);
        let since = self.received_at.max(since).max(self.acted_at.unwrap_or(since));
        waits.then(|| since + TimeDelta::days(i64::from(days)))
    }

    /// The newest revision's number; 0 for the original.
    pub fn revision(&self) -> u32 {
        self.revisions.last().map_or(0, |r| r.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOVES: [Move; 7] = [
        Move::Edit,
        Move::Queue,
        Move::Accept,
        Move::RejectAgain,
        Move::Supersede,
        Move::Discard,
        Move::Restore,
    ];

    #[test]
    fn accepted_and_superseded_are_final() {
        for step in MOVES {
            assert_eq!(State::Accepted.after(step), None);
            assert_eq!(State::Superseded.after(step), None);
        }
    }

    #[test]
    fn nothing_edits_or_discards_a_record_that_a_worker_may_be_sending() {
        assert!(!State::Queued.allows(Move::Edit) && !State::Queued.allows(Move::Discard));
    }

    proptest! {
        #[test]
        fn a_record_is_only_accepted_out_of_the_queue(steps in prop::collection::vec(0usize..7, 0..40)) {
            let mut state = State::Quarantined;
            for step in steps {
                if let Some(next) = state.after(MOVES[step]) {
                    prop_assert!(next != State::Accepted || state == State::Queued);
                    state = next;
                }
            }
        }
    }
}
