//! Writes a record's attributes as JSON, for those who would rather type that, and reads them back.
//!
//! A record is an object: an attribute is a name and its value; one that repeats has a list. What
//! is typed may name an attribute twice as well, and give numbers, `true` and `false` as they
//! stand. `null` is an attribute that is not there.

use super::Attributes;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt::{self, Write};

/// What JSON could not be read as a record, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Line {line}, column {column}: {says}.")]
pub struct Malformed {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// What is wrong there, a clause without its point.
    pub says: String,
}

/// Longest part of what is said, in characters: it may have the text itself in it.
const LONGEST: usize = 200;

impl Malformed {
    /// At a place that is a line and a byte of it, as `serde_json` counts them.
    fn of(json: &str, error: &serde_json::Error) -> Self {
        let line = error.line().max(1);
        let before = json.lines().nth(line - 1).unwrap_or_default();
        let bytes = error.column().saturating_sub(1).min(before.len());
        let column = 1 + before
            .bytes()
            .take(bytes)
            .filter(|byte| byte & 0xC0 != 0x80)
            .count();
        let says = error.to_string();
        // The place is said apart.
        let says = says.rsplit_once(" at line ").map_or(&*says, |(says, _)| says);
        let says = if error.is_eof() {
            "the text ends before the record does".to_owned()
        } else {
            says.chars().take(LONGEST).collect()
        };
        Self { line, column, says }
    }

    /// At the beginning of a part of the text.
    fn at(json: &str, part: &str, says: &str) -> Self {
        let offset = (part.as_ptr() as usize).saturating_sub(json.as_ptr() as usize);
        let before = json.get(..offset).unwrap_or_default();
        let last = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: 1 + before.matches('\n').count(),
            column: 1 + last.chars().count(),
            says: says.to_owned(),
        }
    }
}

impl Attributes {
    /// The object, one attribute a line, each where its name first stands.
    pub fn to_json(&self) -> String {
        let mut lines: Vec<(&str, Vec<&str>)> = Vec::new();
        for (name, value) in self.iter() {
            match lines.iter_mut().find(|(named, _)| *named == name) {
                Some((_, values)) => values.push(value),
                None => lines.push((name, vec![value])),
            }
        }
        let mut json = String::from("{");
        for (place, (name, values)) in lines.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = match values.as_slice() {
                [value] => write!(json, "{comma}\n  {}: {}", quoted(name), quoted(value)),
                values => {
                    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
                    let values = values.join(",\n    ");
                    write!(json, "{comma}\n  {}: [\n    {values}\n  ]", quoted(name))
                }
            };
        }
        json.push_str(if lines.is_empty() { "}" } else { "\n}" });
        json
    }

    /// Reads such an object. A name that is empty is left out, like a field without one.
    pub fn from_json(json: &str) -> Result<Self, Malformed> {
        let read = |part| serde_json::from_str(part).map_err(|error| Malformed::of(json, &error));
        let Object(parts) = read(json)?;
        let mut pairs = Vec::new();
        for (name, part) in parts {
            let part = part.get();
            let values = if part.starts_with('[') {
                let values: Vec<&RawValue> = serde_json::from_str(part)
                    .map_err(|_| Malformed::at(json, part, "this is no list of values"))?;
                values.into_iter().map(RawValue::get).collect()
            } else {
                vec![part]
            };
            for value in values {
                if let Some(value) = scalar(json, value)?
                    && !name.trim().is_empty()
                {
                    pairs.push((name.clone(), value));
                }
            }
            if pairs.len() > Self::MOST {
                let says = format!("a record has up to {} values", Self::MOST);
                return Err(Malformed::at(json, part, &says));
            }
        }
        Ok(Self(pairs))
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value as text: of a string what it says, of a number what stands there; none of `null`.
fn scalar(json: &str, value: &str) -> Result<Option<String>, Malformed> {
    match value.as_bytes().first() {
        Some(b'"') => serde_json::from_str(value)
            .map(Some)
            .map_err(|_| Malformed::at(json, value, "this is no text")),
        Some(b'n') => Ok(None),
        Some(b'{' | b'[') => Err(Malformed::at(
            json,
            value,
            "a value is text, a number, true or false, or a list of these",
        )),
        _ => Ok(Some(value.to_owned())),
    }
}

/// Names and what stands behind each, in the order typed.
struct Object<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Object<'t> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Parts).map(Self)
    }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = map.next_entry()? {
            parts.push(part);
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn attributes(pairs: &[(&str, &str)]) -> Attributes {
        Attributes(pairs.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect())
    }

    #[test]
    fn a_record_is_written_one_attribute_a_line_and_a_repeated_one_as_a_list() {
        let record = attributes(&[
            ("id", "1"),
            ("image", "a\"b"),
            ("title", "Tasse\nblau"),
            ("image", "c"),
        ]);
        let json = "{\n  \"id\": \"1\",\n  \"image\": [\n    \"a\\\"b\",\n    \"c\"\n  ],\n  \"title\": \"Tasse\\nblau\"\n}";
        assert_eq!(record.to_json(), json);
        assert_eq!(Attributes::default().to_json(), "{}");
    }

    #[test]
    fn numbers_stay_as_they_stand_and_null_is_no_value() {
        let read = Attributes::from_json(
            r#"{"price": 12.50, "adult": false, "brand": null, " ": "x", "image": ["a", 2], "image": "c"}"#,
        );
        let expected = attributes(&[
            ("price", "12.50"),
            ("adult", "false"),
            ("image", "a"),
            ("image", "2"),
            ("image", "c"),
        ]);
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn what_is_no_record_is_refused_with_its_place() {
        for (json, told) in [
            ("", "Line 1, column 1: the text ends before the record does."),
            (
                "{\n  \"id\": \"1\",",
                "Line 2, column 12: the text ends before the record does.",
            ),
            (
                "{\"größe\": \"1\" \"id\": 1}",
                "Line 1, column 15: expected `,` or `}`.",
            ),
            (
                "[1]",
                "Line 1, column 1: invalid type: sequence, expected an object of attributes.",
            ),
            (
                "{\"id\": \"1\"\n \"title\": \"x\"}",
                "Line 2, column 2: expected `,` or `}`.",
            ),
            ("{\"id\": \"1\"} more", "Line 1, column 13: trailing characters."),
            (
                "{\"shipping\": {\"country\": \"DE\"}}",
                "Line 1, column 14: a value is text, a number, true or false, or a list of these.",
            ),
            (
                "{\n  \"id\": \"1\",\n  \"größe\": {}\n}",
                "Line 3, column 12: a value is text, a number, true or false, or a list of these.",
            ),
            (
                "{\"image\": [\"a\", [\"b\"]]}",
                "Line 1, column 17: a value is text, a number, true or false, or a list of these.",
            ),
        ] {
            let refused = Attributes::from_json(json).map_err(|error| error.to_string());
            assert_eq!(refused, Err(told.to_owned()), "{json}");
        }
    }

    #[test]
    fn what_is_too_much_is_refused_before_anything_is_made_of_it() {
        let many = format!("{{\"a\": [{}1]}}", "1,".repeat(Attributes::MOST));
        let refused = Attributes::from_json(&many).map_err(|error| error.says);
        assert_eq!(refused, Err("a record has up to 500 values".to_owned()));
        let long = format!("\"{}\"", "look at line ".repeat(1000));
        let refused = Attributes::from_json(&long).map_err(|error| error.says.chars().count());
        assert_eq!(refused, Err(LONGEST));
        let deep = format!("{{\"a\": {}", "[".repeat(100_000));
        assert!(Attributes::from_json(&deep).is_err());
    }

    proptest! {
        #[test]
        fn every_record_is_read_back_as_it_was_but_for_where_repeated_ones_stand(
            pairs in prop::collection::vec(("[a-c]|g:[a-z]{1,3}|[^ ]{1,4}", ".{0,12}"), 0..12)
        ) {
            let pairs: Vec<(String, String)> = pairs.into_iter().filter(|(n, _)| !n.trim().is_empty()).collect();
            let mut grouped = Vec::new();
            for (name, _) in &pairs {
                if grouped.iter().all(|(n, _): &(String, String)| n != name) {
                    grouped.extend(pairs.iter().filter(|(n, _)| n == name).cloned());
                }
            }
            let json = Attributes(pairs).to_json();
            prop_assert_eq!(Attributes::from_json(&json), Ok(Attributes(grouped)));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}") {
            let _ = Attributes::from_json(&text);
        }
    }
}
