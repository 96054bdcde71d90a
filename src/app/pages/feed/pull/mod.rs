//! Shows how fetching the feed's file by schedule stands, and lets staff have it fetched
//! now, otherwise, or no more. The form is in [`set`].

mod set;

use super::Doing;
use crate::app::components::states::{Notice, Tone};
use crate::app::components::time::{Ago, Instant};
use crate::domain::format::{self, count, counted};
use crate::domain::ids::FeedId;
use crate::domain::pull::{FAILURES, Shown};
use chrono::{DateTime, TimeDelta, Utc};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// The section: how it stands, and for those who are handed what they do, with what was typed
/// before it was refused, the ways to change it. Nothing for others where nothing is fetched.
pub(super) fn section(
    id: &FeedId,
    pull: Option<Shown>,
    as_of: DateTime<Utc>,
    file_max: u64,
    doing: Option<(Doing, &ParamsMap)>,
) -> Option<AnyView> {
    if pull.is_none() && doing.is_none() {
        return None;
    }
    let form = doing.map(|(doing, typed)| set::form(id, pull.as_ref(), file_max, typed, doing));
    let stands = match pull {
        None => view! {
            <p class="muted">
                "Nothing is fetched for this feed: its files are sent. With an address, a worker asks for the file by itself."
            </p>
        }
        .into_any(),
        Some(pull) => view! {
            {pausing(&pull)}
            {rows(&pull, as_of)}
            {doing.map(|(doing, _)| buttons(id, &pull, doing))}
        }
        .into_any(),
    };
    let section = view! {
        <section class="facts card" id="pull" aria-labelledby="pull-head">
            <h2 id="pull-head">"Fetched by schedule"</h2>
            {stands}
            {form}
        </section>
    };
    Some(section.into_any())
}

/// Why it rests, if it does.
fn pausing(pull: &Shown) -> Option<AnyView> {
    let sentence = match &pull.paused_by {
        _ if !pull.paused => return None,
        Some(name) => format!("Paused by {name}. Nothing is fetched until somebody resumes it."),
        None if pull.failures >= FAILURES => format!(
            "Paused after {} in a row. The reason is below; when it is gone, have the file fetched again.",
            counted(u64::from(pull.failures), "failure", "failures"),
        ),
        None => "Paused by hand. Nothing is fetched until somebody resumes it.".to_owned(),
    };
    let tone = if pull.failures > 0 { Tone::Bad } else { Tone::Watch };
    let notice = view! {
        <Notice tone=tone>
            <p>{sentence}</p>
        </Notice>
    };
    Some(notice.into_any())
}

fn buttons(id: &FeedId, pull: &Shown, doing: Doing) -> AnyView {
    let (feed, same) = (id.to_string(), id.to_string());
    let words = if pull.paused {
        "Resume and fetch it now"
    } else {
        "Fetch it now"
    };
    let stop = (!pull.paused).then(|| {
        view! {
            <ActionForm action=doing.pause>
                <input type="hidden" name="feed" value=same/>
                <button>"Pause fetching"</button>
            </ActionForm>
        }
    });
    view! {
        <div class="actions">
            <ActionForm action=doing.resume>
                <input type="hidden" name="feed" value=feed/>
                <button>{words}</button>
            </ActionForm>
            {stop}
        </div>
    }
    .into_any()
}

fn rows(pull: &Shown, as_of: DateTime<Utc>) -> AnyView {
    let every = format::span(TimeDelta::minutes(i64::from(pull.every_minutes)));
    let limits = [(pull.limits.seconds, "s"), (pull.limits.megabytes, "MB")];
    let limits: Vec<_> = limits
        .into_iter()
        .filter_map(|(limit, unit)| Some(format!("{} {unit}", count(limit?.into()))))
        .collect();
    let limits = if limits.is_empty() {
        "as every fetch".to_owned()
    } else {
        limits.join(", ")
    };
    let failing = pull.failures > 0;
    let last = match pull.last.clone() {
        None => view! { "not fetched yet" }.into_any(),
        Some((at, said)) => view! {
            <Ago at as_of/>
            ": "
            {said}
        }
        .into_any(),
    };
    let next = if pull.paused {
        view! { "paused" }.into_any()
    } else {
        view! { <Instant at=pull.due_at/> }.into_any()
    };
    let known = match (pull.etag.clone(), pull.last_modified.clone()) {
        (None, None) => {
            view! { "neither ETag nor Last-Modified came, so it is fetched whole each time" }.into_any()
        }
        (etag, at) => view! {
            {etag.map(|tag| view! { "ETag " <code>{tag}</code> " " })}
            {at.map(|at| view! { "Last-Modified " <code>{at}</code> })}
        }
        .into_any(),
    };
    let row = |name: &'static str, value: AnyView| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
        .into_any()
    };
    let fetched = pull.status.is_some();
    view! {
        <dl>
            {row("From", view! { <code>{pull.url.clone()}</code> }.into_any())}
            {row("Every", every.into_any())} {row("At most", limits.into_any())}
            {row(if failing { "Failed last" } else { "Last" }, last)}
            {pull.status.map(|status| row("Answer", format!("HTTP {status}").into_any()))}
            {fetched.then(|| row("Version", known))}
            {failing.then(|| row("Failures", format!("{} in a row, of {FAILURES} that pause it", pull.failures).into_any()))}
            {row("Next", next)}
        </dl>
    }
    .into_any()
}
