//! Takes fields out of a JSON object one by one, and says which one is missing, wrong or unknown.

use super::{COUNT_MAX, Fault};
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Map, Value};

/// What is left of an object.
pub(super) struct Fields {
    path: String,
    rest: Map<String, Value>,
    asked: Vec<&'static str>,
}

impl Fields {
    /// The fields of a value that must be an object.
    pub(super) fn of(path: &str, value: Value) -> Result<Self, Fault> {
        match value {
            Value::Object(rest) => Ok(Self {
                path: path.to_owned(),
                rest,
                asked: Vec::new(),
            }),
            other => Err(Fault::new(
                path,
                format!("{} stands where an object in braces is expected.", shown(&other)),
            )),
        }
    }

    /// An object without fields.
    pub(super) fn none(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            rest: Map::new(),
            asked: Vec::new(),
        }
    }

    /// Whether there is a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.rest.contains_key(name)
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    fn take(&mut self, name: &'static str) -> Result<Value, Fault> {
        self.asked.push(name);
        match self.rest.remove(name) {
            None | Some(Value::Null) => Err(Fault::new(
                self.path(name),
                "It is missing; every entry needs it.",
            )),
            Some(value) => Ok(value),
        }
    }

    fn wrong(&self, name: &str, value: &Value, expected: &str) -> Fault {
        Fault::new(self.path(name), format!("{} is not {expected}.", shown(value)))
    }

    /// A field that may be left out, or be null.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        if self.rest.get(name).is_none_or(Value::is_null) {
            self.asked.push(name);
            self.rest.remove(name);
            return Ok(None);
        }
        read(self, name).map(Some)
    }

    /// A text of at most so many characters.
    pub(super) fn text(&mut self, name: &'static str, longest: usize) -> Result<String, Fault> {
        match self.take(name)? {
            Value::String(text) if text.chars().nth(longest).is_none() => Ok(text),
            Value::String(_) => Err(Fault::new(
                self.path(name),
                format!("The text is longer than {longest} characters; shorten it."),
            )),
            other => Err(self.wrong(name, &other, "a text in quotes")),
        }
    }

    /// One of several words, which `expected` lists.
    pub(super) fn word<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Fault> {
        let value = self.take(name)?;
        let read = value.as_str().and_then(parse);
        read.ok_or_else(|| self.wrong(name, &value, expected))
    }

    /// A whole number from 0.
    pub(super) fn count(&mut self, name: &'static str) -> Result<u64, Fault> {
        let value = self.take(name)?;
        let read = value.as_u64().filter(|n| *n <= COUNT_MAX);
        read.ok_or_else(|| self.wrong(name, &value, "a whole number from 0 to 1,000,000,000,000"))
    }

    /// An instant from 1970 on, to the millisecond.
    pub(super) fn instant(&mut self, name: &'static str) -> Result<DateTime<Utc>, Fault> {
        let value = self.take(name)?;
        let read = value
            .as_str()
            .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
            .map(|at| at.to_utc().trunc_subsecs(3))
            .filter(|at| *at >= DateTime::UNIX_EPOCH);
        read.ok_or_else(|| {
            self.wrong(
                name,
                &value,
                "a time from 1970 on with its zone, such as “2026-11-24T13:05:00Z”",
            )
        })
    }

    /// An object within.
    pub(super) fn object(&mut self, name: &'static str) -> Result<Self, Fault> {
        let value = self.take(name)?;
        Self::of(&self.path(name), value)
    }

    /// A list.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Vec<Value>, Fault> {
        match self.take(name)? {
            Value::Array(list) => Ok(list),
            other => Err(self.wrong(name, &other, "a list in brackets")),
        }
    }

    /// Nothing may be left that was not asked for.
    pub(super) fn end(self) -> Result<(), Fault> {
        match self.rest.keys().next() {
            None => Ok(()),
            Some(name) => Err(Fault::new(
                self.path(&name.chars().take(60).collect::<String>()),
                format!(
                    "There is no such field; here may stand {}.",
                    self.asked.join(", ")
                ),
            )),
        }
    }
}

/// A value as it stands in a sentence.
fn shown(value: &Value) -> String {
    const SHOWN: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
