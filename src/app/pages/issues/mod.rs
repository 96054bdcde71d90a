//! Shows the issues board: what is wrong, in a line each, the worst first; or grouped by what the
//! lines have in common.
//!
//! This file owns the page and what it asks; [`filters`] narrows it, [`mod@assign`] gives its lines to somebody, [`rows`] draws its lines and
//! groups, [`one`] is the page of a single issue, and [`triage`] the form on it.

mod assign;
mod filters;
pub mod one;
mod rows;
mod talk;
mod triage;

use crate::api::issue::{AssignIssues, IssueBoard, list_issues};
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::pager::Pager;
use crate::app::components::states::{Empty, Loading};
use crate::app::link::Link;
use crate::domain::format;
use crate::domain::query::{IssueAsk, IssueGroup};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

/// What narrows and orders the board.
const KEPT: [&str; 14] = [
    "partner",
    "feed",
    "code",
    "attribute",
    "severity",
    "who",
    "state",
    "since",
    "assignee",
    "delivery",
    "shape",
    "q",
    "sort",
    "group",
];

/// The page.
#[component]
pub fn IssuesPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|q| (Link::carry("/issues", q, &KEPT), ask(q))));
    let viewer = use_viewer();
    let giving = assign::Giving {
        assign: ServerAction::<AssignIssues>::new(),
        given: Memo::new(move |_| query.with(|q| q.get("assigned")?.parse().ok())),
    };
    let board = Resource::new(move || asked.get(), |(_, ask)| list_issues(ask));
    view! {
        <Title text="Issues"/>
        <Transition fallback=Loading>
            {move || {
                let (link, ask) = asked.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        board.await,
                        Section::Issues,
                        |_, board| content(board, &link, &ask, giving),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

fn ask(q: &ParamsMap) -> IssueAsk {
    let get = |name: &str| q.get(name).unwrap_or_default();
    IssueAsk {
        partner: get("partner"),
        feed: get("feed"),
        code: get("code"),
        attribute: get("attribute"),
        severity: get("severity"),
        who: get("who"),
        state: get("state"),
        since: get("since"),
        assignee: get("assignee"),
        delivery: get("delivery"),
        shape: get("shape"),
        q: get("q"),
        sort: get("sort"),
        group: get("group"),
        after: get("after"),
    }
}

fn content(board: IssueBoard, link: &Link, ask: &IssueAsk, giving: assign::Giving) -> AnyView {
    let IssueBoard {
        as_of,
        page,
        levels,
        groups,
        partners,
        people,
        may_triage,
    } = board;
    let sentence = format::counted(page.total, "issue", "issues");
    let body = match (IssueGroup::parse(&ask.group), groups) {
        _ if page.total == 0 => empty(link),
        (Some(by), Some(groups)) => rows::groups(by, groups, link, &partners),
        _ => {
            let shown = page.rows.len();
            view! {
                {may_triage.then(|| assign::form(link, people, giving))}
                {rows::table(page.rows, &partners, as_of, link, may_triage)}
                <Pager
                    link=link.clone()
                    nouns=("issue", "issues")
                    shown
                    total=page.total
                    next=page.next
                    first=ask.after.is_empty()
                />
            }
            .into_any()
        }
    };
    view! {
        <Head title="Issues" as_of live=true>
            <p class="muted">{sentence}</p>
        </Head>
        {filters::form(link, partners, may_triage)}
        {filters::levels(link, levels)}
        {filters::chips(link)}
        {assign::told(giving)}
        {body}
    }
    .into_any()
}

fn empty(link: &Link) -> AnyView {
    if link.hidden(&["sort", "group"]).is_empty() {
        view! {
            <Empty title="No issue is open">
                <p>
                    "When records of a feed break a rule, they become one issue here: per feed, rule and attribute, however many they are. "
                    <a href="/issues?state=any">"Show those that were dealt with"</a>
                </p>
            </Empty>
        }
        .into_any()
    } else {
        let any = link.clone().with("state", "any");
        let wider = (any != *link).then(|| any.href());
        view! {
            <Empty title="No issue matches">
                <p>
                    "Nothing on the board fits these filters. "
                    {wider.map(|href| view! { <a href=href>"Look in every state"</a> " or " })}
                    <a href="/issues">"show all that are open"</a> "."
                </p>
            </Empty>
        }
        .into_any()
    }
}
