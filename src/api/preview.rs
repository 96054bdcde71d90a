//! Carries what a profile makes of the first records of a file, for the page of the profile.
//!
//! These are answers of [`super::profile::read_profile`]; there is no function of their own.

use crate::domain::ids::DeliveryId;
use crate::domain::violation::Violation;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What becomes of a name that was sent, or of an attribute that was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Fate {
    /// The profile says which attribute it is.
    Mapped,
    /// The contract knows the name as it is.
    Known,
    /// The profile gives the value, and none was sent.
    Given,
    /// No rule looks at it; it is kept under its own name.
    Unknown,
    /// The profile gives another value in its place.
    Replaced,
    /// The record has the attribute twice, and the other one counts.
    Outdone,
    /// The profile leaves it out.
    LeftOut,
    /// It was not sent, and the contract asks for it.
    Missing,
}

/// One field of a record: as sent, as understood, and what is found about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldView {
    /// Name and value as sent; none when it was not.
    pub sent: Option<(String, String)>,
    /// What becomes of it.
    pub fate: Fate,
    /// The attribute it becomes, or the name it is kept under; empty when it becomes nothing.
    pub attribute: String,
    /// The value as understood; none when there is none.
    pub understood: Option<String>,
    /// What the contract finds about it.
    pub violations: Vec<Violation>,
}

/// One record, as sent and as understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordView {
    /// Which one it is in the file, counted from 1.
    pub index: u64,
    /// The line it begins on, counted from 1; 0 where lines mean nothing.
    pub line: u64,
    /// Its id as understood; empty when it has none.
    pub id: String,
    /// Whether it would be quarantined.
    pub is_held: bool,
    /// What is found about the record as a whole.
    pub whole: Vec<Violation>,
    /// Its fields in the order sent, then what was not sent.
    pub fields: Vec<FieldView>,
    /// Fields behind those, which are not shown.
    pub more: u64,
}

/// One name that the records have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameView {
    /// The name as sent.
    pub sent: String,
    /// What becomes of it.
    pub fate: Fate,
    /// The attribute it becomes, or the name it is kept under.
    pub attribute: String,
    /// Records with a value under it.
    pub filled: u64,
    /// The first value.
    pub example: String,
}

/// How the records that were looked at fare under one profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What the file turned out to be, in words; empty when it was refused before that was known.
    pub format: String,
    /// Records that could be read.
    pub records: u64,
    /// Records that would be accepted.
    pub passed: u64,
    /// Why reading ended before that: the code of the rule, if it was one, and the sentence.
    pub stopped: Option<(Option<String>, String)>,
    /// The codes that keep records in quarantine, with how many each, the most first.
    pub reasons: Vec<(String, u64)>,
}

/// What the records were taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A file that is kept.
    File {
        /// Its delivery.
        delivery: DeliveryId,
        /// The name it came with.
        name: String,
        /// When it came.
        at: DateTime<Utc>,
    },
    /// Records that were pasted.
    Pasted,
}

/// What a profile makes of the first records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// What they were taken from.
    pub source: Source,
    /// The first few.
    pub records: Vec<RecordView>,
    /// The names they have, in the order met.
    pub names: Vec<NameView>,
    /// How those that were looked at fare.
    pub outcome: Outcome,
    /// How they fare under the profile in force, when another was tried.
    pub standing: Option<Outcome>,
}
