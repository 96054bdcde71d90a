//! Shows a record's attributes to read: as sent, as they are now, and what fails about each.

use super::edit_link;
use super::rows::{Row, align};
use crate::app::components::badge::SeverityBadge;
use crate::app::components::rule::RuleCode;
use crate::app::components::table::{Table, text};
use crate::domain::format::count;
use crate::domain::quarantine::HeldRecord;
use crate::domain::violation::{Severity, Violation};
use leptos::prelude::*;

/// The table. Those who may edit can take a suggestion over into the editor.
pub(super) fn table(record: &HeldRecord, may_edit: bool) -> AnyView {
    let mended = record.revision() > 0;
    let (rows, whole) = align(&record.attributes, record.current(), &record.violations);
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
                        {violations(whole, "", None)}
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
        violations: failing,
    } = row;
    let class = match failing.iter().map(|v| v.severity).min() {
        Some(Severity::Fatal | Severity::Error) => "fails",
        Some(Severity::Warning | Severity::Info) => "warns",
        None => "",
    };
    let changed = mended && sent != now;
    let missing = if mended { "not sent" } else { "missing" };
    let failing = violations(failing, &name, record);
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

fn value(value: Option<String>, none: &'static str) -> AnyView {
    match value {
        None => view! { <p class="muted none">{none}</p> }.into_any(),
        Some(value) if value.is_empty() => view! { <p class="muted none">"empty"</p> }.into_any(),
        Some(value) => view! { <p class="sent">{value}</p> }.into_any(),
    }
}

/// What fails, each with the value that would pass where one is sure. With `record` that value
/// leads into its editor, filled in.
pub(super) fn violations(failing: Vec<Violation>, name: &str, record: Option<&HeldRecord>) -> AnyView {
    let items: Vec<_> = failing
        .into_iter()
        .map(|violation| {
            let suggestion = violation.suggestion.map(|suggestion| match record {
                Some(record) => {
                    let href = edit_link(record).with("adopt", name).href();
                    view! {
                        <a class="button suggestion" href=href>
                            "Use "
                            <code>{suggestion}</code>
                        </a>
                    }
                    .into_any()
                }
                None => view! {
                    <p class="suggestion">
                        "Would pass: " <code>{suggestion}</code>
                    </p>
                }
                .into_any(),
            });
            let place = violation.place.map(|place| {
                let line = place.line.map(|line| format!("line {}, ", count(line)));
                view! { <p class="muted small">{format!("{}{place}", line.unwrap_or_default())}</p> }
            });
            view! {
                <li>
                    <p>
                        {violation.message} " " <RuleCode code=violation.code.into_owned()/>
                        {(violation.severity != Severity::Error)
                            .then(|| view! { " " <SeverityBadge severity=violation.severity/> })}
                    </p>
                    {place}
                    {suggestion}
                </li>
            }
        })
        .collect();
    if items.is_empty() {
        return ().into_any();
    }
    view! { <ul class="violations">{items}</ul> }.into_any()
}
