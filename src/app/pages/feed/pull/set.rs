//! The form in which staff say where the feed's file is fetched from, how often, and what that may
//! take.

use super::super::Doing;
use crate::api::pull::SetPull;
use crate::app::components::states::Refused;
use crate::domain::format::bytes;
use crate::domain::ids::FeedId;
use crate::domain::pull::{EVERY_MAX, EVERY_MIN, MEGABYTES_MAX, SECONDS_MAX, Shown};
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

type Set = ServerAction<SetPull>;

/// What is said beside its field.
const FIELDS: [&str; 4] = ["url", "every_minutes", "seconds", "megabytes"];

/// The form, folded away until it is wanted or was refused.
pub(super) fn form(
    id: &FeedId,
    pull: Option<&Shown>,
    file_max: u64,
    typed: &ParamsMap,
    doing: Doing,
) -> AnyView {
    let set = doing.set;
    let (feed, same) = (id.to_string(), id.to_string());
    let value = |name: &str, now: Option<String>| typed.get(name).or(now).unwrap_or_default();
    let url = value(
        "url",
        pull.filter(|pull| pull.is_whole).map(|pull| pull.url.clone()),
    );
    let every = value(
        "every_minutes",
        Some(pull.map_or(60, |pull| pull.every_minutes).to_string()),
    );
    let own = |limit: fn(&Shown) -> Option<u32>| pull.and_then(limit).map(|limit| limit.to_string());
    let seconds = value("seconds", own(|pull| pull.limits.seconds));
    let megabytes = value("megabytes", own(|pull| pull.limits.megabytes));
    let is_hidden = pull.is_some_and(|pull| !pull.is_whole);
    let is_set = pull.is_some();
    let failed = move || match set.value().get() {
        Some(Err(AppError::Invalid { field, .. })) if FIELDS.contains(&&*field) => None,
        Some(Err(error)) => Some(error.to_string()),
        _ => None,
    };
    let address = if is_hidden {
        "Address of the file (it holds a key that is not shown; empty keeps it)"
    } else {
        "Address of the file"
    };
    view! {
        <details class="fetching" open=move || set.value().get().is_some_and(|done| done.is_err())>
            <summary>{if is_set { "Have it fetched otherwise" } else { "Have it fetched" }}</summary>
            <Refused said=failed/>
            <ActionForm action=set>
                <input type="hidden" name="feed" value=feed/>
                <label class="field wide">
                    <span>{address}</span>
                    <input
                        name="wish[url]"
                        required=!is_hidden
                        autocomplete="off"
                        value=url
                        placeholder="https://shop.example.com/feed.xml.gz"
                        aria-invalid=move || wrong(set, "url").map(|_| "true")
                        aria-describedby="url-error"
                    />
                </label>
                <p class="error" id="url-error">
                    {move || wrong(set, "url")}
                </p>
                <div class="numbers">
                    {number(set, "every_minutes", "Every (minutes)", (EVERY_MIN, EVERY_MAX), every, true)}
                    {number(
                        set,
                        "seconds",
                        "Seconds at most (empty: as for all)",
                        (1, SECONDS_MAX),
                        seconds,
                        false,
                    )}
                    {number(
                        set,
                        "megabytes",
                        &format!("MB at most (empty: {})", bytes(file_max)),
                        (1, MEGABYTES_MAX),
                        megabytes,
                        false,
                    )}
                </div>
                <button class="main">{if is_set { "Put it in force" } else { "Have it fetched" }}</button>
            </ActionForm>
            {is_set
                .then(|| {
                    view! {
                        <ActionForm action=doing.stop>
                            <input type="hidden" name="feed" value=same/>
                            <button>"Fetch it no more"</button>
                        </ActionForm>
                    }
                })}
        </details>
    }
    .into_any()
}

fn number(
    set: Set,
    name: &'static str,
    label: &str,
    (least, most): (u32, u32),
    value: String,
    required: bool,
) -> AnyView {
    let told = format!("{name}-error");
    view! {
        <div>
            <label class="field">
                <span>{label.to_owned()}</span>
                <input
                    type="number"
                    name=format!("wish[{name}]")
                    required=required
                    min=least.to_string()
                    max=most.to_string()
                    value=value
                    aria-invalid=move || wrong(set, name).map(|_| "true")
                    aria-describedby=told.clone()
                />
            </label>
            <p class="error" id=told>
                {move || wrong(set, name)}
            </p>
        </div>
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
