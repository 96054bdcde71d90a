//! Puts a surveyed file before the gates: gathers what is known of it and of the files before
//! it, and turns what they decide into the words of a report.
//!
//! The deciding itself is [`crate::domain::gate`]'s.

use super::judge;
use super::patience::Patience;
use crate::domain::delivery::Delivery;
use crate::domain::feed::{Feed, Mode};
use crate::domain::gate::decide::Against;
use crate::domain::gate::{Facts, Gate, Ids, Outcome, Past, decide};
use crate::domain::report::{CodeCount, FileReport, Report, Verdict};
use crate::domain::violation::Severity;
use crate::server::store::Store;
use anyhow::Context;

/// What is known of a surveyed file.
pub(super) fn facts(report: &Report, products: u64, ids: Option<Ids>) -> Facts {
    Facts {
        received: report.records.received,
        quarantined: report.records.quarantined,
        products,
        ids,
        portrait: report.portrait.clone(),
    }
}

/// Lets the gates decide.
pub(super) async fn ask(
    store: &Store,
    patience: &Patience,
    feed: &Feed,
    delivery: &Delivery,
    facts: Facts,
) -> anyhow::Result<Gate> {
    let at = delivery.received_at;
    let good = patience
        .with(|| store.list_good(&feed.id, at - Past::WINDOW))
        .await
        .context("looking at the files before this one")?;
    let past = Past::of(&good, at);
    let repeated =
        !delivery.file.sha256.is_empty() && good.iter().any(|file| file.sha256 == delivery.file.sha256);
    let against = Against {
        gates: &feed.gates,
        contract: &judge::contract(Some(feed)),
        past: past.as_ref(),
        is_of_changes: feed.mode == Mode::Delta,
        at,
    };
    Ok(decide(against, facts, repeated))
}

/// What the gates found, as lines of a report's codes: they speak of the file, of no record.
pub(super) fn codes(gate: &Gate) -> impl Iterator<Item = CodeCount> {
    gate.findings.iter().map(|finding| CodeCount {
        code: finding.code.clone(),
        severity: match finding.outcome {
            Outcome::Pass => Severity::Info,
            Outcome::Warn | Outcome::Hold => Severity::Warning,
        },
        attribute: None,
        records: 0,
        occurrences: 1,
    })
}

/// Says in a file's report that it is held, and why.
pub(super) fn explain(file: &mut FileReport, gate: &Gate) {
    file.verdict = Verdict::Held;
    if let Some(reason) = gate.reason() {
        file.code = Some(reason.code.clone());
        file.message = Some(reason.message.clone());
    }
}
