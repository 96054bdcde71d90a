//! Shows how fetching the feed's file by schedule stands, and lets staff have it fetched now.

use super::Resume;
use crate::app::components::states::{Notice, Tone};
use crate::app::components::time::{Ago, Instant};
use crate::domain::format::{self, counted};
use crate::domain::ids::FeedId;
use crate::domain::pull::Shown;
use chrono::{DateTime, TimeDelta, Utc};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The card; with a button for those who are handed `resume`.
pub(super) fn card(id: &FeedId, pull: Shown, as_of: DateTime<Utc>, resume: Option<Resume>) -> AnyView {
    let every = format::span(TimeDelta::minutes(i64::from(pull.every_minutes)));
    let failing = pull.failures > 0;
    let last = match pull.last {
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
    let paused = pull.paused.then(|| {
        view! {
            <Notice tone=Tone::Bad>
                <p>
                    {format!(
                        "Paused after {} in a row. The reason is below; when it is gone, have the file fetched again.",
                        counted(u64::from(pull.failures), "failure", "failures"),
                    )}
                </p>
            </Notice>
        }
    });
    let button = resume.map(|resume| {
        let feed = id.to_string();
        let words = if pull.paused {
            "Resume and fetch it now"
        } else {
            "Fetch it now"
        };
        view! {
            <ActionForm action=resume>
                <input type="hidden" name="feed" value=feed/>
                <button>{words}</button>
            </ActionForm>
        }
    });
    view! {
        <section class="facts card" aria-labelledby="pull">
            <h2 id="pull">"Fetched by schedule"</h2>
            {paused}
            <dl>
                <div>
                    <dt>"From"</dt>
                    <dd>
                        <code>{pull.url}</code>
                    </dd>
                </div>
                <div>
                    <dt>"Every"</dt>
                    <dd>{every}</dd>
                </div>
                <div>
                    <dt>{if failing { "Failed last" } else { "Last" }}</dt>
                    <dd>{last}</dd>
                </div>
                <div>
                    <dt>"Next"</dt>
                    <dd>{next}</dd>
                </div>
            </dl>
            {button}
        </section>
    }
    .into_any()
}
