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
use std::fmt::Display;
use std::io::{Seek, Write};
use std::num::NonZero;
use std::sync::Arc;
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
        }
    }

    /// Reads the file and checks it by `terms`, exactly as `feedgate check` does.
    pub async fn attempt<B, E>(
        &self,
        incoming: &Incoming<'_>,
        terms: Terms,
        now: DateTime<Utc>,
        body: impl Stream<Item = Result<B, E>>,
    ) -> Result<Report, Error>
    where
        B: AsRef<[u8]>,
        E: Display,
    {
        let place = self.coming.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
        let mut file = std::io::BufWriter::with_capacity(
            256 << 10,
            tempfile::tempfile().context("making a temporary file")?,
        );
        let mut failed = None;
        // Writes go to the page cache, in pieces of a body, and so hold no thread for long.
        read_body(incoming, body, |bytes| {
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
            let report = survey_on(cores, file, &name, &terms, now, &mut |_, _| Ok(()));
            // They are kept to the end of the check even if nobody waits for it any more.
            drop((place, turn));
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
            trials.attempt(&incoming, feed.terms(), now, body).await
        };
        let error = AppError::from(attempt(Trials::with_places(0, 1)).await.expect_err("no place"));
        assert_eq!((error.status(), error.retry_after()), (503, Some(AGAIN)));
        let report = attempt(Trials::default()).await.expect("a report");
        assert_eq!(report.records.received, 1);
    }
}
