//! Watches a folder: whatever is laid into `PARTNER/FEED/` is taken in.
//!
//! A file counts when its size and time have stood still for a while; one that was renamed into
//! the folder has an old time and counts at the second look. It is claimed by a rename to
//! `.waiting/ID-NAME`, with the id that its delivery is going to have, so that of several
//! workers one takes it and a worker that dies takes nothing twice. When the delivery is
//! decided the file goes to `done/` or `failed/`, with the verdict beside it.

use super::Worker;
use crate::domain::account::Scope;
use crate::domain::delivery::Status;
use crate::domain::feed::Feed;
use crate::domain::ids::{DeliveryId, FeedId, PartnerId};
use crate::server::fresh;
use crate::server::intake::{self, Incoming, Refused, Way, verdict};
use crate::server::store::Error as StoreError;
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::fs;
use tokio_util::io::ReaderStream;
use tokio_util::sync::CancellationToken;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(2);
/// Where a claimed file waits for its verdict.
const WAITING: &str = ".waiting";
/// Ends of names that programs give files they are still writing.
const UNFINISHED: [&str; 4] = [".part", ".tmp", ".filepart", ".crdownload"];

/// A folder that is watched, and what was seen in it.
#[derive(Debug)]
pub struct Watch {
    dir: PathBuf,
    still: TimeDelta,
    seen: HashMap<PathBuf, Seen>,
}

/// A file as it was at the last look.
#[derive(Debug, Clone, Copy)]
struct Seen {
    bytes: u64,
    modified: SystemTime,
    since: DateTime<Utc>,
}

impl Worker {
    /// Watches the folder it was told to, if any, until told to stop.
    pub(super) async fn keep_watch(&self, stop: &CancellationToken) {
        let Some(dir) = self.settings.watch.clone() else {
            return;
        };
        let mut watch = Watch::new(dir, self.settings.watch_still_seconds);
        while !stop.is_cancelled() {
            if let Err(error) = watch.look(self).await {
                tracing::warn!("the watched folder cannot be read: {error:#}");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}

impl Watch {
    /// A folder to be watched; a file has to stand still for `still_seconds`.
    pub fn new(dir: PathBuf, still_seconds: u32) -> Self {
        Self {
            dir,
            still: TimeDelta::seconds(i64::from(still_seconds)),
            seen: HashMap::new(),
        }
    }

    /// Looks once: claims what stands still, takes it in, and puts away what is decided.
    pub async fn look(&mut self, worker: &Worker) -> anyhow::Result<()> {
        let dir = self.dir.clone();
        for (partner, folder) in list(&dir, true).await? {
            for (feed, folder) in list(&folder, true).await? {
                let looked = self.look_at(worker, &partner, &feed, &folder).await;
                if let Err(error) = looked {
                    tracing::warn!("{} cannot be worked on: {error:#}", folder.display());
                }
            }
        }
        let mut gone = Vec::new();
        for path in self.seen.keys() {
            if !fs::try_exists(path).await.unwrap_or(true) {
                gone.push(path.clone());
            }
        }
        for path in gone {
            self.seen.remove(&path);
        }
        Ok(())
    }

    async fn look_at(
        &mut self,
        worker: &Worker,
        partner: &str,
        feed: &str,
        dir: &Path,
    ) -> anyhow::Result<()> {
        let waiting = dir.join(WAITING);
        for (name, path) in list(dir, false).await? {
            if UNFINISHED.iter().any(|end| name.ends_with(end)) || !self.stands_still(worker, &path).await? {
                continue;
            }
            fs::create_dir_all(&waiting).await?;
            let id = fresh::delivery();
            match fs::rename(&path, waiting.join(format!("{id}-{name}"))).await {
                // Another worker was faster.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                renamed => renamed.with_context(|| format!("claiming {}", path.display()))?,
            }
        }
        if !fs::try_exists(&waiting).await? {
            return Ok(());
        }
        for (claimed, path) in list(&waiting, false).await? {
            let Some((id, name)) = claimed.split_once('-') else {
                continue;
            };
            let file = Claimed {
                id: DeliveryId::new(id),
                name,
                path,
                dir,
            };
            file.go_on(worker, partner, feed).await?;
        }
        Ok(())
    }

    /// Whether a file has stood still for long enough.
    async fn stands_still(&mut self, worker: &Worker, path: &Path) -> anyhow::Result<bool> {
        let about = match fs::metadata(path).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            about => about?,
        };
        let now = worker.clock.now();
        let (bytes, modified) = (about.len(), about.modified()?);
        match self.seen.get(path) {
            Some(seen) if seen.bytes == bytes && seen.modified == modified => {
                let old = now - DateTime::<Utc>::from(modified);
                Ok(old >= self.still || now - seen.since >= self.still)
            }
            _ => {
                let seen = Seen {
                    bytes,
                    modified,
                    since: now,
                };
                self.seen.insert(path.to_owned(), seen);
                Ok(false)
            }
        }
    }
}

/// A file that this or another worker has claimed.
struct Claimed<'a> {
    id: DeliveryId,
    name: &'a str,
    path: PathBuf,
    dir: &'a Path,
}

impl Claimed<'_> {
    /// Takes the file in if nobody has, and puts it away when its delivery is decided.
    async fn go_on(&self, worker: &Worker, partner: &str, feed: &str) -> anyhow::Result<()> {
        if let Some((delivery, samples)) = worker.store.find_delivery(&Scope::All, &self.id).await? {
            let to = match delivery.status {
                Status::Queued | Status::Processing => return Ok(()),
                Status::Accepted => "done",
                Status::Held | Status::Refused => "failed",
            };
            let said = serde_json::to_vec_pretty(&verdict(delivery, samples))?;
            return self.put_away(to, &said).await;
        }
        if let Some(feed) = find(worker, partner, feed).await? {
            return self.take_in(worker, &feed).await;
        }
        let why = format!("There is no feed {partner}/{feed}; `feedgate partner add` adds it.");
        self.refuse(&why).await
    }

    async fn take_in(&self, worker: &Worker, feed: &Feed) -> anyhow::Result<()> {
        let file = match fs::File::open(&self.path).await {
            // Another worker has put it away.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        let bytes = file.metadata().await?.len();
        let incoming = Incoming {
            id: self.id.clone(),
            feed,
            name: self.name,
            way: Way::Folder,
            sender: "watched folder",
            account: None,
            declared: Some(bytes),
            digest: None,
            limit: worker.settings.intake.file_max(),
        };
        let body = ReaderStream::with_capacity(file, 256 * 1024);
        match intake::receive(&worker.store, &worker.clock, &incoming, body).await {
            // In a conflict another worker takes it in, or died doing so; then the sweep clears
            // the way.
            Ok(_) | Err(Refused::Store(StoreError::Conflict { .. })) => Ok(()),
            Err(Refused::Store(error)) => Err(error.into()),
            Err(refused) => self.refuse(&refused.to_string()).await,
        }
    }

    async fn refuse(&self, why: &str) -> anyhow::Result<()> {
        let said = serde_json::json!({"id": self.id, "state": "decided", "error": why});
        self.put_away("failed", &serde_json::to_vec_pretty(&said)?).await
    }

    /// Moves the file to where it stays, its verdict first.
    async fn put_away(&self, to: &str, said: &[u8]) -> anyhow::Result<()> {
        let to = self.dir.join(to);
        fs::create_dir_all(&to).await?;
        let name = format!("{}-{}", self.id, self.name);
        let (writing, written) = (
            to.join(format!(".{name}.verdict.json")),
            to.join(format!("{name}.verdict.json")),
        );
        fs::write(&writing, said).await?;
        fs::rename(&writing, &written).await?;
        match fs::rename(&self.path, to.join(&name)).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            moved => moved.with_context(|| format!("putting {} away", self.path.display())),
        }
    }
}

async fn find(worker: &Worker, partner: &str, feed: &str) -> anyhow::Result<Option<Feed>> {
    let id = PartnerId::parse(partner).and_then(|partner| FeedId::of(&partner, feed));
    match id {
        Ok(id) => Ok(worker
            .store
            .find_feed(&Scope::All, &id)
            .await?
            .map(|found| found.feed)),
        Err(_) => Ok(None),
    }
}

/// Names and paths of the folders in a folder, or of the files, by name; hidden ones are left out.
async fn list(dir: &Path, folders: bool) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let reading = || format!("reading {}", dir.display());
    let mut entries = fs::read_dir(dir).await.with_context(reading)?;
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().await.with_context(reading)? {
        let kind = entry.file_type().await.with_context(reading)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let wanted = if folders { kind.is_dir() } else { kind.is_file() };
        if wanted && !name.starts_with('.') {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}
