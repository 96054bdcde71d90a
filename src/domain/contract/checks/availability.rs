//! Asks whether the product can be had, in one of four words.

use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::{Actor, Check, Rule};
use crate::domain::record::Attribute;
use crate::domain::violation::Severity;

/// The rules of `availability`.
pub static AVAILABILITY: Check = Check {
    name: "availability",
    attributes: &[],
    rules: &[&AVAIL_MISSING, &AVAIL_ENUM, &AVAIL_NORMALISED],
    run: check,
};

/// A record without availability.
pub static AVAIL_MISSING: Rule = Rule {
    code: "AVAIL_MISSING",
    severity: Severity::Error,
    attribute: Some("availability"),
    actor: Actor::Partner,
    threshold: None,
    title: "No availability",
    meaning: "The record does not say whether the product can be had. Guessing would sell what is not there.",
    expected: "in_stock, out_of_stock, preorder or backorder.",
    valid: &[&[("availability", "out_of_stock")]],
    invalid: &[&[("availability", "")]],
    fix: "Send availability with every record.",
};

/// A word that is none of the four.
pub static AVAIL_ENUM: Rule = Rule {
    code: "AVAIL_ENUM",
    severity: Severity::Error,
    attribute: Some("availability"),
    actor: Actor::Partner,
    threshold: None,
    title: "Unknown availability",
    meaning: "The value is none of the four words, nor one of the older forms we understand. Stock figures and \
              words of other languages are not understood, for they would have to be guessed.",
    expected: "in_stock, out_of_stock, preorder or backorder.",
    valid: &[&[("availability", "preorder")], &[("availability", "backorder")]],
    invalid: &[
        &[("availability", "yes")],
        &[("availability", "12")],
        &[("availability", "auf Lager")],
    ],
    fix: "Send one of the four words, or let us map your words in the feed's profile.",
};

/// An older form of one of the four words.
pub static AVAIL_NORMALISED: Rule = Rule {
    code: "AVAIL_NORMALISED",
    severity: Severity::Warning,
    attribute: Some("availability"),
    actor: Actor::Partner,
    threshold: None,
    title: "Availability in an older form",
    meaning: "The value is an older or another form of one of the four words. We understood it; other \
              receivers may not.",
    expected: "in_stock, out_of_stock, preorder or backorder, exactly.",
    valid: &[&[("availability", "in_stock")]],
    invalid: &[
        &[("availability", "in stock")],
        &[("availability", "InStock")],
        &[("availability", "https://schema.org/OutOfStock")],
    ],
    fix: "Send the word with an underscore and small letters.",
};

const WORDS: [&str; 4] = ["in_stock", "out_of_stock", "preorder", "backorder"];

/// Reads older forms: other case, spaces or dashes, schema.org's names.
fn understood(value: &str) -> Option<&'static str> {
    let lower = value.to_ascii_lowercase();
    let bare = [
        "https://schema.org/",
        "http://schema.org/",
        "schema.org/",
        "schema:",
    ]
    .iter()
    .find_map(|prefix| lower.strip_prefix(prefix))
    .unwrap_or(&lower);
    let letters: String = bare
        .chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-' | '\u{a0}'))
        .collect();
    match letters.as_str() {
        "instock" => Some("in_stock"),
        "outofstock" | "soldout" => Some("out_of_stock"),
        "preorder" => Some("preorder"),
        "backorder" => Some("backorder"),
        _ => None,
    }
}

fn check(look: &mut Look<'_>) {
    let Some(value) = look.value(Attribute::Availability) else {
        look.report(
            &AVAIL_MISSING,
            "",
            None,
            format_args!("The record has no availability."),
        );
        return;
    };
    if let Some(word) = WORDS.into_iter().find(|word| *word == value) {
        look.out.availability = Some(word);
        return;
    }
    if let Some(word) = understood(value) {
        look.out.availability = Some(word);
        look.understand(Attribute::Availability, format_args!("{word}"));
        look.report(
            &AVAIL_NORMALISED,
            value,
            Some(format_args!("{word}")),
            format_args!("Availability {} was read as {word}.", Quoted(value)),
        );
    } else {
        look.report(
            &AVAIL_ENUM,
            value,
            None,
            format_args!(
                "Availability {} is none of in_stock, out_of_stock, preorder and backorder.",
                Quoted(value)
            ),
        );
    }
}
