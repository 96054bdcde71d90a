//! Holds a file that is being sent until somebody has read it: on disk, unnamed, for as long as nobody
//! reads, and while somebody does a few megabytes of it in memory, for which its sender waits.

use super::turn::Turn;
use axum::body::Bytes;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Bytes that are kept in memory for whoever reads; with as many, the sender waits until half of them
/// were read: one that was woken for each piece would break in on the check as often.
const ROOM: usize = 4 << 20;
/// What a piece takes beside its bytes, about: a file may come in very small ones.
const AROUND: usize = 64;

/// A file as it comes. Dropped before its end, it has broken off.
#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    came: u64,
    shared: Arc<Shared>,
}

/// What sender and reader have in common.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Something came, or the end.
    more: Condvar,
    /// Half of the room is free, or nobody reads any more.
    room: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes in the file, which are read before what is in memory.
    on_disk: u64,
    /// What came behind them while somebody reads, and how many bytes that takes.
    recent: VecDeque<Bytes>,
    waiting: usize,
    reader: Reader,
    end: End,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Reader {
    #[default]
    None,
    Reads,
    /// It has read all that came, and left its turn; what comes is for the disk until it has caught up.
    Away,
    Gone,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum End {
    #[default]
    Coming,
    Whole,
    BrokenOff,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends(&self, how: End) {
        self.state().end = how;
        self.more.notify_all();
    }
}

impl Spool {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile()?,
            came: 0,
            shared: Arc::default(),
        })
    }

    /// Takes the next piece; the bytes that have come by now. Waits while there is no room for it.
    /// What is written goes to the page cache, in pieces of a body, and so holds no thread for long.
    pub(super) async fn write(&mut self, piece: Bytes) -> io::Result<u64> {
        self.came += piece.len() as u64;
        if piece.is_empty() {
            return Ok(self.came);
        }
        loop {
            let room = self.shared.room.notified();
            {
                let mut state = self.shared.state();
                match state.reader {
                    Reader::None | Reader::Away => {
                        self.file.write_all(&piece)?;
                        state.on_disk += piece.len() as u64;
                        self.shared.more.notify_all();
                        return Ok(self.came);
                    }
                    // Its outcome says why.
                    Reader::Gone => return Ok(self.came),
                    Reader::Reads if state.waiting < ROOM => {
                        state.waiting += piece.len() + AROUND;
                        state.recent.push_back(piece);
                        self.shared.more.notify_all();
                        return Ok(self.came);
                    }
                    Reader::Reads => {}
                }
            }
            room.await;
        }
    }

    /// Says that nothing more comes: the file is whole.
    pub(super) fn end(&self) {
        self.shared.ends(End::Whole);
    }

    /// Lets one read it from its begin, as far as it is and on: once, for what is read is gone.
    /// Whoever reads waits for what is still to come, `patience` all together with its turn and then
    /// without.
    pub(super) fn follow(&self, patience: Duration, turn: Turn) -> io::Result<Follower> {
        let file = self.file.try_clone()?;
        let mut state = self.shared.state();
        debug_assert!(state.reader == Reader::None, "it is read once");
        state.reader = Reader::Reads;
        drop(state);
        Ok(Follower {
            file,
            shared: Arc::clone(&self.shared),
            at: 0,
            piece: Bytes::new(),
            patience,
            turn,
        })
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.shared.ends(End::BrokenOff);
    }
}

/// Reads a file behind whoever sends it.
#[derive(Debug)]
pub(super) struct Follower {
    file: File,
    shared: Arc<Shared>,
    /// Bytes read from the file on disk.
    at: u64,
    /// What is left of the piece that is being read.
    piece: Bytes,
    patience: Duration,
    turn: Turn,
}

/// Where the next bytes are.
enum Next {
    OnDisk(usize),
    Piece(Bytes),
    None,
}

impl Follower {
    /// Waits for the next bytes.
    fn next(&mut self) -> io::Result<Next> {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.state();
        loop {
            if state.end == End::BrokenOff {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file broke off"));
            }
            if self.at < state.on_disk {
                let left = usize::try_from(state.on_disk - self.at);
                return Ok(Next::OnDisk(left.unwrap_or(usize::MAX)));
            }
            state.reader = Reader::Reads;
            if let Some(piece) = state.recent.pop_front() {
                state.waiting -= piece.len() + AROUND;
                if state.waiting <= ROOM / 2 {
                    shared.room.notify_one();
                }
                return Ok(Next::Piece(piece));
            }
            if state.end == End::Whole {
                return Ok(Next::None);
            }
            if self.patience.is_zero() {
                self.turn.leave();
                state.reader = Reader::Away;
                state = shared.more.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let begun = Instant::now();
            let waited = shared.more.wait_timeout(state, self.patience);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            self.patience = self.patience.saturating_sub(begun.elapsed());
        }
    }
}

impl Read for Follower {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() {
            let next = self.next()?;
            self.turn.come_back();
            match next {
                Next::OnDisk(left) => {
                    let most = left.min(buffer.len());
                    let read = self.file.read_at(&mut buffer[..most], self.at)?;
                    if read == 0 && most > 0 {
                        return Err(io::Error::new(
                            io::ErrorKind::UnexpectedEof,
                            "the spooled file is shorter than what was written",
                        ));
                    }
                    self.at += read as u64;
                    return Ok(read);
                }
                Next::Piece(piece) => self.piece = piece,
                Next::None => return Ok(0),
            }
        }
        let piece = self.piece.split_to(self.piece.len().min(buffer.len()));
        buffer[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.reader = Reader::Gone;
        state.recent.clear();
        drop(state);
        self.shared.room.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn reading(mut follower: Follower) -> std::thread::JoinHandle<io::Result<Vec<u8>>> {
        std::thread::spawn(move || {
            let mut read = Vec::new();
            follower.read_to_end(&mut read).map(|_| read)
        })
    }

    #[tokio::test]
    async fn who_follows_reads_every_byte_and_the_end_only_when_it_has_come() {
        let mut spool = Spool::new().expect("a file");
        let (mut sent, mut reads) = (Vec::new(), None);
        for n in 0..500_u32 {
            if n == 100 {
                let follower = spool.follow(PATIENCE, Turn::only()).expect("a reader");
                reads = Some(reading(follower));
            }
            let piece = format!("{n},").repeat(20_000);
            sent.extend_from_slice(piece.as_bytes());
            let came = spool.write(piece.into()).await.expect("written");
            assert_eq!(came, sent.len() as u64);
            assert!(spool.shared.state().waiting < ROOM + 80_000, "its sender waits");
        }
        assert!(sent.len() > 4 * ROOM, "more than is kept in memory");
        spool.end();
        let read = reads.expect("begun").join().expect("no panic");
        assert!(read.expect("the whole file") == sent);
        let whole = Spool::new().expect("a file");
        whole.end();
        let read = reading(whole.follow(Duration::ZERO, Turn::only()).expect("a reader"));
        assert!(read.join().expect("no panic").expect("nothing").is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_sender_goes_on_while_whoever_reads_has_no_turn() {
        let cores = Arc::new(tokio::sync::Semaphore::new(1));
        let taken = Arc::clone(&cores).acquire_owned().await.expect("a core");
        let mut spool = Spool::new().expect("a file");
        spool.write(Bytes::from_static(b"a")).await.expect("written");
        let turn = Turn::with_others(&cores, taken);
        let read = reading(spool.follow(Duration::ZERO, turn).expect("a reader"));
        // It has read what there is, and waits without its turn: somebody else takes it.
        let other = Arc::clone(&cores).acquire_owned().await.expect("a core");
        let piece = Bytes::from(vec![b'b'; 1 << 20]);
        for n in 0..16 {
            let came = spool.write(piece.clone()).await.expect("nobody is waited for");
            assert_eq!(came, 1 + (n + 1) * piece.len() as u64);
            spool.write(Bytes::new()).await.expect("nothing");
        }
        drop(other);
        spool.write(Bytes::from_static(b"c")).await.expect("written");
        spool.end();
        let read = read.join().expect("no panic").expect("the whole file");
        assert_eq!(read.len(), 2 + 16 * piece.len());
        assert!(read.starts_with(b"ab") && read.ends_with(b"bc"));
    }

    #[tokio::test]
    async fn who_follows_learns_that_the_sender_has_gone_and_a_sender_that_nobody_reads() {
        let mut spool = Spool::new().expect("a file");
        spool.write(Bytes::from_static(b"half")).await.expect("written");
        let read = reading(spool.follow(PATIENCE, Turn::only()).expect("a reader"));
        drop(spool);
        let gone = read.join().expect("no panic").expect_err("it broke off");
        assert_eq!(gone.kind(), io::ErrorKind::UnexpectedEof);

        let mut spool = Spool::new().expect("a file");
        let follower = spool.follow(PATIENCE, Turn::only()).expect("a reader");
        let piece = Bytes::from(vec![0; ROOM]);
        spool.write(piece.clone()).await.expect("there is room");
        let (waited, ()) = tokio::join!(spool.write(piece), async {
            tokio::task::yield_now().await;
            drop(follower);
        });
        assert_eq!(waited.expect("nobody to wait for"), 2 * ROOM as u64);
    }
}
