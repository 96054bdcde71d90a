//! Takes entries of the audit log that other systems send, one a line, as they come.
//!
//! Entries go in some at a time while the rest is still on its way. One that cannot go in is
//! named with its line, and the others go in all the same; so whoever is cut off or told of a
//! fault sends everything once more, and what is there stays what it is. Lines between them may say
//! of an entry before them what became of its single products.

use crate::domain::delivery::Direction;
use crate::domain::entry::{Entry, Fault, Line, Products};
use crate::domain::format::count;
use crate::domain::ids::{DeliveryId, FeedId, PartnerId};
use crate::server::clock::Clock;
use crate::server::intake::Refused;
use crate::server::store::{FeedState, Logged, NotNamed, Store};
use futures::{Stream, StreamExt};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::pin::pin;

/// Entries written at once.
const BATCH: usize = 1_000;
/// Longest line, in bytes.
const LINE_MAX: usize = 256_000;
/// Entries that are named one by one; of the others it is said how many there are.
const NAMED_MAX: usize = 1_000;

/// Who writes, and where to.
#[derive(Debug, Clone)]
pub struct Writer {
    /// The partner that entries may be of.
    pub partner: PartnerId,
    /// Its feeds that entries may be of, and which way the files of each go.
    pub feeds: BTreeMap<FeedId, Direction>,
    /// Whether it may write for one feed of its partner alone.
    pub only: Option<FeedId>,
}

impl Writer {
    /// One that may write for these feeds of a partner, or for `only` one of them.
    pub fn of(partner: PartnerId, feeds: Vec<FeedState>, only: Option<FeedId>) -> Self {
        let feeds = feeds
            .into_iter()
            .map(|state| (state.feed.id, state.feed.direction));
        Self {
            partner,
            feeds: feeds.collect(),
            only,
        }
    }

    fn may_write(&self, feed: &FeedId) -> Result<(), Fault> {
        let fault = |field: &str, message: String| {
            Err(Fault {
                field: field.to_owned(),
                message,
            })
        };
        let partner = feed.partner();
        if partner != self.partner {
            return fault(
                "partner",
                format!(
                    "This token writes for {}, not for {partner}; use the token of {partner}, or correct the partner.",
                    self.partner
                ),
            );
        }
        if let Some(only) = self.only.as_ref().filter(|only| *only != feed) {
            return fault(
                "feed",
                format!(
                    "This token writes for the feed {} alone; use another token for {}.",
                    only.name(),
                    feed.name()
                ),
            );
        }
        if !self.feeds.contains_key(feed) {
            let known: Vec<&str> = self.feeds.keys().map(FeedId::name).collect();
            return fault(
                "feed",
                format!(
                    "{partner} has no feed {}; it has {}.",
                    feed.name(),
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                ),
            );
        }
        Ok(())
    }

    /// No file comes in for a feed that goes out.
    fn fits(&self, line: Line) -> Result<Line, Fault> {
        match &line {
            Line::Entry(entry)
                if entry.delivery.direction == Direction::Ingest
                    && self.feeds.get(&entry.delivery.feed) == Some(&Direction::Export) =>
            {
                Err(Fault {
                    field: "direction".to_owned(),
                    message: format!(
                        "The feed {} goes out, and this says that a file came in; correct one of the two.",
                        entry.delivery.feed.name()
                    ),
                })
            }
            _ => Ok(line),
        }
    }
}

/// An entry that did not go in, or about which there is something to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Its line, counted from 1.
    pub line: u64,
    /// Its id, where it could be read.
    pub id: Option<String>,
    /// `rejected`, `conflict`, or `future` of one that went in.
    pub outcome: &'static str,
    /// The field that is wrong; empty when it is the whole entry.
    pub field: String,
    /// What is wrong, and what to do.
    pub message: String,
}

/// What became of everything that was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Entries that are in the log now and were not before.
    pub taken: u64,
    /// Entries that were there and say the same.
    pub already: u64,
    /// Entries with the id of another that is there; that one stays.
    pub conflicts: u64,
    /// Entries that are wrong.
    pub rejected: u64,
    /// Entries, among those taken, that lie in the future.
    pub future: u64,
    /// Products of which was noted what became of them in an export.
    pub products: u64,
    /// The first thousand of those that are to be named.
    pub entries: Vec<Remark>,
    /// How many more are to be named.
    pub not_named: u64,
}

impl Taken {
    fn remark(&mut self, line: u64, id: Option<String>, outcome: &'static str, fault: Fault) {
        if self.entries.len() == NAMED_MAX {
            self.not_named += 1;
            return;
        }
        self.entries.push(Remark {
            line,
            id,
            outcome,
            field: fault.field,
            message: fault.message,
        });
    }

    fn reject(&mut self, line: u64, fault: Fault) {
        self.rejected += 1;
        self.remark(line, None, "rejected", fault);
    }
}

/// One that takes entries in, line by line.
struct Taking<'a> {
    store: &'a Store,
    clock: &'a Clock,
    writer: &'a Writer,
    waiting: Vec<(u64, Entry)>,
    line: u64,
    taken: Taken,
    /// Entries that were sent and did not go in, for others have their ids.
    conflicting: BTreeSet<DeliveryId>,
}

impl Taking<'_> {
    async fn take(&mut self, line: &[u8]) -> Result<(), Refused> {
        self.line += 1;
        let line = if self.line == 1 {
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        } else {
            line
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let read = std::str::from_utf8(line)
            .map_err(|_| Fault {
                field: String::new(),
                message: "This line is not UTF-8; write it in UTF-8.".to_owned(),
            })
            .and_then(|text| Line::read(text, |feed| self.writer.may_write(feed)))
            .and_then(|line| self.writer.fits(line));
        match read {
            Ok(Line::Entry(entry)) => self.waiting.push((self.line, *entry)),
            Ok(Line::Products(products)) => self.note(products).await?,
            Err(fault) => self.taken.reject(self.line, fault),
        }
        if self.waiting.len() >= BATCH {
            self.write().await?;
        }
        Ok(())
    }

    /// Notes products of an entry, which may be one of those that wait to be written.
    async fn note(&mut self, products: Products) -> Result<(), Refused> {
        self.write().await?;
        let is_another = self.conflicting.contains(&products.entry);
        let noted = if is_another {
            Err(NotNamed::Entry)
        } else {
            self.store.note_products(&products, self.clock.now()).await?
        };
        let Err(why) = noted else {
            self.taken.products += products.fates.len() as u64;
            return Ok(());
        };
        let Products { id, to, of, .. } = products;
        let (field, message) = match why {
            NotNamed::Entry if is_another => (
                "entry",
                format!(
                    "The entry {id} that was sent did not go in, for another has its id; name no products of it."
                ),
            ),
            NotNamed::Entry => (
                "entry",
                format!("The log has no export {id} of {to}; send its entry first, with direction export."),
            ),
            NotNamed::NotSent => (
                "entry",
                format!(
                    "The export {id} did not arrive, says its entry; name products of those that were accepted."
                ),
            ),
            NotNamed::Ahead => (
                "entry",
                format!(
                    "The export {id} lies in the future by our clock; name its products when that time has come."
                ),
            ),
            NotNamed::Catalogue => (
                "of",
                format!("There is no feed {of}; name the catalogue that the products came from."),
            ),
        };
        let field = field.to_owned();
        self.taken.rejected += 1;
        self.taken
            .remark(self.line, Some(id), "rejected", Fault { field, message });
        Ok(())
    }

    fn too_long(&mut self) {
        self.line += 1;
        self.taken.reject(
            self.line,
            Fault {
                field: String::new(),
                message: format!(
                    "This line is longer than {} bytes; write one entry a line, and fewer codes or products in each.",
                    count(LINE_MAX as u64)
                ),
            },
        );
    }

    async fn write(&mut self) -> Result<(), Refused> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let (lines, entries): (Vec<_>, Vec<_>) = self.waiting.drain(..).unzip();
        let (ids, deliveries): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .map(|entry| (entry.id, entry.delivery))
            .unzip();
        let fates = self.store.log_deliveries(&deliveries, now).await?;
        for (((line, id), delivery), fate) in lines.into_iter().zip(ids).zip(&deliveries).zip(fates) {
            match fate {
                Logged::New => self.taken.taken += 1,
                Logged::There => {
                    self.taken.already += 1;
                    continue;
                }
                Logged::Conflict => {
                    self.taken.conflicts += 1;
                    self.conflicting.insert(delivery.id.clone());
                    let message = format!(
                        "Another entry with the id {id} is in the log and says something else; it stays. Send a new \
                         entry under an id of its own."
                    );
                    let field = "id".to_owned();
                    self.taken
                        .remark(line, Some(id), "conflict", Fault { field, message });
                    continue;
                }
            }
            if delivery.is_ahead(now) {
                self.taken.future += 1;
                let message = format!(
                    "It went in, and it lies in the future by our clock, which says {}; look at the clock of whoever \
                     wrote it.",
                    crate::domain::format::instant(now)
                );
                let field = "received_at".to_owned();
                self.taken
                    .remark(line, Some(id), "future", Fault { field, message });
            }
        }
        Ok(())
    }
}

/// Takes entries, one a line, of at most `limit` bytes together. What came before the limit, or
/// before the sender broke off, is in the log when this fails.
pub async fn take_log<B, E>(
    store: &Store,
    clock: &Clock,
    writer: &Writer,
    limit: u64,
    body: impl Stream<Item = Result<B, E>>,
) -> Result<Taken, Refused>
where
    B: AsRef<[u8]>,
    E: Display,
{
    let mut taking = Taking {
        store,
        clock,
        writer,
        waiting: Vec::with_capacity(BATCH),
        line: 0,
        taken: Taken::default(),
        conflicting: BTreeSet::new(),
    };
    let mut body = pin!(body);
    let (mut line, mut skipping, mut bytes) = (Vec::new(), false, 0);
    while let Some(chunk) = body.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                taking.write().await?;
                return Err(Refused::Broken(format!(
                    "The entries broke off after line {} ({error}). Those before are in the log; send all of them \
                     again, and they stay what they are.",
                    count(taking.line)
                )));
            }
        };
        let chunk = chunk.as_ref();
        bytes += chunk.len() as u64;
        if bytes > limit {
            taking.write().await?;
            return Err(Refused::TooLarge(limit));
        }
        let mut pieces = chunk.split(|byte| *byte == b'\n');
        // What stands behind the last line break is the beginning of a line.
        let rest = pieces.next_back().unwrap_or_default();
        for piece in pieces {
            if skipping || line.len() + piece.len() > LINE_MAX {
                taking.too_long();
            } else {
                line.extend_from_slice(piece);
                taking.take(&line).await?;
            }
            line.clear();
            skipping = false;
        }
        if !skipping {
            line.extend_from_slice(rest);
        }
        if line.len() > LINE_MAX {
            skipping = true;
            line.clear();
        }
    }
    if skipping {
        taking.too_long();
    } else {
        taking.take(&line).await?;
    }
    taking.write().await?;
    // What is wrong is known at once, and what became of the others when they were written.
    taking.taken.entries.sort_by_key(|remark| remark.line);
    Ok(taking.taken)
}
