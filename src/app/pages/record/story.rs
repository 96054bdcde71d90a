//! Tells where a record came from and what happened to it.

use crate::api::quarantine::Event;
use crate::app::components::time::Ago;
use crate::app::link;
use crate::domain::format::count;
use crate::domain::quarantine::HeldRecord;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The column beside the attributes.
pub(super) fn aside(record: &HeldRecord, history: Vec<Event>, as_of: DateTime<Utc>) -> AnyView {
    let place = &record.position;
    let mut line = format!("byte {}", count(place.offset));
    if place.line > 0 {
        line = format!("line {}, {line}", count(place.line));
    }
    let events: Vec<_> = history.into_iter().map(|event| item(event, as_of)).collect();
    view! {
        <aside class="story">
            <section class="facts card" aria-labelledby="history">
                <h2 id="history">"History"</h2>
                <ol class="timeline">{events}</ol>
            </section>
            <section class="facts card" aria-labelledby="origin">
                <h2 id="origin">"Where it came from"</h2>
                <dl>
                    <div>
                        <dt>"Delivery"</dt>
                        <dd>
                            <a href=link::delivery(&record.delivery).href()>
                                <Ago at=record.received_at as_of/>
                            </a>
                        </dd>
                    </div>
                    <div>
                        <dt>"Place"</dt>
                        <dd>{format!("record {}, {line}", count(place.index))}</dd>
                    </div>
                    <div>
                        <dt>"Replays"</dt>
                        <dd>{count(u64::from(record.attempts))}</dd>
                    </div>
                    <div>
                        <dt>"Record"</dt>
                        <dd>
                            <code>{record.id.to_string()}</code>
                        </dd>
                    </div>
                </dl>
            </section>
        </aside>
    }
    .into_any()
}

fn item(event: Event, as_of: DateTime<Utc>) -> AnyView {
    let what = match event.href {
        Some(href) => view! { <a href=href>{event.what}</a> }.into_any(),
        None => event.what.into_any(),
    };
    view! {
        <li>
            <p>
                <strong>{event.by}</strong>
                " "
                {what}
            </p>
            <p class="muted small">
                <Ago at=event.at as_of/>
            </p>
        </li>
    }
    .into_any()
}
