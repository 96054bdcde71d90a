//! Reads an entry of the audit log as another system writes it, field by field.
//!
//! Such an entry is final: it says what became of a file that somebody else checked. Whatever is
//! wrong with it is named with its field, so that its writer can mend it. Entries from the future
//! are entries like any other, for clocks differ; whoever shows them says so.
//!
//! This file says what an entry must be; [`products`] what may be told of the products of one that
//! is in the log; [`fields`] reads single fields out of JSON.

mod fields;
mod products;

pub use products::Products;

use super::delivery::{Delivery, Direction, Origin, Status};
use super::ids::{DeliveryId, FeedId, PartnerId};
use super::report::{CodeCount, Counts, FileReport, Verdict};
use super::violation::Severity;
use fields::Fields;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// Codes that one entry may count, each with an attribute.
const CODES_MAX: usize = 500;
/// Longest text of an entry, in characters.
const TEXT_MAX: usize = 500;
/// Longest code and attribute, in characters.
const WORD_MAX: usize = 60;
/// Most records and bytes that one entry may count, so that no sum of them ever overflows.
const COUNT_MAX: u64 = 1_000_000_000_000;

/// What is wrong with an entry, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field as a path, such as `records.received`; empty when it is the whole entry.
    pub field: String,
    /// A sentence for people.
    pub message: String,
}

impl Fault {
    fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.field, self.message)
        }
    }
}

/// An entry that can go into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id as its writer gave it; unique among those of its partner.
    pub id: String,
    /// What goes into the log.
    pub delivery: Delivery,
}

/// The id in our log of an entry that another system calls `id`. Two partners may call theirs
/// alike.
fn id_in_log(partner: &PartnerId, id: &str) -> DeliveryId {
    DeliveryId::new(format!("{partner}:{id}"))
}

/// What another system writes on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// An entry, under an `id` of its own.
    Entry(Box<Entry>),
    /// Products of an `entry`.
    Products(Products),
}

impl Line {
    /// Reads one line of JSON. `may_write` says of a feed why it may not be written to; only
    /// lines of feeds that it lets pass are read.
    pub fn read(json: &str, may_write: impl Fn(&FeedId) -> Result<(), Fault>) -> Result<Self, Fault> {
        let value: Value = serde_json::from_str(json).map_err(|error| {
            Fault::new(
                "",
                format!("This is not JSON ({error}); write an entry as one object on one line."),
            )
        })?;
        let fields = Fields::of("", value)?;
        Ok(if fields.has("entry") {
            Self::Products(Products::read(fields, may_write)?)
        } else {
            Self::Entry(Box::new(Entry::read(fields, may_write)?))
        })
    }
}

impl Entry {
    fn read(mut fields: Fields, may_write: impl Fn(&FeedId) -> Result<(), Fault>) -> Result<Self, Fault> {
        let id = read_id(&mut fields, "id")?;
        let feed = read_feed(&mut fields)?;
        may_write(&feed)?;
        let direction = fields.word("direction", "ingest or export", Direction::parse)?;
        let status = fields.word("status", "accepted, held or refused", |word| {
            Status::parse(word).filter(|s| matches!(s, Status::Accepted | Status::Held | Status::Refused))
        })?;
        let received_at = fields.instant("received_at")?;
        let decided_at = fields.optional("decided_at", Fields::instant)?;
        if decided_at.is_some_and(|decided| decided < received_at) {
            return Err(Fault::new(
                "decided_at",
                "It lies before received_at, and nothing is decided before it came; correct one of the two.",
            ));
        }
        let file = read_file(fields.optional("file", Fields::object)?, status)?;
        let counts = read_counts(fields.optional("records", Fields::object)?, status)?;
        let codes = fields.optional("codes", Fields::list)?.unwrap_or_default();
        let codes = read_codes(codes, counts.received)?;
        fields.end()?;
        let partner = feed.partner();
        Ok(Self {
            delivery: Delivery {
                id: id_in_log(&partner, &id),
                partner,
                feed,
                direction,
                origin: Origin::File,
                status,
                file,
                counts,
                codes,
                received_at,
                decided_at,
                repeat_of: None,
                contract_version: 0,
                profile_version: 0,
                gate: None,
                hold: None,
            },
            id,
        })
    }
}

fn read_id(fields: &mut Fields, name: &'static str) -> Result<String, Fault> {
    let id = fields.text(name, 100)?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    if !id.is_empty() && id.bytes().all(fits) {
        return Ok(id);
    }
    Err(Fault::new(
        name,
        format!("“{id}” is not an id; use letters, digits, “-”, “_”, “.” and “:”."),
    ))
}

/// The feed is `main` of a `partner`, or both in one as `partner/main`.
fn read_feed(fields: &mut Fields) -> Result<FeedId, Fault> {
    let partner = fields.text("partner", 40)?;
    let partner = PartnerId::parse(&partner).map_err(|e| Fault::new("partner", format!("{e}.")))?;
    let feed = fields.text("feed", 81)?;
    let name = feed
        .strip_prefix(partner.as_str())
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(&feed);
    FeedId::of(&partner, name).map_err(|e| Fault::new("feed", format!("{e}.")))
}

fn read_file(fields: Option<Fields>, status: Status) -> Result<FileReport, Fault> {
    let mut fields = fields.unwrap_or_else(|| Fields::none("file"));
    let name = fields.optional("name", |f, n| f.text(n, 200))?;
    let code = fields.optional("code", |f, n| f.text(n, WORD_MAX))?;
    let report = FileReport {
        name: name
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .collect(),
        verdict: match status {
            Status::Held => Verdict::Held,
            Status::Refused => Verdict::Refused,
            _ => Verdict::Accepted,
        },
        code: code.map(Cow::Owned),
        message: fields.optional("message", |f, n| f.text(n, TEXT_MAX))?,
        offset: None,
        format: None,
        encoding: None,
        bytes: fields.optional("bytes", Fields::count)?.unwrap_or(0),
        sha256: String::new(),
    };
    fields.end()?;
    Ok(report)
}

fn read_counts(fields: Option<Fields>, status: Status) -> Result<Counts, Fault> {
    let Some(mut fields) = fields else {
        return if status == Status::Accepted {
            Err(Fault::new(
                "records",
                "It is missing; say of an accepted file how many records were received, accepted, unchanged and \
                 quarantined.",
            ))
        } else {
            Ok(Counts::default())
        };
    };
    let mut optional = |name| {
        fields
            .optional(name, Fields::count)
            .map(Option::unwrap_or_default)
    };
    let counts = Counts {
        accepted: optional("accepted")?,
        unchanged: optional("unchanged")?,
        quarantined: optional("quarantined")?,
        warned: optional("warned")?,
        withdrawn: optional("withdrawn")?,
        received: fields.count("received")?,
    };
    fields.end()?;
    if !counts.conserved() {
        let Counts {
            received,
            accepted,
            unchanged,
            quarantined,
            ..
        } = counts;
        return Err(Fault::new(
            "records",
            format!(
                "received is {received}, and accepted {accepted} + unchanged {unchanged} + quarantined {quarantined} \
                 is {}; every record received goes one of these three ways.",
                accepted + unchanged + quarantined
            ),
        ));
    }
    if counts.warned > counts.accepted + counts.unchanged {
        return Err(Fault::new(
            "records.warned",
            format!(
                "{} records were warned of, and {} passed; only what passed is warned of.",
                counts.warned,
                counts.accepted + counts.unchanged
            ),
        ));
    }
    Ok(counts)
}

fn read_code(fields: &mut Fields, path: &str) -> Result<String, Fault> {
    let code = fields.text("code", WORD_MAX)?;
    if code.is_empty() || code.contains('|') {
        return Err(Fault::new(
            format!("{path}.code"),
            format!("“{code}” is not a code; use letters, digits and “_”."),
        ));
    }
    Ok(code)
}

fn read_codes(list: Vec<Value>, received: u64) -> Result<Vec<CodeCount>, Fault> {
    if list.len() > CODES_MAX {
        return Err(Fault::new(
            "codes",
            format!(
                "{} codes are more than {CODES_MAX}; leave out the rarest.",
                list.len()
            ),
        ));
    }
    let mut codes: Vec<CodeCount> = Vec::with_capacity(list.len());
    for (at, value) in list.into_iter().enumerate() {
        let path = format!("codes[{at}]");
        let mut fields = Fields::of(&path, value)?;
        let code = read_code(&mut fields, &path)?;
        let attribute = fields.optional("attribute", |f, n| f.text(n, WORD_MAX))?;
        let severity = fields.word("severity", "error, warning or info", Severity::parse)?;
        let records = fields.count("records")?;
        let occurrences = fields.optional("occurrences", Fields::count)?.unwrap_or(records);
        fields.end()?;
        if records > received {
            return Err(Fault::new(
                format!("{path}.records"),
                format!(
                    "{records} records failed {code}, and {received} were received; count each record once."
                ),
            ));
        }
        let of = (&code, &attribute);
        if codes
            .iter()
            .any(|c| (c.code.as_ref(), c.attribute.as_deref()) == (of.0.as_str(), of.1.as_deref()))
        {
            return Err(Fault::new(
                path,
                format!("{code} is counted twice; add the two up."),
            ));
        }
        codes.push(CodeCount {
            code: Cow::Owned(code),
            severity,
            attribute: attribute.map(Cow::Owned),
            records,
            occurrences,
        });
    }
    Ok(codes)
}

#[cfg(test)]
mod tests;
