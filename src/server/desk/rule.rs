//! Reads the rule book out of the engine's own table, and lets the engine speak for itself in
//! the examples.

use crate::api::rule::{Attempt, ExampleView, RuleBook, RuleFamily, RuleRow, RuleView};
use crate::domain::account::Viewer;
use crate::domain::contract::checks::CHECKS;
use crate::domain::contract::{self, Check, Checker, Rule, example};
use crate::domain::format::count;
use crate::domain::query::QuarantineFilter;
use crate::domain::violation::Severity;
use crate::error::AppError;
use crate::server::context;

/// Longest value that may be tried, in bytes.
const VALUE_MAX: usize = 10_000;

/// Lists the rules that match.
pub fn list(find: &str, severity: &str) -> Result<RuleBook, AppError> {
    let words: Vec<String> = find.split_whitespace().map(str::to_lowercase).collect();
    let families: Vec<_> = CHECKS
        .iter()
        .map(|check| RuleFamily {
            name: name(check),
            rules: check
                .rules
                .iter()
                .filter(|rule| severity.is_empty() || rule.severity.word() == severity)
                .filter(|rule| matches(rule, &words))
                .map(|rule| row(rule))
                .collect(),
        })
        .filter(|family| !family.rules.is_empty())
        .collect();
    Ok(RuleBook {
        as_of: context::state()?.clock.now(),
        shown: families.iter().map(|f| f.rules.len() as u64).sum(),
        total: contract::rules().count() as u64,
        families,
    })
}

/// Reads one rule, and tries `value` on it unless that is empty.
pub async fn read(viewer: &Viewer, code: &str, value: &str) -> Result<RuleView, AppError> {
    let state = context::state()?;
    // Codes are typed into addresses in any case.
    let code = code.to_uppercase();
    let found = CHECKS.iter().find_map(|check| {
        let rule = check.rules.iter().find(|rule| rule.code == code)?;
        Some((check, *rule))
    });
    let (check, rule) = found.ok_or_else(|| AppError::not_found("rule"))?;
    let filter = QuarantineFilter {
        code: Some(rule.code.to_owned()),
        ..QuarantineFilter::default()
    };
    let waiting = state.store.count_held(&viewer.scope(), &filter).await?;
    if value.len() > VALUE_MAX {
        return Err(AppError::invalid(
            "value",
            format!(
                "The value has {} bytes; up to {VALUE_MAX} can be tried here.",
                value.len()
            ),
        ));
    }
    Ok(RuleView {
        as_of: state.clock.now(),
        rule: row(rule),
        threshold: rule.threshold.map(|t| {
            format!(
                "{} of {} {}; a contract may set {} to {}",
                t.name, t.default, t.unit, t.least, t.most
            )
        }),
        meaning: rule.meaning.to_owned(),
        expected: rule.expected.to_owned(),
        fix: rule.fix.to_owned(),
        valid: rule
            .valid
            .iter()
            .map(|e| shown(rule, e, false))
            .chain(example::together(rule).map(|t| shown_together(rule, &t.valid, false)))
            .collect(),
        invalid: rule
            .invalid
            .iter()
            .map(|e| shown(rule, e, true))
            .chain(example::together(rule).map(|t| shown_together(rule, &t.invalid, true)))
            .collect(),
        family: RuleFamily {
            name: name(check),
            rules: check
                .rules
                .iter()
                .filter(|r| r.code != rule.code)
                .map(|r| row(r))
                .collect(),
        },
        waiting,
        attempt: rule
            .attribute
            .filter(|_| !value.is_empty())
            .map(|attribute| attempt(attribute, value)),
    })
}

fn matches(rule: &Rule, words: &[String]) -> bool {
    let texts = [
        rule.code,
        rule.title,
        rule.attribute.unwrap_or_default(),
        rule.meaning,
        rule.expected,
        rule.fix,
    ];
    let text = texts.join("\n").to_lowercase();
    words.iter().all(|word| text.contains(word))
}

/// What a check's rules are about, as a heading.
fn name(check: &Check) -> String {
    match check.name {
        "file" => "The file as a whole".to_owned(),
        "form" => "The form of a record".to_owned(),
        other => other.to_owned(),
    }
}

fn row(rule: &Rule) -> RuleRow {
    RuleRow {
        code: rule.code.to_owned(),
        title: rule.title.to_owned(),
        attribute: rule.attribute.map(str::to_owned),
        severity: rule.severity,
        actor: rule.actor.word().to_owned(),
    }
}

/// A few lines of the sound record, for its reader to know what product this is, and those that
/// the example is about.
fn shown(rule: &Rule, changes: &[(&str, &str)], fails: bool) -> ExampleView {
    let of = |name: &str| changes.iter().any(|(n, _)| *n == name);
    let context = example::SOUND
        .iter()
        .filter(|(name, _)| ["id", "title"].contains(name) && !of(name));
    let marks = |name: &str| rule.attribute.is_none_or(|a| a == name) || !of(rule.attribute.unwrap_or(""));
    let lines = context
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned(), false))
        .chain(
            changes
                .iter()
                .map(|(n, v)| ((*n).to_owned(), shortened(v), marks(n))),
        )
        .collect();
    let violation = fails
        .then(|| example::judge(changes))
        .and_then(|all| all.into_iter().find(|violation| violation.code == rule.code));
    ExampleView { lines, violation }
}

/// Records that say something together, one below the other, and how many of them there are.
fn shown_together(rule: &Rule, file: &example::File, fails: bool) -> ExampleView {
    let line = |(name, value): &(&str, &str), marked| ((*name).to_owned(), shortened(value), marked);
    let title = example::SOUND.iter().find(|(name, _)| *name == "title");
    let mut lines: Vec<_> = title.iter().map(|pair| line(pair, false)).collect();
    for changes in file.records {
        lines.extend(
            changes
                .iter()
                .map(|pair| line(pair, rule.attribute == Some(pair.0))),
        );
    }
    if file.times > 1 {
        lines.push((
            "records".to_owned(),
            format!("{} like this, each with its own id", file.times),
            true,
        ));
    }
    let violation = fails
        .then(|| file.judge())
        .and_then(|all| all.into_iter().find(|violation| violation.code == rule.code));
    ExampleView { lines, violation }
}

/// A value that shows its length rather than itself when it would fill the page.
fn shortened(value: &str) -> String {
    const LIMIT: usize = 160;
    match value.char_indices().nth(LIMIT) {
        Some((end, _)) => format!(
            "{}… ({} characters)",
            &value[..end],
            count(value.chars().count() as u64)
        ),
        None => value.to_owned(),
    }
}

fn attempt(attribute: &str, value: &str) -> Attempt {
    let raw = example::record(&[(attribute, value)]);
    let found = Checker::new(&example::contract(), example::moment())
        .knowing(example::known())
        .check(&raw);
    let record = found.record(&raw);
    Attempt {
        value: value.to_owned(),
        understood: record
            .get(attribute)
            .filter(|understood| *understood != value)
            .map(str::to_owned),
        violations: found
            .violations()
            .filter(|violation| violation.severity != Severity::Fatal)
            .collect(),
    }
}
