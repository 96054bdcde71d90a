//! Keeps the rules, a room per attribute, and the one table of them all.

pub mod availability;
pub mod description;
pub mod file;
pub mod gtin;
pub mod id;
pub mod link;
mod money;
pub mod price;
pub mod time;
pub mod title;

use super::Check;

/// Every check, in the order of the rule book. The engine, the pages of the rules and the
/// tests of their examples read this table and no other.
pub static CHECKS: &[&Check] = &[
    &file::REFUSALS,
    &file::DAMAGE,
    &id::ID,
    &title::TITLE,
    &description::DESCRIPTION,
    &link::LINK,
    &link::IMAGE_LINK,
    &availability::AVAILABILITY,
    &price::PRICE,
    &gtin::GTIN,
    &time::GATES,
];

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
        Checker::new(&contract(), now())
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
