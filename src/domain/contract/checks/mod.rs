//! Keeps the rules, a room per attribute, and the one table of them all.

pub mod across;
pub mod addresses;
pub mod apparel;
pub mod availability;
pub mod category;
pub mod condition;
mod date;
pub mod description;
pub mod details;
pub mod file;
pub mod gtin;
pub mod id;
pub mod identifiers;
pub mod link;
pub mod measure;
mod money;
pub mod picture;
pub mod preorder;
pub mod price;
pub mod sale;
pub mod shipping;
pub mod time;
pub mod title;

use super::look::{Look, Quoted};
use super::text::is_longer;
use super::{Check, Rule};
use crate::domain::record::Attribute;

/// Writes a rule down that is the partner's to mend.
macro_rules! rule {
    ($code:ident: $severity:ident on $attribute:tt, $title:literal, $meaning:literal, $expected:literal,
     valid: $valid:expr, invalid: $invalid:expr, $fix:expr $(, threshold: $threshold:expr)?) => {
        #[doc = concat!($title, ".")]
        pub static $code: crate::domain::contract::Rule = crate::domain::contract::Rule {
            code: stringify!($code),
            severity: crate::domain::violation::Severity::$severity,
            attribute: rule!(@attribute $attribute),
            actor: crate::domain::contract::Actor::Partner,
            threshold: rule!(@threshold $($threshold)?),
            title: $title,
            meaning: $meaning,
            expected: $expected,
            valid: $valid,
            invalid: $invalid,
            fix: $fix,
        };
    };
    (@attribute None) => { None };
    (@attribute $attribute:literal) => { Some($attribute) };
    (@threshold) => { None };
    (@threshold $threshold:expr) => { Some($threshold) };
}
use rule;

/// So many bytes that begin with `prefix` and go on and on, for examples of what is too long.
const fn filler<const N: usize>(prefix: &str) -> [u8; N] {
    let (prefix, more) = (prefix.as_bytes(), b"and-so-on-");
    let (mut out, mut at) = ([b'x'; N], 0);
    while at < N {
        out[at] = if at < prefix.len() {
            prefix[at]
        } else {
            more[(at - prefix.len()) % more.len()]
        };
        at += 1;
    }
    out
}

/// A text of so many characters that begins with a prefix.
macro_rules! long {
    ($length:literal, $prefix:literal) => {{
        const BYTES: [u8; $length] = crate::domain::contract::checks::filler($prefix);
        match std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => "",
        }
    }};
}
use long;

/// Every check, in the order of the rule book. The engine, the pages of the rules and the
/// tests of their examples read this table and no other.
pub static CHECKS: &[&Check] = &[
    &file::REFUSALS,
    &file::DAMAGE,
    &file::COLUMNS,
    &id::ID,
    &title::TITLE,
    &description::DESCRIPTION,
    &link::LINK,
    &link::IMAGE_LINK,
    &picture::PICTURE,
    &availability::AVAILABILITY,
    &preorder::AVAILABILITY_DATE,
    &price::PRICE,
    &sale::SALE,
    &sale::SALE_DATE,
    &condition::CONDITION,
    &gtin::GTIN,
    &gtin::UPC,
    &identifiers::IDENTIFIERS,
    &category::CATEGORY,
    &apparel::APPAREL,
    &apparel::PEOPLE,
    &apparel::COLOR,
    &apparel::SIZE,
    &apparel::FABRIC,
    &details::GROUP_ID,
    &category::PRODUCT_TYPE,
    &addresses::MORE_IMAGES,
    &condition::SOLD_AS,
    &condition::EXPIRATION,
    &measure::MEASURES,
    &shipping::SHIPPING,
    &details::LABELS,
    &details::HIGHLIGHTS,
    &details::ENERGY,
    &addresses::ADDRESSES,
    &details::ONCE,
    &across::TITLES,
    &across::PICTURES,
    &across::PRODUCTS,
    &across::GROUPS,
    &across::LABELS,
    &time::GATES,
];

/// The checks that judge each value of their attributes by itself and, when all pass, take nothing
/// down: those whose values come again and again, so that remembering them is worth its while.
/// See [`Sound`](super::Sound).
pub static BY_VALUE: &[&Check] = &[
    &condition::CONDITION,
    &category::CATEGORY,
    &apparel::PEOPLE,
    &apparel::COLOR,
    &apparel::SIZE,
    &apparel::FABRIC,
    &details::GROUP_ID,
    &category::PRODUCT_TYPE,
    &condition::SOLD_AS,
    &condition::EXPIRATION,
    &measure::MEASURES,
    &shipping::SHIPPING,
    &details::LABELS,
    &details::HIGHLIGHTS,
    &details::ENERGY,
];

/// Reports a value with more than `limit` characters.
fn too_long(look: &mut Look<'_>, attribute: Attribute, rule: &'static Rule, what: &str, limit: usize) {
    let Some(value) = look.value(attribute) else {
        return;
    };
    if is_longer(value, limit) {
        let count = value.chars().count();
        let message = format_args!(
            "{what} {} has {count} characters; at most {limit} are allowed.",
            Quoted(value)
        );
        look.report(rule, value, None, message);
    }
}

/// A sound record and a checker, for the tests of every room.
#[cfg(test)]
pub(super) mod testing {
    use crate::domain::contract::{Checked, Checker, example};
    use crate::domain::record::RawRecord;

    pub use example::{contract, moment as now};

    /// The sound record with some values in place of its own.
    pub fn sound(changes: &[(&str, &str)]) -> RawRecord {
        example::record(changes)
    }

    pub fn checker() -> Checker {
        Checker::new(&contract(), now()).knowing(example::known())
    }

    pub fn check(changes: &[(&str, &str)]) -> Checked {
        checker().check(&sound(changes))
    }

    pub fn codes(changes: &[(&str, &str)]) -> Vec<&'static str> {
        check(changes).failed().map(|(rule, _)| rule.code).collect()
    }

    /// What is understood by `name`.
    pub fn understood(changes: &[(&str, &str)], name: &str) -> Option<String> {
        let raw = sound(changes);
        checker().check(&raw).record(&raw).get(name).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{check, checker, sound};
    use crate::domain::contract::{rule, rules};
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_found_by_name() {
        let codes: BTreeSet<_> = rules().map(|rule| rule.code).collect();
        assert_eq!(codes.len(), rules().count());
        assert!(codes.iter().all(|code| rule(code).is_some()));
    }

    #[test]
    fn a_sound_record_passes_without_a_word() {
        let raw = sound(&[]);
        let checked = checker().check(&raw);
        assert!(
            checked.is_clean(),
            "{:?}",
            checked.violations().collect::<Vec<_>>()
        );
        assert_eq!(checked.record(&raw).to_attributes(), raw.to_attributes());
    }

    #[test]
    fn every_example_of_every_rule_does_what_its_page_says() {
        for rule in rules() {
            for example in rule.valid {
                let found: Vec<_> = check(example).violations().collect();
                assert!(
                    found.iter().all(|v| v.code != rule.code),
                    "{} on {example:?}: {found:?}",
                    rule.code
                );
            }
            for example in rule.invalid {
                let found: Vec<_> = check(example).violations().collect();
                assert!(
                    found.iter().any(|v| v.code == rule.code),
                    "{} on {example:?}: {found:?}",
                    rule.code
                );
            }
        }
    }

    #[test]
    fn every_sentence_names_the_value_and_ends_as_a_sentence() {
        for rule in rules() {
            for violation in rule
                .invalid
                .iter()
                .flat_map(|example| check(example).violations().collect::<Vec<_>>())
            {
                let first: String = violation
                    .value
                    .chars()
                    .take(8)
                    .map(|c| if c.is_control() { ' ' } else { c })
                    .collect();
                assert!(
                    violation.message.contains(&first),
                    "{}: {}",
                    rule.code,
                    violation.message
                );
                assert!(
                    violation.message.ends_with('.'),
                    "{}: {}",
                    rule.code,
                    violation.message
                );
            }
        }
    }
}
