//! Shows whether the pictures of the feed's products are looked at and what was seen, and lets staff switch it.

use crate::api::picture::{PicturesView, SwitchPictures};
use crate::app::components::states::Refused;
use crate::app::components::time::Ago;
use crate::app::link;
use crate::domain::format::{count, counted};
use crate::domain::ids::FeedId;
use chrono::{DateTime, Utc};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The section; nothing for those who may not switch it where nobody looks.
pub(super) fn section(
    id: &FeedId,
    view: PicturesView,
    as_of: DateTime<Utc>,
    switch: ServerAction<SwitchPictures>,
) -> Option<AnyView> {
    if !view.on && !view.may_switch {
        return None;
    }
    let (on, may_switch) = (view.on, view.may_switch);
    let failed = move || match switch.value().get() {
        Some(Err(error)) => Some(error.to_string()),
        _ => None,
    };
    let stands = if on {
        seen(id, view, as_of)
    } else {
        view! {
            <p class="muted">
                "Nobody looks at the pictures of this feed. With it switched on, a worker asks for each once a month, for two of a server at a time, and records whose picture is too small or too large are held in the files that follow."
            </p>
        }
        .into_any()
    };
    let feed = id.to_string();
    let form = may_switch.then(|| {
        let (other, label) = if on {
            ("false", "Look at them no more")
        } else {
            ("true", "Look at the pictures")
        };
        view! {
            <ActionForm action=switch>
                <input type="hidden" name="feed" value=feed/>
                <input type="hidden" name="on" value=other/>
                <button>{label}</button>
            </ActionForm>
        }
    });
    let section = view! {
        <section class="facts card" id="pictures" aria-labelledby="pictures-head">
            <h2 id="pictures-head">"Pictures"</h2>
            <Refused said=failed/>
            {stands}
            {form}
        </section>
    };
    Some(section.into_any())
}

fn seen(id: &FeedId, view: PicturesView, as_of: DateTime<Utc>) -> AnyView {
    let Some(at) = view.at else {
        return view! { <p>"A worker is about to look at them for the first time."</p> }.into_any();
    };
    let all = view.seen + view.unseen + view.new;
    let looked = view.seen + view.unseen;
    let held: Vec<_> = view
        .held
        .into_iter()
        .map(|(code, records)| {
            let records_of = link::quarantine("feed", id.as_str()).with("code", &code).href();
            view! {
                <li>
                    <a href=records_of>{format!("{} held", records.figure())}</a>
                    " for "
                    <a href=link::rule(&code).href()>{code.clone()}</a>
                </li>
            }
        })
        .collect();
    let faults: Vec<_> = view
        .faults
        .into_iter()
        .map(|(url, why)| {
            view! {
                <li>
                    <code>{url}</code>
                    ": "
                    {why}
                </li>
            }
        })
        .collect();
    let rest = view.unseen.saturating_sub(faults.len() as u64);
    let unseen = (view.unseen > 0).then(|| {
        view! {
            <div>
                <dt>"Not seen"</dt>
                <dd>
                    {format!("{}; each is asked for again a day later", count(view.unseen))}
                    <ul>{faults} {(rest > 0).then(|| view! { <li>{format!("and {} more", count(rest))}</li> })}</ul>
                </dd>
            </div>
        }
    });
    view! {
        <dl>
            <div>
                <dt>"Looked at"</dt>
                <dd>{format!("{} of {}", count(looked), counted(all, "picture", "pictures"))}</dd>
            </div>
            <div>
                <dt>"Catalogue"</dt>
                <dd>
                    "last gone through for new pictures "
                    <Ago at as_of/>
                </dd>
            </div>
            <div>
                <dt>"Records"</dt>
                <dd>
                    <ul>{held}</ul>
                </dd>
            </div>
            {unseen}
        </dl>
    }
    .into_any()
}
