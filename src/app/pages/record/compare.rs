//! Shows a record's attributes to read: as sent, as they are now, and what fails about each.

use super::edit_link;
use super::rows::{Row, align};
use crate::app::components::table::{Table, text};
use crate::app::components::violations::Violations;
use crate::domain::quarantine::HeldRecord;
use crate::domain::violation::Severity;
use leptos::prelude::*;

/// The table. Those who may edit can take a suggestion over into the editor.
pub(super) fn table(record: &HeldRecord, understood: &[Option<(String, String)>], may_edit: bool) -> AnyView {
    let mended = record.revision() > 0;
    let (rows, whole) = align(
        &record.attributes,
        record.current(),
        understood,
        &record.violations,
    );
    let mut columns = vec![text("Attribute"), text("As sent")];
    if mended {
        columns.push(text(format!("Revision {}", record.revision())));
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| line(row, mended, may_edit.then_some(record)))
        .collect();
    view! {
        {(!whole.is_empty())
            .then(|| {
                view! {
                    <div class="whole">
                        <h2>"The record as a whole"</h2>
                        <Violations failing=whole/>
                    </div>
                }
            })}
        <div class=if mended { "attributes mended" } else { "attributes" }>
            <Table caption="Attributes" columns rows/>
        </div>
    }
    .into_any()
}

fn line(row: Row, mended: bool, record: Option<&HeldRecord>) -> AnyView {
    let Row {
        name,
        sent,
        now,
        understood,
        violations: failing,
    } = row;
    let class = match failing.iter().map(|v| v.severity).min() {
        Some(Severity::Fatal | Severity::Error) => "fails",
        Some(Severity::Warning | Severity::Info) => "warns",
        None => "",
    };
    let changed = mended && sent != now;
    let missing = if mended { "not sent" } else { "missing" };
    // Where a rule says it already, it is not said again.
    let is_said = |means: &String| failing.iter().any(|v| v.suggestion.as_ref() == Some(means));
    let understood = understood.filter(|means| !is_said(means));
    let failing = match record {
        Some(record) => {
            let adopt = edit_link(record).with("adopt", &name).href();
            view! { <Violations failing adopt/> }.into_any()
        }
        None => view! { <Violations failing/> }.into_any(),
    };
    let failing = view! {
        {understood
            .map(|means| {
                view! {
                    <p class="means muted">
                        "understood as "
                        <span class="sent">{means}</span>
                    </p>
                }
            })}
        {failing}
    }
    .into_any();
    // What fails stands below the value it speaks of, which is the newest.
    let (below_sent, newest) = if mended {
        let class = if changed { "changed" } else { "" };
        let cell = view! {
            <td class=class>
                {value(now, "not there")}
                {failing}
            </td>
        };
        (().into_any(), cell.into_any())
    } else {
        (failing, ().into_any())
    };
    view! {
        <tr class=class>
            <th scope="row">
                <code>{name.clone()}</code>
            </th>
            <td>
                {value(sent, missing)}
                {below_sent}
            </td>
            {newest}
        </tr>
    }
    .into_any()
}

/// A value to read; `none` is said where there is none.
pub(super) fn value(value: Option<String>, none: &'static str) -> AnyView {
    match value {
        None => view! { <p class="muted none">{none}</p> }.into_any(),
        Some(value) if value.is_empty() => view! { <p class="muted none">"empty"</p> }.into_any(),
        Some(value) => view! { <p class="sent">{value}</p> }.into_any(),
    }
}
