//! Reports what the check of one file found.
//!
//! This is the object that `check --json` and `ingest --json` print, and scripts rely on its
//! shape: add to it, never rename. The same report fills the delivery's page and its document.

use super::contract::Column;
use super::format::count;
use super::gate::Gate;
use super::portrait::Portrait;
use super::violation::{Severity, Violation};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Examples of one code on one attribute that are kept with a delivery. The quarantine has every
/// record; this is for warnings and for a look without a click.
pub const SAMPLES_KEPT: usize = 5;

/// What becomes of a file as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It was read to its end; its records stand each for itself.
    Accepted,
    /// It was read, but a gate keeps it from taking effect until somebody releases it.
    Held,
    /// It is damaged; nothing of it takes effect.
    Refused,
}

/// The file kinds we read, told apart by content and never by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Separated by comma, semicolon or pipe.
    Csv,
    /// Separated by tabs.
    Tsv,
    /// RSS with Google's `g:` names.
    Rss,
    /// Atom with Google's `g:` names.
    Atom,
    /// Another XML vocabulary, read by a record path.
    Xml,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
}

impl Format {
    /// The word for it on pages and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Rss => "rss",
            Self::Atom => "atom",
            Self::Xml => "xml",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
        }
    }
}

/// Why a whole file is refused or held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// The file rule's stable code, such as `FILE_TRUNCATED`.
    pub code: Cow<'static, str>,
    /// One sentence: what is wrong and what to do about it.
    pub message: String,
    /// Where in the (unpacked) file, in bytes from its start, when a place can be named.
    pub offset: Option<u64>,
}

/// What is known of the file itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    /// The name it came with.
    pub name: String,
    /// What becomes of it.
    pub verdict: Verdict,
    /// The file rule that refused or held it.
    pub code: Option<Cow<'static, str>>,
    /// The sentence for that.
    pub message: Option<String>,
    /// Where in the unpacked file, in bytes.
    pub offset: Option<u64>,
    /// What it turned out to be; none when it was refused before that was known.
    pub format: Option<Format>,
    /// The encoding it was read in, such as `utf-8`.
    pub encoding: Option<String>,
    /// Size as received, in bytes, packed if it was packed.
    pub bytes: u64,
    /// SHA-256 of the bytes as received, in hex.
    pub sha256: String,
}

/// How many records went which way. `received = accepted + unchanged + quarantined` once a
/// file is decided; `warned` counts records among the accepted and unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Counts {
    /// Records read from the file.
    pub received: u64,
    /// Records that passed and are new or changed.
    pub accepted: u64,
    /// Records that passed and say what we already had. Always 0 in a `check`, which has
    /// nothing to compare with.
    pub unchanged: u64,
    /// Records held for at least one error.
    pub quarantined: u64,
    /// Records that passed with at least one warning.
    pub warned: u64,
    /// Products that a whole catalogue no longer names and that were therefore withdrawn. They
    /// are no records of the file, so they are no part of the law.
    #[serde(default)]
    pub withdrawn: u64,
}

impl Counts {
    /// Quarantined ÷ received; none when nothing was received, for that is not 0 %.
    pub fn rejection_rate(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a rate of counts far below 2^52")]
        (self.received > 0).then(|| self.quarantined as f64 / self.received as f64)
    }

    /// The law every decided delivery obeys.
    pub fn conserved(&self) -> bool {
        self.received == self.accepted + self.unchanged + self.quarantined
    }

    /// Takes away what a part of it counted; no count goes below nothing.
    pub fn take_away(&mut self, part: Self) {
        let less = |whole: &mut u64, part: u64| *whole = whole.saturating_sub(part);
        less(&mut self.received, part.received);
        less(&mut self.accepted, part.accepted);
        less(&mut self.unchanged, part.unchanged);
        less(&mut self.quarantined, part.quarantined);
        less(&mut self.warned, part.warned);
        less(&mut self.withdrawn, part.withdrawn);
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.received += other.received;
        self.accepted += other.accepted;
        self.unchanged += other.unchanged;
        self.quarantined += other.quarantined;
        self.warned += other.warned;
        self.withdrawn += other.withdrawn;
    }
}

/// How often one rule failed, on one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeCount {
    /// The rule's code.
    pub code: Cow<'static, str>,
    /// How much it matters.
    pub severity: Severity,
    /// The attribute, none for the record or file as a whole.
    pub attribute: Option<Cow<'static, str>>,
    /// Records it failed on.
    pub records: u64,
    /// Times it failed, at least once per record.
    pub occurrences: u64,
}

/// One violation with its place, to show what a code means in this file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The record's id as sent; empty when it has none.
    pub id: String,
    /// Which record of the file it is, counted from 1; 0 in what was logged before it was told.
    #[serde(default)]
    pub index: u64,
    /// Line in text formats, counted from 1; 0 where lines mean nothing.
    pub line: u64,
    /// Byte offset of the record in the unpacked file.
    pub offset: u64,
    /// What failed.
    #[serde(flatten)]
    pub violation: Violation,
}

/// What one rule on trial would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// The rule's code.
    pub code: Cow<'static, str>,
    /// How much it would matter.
    pub severity: Severity,
    /// The attribute, none for the record or file as a whole.
    pub attribute: Option<Cow<'static, str>>,
    /// Records it failed on.
    pub records: u64,
    /// Those of them that it would have held, and that nothing else did.
    pub rejected: u64,
    /// Up to [`Shadow::SAMPLES`] examples, in the order of the file.
    pub samples: Vec<Sample>,
}

impl Sample {
    /// Where it is, in words: the line of a text, and in rows the column and field; the record
    /// and its first byte in other formats.
    pub fn place(&self) -> String {
        let field = self.violation.place.as_ref();
        match (self.line, self.index) {
            (0, 0) => format!("byte {}", count(self.offset)),
            (0, index) => format!("record {}, byte {}", count(index), count(self.offset)),
            (line, _) => {
                let line = field.and_then(|place| place.line).unwrap_or(line);
                let field = field.map(|place| format!(", {place}")).unwrap_or_default();
                format!("line {}{field}", count(line))
            }
        }
    }
}

impl Shadow {
    /// Examples kept per code.
    pub const SAMPLES: usize = 10;
}

/// What the check of one file found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The file itself.
    pub file: FileReport,
    /// Its records, counted.
    pub records: Counts,
    /// Every code that occurred, the most records first. All are counted, only samples are capped.
    pub codes: Vec<CodeCount>,
    /// Up to [`Report::SAMPLES_PER_CODE`] examples of each code, in the order of the file.
    pub samples: Vec<Sample>,
    /// What rules on trial would have done; nothing of it counts anywhere else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shadow: Vec<Shadow>,
    /// Fields that are neither in the specification nor explained by the profile, those of the
    /// most records first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_columns: Vec<Column>,
    /// The file in a few figures; none when it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portrait: Option<Portrait>,
    /// What the gates make of the file; none in a `check`, which knows nothing of other files,
    /// and for a file that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
    /// Wall time it took.
    pub elapsed_ms: u64,
}

impl Report {
    /// Examples kept per code and attribute.
    pub const SAMPLES_PER_CODE: usize = 50;

    /// The exit code scripts rely on: 0 clean, 1 records quarantined, 3 file refused, 4 held.
    pub fn exit_code(&self) -> u8 {
        match self.file.verdict {
            Verdict::Refused => 3,
            Verdict::Held => 4,
            Verdict::Accepted => u8::from(self.records.quarantined > 0),
        }
    }
}
