//! Freezes a set: writes the ids of its records down, a part at a time, and then the job.

use super::{BulkDoc, PartDoc, SetDoc, Stage, part_id};
use crate::domain::account::Scope;
use crate::domain::bulk::{Action, Pace, State, Tally, part_size};
use crate::domain::ids::{FeedId, JobId, RecordId};
use crate::domain::quarantine::State as Held;
use crate::domain::query::QuarantineFilter;
use crate::server::store::quarantine::states_before;
use crate::server::store::{Error, Result, Store, scope, when};
use chrono::{DateTime, TimeDelta, Utc};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Document, RawDocumentBuf, doc};
use mongodb::options::{Hint, ReadConcern};

/// Ids that are read together.
const READ_TOGETHER: u32 = 20_000;
/// How often a feed's old records are given up.
const EXPIRED_EVERY: TimeDelta = TimeDelta::hours(24);
/// Ids that are written together.
const WRITTEN_TOGETHER: usize = 50_000;

/// What somebody asks to be planned.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// The id of the job to be.
    pub id: JobId,
    /// The feed of all its records.
    pub feed: FeedId,
    /// What is to be done to them.
    pub action: Action,
    /// Which records: those that match, in any state that the action takes.
    pub filter: &'a QuarantineFilter,
    /// The selected ones; none for all that match.
    pub selected: Option<&'a [RecordId]>,
    /// The filter as the address of the list.
    pub address: String,
    /// Who asks.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// What was received or acted on later than that is not in a set of all that match; none for
    /// all that is there when the set is frozen.
    pub until: Option<DateTime<Utc>>,
    /// Why it is started at once, gently or not; none for a plan that somebody looks at first.
    pub started: Option<(Pace, String)>,
}

impl Store {
    /// Freezes a set and plans a job on it; the number of records that are in it. `Conflict`
    /// when a selected record is not there any more, or not in a state that the action takes,
    /// or of another feed; nothing is planned then, as when the set is empty.
    pub async fn plan_bulk(&self, scope: &Scope, asked: &Asked<'_>) -> Result<u64> {
        let (query, way) = self.query(scope, asked).await?;
        let quarantine = self.collection::<RawDocumentBuf>("quarantine");
        let mut finding = quarantine
            .find(query)
            .projection(doc! {"_id": 1})
            .batch_size(READ_TOGETHER)
            // All of it is of one instant, whatever comes while it is read.
            .read_concern(ReadConcern::snapshot());
        if let Some(way) = way {
            // The newest first: they are what a ramp begins with.
            finding = finding.hint(way).sort(doc! {"_id": -1});
        }
        let mut found = finding.await?;
        let mut frozen = Frozen {
            asked,
            number: 0,
            total: 0,
        };
        let mut ids = Vec::new();
        while found.advance().await? {
            let id = found.current().get_str("_id");
            ids.push(id.map_err(|error| Error::Corrupt(error.to_string()))?.to_owned());
            if ids.len() >= WRITTEN_TOGETHER {
                self.write_sets(&mut frozen, &mut ids, false).await?;
            }
        }
        self.write_sets(&mut frozen, &mut ids, true).await?;
        let total = frozen.total;
        let wanted = asked.selected.map_or(total, |ids| ids.len() as u64);
        if total != wanted || total == 0 {
            // The parts of a job that never was go with the rest that is not kept.
            return match asked.selected {
                Some(_) => Err(Error::Conflict {
                    what: "the selection".to_owned(),
                }),
                None => Ok(0),
            };
        }
        let started = asked.started.clone();
        let is_started = started.is_some();
        let (pace, reason) = started.unwrap_or_default();
        let bulk = BulkDoc {
            id: asked.id.to_string(),
            partner: asked.feed.partner().to_string(),
            feed: asked.feed.to_string(),
            action: asked.action,
            reason,
            filter: asked.address.clone(),
            state: if is_started {
                State::Running
            } else {
                State::Planned
            },
            why: None,
            mend: None,
            pace,
            frozen: i64::try_from(total).unwrap_or(i64::MAX),
            asked_by: asked.asked_by.clone(),
            asked_at: asked.asked_at,
            started_at: is_started.then_some(asked.asked_at),
            ended_at: None,
            next_at: asked.asked_at,
        };
        self.bulks().insert_one(bulk).await?;
        Ok(total)
    }

    /// Notes for how many days held records wait, for those who look at them, and since when that is
    /// so: nobody's time began before.
    pub async fn note_keeping(&self, days: u32, now: DateTime<Utc>) -> Result<()> {
        let days = i64::from(days);
        let other = doc! {"keep_held.days": {"$ne": days}};
        let noted = doc! {"$set": {"keep_held": {"days": days, "since": when::bson(now)}}};
        self.collection::<Document>("feeds")
            .update_many(other, noted)
            .await?;
        Ok(())
    }

    /// Takes it upon the caller to give up what a feed's records have waited since before `until`;
    /// false when somebody did so within a day, when that has not been the rule for so long, or
    /// there is no such feed.
    pub async fn claim_expiry(
        &self,
        feed: &FeedId,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let lately = doc! {"$not": {"$gt": when::bson(now - EXPIRED_EVERY)}};
        let due = doc! {
            "_id": feed.as_str(),
            "keep_held.since": {"$lte": when::bson(until)},
            "expired_at": lately,
        };
        let claimed = self
            .collection::<Document>("feeds")
            .update_one(due, doc! {"$set": {"expired_at": when::bson(now)}})
            .await?;
        Ok(claimed.matched_count == 1)
    }

    /// What finds the records of a set, and the index that answers it where they are not selected.
    async fn query(&self, scope: &Scope, asked: &Asked<'_>) -> Result<(Document, Option<Hint>)> {
        let Some(selected) = asked.selected else {
            // What somebody looks at is narrowed further to what the action takes.
            let shown = asked.filter.state;
            let states: Vec<Held> = Held::before(asked.action.step())
                .into_iter()
                .filter(|state| shown.has(*state))
                .collect();
            let filter = QuarantineFilter {
                feed: Some(asked.feed.clone()),
                ..asked.filter.clone()
            };
            let way = self.way_in(scope, &filter, true, Some(&states)).await?;
            let mut query = way.query.clone();
            if let Some(until) = asked.until.map(when::bson) {
                query.insert("received_at", doc! {"$lte": until});
                query.insert("acted_at", doc! {"$not": {"$gt": until}});
            }
            return Ok((query, Some(way.hint())));
        };
        let ids: Vec<&str> = selected.iter().map(RecordId::as_str).collect();
        let states = states_before(asked.action.step());
        let query = doc! {"_id": {"$in": ids}, "feed": asked.feed.as_str(), "state": {"$in": states}};
        Ok((scope::narrow(query, scope, None), None))
    }

    /// Writes what fills parts, and the rest as well when it is the `last`.
    async fn write_sets(&self, frozen: &mut Frozen<'_>, ids: &mut Vec<String>, last: bool) -> Result<()> {
        let (mut sets, mut parts) = (Vec::new(), Vec::new());
        let mut left = std::mem::take(ids).into_iter().peekable();
        while left.peek().is_some() {
            let size = frozen.size();
            let some: Vec<String> = left.by_ref().take(size).collect();
            if some.len() < size && !last {
                *ids = some;
                break;
            }
            let (set, part) = frozen.next(some);
            sets.push(set);
            parts.push(part);
        }
        if sets.is_empty() {
            return Ok(());
        }
        self.collection::<SetDoc>("bulk_sets").insert_many(sets).await?;
        self.bulk_parts().insert_many(parts).await?;
        Ok(())
    }
}

/// A set as it is being written down.
struct Frozen<'a> {
    asked: &'a Asked<'a>,
    number: usize,
    total: u64,
}

impl Frozen<'_> {
    /// The size of the part that comes next.
    fn size(&self) -> usize {
        part_size(self.number)
    }

    fn next(&mut self, ids: Vec<String>) -> (SetDoc, PartDoc) {
        let id = part_id(&self.asked.id, self.number);
        let part = PartDoc {
            id: id.clone(),
            bulk: self.asked.id.to_string(),
            number: i64::try_from(self.number).unwrap_or(i64::MAX),
            size: i64::try_from(ids.len()).unwrap_or(i64::MAX),
            stage: Stage::New,
            decided: 0,
            tally: Tally::default(),
            outcomes: Binary {
                subtype: BinarySubtype::Generic,
                bytes: Vec::new(),
            },
            would: None,
            failure: None,
            unmoved: Vec::new(),
            session: None,
            made_at: self.asked.asked_at,
        };
        self.number += 1;
        self.total += ids.len() as u64;
        let set = SetDoc {
            id,
            bulk: self.asked.id.to_string(),
            ids,
            made_at: self.asked.asked_at,
        };
        (set, part)
    }
}
