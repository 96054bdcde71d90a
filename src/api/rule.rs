//! Answers for the rule book: every rule of the contract, and one rule with its examples.

use crate::domain::query::Total;
use crate::domain::violation::{Severity, Violation};
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One rule in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRow {
    /// Its code.
    pub code: String,
    /// What it says, in a few words.
    pub title: String,
    /// The attribute it speaks of; none when it is about the record or the file.
    pub attribute: Option<String>,
    /// How much it matters unless a feed's contract says otherwise.
    pub severity: Severity,
    /// Who has to act: `partner`, `us` or `nobody`.
    pub actor: String,
}

/// Rules that belong together, usually those of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFamily {
    /// What they are about.
    pub name: String,
    /// The rules, in the order of the rule book.
    pub rules: Vec<RuleRow>,
}

/// The rule book, or what of it matches a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleBook {
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// Families with at least one match, in the order of the rule book.
    pub families: Vec<RuleFamily>,
    /// Rules shown.
    pub shown: u64,
    /// Rules there are.
    pub total: u64,
}

/// A record that shows what a rule means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleView {
    /// Name, value, and whether the value is what the rule looks at.
    pub lines: Vec<(String, String, bool)>,
    /// What the engine says of it; none for a record that passes.
    pub violation: Option<Violation>,
}

/// What the engine makes of a value that the reader typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The value as typed.
    pub value: String,
    /// The value as understood, when that is another.
    pub understood: Option<String>,
    /// What it fails.
    pub violations: Vec<Violation>,
}

/// One rule, with everything people are told about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The rule as a list shows it.
    pub rule: RuleRow,
    /// Where it draws its border, in words, when a contract may move that.
    pub threshold: Option<String>,
    /// What it means and why it matters.
    pub meaning: String,
    /// What it expects.
    pub expected: String,
    /// What to do.
    pub fix: String,
    /// Records that pass it.
    pub valid: Vec<ExampleView>,
    /// Records that fail it.
    pub invalid: Vec<ExampleView>,
    /// The other rules of its family.
    pub family: RuleFamily,
    /// Held records within the caller's scope that fail it and wait for somebody.
    pub waiting: Total,
    /// What the engine makes of the value the reader typed, if any.
    pub attempt: Option<Attempt>,
}

/// Reads the rule book, narrowed to rules in whose texts every word of `find` occurs, and to one
/// severity when that is not empty.
#[server(endpoint = "list_rules")]
pub async fn list_rules(
    #[server(default)] find: String,
    #[server(default)] severity: String,
) -> Result<RuleBook, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            context::viewer(Right::ViewReports).await?;
            desk::rule::list(&find, &severity)
        }
        .await,
    )
}

/// Reads one rule. A `value` is sent through the engine in the place of the rule's attribute.
#[server(endpoint = "read_rule")]
pub async fn read_rule(code: String, #[server(default)] value: String) -> Result<RuleView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::rule::read(&viewer, &code, &value).await
        }
        .await,
    )
}
