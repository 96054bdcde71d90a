//! Lists the versions of a profile: who wrote each, when, why, and which lines became different.

use crate::api::profile::RevisionRow;
use crate::app::components::table::{Table, text};
use crate::app::components::time::Instant;
use crate::app::link::Link;
use crate::domain::profile::{Edit, Line};
use leptos::prelude::*;

/// The table; with `may_change` an older version can be taken up again.
pub(super) fn table(here: &Link, versions: Vec<RevisionRow>, standing: u32, may_change: bool) -> AnyView {
    if versions.is_empty() {
        return view! {
            <p class="muted">
                "Nobody has changed it yet; version 1 is what the feed was set up with."
            </p>
        }
        .into_any();
    }
    let columns = vec![
        text("Version"),
        text("When"),
        text("Who"),
        text("What changed"),
        text("Why"),
    ];
    let rows: Vec<_> = versions
        .into_iter()
        .map(|row| {
            let again = (may_change && row.version != standing).then(|| {
                let href = here.clone().with("start", &row.version.to_string()).href();
                let label = format!("Take version {} up again", row.version);
                view! {
                    <a class="again" href=href aria-label=label rel="external">
                        "Take it up again"
                    </a>
                }
            });
            let by = if row.at.is_none() {
                "set up so".to_owned()
            } else {
                row.by
            };
            view! {
                <tr>
                    <th scope="row">{row.version} {again}</th>
                    <td>{row.at.map(|at| view! { <Instant at/> })}</td>
                    <td>{by}</td>
                    <td class="wrap">{lines(row.lines)}</td>
                    <td class="wrap">
                        {(!row.reason.is_empty()).then(|| view! { <q>{row.reason}</q> })}
                    </td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="deeds">
            <Table caption="Versions of the profile" columns rows/>
        </div>
    }
    .into_any()
}

/// The lines that became different, and those beside them.
fn lines(lines: Vec<Line>) -> AnyView {
    if lines.is_empty() {
        return view! { <p class="muted">"empty"</p> }.into_any();
    }
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            let (class, said) = match line.edit {
                Edit::Kept => ("kept", ""),
                Edit::Added => ("added", "added: "),
                Edit::Removed => ("removed", "removed: "),
            };
            // A browser would swallow the blank that stands before what was kept.
            let sign = match line.edit {
                Edit::Kept => '\u{a0}',
                edit => edit.sign(),
            };
            view! {
                <li class=class>
                    <span aria-hidden="true">{sign.to_string()}</span>
                    <span class="unseen">{said}</span>
                    <code>{line.text}</code>
                </li>
            }
        })
        .collect();
    view! { <ul class="diff">{rows}</ul> }.into_any()
}
