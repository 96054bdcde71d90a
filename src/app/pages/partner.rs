//! Shows one partner: the same figures and charts as the overview, its feeds, what failed most,
//! and its newest deliveries.

use super::deliveries;
use super::overview::rejected;
use crate::api::partner::{FeedRow, PartnerReport, read_partner};
use crate::app::components::chart::ChartCard;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::happenings::Happenings;
use crate::app::components::head::Head;
use crate::app::components::lamp::HealthLamp;
use crate::app::components::range_bar::{RangeBar, asked};
use crate::app::components::reasons::Reasons;
use crate::app::components::states::{Empty, Loading};
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::tile::Tiles;
use crate::app::components::time::Ago;
use crate::app::link::{self, Link};
use crate::domain::account::{Right, Viewer};
use crate::domain::delivery::Direction;
use crate::domain::format;
use crate::domain::query::Asked;
use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page.
#[component]
pub fn PartnerPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.with(|p| p.get("partner").unwrap_or_default()));
    let asks = Memo::new(move |_| query.with(asked));
    let viewer = use_viewer();
    let report = Resource::new(
        move || (id.get(), asks.get()),
        |(id, asked)| read_partner(id, asked),
    );
    view! {
        <Transition fallback=Loading>
            {move || {
                let asked = asks.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        report.await,
                        Section::Partner,
                        |viewer, report| content(viewer, report, &asked),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(viewer: &Viewer, report: PartnerReport, asked: &Asked) -> AnyView {
    let PartnerReport {
        id,
        name,
        shown,
        as_of,
        health,
        now,
        compared,
        open,
        charts,
        happenings,
        feeds,
        reasons,
        deliveries,
    } = report;
    let link = link::partner(&id).asking(asked);
    let all_reasons = Link::to("/reasons")
        .with("partner", id.as_str())
        .asking(&asked.kept())
        .href();
    let feeds_csv = Link::to("/export/feeds.csv")
        .with("partner", id.as_str())
        .asking(&asked.kept())
        .href();
    let fixed = shown.fixed.clone();
    let held = link::quarantine("partner", id.as_str());
    let files = Link::to("/deliveries").with("partner", id.as_str());
    let crumbs = viewer.may(Right::ViewAllPartners).then(|| {
        view! {
            <p class="crumbs">
                <a href=Link::to("/").asking(&asked.kept()).href()>"Overview"</a>
            </p>
        }
    });
    view! {
        <Title text=name.clone()/>
        {crumbs}
        <Head title=name as_of live=true>
            <HealthLamp health full=true/>
            <a class="report" href=link::report(&id).href()>"Report"</a>
        </Head>
        <RangeBar link=link.clone() shown=shown.clone() comparing=true/>
        <Tiles now compared open shown held=held.clone() files=files.clone()/>
        <div class="charts">
            <ChartCard chart=charts.volume link=link.clone()/>
            <ChartCard chart=charts.rejection link=link.clone()/>
            <ChartCard chart=charts.latency link/>
            <section class="chart card">
                <header>
                    <h2>"What failed most"</h2>
                    <p class="subtitle">
                        "records in this time, by rule · " <a href=all_reasons>"all reasons"</a>
                    </p>
                </header>
                {if reasons.is_empty() {
                    view! { <p class="muted">"Nothing failed in this time."</p> }.into_any()
                } else {
                    view! { <Reasons reasons held/> }.into_any()
                }}
            </section>
        </div>
        <Happenings happenings/>
        <section class="block">
            <h2>"Feeds"</h2>
            {feed_table(feeds, as_of)}
            <p class="after">
                <a href=feeds_csv download="">"Download as CSV"</a>
            </p>
        </section>
        <section class="block">
            <h2>"Newest deliveries"</h2>
            {if deliveries.is_empty() {
                view! {
                    <Empty title="Nothing was delivered in this time">
                        <p>"A wider range may have something."</p>
                    </Empty>
                }
                    .into_any()
            } else {
                deliveries::table(deliveries, &[], &[], as_of)
            }}
            <p class="after">
                <a href=files.with("range", &fixed).with("tz", &asked.tz).href()>"All deliveries of this time"</a>
            </p>
        </section>
    }
    .into_any()
}

fn feed_table(feeds: Vec<FeedRow>, as_of: DateTime<Utc>) -> AnyView {
    if feeds.is_empty() {
        return view! {
            <Empty title="No feeds yet">
                <p>"A feed appears here with its first file."</p>
            </Empty>
        }
        .into_any();
    }
    let columns = vec![
        text("Feed"),
        text("Health"),
        figures("Received"),
        figures("Rejected"),
        figures("p95 latency"),
        figures("Last file"),
        figures("Expected"),
        figures("Items kept"),
    ];
    let rows: Vec<_> = feeds.into_iter().map(|feed| feed_row(feed, as_of)).collect();
    view! { <Table caption="Feeds" columns rows/> }.into_any()
}

fn feed_row(feed: FeedRow, as_of: DateTime<Utc>) -> AnyView {
    let expected = feed.expected_every_hours.map_or_else(
        || "–".to_owned(),
        |hours| format!("every {}", format::span(TimeDelta::hours(i64::from(hours)))),
    );
    let href = link::feed(&feed.id).href();
    let goes_out = feed.direction == Direction::Export;
    // Nothing of a feed that goes out is taken in.
    let comes_in = |shown: String| figure(if goes_out { "–".to_owned() } else { shown });
    view! {
        <tr>
            <th scope="row">
                <span class="named">
                    <a href=href>{feed.id.name().to_owned()}</a>
                    {goes_out.then_some(view! { <span class="sub">"goes out"</span> })}
                </span>
            </th>
            <td class="lamps">
                <HealthLamp health=feed.health/>
            </td>
            {comes_in(format::count(feed.summary.counts.received))}
            <td class="num">{rejected(&feed.summary.counts)}</td>
            {comes_in(format::duration(feed.summary.p95_ms))}
            <td class="num">
                {match feed.last_at {
                    Some(at) => view! { <Ago at as_of/> }.into_any(),
                    None => "never".into_any(),
                }}
            </td>
            {figure(expected)}
            {comes_in(format::count(feed.items))}
        </tr>
    }
    .into_any()
}
