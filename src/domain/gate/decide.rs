//! The gates themselves: each looks at a file beside the last good ones and says what it finds.

use super::{Basis, Facts, Figure, Finding, Gate, Gates, Outcome, Past, Value, likeness};
use crate::domain::contract::{self, Contract};
use crate::domain::format::count;
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
    let mut findings: Vec<Finding> = [drop, errors, churn]
        .iter()
        .filter_map(|gate| gate(against, &facts))
        .chain(likeness::compare(against, &facts))
        .chain(repeated.then(|| repeat(against)).into_iter().flatten())
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

/// `FILE_DROP`: products that were there are missing.
fn drop(against: Against<'_>, facts: &Facts) -> Option<Finding> {
    let (gates, past) = (against.gates, against.past?);
    // A file of changes may be of any size.
    if against.is_of_changes {
        return None;
    }
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
        figure(
            "products",
            Some(Value::Number(ids.live)),
            Value::Number(facts.products),
        ),
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

#[cfg(test)]
mod tests {
    use super::super::{Good, Ids};
    use super::*;
    use crate::domain::contract::{Level, Override};
    use crate::domain::ids::DeliveryId;
    use proptest::prelude::*;

    fn facts(products: u64, quarantined: u64) -> Facts {
        Facts {
            received: products,
            quarantined,
            products,
            ids: Some(Ids::default()),
            portrait: None,
        }
    }

    fn past(products: u64) -> Past {
        let last = Good {
            delivery: DeliveryId::new("last"),
            at: DateTime::UNIX_EPOCH,
            sha256: String::new(),
            overruled: false,
            facts: facts(products, 0),
        };
        Past::of(&[last], DateTime::UNIX_EPOCH).expect("a past")
    }

    fn asked(facts: Facts, past: Option<&Past>, contract: &Contract) -> Gate {
        let against = Against {
            gates: &Gates::default(),
            contract,
            past,
            is_of_changes: facts.ids.is_none(),
            at: DateTime::UNIX_EPOCH,
        };
        decide(against, facts, false)
    }

    fn outcome(facts: Facts, past: Option<&Past>) -> Outcome {
        asked(facts, past, &Contract::default()).outcome
    }

    #[test]
    fn a_drop_is_told_by_its_share_and_both_limits_are_exact() {
        let before = past(1000);
        for (products, expected) in [
            (1300, Outcome::Pass),
            (900, Outcome::Pass),
            (899, Outcome::Warn),
            (800, Outcome::Warn),
            (799, Outcome::Hold),
            (1, Outcome::Hold),
        ] {
            assert_eq!(outcome(facts(products, 0), Some(&before)), expected, "{products}");
        }
        let gate = asked(facts(825, 0), Some(&past(1077)), &Contract::default());
        let reason = gate.reason().expect("a reason");
        assert_eq!((reason.code.as_ref(), gate.outcome), ("FILE_DROP", Outcome::Hold));
        assert!(
            reason.message.contains("825") && reason.message.contains("1,077"),
            "{}",
            reason.message
        );
        assert_eq!(reason.figures[0].before, Some(Value::Number(1077)));
    }

    #[test]
    fn a_small_catalogue_is_warned_about_and_never_held() {
        assert_eq!(outcome(facts(1, 0), Some(&past(19))), Outcome::Warn);
        assert_eq!(outcome(facts(1, 0), Some(&past(20))), Outcome::Hold);
        assert_eq!(outcome(facts(19, 19), Some(&past(19))), Outcome::Warn);
    }

    #[test]
    fn a_first_file_is_never_held() {
        assert_eq!(outcome(facts(1000, 1000), None), Outcome::Warn);
        assert_eq!(outcome(facts(1000, 610), Some(&past(1000))), Outcome::Hold);
        assert_eq!(outcome(facts(1000, 600), Some(&past(1000))), Outcome::Warn);
        assert_eq!(outcome(facts(1000, 250), Some(&past(1000))), Outcome::Pass);
    }

    #[test]
    fn a_file_of_changes_may_be_of_any_size() {
        let small = Facts {
            ids: None,
            ..facts(3, 0)
        };
        assert_eq!(outcome(small, Some(&past(1000))), Outcome::Pass);
    }

    #[test]
    fn ids_that_are_all_new_hold_and_new_products_alone_do_not() {
        let with = |new, gone| Facts {
            ids: Some(Ids { live: 100, gone, new }),
            ..facts(100, 0)
        };
        assert_eq!(outcome(with(100, 100), Some(&past(100))), Outcome::Hold);
        assert_eq!(outcome(with(31, 31), Some(&past(100))), Outcome::Hold);
        assert_eq!(outcome(with(30, 31), Some(&past(100))), Outcome::Pass);
        assert_eq!(outcome(with(31, 30), Some(&past(100))), Outcome::Pass);
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
        fn fewer_products_are_never_judged_milder(expected in 0u64..100_000, more in 0u64..100_000, less in 0u64..100_000) {
            let (more, less) = (more.max(less), more.min(less));
            let before = past(expected);
            prop_assert!(outcome(facts(less, 0), Some(&before)) >= outcome(facts(more, 0), Some(&before)));
        }

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
