//! Stands between a file's text and the XML parser: lets only UTF-8 through, keeps the bytes
//! of the item that is being read, and ends what grows without end.

use super::stop::refuse;
use super::xml::refuse_at;
use crate::domain::contract::checks::file;
use std::io::{self, BufRead, Read};

const BUFFER: usize = 64 << 10;

/// A buffered reader that remembers what was read since the item began.
pub(super) struct Tap {
    inner: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// What the parser has taken of the buffer.
    start: usize,
    /// Up to where the buffer is known to be UTF-8.
    valid: usize,
    /// Up to where the buffer is filled: behind `valid` may be a letter that is cut.
    end: usize,
    ended: bool,
    /// Offset of the text in the file.
    base: u64,
    /// Bytes that the parser has taken altogether.
    taken: u64,
    /// What was taken since the item began.
    kept: Vec<u8>,
    kept_from: u64,
    limit: usize,
}

impl Tap {
    pub(super) fn new(inner: Box<dyn Read + Send>, base: u64, limit: usize) -> Self {
        Self {
            inner,
            buffer: vec![0; BUFFER],
            start: 0,
            valid: 0,
            end: 0,
            ended: false,
            base,
            taken: 0,
            kept: Vec::new(),
            kept_from: 0,
            limit,
        }
    }

    /// Offset in the file of what the parser calls 0.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// Whether everything was read.
    pub(super) fn ended(&self) -> bool {
        self.ended && self.start == self.end
    }

    /// Says that an event begins at `position`. Inside an item everything is kept, outside only
    /// the one event, which may turn out to begin an item.
    pub(super) fn begin_event(&mut self, inside: bool, position: u64) {
        if !inside {
            let ahead = usize::try_from(self.taken.saturating_sub(position)).unwrap_or(usize::MAX);
            // The parser may have taken the “<” of the next event already.
            let gone = self.kept.len().saturating_sub(ahead);
            self.kept.drain(..gone);
            self.kept_from = self.taken - self.kept.len() as u64;
        }
    }

    /// The bytes between two positions of the item being read.
    pub(super) fn captured(&self, start: u64, end: u64) -> &[u8] {
        let index =
            |position: u64| usize::try_from(position.saturating_sub(self.kept_from)).unwrap_or(usize::MAX);
        self.kept.get(index(start)..index(end)).unwrap_or_default()
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.valid -= self.start;
        self.start = 0;
        let read = self.inner.read(&mut self.buffer[self.end..])?;
        self.ended = read == 0;
        self.end += read;
        let offset = |at: usize| self.base + self.taken + at as u64;
        match std::str::from_utf8(&self.buffer[self.valid..self.end]) {
            Ok(_) => self.valid = self.end,
            Err(error) => {
                let at = self.valid + error.valid_up_to();
                if error.error_len().is_some() || self.ended {
                    return Err(refuse_at(&self.buffer[..self.end], at, offset(at)).into());
                }
                self.valid = at;
            }
        }
        Ok(())
    }
}

impl BufRead for Tap {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.start == self.valid && !self.ended {
            self.fill()?;
        }
        if self.kept.len() > self.limit {
            let message = format!(
                "An item or tag of the XML is larger than {} bytes; no record is.",
                self.limit
            );
            return Err(refuse(&file::FILE_SIZE, Some(self.base + self.kept_from), message).into());
        }
        Ok(&self.buffer[self.start..self.valid])
    }

    fn consume(&mut self, amount: usize) {
        self.kept
            .extend_from_slice(&self.buffer[self.start..self.start + amount]);
        self.start += amount;
        self.taken += amount as u64;
    }
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
