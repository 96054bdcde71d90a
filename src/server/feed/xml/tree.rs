//! Names what stands inside the records of any XML, whatever its vocabulary.
//!
//! A field is named by its way from the record: `@id` is an attribute of the record itself,
//! `imgs/main@url` one of an element two levels down, `imgs/i` that element's text. An element
//! that carries its name in an attribute is known by it: `<a name="EAN">` is `a[EAN]`. Only
//! elements without elements in them have text of their own.

use super::Space;
use crate::domain::record::{Names, RawRecord};
use quick_xml::events::BytesStart;
use std::sync::Arc;

/// The way from the record to the element that is open.
#[derive(Default)]
pub(super) struct Tree {
    way: String,
    /// Length of the way before each open element.
    marks: Vec<usize>,
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
        self.marks.clear();
        self.is_leaf = false;
        self.read_attributes(element, b"", names, record)
    }

    /// Goes into an element.
    pub(super) fn open(
        &mut self,
        space: &Space,
        element: &BytesStart<'_>,
        names: &mut Arc<Names>,
        record: &mut RawRecord,
    ) -> Result<(), TooMany> {
        self.marks.push(self.way.len());
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
        self.text.clear();
        self.is_leaf = true;
        self.read_attributes(element, key, names, record)
    }

    fn read_attributes(
        &mut self,
        element: &BytesStart<'_>,
        key: &[u8],
        names: &mut Arc<Names>,
        record: &mut RawRecord,
    ) -> Result<(), TooMany> {
        self.has_attributes = false;
        let length = self.way.len();
        for attribute in element.attributes().flatten() {
            let name = attribute.key.as_ref();
            if name == b"xmlns" || name.starts_with(b"xmlns:") || (!key.is_empty() && name == key) {
                continue;
            }
            self.has_attributes = true;
            self.way.push('@');
            self.way.push_str(&String::from_utf8_lossy(name));
            let value = attribute.unescape_value().unwrap_or_default();
            let pushed = push(&self.way, &value, names, record);
            self.way.truncate(length);
            pushed?;
        }
        Ok(())
    }

    /// Takes text inside the element.
    pub(super) fn add(&mut self, text: &str) {
        if self.is_leaf {
            self.text.push_str(text);
        }
    }

    /// Leaves the element.
    pub(super) fn close(&mut self, names: &mut Arc<Names>, record: &mut RawRecord) -> Result<(), TooMany> {
        let says = self.is_leaf && !(self.has_attributes && self.text.trim().is_empty());
        let pushed = if says {
            push(&self.way, &self.text, names, record)
        } else {
            Ok(())
        };
        self.way.truncate(self.marks.pop().unwrap_or(0));
        self.is_leaf = false;
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
