//! Reads profiles as people write them, in TOML, says in which line something is wrong, and
//! which lines are different in another.

use crate::domain::profile::{Edit, Fault, Kept, Line, Profile};
use anyhow::{Context, bail};
use serde::Serialize;
use similar::{ChangeTag, TextDiff};
use std::fmt;
use std::path::Path;
use toml::de::{DeArray, DeTable, DeValue};

/// One thing that is wrong with a profile somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The line it is in, counted from 1; none when it is about the whole.
    pub line: Option<usize>,
    /// What is wrong, and what is allowed.
    pub message: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Reads a profile; the flaws come in the order of the text.
pub fn read(text: &str) -> Result<Profile, Vec<Flaw>> {
    let profile: Profile = toml::from_str(text).map_err(|error| vec![flaw_of(&error, text)])?;
    let faults = profile.faults();
    if faults.is_empty() {
        return Ok(profile);
    }
    let mut flaws: Vec<Flaw> = faults
        .into_iter()
        .map(|fault| Flaw {
            line: place(text, &fault).map(|at| line_of(text, at)),
            message: fault.to_string(),
        })
        .collect();
    flaws.sort_by_key(|flaw| flaw.line);
    Err(flaws)
}

/// Writes a profile as a person would.
pub fn write(profile: &Profile) -> String {
    // A profile is made of strings and tables of strings, all of which TOML can hold.
    toml::to_string(profile).unwrap_or_default()
}

/// A profile's text with a fix kept behind it.
pub fn keep(text: &str, kept: &Kept) -> String {
    #[derive(Serialize)]
    struct Fixes<'a> {
        fixes: [&'a Kept; 1],
    }
    // A fix is made of texts, all of which TOML can hold.
    let block = toml::to_string(&Fixes { fixes: [kept] }).unwrap_or_default();
    if text.trim().is_empty() {
        return block;
    }
    format!("{}\n\n{block}", text.trim_end())
}

/// The lines that are different in `after`, each with a line before and behind it.
pub fn differences(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let groups = diff.grouped_ops(1);
    let changes = groups.iter().flatten().flat_map(|op| diff.iter_changes(op));
    changes
        .map(|change| Line {
            edit: match change.tag() {
                ChangeTag::Equal => Edit::Kept,
                ChangeTag::Insert => Edit::Added,
                ChangeTag::Delete => Edit::Removed,
            },
            text: change.value().trim_end_matches(['\r', '\n']).to_owned(),
        })
        .collect()
}

/// Reads what was given on the command line: the name of a shipped profile, or a file.
pub fn load(named: &str) -> anyhow::Result<Profile> {
    load_text(named).map(|(_, profile)| profile)
}

/// The same, with the text it stands in.
pub fn load_text(named: &str) -> anyhow::Result<(String, Profile)> {
    if let Some(profile) = Profile::named(named) {
        return Ok((write(&profile), profile));
    }
    let path = Path::new(named);
    if !path.exists() {
        bail!(
            "“{named}” is neither a file nor a shipped profile; there are {}",
            crate::domain::profile::shipped::names().join(", ")
        );
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let read = read(&text).map_err(|flaws| {
        let lines: Vec<String> = flaws.iter().map(ToString::to_string).collect();
        anyhow::anyhow!(
            "the profile {} cannot be used:\n  {}",
            path.display(),
            lines.join("\n  ")
        )
    });
    read.map(|profile| (text, profile))
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn flaw_of(error: &toml::de::Error, text: &str) -> Flaw {
    let mut message = error.message().replace('\n', ", ");
    if !message.ends_with('.') {
        message.push('.');
    }
    Flaw {
        line: error.span().map(|span| line_of(text, span.start)),
        message,
    }
}

/// Where the key of a fault stands in the text.
fn place(text: &str, fault: &Fault) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut table = table.get_ref();
    let mut at = None;
    let mut list: Option<&DeArray<'_>> = None;
    for step in &fault.key {
        // Of a list the step is the place of what is meant.
        if let Some(items) = list.take() {
            let item = step.parse::<usize>().ok().and_then(|place| items.get(place))?;
            at = Some(item.span().start);
            match item.get_ref() {
                DeValue::Table(inner) => table = inner,
                _ => break,
            }
            continue;
        }
        let Some((key, value)) = table.iter().find(|(key, _)| **key.get_ref() == **step) else {
            break;
        };
        at = Some(key.span().start);
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            DeValue::Array(items) => list = Some(items),
            _ => break,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bulk::fix::Change;

    fn flaws(text: &str) -> Vec<String> {
        read(text)
            .expect_err(text)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_kept_fix_stands_behind_what_was_written_and_is_read_back() {
        let kept = Kept {
            attribute: "price".to_owned(),
            change: Change::Set,
            from: String::new(),
            to: "10.00 \"EUR\"".to_owned(),
            by: "Ada \u{1F9EA}".to_owned(),
            on: chrono::NaiveDate::from_ymd_opt(2026, 11, 27),
            why: "They\ntold us".to_owned(),
        };
        for text in ["", "# Theirs.\ndecimal = \",\"\n\n[map]\nPreis = \"price\"\n"] {
            let once = keep(text, &kept);
            assert!(once.starts_with(text.trim_end()), "{once}");
            let other = Kept {
                change: Change::Trim,
                to: String::new(),
                on: None,
                ..kept.clone()
            };
            let profile = read(&keep(&once, &other)).expect("sound");
            assert_eq!(profile.fixes, [kept.clone(), other]);
            assert_eq!(read(&write(&profile)), Ok(profile));
        }
    }

    #[test]
    fn a_fix_that_cannot_be_made_is_named_with_its_line() {
        let text = "decimal = \",\"\n[[fixes]]\nattribute = \"price\"\nchange = \"trim\"\n\n\
                    [[fixes]]\nattribute = \"prise\"\nchange = \"trim\"\n\n\
                    [[fixes]]\nattribute = \"id\"\nchange = \"trim\"\n\n\
                    [[fixes]]\nattribute = \"price\"\nchange = \"map\"\nto = \"1 EUR\"\n";
        assert_eq!(
            flaws(text),
            [
                "line 7: fixes.1.attribute: “prise” is no attribute of the contract; use one such as id, title, price or gtin.",
                "line 11: fixes.2.attribute: The id cannot be changed: another id is another product.",
                "line 14: fixes.3.from: Give the value that is changed.",
            ]
        );
    }

    #[test]
    fn a_written_profile_comes_back_as_it_was() {
        let text = "base = \"ceneo\"\ndelimiter = \"\\t\"\ncolumns = [\"Nr.\", \"\"]\ndecimal = \",\"\n\
                    currency = \"EUR\"\n\n[map]\n\"Nr.\" = \"id\"\n\"Preis $\" = \"price\"\n\n[fixed]\ncondition = \"new\"\n\n\
                    [values.availability]\n\"1\" = \"in_stock\"\n";
        let profile = read(text).expect("sound");
        assert_eq!(profile.delimiter, Some('\t'));
        assert_eq!(read(&write(&profile)), Ok(profile));
        assert_eq!(read(""), Ok(Profile::default()));
        assert_eq!(write(&Profile::default()), "");
    }

    #[test]
    fn a_difference_is_told_line_by_line_and_comments_are_lines_too() {
        let before = "# from Jana\ndecimal = \",\"\n\n[map]\n\"Nr\" = \"id\"\n\"Preis\" = \"title\"\n";
        let after = before.replace("\"title\"", "\"price\"");
        let told: Vec<String> = differences(before, &after)
            .iter()
            .map(|line| format!("{}{}", line.edit.sign(), line.text))
            .collect();
        assert_eq!(
            told,
            [
                " \"Nr\" = \"id\"",
                "-\"Preis\" = \"title\"",
                "+\"Preis\" = \"price\""
            ]
        );
        assert!(differences(before, before).is_empty());
    }

    #[test]
    fn flaws_name_their_line() {
        assert_eq!(
            flaws("base = \"ceneo\"\n\n[map]\nName = \"title\"\n\"Preis €\" = \"prise\"\n"),
            [
                "line 5: map.Preis €: “prise” is no attribute of the contract; use one such as id, title, price or gtin."
            ]
        );
        assert_eq!(
            flaws("decimal = \";\"\nbase = \"x\"\n"),
            [
                "line 1: decimal: “;” is not a decimal mark; use one of . ,.",
                "line 2: base: “x” is not a shipped profile; use one of ceneo idealo trovaprezzi.",
            ]
        );
        assert!(flaws("[map]\nName = title\n")[0].starts_with("line 2: "));
        assert!(flaws("\nmapp = 1\n")[0].starts_with("line 2: unknown field `mapp`, expected one of `base`"));
        assert_eq!(
            flaws("currency = \"euro\"\n"),
            ["line 1: “euro” is not a currency of ISO 4217: use a code such as EUR or USD."]
        );
    }
}
