//! Says how a partner writes its feed: what a reader must be told that the file does not say.
//!
//! A profile turns what a partner sends into the words of the contract: which element is a
//! record, which column is which attribute, which mark stands before the decimals. It never
//! judges; that is the [`super::contract`]'s business. An empty profile changes nothing, and
//! most feeds need none. People write profiles as TOML, on a feed's page or in a file for
//! `feedgate check --profile`.

use super::contract::Currency;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How to read one feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// A shipped profile to start from, such as `ceneo`; what stands here goes before it.
    pub base: Option<String>,
    /// The encoding of bytes that do not say so themselves, such as `windows-1252`.
    pub encoding: Option<String>,
    /// What separates fields, where it cannot be told from the first rows.
    pub delimiter: Option<char>,
    /// The names of the columns of a file without a header row.
    pub columns: Option<Vec<String>>,
    /// Which element of XML or which list of JSON holds the records, such as `/offers/group/o`.
    pub record: Option<String>,
    /// The mark before the decimals of prices and measures: `.` or `,`.
    pub decimal: Option<char>,
    /// The currency of prices that name none.
    pub currency: Option<Currency>,
    /// The unit of weights that name none, such as `kg`.
    pub weight_unit: Option<String>,
    /// The unit of lengths that name none, such as `cm`.
    pub length_unit: Option<String>,
    /// Names as sent, to attributes; an empty attribute leaves the field out.
    pub map: BTreeMap<String, String>,
    /// Attributes that every record has, whatever was sent.
    pub fixed: BTreeMap<String, String>,
    /// By attribute: values as sent, to values as meant.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
}

impl Profile {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
