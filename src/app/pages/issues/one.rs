//! Shows one issue: what is wrong, since when, how to mend it, examples, its deliveries; and, for
//! those who may, what people make of it.

use super::rows::{regressed, waiting};
use super::talk;
use super::triage::{Triage, form};
use crate::api::issue::{IssueDelivery, IssueView, read_issue};
use crate::api::quarantine::Event;
use crate::app::components::badge::{IssueBadge, SeverityBadge, StandingBadge};
use crate::app::components::days::DayBars;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::rule::RuleCode;
use crate::app::components::states::{Loading, Notice, Tone};
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::time::Ago;
use crate::app::link;
use crate::domain::contract::rule;
use crate::domain::format::{self, count};
use crate::domain::issue::{Example, Issue};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;

/// Days of the chart.
const DAYS: u64 = 30;

/// The page.
#[component]
pub fn IssuePage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        (
            params.with(|p| p.get("issue").unwrap_or_default()),
            query.with(|q| q.get("saved").unwrap_or_default()),
            query.with(|q| q.get("said").unwrap_or_default()),
        )
    });
    // A refusal brings what was typed back in the address.
    let typed = move || query.with(ParamsMap::clone);
    let triage = Triage::new();
    let talks = talk::Talks::new();
    let viewer = use_viewer();
    let view = Resource::new(move || asked.get(), |(id, ..)| read_issue(id));
    view! {
        <Transition fallback=Loading>
            {move || {
                let (_, saved, _) = asked.get();
                let typed = typed();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(viewer, view.await, Section::Issues, |_, view| content(view, &saved, &typed, triage, talks))
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(view: IssueView, saved: &str, typed: &ParamsMap, triage: Triage, talks: talk::Talks) -> AnyView {
    let text = typed.get_str("text").unwrap_or_default().to_owned();
    let IssueView {
        issue,
        partner_name,
        as_of,
        examples,
        deliveries,
        history,
        conversation,
        may_converse,
        recheck_asked,
        people,
        may_triage,
    } = view;
    let title = issue.title().to_owned();
    let done = (saved == issue.triage.version.to_string()).then(|| {
        view! {
            <Notice tone=Tone::Good>
                <p>"Saved."</p>
            </Notice>
        }
    });
    let desk = may_triage.then(|| {
        view! {
            <aside class="story">
                {form(&issue, people, typed, triage)}
                <section class="facts card" aria-labelledby="history">
                    <h2 id="history">"What happened"</h2>
                    {timeline(history, as_of)}
                </section>
            </aside>
        }
    });
    let layout = if may_triage { "columns issue" } else { "issue" };
    view! {
        <Title text=format!("{title} · {partner_name}")/>
        <p class="crumbs">
            <a href="/issues">"Issues"</a>
            <span aria-hidden="true">"/"</span>
            <a href=link::partner(&issue.partner).href()>{partner_name}</a>
        </p>
        <Head title as_of live=true>
            <p class="marks">
                <SeverityBadge severity=issue.severity/>
                <IssueBadge state=issue.triage.state/>
                {issue.triage.regressed.then(regressed)}
                <StandingBadge standing=issue.standing/>
            </p>
        </Head>
        {done}
        <div class=layout>
            <div>
                {facts(&issue, as_of)}
                <DayBars values=issue.daily(as_of.date_naive(), DAYS) until=as_of.date_naive()/>
                <section class="block">
                    <h2>"Examples"</h2>
                    {samples(examples, &issue)}
                </section>
                <section class="block">
                    <h2>"Last deliveries that had it"</h2>
                    {story(deliveries, as_of)}
                </section>
                {talk::section(&issue.id, conversation, may_converse, may_triage, text, talks, as_of)}
                {talk::recheck(&issue, recheck_asked, may_converse && !may_triage, talks)}
            </div>
            {desk}
        </div>
    }
    .into_any()
}

fn facts(issue: &Issue, as_of: DateTime<Utc>) -> AnyView {
    let book = rule(&issue.code).map(|rule| {
        view! {
            <p class="lead">{rule.meaning}</p>
            <p>
                <strong>"How to mend it: "</strong>
                {rule.fix}
                " "
                <a href=link::rule(rule.code).href()>"More about this rule"</a>
            </p>
        }
    });
    let last = issue.last.as_ref();
    let affected = last.filter(|_| issue.standing.is_there()).map_or_else(
        || "none in the newest delivery".to_owned(),
        |last| {
            let share = format::percent(last.share());
            format!("{}, {share} of the feed", count(last.records))
        },
    );
    view! {
        {book}
        <dl class="pairs">
            <div>
                <dt>"Rule"</dt>
                <dd>
                    <RuleCode code=issue.code.clone()/>
                </dd>
            </div>
            <div>
                <dt>"Attribute"</dt>
                <dd>{issue.attribute.clone().unwrap_or_else(|| "the record as a whole".to_owned())}</dd>
            </div>
            <div>
                <dt>"Feed"</dt>
                <dd>
                    <a href=link::feed(&issue.feed).href()>{issue.feed.to_string()}</a>
                </dd>
            </div>
            <div>
                <dt>"Who must act"</dt>
                <dd>{issue.actor()}</dd>
            </div>
            <div>
                <dt>"Affected items"</dt>
                <dd>{affected}</dd>
            </div>
            <div>
                <dt>"Waiting in quarantine"</dt>
                <dd>{waiting(issue)}</dd>
            </div>
            <div>
                <dt>"Over all deliveries"</dt>
                <dd>
                    {format!(
                        "{} of {} in {}",
                        format::counted(issue.occurrences, "failure", "failures"),
                        format::counted(issue.records, "record", "records"),
                        format::counted(issue.deliveries, "delivery", "deliveries"),
                    )}
                </dd>
            </div>
            <div>
                <dt>"First seen"</dt>
                <dd>
                    <Ago at=issue.first_seen as_of/>
                </dd>
            </div>
            <div>
                <dt>"Last seen"</dt>
                <dd>
                    <Ago at=issue.last_seen as_of/>
                </dd>
            </div>
        </dl>
    }
    .into_any()
}

fn samples(examples: Vec<Example>, issue: &Issue) -> AnyView {
    if examples.is_empty() {
        return view! {
            <p class="muted">
                "None are kept: these deliveries were logged by another system, which has their records."
            </p>
        }
        .into_any();
    }
    let columns = vec![
        text("Product"),
        text("Value"),
        text("What is wrong"),
        text("Where"),
    ];
    let rows: Vec<_> = examples.into_iter().map(|e| sample(e, &issue.code)).collect();
    let all = (issue.open > 0).then(|| {
        view! {
            <p class="after">
                <a href=link::held_for(issue).href()>
                    {format!("All {} that wait", format::counted(issue.open, "record", "records"))}
                </a>
            </p>
        }
    });
    view! {
        <p class="muted before">"Up to three of each shape of value, the newest first."</p>
        <Table caption="Examples" columns rows/>
        {all}
    }
    .into_any()
}

fn sample(example: Example, code: &str) -> AnyView {
    let id = if example.item.is_empty() {
        "no id".to_owned()
    } else {
        example.item
    };
    let product = match example.record {
        Some(record) => view! { <a href=link::record(&record).with("code", code).href()>{id}</a> }.into_any(),
        None => id.into_any(),
    };
    let value = if example.value.is_empty() {
        view! { <span class="muted">"empty"</span> }.into_any()
    } else {
        view! { <code title=format!("Shape {}", example.shape)>{example.value}</code> }.into_any()
    };
    view! {
        <tr>
            <th scope="row">
                <span class="named">{product}</span>
            </th>
            <td class="wrap">{value}</td>
            <td class="wrap">{example.message}</td>
            <td class="wrap">
                <a href=link::delivery(&example.delivery).href()>{example.place}</a>
            </td>
        </tr>
    }
    .into_any()
}

fn story(deliveries: Vec<IssueDelivery>, as_of: DateTime<Utc>) -> AnyView {
    let columns = vec![
        text("File"),
        figures("Records"),
        figures("Of"),
        figures("Received"),
    ];
    let rows: Vec<_> = deliveries
        .into_iter()
        .map(|delivery| {
            view! {
                <tr>
                    <th scope="row">
                        <span class="named file">
                            <a href=link::delivery(&delivery.id).href()>{delivery.name}</a>
                        </span>
                    </th>
                    {figure(count(delivery.records))}
                    {figure(count(delivery.received))}
                    <td class="num">
                        <Ago at=delivery.at as_of/>
                    </td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! { <Table caption="Deliveries" columns rows/> }.into_any()
}

fn timeline(history: Vec<Event>, as_of: DateTime<Utc>) -> AnyView {
    if history.is_empty() {
        return view! { <p class="muted">"Nobody has said anything of it yet."</p> }.into_any();
    }
    let events: Vec<_> = history
        .into_iter()
        .rev()
        .map(|event| {
            view! {
                <li>
                    <p>
                        <strong>{event.by}</strong>
                        " "
                        {event.what}
                    </p>
                    <p class="muted small">
                        <Ago at=event.at as_of/>
                    </p>
                </li>
            }
        })
        .collect();
    view! { <ol class="timeline">{events}</ol> }.into_any()
}
