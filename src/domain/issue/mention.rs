//! Finds whom a note asks: `@Sam Berg`, or `@Sam` where one alone is called that.

use super::triage::Person;

/// A name behind an `@` that is nobody's, or more than one person's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“@{0}” names nobody of ours who may see this partner, or more than one. Write the whole name, or leave the @ out."
)]
pub struct Nobody(pub String);

/// Those of `people` that the note names, each once, in the order of the names. An `@` counts
/// where a word begins with it.
pub fn asked(note: &str, people: &[Person]) -> Result<Vec<Person>, Nobody> {
    let mut asked: Vec<Person> = Vec::new();
    for (at, _) in note.match_indices('@') {
        let begins = note[..at].chars().next_back();
        let rest = &note[at + 1..];
        let is_name = begins.is_none_or(|before| before.is_whitespace() || "([{„“\"'".contains(before))
            && rest.chars().next().is_some_and(char::is_alphabetic);
        if !is_name {
            continue;
        }
        let found = named(rest, people).ok_or_else(|| Nobody(word(rest).to_owned()))?;
        if !asked.contains(found) {
            asked.push(found.clone());
        }
    }
    Ok(asked)
}

/// Who is named where the text begins: by the longest whole name, or else by a first name; none
/// where that is not one person.
fn named<'p>(text: &str, people: &'p [Person]) -> Option<&'p Person> {
    let whole = |person: &&Person| begins(text, &person.name);
    let longest = people
        .iter()
        .filter(whole)
        .map(|person| person.name.chars().count())
        .max();
    let first = |person: &&Person| {
        let first = person.name.split_whitespace().next();
        first.is_some_and(|first| begins(text, first))
    };
    let called: Vec<&Person> = match longest {
        Some(longest) => people
            .iter()
            .filter(whole)
            .filter(|person| person.name.chars().count() == longest)
            .collect(),
        None => people.iter().filter(first).collect(),
    };
    match called.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

/// Whether a text begins with a name, in any case, and the name ends there.
fn begins(text: &str, name: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    let mut rest = text.chars();
    for wanted in name.chars() {
        let is_it = rest
            .next()
            .is_some_and(|found| found == wanted || found.to_lowercase().eq(wanted.to_lowercase()));
        if !is_it {
            return false;
        }
    }
    !rest.next().is_some_and(char::is_alphanumeric)
}

/// The word that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::UserId;
    use proptest::prelude::*;

    fn people(names: &[&str]) -> Vec<Person> {
        let person = |(place, name): (usize, &&str)| Person {
            id: UserId::new(place.to_string()),
            name: (*name).to_owned(),
        };
        names.iter().enumerate().map(person).collect()
    }

    fn names(note: &str, of: &[&str]) -> Result<Vec<String>, Nobody> {
        let asked = asked(note, &people(of))?;
        Ok(asked.into_iter().map(|person| person.name).collect())
    }

    fn are(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_note_asks_whom_it_names_by_the_whole_name_or_by_a_first_name_of_one() {
        let of = ["Sam Berg", "Sam", "Nora Æsir", "Nora Lind", "山田 太郎", "Ann Ek"];
        assert_eq!(
            names("@sam berg, is this yours? @NORA æsir knows", &of),
            Ok(are(&["Sam Berg", "Nora Æsir"]))
        );
        assert_eq!(names("(@Sam) or\n@Sam. @Ann?", &of), Ok(are(&["Sam", "Ann Ek"])));
        assert_eq!(names("@山田 太郎、お願いします", &of), Ok(are(&["山田 太郎"])));
        assert_eq!(
            names("x@sam.example, https://x.example/@sam/1, @ 12 EUR, @5", &of),
            Ok(are(&[]))
        );
    }

    #[test]
    fn a_name_of_nobody_or_of_two_is_refused() {
        let of = ["Nora Æsir", "Nora Lind", "Kim Oh", "Kim Oh", "山田 太郎"];
        for (note, word) in [
            ("@Nora looks", "Nora"),
            ("please @Samuel", "Samuel"),
            ("@Kim Oh", "Kim"),
            ("@山田さん", "山田さん"),
        ] {
            assert_eq!(names(note, &of), Err(Nobody(word.to_owned())), "{note}");
        }
    }

    proptest! {
        #[test]
        fn no_note_makes_it_panic(note in ".{0,60}", name in ".{0,8}") {
            let _ = asked(&note, &people(&[&name, "Sam"]));
        }

        #[test]
        fn whoever_is_named_is_found(before in "[ -?]{0,8} ", name in "[A-Za-zäß]{1,8}( [A-Za-z]{1,8})?") {
            prop_assert_eq!(names(&format!("{before}@{name}"), &[&name]), Ok(are(&[&name])));
        }
    }
}
