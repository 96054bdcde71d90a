//! Asks for an id that names the product in this feed, today and tomorrow.

use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::text::is_longer;
use crate::domain::contract::{Actor, Check, Rule};
use crate::domain::record::Attribute;
use crate::domain::violation::Severity;

/// The rules of `id`.
pub static ID: Check = Check {
    name: "id",
    attributes: &[],
    rules: &[&ID_MISSING, &ID_LENGTH, &ID_CHARS, &ID_DUPLICATE, &ID_NONASCII],
    run: check,
};

/// A record without an id.
pub static ID_MISSING: Rule = Rule {
    code: "ID_MISSING",
    severity: Severity::Error,
    attribute: Some("id"),
    actor: Actor::Partner,
    threshold: None,
    title: "No id",
    meaning: "The record has no id, or nothing but white space in it. Without an id we cannot tell which \
              product it speaks of, nor recognise the product in the next delivery.",
    expected: "An id of 1 to 50 characters in every record.",
    valid: &[&[("id", "SKU-1001")]],
    invalid: &[&[("id", "")], &[("id", "   ")]],
    fix: "Send the product's own number or SKU, the same in every delivery.",
};

/// An id that is too long.
pub static ID_LENGTH: Rule = Rule {
    code: "ID_LENGTH",
    severity: Severity::Error,
    attribute: Some("id"),
    actor: Actor::Partner,
    threshold: None,
    title: "Id too long",
    meaning: "The id has more than 50 characters. It would be cut, and two products could become one.",
    expected: "An id of 1 to 50 characters.",
    valid: &[&[("id", "12345678901234567890123456789012345678901234567890")]],
    invalid: &[&[("id", "123456789012345678901234567890123456789012345678901")]],
    fix: "Shorten the id; a hash or the plain product number will do.",
};

/// An id with characters that cannot be seen.
pub static ID_CHARS: Rule = Rule {
    code: "ID_CHARS",
    severity: Severity::Error,
    attribute: Some("id"),
    actor: Actor::Partner,
    threshold: None,
    title: "Unseen characters in id",
    meaning: "The id holds control characters, private-use characters or the replacement character U+FFFD. \
              They cannot be seen or typed, and are usually the trace of a broken export.",
    expected: "Letters, digits, “_” and “-” in an id.",
    valid: &[&[("id", "SKU_1-a")]],
    invalid: &[
        &[("id", "SKU\u{1}1")],
        &[("id", "SKU\u{e000}1")],
        &[("id", "SKU\u{fffd}1")],
    ],
    fix: "Export the id again from the source, with ASCII letters, digits, “_” and “-” only.",
};

/// An id that came before in the same file.
pub static ID_DUPLICATE: Rule = Rule {
    code: "ID_DUPLICATE",
    severity: Severity::Error,
    attribute: Some("id"),
    actor: Actor::Partner,
    threshold: None,
    title: "Id used twice",
    meaning: "Another record of the same file has this id already; capital and small letters are the same. \
              The first record is kept, every later one is held, for we cannot tell which one is meant.",
    expected: "Each id once in a file.",
    valid: &[],
    invalid: &[],
    fix: "Give each variant its own id, and tie variants together by item_group_id.",
};

/// An id with letters outside ASCII.
pub static ID_NONASCII: Rule = Rule {
    code: "ID_NONASCII",
    severity: Severity::Info,
    attribute: Some("id"),
    actor: Actor::Partner,
    threshold: None,
    title: "Id with other than ASCII letters",
    meaning: "The id has characters outside ASCII. They are allowed, but many receivers mangle them.",
    expected: "ASCII letters, digits, “_” and “-” in an id.",
    valid: &[&[("id", "groesse-42")]],
    invalid: &[&[("id", "größe-42")]],
    fix: "Prefer ASCII letters, digits, “_” and “-”.",
};

/// Private use, or the mark that something could not be decoded. Surrogates cannot occur in UTF-8.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' | '\u{fffd}' | '\u{feff}' | '\u{200b}')
}

fn check(look: &mut Look<'_>) {
    let Some(id) = look.value(Attribute::Id) else {
        look.report(&ID_MISSING, "", None, format_args!("The record has no id."));
        return;
    };
    let is_plain = look.out.take_id(id);
    // Nearly every id is short and plain.
    if is_plain && id.len() <= LIMIT {
        return;
    }
    if look.out.id() != id {
        let collapsed = look.out.id().to_owned();
        look.understand(Attribute::Id, format_args!("{collapsed}"));
    }
    if is_longer(look.out.id(), LIMIT) {
        let count = look.out.id().chars().count();
        look.report(
            &ID_LENGTH,
            id,
            None,
            format_args!(
                "Id {} has {count} characters; at most {LIMIT} are allowed.",
                Quoted(id)
            ),
        );
    }
    if let Some(c) = id.chars().find(|c| is_unseen(*c) && !c.is_whitespace()) {
        look.report(
            &ID_CHARS,
            id,
            None,
            format_args!(
                "Id {} holds the unseen character U+{:04X}.",
                Quoted(id),
                u32::from(c)
            ),
        );
    } else if !id.is_ascii() {
        look.report(
            &ID_NONASCII,
            id,
            None,
            format_args!(
                "Id {} has characters outside ASCII, which many receivers mangle.",
                Quoted(id)
            ),
        );
    }
}

const LIMIT: usize = 50;

/// Says that the id came before in the same file.
pub(in crate::domain::contract) fn report_duplicate(look: &mut Look<'_>) {
    let id = look.value(Attribute::Id).unwrap_or_default();
    look.report(
        &ID_DUPLICATE,
        id,
        None,
        format_args!(
            "Id {} was used by an earlier record of this file; the first one is kept.",
            Quoted(id)
        ),
    );
}

#[cfg(test)]
mod tests {
    use crate::domain::contract::checks::testing::{check, codes};

    #[test]
    fn ids_are_trimmed_and_their_inner_white_space_is_collapsed() {
        let checked = check(&[("id", "  AB \t 1\n")]);
        assert_eq!((checked.id(), checked.key()), ("AB 1", "ab 1"));
    }

    proptest::proptest! {
        #[test]
        fn an_id_that_stands_alone_names_the_product_that_it_names_in_a_record(id in "[ \\t\u{a0}a-zA-ZÄßİ0-9>/-]{0,12}") {
            let checked = check(&[("id", &id)]);
            proptest::prop_assert_eq!(crate::domain::record::key(&id), checked.key());
        }
    }

    #[test]
    fn capital_and_small_letters_name_the_same_product() {
        use crate::domain::contract::checks::testing::{checker, sound};
        let mut checker = checker();
        let found: Vec<_> = ["abc123", "ABC123", "abc124", "ÄBC", "äbc"]
            .map(|id| {
                checker
                    .check(&sound(&[("id", id)]))
                    .failed()
                    .map(|(rule, _)| rule.code)
                    .filter(|code| code.starts_with("ID_"))
                    .collect::<Vec<_>>()
            })
            .into();
        assert_eq!(
            found,
            [
                vec![],
                vec!["ID_DUPLICATE"],
                vec![],
                vec!["ID_NONASCII"],
                vec!["ID_NONASCII", "ID_DUPLICATE"]
            ]
        );
    }

    #[test]
    fn records_without_an_id_are_not_duplicates_of_each_other() {
        assert_eq!(codes(&[("id", "")]), ["ID_MISSING"]);
    }
}
