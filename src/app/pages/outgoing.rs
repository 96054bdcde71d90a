//! Shows what went out: per destination, what arrived, what failed and what is on its way.

use crate::api::outgoing::{Destination, OutgoingReport, read_outgoing};
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::range_bar::{RangeBar, asked};
use crate::app::components::states::{Empty, Loading};
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::time::Ago;
use crate::app::link::{self, Link};
use crate::domain::format;
use crate::domain::query::Asked;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn OutgoingPage() -> impl IntoView {
    let query = use_query_map();
    let asks = Memo::new(move |_| query.with(asked));
    let viewer = use_viewer();
    let report = Resource::new(move || asks.get(), read_outgoing);
    view! {
        <Title text="Exports"/>
        <Transition fallback=Loading>
            {move || {
                let asked = asks.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        report.await,
                        Section::Outgoing,
                        |_, report| content(report, &asked),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(report: OutgoingReport, asked: &Asked) -> AnyView {
    let OutgoingReport { shown, as_of, rows } = report;
    let link = Link::to("/exports").asking(&asked.kept());
    let csv = Link::to("/export/exports.csv").asking(&asked.kept()).href();
    let fixed = shown.fixed.clone();
    let body = if rows.is_empty() {
        view! {
            <Empty title="Nothing went out in this time">
                <p>
                    "An entry of the audit log whose direction is export appears here under the feed that was sent."
                </p>
            </Empty>
        }
        .into_any()
    } else {
        let columns = vec![
            text("Destination"),
            text("Feed"),
            figures("Delivered"),
            figures("Failed"),
            figures("Pending"),
            figures("Records sent"),
            figures("p95 latency"),
            figures("Last sent"),
        ];
        let rows: Vec<_> = rows.into_iter().map(|r| row(r, &fixed, as_of)).collect();
        view! {
            <Table caption="Exports" columns rows/>
            <p class="after">
                <a href=csv download="">"Download as CSV"</a>
            </p>
        }
        .into_any()
    };
    view! {
        <Head title="Exports" as_of/>
        <RangeBar link shown/>
        {body}
    }
    .into_any()
}

fn row(row: Destination, fixed: &str, as_of: DateTime<Utc>) -> AnyView {
    let files = link::feed_deliveries(&row.feed)
        .with("direction", "export")
        .with("range", fixed);
    let counted = |n: u64, status: &str| {
        if n == 0 {
            return figure("0".to_owned());
        }
        let href = files.clone().with("status", status).href();
        view! {
            <td class="num">
                <a href=href>{format::count(n)}</a>
            </td>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row">
                <a href=link::partner(&row.feed.partner()).href()>{row.partner_name}</a>
            </th>
            <td>
                <a href=link::feed(&row.feed).href()>{row.feed.name().to_owned()}</a>
            </td>
            {counted(row.delivered, "accepted")}
            {counted(row.failed, "refused")}
            {figure(format::count(row.pending))}
            {figure(format::count(row.records))}
            {figure(format::duration(row.p95_ms))}
            <td class="num">
                {match row.last_at {
                    Some(at) => view! { <Ago at as_of/> }.into_any(),
                    None => "never".into_any(),
                }}
            </td>
        </tr>
    }
    .into_any()
}
