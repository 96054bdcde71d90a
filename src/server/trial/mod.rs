//! Checks a file before it is sent: the report that an intake would write, and no trace of it.
//!
//! The file is spooled to an unnamed temporary file ([`spool`]), so that neither a slow sender nor a
//! large file holds much memory, or a core for long. It then waits for its [`turn`] and takes every core that checks
//! no other file, so that it is as quick as `feedgate check`; one that comes quickly is checked while
//! it comes, and then its sender is held up instead of a disk filled. The threads of a check give way
//! to whatever else the process does, so that pages stay quick. Who finds the queue full is sent away,
//! with the time after which trying again makes sense. The file is gone with the answer.

mod spool;
mod turn;

use self::spool::{Follower, Spool};
use self::turn::Turn;
use super::intake::{Incoming, Refused, pieces};
use super::pipeline::survey::{all_cores, survey_on};
use crate::domain::feed::Terms;
use crate::domain::report::Report;
use crate::error::AppError;
use crate::server::context;
use anyhow::Context;
use axum::body::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, TryStreamExt};
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Display;
use std::num::NonZero;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Files that may come and wait at once, of everybody together.
const COMING: usize = 8;
/// How much a check gives way, from 0 to 19: to a request that wants the same core it leaves nearly
/// all of it.
const GIVES_WAY: i32 = 15;
/// Bytes of a file after which it is seen whether it comes quickly, and how long these may take.
const QUICK: (u64, Duration) = (2 << 20, Duration::from_millis(250));
/// How long the check of a file that comes quickly waits for more of it, all together, before it
/// leaves the cores to others whenever it waits.
const PATIENCE: Duration = Duration::from_secs(2);
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
        Self::with_places(COMING, all_cores().get())
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
        B: AsRef<[u8]> + Into<Bytes>,
        E: Display,
    {
        let place = self.coming.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
        let watch = Watch::begin(self, name);
        let check = Check {
            name: incoming.plain_name(),
            terms,
            now,
            counts: Arc::clone(&watch.counts),
            place,
        };
        let (begun, mut is_quick, mut due) = (Instant::now(), None, Some(check));
        let (mut spool, mut checked) = (Spool::new().context("making a temporary file")?, None);
        let mut pieces = pin!(pieces(incoming, body));
        while let Some(piece) = pieces.try_next().await? {
            let piece: Bytes = piece.into();
            let counts = &watch.counts.bytes;
            counts.fetch_add(piece.len() as u64, Ordering::Relaxed);
            let came = spool.write(piece).await.context("spooling a file")?;
            if is_quick.is_none() && came >= QUICK.0 {
                is_quick = Some(begun.elapsed() <= QUICK.1);
            }
            if due.is_some()
                && is_quick == Some(true)
                && let Ok(core) = self.checking.clone().try_acquire_owned()
                && let Some(check) = due.take()
            {
                checked = Some(self.check(check, core, &spool)?);
            }
        }
        spool.end();
        if let Some(check) = due.take() {
            let core = tokio::time::timeout(TURN, self.checking.clone().acquire_owned()).await;
            let Ok(Ok(core)) = core else {
                return Err(Error::Busy);
            };
            checked = Some(self.check(check, core, &spool)?);
        }
        let report = match checked {
            Some(checked) => checked.await.context("the check ended early")??,
            None => return Err(anyhow::anyhow!("nothing was checked").into()),
        };
        match &incoming.digest {
            Some(announced) if *announced != report.file.sha256 => Err(Error::Refused(Refused::Changed {
                announced: announced.clone(),
                came: report.file.sha256,
            })),
            _ => Ok(report),
        }
    }

    /// Begins to check a file of which not all need have come, on a core and those that nobody else
    /// has.
    fn check(&self, check: Check, core: OwnedSemaphorePermit, spool: &Spool) -> anyhow::Result<Checked> {
        let turn = Turn::with_others(&self.checking, core);
        let cores = turn.cores();
        let source = spool.follow(PATIENCE, turn).context("reading a spooled file")?;
        giving_way(move || check.run(source, cores))
    }
}

/// What comes of a check.
type Checked = oneshot::Receiver<anyhow::Result<Report>>;

/// How a file is checked.
struct Check {
    name: String,
    terms: Terms,
    now: DateTime<Utc>,
    counts: Arc<Counts>,
    /// It is kept to the end of the check even if nobody waits for it any more.
    place: OwnedSemaphorePermit,
}

impl Check {
    fn run(self, source: Follower, cores: NonZero<usize>) -> anyhow::Result<Report> {
        let counts = self.counts;
        let report = survey_on(
            cores,
            source,
            &self.name,
            &self.terms,
            self.now,
            &mut |record, _| {
                let index = record.position().index;
                counts.records.store(index, Ordering::Relaxed);
                Ok(())
            },
        );
        drop(self.place);
        report
    }
}

/// Does the work on a thread of its own, which gives way to all others, as do those it starts.
fn giving_way<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<oneshot::Receiver<T>> {
    let (give, take) = oneshot::channel();
    std::thread::Builder::new()
        .name("trial".to_owned())
        .spawn(move || {
            // Without it the work is done all the same.
            let _ = rustix::process::nice(GIVES_WAY);
            let _ = give.send(work());
        })
        .context("starting a thread")?;
    Ok(take)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::feed::Feed;
    use crate::domain::ids::FeedId;
    use crate::server::fresh;
    use crate::server::intake::Way;
    use futures::StreamExt;

    #[tokio::test]
    async fn a_check_gives_way_and_whoever_asked_does_not() {
        let own = || rustix::process::getpriority_process(None).expect("a priority");
        let before = own();
        let there = giving_way(own).expect("a thread").await;
        assert_eq!(there.expect("done"), (before + GIVES_WAY).min(19));
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
            let body = futures::stream::iter([Ok::<_, String>(&b"id,title\n1,Mug\n"[..])]);
            let now = DateTime::UNIX_EPOCH;
            trials.attempt(&incoming, "", feed.terms(), now, body).await
        };
        let error = AppError::from(attempt(Trials::with_places(0, 1)).await.expect_err("no place"));
        assert_eq!((error.status(), error.retry_after()), (503, Some(AGAIN)));
        let report = attempt(Trials::default()).await.expect("a report");
        assert_eq!(report.records.received, 1);
    }

    /// A file of some megabytes in pieces, with a pause before the last; the report, and when it came.
    async fn send(trials: &Trials, pause: Duration) -> (Report, Instant) {
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
            limit: 1 << 30,
        };
        let title = "Mug ".repeat(250);
        let mut file = b"id,title\n".to_vec();
        for n in 0..12_000 {
            file.extend(format!("{n},{title}\n").bytes());
        }
        assert!(file.len() as u64 > QUICK.0);
        let last = file.len() - 10;
        let (most, rest) = (file[..last].to_vec(), file[last..].to_vec());
        let pieces: Vec<Vec<u8>> = most.chunks(64 << 10).map(<[u8]>::to_vec).collect();
        let body = futures::stream::iter(pieces).chain(futures::stream::once(async move {
            tokio::time::sleep(pause).await;
            rest
        }));
        let body = body.map(Ok::<_, String>);
        let now = DateTime::UNIX_EPOCH;
        let report = trials.attempt(&incoming, "", feed.terms(), now, body).await;
        (report.expect("a report"), Instant::now())
    }

    #[tokio::test]
    async fn a_file_that_stands_still_on_its_way_leaves_the_cores_to_others_and_is_checked_the_same() {
        let trials = Trials::with_places(2, 2);
        let (slow, quick) = tokio::join!(send(&trials, 5 * PATIENCE), async {
            let cores_are = async |free: usize| {
                while trials.checking.available_permits() != free {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            cores_are(0).await;
            cores_are(2).await;
            send(&trials, Duration::ZERO).await
        });
        assert!(quick.1 < slow.1, "it does not wait for the other");
        assert_eq!(trials.checking.available_permits(), 2, "their turns are over");
        let (slow, quick) = (slow.0, quick.0);
        assert_eq!(quick.records.received, 12_000);
        assert_eq!(quick.file.sha256, slow.file.sha256);
        assert_eq!(quick.records, slow.records);
        assert_eq!(quick.codes, slow.codes);
    }
}
