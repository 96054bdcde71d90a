//! Keeps bulk work: jobs on frozen sets of held records, their parts, and what became of each
//! record.
//!
//! A set is frozen by writing the ids of its records down, part by part, before the job is: a
//! job that can be seen is whole. Workers lease parts and not jobs, so several work on one job
//! ([`parts`]); the records of a part are decided in one transaction with the part's own
//! document ([`deciding`]), so a worker may be killed at any instant and nothing happens twice.
//! Ids and outcomes are kept for [`KEPT`]. A single record that somebody has replayed from its own
//! page needs no set; it is decided as one of a set is ([`single`]). Who
//! asked for a recheck is told what came of either ([`answering`]).
//!
//! While a job is at work its feed's items may be written at any moment, so no outline of them
//! is used ([`Store::find_outline`]); when it rests, they have another version.

mod answering;
mod deciding;
mod logging;
mod mending;
mod parts;
mod planning;
mod reading;
mod single;
mod writes;

pub use deciding::Slice;
pub use parts::{Rehearsed, Taken};
pub use planning::Asked;
pub use writes::Decision;

use super::issues::Moved;
use super::{Error, Result, Store, paging, scope, to_bson, when};
use crate::domain::account::Scope;
use crate::domain::bulk::fix::Mend;
use crate::domain::bulk::{Action, Move, Outcome, Pace, State, Tally};
use crate::domain::ids::{FeedId, JobId, PartnerId, RecordId};
use crate::domain::query::Page;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::{Binary, Bson, Document, doc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the ids and the outcomes of a set are kept.
pub(super) const KEPT: Duration = Duration::from_hours(90 * 24);

/// A job on a frozen set.
#[derive(Debug, Clone, PartialEq)]
pub struct Bulk {
    /// Its id. The delivery that a replay writes has it too.
    pub id: JobId,
    /// Whose feed.
    pub partner: PartnerId,
    /// Which feed.
    pub feed: FeedId,
    /// What is done to each record.
    pub action: Action,
    /// Why, where the action asks for a reason.
    pub reason: String,
    /// What was asked for, as the address of the list that shows it; empty for a selection.
    pub filter: String,
    /// How far it has come.
    pub state: State,
    /// Why it paused by itself.
    pub why: Option<String>,
    /// What is changed in each record before it is replayed.
    pub mend: Option<Mend>,
    /// How fast it goes.
    pub pace: Pace,
    /// Records in the set.
    pub frozen: u64,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// When it was started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was done, or cancelled.
    pub ended_at: Option<DateTime<Utc>>,
}

/// How far the parts of a job have come, added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// What became of its records.
    pub tally: Tally,
    /// Records that the rehearsal has been through.
    pub rehearsed: u64,
    /// Of these, how many a fix would change.
    pub would_change: u64,
    /// Of these, how many would pass.
    pub would_pass: u64,
    /// Of these, how many were dealt with meanwhile.
    pub would_be_gone: u64,
    /// Of these, how many would fail, by the code of the rule; one record may be under several.
    pub would_fail: BTreeMap<String, u64>,
    /// The last thing that went wrong with a single record.
    pub failure: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct BulkDoc {
    #[serde(rename = "_id")]
    id: String,
    partner: String,
    feed: String,
    action: Action,
    reason: String,
    filter: String,
    state: State,
    #[serde(default)]
    why: Option<String>,
    #[serde(default)]
    mend: Option<Mend>,
    pace: Pace,
    frozen: i64,
    asked_by: String,
    #[serde(with = "when")]
    asked_at: DateTime<Utc>,
    #[serde(default, with = "when::option")]
    started_at: Option<DateTime<Utc>>,
    #[serde(default, with = "when::option")]
    ended_at: Option<DateTime<Utc>>,
    /// When the next records may be decided, where the pace is limited.
    #[serde(with = "when")]
    next_at: DateTime<Utc>,
}

impl From<BulkDoc> for Bulk {
    fn from(d: BulkDoc) -> Self {
        Self {
            id: JobId::new(d.id),
            partner: PartnerId::new(d.partner),
            feed: FeedId::new(d.feed),
            action: d.action,
            reason: d.reason,
            filter: d.filter,
            state: d.state,
            why: d.why,
            mend: d.mend,
            pace: d.pace,
            frozen: d.frozen.try_into().unwrap_or(0),
            asked_by: d.asked_by,
            asked_at: d.asked_at,
            started_at: d.started_at,
            ended_at: d.ended_at,
        }
    }
}

/// Where a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    /// No worker has looked what would become of it.
    New,
    /// A worker looks.
    Rehearsing,
    /// It waits.
    Waiting,
    /// A worker decides its records.
    Running,
    /// Every record of it is decided.
    Done,
}

impl Stage {
    fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Rehearsing => "rehearsing",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct PartDoc {
    #[serde(rename = "_id")]
    id: String,
    bulk: String,
    number: i64,
    size: i64,
    stage: Stage,
    /// Records that are decided, counted from the part's first.
    decided: i64,
    tally: Tally,
    /// A letter for each decided record.
    outcomes: Binary,
    #[serde(default)]
    would: Option<Rehearsed>,
    #[serde(default)]
    failure: Option<String>,
    /// What its records did to their issues and is not added there yet.
    #[serde(default)]
    unmoved: Vec<Moved>,
    /// The session in which its worker decides: whoever takes the part over ends it first.
    #[serde(default)]
    session: Option<Document>,
    #[serde(with = "when")]
    made_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct SetDoc {
    #[serde(rename = "_id")]
    id: String,
    bulk: String,
    ids: Vec<String>,
    #[serde(with = "when")]
    made_at: DateTime<Utc>,
}

fn part_id(bulk: &JobId, number: usize) -> String {
    format!("{bulk}/{number:07}")
}

/// The states in which a worker may be writing for a job.
fn working() -> Document {
    let words: Vec<&str> = State::ALL
        .into_iter()
        .filter(|state| state.is_working())
        .map(State::word)
        .collect();
    doc! {"$in": words}
}

fn states_before(step: Move) -> Document {
    let words: Vec<&str> = State::ALL
        .into_iter()
        .filter(|state| state.allows(step))
        .map(State::word)
        .collect();
    doc! {"$in": words}
}

impl Store {
    fn bulks(&self) -> Collection<BulkDoc> {
        self.collection("bulks")
    }

    fn bulk_parts(&self) -> Collection<PartDoc> {
        self.collection("bulk_parts")
    }

    pub(super) async fn index_bulks(&self) -> Result<()> {
        let by_state = [doc! {"state": 1, "started_at": 1}, doc! {"feed": 1, "state": 1}];
        self.index("bulks", &by_state).await?;
        let by_number = [
            doc! {"bulk": 1, "number": 1},
            doc! {"bulk": 1, "stage": 1, "number": 1},
        ];
        self.index("bulk_parts", &by_number).await?;
        self.expire("bulk_workers", "until", KEPT).await?;
        self.expire("bulk_parts", "made_at", KEPT).await?;
        self.expire("bulk_sets", "made_at", KEPT).await
    }

    /// Finds a job on a set in the scope.
    pub async fn find_bulk(&self, scope: &Scope, id: &JobId) -> Result<Option<Bulk>> {
        let query = scope::narrow(doc! {"_id": id.as_str()}, scope, None);
        Ok(self.bulks().find_one(query).await?.map(Bulk::from))
    }

    /// Lists jobs on sets in the scope, newest first; `after` is the id of the last one seen.
    pub async fn list_bulks(&self, scope: &Scope, after: &str, limit: u32) -> Result<Page<Bulk>> {
        let query = scope::narrow(doc! {}, scope, None);
        paging::by_id(&self.bulks(), query, after, limit, |d| &d.id).await
    }

    /// Whether a job may be writing a feed's items.
    pub(super) async fn has_bulk_at_work(&self, feed: &FeedId) -> Result<bool> {
        let query = doc! {"feed": feed.as_str(), "state": working()};
        Ok(self.bulks().find_one(query).await?.is_some())
    }

    /// Adds up what became of a job's records so far.
    pub async fn read_standing(&self, id: &JobId) -> Result<Standing> {
        #[derive(Deserialize)]
        struct Summed {
            tally: Tally,
            #[serde(default)]
            would: Option<Rehearsed>,
            #[serde(default)]
            failure: Option<String>,
        }
        let mut found = self
            .collection::<Summed>("bulk_parts")
            .find(doc! {"bulk": id.as_str()})
            .projection(doc! {"_id": 0, "tally": 1, "would": 1, "failure": 1})
            .sort(doc! {"number": 1})
            .batch_size(2000)
            .await?;
        let mut standing = Standing::default();
        while let Some(part) = found.try_next().await? {
            standing.tally += part.tally;
            standing.failure = part.failure.or(standing.failure);
            let Some(would) = part.would else { continue };
            standing.rehearsed += would.total();
            standing.would_change += would.changed;
            standing.would_pass += would.pass;
            standing.would_be_gone += would.gone;
            for (code, records) in would.codes {
                *standing.would_fail.entry(code).or_default() += records;
            }
        }
        Ok(standing)
    }

    /// Lists the records of one part of a set, each with what became of it; none when there is
    /// no such part.
    pub async fn list_outcomes(
        &self,
        id: &JobId,
        part: usize,
    ) -> Result<Option<Vec<(RecordId, Option<Outcome>)>>> {
        let key = doc! {"_id": part_id(id, part)};
        let sets = self.collection::<SetDoc>("bulk_sets");
        let Some(set) = sets.find_one(key.clone()).await? else {
            return Ok(None);
        };
        let letters = self.bulk_parts().find_one(key).await?;
        let letters = letters.map(|part| part.outcomes.bytes).unwrap_or_default();
        let with = |(at, id): (usize, String)| {
            let outcome = letters.get(at).and_then(|&letter| Outcome::of_letter(letter));
            (RecordId::new(id), outcome)
        };
        Ok(Some(set.ids.into_iter().enumerate().map(with).collect()))
    }

    /// Moves a job in the scope by a step that needs nothing else. `Conflict` when the step is
    /// not legal from the state it is in by now; none when there is no such job.
    pub async fn move_bulk(
        &self,
        scope: &Scope,
        id: &JobId,
        step: Move,
        now: DateTime<Utc>,
    ) -> Result<Option<State>> {
        let mut set = doc! {"why": Bson::Null};
        if step == Move::Start {
            set.insert("started_at", when::bson(now));
        }
        self.step_bulk(scope, id, step, set, now).await
    }

    /// Starts a planned job at a pace.
    pub async fn start_bulk(
        &self,
        scope: &Scope,
        id: &JobId,
        pace: &Pace,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<State>> {
        let set = doc! {"pace": to_bson(pace)?, "reason": reason, "started_at": when::bson(now)};
        self.step_bulk(scope, id, Move::Start, set, now).await
    }

    async fn step_bulk(
        &self,
        scope: &Scope,
        id: &JobId,
        step: Move,
        set: Document,
        now: DateTime<Utc>,
    ) -> Result<Option<State>> {
        // What a state becomes depends on it, so each is tried by its own name.
        for from in State::ALL {
            let Some(to) = from.after(step) else { continue };
            let query = scope::narrow(doc! {"_id": id.as_str(), "state": from.word()}, scope, None);
            let mut set = set.clone();
            set.insert("state", to.word());
            if matches!(to, State::Done | State::Cancelled) {
                // It rests already, so nobody else settles it.
                let found = self.bulks().find_one(query).await?;
                if let Some(bulk) = found.map(Bulk::from)
                    && self.end_bulk(&bulk, to, set, now).await?
                {
                    return Ok(Some(to));
                }
                continue;
            }
            let moved = self.bulks().update_one(query, doc! {"$set": set}).await?;
            if moved.matched_count == 1 {
                return Ok(Some(to));
            }
        }
        if self.find_bulk(scope, id).await?.is_none() {
            return Ok(None);
        }
        Err(Error::Conflict {
            what: format!("job {id}"),
        })
    }
}
