//! Holds one product: as the partner sent it, as we understand it, and as we keep it.
//!
//! [`RawRecord`] is what a reader fills: names, values, bytes and position, reused from record
//! to record so that reading allocates nothing. [`Record`] is what the contract understood:
//! the values that become an item. [`Attributes`] is the owned, ordered form that quarantine
//! and the editor keep; it goes back into a [`RawRecord`], so that a mended record passes
//! through the same rules. What the values mean is the contract's business.

mod attribute;
mod json;
mod merge;
mod names;
mod place;
mod raw;
mod understood;

pub use attribute::Attribute;
pub use json::Malformed;
pub use merge::{Difference, merge};
pub use names::{Dictionary, Name, Names, rank};
pub use place::Place;
pub use raw::{Damage, RawRecord};
pub use understood::Record;

use serde::{Deserialize, Serialize};

/// Where a record stood in its file, unpacked and otherwise as sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Which record it is, counted from 1.
    pub index: u64,
    /// Line it begins on, counted from 1; 0 where lines mean nothing (XML, JSON).
    pub line: u64,
    /// Byte offset of its first byte.
    pub offset: u64,
}

/// What makes two records the same product: its id, with single spaces and in one case.
pub fn key(id: &str) -> String {
    let words: Vec<&str> = id.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Names and values in the order sent; a name may repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attributes(pub Vec<(String, String)>);

impl Attributes {
    /// Most values of a record that somebody types.
    pub const MOST: usize = 500;

    /// What a form says: names and values in parallel order. A pair without a name is left out,
    /// and the line breaks that browsers send are those that stand in the fields.
    pub fn typed(names: Vec<String>, values: Vec<String>) -> Self {
        let pairs = names.into_iter().zip(values);
        Self(
            pairs
                .filter(|(name, _)| !name.trim().is_empty())
                .map(|(name, value)| (name, value.replace("\r\n", "\n")))
                .collect(),
        )
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}
