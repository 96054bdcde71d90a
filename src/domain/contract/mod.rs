//! Holds the contract: the rules that a feed's records must meet, and the engine that asks.
//!
//! | room | owns |
//! |---|---|
//! | [`mod@rule`] | what a rule is: code, severity, texts, examples |
//! | [`checks`] | the rules themselves, a room per attribute, and the one table of them all |
//! | [`checker`] | the engine: a record in, a [`Checked`] out |
//! | [`alone`] | one record by itself, on either side of the wire |
//! | [`sensitive`] | the edits that change what was right |
//! | [`sound`] | the values that passed, so that none is judged again and again |
//! | [`mod@across`] | what records of one file say of each other |
//! | [`columns`] | the fields of one file that nobody explains |
//! | [`look`] | what a rule's function may see and say |
//! | [`mod@example`] | the sound record, contract and moment that examples are laid over |
//! | [`known`] | what is known beside a contract and a record |
//! | [`pictures`] | pictures that somebody has looked at |
//! | [`mod@taxonomy`] | the categories that an operator names |
//! | [`terms`] | what a feed's contract makes of a rule, and from when |
//! | [`currency`] | the currencies there are |
//!
//! # How to add a rule
//!
//! Write a `static` [`Rule`] in the room of its attribute, name it in that room's [`Check`] and
//! report it from the check's function. Nothing else: the list of rules, the severity, the
//! page, the report and the test of its examples follow from the table. A new room is added to
//! [`checks::CHECKS`].

pub mod across;
pub mod alone;
pub mod checker;
pub mod checks;
pub mod columns;
pub mod currency;
pub mod example;
pub mod known;
pub mod look;
pub mod pictures;
pub mod rule;
pub mod sensitive;
pub mod sound;
pub mod taxonomy;
pub mod terms;
mod text;

pub use across::{Across, AtEnd};
pub use alone::{Asked, Verdict};
pub use checker::{Checked, Checker, Rules, identity};
pub use columns::{Column, Columns};
pub use currency::Currency;
pub use known::Known;
pub use pictures::{Picture, Pictures};
pub use rule::{Actor, Check, Example, Rule, Threshold};
pub use sound::Sound;
pub use taxonomy::Taxonomy;
pub use terms::{Level, NotAllowed, Override, Standing};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The rules a feed's records must meet: the rule book, and what the feed does otherwise.
///
/// It is stored with the feed and written as TOML in the same form; what is left out is as in
/// the rule book, so that `{}` is the default contract.
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
    pub rules: BTreeMap<String, Override>,
}

impl Default for Contract {
    fn default() -> Self {
        Self {
            version: 1,
            currency: None,
            domains: Vec::new(),
            rules: BTreeMap::new(),
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
