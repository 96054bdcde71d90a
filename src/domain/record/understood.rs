//! Keeps one record as understood: the normalised values that become an item.

use super::Attributes;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// Normalised names and values in the order sent, in one buffer; empty values are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Name, value, name, value …
    text: String,
    /// Where each of them ends.
    ends: Vec<u32>,
}

impl Record {
    /// Room for `fields` values of `bytes` altogether.
    pub fn with_capacity(fields: usize, bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            ends: Vec::with_capacity(2 * fields),
        }
    }

    /// Forgets everything and keeps the room.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Adds a value.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "readers cap a record far below 4 GiB"
    )]
    pub fn push(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len() as u32);
        self.text.push_str(value);
        self.ends.push(self.text.len() as u32);
    }

    /// Names and values in order; a repeatable name may come more than once.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.chunks_exact(2).map(move |ends| {
            let (name_end, value_end) = (ends[0] as usize, ends[1] as usize);
            let pair = (&self.text[start..name_end], &self.text[name_end..value_end]);
            start = value_end;
            pair
        })
    }

    /// For each value, how many of the same name come before it.
    pub fn places(&self) -> impl Iterator<Item = u64> {
        // Names are mostly told apart by their length and their ends; only where these were seen
        // before are the names themselves compared.
        let mut seen = 0u128;
        self.iter().enumerate().map(move |(index, (name, _))| {
            let mark = 1 << (mark(name) % 128);
            if seen & mark == 0 {
                seen |= mark;
                return 0;
            }
            self.iter()
                .take(index)
                .filter(|(other, _)| *other == name)
                .count() as u64
        })
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// How many values it has.
    pub fn len(&self) -> usize {
        self.ends.len() / 2
    }

    /// Whether it has no value.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Says whether two records mean the same: equal for equal values, in this run and the
    /// next, in whatever order the attributes were sent. The order among the values of one
    /// repeated name does count, for the first image is not the second.
    pub fn content_hash(&self) -> [u8; 16] {
        let mut sum = 0u128;
        for ((name, value), place) in self.iter().zip(self.places()) {
            let name = xxh3_128_with_seed(name.as_bytes(), place);
            #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a seed")]
            let seed = name as u64 ^ (name >> 64) as u64;
            // A sum, so that the order of attributes does not matter.
            sum = sum.wrapping_add(xxh3_128_with_seed(value.as_bytes(), seed));
        }
        sum.to_be_bytes()
    }

    /// The owned, ordered form that is stored and shown.
    pub fn to_attributes(&self) -> Attributes {
        Attributes(self.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect())
    }
}

/// A number that few names have in common.
fn mark(name: &str) -> usize {
    let bytes = name.as_bytes();
    let at = |place: usize| bytes.get(place).map_or(0, |byte| usize::from(*byte));
    let (last, middle) = (at(bytes.len().saturating_sub(1)), at(bytes.len() / 2));
    bytes.len() * 37 + at(0) * 5 + middle * 11 + last * 3
}

impl From<&Attributes> for Record {
    fn from(attributes: &Attributes) -> Self {
        let mut record = Self::default();
        for (name, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
            record.push(name, value);
        }
        record
    }
}

impl Serialize for Record {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Attributes::deserialize(deserializer).map(|attributes| Self::from(&attributes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(pairs: &[(&str, &str)]) -> Record {
        let mut record = Record::default();
        for (name, value) in pairs {
            record.push(name, value);
        }
        record
    }

    #[test]
    fn the_hash_is_blind_to_the_order_of_attributes_and_sees_everything_else() {
        let hash = record(&[("id", "1"), ("title", "x")]).content_hash();
        assert_eq!(hash, record(&[("title", "x"), ("id", "1")]).content_hash());
        for other in [
            record(&[("id", "1"), ("title", "y")]),
            record(&[("id", "x"), ("title", "1")]),
            record(&[("id", "1")]),
            record(&[("id", "1"), ("title", "x"), ("title", "x")]),
        ] {
            assert_ne!(hash, other.content_hash(), "{other:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_place_is_told_of_every_value_of_a_repeated_name(names in proptest::collection::vec("[ab]{0,3}", 0..20)) {
            let mut record = Record::default();
            for name in &names {
                record.push(name, "x");
            }
            let counted = (0..names.len()).map(|at| names[..at].iter().filter(|n| **n == names[at]).count() as u64);
            proptest::prop_assert_eq!(record.places().collect::<Vec<_>>(), counted.collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_order_of_a_repeated_attribute_is_part_of_the_content() {
        assert_ne!(
            record(&[("image", "a"), ("image", "b")]).content_hash(),
            record(&[("image", "b"), ("image", "a")]).content_hash()
        );
    }
}
