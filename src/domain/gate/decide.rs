//! The gates themselves: each looks at a file beside the last good ones and says what it finds.

use super::{Basis, Facts, Figure, Finding, Gate, Gates, Outcome, Past, Value};
use crate::domain::contract::{Contract, Level};
use crate::domain::format::count;
use std::borrow::Cow;
use std::cmp::Reverse;

/// What a file is held against.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// Where the feed's gates stand.
    pub gates: &'a Gates,
    /// The feed's contract: a gate is levelled by its code like any rule. `Off` is not asked,
    /// `Info` only notes, `Warning` never holds.
    pub contract: &'a Contract,
    /// The last good files; none before the first.
    pub past: Option<&'a Past>,
}

/// What all gates together make of a file. `repeated` says that the last file that took effect
/// had the same bytes.
pub fn decide(against: Against<'_>, facts: Facts, repeated: bool) -> Gate {
    let gates = [drop, errors, churn];
    let mut findings: Vec<Finding> = gates
        .iter()
        .filter_map(|gate| gate(against, &facts))
        .chain(repeated.then(|| repeat(against)).into_iter().flatten())
        .filter_map(|finding| level(against.contract, finding))
        .collect();
    findings.sort_by_key(|finding| Reverse(finding.outcome));
    Gate {
        outcome: findings.first().map_or(Outcome::Pass, |f| f.outcome),
        findings,
        facts,
    }
}

fn level(contract: &Contract, mut finding: Finding) -> Option<Finding> {
    let highest = match contract.levels.get(finding.code.as_ref()) {
        Some(Level::Off) => return None,
        Some(Level::Info) => Outcome::Pass,
        Some(Level::Warning) => Outcome::Warn,
        Some(Level::Error) | None => Outcome::Hold,
    };
    finding.outcome = finding.outcome.min(highest);
    Some(finding)
}

/// Whether `part` of `whole` is more than `percent` of it.
fn exceeds(part: u64, whole: u64, percent: u64) -> bool {
    u128::from(part) * 100 > u128::from(whole) * u128::from(percent)
}

/// A share in words, to a tenth of a percent: `76.6 %`.
fn share(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1000 / u128::from(whole.max(1));
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A share in whole percent.
fn percent(part: u64, whole: u64) -> Value {
    let share = u128::from(part) * 100 / u128::from(whole.max(1));
    Value::Number(u64::try_from(share).unwrap_or(u64::MAX))
}

fn figure(name: &'static str, before: Option<Value>, now: Value) -> Figure {
    Figure {
        name: Cow::Borrowed(name),
        before,
        now,
    }
}

fn finding(code: &'static str, outcome: Outcome, message: String, figures: Vec<Figure>) -> Finding {
    Finding {
        code: Cow::Borrowed(code),
        outcome,
        message,
        figures,
    }
}

/// `FILE_DROP`: products that were there are missing.
fn drop(against: Against<'_>, facts: &Facts) -> Option<Finding> {
    let (gates, past) = (against.gates, against.past?);
    // A file of changes may be of any size.
    facts.ids?;
    let (now, expected) = (facts.products, past.expected);
    let below = |limit: u64| u128::from(now) * 100 < u128::from(expected) * u128::from(limit);
    let outcome = match () {
        () if below(gates.drop_hold) && expected >= gates.floor => Outcome::Hold,
        () if below(gates.drop_warn) => Outcome::Warn,
        () => return None,
    };
    let basis = match past.basis {
        Basis::Weekday(files) => {
            format!("the median of the last {files} files of this weekday")
        }
        Basis::Last => "as many as the last file that took effect".to_owned(),
    };
    let (limit, then) = match outcome {
        Outcome::Hold => (
            gates.drop_hold,
            "so it is held; release it if the rest is really gone",
        ),
        _ => (gates.drop_warn, "so somebody should look"),
    };
    let message = format!(
        "The file names {} products where {} were expected ({basis}): {}, less than {limit} %, {then}.",
        count(now),
        count(expected),
        share(now, expected),
    );
    let figures = vec![
        figure("products", Some(Value::Number(expected)), Value::Number(now)),
        figure(
            "records",
            Some(Value::Number(past.last.facts.received)),
            Value::Number(facts.received),
        ),
    ];
    Some(finding("FILE_DROP", outcome, message, figures))
}

/// `FILE_ERRSHARE`: so many records fail that something is wrong with the file as a whole.
fn errors(against: Against<'_>, facts: &Facts) -> Option<Finding> {
    let (gates, past) = (against.gates, against.past);
    let (failed, all) = (facts.quarantined, facts.received);
    let outcome = match () {
        // The first file of a feed has nothing behind it that holding could save.
        () if exceeds(failed, all, gates.errors_hold) && past.is_some() && all >= gates.floor => {
            Outcome::Hold
        }
        () if exceeds(failed, all, gates.errors_warn) => Outcome::Warn,
        () => return None,
    };
    let (limit, then) = match outcome {
        Outcome::Hold => (
            gates.errors_hold,
            "so it is held; have the feed or its profile mended, or release it",
        ),
        _ => (gates.errors_warn, "so somebody should look"),
    };
    let message = format!(
        "{} of {} records fail the contract: {}, more than {limit} %, {then}.",
        count(failed),
        count(all),
        share(failed, all)
    );
    let before = past.map(|past| &past.last.facts);
    let figures = vec![
        figure(
            "quarantined",
            before.map(|before| Value::Number(before.quarantined)),
            Value::Number(failed),
        ),
        figure(
            "quarantined, %",
            before.map(|before| percent(before.quarantined, before.received)),
            percent(failed, all),
        ),
    ];
    Some(finding("FILE_ERRSHARE", outcome, message, figures))
}

/// `TIME_ID_CHURN`: the catalogue was given new ids.
fn churn(against: Against<'_>, facts: &Facts) -> Option<Finding> {
    let (gates, ids) = (against.gates, facts.ids?);
    against.past?;
    if !exceeds(ids.gone, ids.live, gates.churn) || !exceeds(ids.new, facts.products, gates.churn) {
        return None;
    }
    let outcome = if ids.live >= gates.floor {
        Outcome::Hold
    } else {
        Outcome::Warn
    };
    let then = match outcome {
        Outcome::Hold => "so it is held; release it if the partner meant to number its products anew",
        _ => "so somebody should look",
    };
    let message = format!(
        "{} of {} products are new and {} of the {} we had are gone, more than {} % each: the ids were probably \
         changed, {then}.",
        count(ids.new),
        count(facts.products),
        count(ids.gone),
        count(ids.live),
        gates.churn,
    );
    let figures = vec![
        figure("products", Some(Value::Number(ids.live)), Value::Number(facts.products)),
        figure("new", None, Value::Number(ids.new)),
        figure("gone", None, Value::Number(ids.gone)),
    ];
    Some(finding("TIME_ID_CHURN", outcome, message, figures))
}

/// `FILE_REPEAT` and `TIME_STALE`: the same bytes once more.
fn repeat(against: Against<'_>) -> Vec<Finding> {
    let in_a_row = against.past.map_or(1, |past| past.in_a_row);
    let mut findings = vec![finding(
        "FILE_REPEAT",
        Outcome::Pass,
        "The file has the same bytes as one that was taken in before.".to_owned(),
        Vec::new(),
    )];
    if in_a_row >= against.gates.stale {
        findings.push(finding(
            "TIME_STALE",
            Outcome::Warn,
            format!(
                "The same bytes came {} times in a row: the partner's export has probably stopped.",
                count(in_a_row + 1)
            ),
            vec![figure(
                "times in a row",
                Some(Value::Number(in_a_row)),
                Value::Number(in_a_row + 1),
            )],
        ));
    }
    findings
}
