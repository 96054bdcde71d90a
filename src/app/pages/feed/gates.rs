//! Shows where the gates of one feed stand, what each limit does, and what the last good files
//! came to beside it; those who may set the limits do so here.

use super::tabs::{Place, tabs};
use super::{crumbs, named};
use crate::api::gates::{GateChange, GatesView, LimitRow, SetGates, read_gates};
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::rule::RuleCode;
use crate::app::components::states::{Loading, Notice, Refused, Tone};
use crate::app::components::table::{Table, figures, text};
use crate::app::components::time::Instant;
use crate::domain::format::{count, counted};
use crate::domain::ids::FeedId;
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;

/// Sets the limits.
type Set = ServerAction<SetGates>;

/// The page.
#[component]
pub fn GatesPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        (
            params.with(named),
            query.with(|q| q.get("saved").unwrap_or_default()),
        )
    });
    // A refusal brings what was typed back in the address.
    let typed = move || query.with(ParamsMap::clone);
    let set = Set::new();
    let viewer = use_viewer();
    let view = Resource::new(move || asked.get(), |(feed, _)| read_gates(feed));
    view! {
        <Transition fallback=Loading>
            {move || {
                let (_, saved) = asked.get();
                let typed = typed();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(viewer, view.await, Section::Partner, |_, view| content(view, &saved, &typed, set))
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(view: GatesView, saved: &str, typed: &ParamsMap, set: Set) -> AnyView {
    let GatesView {
        feed,
        partner_name,
        as_of,
        may_change,
        is_of_changes,
        rows,
        seen,
        history,
    } = view;
    let own = rows.iter().filter(|row| row.value != row.default).count() as u64;
    let sentence = if own == 0 {
        "all limits as they come".to_owned()
    } else {
        format!("{} set otherwise", counted(own, "limit", "limits"))
    };
    let done = (saved == seen).then(|| {
        view! {
            <Notice tone=Tone::Good>
                <p>"The limits are in force: the next file is held against them."</p>
            </Notice>
        }
    });
    let limits = if may_change {
        form(&feed, seen, rows, typed, set)
    } else {
        table(rows, None)
    };
    view! {
        <Title text=format!("Gates of {feed}")/>
        {crumbs(&feed, partner_name, true)}
        <Head title="Gates" as_of>
            <p class="muted">{sentence}</p>
        </Head>
        {tabs(&feed, Place::Gates)}
        {done}
        <p class="lead">
            "Before a file takes effect it is laid beside the last good ones. One that looks like an accident is held: "
            "the catalogue stays as it is until somebody rules on it."
            {is_of_changes
                .then_some(
                    " This feed sends changes, so the gates on missing products, new ids, the median price and fading \
                     attributes are silent, and none but that on failures holds for what is sold out.",
                )}
        </p>
        {limits}
        <section class="block">
            <h2>"Who set them"</h2>
            {changes(history)}
        </section>
    }
    .into_any()
}

/// What is wrong with one field, if anything.
fn wrong(set: Set, name: &str) -> Option<String> {
    match set.value().get() {
        Some(Err(AppError::Invalid { field, message })) if field == name => Some(message),
        _ => None,
    }
}

/// The limits as fields of one form, with what was `typed` in them when it was refused.
fn form(feed: &FeedId, seen: String, rows: Vec<LimitRow>, typed: &ParamsMap, set: Set) -> AnyView {
    let feed = feed.to_string();
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    // What is wrong with a field stands beside it.
    let failed = move || match set.value().get() {
        Some(Err(AppError::Invalid { field, .. })) if names.contains(&field) => {
            Some("The limits stand as they did: one of them will not do, and says why.".to_owned())
        }
        Some(Err(AppError::Invalid { field, .. })) if field == "reason" => None,
        Some(Err(error)) => Some(error.to_string()),
        _ => None,
    };
    let reason = typed.get("reason").unwrap_or_default();
    let limits = table(rows, Some((set, typed)));
    view! {
        <ActionForm action=set>
            <input type="hidden" name="feed" value=feed/>
            <input type="hidden" name="seen" value=seen/>
            <div class="limits">{limits}</div>
            <div class="card limiting">
                <Refused said=failed/>
                <label class="field">
                    <span>"Why (the log keeps it, and the partner can read it)"</span>
                    <input
                        name="reason"
                        required
                        minlength="3"
                        maxlength="500"
                        autocomplete="off"
                        value=reason
                        aria-invalid=move || wrong(set, "reason").map(|_| "true")
                        aria-describedby="reason-error"
                    />
                </label>
                <p class="error" id="reason-error">
                    {move || wrong(set, "reason")}
                </p>
                <button class="main">
                    "Put them in force"
                </button>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// The limits; with a way to set them, as fields.
fn table(rows: Vec<LimitRow>, set: Option<(Set, &ParamsMap)>) -> AnyView {
    let columns = vec![
        text("What it does"),
        text("Limit"),
        figures("Default"),
        text("What came lately"),
        text("Gate"),
    ];
    let rows: Vec<_> = rows.into_iter().map(|row| line(row, set)).collect();
    view! { <Table caption="Limits of the gates" columns rows/> }.into_any()
}

fn line(row: LimitRow, set: Option<(Set, &ParamsMap)>) -> AnyView {
    let LimitRow {
        name,
        code,
        does,
        unit,
        value,
        default,
        least,
        most,
        usual,
    } = row;
    let is_own = value != default;
    let is_field = set.is_some();
    let limit = match set {
        None if is_own => view! { <strong>{format!("{} {unit}", count(value))}</strong> }.into_any(),
        None => format!("{} {unit}", count(value)).into_any(),
        Some((set, typed)) => {
            let value = typed.get(&name).unwrap_or_else(|| value.to_string());
            let fault = Memo::new({
                let name = name.clone();
                move |_| wrong(set, &name)
            });
            let told = format!("{name}-error");
            view! {
                <span class="limit">
                    <input
                        type="number"
                        name=format!("limits[{name}]")
                        required
                        min=least.to_string()
                        max=most.to_string()
                        value=value
                        aria-label=format!("{does} … {unit}")
                        aria-invalid=move || fault.get().map(|_| "true")
                        aria-describedby=told.clone()
                    />
                    <span>{unit}</span>
                </span>
                <p class="error" id=told>
                    {move || fault.get()}
                </p>
            }
            .into_any()
        }
    };
    view! {
        <tr>
            <th scope="row" class="does">
                {does}
                " …"
            </th>
            <td class=if is_field { "limited" } else { "nowrap" }>{limit}</td>
            <td class=if is_own { "num" } else { "num zero" }>{count(default)}</td>
            <td class="wrap">
                {match usual {
                    Some(words) => words.into_any(),
                    None => view! { <span class="muted">"nothing to compare yet"</span> }.into_any(),
                }}
            </td>
            <td>
                {match code {
                    Some(code) => view! { <RuleCode code/> }.into_any(),
                    None => view! { <span class="muted">"all that compare"</span> }.into_any(),
                }}
            </td>
        </tr>
    }
    .into_any()
}

fn changes(history: Vec<GateChange>) -> AnyView {
    if history.is_empty() {
        return view! { <p class="muted">"Nobody has set them yet."</p> }.into_any();
    }
    let columns = vec![text("When"), text("Who"), text("What, and why")];
    let rows: Vec<_> = history
        .into_iter()
        .map(|change| {
            view! {
                <tr>
                    <th scope="row">
                        <Instant at=change.at/>
                    </th>
                    <td>{change.by}</td>
                    <td class="wrap">{change.what}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! { <Table caption="Changes of the limits" columns rows/> }.into_any()
}
