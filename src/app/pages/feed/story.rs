//! Tells what came of a feed's files, one line per delivery: when, what became of it and why,
//! and where its records went.

use crate::api::feed::Entry;
use crate::app::components::badge::StatusBadge;
use crate::app::components::pager::Pager;
use crate::app::components::rule::RuleCode;
use crate::app::components::states::Empty;
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::time::Ago;
use crate::app::link;
use crate::domain::delivery::Direction;
use crate::domain::format::count;
use crate::domain::ids::FeedId;
use crate::domain::query::Page;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// One page of a feed's deliveries, with its head and the way to the next.
pub(super) fn section(
    feed: &FeedId,
    entries: Page<Entry>,
    direction: Direction,
    as_of: DateTime<Utc>,
    first: bool,
) -> AnyView {
    let (shown, total, next) = (entries.rows.len(), entries.total, entries.next);
    let link = link::feed(feed);
    view! {
        <section class="block">
            <h2>"What came of its files"</h2>
            {table(entries.rows, direction, as_of)}
            {(shown > 0)
                .then(|| view! { <Pager link nouns=("delivery", "deliveries") shown total next first/> })}
        </section>
    }
    .into_any()
}

/// The deliveries as rows, the newest first.
fn table(entries: Vec<Entry>, direction: Direction, as_of: DateTime<Utc>) -> AnyView {
    let out = direction == Direction::Export;
    if entries.is_empty() {
        let (title, about) = if out {
            (
                "Nothing has gone out yet",
                "Every export that whoever makes it writes into the audit log will be a line here, also one that failed.",
            )
        } else {
            (
                "No file has come yet",
                "Every file of this feed will be a line here, also one that is refused or held, with what became of it.",
            )
        };
        return view! {
            <Empty title>
                <p>{about}</p>
            </Empty>
        }
        .into_any();
    }
    let [came, received, accepted, quarantined] = if out {
        ["Made", "Records", "Sent", "Left out"]
    } else {
        ["Came", "Received", "Accepted", "Quarantined"]
    };
    let columns = vec![
        text(came),
        text("Became"),
        text("What happened"),
        figures(received),
        figures(accepted),
        figures("Unchanged"),
        figures(quarantined),
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
                <StatusBadge status=entry.status direction=entry.direction/>
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
