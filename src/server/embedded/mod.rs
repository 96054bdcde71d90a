//! Runs a private MongoDB for those who have not given us one: for trying, for demos, for tests.
//!
//! It owns the `mongod` directory inside the data directory: the database files, the log, and
//! two files of its own. `owner.lock` is locked by the one feedgate process that runs the
//! server; the kernel lets go of it however that process ends. `mongod.json` says where the
//! server listens, for the other feedgate processes on the same data directory: they share the
//! server, and when its owner leaves, one of them takes over on the same port.
//!
//! A server never outlives its owner (see [`mongod`]); one that is found all the same is ended
//! before the next is started. What is in the database is the business of `store` alone: this
//! module only brings up a replica set that can be written to.

mod mongod;
mod replica_set;

use crate::server::child::Child;
use mongod::{Leftover, Program};
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// How long a start may take, recovery after a crash included.
const START_WITHIN: Duration = Duration::from_secs(45);
/// How often a waiting process looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How often a process that shares a server looks whether its owner has gone.
const WATCH_OWNER: Duration = Duration::from_millis(500);

/// Why there is no private MongoDB, in words for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No `mongod` was found that runs.
    #[error(
        "no MongoDB server (mongod, 6.0 or newer) was found: looked at {tried}. Run `make tools` \
         to get one, name one with FEEDGATE_MONGOD, or set FEEDGATE_MONGODB_URI to a replica set \
         that is already running"
    )]
    NotFound {
        /// The places looked at, and what was wrong with each.
        tried: String,
    },
    /// The data directory cannot be used.
    #[error("cannot use {}: {cause}. Choose another directory with --data-dir", path.display())]
    Directory {
        /// What was being read or written.
        path: PathBuf,
        /// What the system answered.
        cause: io::Error,
    },
    /// The server ended before it was ready.
    #[error("mongod ended while starting ({status}): {why}. Its log is {}", log.display())]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// The last errors it logged.
        why: String,
        /// Where the rest can be read.
        log: PathBuf,
    },
    /// The server did not become ready, or its owner never said where it is.
    #[error(
        "MongoDB in {} was not ready within {} s: {why}. See mongod.log there; if another feedgate \
         is using this directory, wait for it or stop it",
        path.display(), START_WITHIN.as_secs()
    )]
    Late {
        /// The private directory.
        path: PathBuf,
        /// What was being waited for.
        why: String,
    },
    /// The server answered, but not as a replica set that can be set up.
    #[error("mongod refused to become a replica set: {0}")]
    Refused(#[from] mongodb::error::Error),
}

/// What can be chosen about the private server.
#[derive(Debug, Clone)]
pub struct Options {
    /// The `mongod` to run; without one, `.tools/mongod`, then `mongod` on the path.
    pub binary: Option<PathBuf>,
    /// Memory for the database's cache, in gigabytes (0.25 at least); by default an eighth of what there
    /// is, half a gigabyte at least and four at most.
    pub cache_gb: f64,
    /// How much history change streams can look back on, in megabytes (`mongod` takes 990 and more).
    pub oplog_mb: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            binary: None,
            cache_gb: cache_of(memory()),
            oplog_mb: 1024,
        }
    }
}

/// The cache, in gigabytes, where there are so many bytes of memory: an eighth, for pages and work want
/// theirs as well. Half a gigabyte is enough for a demo; who needs more than four runs a database of
/// their own.
#[expect(clippy::cast_precision_loss, reason = "a share of it, about")]
fn cache_of(memory: u64) -> f64 {
    (memory as f64 / 8.0 / f64::from(1 << 30)).clamp(0.5, 4.0)
}

/// Bytes of memory that this process may use: the machine's, or what its container is given of it.
fn memory() -> u64 {
    let machine = rustix::system::sysinfo();
    let machine = u64::from(machine.mem_unit).saturating_mul(machine.totalram);
    let limits = ["memory.max", "memory/memory.limit_in_bytes"];
    let given = limits.iter().find_map(|name| {
        let limit = std::fs::read_to_string(Path::new("/sys/fs/cgroup").join(name)).ok()?;
        limit.trim().parse::<u64>().ok()
    });
    given.map_or(machine, |given| given.min(machine))
}

/// A private MongoDB: our own, or one that we share with another feedgate process.
///
/// Dropping it ends a server of our own without waiting; [`Embedded::stop`] waits.
#[derive(Debug)]
pub struct Embedded {
    uri: String,
    pid: u32,
    shared: bool,
    stop: oneshot::Sender<()>,
    keeper: JoinHandle<()>,
}

impl Embedded {
    /// Starts a server on `data_dir`, or finds the one that another feedgate process runs there,
    /// and waits until it can be written to.
    pub async fn start(data_dir: &Path, options: &Options) -> Result<Self, Error> {
        let place = Place::open(data_dir)?;
        let program = Program::find(options.binary.as_deref()).await?;
        let keeping = Keeping {
            place,
            program,
            options: options.clone(),
        };
        let (tenure, note) = keeping.settle().await?;
        let shared = matches!(tenure, Tenure::Shared);
        let (stop, stopped) = oneshot::channel();
        let keeper = tokio::spawn(keeping.keep(tenure, stopped));
        Ok(Self {
            uri: note.uri,
            pid: note.pid,
            shared,
            stop,
            keeper,
        })
    }

    /// Where the server is to be reached. It stays the same until [`Embedded::stop`], also when
    /// the server has to be started anew.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The process id of the server as it was found or started.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether another feedgate process runs the server.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Ends the server, if it is our own, and waits until its files are closed.
    pub async fn stop(self) {
        // The keeper has gone only if it panicked, and then the server went with it.
        let _ = self.stop.send(());
        let _ = self.keeper.await;
    }
}

/// What `mongod.json` tells the other processes.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    uri: String,
    port: u16,
    pid: u32,
}

/// The private directory and the files in it.
#[derive(Debug)]
struct Place {
    root: PathBuf,
}

impl Place {
    fn open(data_dir: &Path) -> Result<Self, Error> {
        let root = data_dir.join("mongod");
        let refused = |cause| Error::Directory {
            path: root.clone(),
            cause,
        };
        std::fs::create_dir_all(root.join("db")).map_err(refused)?;
        // Absolute and without links, so that a leftover server is known by its arguments.
        Ok(Self {
            root: root.canonicalize().map_err(refused)?,
        })
    }

    fn db(&self) -> PathBuf {
        self.root.join("db")
    }

    fn log(&self) -> PathBuf {
        self.root.join("mongod.log")
    }

    /// Takes the lock that makes this process the owner, if no other has it.
    fn try_own(&self) -> Result<Option<File>, Error> {
        let path = self.root.join("owner.lock");
        let lock = File::create(&path).and_then(|file| match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(cause),
        });
        lock.map_err(|cause| Error::Directory { path, cause })
    }

    /// Reads the last note; half a note, or one that somebody edited, is no note.
    fn note(&self) -> Option<Note> {
        let text = std::fs::read(self.root.join("mongod.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Writes the note in one step, so that nobody reads half of it.
    fn leave_note(&self, note: &Note) -> Result<(), Error> {
        let (path, draft) = (self.root.join("mongod.json"), self.root.join("mongod.json.new"));
        serde_json::to_vec(note)
            .map_err(io::Error::from)
            .and_then(|text| std::fs::write(&draft, text))
            .and_then(|()| std::fs::rename(&draft, &path))
            .map_err(|cause| Error::Directory { path, cause })
    }
}

/// How this process has the server.
enum Tenure {
    /// We run it, and hold the lock that says so.
    Own { mongod: Child, lock: File },
    /// Another process runs it.
    Shared,
}

/// What it takes to bring up a server and to keep it up.
struct Keeping {
    place: Place,
    program: Program,
    options: Options,
}

impl Keeping {
    /// Becomes the owner and starts a server, or waits until the present owner's server answers.
    async fn settle(&self) -> Result<(Tenure, Note), Error> {
        let deadline = Instant::now() + START_WITHIN;
        while Instant::now() < deadline {
            if let Some(lock) = self.place.try_own()? {
                let (mongod, note) = self.launch().await?;
                return Ok((Tenure::Own { mongod, lock }, note));
            }
            if let Some(note) = self.place.note()
                && Leftover::on(&self.place.db(), note.pid).is_some()
                && replica_set::is_primary(&note.uri).await
            {
                return Ok((Tenure::Shared, note));
            }
            sleep(LOOK_AGAIN).await;
        }
        Err(Error::Late {
            path: self.place.root.clone(),
            why: "another feedgate process holds owner.lock, but its server does not answer".to_owned(),
        })
    }

    /// Starts the server, on the port of last time if that is free, and waits for it.
    async fn launch(&self) -> Result<(Child, Note), Error> {
        let before = self.place.note();
        Leftover::end_all(&self.place.db(), before.as_ref().map(|note| note.pid)).await;
        let mut wanted = before.map(|note| note.port);
        let mut tries = 0;
        loop {
            let port = free_port(wanted.take()).map_err(|cause| Error::Directory {
                path: PathBuf::from("a port on 127.0.0.1"),
                cause,
            })?;
            let uri = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
            let mut mongod = mongod::spawn(
                &self.program,
                &self.place.db(),
                &self.place.log(),
                port,
                &self.options,
            )?;
            let ready = tokio::select! {
                ready = replica_set::until_primary(&uri, port) => ready.map_err(Error::from),
                status = mongod.ended() => Err(mongod::why_it_ended(status, &self.place.log())),
                () = sleep(START_WITHIN) => Err(Error::Late {
                    path: self.place.root.clone(),
                    why: "it did not become a writable primary".to_owned(),
                }),
            };
            match ready {
                Ok(()) => {
                    let note = Note {
                        uri,
                        port,
                        pid: mongod.pid(),
                    };
                    self.place.leave_note(&note)?;
                    return Ok((mongod, note));
                }
                // Somebody took the port between our looking and mongod's binding it.
                Err(Error::Ended { status, .. })
                    if status.code() == Some(mongod::PORT_TAKEN) && tries < 5 =>
                {
                    tries += 1;
                }
                Err(other) => {
                    mongod.end().await;
                    return Err(other);
                }
            }
        }
    }

    /// Keeps the server up until told to stop: starts it anew when it ends of itself, and takes
    /// over when the process that we share it with has gone.
    async fn keep(self, mut tenure: Tenure, mut stop: oneshot::Receiver<()>) {
        loop {
            let lock = match tenure {
                Tenure::Own { mut mongod, lock } => tokio::select! {
                    _ = &mut stop => {
                        mongod.end().await;
                        drop(lock);
                        return;
                    }
                    status = mongod.ended() => {
                        let why = mongod::why_it_ended(status, &self.place.log());
                        tracing::error!(error = %why, "the private MongoDB ended; starting it again");
                        Some(lock)
                    }
                },
                Tenure::Shared => tokio::select! {
                    _ = &mut stop => return,
                    () = sleep(WATCH_OWNER) => self.place.try_own().ok().flatten(),
                },
            };
            let Some(lock) = lock else {
                tenure = Tenure::Shared;
                continue;
            };
            tenure = tokio::select! {
                _ = &mut stop => return,
                mongod = self.relaunch() => Tenure::Own { mongod, lock },
            };
        }
    }

    /// Starts the server again, as often as it takes.
    async fn relaunch(&self) -> Child {
        loop {
            match self.launch().await {
                Ok((mongod, note)) => {
                    tracing::info!(
                        mongod.pid = note.pid,
                        mongod.port = note.port,
                        "the private MongoDB is up again"
                    );
                    return mongod;
                }
                Err(error) => {
                    tracing::error!(%error, "the private MongoDB does not start; trying again");
                    sleep(Duration::from_secs(5)).await;
                }
            }
        }
    }
}

/// The wanted port if nobody listens there, else any free one.
fn free_port(wanted: Option<u16>) -> io::Result<u16> {
    let port = |wanted| Ok(TcpListener::bind(("127.0.0.1", wanted))?.local_addr()?.port());
    wanted.map_or_else(|| port(0), |wanted| port(wanted).or_else(|_: io::Error| port(0)))
}

#[cfg(test)]
mod tests {
    use super::cache_of;

    #[test]
    fn the_cache_is_an_eighth_of_the_memory_within_limits() {
        for (memory, cache) in [(1, 0.5), (8, 1.0), (24, 3.0), (64, 4.0)] {
            assert!((cache_of(memory << 30) - cache).abs() < 1e-9, "{memory} GB");
        }
    }
}
