//! Shows why records fail: every code with its count, its share, how that has changed, and whom
//! it hit.

use crate::api::reasons::{ReasonReport, ReasonRow, read_reasons};
use crate::app::components::badge::SeverityBadge;
use crate::app::components::filter::FilterForm;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::range_bar::{RangeBar, asked};
use crate::app::components::rule::RuleCode;
use crate::app::components::select::{PartnerField, Select};
use crate::app::components::states::{Empty, Loading};
use crate::app::components::table::{Column, Table, figure, figures, text};
use crate::app::link::{self, Link};
use crate::domain::delivery::Direction;
use crate::domain::format;
use crate::domain::ids::PartnerId;
use crate::domain::query::Asked;
use crate::domain::violation::Severity;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// What narrows the list, apart from time.
const FILTERS: [&str; 3] = ["partner", "feed", "direction"];

/// Partners that are named in a row; the others are counted.
const NAMED: usize = 3;

/// The page.
#[component]
pub fn ReasonsPage() -> impl IntoView {
    let query = use_query_map();
    let asks = Memo::new(move |_| query.with(|q| (Link::carry("/reasons", q, &FILTERS), asked(q))));
    let viewer = use_viewer();
    let report = Resource::new(
        move || asks.get(),
        |(link, asked)| {
            let get = |name| link.get(name);
            read_reasons(get("partner"), get("feed"), get("direction"), asked)
        },
    );
    view! {
        <Title text="Reasons"/>
        <Transition fallback=Loading>
            {move || {
                let (link, asked) = asks.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        report.await,
                        Section::Reasons,
                        |_, report| content(report, &link, &asked),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(report: ReasonReport, narrowed: &Link, asked: &Asked) -> AnyView {
    let ReasonReport {
        shown,
        as_of,
        received,
        rows,
        partners,
    } = report;
    let link = narrowed.clone().asking(&asked.kept());
    let csv = Link::to("/export/reasons.csv")
        .with("partner", &link.get("partner"))
        .with("feed", &link.get("feed"))
        .with("direction", &link.get("direction"))
        .asking(&asked.kept());
    // The very time that is shown, so that what is opened counts the same.
    let fixed = narrowed.clone().with("range", &shown.fixed).with("tz", &asked.tz);
    let body = if rows.is_empty() {
        view! {
            <Empty title="Nothing failed in this time">
                <p>"A wider range may have something."</p>
            </Empty>
        }
        .into_any()
    } else {
        let (columns, rows) = rows_of(rows, received, &fixed, &partners);
        view! {
            <Table caption="Reasons" columns rows/>
            <p class="after">
                <a href=csv.href() download="">"Download as CSV"</a>
            </p>
        }
        .into_any()
    };
    view! {
        <Head title="Reasons" as_of/>
        <RangeBar link=link.clone() shown comparing=true/>
        {filters(&link, partners)}
        {body}
    }
    .into_any()
}

fn filters(link: &Link, partners: Vec<(PartnerId, String)>) -> AnyView {
    let hidden: Vec<_> = link
        .hidden(&FILTERS)
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let (partner, feed) = (link.get("partner"), link.get("feed"));
    let export = Direction::Export.word();
    let ways = vec![(export.to_owned(), "files sent out".to_owned())];
    // Whatever else is typed there is about files received.
    let way = Some(link.get("direction"))
        .filter(|way| way == export)
        .unwrap_or_default();
    view! {
        <FilterForm action="/reasons".to_owned()>
            <div class="filters" role="search">
                {hidden}
                <PartnerField partners chosen=partner/>
                <label class="field">
                    <span>"Feed"</span>
                    <input name="feed" value=feed placeholder="partner/feed" autocomplete="off"/>
                </label>
                <Select
                    label="In"
                    name="direction"
                    none="files received"
                    options=ways
                    chosen=way
                />
                <button>"Filter"</button>
            </div>
        </FilterForm>
    }
    .into_any()
}

/// Reasons as a table, also for the overview. `fixed` narrows what they lead to: by `partner`,
/// `feed`, `direction`, `range` and `tz`.
pub(super) fn rows_of(
    rows: Vec<ReasonRow>,
    received: u64,
    fixed: &Link,
    partners: &[(PartnerId, String)],
) -> (Vec<Column>, Vec<AnyView>) {
    let export = fixed.get("direction") == Direction::Export.word();
    let columns = vec![
        text("Reason"),
        figures("Records"),
        figures(if export {
            "Share of sent"
        } else {
            "Share of received"
        }),
        figures("Change"),
        text("Partners hit"),
        text("Held"),
    ];
    let rows = rows
        .into_iter()
        .map(|r| row(r, received, fixed, partners))
        .collect();
    (columns, rows)
}

fn row(reason: ReasonRow, received: u64, fixed: &Link, partners: &[(PartnerId, String)]) -> AnyView {
    let ReasonRow {
        count,
        before,
        partners: hit,
    } = reason;
    let deliveries = Link::to("/deliveries")
        .with("partner", &fixed.get("partner"))
        .with("feed", &fixed.get("feed"))
        .with("direction", &fixed.get("direction"))
        .with("code", &count.code)
        .with("range", &fixed.get("range"))
        .with("tz", &fixed.get("tz"));
    // What fails on its way out is not held: it does not leave.
    let is_held = count.severity == Severity::Error && fixed.get("direction") != Direction::Export.word();
    let held = Link::to("/quarantine")
        .with("partner", &fixed.get("partner"))
        .with("feed", &fixed.get("feed"))
        .with("state", "any")
        .with("code", &count.code)
        .href();
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let share = (received > 0).then(|| count.records as f64 / received as f64);
    let more = hit.len().saturating_sub(NAMED);
    let named: Vec<_> = hit
        .into_iter()
        .take(NAMED)
        .enumerate()
        .map(|(i, (id, _))| {
            let name = partners
                .iter()
                .find(|(p, _)| *p == id)
                .map_or_else(|| id.to_string(), |(_, name)| name.clone());
            let href = link::partner(&id).with("range", &fixed.get("range")).href();
            view! {
                {(i > 0).then_some(", ")}
                <a href=href>{name}</a>
            }
        })
        .collect();
    view! {
        <tr>
            <th scope="row">
                <RuleCode code=count.code.clone().into_owned()/>
                " "
                {count.attribute.map(|name| view! { <span class="muted">{name.into_owned()} " "</span> })}
                <SeverityBadge severity=count.severity/>
            </th>
            <td class="num">
                <a href=deliveries.href()>{format::count(count.records)}</a>
            </td>
            {figure(format::percent(share))}
            {figure(format::change(count.records, before))}
            <td>{named} {(more > 0).then(|| format!(" and {more} more"))}</td>
            <td>
                {is_held.then(|| view! { <a href=held>"Held records"</a> })}
            </td>
        </tr>
    }
    .into_any()
}
