//! Keeps what the survey holds until it takes effect, so that a file is not checked twice for it.
//!
//! It is kept on disk, in a file without a name that is gone with the process, for memory must
//! not grow with what a partner does wrong. Where there is too much of it, or no disk to keep it
//! on, nothing is kept, and whoever wants it reads the feed again.

use crate::domain::delivery::Delivery;
use crate::domain::ids::RecordId;
use crate::domain::quarantine::HeldRecord;
use anyhow::Context;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};

/// Bytes kept at most.
const BUDGET: usize = 256 << 20;

/// What is kept of a file, while it is added.
#[derive(Debug)]
pub(super) struct Keeping {
    /// None before the first record.
    out: Option<BufWriter<File>>,
    line: Vec<u8>,
    left: usize,
    is_whole: bool,
}

impl Keeping {
    /// Nothing yet, and up to a budget of bytes.
    pub(super) fn new() -> Self {
        Self::within(BUDGET)
    }

    fn within(left: usize) -> Self {
        Self {
            out: None,
            line: Vec::new(),
            left,
            is_whole: true,
        }
    }

    /// Adds a held record and the key it is held under.
    pub(super) fn add(&mut self, key: &str, held: &HeldRecord) {
        if !self.is_whole {
            return;
        }
        if let Err(cause) = self.write(key, held) {
            tracing::debug!("what is held is read twice: {cause}");
            self.is_whole = false;
            self.out = None;
        }
    }

    fn write(&mut self, key: &str, held: &HeldRecord) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, &(key, held))?;
        self.line.push(b'\n');
        self.left = self
            .left
            .checked_sub(self.line.len())
            .ok_or_else(|| io::Error::other("it is more than is kept"))?;
        if self.out.is_none() {
            self.out = Some(BufWriter::with_capacity(64 << 10, tempfile::tempfile()?));
        }
        self.out.as_mut().map_or(Ok(()), |out| out.write_all(&self.line))
    }

    /// Ends the adding; none when not all of it was kept.
    pub(super) fn done(mut self) -> Option<Kept> {
        if !self.is_whole {
            return None;
        }
        let file = match self.out.take().map(BufWriter::into_inner) {
            None => None,
            Some(Ok(file)) => Some(file),
            Some(Err(cause)) => {
                tracing::debug!("what is held is read twice: {cause}");
                return None;
            }
        };
        Some(Kept(file))
    }
}

/// Every held record of a file.
#[derive(Debug)]
pub(super) struct Kept(Option<File>);

impl Kept {
    /// Whether no record is held.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The records with their keys, in the order of the file, as this delivery holds them.
    pub(super) fn read(
        self,
        delivery: &Delivery,
    ) -> anyhow::Result<impl Iterator<Item = anyhow::Result<(String, HeldRecord)>>> {
        let lines = match self.0 {
            Some(mut file) => {
                file.rewind().context("reading what is held")?;
                Some(BufReader::with_capacity(64 << 10, file).lines())
            }
            None => None,
        };
        Ok(lines
            .into_iter()
            .flatten()
            .map(|line| -> anyhow::Result<(String, HeldRecord)> {
                let line = line.context("reading what is held")?;
                let (key, held): (String, HeldRecord) =
                    serde_json::from_str(&line).context("reading what is held")?;
                Ok((key, held_by(delivery, held)))
            }))
    }
}

/// The record as a delivery holds it.
pub(super) fn held_by(delivery: &Delivery, held: HeldRecord) -> HeldRecord {
    HeldRecord {
        id: RecordId::of(&delivery.id, held.position.index),
        partner: delivery.partner.clone(),
        feed: delivery.feed.clone(),
        delivery: delivery.id.clone(),
        received_at: delivery.received_at,
        ..held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::{Checked, Contract, Rules};
    use crate::domain::record::{Attributes, Position, RawRecord};
    use chrono::DateTime;

    fn held(number: u64) -> (String, HeldRecord) {
        let position = Position {
            index: number,
            ..Position::default()
        };
        let raw = RawRecord::from_attributes(
            &Attributes(vec![("id".to_owned(), format!("A\"{number}\n"))]),
            position,
        );
        let mut checked = Checked::default();
        Rules::new(&Contract::default(), DateTime::UNIX_EPOCH).look(&raw, &mut checked);
        super::super::apply::hold(&raw, &checked)
    }

    #[test]
    fn what_is_kept_comes_back_as_it_was_and_in_order() {
        let mut keeping = Keeping::new();
        let all: Vec<_> = (1..=50).map(held).collect();
        for (key, held) in &all {
            keeping.add(key, held);
        }
        let mut file = keeping.done().expect("kept").0.expect("a file");
        file.rewind().expect("the start");
        let read: Vec<(String, HeldRecord)> = BufReader::new(file)
            .lines()
            .map(|line| serde_json::from_str(&line.expect("a line")).expect("a record"))
            .collect();
        assert_eq!(read, all);
    }

    #[test]
    fn of_more_than_the_budget_nothing_is_kept() {
        let mut keeping = Keeping::within(3000);
        for number in 1..=50 {
            let (key, held) = held(number);
            keeping.add(&key, &held);
        }
        assert!(keeping.done().is_none());
        assert!(Keeping::within(0).done().expect("nothing to keep").is_empty());
    }
}
