//! Lays a delivery beside the last good one: what each gate found, with the numbers of then and
//! now side by side.

use crate::app::components::rule::RuleCode;
use crate::app::components::table::{Table, figures, text};
use crate::domain::delivery::Delivery;
use crate::domain::gate::{Figure, Finding, Outcome, Value};
use leptos::prelude::*;

/// What the gates found; nothing when they had nothing to say.
pub(super) fn findings(delivery: &Delivery) -> AnyView {
    let Some(gate) = delivery.gate.as_ref().filter(|gate| !gate.findings.is_empty()) else {
        return ().into_any();
    };
    let columns = vec![
        text("Gate"),
        text("What it found"),
        text("Figure"),
        figures("Then"),
        figures("Now"),
    ];
    let told = delivery.file.message.as_deref();
    let rows: Vec<_> = gate.findings.iter().flat_map(|found| rows(found, told)).collect();
    view! {
        <section class="block gates">
            <h2>"Beside the last good file"</h2>
            <Table caption="Beside the last good file" columns rows/>
        </section>
    }
    .into_any()
}

/// One row to each figure of a finding; the first also says what was found, unless that is
/// `told` above.
fn rows(finding: &Finding, told: Option<&str>) -> Vec<AnyView> {
    let message = if told == Some(finding.message.as_str()) {
        "What is said above.".to_owned()
    } else {
        finding.message.clone()
    };
    let lines = finding.figures.len().max(1).to_string();
    let (class, word) = match finding.outcome {
        Outcome::Hold => ("held", "holds"),
        Outcome::Warn => ("warning", "warns"),
        Outcome::Pass => ("info", "notes"),
    };
    let head = view! {
        <th scope="rowgroup" rowspan=lines.clone()>
            <RuleCode code=finding.code.to_string()/>
            " "
            <span class=format!("badge {class}")>{word}</span>
        </th>
        <td class="wrap" rowspan=lines>
            {message}
        </td>
    }
    .into_any();
    let mut cells = finding.figures.iter().map(cells);
    let first = cells
        .next()
        .unwrap_or_else(|| view! { <td colspan="3"></td> }.into_any());
    let mut rows = vec![view! { <tr>{head} {first}</tr> }.into_any()];
    rows.extend(cells.map(|cells| view! { <tr>{cells}</tr> }.into_any()));
    rows
}

fn cells(figure: &Figure) -> AnyView {
    let before = figure
        .before
        .as_ref()
        .map_or_else(|| "–".to_owned(), Value::to_string);
    view! {
        <td>{figure.name.to_string()}</td>
        <td class="num">{before}</td>
        <td class="num">
            <strong>{figure.now.to_string()}</strong>
        </td>
    }
    .into_any()
}
