//! Lends the parts of jobs to workers, and settles jobs that have none left.
//!
//! A worker that is killed in the middle of a transaction leaves it open at the database, which
//! keeps everybody from what it wrote for as long as the database lets a transaction live: a
//! minute, where nobody set less. So a part is lent with the session that its worker decides in
//! written down, and whoever finds the worker silent for too long ends that session first.
//!
//! What a worker does with a part may take longer than the part was lent for. It says meanwhile
//! that it is there in a document of its own ([`Store::beat_bulk`]), for the part's is being
//! written in the transaction that a word in between would spoil.

use super::{Bulk, BulkDoc, PartDoc, SetDoc, Stage, part_id, working};
use crate::domain::account::Scope;
use crate::domain::bulk::{Action, Move, RAMP, State, Tally};
use crate::domain::ids::{FeedId, JobId, RecordId};
use crate::server::store::{Deed, Error, Result, Store, to_bson, transaction, when};
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// Jobs that are looked at for a part.
const LOOKED_AT: i64 = 50;

/// A part that a worker has.
#[derive(Debug)]
pub struct Taken {
    /// Its job as it was when it was taken.
    pub bulk: Bulk,
    /// Which part, counted from 0.
    pub number: usize,
    /// All records of the part.
    pub records: Vec<RecordId>,
    /// The letters of the outcomes of those that were decided before.
    pub letters: Vec<u8>,
    /// Who has it.
    pub worker: String,
    /// Whether it is only to be looked at.
    pub is_rehearsal: bool,
    /// What its worker's transactions are in.
    pub(super) session: Mutex<ClientSession>,
}

impl Taken {
    /// The records that were not decided before.
    pub fn left(&self) -> &[RecordId] {
        self.records.get(self.letters.len()..).unwrap_or_default()
    }
}

/// What would become of the records of a part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsed {
    /// Records that a fix would change.
    #[serde(default)]
    pub changed: u64,
    /// Records that would pass.
    pub pass: u64,
    /// Records that would fail.
    pub fail: u64,
    /// Records that were dealt with meanwhile.
    pub gone: u64,
    /// Records that would fail, by code.
    pub codes: BTreeMap<String, u64>,
}

impl Rehearsed {
    /// Records that it is about.
    pub fn total(&self) -> u64 {
        self.pass + self.fail + self.gone
    }
}

impl Store {
    /// Takes a part of a running job for `length`, or of a planned one to rehearse it; none when
    /// there is nothing to do. Jobs that rest by now are settled on the way. A worker that takes one
    /// has no other.
    pub async fn take_part(
        &self,
        worker: &str,
        now: DateTime<Utc>,
        length: TimeDelta,
    ) -> Result<Option<Taken>> {
        let working: Vec<BulkDoc> = self
            .bulks()
            .find(doc! {"state": working()})
            .sort(doc! {"started_at": 1})
            .limit(LOOKED_AT)
            .await?
            .try_collect()
            .await?;
        let alive = self.list_alive(now).await?;
        for bulk in working {
            let bulk = Bulk::from(bulk);
            let open = doc! {"bulk": bulk.id.as_str(), "stage": {"$ne": Stage::Done.word()}};
            let first = self.bulk_parts().find_one(open).sort(doc! {"number": 1}).await?;
            let Some(first) = first else {
                self.settle_bulk(&bulk, Move::Finish, now).await?;
                continue;
            };
            let silent = silent(&alive, now);
            self.end_silent(&bulk.id, &silent).await?;
            if bulk.state != State::Running {
                if self.rests(&bulk.id, silent).await? {
                    self.settle_bulk(&bulk, Move::Settle, now).await?;
                }
                continue;
            }
            // An ingest sets aside what it brings anew; what is left is replayed when it is done.
            if bulk.action == Action::Replay && self.is_lent(&bulk.feed, now).await? {
                continue;
            }
            if bulk.pace.is_kept_by_one() && self.has_part_at_work(&bulk.id, &silent).await? {
                continue;
            }
            let first = usize::try_from(first.number).unwrap_or(0);
            let free = doc! {"stage": {"$in": [Stage::New.word(), Stage::Waiting.word()]}};
            let mut query = doc! {"bulk": bulk.id.as_str(), "$or": [free, silent]};
            if first < RAMP.len() && !bulk.pace.may_begin(first + 1, first) {
                query.insert("number", i64::try_from(first).unwrap_or(0));
            }
            if let Some(taken) = self
                .lend(&bulk, query, Stage::Running, worker, now + length)
                .await?
            {
                return Ok(Some(taken));
            }
        }
        self.take_rehearsal(worker, &alive, now, length).await
    }

    async fn take_rehearsal(
        &self,
        worker: &str,
        alive: &[String],
        now: DateTime<Utc>,
        length: TimeDelta,
    ) -> Result<Option<Taken>> {
        let planned: Vec<BulkDoc> = self
            .bulks()
            .find(doc! {"state": State::Planned.word(), "action": Action::Replay.word()})
            .sort(doc! {"asked_at": -1})
            .limit(LOOKED_AT)
            .await?
            .try_collect()
            .await?;
        for bulk in planned {
            let bulk = Bulk::from(bulk);
            let silent = silent(alive, now);
            self.end_silent(&bulk.id, &silent).await?;
            let query = doc! {"bulk": bulk.id.as_str(), "$or": [{"stage": Stage::New.word()}, silent]};
            let taken = self
                .lend(&bulk, query, Stage::Rehearsing, worker, now + length)
                .await?;
            if taken.is_some() {
                return Ok(taken);
            }
        }
        Ok(None)
    }

    async fn lend(
        &self,
        bulk: &Bulk,
        query: Document,
        stage: Stage,
        worker: &str,
        until: DateTime<Utc>,
    ) -> Result<Option<Taken>> {
        let session = self.client.start_session().await?;
        let lease = doc! {
            "stage": stage.word(),
            "worker": worker,
            "until": when::bson(until),
            "session": session.id(),
        };
        let part: Option<PartDoc> = self
            .bulk_parts()
            .find_one_and_update(query, doc! {"$set": lease})
            .sort(doc! {"number": 1})
            .return_document(ReturnDocument::After)
            .await?;
        let Some(part) = part else {
            return Ok(None);
        };
        let id = part.id.clone();
        let lent = self.read_lent(bulk, part, stage, worker, session).await;
        if lent.is_err() {
            // Nobody would work on it.
            let mine = doc! {"_id": id, "worker": worker, "stage": stage.word()};
            self.give_up(mine, stage).await?;
        }
        lent.map(Some)
    }

    async fn read_lent(
        &self,
        bulk: &Bulk,
        part: PartDoc,
        stage: Stage,
        worker: &str,
        session: ClientSession,
    ) -> Result<Taken> {
        // Read behind the lease: whoever gives a planned job another fix takes its parts back.
        let bulk = self.find_bulk(&Scope::All, &bulk.id).await?;
        let bulk = bulk.ok_or_else(|| Error::Corrupt(format!("the job of part {} is missing", part.id)))?;
        let set = self
            .collection::<SetDoc>("bulk_sets")
            .find_one(doc! {"_id": &part.id})
            .await?
            .ok_or_else(|| Error::Corrupt(format!("the records of part {} are missing", part.id)))?;
        Ok(Taken {
            bulk,
            number: usize::try_from(part.number).unwrap_or(0),
            records: set.ids.into_iter().map(RecordId::new).collect(),
            letters: part.outcomes.bytes,
            worker: worker.to_owned(),
            is_rehearsal: stage == Stage::Rehearsing,
            session: Mutex::new(session),
        })
    }

    /// Says that a worker is there, for as long as nothing else is heard of it.
    pub async fn beat_bulk(&self, worker: &str, until: DateTime<Utc>) -> Result<()> {
        self.collection::<Document>("bulk_workers")
            .update_one(doc! {"_id": worker}, doc! {"$set": {"until": when::bson(until)}})
            .upsert(true)
            .await?;
        Ok(())
    }

    async fn list_alive(&self, now: DateTime<Utc>) -> Result<Vec<String>> {
        let alive = doc! {"until": {"$gt": when::bson(now)}};
        let found = self.collection::<Document>("bulk_workers");
        let names = found.distinct("_id", alive).await?;
        Ok(names
            .iter()
            .filter_map(|name| name.as_str())
            .map(str::to_owned)
            .collect())
    }

    /// Ends the sessions of workers that were silent too long, and with them what they left open.
    async fn end_silent(&self, id: &JobId, silent: &Document) -> Result<()> {
        let mut silent = silent.clone();
        silent.insert("bulk", id.as_str());
        silent.insert("session", doc! {"$ne": Bson::Null});
        let silent: Vec<PartDoc> = self.bulk_parts().find(silent).await?.try_collect().await?;
        let sessions: Vec<Document> = silent.into_iter().filter_map(|part| part.session).collect();
        if sessions.is_empty() {
            return Ok(());
        }
        // Not every account may; then the database ends them in its own time.
        if let Err(error) = self.db.run_command(doc! {"killSessions": sessions}).await {
            tracing::warn!("the session of a silent worker could not be ended: {error}");
        }
        Ok(())
    }

    /// Books the next turn of a job whose pace is limited: the instant from which `records` may
    /// be decided. None when the job does not run any more.
    pub async fn book_turn(
        &self,
        bulk: &Bulk,
        records: usize,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>> {
        let running = doc! {"_id": bulk.id.as_str(), "state": State::Running.word()};
        let Some(per_second) = bulk.pace.per_second else {
            return Ok(self.bulks().find_one(running).await?.map(|_| now));
        };
        let millis =
            i64::try_from(records).unwrap_or(i64::MAX).saturating_mul(1000) / i64::from(per_second.max(1));
        let from = doc! {"$max": ["$next_at", when::bson(now)]};
        let later = doc! {"$set": {"next_at": {"$add": [from, millis]}}};
        let before = self
            .bulks()
            .find_one_and_update(running, vec![later])
            .return_document(ReturnDocument::Before)
            .await?;
        Ok(before.map(|before| before.next_at.max(now)))
    }

    /// Notes what would become of a part's records, and gives it back.
    pub async fn finish_rehearsal(&self, taken: &Taken, would: &Rehearsed) -> Result<()> {
        let change =
            doc! {"$set": {"stage": Stage::Waiting.word(), "would": to_bson(would)?, "worker": Bson::Null}};
        self.bulk_parts()
            .update_one(held(taken, Stage::Rehearsing), change)
            .await?;
        Ok(())
    }

    /// Gives a part back as far as it has come, if this worker has it still.
    pub async fn give_back(&self, taken: &Taken) -> Result<()> {
        let stage = if taken.is_rehearsal {
            Stage::Rehearsing
        } else {
            Stage::Running
        };
        self.give_up(held(taken, stage), stage).await
    }

    async fn give_up(&self, mine: Document, stage: Stage) -> Result<()> {
        let to = match stage {
            Stage::Rehearsing => Stage::New,
            _ => Stage::Waiting,
        };
        let change = doc! {"$set": {"stage": to.word(), "worker": Bson::Null}};
        self.bulk_parts().update_one(mine, change).await?;
        Ok(())
    }

    /// Whether somebody who is there works on a job.
    async fn has_part_at_work(&self, id: &JobId, silent: &Document) -> Result<bool> {
        let running = doc! {
            "bulk": id.as_str(),
            "stage": Stage::Running.word(),
            "$nor": [silent.clone()],
        };
        Ok(self.bulk_parts().find_one(running).await?.is_some())
    }

    /// Whether nobody works on a job; a worker that was silent too long does not any more.
    async fn rests(&self, id: &JobId, mut silent: Document) -> Result<bool> {
        silent.insert("bulk", id.as_str());
        silent.insert("stage", Stage::Running.word());
        let back = doc! {"$set": {"stage": Stage::Waiting.word(), "worker": Bson::Null}};
        self.bulk_parts().update_many(silent, back).await?;
        let running = doc! {"bulk": id.as_str(), "stage": Stage::Running.word()};
        Ok(self.bulk_parts().find_one(running).await?.is_none())
    }

    async fn settle_bulk(&self, bulk: &Bulk, step: Move, now: DateTime<Utc>) -> Result<()> {
        // What a worker left undone that died right behind its transaction.
        let left = doc! {"bulk": bulk.id.as_str(), "unmoved.0": {"$exists": true}};
        let left: Vec<PartDoc> = self.bulk_parts().find(left).await?.try_collect().await?;
        let mut session = self.client.start_session().await?;
        for part in left {
            self.move_issues_of(&mut session, &part.id).await?;
        }
        if bulk.action == Action::Replay {
            self.log_replay(bulk, now).await?;
            self.touch_items(&bulk.feed).await?;
        }
        let Some(to) = bulk.state.after(step) else {
            return Ok(());
        };
        if bulk.action == Action::Replay && to == State::Done {
            self.answer_rechecks(&bulk.feed, &bulk.id, true, now).await?;
        }
        let set = doc! {"state": to.word()};
        if matches!(to, State::Done | State::Cancelled) {
            self.end_bulk(bulk, to, set, now).await?;
            return Ok(());
        }
        // From the state it was seen in: whoever moved it meanwhile has the next word.
        let query = doc! {"_id": bulk.id.as_str(), "state": bulk.state.word()};
        self.bulks().update_one(query, doc! {"$set": set}).await?;
        Ok(())
    }

    /// Ends a job from the state it was seen in, and logs what came of it, both or neither; false
    /// when somebody moved it meanwhile, who has the next word.
    pub(super) async fn end_bulk(
        &self,
        bulk: &Bulk,
        to: State,
        mut set: Document,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        set.insert("ended_at", when::bson(now));
        let tally = self.read_standing(&bulk.id).await?.tally;
        let deed = ended(bulk, to, &tally, now);
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let done = self.end_bulk_in(&mut session, bulk, set.clone(), &deed).await;
            if let Some(done) = transaction::end(&mut session, done).await? {
                return Ok(done);
            }
        }
        Err(Error::Conflict {
            what: format!("job {}", bulk.id),
        })
    }

    async fn end_bulk_in(
        &self,
        session: &mut ClientSession,
        bulk: &Bulk,
        set: Document,
        deed: &Deed,
    ) -> Result<bool> {
        let query = doc! {"_id": bulk.id.as_str(), "state": bulk.state.word()};
        let change = doc! {"$set": set};
        let moved = self
            .bulks()
            .update_one(query, change)
            .session(&mut *session)
            .await?;
        if moved.matched_count == 0 {
            return Ok(false);
        }
        self.insert_deed_in(session, deed).await?;
        Ok(true)
    }

    async fn is_lent(&self, feed: &FeedId, now: DateTime<Utc>) -> Result<bool> {
        let lent = doc! {"_id": feed.as_str(), "lease.until": {"$gte": when::bson(now)}};
        Ok(self
            .collection::<Document>("feeds")
            .find_one(lent)
            .await?
            .is_some())
    }

    /// Counts the jobs on sets that are at work.
    pub async fn count_bulks_at_work(&self, scope: &Scope) -> Result<u64> {
        let query = crate::server::store::scope::narrow(doc! {"state": working()}, scope, None);
        Ok(self.bulks().count_documents(query).await?)
    }
}

/// What the activity log keeps of a job that has ended; each record has its own outcome.
fn ended(bulk: &Bulk, to: State, tally: &Tally, now: DateTime<Utc>) -> Deed {
    let how = match to {
        State::Cancelled => "stopped",
        _ => "finished",
    };
    Deed {
        at: now,
        actor_id: None,
        actor_name: format!("worker, for {}", bulk.asked_by),
        action: format!("bulk.{}", to.word()),
        object: format!("job:{}", bulk.id),
        partner: Some(bulk.partner.clone()),
        what: format!("{how} the {}: {}", bulk.action.word(), tally.told()),
    }
}

/// The part, if this worker has it still, in this stage. A worker has one part at a time.
pub(super) fn held(taken: &Taken, stage: Stage) -> Document {
    doc! {"_id": part_id(&taken.bulk.id, taken.number), "worker": &taken.worker, "stage": stage.word()}
}

/// The parts of workers that nothing was heard of for too long.
fn silent(alive: &[String], now: DateTime<Utc>) -> Document {
    doc! {
        "stage": {"$in": [Stage::Rehearsing.word(), Stage::Running.word()]},
        "until": {"$lte": when::bson(now)},
        "worker": {"$nin": alive},
    }
}
