//! Takes a profile as somebody writes it, to try it or to put it in force.

use super::Write;
use crate::api::profile::{FlawView, Writing};
use crate::app::components::select::Select;
use crate::app::components::states::Refused;
use crate::app::components::textarea::in_textarea;
use crate::app::link::{self, Link};
use crate::domain::ids::FeedId;
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The fields that can be wrong, each with a place for the sentence that says why.
const FIELDS: [&str; 3] = ["text", "sample", "reason"];

/// The text for those who may not change it.
pub(super) fn plain(text: String) -> AnyView {
    let text = if text.trim().is_empty() {
        view! {
            <p class="muted">
                "Nothing: the files have the contract's own names, or say themselves what they need to."
            </p>
        }
        .into_any()
    } else {
        view! { <pre class="toml">{text}</pre> }.into_any()
    };
    view! {
        <section class="card written" aria-labelledby="written">
            <h2 id="written">"As it is written"</h2>
            {text}
        </section>
    }
    .into_any()
}

/// The form.
pub(super) fn form(feed: &FeedId, text: String, mut writing: Writing, write: Write) -> AnyView {
    let failed = move || match write.value().get() {
        Some(Err(AppError::Invalid { field, message })) => {
            (!FIELDS.contains(&field.as_str())).then_some(message)
        }
        Some(Err(error)) => Some(error.to_string()),
        _ => None,
    };
    let here = link::profile(feed);
    let feed = feed.to_string();
    let is_draft = writing.is_draft;
    let seen = writing.seen.to_string();
    let refused = writing.refused.take();
    view! {
        <section class="card written" aria-labelledby="written">
            <h2 id="written">{if is_draft { "Draft" } else { "As it is written" }}</h2>
            <Refused said=move || refused.as_ref().map(|sentence| format!("It is not in force. {sentence}"))/>
            <Refused said=failed/>
            <ActionForm action=write>
                <input type="hidden" name="feed" value=feed/>
                <input type="hidden" name="version" value=seen/>
                {written(&here, text, &mut writing, write)}
                {trial(&mut writing, write)}
                {force(&here, writing, write)}
            </ActionForm>
        </section>
    }
    .into_any()
}

/// What is wrong with one field, if anything.
fn wrong(write: Write, name: &'static str) -> Option<String> {
    match write.value().get() {
        Some(Err(AppError::Invalid { field, message })) if field == name => Some(message),
        _ => None,
    }
}

fn error(write: Write, name: &'static str) -> AnyView {
    view! {
        <p class="error" id=format!("{name}-error")>
            {move || wrong(write, name)}
        </p>
    }
    .into_any()
}

/// The text, what is wrong with it, and what one can start from.
fn written(here: &Link, text: String, writing: &mut Writing, write: Write) -> AnyView {
    let starts: Vec<_> = std::mem::take(&mut writing.shipped)
        .into_iter()
        .map(|(name, about)| {
            let href = here.clone().with("start", &name).href();
            // A real load: what was typed gives way to it.
            view! {
                <a href=href title=about rel="external">
                    {name}
                </a>
            }
        })
        .collect();
    let is_flawed = !writing.flaws.is_empty();
    let told = told(std::mem::take(&mut writing.flaws), &text);
    view! {
        <label class="field">
            <span>"How its files are read, in TOML"</span>
            <textarea
                class="toml"
                name="wish[text]"
                rows="16"
                spellcheck="false"
                autocapitalize="off"
                autocomplete="off"
                aria-invalid=move || (is_flawed || wrong(write, "text").is_some()).then_some("true")
                aria-describedby="flaws text-error"
            >
                {in_textarea(&text)}
            </textarea>
        </label>
        <div id="flaws">{told}</div>
        {error(write, "text")}
        <p class="muted starts">"Start from a vocabulary: " {starts}</p>
    }
    .into_any()
}

/// What it is tried on.
fn trial(writing: &mut Writing, write: Write) -> AnyView {
    let files = std::mem::take(&mut writing.files);
    let delivery = std::mem::take(&mut writing.delivery);
    let sample = std::mem::take(&mut writing.sample);
    let records = writing.records.to_string();
    let is_pasted = !sample.is_empty();
    let file = (!files.is_empty()).then(|| {
        view! {
            <Select
                label="Try it on"
                name="wish[delivery]"
                none="The newest file that is kept"
                options=files
                chosen=delivery
            />
        }
    });
    view! {
        <div class="tried">
            {file}
            <label class="field few">
                <span>"Records to show"</span>
                <input type="number" name="wish[records]" min="1" max="20" value=records/>
            </label>
        </div>
        <details open=is_pasted>
            <summary>"Try it on pasted records"</summary>
            <label class="field">
                <span>"The beginning of a file, its header with it (taken as UTF-8; empty: the file above)"</span>
                <textarea class="toml" name="wish[sample]" rows="5" spellcheck="false" autocomplete="off">
                    {in_textarea(&sample)}
                </textarea>
            </label>
        </details>
        {error(write, "sample")}
        <div class="choices">
            <button
                name="wish[deed]"
                value="preview"
                formnovalidate=true
            >
                "Preview"
            </button>
            <p class="muted">"It has no effect until it is put in force."</p>
        </div>
    }
    .into_any()
}

/// Why, and the button that puts it in force.
fn force(here: &Link, writing: Writing, write: Write) -> AnyView {
    let back = writing.is_draft.then(|| {
        view! {
            <a href=here.href() rel="external">
                "Leave it as it is"
            </a>
        }
    });
    view! {
        <div class="force">
            <label class="field">
                <span>"Why (the history keeps it, and the partner can read it)"</span>
                <input
                    name="wish[reason]"
                    required
                    minlength="3"
                    maxlength="500"
                    autocomplete="off"
                    value=writing.reason
                    aria-invalid=move || wrong(write, "reason").map(|_| "true")
                    aria-describedby="reason-error"
                />
            </label>
            {error(write, "reason")}
            <div class="choices">
                <button
                    class="main"
                    name="wish[deed]"
                    value="save"
                >
                    "Put it in force"
                </button>
                {back}
            </div>
        </div>
    }
    .into_any()
}

/// What is wrong with the text, each with the line it speaks of.
fn told(flaws: Vec<FlawView>, text: &str) -> Option<AnyView> {
    if flaws.is_empty() {
        return None;
    }
    let items: Vec<_> = flaws
        .into_iter()
        .map(|flaw| {
            let place = flaw.line.map(|line| {
                let at = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
                let written = text.lines().nth(at).unwrap_or_default().trim().to_owned();
                view! {
                    <p>
                        <strong>{format!("Line {line}")}</strong>
                        ": "
                        <code>{written}</code>
                    </p>
                }
            });
            view! {
                <li>
                    {place}
                    <p>{flaw.message}</p>
                </li>
            }
        })
        .collect();
    let flaws = view! { <ul class="flaws">{items}</ul> };
    Some(flaws.into_any())
}
