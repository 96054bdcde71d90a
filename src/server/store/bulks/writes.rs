//! Works out what the records of a slice write, from what they are and what was decided of them.

use super::Bulk;
use super::reading::There;
use crate::domain::bulk::{Action, Outcome};
use crate::domain::ids::{DeliveryId, FeedId, JobId, PartnerId};
use crate::domain::quarantine::{Decided, HeldRecord, Move, Revision, State};
use crate::domain::violation::Violation;
use crate::server::store::issues::{Moves, Waiting};
use crate::server::store::items::{Item, item_key};
use crate::server::store::places::Placed;
use crate::server::store::quarantine::{DecidedDoc, RevisionDoc, error_codes};
use crate::server::store::{Job, Passed, Result, to_bson, when};
use chrono::{DateTime, Utc};
use mongodb::bson::{Document, doc};
use std::collections::HashMap;

/// What somebody asked to be done to records: to a set of them, or to a single one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    /// The job. The delivery that a replay writes has its id too.
    pub job: &'a JobId,
    /// Whose feed.
    pub partner: &'a PartnerId,
    /// The feed of all the records.
    pub feed: &'a FeedId,
    /// What is done.
    pub action: Action,
    /// Why, where the action asks for a reason.
    pub reason: &'a str,
    /// Who asked.
    pub asked_by: &'a str,
    /// Since when it goes.
    pub since: DateTime<Utc>,
}

impl<'a> From<&'a Bulk> for Order<'a> {
    fn from(bulk: &'a Bulk) -> Self {
        Self {
            job: &bulk.id,
            partner: &bulk.partner,
            feed: &bulk.feed,
            action: bulk.action,
            reason: &bulk.reason,
            asked_by: &bulk.asked_by,
            since: bulk.started_at.unwrap_or(bulk.asked_at),
        }
    }
}

impl<'a> From<&'a Job> for Order<'a> {
    /// Of a single record that is replayed.
    fn from(job: &'a Job) -> Self {
        Self {
            job: &job.id,
            partner: &job.partner,
            feed: &job.feed,
            action: Action::Replay,
            reason: "",
            asked_by: &job.asked_by,
            since: job.asked_at,
        }
    }
}

/// What the contract of today says of a record.
#[derive(Debug, Clone)]
pub enum Decision {
    /// It passes; this is the item.
    Passes(Passed),
    /// It fails for these.
    Fails(Vec<Violation>),
}

/// What a slice writes.
#[derive(Default)]
pub(super) struct Writes {
    pub outcomes: Vec<Outcome>,
    /// Items by their keys, each with whether there was none before.
    pub items: HashMap<String, (Item, bool)>,
    /// Records that change their state and nothing else, by the state and what became of them.
    pub moved: HashMap<(State, Outcome), Placed>,
    /// Records that failed otherwise than before.
    pub failed: Vec<(String, Document)>,
    /// Updates that add a revision to a record.
    pub revised: Vec<Document>,
    /// What the records do to their issues.
    pub issues: Moves,
}

impl Order<'_> {
    /// What a record keeps of an outcome of it, as an update pushes it.
    pub fn keeps(&self, outcome: Outcome, now: DateTime<Utc>) -> Result<Document> {
        let decided = Decided {
            at: now,
            by: self.asked_by.to_owned(),
            job: self.job.clone(),
            outcome,
            why: self.reason.to_owned(),
        };
        Ok(doc! {"decided": to_bson(&DecidedDoc::from(&decided))?})
    }
}

impl Writes {
    /// Notes that a fix made a revision of a record, on which this was decided.
    pub fn revise(&mut self, record: &HeldRecord, mut revision: Revision, decision: &Decision) -> Result<()> {
        if let Decision::Fails(violations) = decision {
            revision.violations.clone_from(violations);
        }
        self.revised.push(doc! {
            "q": {"_id": record.id.as_str()},
            "u": {"$push": {"revisions": to_bson(&RevisionDoc::from(&revision))?}},
        });
        Ok(())
    }

    /// Notes what becomes of a record that is replayed.
    pub fn replay(
        &mut self,
        order: &Order<'_>,
        record: &HeldRecord,
        decision: Option<Decision>,
        there: &mut HashMap<String, There>,
    ) -> Result<Outcome> {
        let (outcome, step) = match decision {
            None => return Ok(Outcome::Gone),
            Some(Decision::Fails(violations)) => {
                if violations == record.violations {
                    self.moves(record, State::RejectedAgain, Outcome::RejectedAgain);
                } else {
                    let before = Waiting::of(record);
                    let codes = error_codes(&violations);
                    let after = before.after(State::RejectedAgain, Some(codes.clone()));
                    self.issues.add(&before, &after);
                    let set = doc! {
                        "state": State::RejectedAgain.word(),
                        "places": after.places(),
                        "job": order.job.as_str(),
                        "codes": codes,
                        "violations": to_bson(&violations)?,
                    };
                    self.failed.push((record.id.to_string(), set));
                }
                return Ok(Outcome::RejectedAgain);
            }
            Some(Decision::Passes(passed)) => self.pass(order, record, &passed, there),
        };
        self.moves(record, step, outcome);
        Ok(outcome)
    }

    /// Writes the item unless a newer version of it is there.
    fn pass(
        &mut self,
        order: &Order<'_>,
        record: &HeldRecord,
        passed: &Passed,
        there: &mut HashMap<String, There>,
    ) -> (Outcome, State) {
        let key = item_key(order.feed, &passed.key);
        let received_at = when::bson(record.received_at);
        if let Some(there) = there.get(&key) {
            if there.received_at > received_at {
                return (Outcome::Superseded, State::Superseded);
            }
            // A withdrawn product comes back with what is replayed.
            if !there.is_withdrawn && there.hash == passed.hash {
                return (Outcome::Unchanged, State::Accepted);
            }
        }
        let is_new = match there.get(&key) {
            None => true,
            // It may be this slice that brought it.
            Some(_) => self.items.get(&key).is_some_and(|(_, is_new)| *is_new),
        };
        there.insert(
            key.clone(),
            There {
                received_at,
                hash: passed.hash.to_vec(),
                is_withdrawn: false,
            },
        );
        let delivery = DeliveryId::new(order.job.as_str());
        let item = Item::of(order.feed, &delivery, record.received_at, passed);
        self.items.insert(key, (item, is_new));
        (Outcome::Accepted, State::Accepted)
    }

    /// Notes that a record goes a step that somebody asked for.
    pub fn step(&mut self, record: &HeldRecord, step: Move) -> Outcome {
        let Some(to) = record.state.after(step) else {
            return Outcome::Gone;
        };
        let outcome = match step {
            Move::Restore => Outcome::Restored,
            _ => Outcome::Discarded,
        };
        self.moves(record, to, outcome);
        outcome
    }

    fn moves(&mut self, record: &HeldRecord, to: State, outcome: Outcome) {
        let before = Waiting::of(record);
        let after = before.after(to, None);
        self.issues.add(&before, &after);
        self.moved.entry((to, outcome)).or_default().add(&after);
    }
}
