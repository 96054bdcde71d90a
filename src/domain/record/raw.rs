//! Carries one record as sent, in buffers that are filled again for the next.

use super::{Attributes, Name, Names, Position};
use std::sync::Arc;

/// A part of a record's text. Readers cap a record far below 4 GiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }
}

#[derive(Debug, Clone, Copy)]
struct Field {
    name: u16,
    value: Span,
}

/// What the reader found wrong with the form of one record; the rest of the file is sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// It has another number of fields than the header.
    Columns {
        /// Fields in the record.
        found: usize,
        /// Fields in the header.
        expected: usize,
    },
    /// A quote stands unescaped inside a quoted field.
    Quote {
        /// Which field, counted from 1.
        column: usize,
    },
    /// A line that is to be a JSON object is none.
    Json {
        /// What is wrong with it, as a sentence.
        fault: String,
    },
    /// The `g` prefix is bound to another namespace than Google's, or to none.
    Namespace {
        /// What it is bound to; empty when to nothing.
        bound_to: String,
    },
}

/// One record as sent: its place, its bytes, its names and values in order.
///
/// The names are shared with the file's other records. Values are one after the other in one
/// buffer, which keeps its room when the next record is read into it.
#[derive(Debug, Clone, Default)]
pub struct RawRecord {
    position: Position,
    names: Arc<Names>,
    /// The record's own bytes and whatever had to be unescaped out of them.
    text: String,
    original: Span,
    fields: Vec<Field>,
    damage: Option<Damage>,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "readers cap a record far below 4 GiB"
)]
impl RawRecord {
    /// Where it stood in its file.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Its bytes as they stood in the (unpacked, decoded) file; empty when it never was in one.
    pub fn original(&self) -> &str {
        self.original.of(&self.text)
    }

    /// What is wrong with its form, if anything.
    pub fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// The names its fields are numbered by.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The same table, to keep.
    pub fn shared_names(&self) -> &Arc<Names> {
        &self.names
    }

    /// How many fields it has.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether it has no field at all.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The number of the name of field `index`, and its value as sent.
    pub fn field(&self, index: usize) -> (u16, &str) {
        let field = self.fields[index];
        (field.name, field.value.of(&self.text))
    }

    /// Where the value of field `index` stands in [`Self::original`]; none when it had to be
    /// unescaped or was given another.
    pub fn slice_of(&self, index: usize) -> Option<(usize, usize)> {
        let (value, whole) = (self.fields[index].value, self.original);
        let is_inside = value.start >= whole.start && value.end <= whole.end && whole.start < whole.end;
        is_inside.then(|| {
            (
                (value.start - whole.start) as usize,
                (value.end - whole.start) as usize,
            )
        })
    }

    /// Normalised names and values as sent, in order; empty values too.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|f| (&*self.names.name(f.name).text, f.value.of(&self.text)))
    }

    /// The value that counts for a normalised name: the prefixed one first, else the first.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .filter(|f| &*self.names.name(f.name).text == name)
            .min_by_key(|f| self.names.name(f.name).rank)
            .map(|f| f.value.of(&self.text))
    }

    /// Empties it for the next record, with the names that record's file uses.
    pub fn begin(&mut self, names: &Arc<Names>, position: Position) {
        // Cloning the pointer costs an atomic write that two cores would fight over.
        if !Arc::ptr_eq(&self.names, names) {
            self.names = Arc::clone(names);
        }
        self.position = position;
        self.text.clear();
        self.fields.clear();
        self.original = Span::default();
        self.damage = None;
    }

    /// Takes the record's own bytes; [`Self::push_slice`] then points into them.
    pub fn set_original(&mut self, original: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(original);
        self.original = Span {
            start,
            end: self.text.len() as u32,
        };
    }

    /// Adds a field whose value stands in the original as it is.
    pub fn push_slice(&mut self, name: u16, start: usize, end: usize) {
        let base = self.original.start;
        self.fields.push(Field {
            name,
            value: Span {
                start: base + start as u32,
                end: base + end as u32,
            },
        });
    }

    /// Adds a field that stands in the original with its double quotes doubled.
    pub fn push_undoubled(&mut self, name: u16, start: usize, end: usize) {
        let base = self.original.start as usize;
        let (mut from, end) = (base + start, base + end);
        let value = self.text.len() as u32;
        while let Some(at) = memchr::memchr(b'"', &self.text.as_bytes()[from..end]) {
            let next = from + at + 1;
            self.text.extend_from_within(from..next);
            // Of two quotes the first was taken.
            from = next + usize::from(self.text.as_bytes()[next..end].starts_with(b"\""));
        }
        self.text.extend_from_within(from..end);
        self.fields.push(Field {
            name,
            value: Span {
                start: value,
                end: self.text.len() as u32,
            },
        });
    }

    /// Adds a field whose value had to be unescaped.
    pub fn push(&mut self, name: u16, value: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(value);
        self.fields.push(Field {
            name,
            value: Span {
                start,
                end: self.text.len() as u32,
            },
        });
    }

    /// Gives field `index` another value.
    pub fn replace(&mut self, index: usize, value: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(value);
        self.fields[index].value = Span {
            start,
            end: self.text.len() as u32,
        };
    }

    /// Leaves out the fields whose names are not to be kept.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&Name) -> bool) {
        let names = &self.names;
        self.fields.retain(|field| is_kept(names.name(field.name)));
    }

    /// Ends a record whose fields were pushed before its place and bytes were known.
    pub fn finish(&mut self, names: &Arc<Names>, position: Position, original: &str) {
        if !Arc::ptr_eq(&self.names, names) {
            self.names = Arc::clone(names);
        }
        self.position = position;
        self.set_original(original);
    }

    /// Puts it elsewhere in its file: where it stood before its text was converted.
    pub fn set_offset(&mut self, offset: u64) {
        self.position.offset = offset;
    }

    /// Notes what is wrong with its form.
    pub fn set_damage(&mut self, damage: Damage) {
        self.damage = Some(damage);
    }

    /// Builds a record from what was kept or edited, to send it through the same rules again.
    pub fn from_attributes(attributes: &Attributes, position: Position) -> Self {
        let mut names = Names::default();
        let mut fields = Vec::with_capacity(attributes.0.len());
        let mut text = String::new();
        for (name, value) in attributes.iter() {
            // More names than the table takes cannot have come from a reader.
            let Some(name) = names.number(name) else { break };
            let start = text.len() as u32;
            text.push_str(value);
            fields.push(Field {
                name,
                value: Span {
                    start,
                    end: text.len() as u32,
                },
            });
        }
        Self {
            position,
            names: Arc::new(names),
            text,
            original: Span::default(),
            fields,
            damage: None,
        }
    }

    /// Its names and values as quarantine and the editor keep them. Where a field was sent
    /// both with the prefix and without, only the one that counts is kept.
    pub fn to_attributes(&self) -> Attributes {
        let best = |field: &Field| {
            let name = self.names.name(field.name);
            self.fields
                .iter()
                .all(|other| {
                    let rival = self.names.name(other.name);
                    rival.text != name.text || rival.rank >= name.rank
                })
                .then(|| (name.text.to_string(), field.value.of(&self.text).to_owned()))
        };
        Attributes(self.fields.iter().filter_map(best).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> Attributes {
        Attributes(
            pairs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn a_kept_record_comes_back_as_it_was() {
        let kept = attributes(&[
            ("id", "1"),
            ("additional_image_link", "a"),
            ("additional_image_link", "b"),
        ]);
        assert_eq!(
            RawRecord::from_attributes(&kept, Position::default()).to_attributes(),
            kept
        );
    }

    #[test]
    fn the_prefixed_value_wins_whatever_the_order() {
        let sent = attributes(&[("title", "plain"), ("g:title", "prefixed"), ("id", "1")]);
        let raw = RawRecord::from_attributes(&sent, Position::default());
        assert_eq!(raw.get("title"), Some("prefixed"));
        assert_eq!(
            raw.to_attributes(),
            attributes(&[("title", "prefixed"), ("id", "1")])
        );
    }
}
