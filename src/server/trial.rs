//! Checks a file before it is sent: the report that an intake would write, and no trace of it.
//!
//! The file is spooled to an unnamed temporary file, so that neither a slow sender nor a large
//! file holds memory or a core. It then waits for its turn and takes every core that checks no other
//! file, so that it is as quick as `feedgate check`; but its threads give way to whatever else the
//! process does, so that pages stay quick. Who finds the queue full is sent away, with the time
//! after which trying again makes sense. The file is gone with the answer.

use super::intake::{Incoming, Refused, read_body};
use super::pipeline::survey::survey_on;
use crate::domain::feed::Terms;
use crate::domain::report::Report;
use crate::error::AppError;
use crate::server::context;
use anyhow::Context;
use chrono::{DateTime, Utc};
use futures::Stream;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Display;
use std::io::{Seek, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Files that may come and wait at once, of everybody together.
const COMING: usize = 8;
/// How much a check gives way, from 0 to 19: to a request that wants the same core it leaves nearly
/// all of it.
const GIVES_WAY: i32 = 15;
/// How long one waits for its turn.
const TURN: Duration = Duration::from_secs(30);
/// After how many seconds somebody sent away may come again.
pub const AGAIN: u32 = 20;

/// Where files are tried. Clones share the places.
#[derive(Debug, Clone)]
pub struct Trials {
    coming: Arc<Semaphore>,
    checking: Arc<Semaphore>,
    /// How far those are that somebody wants to watch, by what they call them.
    watched: Arc<Mutex<HashMap<String, Arc<Counts>>>>,
}

/// How far a file is, counted where it is read.
#[derive(Debug, Default)]
struct Counts {
    bytes: AtomicU64,
    records: AtomicU64,
}

/// How far a file is that is being tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Bytes of it that have come.
    pub bytes: u64,
    /// Records of it that were checked.
    pub records: u64,
}

/// Lets a file be watched until it is dropped.
struct Watch {
    trials: Trials,
    name: String,
    counts: Arc<Counts>,
}

impl Watch {
    fn begin(trials: &Trials, name: &str) -> Self {
        let counts = Arc::<Counts>::default();
        if !name.is_empty() {
            trials.watched().insert(name.to_owned(), Arc::clone(&counts));
        }
        Self {
            trials: trials.clone(),
            name: name.to_owned(),
            counts,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = self.trials.watched();
        // Another may be watched under the same name by now.
        if watched
            .get(&self.name)
            .is_some_and(|counts| Arc::ptr_eq(counts, &self.counts))
        {
            watched.remove(&self.name);
        }
    }
}

/// What came of a trial, for the page that is drawn as its answer.
#[derive(Debug, Clone)]
pub struct Tried(pub Result<Report, AppError>);

/// Why a file was not tried.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is too large, broke off, or is not what was announced.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Others are being checked.
    #[error(
        "Other files are being checked just now. Nothing of this one was looked at; send it again in {AGAIN} seconds."
    )]
    Busy,
    /// Our own disk or memory failed.
    #[error("trying a file failed: {0:#}")]
    Failed(#[from] anyhow::Error),
}

impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refused) => refused.into(),
            Error::Busy => Self::Busy {
                message: error.to_string(),
                seconds: AGAIN,
            },
            Error::Failed(cause) => context::internal(format!("{cause:#}")),
        }
    }
}

impl Default for Trials {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self::with_places(COMING, cores)
    }
}

impl Trials {
    /// With so many places for files that come, and so many cores that check.
    pub fn with_places(coming: usize, cores: usize) -> Self {
        Self {
            coming: Arc::new(Semaphore::new(coming)),
            checking: Arc::new(Semaphore::new(cores)),
            watched: Arc::default(),
        }
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<String, Arc<Counts>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the file is that is watched under a name; none when there is no such file here. It
    /// may be with another web process.
    pub fn progress(&self, name: &str) -> Option<Progress> {
        let counts = self.watched().get(name).cloned()?;
        Some(Progress {
            bytes: counts.bytes.load(Ordering::Relaxed),
            records: counts.records.load(Ordering::Relaxed),
        })
    }

    /// Reads the file and checks it by `terms`, exactly as `feedgate check` does. How far it is can
    /// be watched meanwhile under a name, if it is not empty.
    pub async fn attempt<B, E>(
        &self,
        incoming: &Incoming<'_>,
        name: &str,
        terms: Terms,
        now: DateTime<Utc>,
        body: impl Stream<Item = Result<B, E>>,
    ) -> Result<Report, Error>
    where
        B: AsRef<[u8]>,
        E: Display,
    {
        let place = self.coming.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
        let watch = Watch::begin(self, name);
        let mut file = std::io::BufWriter::with_capacity(
            256 << 10,
            tempfile::tempfile().context("making a temporary file")?,
        );
        let mut failed = None;
        // Writes go to the page cache, in pieces of a body, and so hold no thread for long.
        read_body(incoming, body, |bytes| {
            watch
                .counts
                .bytes
                .fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if let Err(error) = file.write_all(bytes) {
                failed.get_or_insert(error);
            }
            failed.is_none()
        })
        .await?;
        if let Some(error) = failed {
            return Err(anyhow::Error::new(error).context("spooling a file").into());
        }
        let mut file = file
            .into_inner()
            .map_err(|error| anyhow::Error::new(error.into_error()).context("spooling a file"))?;
        file.rewind().context("going back to its begin")?;
        let turn = tokio::time::timeout(TURN, self.checking.clone().acquire_owned()).await;
        let Ok(Ok(mut turn)) = turn else {
            return Err(Error::Busy);
        };
        let others = u32::try_from(self.checking.available_permits()).unwrap_or(0);
        if let Ok(others) = self.checking.clone().try_acquire_many_owned(others) {
            turn.merge(others);
        }
        let name = incoming.plain_name();
        let report = giving_way(move || {
            let cores = NonZero::new(turn.num_permits()).unwrap_or(NonZero::<usize>::MIN);
            let report = survey_on(cores, file, &name, &terms, now, &mut |record, _| {
                watch
                    .counts
                    .records
                    .store(record.position().index, Ordering::Relaxed);
                Ok(())
            });
            // They are kept to the end of the check even if nobody waits for it any more.
            drop((place, turn, watch));
            report
        })
        .await??;
        match &incoming.digest {
            Some(announced) if *announced != report.file.sha256 => Err(Error::Refused(Refused::Changed {
                announced: announced.clone(),
                came: report.file.sha256,
            })),
            _ => Ok(report),
        }
    }
}

/// Does the work on a thread of its own, which gives way to all others, as do those it starts.
async fn giving_way<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    let (give, take) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("trial".to_owned())
        .spawn(move || {
            // Without it the work is done all the same.
            let _ = rustix::process::nice(GIVES_WAY);
            let _ = give.send(work());
        })
        .context("starting a thread")?;
    take.await.context("the check ended early")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::feed::Feed;
    use crate::domain::ids::FeedId;
    use crate::server::fresh;
    use crate::server::intake::Way;

    #[tokio::test]
    async fn a_check_gives_way_and_whoever_asked_does_not() {
        let own = || rustix::process::getpriority_process(None).expect("a priority");
        let before = own();
        assert_eq!(giving_way(own).await.expect("done"), (before + GIVES_WAY).min(19));
        assert_eq!(own(), before);
    }

    #[tokio::test]
    async fn whoever_finds_every_place_taken_is_told_when_to_come_again() {
        let feed = Feed::new(FeedId::new("acme/main"));
        let incoming = Incoming {
            id: fresh::delivery(),
            feed: &feed,
            name: "f.csv",
            way: Way::Api,
            sender: "",
            account: None,
            declared: None,
            digest: None,
            limit: 100,
        };
        let attempt = async |trials: Trials| {
            let body = futures::stream::iter([Ok::<_, String>(b"id,title\n1,Mug\n")]);
            let now = DateTime::UNIX_EPOCH;
            trials.attempt(&incoming, "", feed.terms(), now, body).await
        };
        let error = AppError::from(attempt(Trials::with_places(0, 1)).await.expect_err("no place"));
        assert_eq!((error.status(), error.retry_after()), (503, Some(AGAIN)));
        let report = attempt(Trials::default()).await.expect("a report");
        assert_eq!(report.records.received, 1);
    }
}
