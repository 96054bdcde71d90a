//! Tells what came of a feed's files, one line per delivery: when, what became of it and why,
//! and where its records went.

use crate::api::feed::Entry;
use crate::app::components::badge::StatusBadge;
use crate::app::components::rule::RuleCode;
use crate::app::components::states::Empty;
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::time::Ago;
use crate::app::link;
use crate::domain::format::count;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The deliveries as rows, the newest first.
pub(super) fn table(entries: Vec<Entry>, as_of: DateTime<Utc>) -> AnyView {
    if entries.is_empty() {
        return view! {
            <Empty title="No file has come yet">
                <p>
                    "Every file of this feed will be a line here, also one that is refused or held, with what became of it."
                </p>
            </Empty>
        }
        .into_any();
    }
    let columns = vec![
        text("Came"),
        text("Became"),
        text("What happened"),
        figures("Received"),
        figures("Accepted"),
        figures("Unchanged"),
        figures("Quarantined"),
    ];
    let rows: Vec<_> = entries.into_iter().map(|entry| row(entry, as_of)).collect();
    view! {
        <div class="deeds">
            <Table caption="What came of its files" columns rows/>
        </div>
    }
    .into_any()
}

fn row(entry: Entry, as_of: DateTime<Utc>) -> AnyView {
    let c = entry.counts;
    let what = if entry.replay {
        "replay of quarantined records".to_owned()
    } else {
        entry.file
    };
    let story: Vec<_> = entry
        .story
        .into_iter()
        .map(|sentence| view! { <p>{sentence}</p> })
        .collect();
    view! {
        <tr>
            <th scope="row">
                <span class="named file">
                    <a href=link::delivery(&entry.id).href()>
                        <Ago at=entry.at as_of/>
                    </a>
                    <span class="sub clip" title=what.clone()>
                        {what.clone()}
                    </span>
                </span>
            </th>
            <td class="nowrap">
                <StatusBadge status=entry.status/>
            </td>
            <td class="wrap">
                {story}
                {entry.code.map(|code| view! { <RuleCode code/> })}
            </td>
            {figure(count(c.received))}
            {figure(count(c.accepted))}
            {figure(count(c.unchanged))}
            {figure(count(c.quarantined))}
        </tr>
    }
    .into_any()
}
