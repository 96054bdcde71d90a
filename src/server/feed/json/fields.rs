//! Makes fields of one JSON object, in Google's names.
//!
//! Two forms are known: our own, with the names and values that rows have, and the Merchant
//! API's, with `imageLink` for `image_link`, amounts in millionths and words in capitals. What
//! is nested becomes the text that rows have for it; what no row has goes by its way, as
//! `seller/name`.

use crate::domain::record::{Attribute, Names, RawRecord, rank};
use crate::server::feed::nested;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::sync::Arc;

/// Why an object is no record.
pub(super) enum Fault {
    Syntax(serde_json::Error),
    TooMany,
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Syntax(error)
    }
}

/// A value with the members of objects in their order.
enum Value {
    /// What rows have for it: a text, a number, `true`; nothing for `null`.
    Plain(String),
    /// A number that is not whole, until its text is put in its place.
    Float(f64),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Build)
    }
}

/// Builds a [`Value`].
struct Build;

impl<'de> Visitor<'de> for Build {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Plain(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Plain(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Plain(String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Value::Object(members))
    }
}

/// The objects of the Merchant API that hold a product's attributes.
const WRAPPERS: &[&str] = &["attributes", "productAttributes"];

/// Names of the Merchant API that say where a product is kept, not what it is.
pub(super) const OWN_NAMES: &[&str] = &[
    "contentlanguage",
    "datasource",
    "feedlabel",
    "kind",
    "legacylocal",
    "targetcountry",
    "versionnumber",
];

/// The attributes whose values are words, which the Merchant API writes in capitals.
const WORDS: &[Attribute] = &[
    Attribute::Availability,
    Attribute::Condition,
    Attribute::Gender,
    Attribute::AgeGroup,
    Attribute::SizeType,
];

/// The attributes that rows answer with yes or no.
const YES_NO: &[Attribute] = &[Attribute::Adult, Attribute::IsBundle, Attribute::IdentifierExists];

/// Reads the fields of the object in `text` into the record.
pub(super) fn read(
    text: &str,
    names: &mut Arc<Names>,
    record: &mut RawRecord,
    limit: usize,
) -> Result<(), Fault> {
    // The reader hands over what begins with a brace, so there is nothing else to see here.
    let mut value: Value = serde_json::from_str(text)?;
    write_floats(&mut value, &mut None, text);
    let Value::Object(members) = value else {
        return Ok(());
    };
    let is_merchant = members
        .iter()
        .any(|(name, _)| name == "offerId" || name == "productAttributes");
    let mut fields = Fields {
        names,
        record,
        limit,
        is_merchant,
    };
    for (name, value) in members {
        match value {
            Value::Object(members) if is_merchant && WRAPPERS.contains(&&*name) => {
                for (name, value) in members {
                    fields.add(&name, value)?;
                }
            }
            value => fields.add(&name, value)?,
        }
    }
    Ok(())
}

/// Gives numbers that are not whole the text they were sent with: `15.00` is no `15`, and `1e3`
/// no price. They come in the order of the text, which is looked through only where there are
/// such numbers.
fn write_floats<'a>(value: &mut Value, sent: &mut Option<Floats<'a>>, text: &'a str) {
    match value {
        Value::Plain(_) => {}
        Value::Float(number) => {
            let sent = sent.get_or_insert(Floats { rest: text });
            let written = sent.next().map_or_else(|| number.to_string(), str::to_owned);
            *value = Value::Plain(written);
        }
        Value::List(values) => values
            .iter_mut()
            .for_each(|value| write_floats(value, sent, text)),
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(_, value)| write_floats(value, sent, text)),
    }
}

/// The numbers in well-formed JSON that are not read as whole ones, as they stand.
struct Floats<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Floats<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let begin = self
                .rest
                .find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?;
            let found = &self.rest[begin..];
            if let Some(string) = found.strip_prefix('"') {
                let mut is_escaped = false;
                let end = string.find(|c: char| {
                    let is_end = c == '"' && !is_escaped;
                    is_escaped = c == '\\' && !is_escaped;
                    is_end
                })?;
                self.rest = &string[end + 1..];
                continue;
            }
            let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
            let end = found.find(|c| !is_part(c)).unwrap_or(found.len());
            let (number, rest) = found.split_at(end);
            self.rest = rest;
            // What is too large for 64 bits is no whole number to the parser, nor is -0.
            let is_whole = number.parse::<u64>().is_ok() || number.parse::<i64>().is_ok();
            if !is_whole || number == "-0" {
                return Some(number);
            }
        }
    }
}

struct Fields<'a> {
    names: &'a mut Arc<Names>,
    record: &'a mut RawRecord,
    limit: usize,
    is_merchant: bool,
}

impl Fields<'_> {
    fn add(&mut self, name: &str, value: Value) -> Result<(), Fault> {
        match value {
            Value::Plain(text) => self.push(name, text),
            Value::Float(number) => self.push(name, number.to_string()),
            Value::List(values) => values.into_iter().try_for_each(|value| self.add(name, value)),
            Value::Object(members) => self.add_object(name, members),
        }
    }

    fn add_object(&mut self, name: &str, members: Vec<(String, Value)>) -> Result<(), Fault> {
        if let Some(text) = quantity(&members) {
            return self.push(name, text);
        }
        if self.is_merchant
            && name == "customAttributes"
            && let [(name_key, Value::Plain(name)), (value_key, Value::Plain(value))] = &members[..]
            && name_key == "name"
            && value_key == "value"
        {
            return self.push(name, value.clone());
        }
        if let Some(attribute) = attribute_of(name)
            && nested::has_parts(attribute.name())
        {
            let parts: Vec<(String, String)> = members
                .into_iter()
                .filter_map(|(part, value)| Some((snake(&part), text_of(value)?)))
                .collect();
            return self.push(name, nested::join(attribute.name(), &parts));
        }
        for (part, value) in members {
            self.add(&format!("{name}/{part}"), value)?;
        }
        Ok(())
    }

    fn push(&mut self, name: &str, mut value: String) -> Result<(), Fault> {
        let number = if let Some(number) = self.names.find(name) {
            number
        } else {
            let meant = attribute_of(name).filter(|_| !self.names.explains(name));
            let names = Arc::make_mut(self.names);
            match meant {
                Some(attribute) => names.define(name, attribute, rank::PLAIN),
                None => names.number(name),
            }
            .ok_or(Fault::TooMany)?
        };
        if self.record.len() >= self.limit {
            return Err(Fault::TooMany);
        }
        if let Some(attribute) = self.names.name(number).attribute {
            if self.is_merchant && WORDS.contains(&attribute) {
                value.make_ascii_lowercase();
            } else if YES_NO.contains(&attribute) {
                value = match &*value {
                    "true" => "yes".to_owned(),
                    "false" => "no".to_owned(),
                    _ => value,
                };
            }
        }
        self.record.push(number, &value);
        Ok(())
    }
}

/// A part of a value as rows have it; none for a list, which no part is.
fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Plain(text) => Some(text),
        Value::Float(number) => Some(number.to_string()),
        Value::Object(members) => quantity(&members),
        Value::List(_) => None,
    }
}

/// An object that is one value: money, a measure, or a stretch of time.
fn quantity(members: &[(String, Value)]) -> Option<String> {
    let [(first, Value::Plain(one)), (second, Value::Plain(other))] = members else {
        return None;
    };
    let pair = |a: &str, b: &str| {
        if first == a && second == b {
            Some((one, other))
        } else if first == b && second == a {
            Some((other, one))
        } else {
            None
        }
    };
    if let Some((micros, code)) = pair("amountMicros", "currencyCode") {
        return Some(format!("{} {code}", of_micros(micros)));
    }
    if let Some((value, unit)) = pair("value", "currency").or_else(|| pair("value", "unit")) {
        return Some(format!("{value} {unit}"));
    }
    pair("startTime", "endTime").map(|(start, end)| format!("{start}/{end}"))
}

/// `29990000` as `29.99`; what is no whole number stays, for the contract to judge.
fn of_micros(micros: &str) -> String {
    let (sign, digits) = micros
        .strip_prefix('-')
        .map_or(("", micros), |digits| ("-", digits));
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return micros.to_owned();
    }
    let padded = format!("{digits:0>7}");
    let (whole, decimals) = padded.split_at(padded.len() - 6);
    let whole = whole.trim_start_matches('0');
    let decimals = decimals.trim_end_matches('0');
    format!("{sign}{whole:0>1}.{decimals:0<2}")
}

/// The attribute that a name of the Merchant API means, or one in our own form.
fn attribute_of(name: &str) -> Option<Attribute> {
    if name == "offerId" {
        return Some(Attribute::Id);
    }
    let name = snake(name);
    Attribute::of(&name).or_else(|| {
        let single = name.strip_suffix('s')?;
        Attribute::of(single).filter(|attribute| attribute.is_repeatable())
    })
}

/// `customLabel0` as `custom_label_0`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before = 'A';
    for c in name.chars() {
        let is_border = c.is_ascii_uppercase() || (c.is_ascii_digit() && before.is_ascii_alphabetic());
        if is_border && (before.is_ascii_lowercase() || (c.is_ascii_uppercase() && before.is_ascii_digit())) {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_merchant_api_are_googles_names() {
        for (sent, attribute) in [
            ("offerId", Some(Attribute::Id)),
            ("imageLink", Some(Attribute::ImageLink)),
            ("additionalImageLinks", Some(Attribute::AdditionalImageLink)),
            ("gtins", Some(Attribute::Gtin)),
            ("customLabel0", Some(Attribute::CustomLabel0)),
            ("image_link", Some(Attribute::ImageLink)),
            ("title", Some(Attribute::Title)),
            ("titles", None),
            ("contentLanguage", None),
        ] {
            assert_eq!(attribute_of(sent), attribute, "{sent}");
        }
    }

    #[test]
    fn numbers_keep_the_text_they_were_sent_with() {
        let text = r#"{"a\\": 15.00, "1.50": ["-0.10", -0.10, 7, -7, {"x": 1e3}], "b\"2.0": 1E-2, "c": -0, "d": 1.0,
            "e": 123456789012345678901, "f": 18446744073709551615}"#;
        let mut names = Arc::new(Names::default());
        let mut record = RawRecord::default();
        assert!(read(text, &mut names, &mut record, 100).is_ok());
        record.finish(&names, crate::domain::record::Position::default(), text);
        let sent: Vec<_> = record.iter().map(|(_, value)| value).collect();
        let expected = [
            "15.00",
            "-0.10",
            "-0.10",
            "7",
            "-7",
            "1e3",
            "1E-2",
            "-0",
            "1.0",
            "123456789012345678901",
            "18446744073709551615",
        ];
        assert_eq!(sent, expected);
    }

    #[test]
    fn millionths_are_amounts() {
        for (micros, amount) in [
            ("29990000", "29.99"),
            ("5000000", "5.00"),
            ("10000", "0.01"),
            ("1", "0.000001"),
            ("0", "0.00"),
            ("-1500000", "-1.50"),
            ("12x", "12x"),
        ] {
            assert_eq!(of_micros(micros), amount);
        }
    }
}
