//! Shows how fetching the feed's file by schedule stands, and lets staff have it fetched
//! now, or no more for a while.

use super::{Pause, Resume};
use crate::app::components::states::{Notice, Tone};
use crate::app::components::time::{Ago, Instant};
use crate::domain::format::{self, counted};
use crate::domain::ids::FeedId;
use crate::domain::pull::{FAILURES, Shown};
use chrono::{DateTime, TimeDelta, Utc};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The card; with buttons for those who are handed what they do.
pub(super) fn card(
    id: &FeedId,
    pull: Shown,
    as_of: DateTime<Utc>,
    pulling: Option<(Resume, Pause)>,
) -> AnyView {
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
    let pausing = if pull.failures >= FAILURES {
        format!(
            "Paused after {} in a row. The reason is below; when it is gone, have the file fetched again.",
            counted(u64::from(pull.failures), "failure", "failures"),
        )
    } else {
        "Paused by hand. Nothing is fetched until somebody resumes it.".to_owned()
    };
    let tone = if failing { Tone::Bad } else { Tone::Watch };
    let paused = pull.paused.then(|| {
        view! {
            <Notice tone=tone>
                <p>{pausing}</p>
            </Notice>
        }
    });
    let buttons = pulling.map(|(resume, pause)| {
        let feed = id.to_string();
        let words = if pull.paused {
            "Resume and fetch it now"
        } else {
            "Fetch it now"
        };
        let same = feed.clone();
        let stop = (!pull.paused).then(|| {
            view! {
                <ActionForm action=pause>
                    <input type="hidden" name="feed" value=same/>
                    <button>"Pause fetching"</button>
                </ActionForm>
            }
        });
        view! {
            <div class="actions">
                <ActionForm action=resume>
                    <input type="hidden" name="feed" value=feed/>
                    <button>{words}</button>
                </ActionForm>
                {stop}
            </div>
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
            {buttons}
        </section>
    }
    .into_any()
}
