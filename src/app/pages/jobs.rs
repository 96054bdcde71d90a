//! Lists what the worker does: what waits, what runs, what was done, and what was set aside
//! because it failed too often.

use crate::api::bulk::BulkRow;
use crate::api::job::{JobList, JobRow, RetryJob, list_jobs};
use crate::app::components::badge::JobBadge;
use crate::app::components::filter::FilterForm;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::pager::Pager;
use crate::app::components::select::Select;
use crate::app::components::states::{Empty, Loading, Notice, Refused, Tone};
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::time::{Ago, Instant};
use crate::app::link::{self, Link};
use crate::domain::format::{count, counted};
use crate::domain::job::State;
use chrono::{DateTime, Utc};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

type Retry = ServerAction<RetryJob>;

/// The page.
#[component]
pub fn JobsPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|q| {
            (
                Link::carry("/jobs", q, &["state"]),
                q.get("after").unwrap_or_default(),
            )
        })
    });
    let retry = Retry::new();
    let viewer = use_viewer();
    let list = Resource::new(
        move || asked.get(),
        |(link, after)| list_jobs(link.get("state"), after),
    );
    view! {
        <Title text="Jobs"/>
        <Transition fallback=Loading>
            {move || {
                let (link, after) = asked.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        list.await,
                        Section::Jobs,
                        |_, list| content(list, link, after.is_empty(), retry),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(list: JobList, link: Link, first: bool, retry: Retry) -> AnyView {
    let JobList {
        as_of,
        state,
        page,
        aside,
        bulks,
    } = list;
    let shown = page.rows.len();
    let waiting = Link::to("/jobs").with("state", State::Aside.word()).href();
    let body = if shown == 0 {
        empty(state)
    } else {
        view! {
            {table(page.rows, as_of, retry)}
            <Pager link=link.clone() nouns=("job", "jobs") shown total=page.total next=page.next first/>
        }
        .into_any()
    };
    view! {
        <Head title="Jobs" as_of/>
        {(aside > 0)
            .then(|| {
                let sentence = format!(
                    "{} failed too often and {} set aside. The last error stands beside each; when its cause is gone, have it tried again.",
                    counted(aside, "job", "jobs"),
                    if aside == 1 { "was" } else { "were" },
                );
                view! {
                    <Notice tone=Tone::Watch>
                        <p>{sentence}</p>
                        <a class="button" href=waiting>"See what was set aside"</a>
                    </Notice>
                }
            })}
        <Refused said=move || retry.value().get().and_then(Result::err)/>
        {on_sets(bulks, as_of)}
        <Filters link/>
        {body}
    }
    .into_any()
}

#[component]
fn Filters(link: Link) -> impl IntoView {
    let states = State::ALL
        .map(|s| (s.word().to_owned(), s.label().to_owned()))
        .to_vec();
    let chosen = link.get("state");
    let narrowed = !chosen.is_empty();
    view! {
        <FilterForm action="/jobs".to_owned()>
            <div class="filters" role="search">
                <Select label="State" name="state" none="Any" options=states chosen/>
                <button>"Filter"</button>
                {narrowed.then(|| view! { <a href="/jobs">"Clear"</a> })}
            </div>
        </FilterForm>
    }
    .into_any()
}

fn empty(state: Option<State>) -> AnyView {
    match state {
        Some(state) => view! {
            <Empty title=format!("No job is {}", state.label())>
                <p>
                    <a href="/jobs">"Show all jobs"</a>
                </p>
            </Empty>
        }
        .into_any(),
        None => view! {
            <Empty title="There are no jobs">
                <p>"What takes time is done by the worker: replays of held records, and files that were sent. Each is a line here."</p>
            </Empty>
        }
        .into_any(),
    }
}

/// The jobs on sets of held records, each a link to its page.
fn on_sets(bulks: Vec<BulkRow>, as_of: DateTime<Utc>) -> AnyView {
    if bulks.is_empty() {
        return ().into_any();
    }
    let columns = vec![text("What"), text("Feed"), text("State"), text("Asked for")];
    let rows: Vec<_> = bulks
        .into_iter()
        .map(|bulk| {
            let what = format!(
                "{} {}",
                bulk.action.verb(),
                counted(bulk.frozen, "record", "records")
            );
            let state = bulk.state.word();
            view! {
                <tr>
                    <th scope="row">
                        <a href=link::job(&bulk.id).href()>{what}</a>
                    </th>
                    <td class="nowrap">
                        <a href=link::feed(&bulk.feed).href()>{bulk.feed.to_string()}</a>
                    </td>
                    <td>
                        <span class=format!("badge {state}")>{state}</span>
                    </td>
                    <td>
                        <span class="named">
                            <Ago at=bulk.asked_at as_of/>
                            <span class="sub">{bulk.asked_by}</span>
                        </span>
                    </td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <section aria-labelledby="sets">
            <h2 id="sets">"On sets of held records"</h2>
            <Table caption="Jobs on sets of held records" columns rows/>
        </section>
        <h2>"One by one"</h2>
    }
    .into_any()
}

fn table(rows: Vec<JobRow>, as_of: DateTime<Utc>, retry: Retry) -> AnyView {
    let columns = vec![
        text("Asked for"),
        text("What"),
        text("Feed"),
        text("State"),
        figures("Attempts"),
        text("Last error"),
    ];
    let rows: Vec<_> = rows.into_iter().map(|job| row(job, as_of, retry)).collect();
    view! {
        <div class="deeds">
            <Table caption="Jobs" columns rows/>
        </div>
    }
    .into_any()
}

fn row(job: JobRow, as_of: DateTime<Utc>, retry: Retry) -> AnyView {
    let what = format!("{}: {}", job.kind.word(), job.about);
    let what = match job.delivery {
        Some(delivery) => view! { <a href=link::delivery(&delivery).href()>{what}</a> }.into_any(),
        None => what.into_any(),
    };
    let again = (job.state == State::Aside).then(|| {
        let id = job.id.to_string();
        view! {
            <ActionForm action=retry>
                <input type="hidden" name="id" value=id/>
                <button>"Try again"</button>
            </ActionForm>
        }
    });
    let next = job.next_at.map(|at| {
        view! {
            <span class="sub">
                "again " <Instant at/>
            </span>
        }
    });
    view! {
        <tr>
            <th scope="row">
                <span class="named">
                    <Ago at=job.asked_at as_of/>
                    <span class="sub">{job.asked_by}</span>
                </span>
            </th>
            <td class="nowrap">{what}</td>
            <td class="nowrap">
                <a href=link::feed(&job.feed).href()>{job.feed.to_string()}</a>
            </td>
            <td class="nowrap">
                <span class="named">
                    <JobBadge state=job.state/>
                    {next}
                </span>
            </td>
            {figure(count(u64::from(job.attempts)))}
            <td class="wrap">
                {job.error.map(|error| view! { <p>{error}</p> })}
                {again}
            </td>
        </tr>
    }
    .into_any()
}
