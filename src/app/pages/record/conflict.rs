//! Shows what somebody else saved while a record was being edited, beside what was typed.

use crate::api::quarantine::Draft;
use crate::app::components::states::{Notice, Tone};
use crate::app::components::table::{Table, text};
use crate::domain::quarantine::{HeldRecord, State};
use crate::domain::record::{Difference, merge};
use leptos::prelude::*;

/// Who saved what since revision `on`, and what becomes of it in the form below.
pub(super) fn newer(record: &HeldRecord, on: u32, differences: &[Difference]) -> AnyView {
    let saved: Vec<_> = record
        .revisions
        .iter()
        .filter(|revision| revision.number > on)
        .map(|r| view! { <p>{format!("{} saved revision {}: {}", r.by, r.number, r.reason)}</p> })
        .collect();
    let rows: Vec<_> = differences.iter().map(line).collect();
    let begun = if on == 0 {
        "As sent".to_owned()
    } else {
        format!("Revision {on}")
    };
    let columns = vec![
        text("Attribute"),
        text(begun),
        text("Theirs"),
        text("Yours"),
        text("In the form below"),
    ];
    let table = if rows.is_empty() {
        view! { <p class="muted">"They changed no value that differs from what you typed."</p> }.into_any()
    } else {
        view! {
            <Table caption="What they changed" columns rows/>
            <p class="muted">
                "Where only they changed a value, theirs is in the form; where you changed it too, yours is. Saving adds a revision on top of theirs."
            </p>
        }
        .into_any()
    };
    view! {
        <section class="conflict" aria-labelledby="conflict">
            <h3 id="conflict">"Changed while you were editing"</h3>
            {saved}
            {table}
        </section>
    }
    .into_any()
}

fn line(difference: &Difference) -> AnyView {
    let conflict = difference.is_conflict();
    let (class, outcome) = if conflict {
        ("fails", "yours")
    } else {
        ("", "theirs")
    };
    view! {
        <tr class=class>
            <th scope="row">
                <code>{difference.name.clone()}</code>
            </th>
            <td>{value(difference.base.as_ref())}</td>
            <td>{value(difference.theirs.as_ref())}</td>
            <td>{value(difference.mine.as_ref())}</td>
            <td>{outcome}</td>
        </tr>
    }
    .into_any()
}

fn value(value: Option<&String>) -> AnyView {
    match value {
        None => view! { <span class="muted none">"nothing"</span> }.into_any(),
        Some(value) => view! { <span class="sent">{value.clone()}</span> }.into_any(),
    }
}

/// What was typed into a record that cannot be edited any more: to read, and to copy.
pub(super) fn left(record: &HeldRecord, draft: &Draft) -> AnyView {
    if let Some(json) = draft.json.clone().filter(|_| draft.fault().is_some()) {
        let json = view! { <pre tabindex="0">{json}</pre> };
        return typed(record.state, json.into_any());
    }
    let (_, differences) = merge(&draft.attributes, record.current(), &draft.attributes);
    let rows: Vec<_> = differences
        .iter()
        .map(|d| {
            view! {
                <tr>
                    <th scope="row">
                        <code>{d.name.clone()}</code>
                    </th>
                    <td>{value(d.theirs.as_ref())}</td>
                    <td>{value(d.mine.as_ref())}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    if rows.is_empty() {
        return ().into_any();
    }
    let columns = vec![text("Attribute"), text("Now"), text("What you typed")];
    let table = view! { <Table caption="What you typed" columns rows/> };
    typed(record.state, table.into_any())
}

fn typed(state: State, what: AnyView) -> AnyView {
    view! {
        <Notice tone=Tone::Watch>
            <div>
                <p>
                    {format!("What you typed here was not saved, and this record is {} now.", state.label())}
                </p>
                <details class="typed">
                    <summary>"What you typed"</summary>
                    {what}
                </details>
            </div>
        </Notice>
    }
    .into_any()
}
