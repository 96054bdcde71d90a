//! Lists what failed in a delivery's records, and examples of it.

use crate::app::components::badge::SeverityBadge;
use crate::app::components::rule::RuleCode;
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::link::Link;
use crate::domain::delivery::Delivery;
use crate::domain::format::{self, count};
use crate::domain::report::{CodeCount, SAMPLES_KEPT, Sample};
use crate::domain::violation::Severity;
use leptos::prelude::*;

/// The codes that speak of records; those that a gate found speak of the file as a whole.
pub(super) fn of_records(delivery: &Delivery) -> Vec<CodeCount> {
    let found = delivery.gate.as_ref().map_or(&[][..], |gate| &gate.findings);
    let by_gate = |code: &CodeCount| found.iter().any(|finding| finding.code == code.code);
    let codes = delivery.codes.iter().filter(|code| !by_gate(code));
    codes.cloned().collect()
}

/// What failed in its records, by rule.
pub(super) fn codes(delivery: &Delivery, codes: Vec<CodeCount>, records: u64) -> AnyView {
    let csv = Link::to("/export/codes.csv")
        .with("delivery", delivery.id.as_str())
        .href();
    let columns = vec![
        text("Rule"),
        text("Attribute"),
        text("Severity"),
        figures("Records"),
        figures("Share of file"),
        figures("Times"),
    ];
    let rows: Vec<_> = codes
        .into_iter()
        .map(|code| {
            #[expect(clippy::cast_precision_loss, reason = "a share of counts far below 2^52")]
            let share = (records > 0).then(|| code.records as f64 / records as f64);
            view! {
                <tr>
                    <th scope="row">
                        <RuleCode code=code.code.into_owned()/>
                    </th>
                    <td>{code.attribute.map_or_else(|| "the record".to_owned(), std::borrow::Cow::into_owned)}</td>
                    <td>
                        <SeverityBadge severity=code.severity/>
                    </td>
                    {figure(count(code.records))}
                    {figure(format::percent(share))}
                    {figure(count(code.occurrences))}
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="block">
            <h2>"What failed"</h2>
            <Table caption="What failed" columns rows/>
            <p class="after">
                <a href=csv download="">"Download as CSV"</a>
            </p>
        </section>
    }
    .into_any()
}

/// Examples of what failed.
pub(super) fn samples(samples: Vec<Sample>) -> AnyView {
    let columns = vec![
        text("Product id"),
        text("Place"),
        text("What is wrong"),
        text("Value sent"),
        text("Would pass"),
    ];
    let rows: Vec<_> = samples.into_iter().map(sample_row).collect();
    view! {
        <section class="block">
            <h2>"Examples"</h2>
            <p class="hint">{format!("Up to {SAMPLES_KEPT} of each rule, in the order of the file.")}</p>
            <Table caption="Examples" columns rows/>
        </section>
    }
    .into_any()
}

fn sample_row(sample: Sample) -> AnyView {
    let place = sample.place();
    let Sample { id, violation, .. } = sample;
    let severe = violation.severity != Severity::Error;
    view! {
        <tr>
            <th scope="row">
                <span class="named">{if id.is_empty() { "no id".to_owned() } else { id }}</span>
            </th>
            <td>{place}</td>
            <td class="wrap">
                {violation.message} " " <RuleCode code=violation.code.into_owned()/>
                {severe.then(|| view! { " " <SeverityBadge severity=violation.severity/> })}
            </td>
            <td class="value">{violation.value}</td>
            <td class="value">{violation.suggestion.unwrap_or_else(|| "–".to_owned())}</td>
        </tr>
    }
    .into_any()
}
