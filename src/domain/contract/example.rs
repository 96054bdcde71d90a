//! Sets the examples of rules on their stage: laid over a sound record, under one contract, at
//! one moment, so that the test of the examples and the rule's page see the same.

use super::{Checker, Contract, Currency, Example, Known, Picture, Pictures, Rule};
use crate::domain::record::{Attributes, Position, RawRecord};
use crate::domain::violation::Violation;
use chrono::{DateTime, Utc};
use std::sync::Arc;

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

/// Pictures of examples that somebody has looked at: width, height and bytes by their names.
const PICTURES: [(&str, u32, u32, u64); 7] = [
    ("100x100.jpg", 100, 100, 20_000),
    ("800x600.jpg", 800, 600, 100_000),
    ("99x800.jpg", 99, 800, 20_000),
    ("249x249.jpg", 249, 249, 20_000),
    ("8000x8000.jpg", 8_000, 8_000, 16_000_000),
    ("8001x8000.jpg", 8_001, 8_000, 16_000_000),
    ("17-megabytes.jpg", 6_000, 4_000, 17_000_000),
];

/// What is known beside an example.
pub fn known() -> Known {
    let seen = PICTURES.map(|(name, width, height, bytes)| {
        let url = format!("https://shop.example/images/{name}");
        let picture = Picture { width, height, bytes };
        (Pictures::key(&url), picture)
    });
    Known::default().seeing(Arc::new(Pictures::from_iter(seen)))
}

/// What the engine finds in an example.
pub fn judge(changes: &[(&str, &str)]) -> Vec<Violation> {
    let raw = record(changes);
    Checker::new(&contract(), moment())
        .knowing(known())
        .check(&raw)
        .violations()
        .collect()
}

/// Records of one file that show a rule which no single record can break.
#[derive(Debug)]
pub struct Together {
    /// The code of the rule.
    pub code: &'static str,
    /// Records that fail it together, one after the other.
    pub invalid: File,
    /// Records that pass it together.
    pub valid: File,
}

/// Records laid over the sound one, each under an id of its own unless it names one.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// The records.
    pub records: &'static [Example],
    /// How often all of them are there.
    pub times: usize,
}

const fn file(records: &'static [Example]) -> File {
    File { records, times: 1 }
}

const fn alike(times: usize) -> File {
    File {
        records: &[&[("gtin", ""), ("mpn", "EM-350")]],
        times,
    }
}

/// The examples of the rules that compare records.
pub static TOGETHER: [Together; 7] = [
    Together {
        code: "ID_DUPLICATE",
        invalid: file(&[&[("id", "abc-1")], &[("id", "ABC-1"), ("size", "M")]]),
        valid: file(&[&[("id", "abc-1")], &[("id", "abc-2"), ("size", "M")]]),
    },
    Together {
        code: "CROSS_TITLE_REUSE",
        invalid: alike(21),
        valid: alike(20),
    },
    Together {
        code: "CROSS_IMAGE_REUSE",
        invalid: alike(51),
        valid: alike(50),
    },
    Together {
        code: "CROSS_PRICE_SPREAD",
        invalid: file(&[
            &[("size", "S"), ("price", "3.00 EUR")],
            &[("size", "M"), ("price", "15.01 EUR")],
        ]),
        valid: file(&[
            &[("size", "S"), ("price", "3.00 EUR")],
            &[("size", "M"), ("price", "15.00 EUR")],
        ]),
    },
    Together {
        code: "GTIN_AMBIGUOUS",
        invalid: file(&[
            &[("gtin", "4006381333931"), ("size", "M")],
            &[("gtin", "4006381333931"), ("size", "M")],
        ]),
        valid: file(&[
            &[("gtin", "4006381333931"), ("size", "M")],
            &[("gtin", "4006381333931"), ("size", "L")],
        ]),
    },
    Together {
        code: "GROUP_SINGLE",
        invalid: file(&[&[("item_group_id", "MUG"), ("color", "blue")]]),
        valid: file(&[
            &[("item_group_id", "MUG"), ("color", "blue")],
            &[("item_group_id", "MUG"), ("color", "red")],
        ]),
    },
    Together {
        code: "GROUP_SAME",
        invalid: file(&[
            &[
                ("item_group_id", "MUG"),
                ("color", "blue"),
                ("gtin", "4006381333931"),
            ],
            &[("item_group_id", "MUG"), ("color", "blue"), ("gtin", "96385074")],
        ]),
        valid: file(&[
            &[
                ("item_group_id", "MUG"),
                ("color", "blue"),
                ("gtin", "4006381333931"),
            ],
            &[("item_group_id", "MUG"), ("color", "red"), ("gtin", "96385074")],
        ]),
    },
];

/// The example of a rule that compares records.
pub fn together(rule: &Rule) -> Option<&'static Together> {
    TOGETHER.iter().find(|together| together.code == rule.code)
}

impl File {
    /// What the engine finds in its records, and at its end.
    pub fn judge(&self) -> Vec<Violation> {
        let mut checker = Checker::new(&contract(), moment()).knowing(known());
        let mut found = Vec::new();
        let all = (0..self.times).flat_map(|_| self.records);
        for (place, changes) in all.enumerate() {
            let id = format!("SKU-{}", 1001 + place);
            let own = (!changes.iter().any(|(name, _)| *name == "id")).then_some(("id", id.as_str()));
            let changes: Vec<_> = own.into_iter().chain(changes.iter().copied()).collect();
            found.extend(checker.check(&record(&changes)).violations());
        }
        let at_end = checker.at_end().into_iter().flat_map(|told| told.examples);
        found.extend(at_end.map(|(_, _, violation)| violation));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::rule;

    #[test]
    fn records_that_are_shown_together_do_what_the_page_says() {
        for Together { code, invalid, valid } in &TOGETHER {
            assert!(rule(code).is_some(), "{code}");
            let tells = |file: &File| file.judge().iter().any(|violation| violation.code == *code);
            assert!(tells(invalid), "{code}: {:?}", invalid.judge());
            assert!(!tells(valid), "{code} is a false alarm");
        }
    }
}
