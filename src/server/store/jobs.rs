//! Keeps the worker's jobs: queued, leased to one worker at a time, done, or set aside.
//!
//! A job is taken by a lease that its worker renews. When a worker dies the lease runs out and
//! another takes the job from the start; every step of a job may therefore run twice. One that
//! fails, or whose workers die, [`crate::domain::job::ATTEMPTS`] times is set aside.

use super::places::Placed;
use super::{Error, Result, Store, paging, quarantine, scope, transaction, when};
use crate::domain::account::Scope;
use crate::domain::ids::{DeliveryId, FeedId, JobId, PartnerId, RecordId};
use crate::domain::job::{self, Kind, State};
use crate::domain::quarantine::{Move, State as HeldState};
use crate::domain::query::Page;
use chrono::{DateTime, TimeDelta, Utc};
use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Days a job that was done can still be looked at.
const DONE_KEPT_DAYS: u64 = 30;

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Work {
    /// Sends held records of one feed through the contract again; which, is frozen when it is
    /// asked for.
    Replay {
        /// The records.
        records: Vec<RecordId>,
    },
    /// Takes the stored file of a queued delivery in.
    Ingest {
        /// The delivery.
        delivery: DeliveryId,
    },
    /// Takes in a delivery that a gate held and somebody released.
    Release {
        /// The delivery.
        delivery: DeliveryId,
    },
    /// Fetches the feed's file from the address it is set up with.
    Pull,
}

impl Work {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Replay { .. } => Kind::Replay,
            Self::Release { .. } => Kind::Release,
            Self::Ingest { .. } => Kind::Ingest,
            Self::Pull => Kind::Pull,
        }
    }
}

/// Something that somebody asked the worker to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id. The delivery that a replay writes, or an ingest takes in, has it too.
    pub id: JobId,
    /// Whose feed.
    pub partner: PartnerId,
    /// Which feed.
    pub feed: FeedId,
    /// What to do.
    pub work: Work,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
}

/// A job and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobState {
    /// The job.
    pub job: Job,
    /// How far it has come.
    pub state: State,
    /// How often it was begun.
    pub attempts: u32,
    /// When it may be begun, or when its worker's lease runs out.
    pub run_at: DateTime<Utc>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JobDoc {
    #[serde(rename = "_id")]
    id: String,
    state: State,
    partner: String,
    feed: String,
    #[serde(flatten)]
    work: Work,
    asked_by: String,
    #[serde(with = "when")]
    asked_at: DateTime<Utc>,
    #[serde(with = "when")]
    run_at: DateTime<Utc>,
    tries: u32,
    #[serde(default)]
    error: Option<String>,
}

impl From<&Job> for JobDoc {
    fn from(job: &Job) -> Self {
        Self {
            id: job.id.to_string(),
            state: State::Queued,
            partner: job.partner.to_string(),
            feed: job.feed.to_string(),
            work: job.work.clone(),
            asked_by: job.asked_by.clone(),
            asked_at: job.asked_at,
            run_at: job.asked_at,
            tries: 0,
            error: None,
        }
    }
}

impl From<JobDoc> for JobState {
    fn from(d: JobDoc) -> Self {
        Self {
            job: Job {
                id: JobId::new(d.id),
                partner: PartnerId::new(d.partner),
                feed: FeedId::new(d.feed),
                work: d.work,
                asked_by: d.asked_by,
                asked_at: d.asked_at,
            },
            state: d.state,
            attempts: d.tries,
            run_at: d.run_at,
            error: d.error,
        }
    }
}

/// The states in which a job is still to be done by itself.
fn unfinished() -> Document {
    doc! {"$in": [State::Queued.word(), State::Running.word()]}
}

impl Store {
    pub(super) async fn index_jobs(&self) -> Result<()> {
        let keys = [
            doc! {"state": 1, "run_at": 1},
            doc! {"state": 1, "asked_at": 1},
            doc! {"feed": 1, "state": 1},
        ];
        self.index("jobs", &keys).await?;
        let kept = Duration::from_secs(DONE_KEPT_DAYS * 24 * 3600);
        self.expire("jobs", "done_at", kept).await
    }

    /// Queues a job as part of something larger.
    pub(super) async fn insert_job_in(
        &self,
        session: &mut ClientSession,
        job: &Job,
    ) -> mongodb::error::Result<()> {
        self.collection::<JobDoc>("jobs")
            .insert_one(JobDoc::from(job))
            .session(session)
            .await?;
        Ok(())
    }

    /// Queues one held record for replay: the job and the record's state change together or
    /// not at all. `Conflict` when the record cannot be queued from the state it is in.
    pub async fn queue_replay(&self, scope: &Scope, job: &Job) -> Result<()> {
        let Work::Replay { records } = &job.work else {
            return Err(Error::Corrupt(format!("job {} is no replay", job.id)));
        };
        let ids: Vec<&str> = records.iter().map(RecordId::as_str).collect();
        let query = doc! {
            "_id": {"$in": ids},
            "feed": job.feed.as_str(),
            "state": {"$in": quarantine::states_before(Move::Queue)},
        };
        let query = scope::narrow(query, scope, Some(&job.partner));
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        let queued = self.queue_held_in(&mut session, query, &job.id).await;
        if transaction::first(queued)? != records.len() {
            session.abort_transaction().await.ok();
            return Err(Error::Conflict {
                what: "the record".to_owned(),
            });
        }
        self.insert_job_in(&mut session, job).await?;
        session.commit_transaction().await?;
        Ok(())
    }

    /// Queues the records that a query finds for a job; how many.
    async fn queue_held_in(
        &self,
        session: &mut ClientSession,
        query: Document,
        job: &JobId,
    ) -> Result<usize> {
        let queued = self.find_waiting_in(session, query).await?;
        let mut placed = Placed::default();
        for before in &queued {
            placed.add(&before.after(HeldState::Queued, None));
        }
        let set = doc! {"job": job.as_str()};
        self.move_placed_in(session, &placed, HeldState::Queued, set)
            .await?;
        Ok(queued.len())
    }

    /// Takes the job of these kinds that was asked for first, for `length`; none when nothing is
    /// to be done. Of the jobs that take a whole feed, none is taken before an earlier one of
    /// the same feed is done or set aside.
    pub async fn take_job(
        &self,
        kinds: &[Kind],
        worker: &str,
        now: DateTime<Utc>,
        length: TimeDelta,
    ) -> Result<Option<JobState>> {
        let jobs = self.collection::<JobDoc>("jobs");
        let kinds: Vec<&str> = kinds.iter().map(|k| k.word()).collect();
        let mut waiting: Vec<String> = Vec::new();
        loop {
            // A taken job becomes ready again when its lease runs out: `run_at` is the lease.
            let ready = doc! {
                "state": unfinished(),
                "run_at": {"$lte": when::bson(now)},
                "kind": {"$in": &kinds},
            };
            let mut query = ready.clone();
            if !waiting.is_empty() {
                query.insert(
                    "$nor",
                    vec![doc! {"feed": {"$in": &waiting}, "kind": taking_the_feed()}],
                );
            }
            let Some(next) = jobs.find_one(query).sort(doc! {"asked_at": 1, "_id": 1}).await? else {
                return Ok(None);
            };
            if next.work.kind().takes_the_feed() && self.has_earlier(&next).await? {
                waiting.push(next.feed);
                continue;
            }
            let mut still = ready;
            still.insert("_id", &next.id);
            let lease = doc! {
                "$set": {"state": State::Running.word(), "worker": worker, "run_at": when::bson(now + length)},
                "$inc": {"tries": 1},
            };
            let taken = jobs
                .find_one_and_update(still, lease)
                .return_document(ReturnDocument::After)
                .await?;
            match taken {
                // Another worker was faster.
                None => {}
                Some(taken) if taken.tries > job::ATTEMPTS => {
                    // Failures are set aside as they are noted; here the workers died.
                    let words = "Each worker that took it ended before it was done.";
                    self.set_job(&taken.id, worker, State::Aside, now, Some(words))
                        .await?;
                }
                Some(taken) => return Ok(Some(taken.into())),
            }
        }
    }

    /// Whether the feed has a job of this kind that is still to be done.
    pub(super) async fn has_unfinished(&self, feed: &FeedId, kind: Kind) -> Result<bool> {
        let query = doc! {"feed": feed.as_str(), "state": unfinished(), "kind": kind.word()};
        let found = self.collection::<JobDoc>("jobs").find_one(query).await?;
        Ok(found.is_some())
    }

    async fn has_earlier(&self, next: &JobDoc) -> Result<bool> {
        let at = when::bson(next.asked_at);
        let earlier = doc! {
            "feed": &next.feed,
            "state": unfinished(),
            "kind": taking_the_feed(),
            "$or": [{"asked_at": {"$lt": at}}, {"asked_at": at, "_id": {"$lt": &next.id}}],
        };
        let found = self.collection::<JobDoc>("jobs").find_one(earlier).await?;
        Ok(found.is_some())
    }

    /// Renews a job's lease. False when the job is not this worker's any more.
    pub async fn keep_job(
        &self,
        id: &JobId,
        worker: &str,
        now: DateTime<Utc>,
        length: TimeDelta,
    ) -> Result<bool> {
        let kept = self
            .collection::<JobDoc>("jobs")
            .update_one(
                held_by(id.as_str(), worker),
                doc! {"$set": {"run_at": when::bson(now + length)}},
            )
            .await?;
        Ok(kept.matched_count == 1)
    }

    /// Marks a job done; nothing happens when it is not this worker's any more.
    pub async fn finish_job(&self, id: &JobId, worker: &str, now: DateTime<Utc>) -> Result<()> {
        self.set_job(id.as_str(), worker, State::Done, now, None).await
    }

    /// Notes that an attempt failed: the job is tried again after a pause, or set aside.
    pub async fn fail_job(
        &self,
        failed: &JobState,
        worker: &str,
        error: &str,
        now: DateTime<Utc>,
    ) -> Result<State> {
        let (state, run_at) = match job::pause_after(failed.attempts) {
            Some(pause) => (State::Queued, now + pause),
            None => (State::Aside, now),
        };
        self.set_job(failed.job.id.as_str(), worker, state, run_at, Some(error))
            .await?;
        Ok(state)
    }

    /// Gives a job back unharmed, to be taken again from `run_at`: what it needs is in use.
    pub async fn postpone_job(&self, id: &JobId, worker: &str, run_at: DateTime<Utc>) -> Result<()> {
        let later = doc! {
            "$set": {"state": State::Queued.word(), "run_at": when::bson(run_at)},
            "$inc": {"tries": -1},
        };
        self.collection::<JobDoc>("jobs")
            .update_one(held_by(id.as_str(), worker), later)
            .await?;
        Ok(())
    }

    async fn set_job(
        &self,
        id: &str,
        worker: &str,
        state: State,
        at: DateTime<Utc>,
        error: Option<&str>,
    ) -> Result<()> {
        let mut set = doc! {"state": state.word(), "run_at": when::bson(at)};
        if state == State::Done {
            set.insert("done_at", when::bson(at));
            set.insert("error", Bson::Null);
        }
        if let Some(error) = error {
            set.insert("error", error);
        }
        self.collection::<JobDoc>("jobs")
            .update_one(held_by(id, worker), doc! {"$set": set})
            .await?;
        Ok(())
    }

    /// Has a job that was set aside tried again, as if it were new. `Conflict` when it is not
    /// set aside.
    pub async fn retry_job(&self, scope: &Scope, id: &JobId, now: DateTime<Utc>) -> Result<()> {
        let aside = doc! {"_id": id.as_str(), "state": State::Aside.word()};
        let again = doc! {"$set": {"state": State::Queued.word(), "run_at": when::bson(now), "tries": 0}};
        let queued = self
            .collection::<JobDoc>("jobs")
            .update_one(scope::narrow(aside, scope, None), again)
            .await?;
        if queued.matched_count == 1 {
            Ok(())
        } else {
            Err(Error::Conflict {
                what: format!("job {id}"),
            })
        }
    }

    /// Finds a job in the scope.
    pub async fn find_job(&self, scope: &Scope, id: &JobId) -> Result<Option<JobState>> {
        let query = scope::narrow(doc! {"_id": id.as_str()}, scope, None);
        let found = self.collection::<JobDoc>("jobs").find_one(query).await?;
        Ok(found.map(JobState::from))
    }

    /// Those of some deliveries in the scope whose job was set aside.
    pub async fn list_given_up(&self, scope: &Scope, ids: &[DeliveryId]) -> Result<Vec<DeliveryId>> {
        let ids: Vec<_> = ids.iter().map(DeliveryId::as_str).collect();
        let query = doc! {"_id": {"$in": ids}, "state": State::Aside.word()};
        let query = scope::narrow(query, scope, None);
        let found = self.collection::<JobDoc>("jobs").distinct("_id", query).await?;
        let ids = found.iter().filter_map(|id| id.as_str());
        Ok(ids.map(DeliveryId::new).collect())
    }

    /// Lists jobs in the scope, the newest first, of one state when asked. `after` is the `next`
    /// of the page before.
    pub async fn list_jobs(
        &self,
        scope: &Scope,
        state: Option<State>,
        after: &str,
        limit: u32,
    ) -> Result<Page<JobState>> {
        let mut query = scope::narrow(doc! {}, scope, None);
        if let Some(state) = state {
            query.insert("state", state.word());
        }
        paging::by_id(&self.collection::<JobDoc>("jobs"), query, after, limit, |d| &d.id).await
    }

    /// Counts the jobs that are queued or running.
    pub async fn count_unfinished_jobs(&self) -> Result<u64> {
        Ok(self
            .collection::<Document>("jobs")
            .count_documents(doc! {"state": unfinished()})
            .await?)
    }
}

fn held_by(id: &str, worker: &str) -> Document {
    doc! {"_id": id, "worker": worker, "state": State::Running.word()}
}

fn taking_the_feed() -> Document {
    let words: Vec<&str> = Kind::ALL
        .into_iter()
        .filter(|kind| kind.takes_the_feed())
        .map(Kind::word)
        .collect();
    doc! {"$in": words}
}
