//! Carries records in the hundreds, so that cores can share the work.
//!
//! Reading is one after the other by nature: where a record ends is known only when it is
//! known where it begins. So the reader does as little as it can (it finds the rows) and a
//! block does the rest (fields, quotes, UTF-8) on whichever core has time.

use super::adapt::Adapter;
use super::csv::Rows;
use super::origin::Origin;
use super::stop::Stop;
use crate::domain::record::RawRecord;
use std::sync::Arc;

/// Some records of a file in its order. Its buffers are used again when it is filled again.
#[derive(Debug, Default)]
pub struct Block {
    pub(super) rows: Rows,
    /// Records that are parsed already, where a format has no way to find them but to parse.
    pub(super) parsed: Vec<RawRecord>,
    /// How many of them count.
    pub(super) count: usize,
    /// What the feed's profile does to each record.
    pub(super) adapter: Option<Arc<Adapter>>,
}

impl Block {
    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.rows.len() + self.count
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number in the file, counted from 1, of a record that has not been taken yet.
    pub fn number(&self, index: usize) -> u64 {
        if index < self.count {
            self.parsed[index].position().index
        } else {
            self.rows.number(index)
        }
    }

    /// Parses record `index` into `record`. Each record is to be taken once.
    pub fn record(&mut self, index: usize, record: &mut RawRecord) -> Result<(), Stop> {
        if index < self.count {
            std::mem::swap(record, &mut self.parsed[index]);
        } else {
            self.rows.parse(index, record)?;
        }
        if let Some(adapter) = &self.adapter {
            adapter.adapt(record);
        }
        Ok(())
    }

    /// Empties it, keeping its buffers.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.count = 0;
    }

    /// Puts its records where they stood in the file as sent, when they have just been found in
    /// converted text.
    pub(super) fn stand_as_sent(&mut self, origin: &Origin) {
        self.rows.stand_as_sent(origin);
        for record in &mut self.parsed[..self.count] {
            if let Some(offset) = origin.locate(record.position().offset) {
                record.set_offset(offset);
            }
        }
    }

    /// The next parsed record to fill.
    pub(super) fn slot(&mut self) -> &mut RawRecord {
        if self.count == self.parsed.len() {
            self.parsed.push(RawRecord::default());
        }
        &mut self.parsed[self.count]
    }
}
