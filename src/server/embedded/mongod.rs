//! Finds and starts `mongod`, and explains why one ended.
//!
//! The process is a [`Child`] and ends with us. What slips through all the same is a
//! [`Leftover`], found and ended before the next start.

use super::{Error, Options};
use crate::server::child::{Child, END_WITHIN};
use rustix::process::{Pid, Signal, kill_process};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::time::sleep;

/// mongod's exit code when its port is in use.
pub const PORT_TAKEN: i32 = 48;
/// The oldest MongoDB whose change streams and transactions we rely on.
const OLDEST: u32 = 6;

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

/// Starts a server; it is not ready yet when this returns.
pub fn spawn(program: &Program, db: &Path, log: &Path, port: u16, options: &Options) -> Result<Child, Error> {
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
        .args(["--bind_ip", "127.0.0.1", "--nounixsocket", "--quiet"])
        .args(["--replSet", super::replica_set::NAME])
        .args(["--port", &port.to_string()])
        .args(["--oplogSize", &options.oplog_mb.to_string()])
        .args(["--wiredTigerCacheSizeGB", &options.cache_gb.to_string()])
        // There is no second member to hand over to, so there is nothing to wait for at the end.
        .args(["--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"])
        .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
        // Each collection and index is an open file; many databases, as tests have them, would
        // come to more than a process may open if those at rest stayed open for ten minutes.
        .args(["--setParameter", "wiredTigerFileHandleCloseIdleTime=15"])
        // A process that was killed in a transaction blocks what it wrote to until the server
        // gives it up; the default is a minute, and ours last a second.
        .args(["--setParameter", "transactionLifetimeLimitSeconds=15"])
        .arg("--dbpath")
        .arg(db)
        .arg("--logpath")
        .arg(log)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Child::spawn(command).map_err(|cause| Error::NotFound {
        tried: format!("{} ({cause})", program.0.display()),
    })
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
