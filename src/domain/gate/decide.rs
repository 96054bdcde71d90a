//! Asks all gates about a file, and levels what they find as the feed's contract says.

use super::{Facts, Figure, Finding, Gate, Gates, Outcome, Past, Value, counts, likeness};
use crate::domain::contract::{self, Contract};
use crate::domain::violation::Severity;
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::cmp::Reverse;

/// What a file is held against.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// Where the feed's gates stand.
    pub gates: &'a Gates,
    /// The feed's contract: a gate is levelled by its code like any rule. Off, it is silent; as
    /// an info it only notes; as a warning it never holds.
    pub contract: &'a Contract,
    /// The last good files; none before the first.
    pub past: Option<&'a Past>,
    /// Whether the file says only what changed, and nothing of the rest.
    pub is_of_changes: bool,
    /// When the file came: a contract may change from a day on.
    pub at: DateTime<Utc>,
}

/// What all gates together make of a file. `repeated` says that the last file that took effect
/// had the same bytes.
pub fn decide(against: Against<'_>, facts: Facts, repeated: bool) -> Gate {
    // Of two that hold the first is told as the reason: what explains the other goes first.
    let mut findings: Vec<Finding> = likeness::columns(against, &facts)
        .into_iter()
        .chain(counts::compare(against, &facts))
        .chain(likeness::compare(against, &facts))
        .chain(repeated.then(|| counts::repeat(against)).into_iter().flatten())
        .filter_map(|finding| level(against, finding))
        .collect();
    findings.sort_by_key(|finding| Reverse(finding.outcome));
    Gate {
        outcome: findings.first().map_or(Outcome::Pass, |f| f.outcome),
        findings,
        facts,
    }
}

fn level(against: Against<'_>, mut finding: Finding) -> Option<Finding> {
    let rule = contract::rule(&finding.code)?;
    let standing = against.contract.standing(rule, against.at);
    if standing.is_set {
        let highest = match standing.live? {
            Severity::Info => Outcome::Pass,
            Severity::Warning => Outcome::Warn,
            Severity::Error | Severity::Fatal => Outcome::Hold,
        };
        finding.outcome = finding.outcome.min(highest);
    }
    Some(finding)
}

/// Whether `part` of `whole` is more than `percent` of it.
pub(super) fn exceeds(part: u64, whole: u64, percent: u64) -> bool {
    u128::from(part) * 100 > u128::from(whole) * u128::from(percent)
}

/// A share in words, to a tenth of a percent: `76.6 %`.
pub(super) fn share(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1000 / u128::from(whole.max(1));
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A share in whole percent.
pub(super) fn percent(part: u64, whole: u64) -> Value {
    let share = u128::from(part) * 100 / u128::from(whole.max(1));
    Value::Number(u64::try_from(share).unwrap_or(u64::MAX))
}

pub(super) fn figure(name: &'static str, before: Option<Value>, now: Value) -> Figure {
    Figure {
        name: Cow::Borrowed(name),
        before,
        now,
    }
}

pub(super) fn finding(
    code: &'static str,
    outcome: Outcome,
    message: String,
    figures: Vec<Figure>,
) -> Finding {
    Finding {
        code: Cow::Borrowed(code),
        outcome,
        message,
        figures,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{Good, Ids};
    use super::*;
    use crate::domain::contract::{Level, Override};
    use crate::domain::ids::DeliveryId;
    use proptest::prelude::*;

    pub(in super::super) fn facts(products: u64, quarantined: u64) -> Facts {
        Facts {
            received: products,
            quarantined,
            products,
            ids: Some(Ids::default()),
            portrait: None,
        }
    }

    pub(in super::super) fn past(products: u64) -> Past {
        let last = Good {
            delivery: DeliveryId::new("last"),
            at: DateTime::UNIX_EPOCH,
            sha256: String::new(),
            overruled: false,
            facts: facts(products, 0),
        };
        Past::of(&[last], DateTime::UNIX_EPOCH).expect("a past")
    }

    pub(in super::super) fn asked(facts: Facts, past: Option<&Past>, contract: &Contract) -> Gate {
        let against = Against {
            gates: &Gates::default(),
            contract,
            past,
            is_of_changes: facts.ids.is_none(),
            at: DateTime::UNIX_EPOCH,
        };
        decide(against, facts, false)
    }

    pub(in super::super) fn outcome(facts: Facts, past: Option<&Past>) -> Outcome {
        asked(facts, past, &Contract::default()).outcome
    }

    #[test]
    fn a_contract_levels_a_gate_like_any_rule() {
        for (level, expected) in [
            (Level::Off, Outcome::Pass),
            (Level::Info, Outcome::Pass),
            (Level::Warning, Outcome::Warn),
            (Level::Error, Outcome::Hold),
        ] {
            let contract = Contract {
                rules: [("FILE_DROP".to_owned(), Override::level(level))].into(),
                ..Contract::default()
            };
            let gate = asked(facts(10, 0), Some(&past(1000)), &contract);
            assert_eq!(gate.outcome, expected, "{level:?}");
            assert_eq!(gate.findings.is_empty(), level == Level::Off);
        }
    }

    #[test]
    fn the_fourth_time_the_same_bytes_come_is_stale() {
        let mut before = past(1000);
        for (in_a_row, expected) in [(1, Outcome::Pass), (2, Outcome::Pass), (3, Outcome::Warn)] {
            before.in_a_row = in_a_row;
            let against = Against {
                gates: &Gates::default(),
                contract: &Contract::default(),
                past: Some(&before),
                is_of_changes: false,
                at: DateTime::UNIX_EPOCH,
            };
            let gate = decide(against, facts(1000, 0), true);
            assert_eq!(gate.outcome, expected, "{in_a_row}");
            assert!(gate.findings.iter().any(|f| f.code == "FILE_REPEAT"));
        }
    }

    proptest! {
        #[test]
        fn every_finding_is_in_the_rule_book_and_ends_as_a_sentence(
            products in 0u64..2000, quarantined in 0u64..2000, live in 0u64..2000, gone in 0u64..2000, new in 0u64..2000,
            expected in 0u64..2000,
        ) {
            let facts = Facts {
                ids: Some(Ids { live, gone: gone.min(live), new: new.min(products) }),
                ..facts(products, quarantined.min(products))
            };
            let gate = asked(facts, Some(&past(expected)), &Contract::default());
            prop_assert_eq!(gate.outcome, gate.findings.iter().map(|f| f.outcome).max().unwrap_or_default());
            for finding in &gate.findings {
                prop_assert!(contract::rule(&finding.code).is_some(), "{}", finding.code);
                prop_assert!(finding.message.ends_with('.'), "{}", finding.message);
            }
        }
    }
}
