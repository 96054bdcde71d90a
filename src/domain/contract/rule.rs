//! Says what a rule is: everything people and programs are told about it, in one place.

use super::look::Look;
use crate::domain::record::Attribute;
use crate::domain::violation::Severity;

/// Who has to act so that a rule passes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The partner mends the feed.
    Partner,
    /// We mend our profile or contract of the feed.
    Us,
    /// Nobody; it passes by itself, or we mended it on the way in.
    Nobody,
}

impl Actor {
    /// The word for it on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Partner => "partner",
            Self::Us => "us",
            Self::Nobody => "nobody",
        }
    }
}

/// Names and values to lay over a sound record: the example of a rule's page, and its test.
pub type Example = &'static [(&'static str, &'static str)];

/// The number where a rule draws its border, which a contract may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// What it is, such as `longest title`.
    pub name: &'static str,
    /// What it counts, such as `characters`.
    pub unit: &'static str,
    /// Where the border is unless a contract says otherwise; what is on it passes.
    pub default: u32,
    /// The smallest value that makes sense.
    pub least: u32,
    /// The largest value that makes sense.
    pub most: u32,
}

/// One rule of the contract.
///
/// The engine, the reports, the pages and the tests all read this one table: the examples are
/// shown to people, and a test sends each of them through the engine.
#[derive(Debug)]
pub struct Rule {
    /// Stable, in every report: `GTIN_CHECK`.
    pub code: &'static str,
    /// How much it matters unless a contract says otherwise.
    pub severity: Severity,
    /// The attribute it speaks of; none when it is about the record or the file as a whole.
    pub attribute: Option<&'static str>,
    /// Who has to act.
    pub actor: Actor,
    /// Where it draws its border, if that is a number.
    pub threshold: Option<Threshold>,
    /// A few words for headings and lists.
    pub title: &'static str,
    /// What it means and why it matters, in a paragraph.
    pub meaning: &'static str,
    /// What the rule expects, as a sentence.
    pub expected: &'static str,
    /// Records that pass it.
    pub valid: &'static [Example],
    /// Records that fail it.
    pub invalid: &'static [Example],
    /// What to do.
    pub fix: &'static str,
}

impl Rule {
    /// Whether it is known only at the end of the file, when its records are through: it can be
    /// told, but holds no record.
    pub fn is_told_at_end(&self) -> bool {
        let told = [
            &raw const super::checks::across::GROUP_SINGLE,
            &raw const super::checks::file::FILE_UNKNOWN_COLUMN,
        ];
        told.iter().any(|rule| std::ptr::eq(self, *rule))
    }
}

/// Rules that one function applies in one look at a record: usually those of one attribute.
pub struct Check {
    /// What they are about, for the benchmark's table of costs.
    pub name: &'static str,
    /// The attributes it speaks of: a record without a value of any of them is not shown to
    /// it. With none, it looks at every record.
    pub attributes: &'static [Attribute],
    /// The rules it may report.
    pub rules: &'static [&'static Rule],
    /// Looks at a record and reports what fails.
    pub run: fn(&mut Look<'_>),
}
