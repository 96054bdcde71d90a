//! Names what stands inside the records of any XML, whatever its vocabulary.
//!
//! A field is named by its way from the record: `@id` is an attribute of the record itself,
//! `imgs/main@url` one of an element two levels down, `imgs/i` that element's text. An element
//! that carries its name in an attribute is known by it: `<a name="EAN">` is `a[EAN]`. Where
//! an element has both elements and text in it, its text is a field as well, without the space
//! around it; blank text between elements is not.

use super::Space;
use crate::domain::record::{Names, RawRecord};
use quick_xml::events::BytesStart;
use std::sync::Arc;

/// The way from the record to the element that is open.
#[derive(Default)]
pub(super) struct Tree {
    way: String,
    /// Elements, the record's own left out; those from `depth` on are kept to be filled again.
    elements: Vec<Element>,
    depth: usize,
}

/// An element that is open.
#[derive(Default)]
struct Element {
    /// Length of the way before it.
    mark: usize,
    text: String,
    is_leaf: bool,
    has_attributes: bool,
}

/// A record has more fields, or a file more names, than are read.
pub(super) struct TooMany;

impl Tree {
    /// Begins a record at its own element.
    pub(super) fn begin(
        &mut self,
        element: &BytesStart<'_>,
        names: &mut Arc<Names>,
        record: &mut RawRecord,
    ) -> Result<(), TooMany> {
        self.way.clear();
        self.depth = 0;
        self.read_attributes(element, b"", names, record)?;
        Ok(())
    }

    /// Goes into an element.
    pub(super) fn open(
        &mut self,
        space: &Space,
        element: &BytesStart<'_>,
        names: &mut Arc<Names>,
        record: &mut RawRecord,
    ) -> Result<(), TooMany> {
        if let Some(parent) = self.depth.checked_sub(1) {
            self.elements[parent].is_leaf = false;
        }
        if self.elements.len() == self.depth {
            self.elements.push(Element::default());
        }
        let mark = self.way.len();
        if !self.way.is_empty() {
            self.way.push('/');
        }
        space.name(element, &mut self.way);
        let mut key: &[u8] = b"";
        for attribute in element.attributes().flatten() {
            if attribute.key.as_ref() == b"name" {
                key = b"name";
                self.way.push('[');
                self.way
                    .push_str(attribute.unescape_value().unwrap_or_default().trim());
                self.way.push(']');
            }
        }
        let has_attributes = self.read_attributes(element, key, names, record)?;
        let own = &mut self.elements[self.depth];
        own.mark = mark;
        own.text.clear();
        own.is_leaf = true;
        own.has_attributes = has_attributes;
        self.depth += 1;
        Ok(())
    }

    /// Reads the attributes; true when there are any besides the key.
    fn read_attributes(
        &mut self,
        element: &BytesStart<'_>,
        key: &[u8],
        names: &mut Arc<Names>,
        record: &mut RawRecord,
    ) -> Result<bool, TooMany> {
        let mut has_attributes = false;
        let length = self.way.len();
        for attribute in element.attributes().flatten() {
            let name = attribute.key.as_ref();
            if name == b"xmlns" || name.starts_with(b"xmlns:") || (!key.is_empty() && name == key) {
                continue;
            }
            has_attributes = true;
            self.way.push('@');
            self.way.push_str(&String::from_utf8_lossy(name));
            let value = attribute.unescape_value().unwrap_or_default();
            let pushed = push(&self.way, &value, names, record);
            self.way.truncate(length);
            pushed?;
        }
        Ok(has_attributes)
    }

    /// Takes text inside the element.
    pub(super) fn add(&mut self, text: &str) {
        if let Some(open) = self.depth.checked_sub(1) {
            self.elements[open].text.push_str(text);
        }
    }

    /// Leaves the element.
    pub(super) fn close(&mut self, names: &mut Arc<Names>, record: &mut RawRecord) -> Result<(), TooMany> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return Ok(());
        };
        self.depth = depth;
        let own = &self.elements[depth];
        let trimmed = own.text.trim();
        let pushed = if !trimmed.is_empty() || (own.is_leaf && !own.has_attributes) {
            let text = if own.is_leaf { &own.text } else { trimmed };
            push(&self.way, text, names, record)
        } else {
            Ok(())
        };
        self.way.truncate(own.mark);
        pushed
    }
}

fn push(name: &str, value: &str, names: &mut Arc<Names>, record: &mut RawRecord) -> Result<(), TooMany> {
    let number = match names.find(name) {
        Some(number) => number,
        None => Arc::make_mut(names).number(name).ok_or(TooMany)?,
    };
    record.push(number, value);
    Ok(())
}
