//! Runs other programs that must not outlive us: the private `mongod`, the demo's own parts.
//!
//! A child gets its own process group, so that Ctrl-C in a terminal reaches feedgate alone, and
//! feedgate ends its children in its own order. For the case that feedgate is killed, the
//! kernel is asked to end the child with us.

use rustix::process::{Pid, Signal, getpid, getppid, kill_process, set_parent_process_death_signal};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long a program may take to end before it is killed.
pub const END_WITHIN: Duration = Duration::from_secs(20);

/// A program that runs for us. Dropping it tells it to end, without waiting.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Child {
    /// Starts a program.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        command.process_group(0);
        die_with_us(&mut command);
        // The kernel's promise holds for the thread that starts the child, so that thread has
        // to live as long as the child: it waits for it.
        let (started, start) = std::sync::mpsc::channel();
        let (leave, ended) = watch::channel(None);
        std::thread::Builder::new()
            .name("child".to_owned())
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
        let pid = pid.ok_or_else(|| io::Error::other("the child has no process id"))?;
        Ok(Self { pid, ended })
    }

    /// The child's process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits for the child to end.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = self.ended.wait_for(Option::is_some).await;
        // The thread that waits for the child always leaves its status behind.
        ended.ok().and_then(|status| *status).unwrap_or_default()
    }

    /// Ends the child cleanly, or, if it does not end in time, at once.
    pub async fn end(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        if let Ok(status) = timeout(END_WITHIN, self.ended()).await {
            return status;
        }
        tracing::warn!(
            child.pid = self.pid(),
            "a program does not end when asked; killing it"
        );
        self.signal(Signal::KILL);
        self.ended().await
    }

    fn signal(&self, signal: Signal) {
        // Once it has been waited for, its id may belong to another process.
        if self.ended.borrow().is_none() {
            let _ = kill_process(self.pid, signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
    }
}

/// Has the kernel end the child (cleanly) when the thread that started it is no more.
#[expect(
    unsafe_code,
    reason = "there is no other way to ask this of the kernel than between fork and exec"
)]
fn die_with_us(command: &mut Command) {
    let us = getpid();
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
