//! Writes feeds and has the engine judge them.

use super::*;
use crate::domain::contract::checks::time::GATES;
use crate::domain::contract::{Currency, rules};
use crate::domain::feed::Terms;
use crate::domain::report::Report;
use crate::domain::violation::Severity;
use crate::server::pipeline::survey::survey;
use std::io::Cursor;

const CLEAN: Plan = Plan {
    records: 5_000,
    seed: 1,
    faults: 0.0,
    each: 0,
};

fn written(plan: Plan) -> (Vec<u8>, Written) {
    let mut out = Vec::new();
    let written = write(&plan, &mut out).expect("memory takes it");
    (out, written)
}

fn report(bytes: Vec<u8>) -> Report {
    let terms = Terms::in_currency(Currency::of("EUR"));
    let now = chrono::DateTime::from_timestamp(1_760_000_000, 0).expect("a time");
    survey(Cursor::new(bytes), "feed.csv", &terms, now, &mut |_, _| Ok(())).expect("read")
}

fn found(report: &Report) -> BTreeMap<&str, u64> {
    report.codes.iter().map(|c| (&*c.code, c.records)).collect()
}

#[test]
fn a_clean_feed_passes_without_a_word() {
    let report = report(
        written(Plan {
            records: 20_000,
            ..CLEAN
        })
        .0,
    );
    assert_eq!(
        (report.records.received, report.records.accepted),
        (20_000, 20_000)
    );
    assert!(report.codes.is_empty(), "{:?}", report.samples.first());
}

#[test]
fn every_fault_by_chance_is_found_and_nothing_else() {
    let (bytes, written) = written(Plan {
        seed: 2,
        faults: 0.2,
        ..CLEAN
    });
    let report = report(bytes);
    assert_eq!(
        found(&report),
        written.faults.iter().map(|(c, n)| (*c, *n)).collect()
    );
    assert_eq!(written.faults.len(), Fault::ALONE.len());
    assert!(report.records.conserved());
}

#[test]
fn exact_numbers_of_every_fault_are_found_exactly() {
    for each in [1, 7] {
        let plan = Plan {
            records: 20_000,
            each,
            ..CLEAN
        };
        assert!(plan.least() <= plan.records);
        let (bytes, written) = written(plan);
        assert_eq!(
            written.faults.len(),
            Fault::ALONE.len() + Fault::SELDOM.len() + Fault::TOGETHER.len()
        );
        assert!(written.faults.values().all(|count| *count == each), "{written:?}");
        let report = report(bytes);
        assert_eq!(
            found(&report),
            written.faults.iter().map(|(c, n)| (*c, *n)).collect()
        );
    }
}

/// Rules that no record of a CSV file can break, one by one, by itself or beside its siblings.
const LEFT_OUT: [(&str, &str); 8] = [
    (
        "GROUP_LENGTH",
        "is broken together with GROUP_SINGLE, by the only one of its group",
    ),
    ("LINK_DOMAIN", "is asked where a contract names domains"),
    (
        "MULTI_VALUE",
        "needs a format in which a record can name an attribute twice",
    ),
    ("IMG_SMALL", "is seen where somebody looks at the picture"),
    ("IMG_LARGE", "is seen where somebody looks at the picture"),
    ("FILE_JSON_LINE", "is damage of a line of JSON"),
    ("FILE_NS", "is a mistake of XML"),
    (
        "FILE_UNKNOWN_COLUMN",
        "speaks of a file once, whatever its records",
    ),
];

#[test]
fn every_rule_that_records_of_one_file_can_break_has_a_fault() {
    let seeded: Vec<_> = [&Fault::ALONE[..], &Fault::SELDOM, &Fault::TOGETHER]
        .concat()
        .into_iter()
        .map(Fault::code)
        .collect();
    for rule in rules() {
        // A refusal leaves no record to count, and a gate lays a file beside earlier ones.
        let is_gate = GATES.rules.iter().any(|gate| gate.code == rule.code);
        let is_of_files = rule.severity == Severity::Fatal || is_gate;
        let is_left_out = is_of_files || LEFT_OUT.iter().any(|(code, _)| *code == rule.code);
        let faults = seeded.iter().filter(|code| **code == rule.code).count();
        assert_eq!(faults, usize::from(!is_left_out), "{}", rule.code);
    }
}

#[test]
fn the_smallest_feed_that_has_room_has_all_of_them() {
    let plan = Plan { each: 2, ..CLEAN };
    let records = plan.least();
    let (bytes, written) = written(Plan { records, ..plan });
    assert!(written.faults.values().all(|count| *count == 2), "{written:?}");
    assert_eq!(found(&report(bytes)).len(), written.faults.len());
}

#[test]
fn a_seed_writes_the_same_bytes_and_another_seed_others() {
    let plan = Plan {
        records: 500,
        seed: 7,
        faults: 0.1,
        ..CLEAN
    };
    assert_eq!(written(plan), written(plan));
    assert_ne!(written(plan).0, written(Plan { seed: 8, ..plan }).0);
}

#[test]
fn a_record_is_about_450_bytes() {
    let (bytes, _) = written(Plan {
        records: 4000,
        seed: 3,
        ..CLEAN
    });
    assert!(
        (400..550).contains(&(bytes.len() / 4000)),
        "{}",
        bytes.len() / 4000
    );
}
