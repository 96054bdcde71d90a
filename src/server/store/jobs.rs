//! Keeps the worker's jobs: queued, leased to one worker at a time, done.
//!
//! A job is taken by a lease that its worker renews. When a worker dies the lease runs out and
//! another takes the job from the start; every step of a job may therefore run twice.

use super::{Error, Result, Store, quarantine, when};
use crate::domain::account::{Scope, Viewer};
use crate::domain::ids::{FeedId, JobId, PartnerId, RecordId};
use crate::domain::quarantine::{Move, State};
use chrono::{DateTime, TimeDelta, Utc};
use mongodb::bson::{Document, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};

/// A replay that somebody asked for: held records of one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id; the replay's delivery has it too, so that a job never writes two.
    pub id: JobId,
    /// Whose records.
    pub partner: PartnerId,
    /// Of which feed.
    pub feed: FeedId,
    /// Which records, frozen when it was asked for.
    pub records: Vec<RecordId>,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct JobDoc {
    #[serde(rename = "_id")]
    id: String,
    kind: String,
    state: String,
    partner: String,
    feed: String,
    records: Vec<String>,
    asked_by: String,
    asked_by_id: String,
    #[serde(with = "when")]
    asked_at: DateTime<Utc>,
    #[serde(with = "when")]
    run_at: DateTime<Utc>,
    tries: u32,
}

impl From<JobDoc> for Job {
    fn from(d: JobDoc) -> Self {
        Self {
            id: JobId::new(d.id),
            partner: PartnerId::new(d.partner),
            feed: FeedId::new(d.feed),
            records: d.records.into_iter().map(RecordId::new).collect(),
            asked_by: d.asked_by,
            asked_at: d.asked_at,
        }
    }
}

impl Store {
    /// Queues one held record for replay: the job and the record's state change together or
    /// not at all. `Conflict` when the record cannot be queued from the state it is in.
    pub async fn queue_replay(&self, scope: &Scope, viewer: &Viewer, job: &Job) -> Result<()> {
        let doc = JobDoc {
            id: job.id.to_string(),
            kind: "replay".to_owned(),
            state: "queued".to_owned(),
            partner: job.partner.to_string(),
            feed: job.feed.to_string(),
            records: job.records.iter().map(ToString::to_string).collect(),
            asked_by: job.asked_by.clone(),
            asked_by_id: viewer.id.to_string(),
            asked_at: job.asked_at,
            run_at: job.asked_at,
            tries: 0,
        };
        let query = doc! {
            "_id": {"$in": &doc.records},
            "feed": &doc.feed,
            "state": {"$in": quarantine::states_before(Move::Queue)},
        };
        let query = super::scope::narrow(query, scope, Some(&job.partner));
        let change = doc! {"$set": {"state": State::Queued.word(), "job": &doc.id}};
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        let moved = self
            .quarantine()
            .update_many(query, change)
            .session(&mut session)
            .await;
        let moved = match moved {
            // Somebody else's write to the same record: they were faster.
            Err(error) if error.contains_label(mongodb::error::TRANSIENT_TRANSACTION_ERROR) => 0,
            moved => moved?.modified_count,
        };
        if moved != doc.records.len() as u64 {
            session.abort_transaction().await.ok();
            return Err(Error::Conflict {
                what: "the record".to_owned(),
            });
        }
        self.collection::<JobDoc>("jobs")
            .insert_one(doc)
            .session(&mut session)
            .await?;
        session.commit_transaction().await?;
        Ok(())
    }

    /// Takes the job that has waited longest, for `length`; none when nothing is to be done.
    pub async fn take_job(&self, worker: &str, now: DateTime<Utc>, length: TimeDelta) -> Result<Option<Job>> {
        let ready = doc! {"state": {"$in": ["queued", "running"]}, "run_at": {"$lte": when::bson(now)}};
        // A taken job becomes ready again when its lease runs out: `run_at` is the lease.
        let lease = doc! {
            "$set": {"state": "running", "worker": worker, "run_at": when::bson(now + length)},
            "$inc": {"tries": 1},
        };
        let taken = self
            .collection::<JobDoc>("jobs")
            .find_one_and_update(ready, lease)
            .sort(doc! {"run_at": 1})
            .return_document(ReturnDocument::After)
            .await?;
        Ok(taken.map(Job::from))
    }

    /// Marks a job done.
    pub async fn finish_job(&self, id: &JobId, now: DateTime<Utc>) -> Result<()> {
        let done = doc! {"$set": {"state": "done", "done_at": when::bson(now)}};
        self.collection::<Document>("jobs")
            .update_one(doc! {"_id": id.as_str()}, done)
            .await?;
        Ok(())
    }

    /// Counts the jobs that are queued or running.
    pub async fn count_unfinished_jobs(&self) -> Result<u64> {
        Ok(self
            .collection::<Document>("jobs")
            .count_documents(doc! {"state": {"$in": ["queued", "running"]}})
            .await?)
    }
}
