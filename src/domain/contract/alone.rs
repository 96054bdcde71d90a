//! Judges one record by itself: in a replay, when a mended one is saved, and in the browser
//! while somebody mends it.
//!
//! All of them call [`judge`]; there is no second way to ask, so the browser says what the server
//! will say. Of what is [`Known`] beside the record, only the categories stay on the server.

use super::{Checked, Checker, Contract, Known, Pictures};
use crate::domain::record::{Attributes, Position, RawRecord};
use crate::domain::violation::{Severity, Violation};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::sync::Arc;

/// Sends attributes as they stand through a contract.
pub fn judge(
    contract: &Contract,
    known: &Known,
    attributes: &Attributes,
    now: DateTime<Utc>,
) -> (RawRecord, Checked) {
    let raw = RawRecord::from_attributes(attributes, Position::default());
    let checked = Checker::new(contract, now).knowing(known.clone()).check(&raw);
    (raw, checked)
}

/// What each of a judged record's fields is understood as, in their order: the attribute and its
/// normalised value; none for one that is empty or gives way to another.
pub fn understood(raw: &RawRecord, checked: &Checked) -> Vec<Option<(String, String)>> {
    let field = |index: usize| {
        let value = checked.understood(raw, index)?;
        let name = &raw.names().name(raw.field(index).0).text;
        Some((name.to_string(), value.to_owned()))
    };
    (0..raw.len()).map(field).collect()
}

/// A record to judge, and what by: the question as it crosses into the browser's engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The rules.
    pub contract: Contract,
    /// The record.
    pub attributes: Attributes,
    /// The time that its dates are held against.
    pub now: DateTime<Utc>,
    /// What is known of its pictures.
    #[serde(default)]
    pub pictures: Pictures,
}

/// What the contract says of one record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What fails, in the order found.
    pub violations: Vec<Violation>,
}

impl Verdict {
    /// Judges, without knowing any categories.
    pub fn of(asked: &Asked) -> Self {
        let known = Known::default().seeing(Arc::new(asked.pictures.clone()));
        let (_, checked) = judge(&asked.contract, &known, &asked.attributes, asked.now);
        Self::from(&checked)
    }

    /// Whether the record would be accepted.
    pub fn passes(&self) -> bool {
        self.violations.iter().all(|v| v.severity > Severity::Error)
    }

    /// It in one line: `Still fails: GTIN_CHECK.`
    pub fn line(&self) -> String {
        let passes = self.passes();
        let mut codes: Vec<&str> = Vec::new();
        for violation in &self.violations {
            if (passes || violation.severity <= Severity::Error) && !codes.contains(&&*violation.code) {
                codes.push(&violation.code);
            }
        }
        let mut line = match (passes, codes.is_empty()) {
            (true, true) => return "Would pass: no rule is broken.".to_owned(),
            (true, false) => "Would pass, with a word to the partner: ".to_owned(),
            (false, _) => "Still fails: ".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = write!(line, "{}.", codes.join(", "));
        line
    }

    /// What fails about each of some fields, and what fails about none of them. The fields are
    /// names and values as they stand in the form.
    pub fn pinned(&self, fields: &Attributes) -> (Vec<Vec<Violation>>, Vec<Violation>) {
        let mut pinned = vec![Vec::new(); fields.0.len()];
        let mut others = Vec::new();
        for violation in &self.violations {
            match place(fields.iter(), violation) {
                Some(place) => pinned[place].push(violation.clone()),
                None => others.push(violation.clone()),
            }
        }
        (pinned, others)
    }
}

impl From<&Checked> for Verdict {
    fn from(checked: &Checked) -> Self {
        Self {
            violations: checked.violations().collect(),
        }
    }
}

/// The field a violation speaks of: that with its value, else the first of its attribute; none
/// when it speaks of the record as a whole, or of what is not there.
pub fn place<'a>(
    fields: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    violation: &Violation,
) -> Option<usize> {
    let attribute = violation.attribute.as_deref()?;
    let named = fields.enumerate().filter(|(_, (name, _))| means(name, attribute));
    let value = violation.value.trim_end_matches('…');
    let valued = named
        .clone()
        .find(|(_, (_, now))| !violation.value.is_empty() && now.trim().starts_with(value));
    valued.or_else(|| named.clone().next()).map(|(place, _)| place)
}

/// Whether a name as sent means the attribute: `g:GTIN` means `gtin`.
fn means(name: &str, attribute: &str) -> bool {
    let bare = name.rsplit(':').next().unwrap_or(name).trim();
    bare.eq_ignore_ascii_case(attribute) || bare.replace([' ', '-'], "_").eq_ignore_ascii_case(attribute)
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    fn asked(changes: &[(&str, &str)]) -> Asked {
        Asked {
            contract: example::contract(),
            attributes: example::record(changes).to_attributes(),
            now: example::moment(),
            pictures: Pictures::default(),
        }
    }

    #[test]
    fn the_line_says_whether_it_would_pass_and_names_each_rule_once() {
        assert_eq!(Verdict::of(&asked(&[])).line(), "Would pass: no rule is broken.");
        let failing = Verdict::of(&asked(&[("gtin", "4006381333932"), ("price", "cheap")]));
        assert!(!failing.passes());
        let line = failing.line();
        assert!(line.starts_with("Still fails: ") && line.ends_with('.'), "{line}");
        assert!(line.contains("GTIN_CHECK") && line.contains("PRICE"), "{line}");
        let warned = Verdict::of(&asked(&[("title", "GOOD STEEL MUG FOR ALL AND SUNDRY")]));
        assert!(warned.passes());
        assert_eq!(
            warned.line(),
            "Would pass, with a word to the partner: TITLE_CAPS."
        );
    }

    #[test]
    fn the_browser_says_of_a_picture_that_was_looked_at_what_the_server_says() {
        let pictures = example::known().pictures.expect("pictures");
        let small = Asked {
            pictures: Pictures::clone(&pictures),
            ..asked(&[("image_link", "https://shop.example/images/99x800.jpg")])
        };
        assert_eq!(Verdict::of(&small).line(), "Still fails: IMG_SMALL.");
        let unknown = Asked {
            pictures: Pictures::default(),
            ..small
        };
        assert!(Verdict::of(&unknown).passes());
    }

    #[test]
    fn what_fails_stands_at_its_field_and_what_has_none_apart() {
        let fields = Attributes::typed(
            ["g:GTIN", "", "title"].map(str::to_owned).into(),
            ["4006381333932", "", "A mug"].map(str::to_owned).into(),
        );
        assert_eq!(fields.0.len(), 2, "what has no name is left out");
        let verdict = Verdict::of(&Asked {
            attributes: fields.clone(),
            ..asked(&[])
        });
        let (pinned, others) = verdict.pinned(&fields);
        assert!(pinned[0].iter().any(|v| v.code == "GTIN_CHECK"), "{verdict:?}");
        assert!(
            others.iter().any(|v| v.attribute.as_deref() == Some("price")),
            "{others:?}"
        );
    }
}
