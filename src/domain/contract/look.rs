//! Gives a rule's function what it may see of a record, and takes what it has to say.

use super::checker::{Checked, Finding, NO_FIELD, Rules};
use super::sound::hash;
use super::text::trim;
use super::{Contract, Pictures, Rule, Standing, Taxonomy};
use crate::domain::record::{Attribute, RawRecord};
use crate::domain::violation::{Severity, Violation};
use chrono::{DateTime, Utc};
use std::fmt::{self, Write};

/// One look at one record.
///
/// Values live as long as the record, so a function may hold them while it reports.
pub struct Look<'a> {
    pub(super) raw: &'a RawRecord,
    pub(super) rules: &'a Rules,
    pub(super) out: &'a mut Checked,
}

impl<'a> Look<'a> {
    /// The record as sent.
    pub fn raw(&self) -> &'a RawRecord {
        self.raw
    }

    /// The contract it is held to.
    pub fn contract(&self) -> &'a Contract {
        self.rules.contract()
    }

    /// The categories there are, where they are known.
    pub fn taxonomy(&self) -> Option<&'a Taxonomy> {
        self.rules.taxonomy()
    }

    /// Pictures that were looked at, where any were.
    #[inline]
    pub fn pictures(&self) -> Option<&'a Pictures> {
        self.rules.pictures()
    }

    /// The time of the check.
    pub fn now(&self) -> DateTime<Utc> {
        self.rules.now()
    }

    /// The value of an attribute without the white space around it; none when it is missing
    /// or empty.
    #[inline]
    pub fn value(&self, attribute: Attribute) -> Option<&'a str> {
        let field = self.out.slots[attribute as usize];
        if field == NO_FIELD {
            return None;
        }
        let value = trim(self.raw.field(usize::from(field)).1);
        (!value.is_empty()).then_some(value)
    }

    /// A hash of the same value, which is not 0; 0 when it is missing or empty.
    #[inline]
    pub(super) fn hash(&self, attribute: Attribute) -> u64 {
        if !self.has(attribute) {
            0
        } else if self.rules.asked.is_remembered(attribute) {
            self.out.hashes[attribute as usize]
        } else {
            self.value(attribute).map_or(0, |value| hash(value.as_bytes()))
        }
    }

    /// Whether the attribute has a value.
    #[inline]
    pub fn has(&self, attribute: Attribute) -> bool {
        // Only a field with a value takes a slot.
        self.out.slots[attribute as usize] != NO_FIELD
    }

    /// Whether more than one field names the attribute.
    pub fn is_repeated(&self, attribute: Attribute) -> bool {
        self.out.repeated & (1 << attribute as u32) != 0
    }

    /// All values of an attribute that may be repeated, with the field each stands in.
    pub fn values(&self, attribute: Attribute) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let raw = self.raw;
        let first = self.out.slots[attribute as usize];
        let rank = (first != NO_FIELD).then(|| raw.names().name(raw.field(usize::from(first)).0).rank);
        (usize::from(first)..raw.len()).filter_map(move |index| {
            let (number, value) = raw.field(index);
            let name = raw.names().name(number);
            let value = trim(value);
            (name.attribute == Some(attribute) && Some(name.rank) == rank && !value.is_empty())
                .then_some((index, value))
        })
    }

    /// Makes `value` what is understood by the attribute.
    pub fn understand(&mut self, attribute: Attribute, value: fmt::Arguments<'_>) {
        let field = self.out.slots[attribute as usize];
        self.understand_field(usize::from(field), value);
    }

    /// Makes `value` what is understood by one field of a repeated attribute.
    pub fn understand_field(&mut self, field: usize, value: fmt::Arguments<'_>) {
        let span = self.out.write(value);
        self.out.replaced.push((field, span));
    }

    /// Reports that a rule failed: on which value, what to say, and the value that would pass
    /// where one is sure.
    pub fn report(
        &mut self,
        rule: &'static Rule,
        value: &str,
        suggestion: Option<fmt::Arguments<'_>>,
        message: fmt::Arguments<'_>,
    ) {
        let standing = self.rules.standing(rule);
        self.take(rule, standing, value, suggestion, message);
    }

    /// Reports like [`Self::report`], as an error whatever the rule's default: for the worst
    /// case of a rule that usually only warns. A contract's own level still decides.
    pub fn report_worst(&mut self, rule: &'static Rule, value: &str, message: fmt::Arguments<'_>) {
        let mut standing = self.rules.standing(rule);
        if !standing.is_set {
            standing.live = Some(Severity::Error);
        }
        self.take(rule, standing, value, None, message);
    }

    /// Where the contract draws the border of a rule that has a threshold.
    pub fn threshold(&self, rule: &'static Rule) -> usize {
        self.rules.threshold(rule)
    }

    fn take(
        &mut self,
        rule: &'static Rule,
        standing: Standing,
        value: &str,
        suggestion: Option<fmt::Arguments<'_>>,
        message: fmt::Arguments<'_>,
    ) {
        let Some(severity) = standing.live.or(standing.shadow) else {
            return;
        };
        let value = self
            .out
            .write(format_args!("{}", cut(value, Violation::VALUE_LIMIT)));
        let message = self.out.write(message);
        let suggestion = suggestion.map(|suggestion| self.out.write(suggestion));
        let finding = Finding {
            rule,
            severity,
            value,
            message,
            suggestion,
        };
        if let Some(severity) = standing.shadow {
            self.out.shadows.push(Finding {
                severity,
                ..finding.clone()
            });
        }
        if standing.live.is_some() {
            self.out.findings.push(finding);
        }
    }
}

/// The first `limit` characters.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    text.char_indices()
        .nth(limit)
        .map_or(text, |(end, _)| &text[..end])
}

/// A value inside a sentence: quoted, and cut where it would drown the sentence.
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LIMIT: usize = 60;
        let short = cut(self.0, LIMIT);
        f.write_char('“')?;
        // Line breaks and the like would tear a sentence apart.
        for c in short.chars() {
            f.write_char(if c.is_control() { ' ' } else { c })?;
        }
        f.write_str(if short.len() < self.0.len() {
            "…”"
        } else {
            "”"
        })
    }
}
