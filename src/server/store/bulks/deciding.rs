//! Decides some records of a part in one transaction: items, the records' states, the history
//! and the part itself change together or not at all, and so does the job when the part ends with
//! more failures than its pace allows: no worker can lose the pause, and none takes the next step
//! of a ramp before it. What that does to issues is written down in the part, and added to them in
//! a transaction of its own right behind, or when the job rests.

use super::parts::held;
use super::writes::{Decision, Order, Writes};
use super::{PartDoc, Stage, Taken, part_id, states_before};
use crate::domain::bulk::{Action, Move as Step, Outcome, State, Tally};
use crate::domain::format::counted;
use crate::domain::ids::{FeedId, RecordId};
use crate::domain::quarantine::{HeldRecord, Move};
use crate::server::store::issues::Moves;
use crate::server::store::items::Item;
use crate::server::store::{Error, Result, Store, to_bson, transaction, when};
use chrono::{DateTime, TimeDelta, Utc};
use mongodb::ClientSession;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Document, doc};
use std::collections::HashMap;

/// Some records of a part, which are decided together.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'a> {
    /// The part.
    pub taken: &'a Taken,
    /// The letters of the outcomes before it.
    pub before: &'a [u8],
    /// The records.
    pub records: &'a [RecordId],
}

impl Slice<'_> {
    fn conflict(&self) -> Error {
        Error::Conflict {
            what: format!("part {} of job {}", self.taken.number, self.taken.bulk.id),
        }
    }
}

impl Store {
    /// Decides the records of a slice by `judge`, and keeps the part for `length` more; the
    /// outcomes in the order of the records. None when the part is not this worker's any more.
    /// A record that cannot be read is [`Outcome::Failed`]; the first such failure is noted.
    pub async fn decide_slice(
        &self,
        slice: Slice<'_>,
        judge: &(impl Fn(&HeldRecord) -> Decision + Sync),
        now: DateTime<Utc>,
        length: TimeDelta,
    ) -> Result<Option<Vec<Outcome>>> {
        let mut session = slice.taken.session.lock().await;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let decided = self
                .decide_slice_in(&mut session, slice, judge, now, length)
                .await;
            if let Some(decided) = transaction::end(&mut session, decided).await? {
                if decided.is_some() {
                    let part = part_id(&slice.taken.bulk.id, slice.taken.number);
                    self.move_issues_of(&mut session, &part).await?;
                }
                return Ok(decided);
            }
        }
        Err(slice.conflict())
    }

    async fn decide_slice_in(
        &self,
        session: &mut ClientSession,
        slice: Slice<'_>,
        judge: &(impl Fn(&HeldRecord) -> Decision + Sync),
        now: DateTime<Utc>,
        length: TimeDelta,
    ) -> Result<Option<Vec<Outcome>>> {
        let order = Order::from(&slice.taken.bulk);
        let (mut records, failure) = self.read_slice(session, slice.records).await?;
        let mut writes = Writes::default();
        // Decisions first, for what they are compared with is read in one go.
        let mut decisions: HashMap<&str, Decision> = HashMap::new();
        if order.action == Action::Replay {
            for (id, record) in &mut records {
                let Some(record) = record.as_mut().filter(|r| order.action.takes(r.state)) else {
                    continue;
                };
                let mended = slice.taken.bulk.mended(record, now);
                record.revisions.extend(mended.clone());
                let decision = judge(record);
                if let Some(revision) = mended {
                    writes.revise(record, revision, &decision)?;
                }
                decisions.insert(id.as_str(), decision);
            }
        }
        let mut there = self.read_there(session, order.feed, decisions.values()).await?;
        let mut decisions: HashMap<String, Decision> =
            decisions.into_iter().map(|(id, d)| (id.to_owned(), d)).collect();
        for id in slice.records {
            let outcome = match records.remove(id.as_str()) {
                Some(None) => Outcome::Failed,
                Some(Some(record)) if order.action.takes(record.state) => match order.action {
                    Action::Replay => {
                        let decision = decisions.remove(id.as_str());
                        writes.replay(&order, &record, decision, &mut there)?
                    }
                    // Whoever acted on it since then has the next word.
                    Action::Discard if record.acted_at.is_some_and(|at| at > slice.taken.bulk.asked_at) => {
                        Outcome::Gone
                    }
                    Action::Discard => writes.step(&record, Move::Discard),
                    Action::Restore => writes.step(&record, Move::Restore),
                },
                _ => Outcome::Gone,
            };
            writes.outcomes.push(outcome);
        }
        if !self
            .keep_part(session, slice, &writes, failure, now + length)
            .await?
        {
            return Ok(None);
        }
        self.write(session, &order, &writes, now).await?;
        Ok(Some(writes.outcomes))
    }

    /// Notes that the records of a slice failed, and why; false when the part is not this worker's
    /// any more.
    pub async fn fail_slice(
        &self,
        slice: Slice<'_>,
        why: String,
        now: DateTime<Utc>,
        length: TimeDelta,
    ) -> Result<bool> {
        let failed = Writes {
            outcomes: vec![Outcome::Failed; slice.records.len()],
            ..Writes::default()
        };
        let mut session = slice.taken.session.lock().await;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let kept = self
                .keep_part(&mut session, slice, &failed, Some(why.clone()), now + length)
                .await;
            if let Some(kept) = transaction::end(&mut session, kept).await? {
                return Ok(kept);
            }
        }
        Err(slice.conflict())
    }

    /// Adds what the records of a part did to their issues there, once.
    pub(super) async fn move_issues_of(&self, session: &mut ClientSession, part: &str) -> Result<()> {
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let moved = self.move_issues_of_in(session, part).await;
            if transaction::end(session, moved).await?.is_some() {
                return Ok(());
            }
        }
        Err(Error::Conflict {
            what: format!("the issues of part {part}"),
        })
    }

    async fn move_issues_of_in(&self, session: &mut ClientSession, part: &str) -> Result<()> {
        let written = doc! {"_id": part, "unmoved.0": {"$exists": true}};
        let before: Option<PartDoc> = self
            .bulk_parts()
            .find_one_and_update(written, doc! {"$set": {"unmoved": []}})
            .session(&mut *session)
            .await?;
        let Some(before) = before else {
            return Ok(());
        };
        self.move_issues_in(session, &Moves::read(before.unmoved)).await
    }

    /// What jobs did to the records of a feed that is not added to its issues and counts yet.
    pub(in super::super) async fn pending_moves_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
    ) -> Result<Moves> {
        // A job ends when nothing of it is left to add.
        let ended = [State::Done.word(), State::Cancelled.word()];
        let jobs = doc! {"feed": feed.as_str(), "state": {"$nin": ended.to_vec()}};
        let mut found = self
            .collection::<Document>("bulks")
            .find(jobs)
            .projection(doc! {"_id": 1})
            .session(&mut *session)
            .await?;
        let mut ids = Vec::new();
        while let Some(job) = found.next(session).await.transpose()? {
            ids.extend(job.get_str("_id").map(str::to_owned).ok());
        }
        let mut moves = Vec::new();
        if !ids.is_empty() {
            let written = doc! {"bulk": {"$in": ids}, "unmoved.0": {"$exists": true}};
            let mut parts = self.bulk_parts().find(written).session(&mut *session).await?;
            while let Some(part) = parts.next(session).await.transpose()? {
                moves.extend(part.unmoved);
            }
        }
        Ok(Moves::read(moves))
    }

    /// Notes the outcomes in the part, if this worker has it still, and has the job pause when the
    /// part ends with too many failures.
    async fn keep_part(
        &self,
        session: &mut ClientSession,
        slice: Slice<'_>,
        writes: &Writes,
        failure: Option<String>,
        until: DateTime<Utc>,
    ) -> Result<bool> {
        let mut letters = slice.before.to_vec();
        letters.extend(writes.outcomes.iter().map(|outcome| outcome.letter()));
        let tally = Tally::of(letters.iter().filter_map(|&letter| Outcome::of_letter(letter)));
        let decided = letters.len();
        let is_done = decided >= slice.taken.records.len();
        let stage = if is_done { Stage::Done } else { Stage::Running };
        let mut set = doc! {
            "stage": stage.word(),
            "decided": i64::try_from(decided).unwrap_or(i64::MAX),
            "tally": to_bson(&tally)?,
            "outcomes": Binary { subtype: BinarySubtype::Generic, bytes: letters },
            "until": when::bson(until),
        };
        if let Some(failure) = failure {
            set.insert("failure", failure);
        }
        let mut mine = held(slice.taken, Stage::Running);
        mine.insert("decided", i64::try_from(slice.before.len()).unwrap_or(i64::MAX));
        let unmoved = doc! {"unmoved": {"$each": to_bson(&writes.issues.written())?}};
        let kept = self
            .collection::<Document>("bulk_parts")
            .update_one(mine, doc! {"$set": set, "$push": unmoved})
            .session(&mut *session)
            .await?;
        if kept.matched_count == 0 {
            return Ok(false);
        }
        if is_done && slice.taken.bulk.pace.stops(&tally) {
            self.stop_bulk(session, slice.taken, &tally).await?;
        }
        Ok(true)
    }

    /// Has a running job pause by itself, and says why. One that somebody paused or ended in the
    /// meantime stays as they left it.
    async fn stop_bulk(&self, session: &mut ClientSession, ended: &Taken, tally: &Tally) -> Result<()> {
        let why = format!(
            "It paused by itself: of the {} of step {}, {} failed.",
            counted(tally.total(), "record", "records"),
            ended.number + 1,
            tally.failed()
        );
        let running = doc! {"_id": ended.bulk.id.as_str(), "state": states_before(Step::Pause)};
        let pausing = doc! {"$set": {"state": State::Pausing.word(), "why": why}};
        self.bulks().update_one(running, pausing).session(session).await?;
        Ok(())
    }

    pub(super) async fn write(
        &self,
        session: &mut ClientSession,
        order: &Order<'_>,
        writes: &Writes,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let of = |new: bool| {
            let items = writes.items.values().filter(move |(_, is_new)| *is_new == new);
            items.map(|(item, _)| item).collect::<Vec<&Item>>()
        };
        self.insert_items_in(session, &of(true)).await?;
        self.replace_items_in(session, &of(false)).await?;
        let attempts = i32::from(order.action == Action::Replay);
        for ((state, outcome), placed) in &writes.moved {
            let mut set = doc! {"state": state.word(), "acted_at": when::bson(now)};
            if order.action == Action::Replay {
                set.insert("job", order.job.as_str());
            }
            let pushed = order.keeps(*outcome, now)?;
            let change = doc! {"$set": set, "$inc": {"attempts": attempts}, "$push": pushed};
            self.update_many_in(session, "quarantine", placed.updates(&change))
                .await?;
        }
        for (id, set) in &writes.failed {
            let pushed = order.keeps(Outcome::RejectedAgain, now)?;
            let mut set = set.clone();
            set.insert("acted_at", when::bson(now));
            self.collection::<Document>("quarantine")
                .update_one(
                    doc! {"_id": id},
                    doc! {"$set": set, "$inc": {"attempts": attempts}, "$push": pushed},
                )
                .session(&mut *session)
                .await?;
        }
        self.update_many_in(session, "quarantine", writes.revised.clone())
            .await?;
        Ok(())
    }
}
