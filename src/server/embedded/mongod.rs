//! Finds, starts and ends one `mongod` process, and never lets it outlive us.
//!
//! The server gets its own process group, so that Ctrl-C in a terminal reaches feedgate alone
//! and feedgate ends the server when it is done with it. For the case that feedgate is killed,
//! the kernel is asked to end the server with us; what slips through (a server whose owner died
//! before it could ask) is a [`Leftover`], found and ended before the next start.

use super::{Error, Options};
use rustix::process::{Pid, Signal, getppid, kill_process, set_parent_process_death_signal};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// mongod's exit code when its port is in use.
pub const PORT_TAKEN: i32 = 48;
/// The oldest MongoDB whose change streams and transactions we rely on.
const OLDEST: u32 = 6;
/// How long a server may take to close its files before it is killed.
const END_WITHIN: Duration = Duration::from_secs(20);

/// A `mongod` that was seen to run and to be new enough.
#[derive(Debug)]
pub struct Program(PathBuf);

impl Program {
    /// Takes the one that was asked for; else the project's own; else the one on the path.
    pub async fn find(asked: Option<&Path>) -> Result<Self, Error> {
        let candidates = match asked {
            Some(path) => vec![path.to_owned()],
            None => vec![PathBuf::from(".tools/mongod"), PathBuf::from("mongod")],
        };
        let mut tried = Vec::new();
        for path in candidates {
            match version(&path).await {
                Ok(major) if major >= OLDEST => return Ok(Self(path)),
                Ok(major) => tried.push(format!("{} (version {major})", path.display())),
                Err(cause) => tried.push(format!("{} ({cause})", path.display())),
            }
        }
        Err(Error::NotFound {
            tried: tried.join(", "),
        })
    }
}

/// Asks a `mongod` for its major version.
async fn version(path: &Path) -> io::Result<u32> {
    let output = tokio::process::Command::new(path)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .await?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(
            said.lines().next().unwrap_or("it does not run").to_owned(),
        ));
    }
    major_version(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| io::Error::other("it does not say its version"))
}

fn major_version(text: &str) -> Option<u32> {
    let version = text.lines().next()?.strip_prefix("db version v")?;
    version.split('.').next()?.parse().ok()
}

/// A running `mongod` of ours.
#[derive(Debug)]
pub struct Mongod {
    pid: Pid,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Mongod {
    /// Starts a server; it is not ready yet when this returns.
    pub fn spawn(
        program: &Program,
        db: &Path,
        log: &Path,
        port: u16,
        options: &Options,
    ) -> Result<Self, Error> {
        let unusable = |cause| Error::Directory {
            path: log.to_owned(),
            cause,
        };
        // One old log is kept: enough to see how the last run ended, and it cannot fill the disk.
        if log.exists() {
            std::fs::rename(log, log.with_extension("log.1")).map_err(unusable)?;
        }
        let mut command = Command::new(&program.0);
        command
            .args([
                "--bind_ip",
                "127.0.0.1",
                "--nounixsocket",
                "--quiet",
                "--replSet",
                super::replica_set::NAME,
            ])
            .args(["--port", &port.to_string()])
            .args(["--oplogSize", &options.oplog_mb.to_string()])
            .args(["--wiredTigerCacheSizeGB", &options.cache_gb.to_string()])
            // There is no second member to hand over to, so there is nothing to wait for at the end.
            .args(["--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"])
            .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
            .arg("--dbpath")
            .arg(db)
            .arg("--logpath")
            .arg(log)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        die_with_us(&mut command);
        let (pid, ended) = spawn_on_own_thread(command).map_err(|cause| Error::NotFound {
            tried: format!("{} ({cause})", program.0.display()),
        })?;
        Ok(Self { pid, ended })
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits for the server to end.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = self.ended.wait_for(Option::is_some).await;
        // The thread that waits for the process always leaves its status behind.
        ended.ok().and_then(|status| *status).unwrap_or_default()
    }

    /// Ends the server cleanly, or, if it does not end in time, at once.
    pub async fn end(mut self) {
        self.signal(Signal::TERM);
        if timeout(END_WITHIN, self.ended()).await.is_err() {
            tracing::warn!(
                mongod.pid = self.pid(),
                "the private MongoDB does not end; killing it"
            );
            self.signal(Signal::KILL);
            self.ended().await;
        }
    }

    fn signal(&self, signal: Signal) {
        // Once it has been waited for, its id may belong to another process.
        if self.ended.borrow().is_none() {
            let _ = kill_process(self.pid, signal);
        }
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
    }
}

/// Starts the process on a thread that waits for it: the kernel's promise of [`die_with_us`]
/// holds for the thread that started the child, so that thread has to live as long as the child.
fn spawn_on_own_thread(mut command: Command) -> io::Result<(Pid, watch::Receiver<Option<ExitStatus>>)> {
    let (started, start) = std::sync::mpsc::channel();
    let (leave, ended) = watch::channel(None);
    std::thread::Builder::new()
        .name("mongod".to_owned())
        .spawn(move || match command.spawn() {
            Ok(mut child) => {
                let _ = started.send(Ok(child.id()));
                leave.send_replace(Some(child.wait().unwrap_or_default()));
            }
            Err(cause) => {
                let _ = started.send(Err(cause));
            }
        })?;
    let id = start.recv().map_err(io::Error::other)??;
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    Ok((pid.ok_or_else(|| io::Error::other("no process id"))?, ended))
}

/// Has the kernel end the child (cleanly) when the thread that started it is no more.
#[expect(
    unsafe_code,
    reason = "there is no other way to ask this of the kernel than between fork and exec"
)]
fn die_with_us(command: &mut Command) {
    let us = rustix::process::getpid();
    let ask = move || {
        set_parent_process_death_signal(Some(Signal::TERM))?;
        // If we died before the child could ask, nobody will tell it.
        if getppid() == Some(us) {
            Ok(())
        } else {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    };
    // SAFETY: the closure makes two system calls and touches no memory but its own: it takes no
    // lock and allocates nothing, which is what may be done between fork and exec.
    unsafe {
        command.pre_exec(ask);
    }
}

/// A server that runs on our files although the process that started it has gone.
#[derive(Debug)]
pub struct Leftover(Pid);

impl Leftover {
    /// Looks whether process `pid` is a server on these database files.
    pub fn on(db: &Path, pid: u32) -> Option<Self> {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let ours = arguments
            .split(|byte| *byte == 0)
            .any(|argument| argument == db.as_os_str().as_encoded_bytes());
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
        ours.then_some(Self(pid))
    }

    /// Ends every server on these files that is known from our note or from mongod's own lock.
    /// Only the holder of the owner's lock may call this.
    pub async fn end_all(db: &Path, noted: Option<u32>) {
        let locked = std::fs::read_to_string(db.join("mongod.lock")).ok();
        let locked = locked.and_then(|text| text.trim().parse().ok());
        for pid in [noted, locked].into_iter().flatten() {
            let mut waited = Duration::ZERO;
            while let Some(Self(process)) = Self::on(db, pid) {
                let signal = if waited < END_WITHIN {
                    Signal::TERM
                } else {
                    Signal::KILL
                };
                if waited.is_zero() {
                    tracing::info!(
                        mongod.pid = pid,
                        "ending a MongoDB that an earlier run left behind"
                    );
                }
                let _ = kill_process(process, signal);
                sleep(super::LOOK_AGAIN).await;
                waited += super::LOOK_AGAIN;
            }
        }
    }
}

/// Says why a server ended, from the last errors in its log.
pub fn why_it_ended(status: ExitStatus, log: &Path) -> Error {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let why = last_errors(&text).unwrap_or_else(|| "it logged no error".to_owned());
    Error::Ended {
        status,
        why,
        log: log.to_owned(),
    }
}

/// The last error lines of a log in mongod's JSON format, as `message (detail)`.
fn last_errors(log: &str) -> Option<String> {
    let mut errors = log.lines().rev().filter_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let severe = matches!(line.get("s")?.as_str()?, "E" | "F");
        let detail = line
            .get("attr")
            .and_then(|attr| attr.get("error"))
            .map(ToString::to_string);
        let message = line.get("msg")?.as_str()?;
        severe.then(|| detail.map_or_else(|| message.to_owned(), |detail| format!("{message} {detail}")))
    });
    let last: Vec<_> = errors.by_ref().take(2).collect();
    (!last.is_empty()).then(|| last.into_iter().rev().collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_the_first_line() {
        let cases = [
            ("db version v6.0.5\nBuild Info: {", Some(6)),
            ("db version v10.1.0-rc2", Some(10)),
            ("mongod: not a database", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(major_version(text), expected, "{text}");
        }
    }

    #[test]
    fn the_reason_is_the_last_thing_the_log_complains_about() {
        let log = r#"{"s":"I","msg":"starting"}
{"s":"E","msg":"DBException in initAndListen, terminating","attr":{"error":"DBPathInUse: in use"}}
{"s":"I","msg":"shutting down"}
not json"#;
        assert_eq!(
            last_errors(log).as_deref(),
            Some(r#"DBException in initAndListen, terminating "DBPathInUse: in use""#)
        );
        assert_eq!(last_errors("{}\n"), None);
    }
}
