//! Turns the bytes of a file into records with their positions.
//!
//! | room | owns |
//! |---|---|
//! | [`stop`] | why reading ends early: the file is refused, or its source failed |
//! | [`source`] | bytes as received: counted, hashed, unpacked, within limits |
//! | [`zip`] | the one data file of a zip archive |
//! | [`sniff`] | what a file is, told by its content and never by its name |
//! | [`encoding`] | bytes to UTF-8, and what else they might have been |
//! | [`origin`] | where converted text stood in the file as sent |
//! | [`csv`] | rows and their kin |
//! | [`scan`] | where rows and cells with proper quotes end, many bytes at once |
//! | [`shape`] | where they end whatever their quotes, and what the header says |
//! | [`xml`] | RSS and Atom, and any other XML by the path to its records |
//! | [`plan`] | what the feed's profile says, prepared for the readers |
//! | [`adapt`] | a record as sent to one in the contract's words |
//! | [`mended`] | the fixes that the profile keeps, made in each record |
//! | [`json`] | lists of objects, and an object a line |
//! | [`block`] | records in the hundreds, so that cores can share the work |
//!
//! It streams: memory does not grow with the file. No byte sequence makes it panic; whatever
//! comes ends in records, a refusal or a failed source. What is right or wrong about values is
//! none of its business: it knows [`crate::domain::profile`] and [`crate::domain::record`], names
//! file rules, and knows nothing else of ours.

pub mod adapt;
pub mod block;
pub mod csv;
pub mod encoding;
pub mod json;
mod mended;
mod nested;
mod origin;
mod plan;
mod scan;
mod shape;
pub mod sniff;
pub mod source;
pub mod stop;
mod tap;
pub mod xml;
mod zip;

pub use block::Block;
pub use source::Limits;
pub use stop::Stop;

use crate::domain::profile::Profile;
use crate::domain::record::{Names, RawRecord};
use crate::domain::report::{Format, Refusal};
use adapt::Adapter;
use origin::Origin;
use plan::Plan;
use source::{Received, Unpacked};
use std::io::Read;
use std::sync::Arc;

/// What is known of a file besides its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What it turned out to be; none when it was refused before that was known.
    pub format: Option<Format>,
    /// The encoding it was read in, in lower case.
    pub encoding: Option<String>,
    /// Size as received, in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes as received, in hex.
    pub sha256: String,
}

enum Kind {
    Csv(csv::Reader),
    Xml(Box<xml::Reader>),
    Json(json::Reader),
}

/// A file being read.
pub struct Reader {
    received: Received,
    format: Option<Format>,
    encoding: Option<&'static str>,
    /// None when the file was refused at its first bytes.
    kind: Option<Kind>,
    /// None when the text is the file's own.
    origin: Option<Origin>,
    adapter: Option<Arc<Adapter>>,
    block: Block,
    next: usize,
}

/// Begins to read a file: unpacks it, tells what it is, reads its header. Records come out in
/// the words of the contract, as far as the profile knows how.
///
/// On a refusal the caller still learns size and hash of what was received, so the reader
/// comes back with it.
pub fn open(
    source: impl Read + Send + 'static,
    limits: Limits,
    profile: &Profile,
) -> (Reader, Result<(), Stop>) {
    let plan = Plan::of(profile);
    let received = Received::new(Box::new(source));
    let mut reader = Reader {
        received: received.clone(),
        format: None,
        encoding: None,
        kind: None,
        origin: None,
        adapter: plan.adapter.clone(),
        block: Block::default(),
        next: 0,
    };
    let result = reader.begin(received, limits, &plan);
    let result = result.map_err(|stop| reader.as_sent(stop));
    (reader, result)
}

impl Reader {
    fn begin(&mut self, received: Received, limits: Limits, plan: &Plan) -> Result<(), Stop> {
        let mut unpacked = Unpacked::open(received, limits)?;
        let sniffed = sniff::sniff(&mut unpacked, plan.encoding.as_ref())?;
        self.encoding = Some(sniffed.encoding.name);
        let (text, origin) = encoding::to_utf8(unpacked, &sniffed.encoding);
        self.origin = origin;
        match sniffed.kind {
            sniff::Kind::Text => {
                let (reader, format) = csv::Reader::open(text, sniffed.encoding.skipped, limits, plan)?;
                self.format = Some(format);
                self.kind = Some(Kind::Csv(reader));
            }
            sniff::Kind::Json => {
                let (reader, format) = json::Reader::open(text, sniffed.encoding.skipped, limits, plan)?;
                self.format = Some(format);
                self.kind = Some(Kind::Json(reader));
            }
            sniff::Kind::Xml => {
                let mut reader = xml::Reader::open(text, sniffed.encoding.skipped, limits, plan);
                let format = reader.read_root();
                self.format = reader.format();
                format?;
                self.kind = Some(Kind::Xml(Box::new(reader)));
            }
        }
        Ok(())
    }

    /// What the file turned out to be.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// The names met so far; in rows all of them from the start.
    pub fn names(&self) -> Option<&Names> {
        match self.kind.as_ref()? {
            Kind::Csv(reader) => Some(reader.names()),
            Kind::Xml(reader) => Some(reader.names()),
            Kind::Json(reader) => Some(reader.names()),
        }
    }

    /// Has the records come out as they were sent, under the names that the profile explains, and
    /// gives what would have turned them into the words of the contract, if anything. To be asked
    /// before the first record.
    pub fn leave_as_sent(&mut self) -> Option<Arc<Adapter>> {
        self.adapter.take()
    }

    /// Fills a block with the records that come next; false when there are no more.
    pub fn fill(&mut self, block: &mut Block) -> Result<bool, Stop> {
        if block.adapter.is_none() && self.adapter.is_some() {
            block.adapter.clone_from(&self.adapter);
        }
        let filled = match &mut self.kind {
            None => Ok(false),
            Some(Kind::Csv(reader)) => reader.fill(block),
            Some(Kind::Xml(reader)) => reader.fill(block),
            Some(Kind::Json(reader)) => reader.fill(block),
        };
        if let Some(origin) = &self.origin {
            block.stand_as_sent(origin);
        }
        filled.map_err(|stop| self.as_sent(stop))
    }

    /// A refusal with its place in the file as sent.
    fn as_sent(&self, stop: Stop) -> Stop {
        match (&self.origin, stop) {
            (Some(origin), Stop::Refused(refusal)) => Stop::Refused(Refusal {
                offset: origin.locate_refusal(refusal.offset),
                ..refusal
            }),
            (_, stop) => stop,
        }
    }

    /// Reads the next record; false when there are no more.
    pub fn read(&mut self, record: &mut RawRecord) -> Result<bool, Stop> {
        while self.next >= self.block.len() {
            self.next = 0;
            let mut block = std::mem::take(&mut self.block);
            let more = self.fill(&mut block);
            self.block = block;
            if !more? {
                return Ok(false);
            }
        }
        self.block.record(self.next, record)?;
        self.next += 1;
        Ok(true)
    }

    /// Reads whatever is left of the source, and says what is known of the file.
    pub fn summary(&mut self) -> Result<Summary, Stop> {
        let (bytes, sha256) = self.received.finish()?;
        Ok(Summary {
            format: self.format,
            encoding: self.encoding.map(str::to_owned),
            bytes,
            sha256,
        })
    }
}

#[cfg(test)]
mod tests;
