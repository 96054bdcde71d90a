//! Decides some records of a part in one transaction: items, the records' states, the history
//! and the part itself change together or not at all. What that does to issues is written down in
//! the part, and added to them in a transaction of its own right behind, or when the job rests.
//!
//! The log entry of a replay is not among them, for every worker of a job would wait for it; it
//! is brought up to what the parts say afterwards, and only ever grows ([`Store::log_replay`]).

use super::parts::held;
use super::{Bulk, PartDoc, Stage, Taken, part_id};
use crate::domain::account::Scope;
use crate::domain::bulk::{Action, Outcome, Tally};
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::ids::{DeliveryId, FeedId, RecordId};
use crate::domain::quarantine::{HeldRecord, Move, State};
use crate::domain::report::{Counts, FileReport, Verdict};
use crate::server::store::deliveries::DeliveryDoc;
use crate::server::store::issues::{Moves, Waiting};
use crate::server::store::items::{Item, item_key};
use crate::server::store::quarantine::{HeldDoc, error_codes};
use crate::server::store::{Decision, Deed, Error, Passed, Result, Store, to_bson, transaction, when};
use chrono::{DateTime, TimeDelta, Utc};
use mongodb::ClientSession;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, RawDocumentBuf, deserialize_from_slice, doc};
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

/// What is stored of an item that a replay compares with.
struct There {
    received_at: mongodb::bson::DateTime,
    hash: Vec<u8>,
    is_withdrawn: bool,
}

/// What a slice writes.
#[derive(Default)]
struct Writes {
    outcomes: Vec<Outcome>,
    items: HashMap<String, Item>,
    /// Records that change their state and nothing else.
    moved: HashMap<&'static str, Vec<String>>,
    /// Records that failed otherwise than before.
    failed: Vec<(String, Document)>,
    deeds: Vec<Deed>,
    /// What the records do to their issues.
    issues: Moves,
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
        let mut session = self.client.start_session().await?;
        for _ in 0..transaction::TRIES {
            session.start_transaction().await?;
            let decided = self
                .decide_slice_in(&mut session, slice, judge, now, length)
                .await;
            if let Some(decided) = transaction::end(&mut session, decided).await? {
                if decided.is_some() {
                    self.move_issues_of(&part_id(&slice.taken.bulk.id, slice.taken.number))
                        .await?;
                }
                return Ok(decided);
            }
        }
        Err(Error::Conflict {
            what: format!("part {} of job {}", slice.taken.number, slice.taken.bulk.id),
        })
    }

    async fn decide_slice_in(
        &self,
        session: &mut ClientSession,
        slice: Slice<'_>,
        judge: &(impl Fn(&HeldRecord) -> Decision + Sync),
        now: DateTime<Utc>,
        length: TimeDelta,
    ) -> Result<Option<Vec<Outcome>>> {
        let bulk = &slice.taken.bulk;
        let (mut records, failure) = self.read_slice(session, slice.records).await?;
        let mut writes = Writes::default();
        // Decisions first, for what they are compared with is read in one go.
        let mut decisions: HashMap<&str, Decision> = HashMap::new();
        if bulk.action == Action::Replay {
            for (id, record) in &records {
                if record.as_ref().is_some_and(|r| bulk.action.takes(r.state)) {
                    let decision = record.as_ref().map(judge);
                    decisions.extend(decision.map(|decision| (id.as_str(), decision)));
                }
            }
        }
        let mut there = self.read_there(session, &bulk.feed, decisions.values()).await?;
        let mut decisions: HashMap<String, Decision> =
            decisions.into_iter().map(|(id, d)| (id.to_owned(), d)).collect();
        for id in slice.records {
            let outcome = match records.remove(id.as_str()) {
                Some(None) => Outcome::Failed,
                Some(Some(record)) if bulk.action.takes(record.state) => match bulk.action {
                    Action::Replay => {
                        let decision = decisions.remove(id.as_str());
                        writes.replay(bulk, &record, decision, &mut there, now)?
                    }
                    Action::Discard => writes.step(bulk, &record, Move::Discard, now),
                    Action::Restore => writes.step(bulk, &record, Move::Restore, now),
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
        self.write(session, bulk, &writes).await?;
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
        let mut session = self.client.start_session().await?;
        let failed = Writes {
            outcomes: vec![Outcome::Failed; slice.records.len()],
            ..Writes::default()
        };
        self.keep_part(&mut session, slice, &failed, Some(why), now + length)
            .await
    }

    /// Adds what the records of a part did to their issues there, once.
    pub(super) async fn move_issues_of(&self, part: &str) -> Result<()> {
        let mut session = self.client.start_session().await?;
        for _ in 0..transaction::TRIES {
            session.start_transaction().await?;
            let moved = self.move_issues_of_in(&mut session, part).await;
            if transaction::end(&mut session, moved).await?.is_some() {
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

    /// Reads the records of a part that nobody has decided yet, as far as they can be read.
    pub async fn read_part(&self, taken: &Taken) -> Result<Vec<HeldRecord>> {
        let mut session = self.client.start_session().await?;
        let ids = taken.records.get(taken.decided..).unwrap_or_default();
        let (records, _) = self.read_slice(&mut session, ids).await?;
        Ok(records.into_values().flatten().collect())
    }

    /// Reads the records of a slice by their ids, none for one that is no record, and says why
    /// that is so.
    async fn read_slice(
        &self,
        session: &mut ClientSession,
        ids: &[RecordId],
    ) -> Result<(HashMap<String, Option<HeldRecord>>, Option<String>)> {
        let ids: Vec<&str> = ids.iter().map(RecordId::as_str).collect();
        let mut records = HashMap::with_capacity(ids.len());
        let mut failure = None;
        let mut found = self
            .collection::<RawDocumentBuf>("quarantine")
            .find(doc! {"_id": {"$in": &ids}})
            .batch_size(u32::try_from(ids.len()).unwrap_or(u32::MAX))
            .session(&mut *session)
            .await?;
        while found.advance(&mut *session).await? {
            let raw = found.current();
            let Ok(id) = raw.get_str("_id") else { continue };
            let record = match deserialize_from_slice::<HeldDoc>(raw.as_bytes()) {
                Ok(record) => Some(HeldRecord::from(record)),
                Err(error) => {
                    failure = Some(format!("Record {id} cannot be read: {error}"));
                    None
                }
            };
            records.insert(id.to_owned(), record);
        }
        Ok((records, failure))
    }

    async fn read_there<'a>(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
        decisions: impl Iterator<Item = &'a Decision>,
    ) -> Result<HashMap<String, There>> {
        let keys: Vec<String> = decisions
            .filter_map(|decision| match decision {
                Decision::Passes(passed) => Some(item_key(feed, &passed.key)),
                Decision::Fails(_) => None,
            })
            .collect();
        let mut there = HashMap::with_capacity(keys.len());
        if keys.is_empty() {
            return Ok(there);
        }
        let corrupt = |error: mongodb::bson::error::Error| Error::Corrupt(error.to_string());
        let mut found = self
            .collection::<RawDocumentBuf>("items")
            .find(doc! {"_id": {"$in": &keys}})
            .projection(doc! {"received_at": 1, "hash": 1, "withdrawn.by": 1})
            .batch_size(u32::try_from(keys.len()).unwrap_or(u32::MAX))
            .session(&mut *session)
            .await?;
        while found.advance(&mut *session).await? {
            let raw = found.current();
            there.insert(
                raw.get_str("_id").map_err(corrupt)?.to_owned(),
                There {
                    received_at: raw.get_datetime("received_at").map_err(corrupt)?,
                    hash: raw.get_binary("hash").map_err(corrupt)?.bytes.to_vec(),
                    is_withdrawn: raw.get_document("withdrawn").is_ok(),
                },
            );
        }
        Ok(there)
    }

    /// Notes the outcomes in the part, if this worker has it still.
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
        let all = letters.iter().filter_map(|&letter| Outcome::of_letter(letter));
        let decided = letters.len();
        let is_done = decided >= slice.taken.records.len();
        let stage = if is_done { Stage::Done } else { Stage::Running };
        let mut set = doc! {
            "stage": stage.word(),
            "decided": i64::try_from(decided).unwrap_or(i64::MAX),
            "tally": to_bson(&Tally::of(all))?,
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
            .session(session)
            .await?;
        Ok(kept.matched_count == 1)
    }

    async fn write(&self, session: &mut ClientSession, bulk: &Bulk, writes: &Writes) -> Result<()> {
        if !writes.items.is_empty() {
            let items: Vec<&Item> = writes.items.values().collect();
            self.replace_items_in(session, &items).await?;
        }
        let attempts = i32::from(bulk.action == Action::Replay);
        for (state, ids) in &writes.moved {
            let mut set = doc! {"state": *state};
            if bulk.action == Action::Replay {
                set.insert("job", bulk.id.as_str());
            }
            self.collection::<Document>("quarantine")
                .update_many(
                    doc! {"_id": {"$in": ids}},
                    doc! {"$set": set, "$inc": {"attempts": attempts}},
                )
                .session(&mut *session)
                .await?;
        }
        for (id, set) in &writes.failed {
            self.collection::<Document>("quarantine")
                .update_one(
                    doc! {"_id": id},
                    doc! {"$set": set.clone(), "$inc": {"attempts": attempts}},
                )
                .session(&mut *session)
                .await?;
        }
        self.insert_deeds_in(session, &writes.deeds).await?;
        Ok(())
    }

    /// Brings the log entry of a replay up to what its parts say. It only ever grows, so workers
    /// may do it side by side and in any order.
    pub async fn log_replay(&self, bulk: &Bulk, now: DateTime<Utc>) -> Result<()> {
        let tally = self.read_standing(&bulk.id).await?.tally;
        let decided = tally.total() - tally.gone;
        if decided == 0 {
            return Ok(());
        }
        let feed = self.find_feed(&Scope::All, &bulk.feed).await?;
        let version = feed.map_or(0, |feed| feed.feed.terms().contract.version);
        let bson = to_bson(&DeliveryDoc::from(&entry(bulk, version, now)))?;
        let mut entry = bson.as_document().cloned().unwrap_or_default();
        entry.remove("counts");
        entry.remove("decided_at");
        let number = |n: u64| Bson::Int64(i64::try_from(n).unwrap_or(i64::MAX));
        let most = doc! {
            "counts.received": number(decided),
            "counts.accepted": number(tally.accepted),
            "counts.unchanged": number(tally.unchanged + tally.superseded),
            "counts.quarantined": number(tally.failed()),
            "counts.warned": 0_i64,
            "decided_at": when::bson(now),
        };
        self.collection::<Document>("deliveries")
            .update_one(
                doc! {"_id": bulk.id.as_str()},
                doc! {"$setOnInsert": entry, "$max": most},
            )
            .upsert(true)
            .await?;
        Ok(())
    }
}

impl Writes {
    fn replay(
        &mut self,
        bulk: &Bulk,
        record: &HeldRecord,
        decision: Option<Decision>,
        there: &mut HashMap<String, There>,
        now: DateTime<Utc>,
    ) -> Result<Outcome> {
        let (outcome, step) = match decision {
            None => return Ok(Outcome::Gone),
            Some(Decision::Fails(violations)) => {
                if violations == record.violations {
                    self.moves(record, State::RejectedAgain);
                } else {
                    let before = Waiting::of(record);
                    let codes = error_codes(&violations);
                    self.issues
                        .add(&before, &before.after(State::RejectedAgain, Some(codes)));
                    let set = doc! {
                        "state": State::RejectedAgain.word(),
                        "job": bulk.id.as_str(),
                        "codes": error_codes(&violations),
                        "violations": to_bson(&violations)?,
                    };
                    self.failed.push((record.id.to_string(), set));
                }
                self.note(
                    bulk,
                    record,
                    "record.replayed",
                    "rejected again in a replay".to_owned(),
                    now,
                );
                return Ok(Outcome::RejectedAgain);
            }
            Some(Decision::Passes(passed)) => self.pass(bulk, record, &passed, there),
        };
        self.moves(record, step);
        let what = match outcome {
            Outcome::Accepted => "accepted in a replay; its item is in the catalogue",
            Outcome::Unchanged => "accepted in a replay; the catalogue said the same already",
            _ => "superseded: a newer version of the item had been accepted",
        };
        self.note(bulk, record, "record.replayed", what.to_owned(), now);
        Ok(outcome)
    }

    /// Writes the item unless a newer version of it is there.
    fn pass(
        &mut self,
        bulk: &Bulk,
        record: &HeldRecord,
        passed: &Passed,
        there: &mut HashMap<String, There>,
    ) -> (Outcome, State) {
        let key = item_key(&bulk.feed, &passed.key);
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
        there.insert(
            key.clone(),
            There {
                received_at,
                hash: passed.hash.to_vec(),
                is_withdrawn: false,
            },
        );
        let delivery = DeliveryId::new(bulk.id.as_str());
        self.items
            .insert(key, Item::of(&bulk.feed, &delivery, record.received_at, passed));
        (Outcome::Accepted, State::Accepted)
    }

    fn step(&mut self, bulk: &Bulk, record: &HeldRecord, step: Move, now: DateTime<Utc>) -> Outcome {
        let Some(to) = record.state.after(step) else {
            return Outcome::Gone;
        };
        self.moves(record, to);
        let (outcome, action, what) = match step {
            Move::Restore => (
                Outcome::Restored,
                "record.restore",
                "took it back into the quarantine".to_owned(),
            ),
            _ => (
                Outcome::Discarded,
                "record.discard",
                format!("discarded it: {}", bulk.reason),
            ),
        };
        self.note(bulk, record, action, what, now);
        outcome
    }

    fn moves(&mut self, record: &HeldRecord, to: State) {
        let before = Waiting::of(record);
        self.issues.add(&before, &before.after(to, None));
        self.moved
            .entry(to.word())
            .or_default()
            .push(record.id.to_string());
    }

    fn note(&mut self, bulk: &Bulk, record: &HeldRecord, action: &str, what: String, now: DateTime<Utc>) {
        self.deeds.push(Deed {
            at: now,
            actor_id: None,
            actor_name: format!("worker, for {}", bulk.asked_by),
            action: action.to_owned(),
            object: format!("record:{}", record.id),
            partner: Some(record.partner.clone()),
            what,
        });
    }
}

fn entry(bulk: &Bulk, contract_version: u32, now: DateTime<Utc>) -> Delivery {
    Delivery {
        id: DeliveryId::new(bulk.id.as_str()),
        partner: bulk.partner.clone(),
        feed: bulk.feed.clone(),
        direction: Direction::Ingest,
        origin: Origin::Replay { job: bulk.id.clone() },
        status: Status::Accepted,
        file: FileReport {
            name: format!("replay asked for by {}", bulk.asked_by),
            verdict: Verdict::Accepted,
            code: None,
            message: None,
            offset: None,
            format: None,
            encoding: None,
            bytes: 0,
            sha256: String::new(),
        },
        counts: Counts::default(),
        codes: Vec::new(),
        received_at: bulk.started_at.unwrap_or(bulk.asked_at),
        decided_at: Some(now),
        repeat_of: None,
        contract_version,
        // What is replayed was read when its file came.
        profile_version: 0,
        gate: None,
        hold: None,
    }
}
