//! Shows a job on a frozen set of held records: the plan and what would become of it, how far it
//! has come, and what became of each record.

mod choose;
mod mending;
mod plan;
mod progress;

pub use choose::{Chosen, choose};

use crate::api::bulk::{BulkView, KeepFix, MendBulk, StartBulk, SteerBulk, Stuck, read_bulk};
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::states::{Notice, Refused, Tone};
use crate::app::components::table::{Table, text};
use crate::app::components::time::{Ago, Instant};
use crate::app::islands::Follow;
use crate::app::link;
use crate::domain::bulk::{Move, State};
use crate::domain::format::counted;
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;

type Start = ServerAction<StartBulk>;
type Steer = ServerAction<SteerBulk>;
type Mend = ServerAction<MendBulk>;
type Keep = ServerAction<KeepFix>;

/// What can be done on the page.
#[derive(Clone, Copy)]
struct Actions {
    start: Start,
    steer: Steer,
    mend: Mend,
    keep: Keep,
}

/// The page.
#[component]
pub fn BulkPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|p| p.get("job").unwrap_or_default()));
    let actions = Actions {
        start: Start::new(),
        steer: Steer::new(),
        mend: Mend::new(),
        keep: Keep::new(),
    };
    let viewer = use_viewer();
    let query = use_query_map();
    let read = Resource::new(move || id.get(), read_bulk);
    view! {
        <Title text="Job"/>
        <Transition fallback=crate::app::components::states::Loading>
            {move || {
                // A refusal brings what was typed back in the address.
                let typed = query.with(ParamsMap::clone);
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        read.await,
                        Section::Jobs,
                        |_, view| content(view, actions, &typed),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

/// What it does to how many, as a title.
fn name(view: &BulkView) -> String {
    let records = counted(view.row.frozen, "record", "records");
    format!("{} {records}", view.row.action.verb())
}

fn content(view: BulkView, actions: Actions, typed: &ParamsMap) -> AnyView {
    let Actions {
        start,
        steer,
        mend,
        keep,
    } = actions;
    let as_of = view.as_of;
    let state = view.row.state;
    let rehearsed = view.rehearsal.seen >= view.row.frozen;
    let moves = state.is_working() || (state == State::Planned && !rehearsed && plan::is_rehearsed(&view));
    let why = view.why.clone().map(|why| {
        view! {
            <Notice tone=Tone::Watch>
                <p>{why} " Look at what failed, then go on or cancel."</p>
            </Notice>
        }
    });
    let failed = move || {
        let refused = start.value().get().and_then(Result::err);
        refused
            .or_else(|| mend.value().get().and_then(Result::err))
            .filter(|error| !matches!(error, AppError::Invalid { .. }))
            .or_else(|| steer.value().get().and_then(Result::err))
            .or_else(|| keep.value().get().and_then(Result::err))
    };
    let body = if state == State::Planned {
        plan::view(&view, start, mend, typed)
    } else {
        progress::view(&view)
    };
    let stuck = view.stuck.clone();
    view! {
        <Title text=name(&view)/>
        <Head title=name(&view) as_of>
            <span class=format!("badge {}", state.word())>{state.word()}</span>
        </Head>
        {origin(&view)}
        {keeping(&view, keep)}
        <Refused said=failed/>
        {why}
        {buttons(&view, steer)}
        {body}
        {stuck_table(stuck, &view)}
        {moves.then(|| view! { <Follow/> })}
    }
    .into_any()
}

/// Whose records, who asked and when, and where they can be seen.
fn origin(view: &BulkView) -> AnyView {
    let feed = view.row.feed.clone();
    let list = (!view.list.is_empty()).then(|| {
        let href = view.list.clone();
        view! {
            " from " <a href=href>"this list"</a>
        }
    });
    let selected = view.list.is_empty().then_some(" from a selection");
    let delivery = view.delivery.as_ref().map(|id| {
        view! {
            ". It is in the log as " <a href=link::delivery(id).href()>"a delivery of its own"</a>
        }
    });
    let reason = (!view.reason.is_empty()).then(|| {
        let reason = view.reason.clone();
        view! {
            ": "
            <q>{reason}</q>
        }
    });
    let mended = view
        .mend
        .as_ref()
        .filter(|_| view.row.state != State::Planned)
        .map(|mend| {
            view! {
                <p class="muted">
                    {mend.fix.sentence()} " first, for " {mend.by.clone()} ": " <q>{mend.why.clone()}</q>
                </p>
            }
        });
    view! {
        <p class="muted">
            "Of " <a href=link::feed(&feed).href()>{feed.to_string()}</a> ", frozen by "
            {view.row.asked_by.clone()} " " <Ago at=view.row.asked_at as_of=view.as_of/> {list}
            {selected} {reason} {delivery} "."
        </p>
        {mended}
    }
    .into_any()
}

/// The way to have the files to come fixed as these records are.
fn keeping(view: &BulkView, keep: Keep) -> AnyView {
    if !view.may_keep {
        return ().into_any();
    }
    let id = view.row.id.to_string();
    view! {
        <ActionForm action=keep>
            <input type="hidden" name="id" value=id/>
            <p class="choices">
                <button>"Keep this fix for the files to come"</button>
                <span class="muted">
                    "It is tried on the newest file first, and is in force when you save it in the feed's profile."
                </span>
            </p>
        </ActionForm>
    }
    .into_any()
}

/// What can be done with it now. Only legal moves have a button.
fn buttons(view: &BulkView, steer: Steer) -> AnyView {
    let state = view.row.state;
    let id = view.row.id.to_string();
    let words = [
        (Move::Pause, "pause", "Pause", ""),
        (Move::Resume, "resume", "Go on", "main"),
        (
            Move::Cancel,
            "cancel",
            if state == State::Planned {
                "Drop this plan"
            } else {
                "Cancel the rest"
            },
            "danger",
        ),
    ];
    let buttons: Vec<_> = words
        .into_iter()
        .filter(|(step, ..)| state.allows(*step))
        .map(|(_, value, label, class)| {
            view! {
                <button name="step" value=value class=class>
                    {label}
                </button>
            }
        })
        .collect();
    if buttons.is_empty() {
        return ().into_any();
    }
    view! {
        <ActionForm action=steer>
            <input type="hidden" name="id" value=id/>
            <div class="choices steered">{buttons}</div>
        </ActionForm>
    }
    .into_any()
}

/// The first records that did not go through.
fn stuck_table(stuck: Vec<Stuck>, view: &BulkView) -> AnyView {
    if stuck.is_empty() {
        return ().into_any();
    }
    let columns = vec![
        text("Record"),
        text("What became of it"),
        text("What is wrong with it"),
    ];
    let rows: Vec<_> = stuck
        .into_iter()
        .map(|record| {
            let href = link::record(&record.id).href();
            let name = match record.item.as_str() {
                "" => record.id.to_string(),
                item => item.to_owned(),
            };
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{name}</a>
                    </th>
                    <td>{record.outcome.label()}</td>
                    <td class="wrap">{record.why}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let failure = view.failure.clone();
    view! {
        <section class="stuck" aria-labelledby="stuck">
            <h2 id="stuck">"Records that did not go through"</h2>
            {failure.map(|failure| view! { <p class="muted">"The last failure: " {failure}</p> })}
            <Table caption="Records that did not go through" columns rows/>
            <p class="muted">
                "The first of them. "
                <a href=format!("/export/outcomes.csv?job={}", view.row.id)>
                    "Every record with its outcome, as CSV"
                </a>
            </p>
        </section>
    }
    .into_any()
}

/// When something began or ended, where it has.
fn since(at: Option<chrono::DateTime<chrono::Utc>>) -> AnyView {
    match at {
        Some(at) => view! { <Instant at/> }.into_any(),
        None => "–".into_any(),
    }
}
