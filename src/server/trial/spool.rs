//! Keeps a file that is being sent on disk, unnamed, and lets it be read from its begin while the
//! rest is on its way.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A file as it comes.
#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    came: Arc<Came>,
}

/// How far it is, and who waits for more.
#[derive(Debug, Default)]
struct Came {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: u64,
    is_whole: bool,
    is_over: bool,
}

impl Came {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spool {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile()?,
            came: Arc::default(),
        })
    }

    /// Takes the next piece; the bytes that have come by now. Writes go to the page cache, in pieces
    /// of a body, and so hold no thread for long.
    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<u64> {
        self.file.write_all(piece)?;
        let mut state = self.came.state();
        state.bytes += piece.len() as u64;
        self.came.more.notify_all();
        Ok(state.bytes)
    }

    /// Says that nothing more comes: the file is whole.
    pub(super) fn end(&self) {
        self.came.state().is_whole = true;
        self.came.more.notify_all();
    }

    /// Reads it from its begin. Who follows waits for what is still to come, `patience` all together.
    pub(super) fn follow(&self, patience: Duration) -> io::Result<Follower> {
        Ok(Follower {
            file: self.file.try_clone()?,
            came: Arc::clone(&self.came),
            at: 0,
            patience,
        })
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.came.state().is_over = true;
        self.came.more.notify_all();
    }
}

/// Reads a file behind whoever sends it.
#[derive(Debug)]
pub(super) struct Follower {
    file: File,
    came: Arc<Came>,
    at: u64,
    patience: Duration,
}

impl Follower {
    /// How far it may read now; no further than it is when the file ends there.
    fn wait(&mut self) -> io::Result<u64> {
        let mut state = self.came.state();
        while state.bytes == self.at && !state.is_whole {
            if state.is_over {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file broke off"));
            }
            if self.patience.is_zero() {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the file comes too slowly",
                ));
            }
            let begun = Instant::now();
            let waited = self.came.more.wait_timeout(state, self.patience);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            self.patience = self.patience.saturating_sub(begun.elapsed());
        }
        Ok(state.bytes)
    }
}

impl Read for Follower {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let until = self.wait()?;
        let left = usize::try_from(until - self.at).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let read = self.file.read_at(&mut buffer[..most], self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn who_follows_reads_every_byte_and_the_end_only_when_it_has_come() {
        let mut spool = Spool::new().expect("a file");
        let mut follower = spool.follow(PATIENCE).expect("a reader");
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            follower.read_to_string(&mut text).map(|_| text)
        });
        let mut sent = String::new();
        for n in 0..500 {
            let piece = format!("{n},");
            let came = spool.write(piece.as_bytes()).expect("written");
            sent.push_str(&piece);
            assert_eq!(came, sent.len() as u64);
            if n % 50 == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        spool.end();
        assert_eq!(reading.join().expect("no panic").expect("the whole file"), sent);
        let mut again = String::new();
        let mut late = spool.follow(Duration::ZERO).expect("a reader");
        late.read_to_string(&mut again).expect("nothing to wait for");
        assert_eq!(again, sent);
    }

    #[test]
    fn who_follows_a_slow_sender_gives_up_and_learns_of_one_who_goes() {
        let mut spool = Spool::new().expect("a file");
        spool.write(b"half").expect("written");
        let mut text = String::new();
        let mut hasty = spool.follow(Duration::from_millis(10)).expect("a reader");
        let slow = hasty.read_to_string(&mut text).expect_err("more was to come");
        assert_eq!((slow.kind(), text.as_str()), (io::ErrorKind::TimedOut, "half"));
        let mut patient = spool.follow(PATIENCE).expect("a reader");
        let reading = std::thread::spawn(move || patient.read_to_string(&mut String::new()));
        drop(spool);
        let gone = reading.join().expect("no panic").expect_err("it broke off");
        assert_eq!(gone.kind(), io::ErrorKind::UnexpectedEof);
    }
}
