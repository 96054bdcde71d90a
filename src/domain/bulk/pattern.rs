//! Replaces what matches a pattern, in bounded time and memory.
//!
//! Patterns are those of the `regex` crate, which has no look-around and no back-references: one
//! match takes time that grows with the text and no faster. There may be as many matches as
//! letters, so what is looked at is bounded as well ([`VALUE_MAX`], [`MATCHES_MAX`]), and what is
//! written ([`GROWN_MAX`]); a value beyond that stays as it was. A rule goes through millions of
//! records, so patterns that were read last are kept.

use super::fix::GROWN_MAX;
use regex::{Regex, RegexBuilder};
use std::cell::RefCell;

/// Most memory that a pattern may take once it is read, in bytes.
const SIZE_MAX: usize = 1 << 20;
/// Patterns that are kept: more than a profile has fixes.
const KEPT: usize = 128;
/// Longest value that is looked at, in bytes: twice the longest text of the rule book.
const VALUE_MAX: usize = 10_000;
/// Most matches in one value.
const MATCHES_MAX: usize = 1_000;

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

/// Why what is written cannot be meant: it names a group that the pattern has not.
pub(super) fn fault_of_groups(pattern: &str, to: &str) -> Option<String> {
    let pattern = read(pattern).ok()?;
    let is_there = |name: &str| {
        let by_number = name.parse::<usize>().is_ok_and(|n| n < pattern.captures_len());
        by_number || pattern.capture_names().flatten().any(|there| there == name)
    };
    let mut rest = to;
    while let Some((_, behind)) = rest.split_once('$') {
        if let Some(behind) = behind.strip_prefix('$') {
            rest = behind;
            continue;
        }
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, after) = match behind.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
            Some(braced) => braced,
            None => behind.split_at(behind.find(|c| !is_of_name(c)).unwrap_or(behind.len())),
        };
        rest = after;
        if !name.is_empty() && !is_there(name) {
            return Some(format!(
                "The pattern has no group “{name}”. Write ${{1}} for its first group with letters behind it, and $$ for a dollar."
            ));
        }
    }
    None
}

/// The text with `to` in place of each match; `$1` in it is the first group. None where the pattern
/// cannot be read, and where it would be too much.
pub(super) fn replace(pattern: &str, value: &str, to: &str) -> Option<String> {
    if value.len() > VALUE_MAX {
        return None;
    }
    READ.with_borrow_mut(|kept| {
        if let Some((_, read)) = kept.iter().find(|(text, _)| text == pattern) {
            return replaced(read, value, to);
        }
        let read = read(pattern).ok()?;
        let replaced = replaced(&read, value, to);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.push((pattern.to_owned(), read));
        replaced
    })
}

fn replaced(pattern: &Regex, value: &str, to: &str) -> Option<String> {
    let mut text = String::with_capacity(value.len());
    let mut end = 0;
    for (place, found) in pattern.captures_iter(value).enumerate() {
        let whole = found.get_match();
        text.push_str(&value[end..whole.start()]);
        found.expand(to, &mut text);
        end = whole.end();
        if place >= MATCHES_MAX || text.len() > GROWN_MAX {
            return None;
        }
    }
    text.push_str(&value[end..]);
    Some(text)
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
        let long = "a".repeat(VALUE_MAX);
        assert_eq!(replace("^(a+)+$x", &long, "-"), Some(long));
        let capitals = "A".repeat(VALUE_MAX);
        assert_eq!(
            replace(".*[^A-Z]|[A-Z]", &capitals, "-"),
            None,
            "too many matches"
        );
        assert_eq!(
            replace("a", &"a".repeat(900), &"b".repeat(2000)),
            None,
            "too long"
        );
        assert_eq!(replace("a", &"a".repeat(VALUE_MAX + 1), ""), None);
    }

    #[test]
    fn what_is_written_names_only_groups_that_there_are() {
        for to in [
            "$1 EUR", "${1}EUR", "$amount", "$0", "$$5", "plain", "$", "5 $ and",
        ] {
            assert_eq!(fault_of_groups(r"^(?<amount>\d+)$", to), None, "{to}");
        }
        for to in ["$1EUR", "$2", "US$5", "${eur}"] {
            assert!(fault_of_groups(r"^(?<amount>\d+)$", to).is_some(), "{to}");
        }
    }
}
