//! Tells which edits change what customers are shown or charged by, though nothing was wrong with
//! it.
//!
//! A price that no rule complains of is the partner's word. Whoever changes it in one record says
//! so: the editor asks while somebody types, the server refuses what was not said. A fix of many
//! records is looked at before and after instead.

use super::alone::judge;
use super::{Checked, Contract, Known};
use crate::domain::format;
use crate::domain::record::{Attribute, Attributes, RawRecord};
use crate::domain::violation::Severity;
use chrono::{DateTime, Utc};

/// What customers are shown or charged by.
pub const SENSITIVE: [Attribute; 4] = [
    Attribute::Price,
    Attribute::SalePrice,
    Attribute::Availability,
    Attribute::Link,
];

/// Those of them that mean something else in `typed` than in `saved`, where no error was found.
pub fn changed(
    contract: &Contract,
    saved: &Attributes,
    typed: &Attributes,
    now: DateTime<Utc>,
) -> Vec<Attribute> {
    let (before, after) = (
        judge(contract, &Known::default(), saved, now),
        judge(contract, &Known::default(), typed, now),
    );
    let is_other = |of: &Attribute| is_sound(&before.1, *of) && means(&before, *of) != means(&after, *of);
    SENSITIVE.into_iter().filter(is_other).collect()
}

/// Those of some names.
pub fn of(names: &[String]) -> Vec<Attribute> {
    let known = names.iter().filter_map(|name| Attribute::of(name));
    known.filter(|of| SENSITIVE.contains(of)).collect()
}

/// What is asked about such a change.
pub fn question(changed: &[Attribute]) -> String {
    format!(
        "You change {}, of which no rule complains: customers are shown or charged by it.",
        format::list(&called(changed))
    )
}

/// Names them, to be said that they are meant.
pub fn names(changed: &[Attribute]) -> String {
    called(changed).join(",")
}

fn called(changed: &[Attribute]) -> Vec<&'static str> {
    changed.iter().map(|of| of.name()).collect()
}

/// Whether each is among those that were said to be meant.
pub fn is_meant(changed: &[Attribute], said: &str) -> bool {
    changed
        .iter()
        .all(|of| said.split(',').any(|name| name == of.name()))
}

fn is_sound(checked: &Checked, of: Attribute) -> bool {
    let is_of = |attribute: Option<&str>| attribute == Some(of.name());
    checked
        .violations()
        .all(|v| v.severity > Severity::Error || !is_of(v.attribute.as_deref()))
}

/// What the record's field of the attribute that counts is understood as.
fn means((raw, checked): &(RawRecord, Checked), of: Attribute) -> Option<String> {
    let is_of = |index: &usize| raw.names().name(raw.field(*index).0).attribute == Some(of);
    let mut found = (0..raw.len()).filter(is_of);
    let value = found.find_map(|index| checked.understood(raw, index));
    value.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    fn changes(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<&'static str> {
        let of = |changes| example::record(changes).to_attributes();
        changed(&example::contract(), &of(before), &of(after), example::moment())
            .into_iter()
            .map(Attribute::name)
            .collect()
    }

    #[test]
    fn a_sound_price_that_means_something_else_is_asked_about() {
        assert_eq!(changes(&[], &[("price", "1.00 EUR")]), ["price"]);
        assert_eq!(changes(&[], &[("link", "https://other.example/p")]), ["link"]);
        assert_eq!(
            changes(&[], &[("price", "1.00 EUR"), ("availability", "out_of_stock")]),
            ["price", "availability"]
        );
        assert_eq!(changes(&[], &[("sale_price", "1.00 EUR")]), ["sale_price"]);
    }

    #[test]
    fn mending_what_fails_and_writing_the_same_otherwise_is_not() {
        assert_eq!(changes(&[("price", "cheap")], &[("price", "1.00 EUR")]), [""; 0]);
        assert_eq!(
            changes(&[("price", "12.50 EUR")], &[("price", " 12.50 EUR ")]),
            [""; 0]
        );
        assert_eq!(changes(&[], &[("title", "Another mug, blue")]), [""; 0]);
    }

    #[test]
    fn what_was_said_of_one_is_not_said_of_another() {
        let changed = [Attribute::Price, Attribute::Link];
        assert!(is_meant(&changed, &names(&changed)) && is_meant(&[], ""));
        assert!(
            !is_meant(&changed, "price") && !is_meant(&changed, "") && !is_meant(&changed, "price,links")
        );
    }

    #[test]
    fn the_question_names_each_of_them() {
        assert_eq!(
            question(&[Attribute::Price, Attribute::SalePrice, Attribute::Link]),
            "You change price, sale_price and link, of which no rule complains: customers are shown or charged by it."
        );
    }
}
