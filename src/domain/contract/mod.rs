//! Holds the contract: the rules that a feed's records must meet, and the engine that asks.
//!
//! | room | owns |
//! |---|---|
//! | [`mod@rule`] | what a rule is: code, severity, texts, examples |
//! | [`checks`] | the rules themselves, a room per attribute, and the one table of them all |
//! | [`checker`] | the engine: a record in, a [`Checked`] out, duplicates across the file |
//! | [`look`] | what a rule's function may see and say |
//! | [`mod@example`] | the sound record, contract and moment that examples are laid over |
//! | [`currency`] | the currencies there are |
//!
//! # How to add a rule
//!
//! Write a `static` [`Rule`] in the room of its attribute, name it in that room's [`Check`] and
//! report it from the check's function. Nothing else: the list of rules, the severity, the
//! page, the report and the test of its examples follow from the table. A new room is added to
//! [`checks::CHECKS`].

pub mod checker;
pub mod checks;
pub mod currency;
pub mod example;
pub mod look;
pub mod rule;
mod text;

pub use checker::{Across, Checked, Checker, Rules};
pub use currency::Currency;
pub use rule::{Actor, Check, Example, Rule};

use super::violation::Severity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a feed's contract makes of a rule, in place of its default severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rule is not asked.
    Off,
    /// It is told, nothing more.
    Info,
    /// The record is accepted with a warning.
    Warning,
    /// The record is quarantined.
    Error,
}

impl Level {
    fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

/// The rules a feed's records must meet: the defaults, and what the feed does otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contract {
    /// Counts up with every change; each violation is of one version.
    pub version: u32,
    /// The currency prices are in. With none, any currency passes and a bare number does not.
    pub currency: Option<Currency>,
    /// Hosts that links may lead to, with all below them. With none, any host passes.
    pub domains: Vec<String>,
    /// What becomes of single rules, by code.
    pub levels: BTreeMap<String, Level>,
}

impl Default for Contract {
    fn default() -> Self {
        Self {
            version: 1,
            currency: None,
            domains: Vec::new(),
            levels: BTreeMap::new(),
        }
    }
}

impl Contract {
    /// How much a rule matters under this contract; none when it is switched off.
    pub fn severity(&self, rule: &Rule) -> Option<Severity> {
        match self.levels.get(rule.code) {
            // A refused file is no record to be waved through.
            Some(level) if rule.severity != Severity::Fatal => level.severity(),
            _ => Some(rule.severity),
        }
    }
}

/// Every rule there is, in the order of the rule book.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    checks::CHECKS
        .iter()
        .flat_map(|check| check.rules.iter().copied())
}

/// The rule with this code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.code == code)
}
