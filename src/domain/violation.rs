//! Tells what one failed rule says about one record.
//!
//! A violation is self-contained: it carries the sentence people read, the value it speaks of
//! and, where one is sure, the value that would pass. The rules themselves are in
//! [`super::contract`]; where the record stood in its file is the record's own
//! [`super::record::Position`].

use super::record::Place;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// How much a failed rule matters, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The whole file is refused.
    Fatal,
    /// The record is quarantined.
    Error,
    /// The record is accepted, and the partner is told.
    Warning,
    /// Worth knowing; nothing to mend.
    Info,
}

impl Severity {
    /// The word for it on pages and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// Every one, worst first.
    pub const ALL: [Self; 4] = [Self::Fatal, Self::Error, Self::Warning, Self::Info];

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.word() == word)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One failed rule on one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The rule's stable code, such as `GTIN_CHECK`.
    pub code: Cow<'static, str>,
    /// How much it matters under the contract that found it.
    pub severity: Severity,
    /// The attribute it speaks of, such as `gtin`; none when it is about the whole record.
    pub attribute: Option<Cow<'static, str>>,
    /// The value as sent, cut to [`Violation::VALUE_LIMIT`] characters.
    pub value: String,
    /// One sentence with the value in it.
    pub message: String,
    /// A value that would pass, where one is sure.
    pub suggestion: Option<String>,
    /// The version of the contract that it was found under. What was stored before contracts
    /// had versions is of the first.
    #[serde(default = "first_version")]
    pub contract_version: u32,
    /// Where the attribute stands in a file of rows; none when it is missing or the violation is
    /// about the whole record, in other formats, and for what was mended by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

fn first_version() -> u32 {
    1
}

impl Violation {
    /// Longer values are cut here; the whole value is in the record.
    pub const VALUE_LIMIT: usize = 200;
}
