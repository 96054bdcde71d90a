//! Walks the elements of a document where it lies, by the layout that bsonspec.org gives them: for
//! lists as long as the quarantine, of which going through each record with the driver's own
//! iterator took half the time. Only what such a list shows is made a value; the rest is stepped over.
//! Anything else is read by serde.

use super::{Error, Result};

/// What an element holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    /// A text.
    Text(&'a str),
    /// A document or a list, whose elements are walked in their turn.
    Nested(Elements<'a>),
    /// A whole number of either width.
    Number(i64),
    /// A time, in milliseconds since 1970.
    Time(i64),
    /// None, or what no list shows.
    Other,
}

impl<'a> Value<'a> {
    pub fn text(&self) -> Result<&'a str> {
        self.some_text().ok_or_else(|| unlike("a text", self))
    }

    /// The text, if it is one.
    pub fn some_text(&self) -> Option<&'a str> {
        match *self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn nested(&self) -> Result<Elements<'a>> {
        match self {
            Self::Nested(elements) => Ok(elements.clone()),
            _ => Err(unlike("a list or a document", self)),
        }
    }

    pub fn number(&self) -> Result<u64> {
        let n = match *self {
            Self::Number(n) => u64::try_from(n).ok(),
            _ => None,
        };
        n.ok_or_else(|| unlike("a count", self))
    }
}

/// An error that names what was to be there.
pub(super) fn unlike(what: &str, value: &Value<'_>) -> Error {
    let there = match value {
        Value::Text(_) => "a text",
        Value::Nested(_) => "a list or a document",
        Value::Number(_) => "a number",
        Value::Time(_) => "a time",
        Value::Other => "something else",
    };
    Error::Corrupt(format!("{what} was to be there, and it is {there}"))
}

/// The elements of a document that are still to be walked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// Of a whole document.
    pub fn of(document: &'a [u8]) -> Result<Self> {
        let mut rest = document;
        nested(&mut rest).map(Self).ok_or_else(broken)
    }

    fn step(&mut self) -> Option<(&'a [u8], Value<'a>)> {
        let rest = &mut self.0;
        let kind = take(rest, 1)?[0];
        let end = memchr::memchr(0, rest)?;
        let name = take(rest, end)?;
        take(rest, 1)?;
        let value = match kind {
            // What is neither a text, a number, a time nor nested is as long as its kind is.
            0x01 | 0x11 => skip(rest, 8)?,
            0x02 => {
                let length = length(rest)?;
                let (end, text) = take(rest, length)?.split_last()?;
                Value::Text((*end == 0).then(|| std::str::from_utf8(text).ok())??)
            }
            0x03 | 0x04 => Value::Nested(Self(nested(rest)?)),
            0x05 => {
                let length = length(rest)?;
                skip(rest, length.checked_add(1)?)?
            }
            0x06 | 0x0A | 0x7F | 0xFF => Value::Other,
            0x07 => skip(rest, 12)?,
            0x08 => skip(rest, 1)?,
            0x09 => Value::Time(i64::from_le_bytes(take(rest, 8)?.try_into().ok()?)),
            0x0D | 0x0E => {
                let length = length(rest)?;
                skip(rest, length)?
            }
            0x10 => Value::Number(i32::from_le_bytes(take(rest, 4)?.try_into().ok()?).into()),
            0x12 => Value::Number(i64::from_le_bytes(take(rest, 8)?.try_into().ok()?)),
            0x13 => skip(rest, 16)?,
            // Patterns and pointers, which no record of ours has.
            _ => return None,
        };
        Some((name, value))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<(&'a [u8], Value<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let step = self.step();
        if step.is_none() {
            // Behind what is broken nothing is known.
            self.0 = &[];
        }
        Some(step.ok_or_else(broken))
    }
}

fn broken() -> Error {
    Error::Corrupt("a document of the database is not laid out as it was to be".to_owned())
}

fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(bytes)?;
    *rest = behind;
    Some(taken)
}

fn skip<'a>(rest: &mut &'a [u8], bytes: usize) -> Option<Value<'a>> {
    take(rest, bytes).map(|_| Value::Other)
}

/// A length, in bytes, as it stands before texts and documents.
fn length(rest: &mut &[u8]) -> Option<usize> {
    let length = i32::from_le_bytes(take(rest, 4)?.try_into().ok()?);
    usize::try_from(length).ok()
}

/// The elements of a document that begins here, without its length and its end.
fn nested<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let inside = length(rest)?.checked_sub(5)?;
    let elements = take(rest, inside)?;
    (take(rest, 1)? == [0]).then_some(elements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::{self, Bson, Document, doc};
    use proptest::prelude::*;

    /// What the driver's own reading of a value makes.
    fn same(value: &Value<'_>, bson: &Bson) -> bool {
        match (value, bson) {
            (Value::Text(text), Bson::String(other)) => *text == other.as_str(),
            (Value::Number(n), Bson::Int32(other)) => *n == i64::from(*other),
            (Value::Number(n), Bson::Int64(other)) => n == other,
            (Value::Time(at), Bson::DateTime(other)) => *at == other.timestamp_millis(),
            (Value::Nested(elements), Bson::Document(other)) => same_all(elements.clone(), other),
            (Value::Nested(elements), Bson::Array(other)) => {
                let named = other.iter().enumerate();
                same_all(
                    elements.clone(),
                    &named.map(|(i, v)| (i.to_string(), v.clone())).collect(),
                )
            }
            (Value::Other, Bson::String(_) | Bson::Int32(_) | Bson::Int64(_) | Bson::DateTime(_)) => false,
            (Value::Other, other) => !matches!(other, Bson::Document(_) | Bson::Array(_)),
            _ => false,
        }
    }

    fn same_all(elements: Elements<'_>, document: &Document) -> bool {
        let all: Result<Vec<_>> = elements.collect();
        all.is_ok_and(|all| {
            all.len() == document.len()
                && all
                    .iter()
                    .zip(document)
                    .all(|((name, value), (other, bson))| *name == other.as_bytes() && same(value, bson))
        })
    }

    fn any_bson() -> impl Strategy<Value = Bson> {
        let leaf = prop_oneof![
            any::<String>().prop_map(Bson::String),
            any::<i32>().prop_map(Bson::Int32),
            any::<i64>().prop_map(Bson::Int64),
            any::<f64>().prop_map(Bson::Double),
            any::<bool>().prop_map(Bson::Boolean),
            Just(Bson::Null),
            any::<i64>().prop_map(|at| Bson::DateTime(bson::DateTime::from_millis(at))),
            any::<[u8; 12]>().prop_map(|id| Bson::ObjectId(bson::oid::ObjectId::from_bytes(id))),
            any::<[u8; 16]>().prop_map(|n| Bson::Decimal128(bson::Decimal128::from_bytes(n))),
            any::<Vec<u8>>().prop_map(|bytes| {
                let subtype = bson::spec::BinarySubtype::Generic;
                Bson::Binary(bson::Binary { subtype, bytes })
            }),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Bson::Array),
                prop::collection::vec(("[^\0]{0,6}", inner), 0..6)
                    .prop_map(|all| Bson::Document(all.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_document_is_walked_as_the_driver_reads_it(
            all in prop::collection::vec(("[^\0]{0,6}", any_bson()), 0..8),
        ) {
            let document: Document = all.into_iter().collect();
            let bytes = document.to_vec().expect("BSON");
            prop_assert!(same_all(Elements::of(&bytes).expect("whole"), &document));
        }

        #[test]
        fn a_damaged_document_ends_in_an_error_or_in_other_values_but_never_in_a_panic(
            value in any_bson(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
        ) {
            let mut bytes = doc! {"value": value}.to_vec().expect("BSON");
            let at = at.index(bytes.len());
            if cut {
                bytes.truncate(at);
                prop_assert!(Elements::of(&bytes).is_err());
            } else {
                bytes[at] = byte;
                walk(&bytes);
            }
        }
    }

    fn walk(bytes: &[u8]) {
        let mut all: Vec<_> = Elements::of(bytes).into_iter().collect();
        let mut steps = 0;
        while let Some(elements) = all.pop() {
            for (_, value) in elements.flatten() {
                steps += 1;
                assert!(steps < 100_000, "walking ends");
                all.extend(value.nested());
            }
        }
    }

    #[test]
    fn what_is_not_what_it_was_to_be_is_named() {
        let error = Value::Number(-1).number().expect_err("below zero").to_string();
        assert!(
            error.contains("a count was to be there, and it is a number"),
            "{error}"
        );
    }
}
