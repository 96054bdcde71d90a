//! Lists what came and went, the newest first, narrowed by what the address says.

use crate::api::delivery::{DeliveryList, list_deliveries};
use crate::app::components::badge::{AheadBadge, FailedBadge, StatusBadge};
use crate::app::components::filter::FilterForm;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::pager::Pager;
use crate::app::components::range_bar::{RangeBar, asked};
use crate::app::components::select::{PartnerField, Select};
use crate::app::components::states::{Empty, Loading};
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::time::Ago;
use crate::app::link::{self, Link};
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::format;
use crate::domain::ids::{DeliveryId, PartnerId};
use crate::domain::query::{Asked, DeliveryFilter};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// What narrows the list, apart from the range and the place in it.
const FILTERS: [&str; 5] = ["partner", "feed", "status", "direction", "code"];

/// The page.
#[component]
pub fn Deliveries() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|q| {
            let after = q.get("after").unwrap_or_default();
            let asked = asked(q);
            let link = Link::carry("/deliveries", q, &FILTERS)
                .with("range", &asked.range)
                .with("tz", &asked.tz);
            (link, after)
        })
    });
    let viewer = use_viewer();
    let list = Resource::new(
        move || asked.get(),
        |(link, after)| {
            let get = |name| link.get(name);
            let asked = Asked {
                range: get("range"),
                tz: get("tz"),
                ..Asked::default()
            };
            list_deliveries(
                get("partner"),
                get("feed"),
                get("status"),
                get("direction"),
                get("code"),
                asked,
                after,
            )
        },
    );
    view! {
        <Title text="Deliveries"/>
        <Transition fallback=Loading>
            {move || {
                let (link, after) = asked.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        list.await,
                        Section::Deliveries,
                        |_, list| content(list, link, after.is_empty()),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(list: DeliveryList, link: Link, first: bool) -> AnyView {
    let DeliveryList {
        shown: stretch,
        as_of,
        page,
        partners,
        given_up,
    } = list;
    let narrowed = !link.hidden(&[]).is_empty();
    let csv = link
        .hidden(&[])
        .into_iter()
        .fold(Link::to("/export/deliveries.csv"), |csv, (name, value)| {
            csv.with(&name, &value)
        })
        .href();
    let shown = page.rows.len();
    let body = if shown == 0 {
        empty(narrowed)
    } else {
        view! {
            {table(page.rows, &partners, &given_up, as_of)}
            <p class="after">
                <a href=csv download="">"Download as CSV"</a>
            </p>
            <Pager link=link.clone() nouns=("delivery", "deliveries") shown total=page.total next=page.next first/>
        }
        .into_any()
    };
    let range = if let Some(shown) = stretch {
        view! { <RangeBar link=link.clone() shown/> }.into_any()
    } else {
        let quick = link.clone().with("range", "7d").href();
        view! {
            <p class="range">
                <span class="muted">"All times."</span>
                <a href=quick>"Narrow to the last 7 days"</a>
            </p>
        }
        .into_any()
    };
    view! {
        <Head title="Deliveries" as_of live=true/>
        {range}
        <Filters link partners/>
        {body}
    }
    .into_any()
}

#[component]
fn Filters(link: Link, partners: Vec<(PartnerId, String)>) -> impl IntoView {
    let kept: Vec<_> = ["range", "tz"]
        .into_iter()
        .filter(|name| !link.get(name).is_empty())
        .map(|name| view! { <input type="hidden" name=name value=link.get(name)/> })
        .collect();
    let narrowed = FILTERS.iter().any(|name| !link.get(name).is_empty());
    let all = Link::to("/deliveries")
        .with("range", &link.get("range"))
        .with("tz", &link.get("tz"))
        .href();
    let ways = DeliveryFilter::WAYS
        .map(|(word, name)| (word.to_owned(), name.to_owned()))
        .to_vec();
    let states = Status::ALL
        .map(|s| (s.word().to_owned(), s.word().to_owned()))
        .to_vec();
    view! {
        <FilterForm action="/deliveries".to_owned()>
            <div class="filters" role="search">
                {kept}
                <PartnerField partners chosen=link.get("partner")/>
                <label class="field">
                    <span>"Feed"</span>
                    <input name="feed" value=link.get("feed") placeholder="partner/feed" autocomplete="off"/>
                </label>
                <Select label="Status" name="status" none="Any" options=states chosen=link.get("status")/>
                <Select label="Direction" name="direction" none="Any" options=ways chosen=link.get("direction")/>
                <label class="field">
                    <span>"Rule"</span>
                    <input name="code" value=link.get("code") placeholder="GTIN_CHECK" autocomplete="off"/>
                </label>
                <button>"Filter"</button>
                {narrowed.then(|| view! { <a href=all>"Clear"</a> })}
            </div>
        </FilterForm>
    }
    .into_any()
}

fn empty(narrowed: bool) -> AnyView {
    if narrowed {
        view! {
            <Empty title="No delivery matches">
                <p>
                    "Nothing was delivered that fits these filters and this time. "
                    <a href="/deliveries">"Show all deliveries"</a>
                </p>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <Empty title="Nothing has been delivered yet">
                <p>
                    "Every file that comes in or goes out is listed here, also one that is refused. Take a file in with "
                    <code>"feedgate ingest --partner P --feed F FILE"</code> "."
                </p>
            </Empty>
        }
        .into_any()
    }
}

/// Deliveries as rows. Partners are named by `partners`, or left out when it is empty; nobody works
/// any more on those that are `given_up`.
pub(super) fn table(
    deliveries: Vec<Delivery>,
    partners: &[(PartnerId, String)],
    given_up: &[DeliveryId],
    as_of: DateTime<Utc>,
) -> AnyView {
    // Where all of them went out they are spoken of so.
    let out = deliveries.iter().all(|d| d.direction == Direction::Export);
    let [came, received, accepted, quarantined] = if out {
        ["Made", "Records", "Sent", "Left out"]
    } else {
        ["Received", "Received", "Accepted", "Quarantined"]
    };
    let mut columns = vec![text(came)];
    if !partners.is_empty() {
        columns.push(text("Partner"));
    }
    columns.extend([
        text("Feed"),
        text("File"),
        text("Status"),
        figures(received),
        figures(accepted),
        figures("Unchanged"),
        figures(quarantined),
        figures("Warned"),
        figures("Latency"),
    ]);
    let rows: Vec<_> = deliveries
        .into_iter()
        .map(|d| row(d, partners, given_up, as_of))
        .collect();
    view! { <Table caption="Deliveries" columns rows/> }.into_any()
}

fn row(
    delivery: Delivery,
    partners: &[(PartnerId, String)],
    given_up: &[DeliveryId],
    as_of: DateTime<Utc>,
) -> AnyView {
    let latency = format::duration(delivery.latency_ms());
    let ahead = delivery.is_ahead(as_of);
    let replay = matches!(delivery.origin, Origin::Replay { .. });
    let partner = (!partners.is_empty()).then(|| {
        let id = &delivery.partner;
        let name = partners.iter().find(|(p, _)| p == id);
        let name = name.map_or_else(|| id.to_string(), |(_, name)| name.clone());
        view! {
            <td>
                <span class="named">
                    <a href=link::partner(id).href()>{name}</a>
                </span>
            </td>
        }
    });
    let c = delivery.counts;
    let held = link::quarantine("delivery", delivery.id.as_str())
        .with("state", "any")
        .href();
    view! {
        <tr>
            <th scope="row">
                <a href=link::delivery(&delivery.id).href()>
                    <Ago at=delivery.received_at as_of/>
                </a>
            </th>
            {partner}
            <td>
                <a href=link::feed(&delivery.feed).href()>{delivery.feed.name().to_owned()}</a>
            </td>
            <td>
                <span class="named file" title=delivery.file.name.clone()>
                    <span class="clip">{delivery.file.name.clone()}</span>
                </span>
            </td>
            <td class="nowrap">
                {if given_up.contains(&delivery.id) {
                    view! { <FailedBadge/> }.into_any()
                } else {
                    view! { <StatusBadge status=delivery.status direction=delivery.direction/> }.into_any()
                }}
                {replay.then(|| view! { " " <span class="badge replay">"replay"</span> })}
                {ahead.then(|| view! { " " <AheadBadge/> })}
            </td>
            {figure(format::count(c.received))}
            {figure(format::count(c.accepted))}
            {figure(format::count(c.unchanged))}
            {if c.quarantined == 0 || delivery.direction == Direction::Export {
                figure(format::count(c.quarantined))
            } else {
                view! {
                    <td class="num">
                        <a href=held>{format::count(c.quarantined)}</a>
                    </td>
                }
                    .into_any()
            }}
            {figure(format::count(c.warned))}
            {figure(latency)}
        </tr>
    }
    .into_any()
}
