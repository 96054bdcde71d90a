//! The gates on numbers: of products, of failures, of ids, and of times the same bytes came.

use super::decide::{Against, exceeds, figure, finding, percent, share};
use super::{Basis, Facts, Finding, Outcome, Value};
use crate::domain::format::count;

/// What the gates on numbers find.
pub(super) fn compare(against: Against<'_>, facts: &Facts) -> Vec<Finding> {
    [drop, errors, churn]
        .iter()
        .filter_map(|gate| gate(against, facts))
        .collect()
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
pub(super) fn repeat(against: Against<'_>) -> Vec<Finding> {
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
    use super::super::Ids;
    use super::super::decide::tests::{asked, facts, outcome, past};
    use super::*;
    use crate::domain::contract::Contract;
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn fewer_products_are_never_judged_milder(expected in 0u64..100_000, more in 0u64..100_000, less in 0u64..100_000) {
            let (more, less) = (more.max(less), more.min(less));
            let before = past(expected);
            prop_assert!(outcome(facts(less, 0), Some(&before)) >= outcome(facts(more, 0), Some(&before)));
        }
    }
}
