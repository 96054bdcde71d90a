//! Sets the examples of rules on their stage: laid over a sound record, under one contract, at
//! one moment, so that the test of the examples and the rule's page see the same.

use super::{Checker, Contract, Currency};
use crate::domain::record::{Attributes, Position, RawRecord};
use crate::domain::violation::Violation;
use chrono::{DateTime, Utc};

/// A record that every rule passes.
pub const SOUND: &[(&str, &str)] = &[
    ("id", "SKU-1001"),
    ("title", "Blue enamel mug, 350 ml"),
    (
        "description",
        "A mug of enamelled steel that survives every camp fire.",
    ),
    ("link", "https://shop.example/mugs/1001"),
    ("image_link", "https://shop.example/images/1001.jpg"),
    ("availability", "in_stock"),
    ("price", "15.00 EUR"),
    ("gtin", "4006381333931"),
    ("brand", "Example & Sons"),
    ("condition", "new"),
];

/// The sound record with some values in place of its own.
pub fn record(changes: &[(&str, &str)]) -> RawRecord {
    let kept = SOUND
        .iter()
        .filter(|(name, _)| changes.iter().all(|(n, _)| n != name));
    let pairs = kept
        .chain(changes)
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    RawRecord::from_attributes(&Attributes(pairs), Position::default())
}

/// The contract examples are held against: prices in euro, links to one shop.
pub fn contract() -> Contract {
    Contract {
        currency: Currency::of("EUR"),
        domains: vec!["shop.example".to_owned()],
        ..Contract::default()
    }
}

/// The moment that dates in examples are held against: 9 October 2025.
pub fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000, 0).unwrap_or_default()
}

/// What the engine finds in an example.
pub fn judge(changes: &[(&str, &str)]) -> Vec<Violation> {
    let raw = record(changes);
    Checker::new(&contract(), moment())
        .check(&raw)
        .violations()
        .collect()
}
