//! Replaces what matches a pattern, in a time that grows with the text and no faster.
//!
//! Patterns are those of the `regex` crate, which has no look-around and no back-references, and so
//! no pattern that takes for ever. A rule goes through millions of records, so those that were read
//! last are kept.

use regex::{Regex, RegexBuilder};
use std::cell::RefCell;

/// Most memory that a pattern may take once it is read, in bytes.
const SIZE_MAX: usize = 1 << 20;
/// Patterns that are kept: more than a profile has fixes.
const KEPT: usize = 64;

thread_local! {
    static READ: RefCell<Vec<(String, Regex)>> = const { RefCell::new(Vec::new()) };
}

fn read(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(SIZE_MAX).build()
}

/// Why a pattern cannot be read, as a sentence; none when it can.
pub(super) fn fault(pattern: &str) -> Option<String> {
    let error = read(pattern).err()?;
    let told = error.to_string();
    // The last line says what is wrong; those before it draw where.
    let why = told.lines().last().unwrap_or_default();
    let why = why.trim().trim_start_matches("error: ");
    Some(format!("“{pattern}” is no pattern that can be used: {why}."))
}

/// The text with `to` in place of each match; `$1` in it is the first group. None where the pattern
/// cannot be read.
pub(super) fn replace(pattern: &str, value: &str, to: &str) -> Option<String> {
    READ.with_borrow_mut(|kept| {
        if let Some((_, read)) = kept.iter().find(|(text, _)| text == pattern) {
            return Some(read.replace_all(value, to).into_owned());
        }
        let read = read(pattern).ok()?;
        let replaced = read.replace_all(value, to).into_owned();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.push((pattern.to_owned(), read));
        Some(replaced)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_a_match_are_written_where_they_are_named() {
        let made = replace(r"^(\d+),(\d\d) ?€$", "12,50 €", "$1.$2 EUR");
        assert_eq!(made.as_deref(), Some("12.50 EUR"));
        let stays = replace(r"^(\d+),(\d\d) ?€$", "about 12,50 €", "$1.$2 EUR");
        assert_eq!(stays.as_deref(), Some("about 12,50 €"));
        for n in 0..2 * KEPT {
            let made = replace(&format!("a{{{n}}}b"), &format!("{}b", "a".repeat(n)), "-");
            assert_eq!(made.as_deref(), Some("-"), "however many were read before");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_used_says_why_in_one_line() {
        for pattern in ["(", "[z-a]", r"(a)\1", "(?=a)", r"\pX{10000}{10000}"] {
            let says = fault(pattern).expect("a fault");
            assert!(!says.contains('\n') && says.contains(pattern), "{says}");
        }
        assert_eq!(fault(r"^\s*(\w+)$"), None);
    }

    #[test]
    fn a_pattern_that_others_choke_on_takes_no_time() {
        let long = "a".repeat(100_000);
        assert_eq!(replace("^(a+)+$x", &long, "-"), Some(long));
    }
}
