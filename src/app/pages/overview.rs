//! Compares every partner in one's care: how much came, how much was rejected, how long it took,
//! and who needs a look.

use crate::api::overview::{Overview, PartnerRow, read_overview};
use crate::api::reasons::ReasonRow;
use crate::app::components::chart::ChartCard;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::happenings::Happenings;
use crate::app::components::head::Head;
use crate::app::components::lamp::{HealthLamp, LampSign};
use crate::app::components::meter::Meter;
use crate::app::components::range_bar::{RangeBar, asked};
use crate::app::components::spark::Sparkline;
use crate::app::components::states::{Empty, Loading};
use crate::app::components::table::{Column, Table, figure, figures, text};
use crate::app::components::tile::Tiles;
use crate::app::components::time::Ago;
use crate::app::link::{self, Link};
use crate::domain::account::Role;
use crate::domain::format;
use crate::domain::health::{ACT_RATE, Lamp};
use crate::domain::query::{Asked, Shown};
use crate::domain::report::Counts;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;

/// Partners named beside the charts; the table has them all.
const ATTENTION: usize = 6;

/// The page.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let query = use_query_map();
    let asks = Memo::new(move |_| query.with(asked));
    let sort = Memo::new(move |_| query.with(|q| Sort::parse(q.get_str("sort").unwrap_or_default())));
    let viewer = use_viewer();
    let overview = Resource::new(move || asks.get(), read_overview);
    view! {
        <Title text="Overview"/>
        <Transition fallback=Loading>
            {move || {
                let (asked, sort) = (asks.get(), sort.get());
                Suspend::new(async move {
                    let viewer = viewer.await;
                    // Comparing partners is not for partners; their own page is their start.
                    if let Ok(Some(viewer)) = &viewer
                        && viewer.role == Role::Partner
                        && !viewer.partners.is_empty()
                    {
                        return view! { <Redirect path=viewer.home()/> }.into_any();
                    }
                    framed(
                        viewer,
                        overview.await,
                        Section::Overview,
                        |_, overview| content(overview, &asked, sort),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(overview: Overview, asked: &Asked, sort: Sort) -> AnyView {
    let Overview {
        shown,
        as_of,
        now,
        compared,
        followed,
        open,
        charts,
        happenings,
        reasons,
        mut partners,
    } = overview;
    let link = Link::to("/").asking(asked).with("sort", sort.word());
    let csv = Link::to("/export/partners.csv").asking(&asked.kept()).href();
    let attention = attention(&partners);
    let reasons = top_reasons(reasons, now.counts.received, &shown, &partners, asked);
    sort.apply(&mut partners);
    let rows: Vec<_> = partners.into_iter().map(|p| row(p, as_of, asked)).collect();
    let table = if rows.is_empty() {
        view! {
            <Empty title="No partners yet">
                <p>
                    "An admin adds partners and their feeds under " <a href="/access#add">"Access"</a>
                    ", or on the command line with " <code>"feedgate partner add"</code> "."
                </p>
            </Empty>
        }
        .into_any()
    } else {
        let columns = sort.columns(&link);
        view! {
            <Table caption="Partners" columns rows/>
            <p class="after">
                <a href=csv download="">"Download as CSV"</a>
            </p>
        }
        .into_any()
    };
    view! {
        <Head title="Overview" as_of live=true/>
        <RangeBar link=link.clone() shown=shown.clone() comparing=true/>
        {(!followed)
            .then(|| {
                view! {
                    <p class="hint" role="status">
                        "No worker keeps these figures in step with the log at the moment, so they may be behind. "
                        <code>"feedgate worker"</code> " starts one."
                    </p>
                }
            })}
        <Tiles now compared open shown held=Link::to("/quarantine") files=Link::to("/deliveries")/>
        <div class="charts">
            <ChartCard chart=charts.volume link=link.clone()/>
            <ChartCard chart=charts.rejection link=link.clone()/>
            <ChartCard chart=charts.latency link/>
            {attention}
        </div>
        <Happenings happenings/>
        {reasons}
        <section class="block">
            <h2>"Partners"</h2>
            {table}
        </section>
    }
    .into_any()
}

/// What held the most records, in a few rows; nothing where nothing was held.
fn top_reasons(
    reasons: Vec<ReasonRow>,
    received: u64,
    shown: &Shown,
    partners: &[PartnerRow],
    asked: &Asked,
) -> AnyView {
    if reasons.is_empty() {
        return ().into_any();
    }
    let names: Vec<_> = partners.iter().map(|p| (p.id.clone(), p.name.clone())).collect();
    let fixed = Link::to("/").with("range", &shown.fixed).with("tz", &asked.tz);
    let (columns, rows) = super::reasons::rows_of(reasons, received, &fixed, &names);
    let all = Link::to("/reasons").asking(&asked.kept()).href();
    view! {
        <section class="block">
            <h2>"What held the most records"</h2>
            <Table caption="What held the most records" columns rows/>
            <p class="after">
                <a href=all>"All reasons"</a>
            </p>
        </section>
    }
    .into_any()
}

/// The worst partners with their reasons, beside the charts.
fn attention(partners: &[PartnerRow]) -> AnyView {
    let count = |lamp| partners.iter().filter(|p| p.health.lamp == lamp).count();
    let (red, amber) = (count(Lamp::Red), count(Lamp::Amber));
    let mut worst: Vec<_> = partners.iter().filter(|p| p.health.lamp != Lamp::Green).collect();
    worst.sort_by_key(|p| std::cmp::Reverse(p.health.lamp));
    let items: Vec<_> = worst
        .into_iter()
        .take(ATTENTION)
        .map(|p| {
            view! {
                <li>
                    <LampSign lamp=p.health.lamp reason=p.health.reason.clone()/>
                    <span class="named">
                        <a href=link::partner(&p.id).href()>{p.name.clone()}</a>
                        <span class="reason">{p.health.reason.clone()}</span>
                    </span>
                </li>
            }
        })
        .collect();
    let more = (red + amber).saturating_sub(ATTENTION);
    let sentence = match (red, amber) {
        (0, 0) => "All partners are healthy.".to_owned(),
        (red, amber) => format!("{red} to act on, {amber} to watch, of {}.", partners.len()),
    };
    view! {
        <section class="chart card">
            <header>
                <h2>"Who needs a look"</h2>
                <p class="subtitle">{sentence}</p>
            </header>
            <ul class="attention">{items}</ul>
            {(more > 0).then(|| view! { <p class="muted small">{format!("{more} more in the table below.")}</p> })}
        </section>
    }
    .into_any()
}

fn row(partner: PartnerRow, as_of: DateTime<Utc>, asked: &Asked) -> AnyView {
    let PartnerRow {
        id,
        name,
        health,
        summary,
        last_at,
        open,
        issues,
        trend,
    } = partner;
    let href = link::partner(&id).asking(&asked.kept()).href();
    let held = link::quarantine("partner", id.as_str()).href();
    view! {
        <tr>
            <th scope="row">
                <span class="named">
                    <a href=href>{name}</a>
                </span>
            </th>
            <td class="lamps">
                <HealthLamp health/>
            </td>
            {figure(format::count(summary.counts.received))}
            <td class="num">{rejected(&summary.counts)}</td>
            {figure(format::duration(summary.p95_ms))}
            <td class="num">
                {match last_at {
                    Some(at) => view! { <Ago at as_of/> }.into_any(),
                    None => "never".into_any(),
                }}
            </td>
            <td>
                <Sparkline values=trend what="Records received"/>
            </td>
            <td class="num">
                {if issues == 0 {
                    view! { <span class="muted">"0"</span> }.into_any()
                } else {
                    view! { <a href=link::issues_of(&id).href()>{format::count(issues)}</a> }.into_any()
                }}
            </td>
            <td class="num">
                {if open == 0 {
                    view! { <span class="muted">"0"</span> }.into_any()
                } else {
                    view! { <a href=held>{format::count(open)}</a> }.into_any()
                }}
            </td>
        </tr>
    }
    .into_any()
}

/// A rejection rate with its bar, which is full where somebody should act.
pub(super) fn rejected(counts: &Counts) -> AnyView {
    let Some(rate) = counts.rejection_rate() else {
        return view! { <span class="muted">"–"</span> }.into_any();
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 400 hundredths"
    )]
    let width = (rate / ACT_RATE * 100.0).round() as u64;
    view! {
        <span class="share">
            {format::percent(Some(rate))} {(counts.quarantined > 0).then(|| view! { <Meter width/> })}
        </span>
    }
    .into_any()
}

/// What the table of partners is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// The worst first, as the server sends them.
    Lamp,
    Name,
    Received,
    Rejected,
    Latency,
    Last,
    Issues,
    Open,
}

impl Sort {
    const ALL: [Self; 8] = [
        Self::Name,
        Self::Lamp,
        Self::Received,
        Self::Rejected,
        Self::Latency,
        Self::Last,
        Self::Issues,
        Self::Open,
    ];

    /// The word for it in the address; none for the order that needs no saying.
    fn word(self) -> &'static str {
        match self {
            Self::Lamp => "",
            Self::Name => "name",
            Self::Received => "received",
            Self::Rejected => "rejected",
            Self::Latency => "latency",
            Self::Last => "last",
            Self::Issues => "issues",
            Self::Open => "open",
        }
    }

    fn parse(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|sort| sort.word() == word)
            .unwrap_or(Self::Lamp)
    }

    /// Sorts what the server sent worst first; what is equal stays in that order.
    fn apply(self, partners: &mut [PartnerRow]) {
        let by = |key: fn(&PartnerRow) -> u64| move |p: &PartnerRow| std::cmp::Reverse(key(p));
        match self {
            Self::Lamp => {}
            Self::Name => partners.sort_by_cached_key(|p| p.name.to_lowercase()),
            Self::Received => partners.sort_by_key(by(|p| p.summary.counts.received)),
            Self::Rejected => partners.sort_by_key(by(|p| {
                let counts = &p.summary.counts;
                (counts.quarantined * 1_000_000)
                    .checked_div(counts.received)
                    .unwrap_or(0)
            })),
            Self::Latency => partners.sort_by_key(by(|p| p.summary.p95_ms.unwrap_or(0))),
            Self::Last => partners.sort_by_key(|p| std::cmp::Reverse(p.last_at)),
            Self::Issues => partners.sort_by_key(by(|p| p.issues)),
            Self::Open => partners.sort_by_key(by(|p| p.open)),
        }
    }

    fn columns(self, link: &Link) -> Vec<Column> {
        let sorted = |column: Column, sort: Self| {
            let order = if sort == Self::Name {
                "ascending"
            } else {
                "descending"
            };
            let href = link.clone().with("sort", sort.word()).href();
            column.sorted(href, (sort == self).then_some(order))
        };
        vec![
            sorted(text("Partner"), Self::Name),
            sorted(text("Health"), Self::Lamp),
            sorted(figures("Received"), Self::Received),
            sorted(figures("Rejected"), Self::Rejected),
            sorted(figures("p95 latency"), Self::Latency),
            sorted(figures("Last file"), Self::Last),
            text("Trend"),
            sorted(figures("Issues"), Self::Issues),
            sorted(figures("Open records"), Self::Open),
        ]
    }
}
