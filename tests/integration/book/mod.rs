//! Goes through the whole rule book: for every code a fixture that triggers it, and one that
//! just does not.

mod files;
mod gates;
mod records;

use feedgate::domain::contract::{Across, Checked, Rules, example, rules};
use feedgate::domain::feed::Terms;
use feedgate::domain::gate::{Facts, Gates, Past, decide};
use feedgate::server::pipeline::survey::survey;
use std::collections::BTreeSet;
use std::io::Cursor;

/// Names and values in place of those of a sound record.
type Changes = Vec<(&'static str, String)>;

/// What is put before the rules.
enum Fixture {
    /// Records of one file, each laid over a sound one; they differ in their ids unless they say
    /// otherwise.
    Records(Vec<Changes>),
    /// A whole file.
    File(Vec<u8>),
    /// A file beside the one before it, and whether both have the same bytes.
    Gate(Box<(Facts, Past, bool)>),
}

/// One code with both its fixtures.
struct Case {
    code: &'static str,
    fails: Fixture,
    passes: Fixture,
}

/// Codes that no single file can trigger, with the test that covers them.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "FILE_INTERRUPTED",
        "pipeline::killed, for it takes an ingest that was killed and a newer file",
    ),
    (
        "TIME_PRICE_JUMP",
        "pipeline::jumps, for it takes an item that had another price; its limit is tried in domain::jump",
    ),
];

fn codes(fixture: Fixture) -> BTreeSet<String> {
    match fixture {
        Fixture::Records(records) => {
            let rules = Rules::new(&example::contract(), example::moment()).knowing(example::known());
            let (mut across, mut checked) = (Across::default(), Checked::default());
            let mut found = BTreeSet::new();
            for (place, changes) in records.iter().enumerate() {
                let own = format!("SKU-{place}");
                let mut all: Vec<(&str, &str)> = changes.iter().map(|(n, v)| (*n, v.as_str())).collect();
                if !all.iter().any(|(name, _)| *name == "id") {
                    all.push(("id", &own));
                }
                let record = example::record(&all);
                rules.look(&record, &mut checked);
                across.settle(&rules, &record, &mut checked);
                found.extend(checked.failed().map(|(rule, _)| rule.code.to_owned()));
            }
            found.extend(across.at_end(&rules).iter().map(|told| told.rule.code.to_owned()));
            found
        }
        Fixture::File(bytes) => {
            let terms = Terms::in_currency(example::contract().currency);
            let report = survey(
                Cursor::new(bytes),
                "feed",
                &terms,
                example::moment(),
                &mut |_, _| Ok(()),
            )
            .expect("memory does not fail");
            let refusal = report.file.code.map(std::borrow::Cow::into_owned);
            let records = report.codes.into_iter().map(|found| found.code.into_owned());
            records.chain(refusal).collect()
        }
        Fixture::Gate(gate) => {
            let (facts, past, repeated) = *gate;
            let against = decide::Against {
                gates: &Gates::default(),
                contract: &example::contract(),
                past: Some(&past),
                is_of_changes: false,
                at: example::moment(),
            };
            let gate = decide::decide(against, facts, repeated);
            gate.findings.into_iter().map(|f| f.code.into_owned()).collect()
        }
    }
}

#[test]
fn every_code_has_a_fixture_that_triggers_it_and_one_that_just_does_not() {
    let cases: Vec<Case> = records::cases()
        .into_iter()
        .chain(files::cases())
        .chain(gates::cases())
        .collect();
    let (mut shown, mut wrong) = (BTreeSet::new(), Vec::new());
    for Case { code, fails, passes } in cases {
        assert!(shown.insert(code), "{code} is in the table twice");
        let found = codes(fails);
        if !found.contains(code) {
            wrong.push(format!("{code} is not triggered; found: {found:?}"));
        }
        if codes(passes).contains(code) {
            wrong.push(format!("{code} is a false alarm"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let book: BTreeSet<&str> = rules().map(|rule| rule.code).collect();
    shown.extend(ELSEWHERE.iter().map(|(code, _)| *code));
    let missing: Vec<_> = book.difference(&shown).collect();
    assert!(missing.is_empty(), "no fixture for {missing:?}");
    let unknown: Vec<_> = shown.difference(&book).collect();
    assert!(unknown.is_empty(), "no such rule: {unknown:?}");
}
