//! Takes jobs and does them, and keeps the rollups, apart from the web.
//!
//! Any number of workers may run. A job is leased and the lease renewed while it is done; a
//! worker that dies loses it and another begins the job again, which is harmless because
//! whatever a job writes may be written twice. A worker does two jobs at a time, one of a whole
//! file and one of the short kinds, so that a replay never waits for a catalogue, and works on a
//! few parts of sets of held records beside them.
//!
//! | file | does |
//! |---|---|
//! | this one | takes jobs, keeps their leases, notes how they end |
//! | [`bulk`] | works on sets of held records, a few parts at a time |
//! | [`mod@ingest`] | takes the file of a queued delivery in |
//! | [`mod@pull`] | queues pulls as they fall due, and does them |
//! | [`pictures`] | looks at the pictures of feeds |
//! | [`watch`] | takes in what is laid into a folder |
//! | [`housekeeping`] | removes what is not needed any more |

mod bulk;
mod housekeeping;
mod ingest;
mod pictures;
mod pull;
mod watch;

pub use watch::Watch;

use super::clock::Clock;
use super::config::Working;
use super::intake::{Looker, Puller};
use super::pipeline::ingest::Busy;
use super::pipeline::{replay, rollup};
use super::store::{JobState, Store, Work};
use crate::domain::contract::Taxonomy;
use crate::domain::job::{Kind, State};
use anyhow::Context;
use chrono::TimeDelta;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long a worker may be silent before its job goes to another.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How often it is heard of.
const RENEWED: Duration = Duration::from_secs(8);
/// Pause before a job is begun again that somebody else keeps from its feed.
const WAIT: TimeDelta = TimeDelta::seconds(10);
/// Pause before looking again when there was nothing to do.
const IDLE: Duration = Duration::from_millis(300);
/// Pause after an error, lest a broken database be asked without end.
const BACK_OFF: Duration = Duration::from_secs(2);

/// What is done side by side.
const LANES: [&[Kind]; 2] = [&[Kind::Ingest, Kind::Release], &[Kind::Replay, Kind::Pull]];

/// One worker. Clones are the same worker.
#[derive(Debug, Clone)]
pub struct Worker {
    store: Store,
    clock: Clock,
    name: String,
    settings: Working,
    puller: Puller,
    looker: Looker,
    taxonomy: Option<Arc<Taxonomy>>,
    /// When the log entry of a replay was last brought up to date.
    logged: Arc<Mutex<Instant>>,
}

impl Worker {
    /// A worker with a name that no other has.
    pub fn new(store: Store, clock: Clock, settings: Working) -> anyhow::Result<Self> {
        let within = Duration::from_secs(u64::from(settings.pull_seconds));
        let puller = Puller::new(settings.intake.file_max(), within, settings.intake.pull_private)
            .context("preparing to fetch files")?;
        let looker = Looker::new(settings.intake.pull_private).context("preparing to look at pictures")?;
        let taxonomy = settings.knowing.load()?;
        let name = format!("{}-{}", std::process::id(), uuid::Uuid::new_v4().simple());
        Ok(Self {
            store,
            clock,
            name,
            settings,
            puller,
            looker,
            taxonomy,
            logged: Arc::new(Mutex::new(Instant::now())),
        })
    }

    /// Works until told to stop; jobs that have begun are finished first.
    pub async fn run(self, stop: CancellationToken) {
        tracing::info!(worker.name = %self.name, "the worker is ready");
        let [files, short] = LANES.map(|kinds| self.work(kinds, &stop));
        let silence = Duration::from_secs(self.settings.follower_silence.into());
        let followed = rollup::follow(&self.store, &self.clock, &self.name, silence, &stop);
        tokio::join!(
            files,
            short,
            followed,
            self.keep_bulks(&stop),
            self.keep_schedule(&stop),
            self.keep_pictures(&stop),
            self.keep_watch(&stop),
            self.keep_house(&stop)
        );
    }

    async fn work(&self, kinds: &[Kind], stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.do_one(kinds).await {
                Ok(true) => continue,
                Ok(false) => IDLE,
                Err(error) => {
                    tracing::warn!("jobs cannot be had just now: {error:#}");
                    BACK_OFF
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Does one job of these kinds, if there is one. A job that fails is noted, and no error.
    pub async fn do_one(&self, kinds: &[Kind]) -> anyhow::Result<bool> {
        let taken = self
            .store
            .take_job(kinds, &self.name, self.clock.now(), LEASE)
            .await
            .context("asking for a job")?;
        let Some(taken) = taken else {
            return Ok(false);
        };
        let id = &taken.job.id;
        let done = tokio::select! {
            done = self.perform(&taken) => done,
            () = self.lose(&taken) => {
                tracing::warn!(job.id = %id, "the lease ran out; another worker has the job");
                return Ok(true);
            }
        };
        match done {
            Ok(()) => self.store.finish_job(id, &self.name, self.clock.now()).await?,
            Err(error) if error.downcast_ref::<Busy>().is_some() => {
                tracing::info!(job.id = %id, "a job waits: {error:#}");
                let later = self.clock.now() + WAIT;
                self.store.postpone_job(id, &self.name, later).await?;
            }
            Err(error) => {
                let words = format!("{error:#}");
                let state = self
                    .store
                    .fail_job(&taken, &self.name, &words, self.clock.now())
                    .await?;
                match state {
                    State::Aside => {
                        tracing::error!(job.id = %id, attempts = taken.attempts, "a job is set aside: {words}");
                    }
                    _ => {
                        tracing::warn!(job.id = %id, attempts = taken.attempts, "a job failed and is tried again: {words}");
                    }
                }
            }
        }
        Ok(true)
    }

    async fn perform(&self, taken: &JobState) -> anyhow::Result<()> {
        let job = &taken.job;
        match &job.work {
            Work::Replay { records } => {
                replay::run(&self.store, &self.clock, self.taxonomy.as_ref(), job, records).await
            }
            Work::Release { delivery } => self.release(delivery).await,
            Work::Ingest { delivery } => self.take_in(delivery).await,
            Work::Pull => self.pull(&job.feed).await,
        }
    }

    /// Renews the lease for as long as that succeeds.
    async fn lose(&self, taken: &JobState) {
        loop {
            tokio::time::sleep(RENEWED).await;
            let kept = self
                .store
                .keep_job(&taken.job.id, &self.name, self.clock.now(), LEASE)
                .await;
            match kept {
                Ok(true) => {}
                Ok(false) => return,
                // If the database stays away, what the job writes fails as well.
                Err(error) => tracing::warn!("a lease could not be renewed: {error}"),
            }
        }
    }
}
