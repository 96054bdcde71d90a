//! Shows where and when it hurt: a row per partner, a column per time, the share as figure and
//! colour. It is a table, so it reads as one; a cell opens into its deliveries.

use crate::api::heat::{Cell, Heat, HeatMap, HeatRow, read_heat};
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::range_bar::{RangeBar, asked};
use crate::app::components::states::{Empty, Loading};
use crate::app::components::table::{Table, figures, text};
use crate::app::link::{self, Link};
use crate::domain::ids::PartnerId;
use crate::domain::query::Asked;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn HeatPage() -> impl IntoView {
    let query = use_query_map();
    let asks = Memo::new(move |_| query.with(|q| (q.get("show").unwrap_or_default(), asked(q))));
    let viewer = use_viewer();
    let map = Resource::new(move || asks.get(), |(show, asked)| read_heat(show, asked));
    view! {
        <Title text="Heat map"/>
        <Transition fallback=Loading>
            {move || {
                let (show, asked) = asks.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        map.await,
                        Section::Heat,
                        |_, map| content(map, Heat::parse(&show), &asked),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(map: HeatMap, heat: Heat, asked: &Asked) -> AnyView {
    let HeatMap {
        shown,
        as_of,
        times,
        rows,
    } = map;
    let word = Heat::ALL
        .into_iter()
        .find(|(h, ..)| *h == heat)
        .map_or("", |(_, word, _)| word);
    let link = Link::to("/heat").with("show", word).asking(&asked.kept());
    let file = |kind: &str| {
        Link::to(format!("/export/heat.{kind}"))
            .with("show", word)
            .asking(&asked.kept())
            .href()
    };
    let choices: Vec<_> = Heat::ALL
        .map(|(h, word, name)| {
            let href = link.clone().with("show", word).href();
            view! {
                <li>
                    <a class="chip" href=href aria-current=(h == heat).then_some("true")>
                        {name}
                    </a>
                </li>
            }
        })
        .into();
    let said = match heat {
        Heat::Rejected => "Rejected records, % of received. A time in which nothing came is empty.",
        Heat::Missing => {
            "Files that did not come, % of those due by the feed’s rhythm. A time in which none was due is empty."
        }
    };
    let zone = asked.tz.clone();
    let body = if rows.is_empty() {
        view! {
            <Empty title="No partners yet">
                <p>"A partner appears here with its first file."</p>
            </Empty>
        }
        .into_any()
    } else {
        let mut columns = vec![text("Partner")];
        columns.extend(times.into_iter().map(figures));
        let rows: Vec<_> = rows.into_iter().map(|r| row(r, &zone)).collect();
        view! {
            <div class="heat">
                <Table caption="Heat map" columns rows/>
            </div>
            <p class="after">
                "Download as " <a href=file("csv") download="">"CSV"</a> ", "
                <a href=file("svg") download="">"SVG"</a> " or " <a href=file("png") download="">"PNG"</a>
            </p>
        }
        .into_any()
    };
    view! {
        <Head title="Heat map" as_of/>
        <RangeBar link shown/>
        <ul class="chips">{choices}</ul>
        <p class="subtitle">{said}</p>
        {body}
    }
    .into_any()
}

fn row(row: HeatRow, zone: &str) -> AnyView {
    let HeatRow { id, name, cells } = row;
    let cells: Vec<_> = cells.into_iter().map(|c| cell(c, &id, zone)).collect();
    view! {
        <tr>
            <th scope="row">
                <a href=link::partner(&id).href()>{name}</a>
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

fn cell(cell: Cell, partner: &PartnerId, zone: &str) -> AnyView {
    let Cell { share, words, range } = cell;
    let Some(share) = share else {
        return view! { <td title=words></td> }.into_any();
    };
    let href = Link::to("/deliveries")
        .with("partner", partner.as_str())
        .with("range", &range)
        .with("tz", zone)
        .href();
    view! {
        <td class=format!("h{}", Heat::level(share))>
            <a href=href title=words>{Heat::percent(share)}</a>
        </td>
    }
    .into_any()
}
