//! Shows a partner's report: one sentence, what to mend first, when files came, and how the time
//! was. A partner lands here; a manager prepares a call from the same page.
//!
//! [`mod@calendar`] draws the arrivals, [`attention`] what is to be mended.

mod attention;
mod calendar;

use super::deliveries;
use crate::api::report::{ReportView, read_report};
use crate::api::session::ViewAs;
use crate::app::components::chart::ChartCard;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::lamp::HealthLamp;
use crate::app::components::rule::RuleCode;
use crate::app::components::states::{Empty, Loading};
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::tile::Tile;
use crate::app::components::time::Ago;
use crate::app::link::{self, Link};
use crate::domain::account::{Right, Viewer};
use crate::domain::contract::rule;
use crate::domain::delivery::Delivery;
use crate::domain::format::{self, count, counted};
use crate::domain::report::CodeCount;
use crate::domain::score::Score;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// Rules shown of those that failed in the time.
const REASONS: usize = 10;

/// The page.
#[component]
pub fn ReportPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asks = Memo::new(move |_| {
        let id = params.with(|p| p.get("partner").unwrap_or_default());
        (id, query.with(|q| q.get("month").unwrap_or_default()))
    });
    let viewer = use_viewer();
    let report = Resource::new(move || asks.get(), |(id, month)| read_report(id, month));
    view! {
        <Transition fallback=Loading>
            {move || {
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(viewer, report.await, Section::Report, content)
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(viewer: &Viewer, report: ReportView) -> AnyView {
    let ReportView {
        id,
        name,
        as_of,
        health,
        month,
        time,
        months,
        shown,
        now,
        compared,
        score,
        attention,
        active,
        fixed,
        reasons,
        arrivals,
        unread,
        deliveries,
        files,
        charts,
    } = report;
    let compares = viewer.may(Right::ViewAllPartners);
    let crumbs = compares.then(|| {
        view! {
            <p class="crumbs">
                <a href="/">"Overview"</a>
                " / "
                <a href=link::partner(&id).href()>{name.clone()}</a>
            </p>
        }
    });
    let partner = id.to_string();
    let as_partner = viewer.may(Right::ViewAsPartner).then(|| {
        view! {
            <form method="post" action=ViewAs::url()>
                <input type="hidden" name="partner" value=partner/>
                <button>"View as partner"</button>
            </form>
        }
    });
    let rate = now.counts.rejection_rate();
    let sentence = sentence(&time, &now.counts, compared.before.counts.rejection_rate());
    let all = Link::to("/deliveries")
        .with("partner", id.as_str())
        .with("range", &shown.fixed);
    let page = link::partner(&id).with("range", &shown.fixed);
    let downloads = downloads(id.as_str(), &shown.fixed);
    let on_time = calendar::on_time(&arrivals);
    let refused = now.refused;
    view! {
        <Title text=format!("Report of {name} {time}")/>
        {crumbs}
        <Head title=format!("Report of {name}") as_of>
            <HealthLamp health full=true/>
            {as_partner}
        </Head>
        {choice(&link::report(&id), &month, months)}
        <p class="lead">{sentence}</p>
        <div class="tiles">
            <Tile
                label="Quality score"
                figure=score.map_or_else(|| "–".to_owned(), |score| score.value.to_string())
                note="of 100; how, stands below"
                href="#score"
            />
            <Tile label="Received" figure=count(now.counts.received) note="records" href=page.href()/>
            <Tile
                label="Rejected"
                figure=format::percent(rate)
                note=counted(now.counts.quarantined, "record", "records")
            />
            <Tile
                label="Files"
                figure=count(files)
                note=format!("{} could not be read", count(refused))
                href=all.href()
            />
            <Tile label="Days on time" figure=format::percent(on_time) note="of those on which a file was due"/>
        </div>
        {attention::section(&id, attention, active, fixed, as_of)}
        {failed(&reasons, now.counts.received, &time)}
        {calendar::section(arrivals)}
        {unreadable(unread, as_of)}
        {listed(deliveries, files, &time, &all, as_of)}
        <div class="charts">
            <ChartCard chart=charts.volume link=page.clone()/>
            <ChartCard chart=charts.rejection link=page.clone()/>
            <ChartCard chart=charts.latency link=page/>
        </div>
        {scored(score)}
        {downloads}
    }
    .into_any()
}

/// The files of the time.
fn listed(deliveries: Vec<Delivery>, files: u64, time: &str, all: &Link, as_of: DateTime<Utc>) -> AnyView {
    view! {
        <section class="block">
            <h2>{format!("Files {time}")}</h2>
            {if deliveries.is_empty() {
                view! {
                    <Empty title="No file came in this time">
                        <p>"Choose another month, or look at when files were due above."</p>
                    </Empty>
                }
                    .into_any()
            } else {
                deliveries::table(deliveries, &[], &[], as_of)
            }}
            <p class="after">
                <a href=all.href()>{format!("All {}", counted(files, "file", "files"))}</a>
            </p>
        </section>
    }
    .into_any()
}

/// The first sentence: how much passed, and whether that is better than before.
fn sentence(time: &str, counts: &crate::domain::report::Counts, before: Option<f64>) -> String {
    if counts.received == 0 {
        return format!("Nothing was received {time}.");
    }
    let passed = counts.accepted + counts.unchanged;
    let rate = counts.rejection_rate();
    let beside = match (rate, before) {
        (Some(now), Some(before)) if (now - before).abs() >= 0.0005 => format!(
            ", {} from {} in the time before",
            if now > before { "up" } else { "down" },
            format::percent(Some(before))
        ),
        _ => String::new(),
    };
    format!(
        "{} of {} passed {time}, {} rejected{beside}.",
        count(passed),
        counted(counts.received, "record", "records"),
        format::percent(rate),
    )
}

/// The months to choose from.
fn choice(link: &Link, month: &str, months: Vec<(String, String)>) -> AnyView {
    let current = |here: bool| here.then_some("page");
    let months: Vec<_> = months
        .into_iter()
        .map(|(word, words)| {
            let href = link.clone().with("month", &word).href();
            view! {
                <li>
                    <a href=href aria-current=current(word == month)>
                        {words}
                    </a>
                </li>
            }
        })
        .collect();
    view! {
        <nav class="tabs months" aria-label="Time of the report">
            <ul>
                <li>
                    <a href=link.href() aria-current=current(month.is_empty())>
                        "Last 30 days"
                    </a>
                </li>
                {months}
            </ul>
        </nav>
    }
    .into_any()
}

/// What failed in the time, by rule.
fn failed(reasons: &[CodeCount], received: u64, time: &str) -> AnyView {
    if reasons.is_empty() {
        return ().into_any();
    }
    let columns = vec![
        text("What failed"),
        figures("Records"),
        figures("Share"),
        text("What to do"),
    ];
    let rows: Vec<_> = reasons
        .iter()
        .take(REASONS)
        .map(|reason| {
            let known = rule(&reason.code);
            #[expect(clippy::cast_precision_loss, reason = "a share of counts far below 2^52")]
            let share = (received > 0).then(|| reason.records as f64 / received as f64);
            view! {
                <tr>
                    <th scope="row" class="wrap">
                        {known.map(|rule| rule.title)} " " <RuleCode code=reason.code.clone().into_owned()/>
                    </th>
                    {figure(count(reason.records))}
                    {figure(format::percent(share))}
                    <td class="wrap">{known.map(|rule| rule.fix)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="block">
            <h2>{format!("What failed {time}")}</h2>
            <Table caption="What failed" columns rows/>
        </section>
    }
    .into_any()
}

/// Files that could not be read: a trouble of another kind than records that fail.
fn unreadable(unread: Vec<Delivery>, as_of: DateTime<Utc>) -> AnyView {
    if unread.is_empty() {
        return ().into_any();
    }
    let columns = vec![figures("Received"), text("File"), text("Why"), text("Rule")];
    let rows: Vec<_> = unread
        .into_iter()
        .map(|file| {
            view! {
                <tr>
                    <th scope="row" class="num">
                        <a href=link::delivery(&file.id).href()>
                            <Ago at=file.received_at as_of/>
                        </a>
                    </th>
                    <td class="wrap">{file.file.name}</td>
                    <td class="wrap">{file.file.message}</td>
                    <td>{file.file.code.map(|code| view! { <RuleCode code=code.into_owned()/> })}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="block">
            <h2>"Files that could not be read"</h2>
            <p class="hint">
                "Nothing of these took effect, and none of their records was looked at; the catalogue kept what it had."
            </p>
            <Table caption="Files that could not be read" columns rows/>
        </section>
    }
    .into_any()
}

/// How the score is made up.
fn scored(score: Option<Score>) -> AnyView {
    let Some(score) = score else {
        return ().into_any();
    };
    let parts = [
        ("Records without a word", score.clean),
        ("Records with a warning", score.warned),
        ("Records rejected", score.held),
        ("Files sent", score.files),
        ("Files that could not be read", score.unread),
    ];
    let rows: Vec<_> = parts
        .into_iter()
        .map(|(name, value)| {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd>{count(value)}</dd>
                </div>
            }
        })
        .collect();
    view! {
        <section class="facts card" id="score" aria-labelledby="scored">
            <h2 id="scored">{format!("How the score of {} is made up", score.value)}</h2>
            <dl>{rows}</dl>
            <p class="muted">{format!("{}, rounded down.", Score::FORMULA)}</p>
        </section>
    }
    .into_any()
}

fn downloads(partner: &str, range: &str) -> AnyView {
    let file = |name: &str| {
        Link::to(format!("/export/{name}.csv"))
            .with("partner", partner)
            .with("range", range)
            .href()
    };
    view! {
        <p class="after">
            "As CSV: " <a href=file("issues") download="">"issues"</a> " · "
            <a href=file("failures") download="">"every failure of records that wait"</a> " · "
            <a href=file("reasons") download="">"what failed in this time"</a> " · "
            <a href=file("deliveries") download="">"files"</a>
        </p>
    }
    .into_any()
}
