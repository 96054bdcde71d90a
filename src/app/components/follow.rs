//! Looks again, every second, at what a worker is about to do.

use leptos::prelude::*;
use std::time::Duration;

/// How often it is looked at.
const FOLLOW: Duration = Duration::from_secs(1);

/// Looks at the thing again after a moment, unless nobody is looking at the page. A page shows
/// this as long as it waits; each answer draws it anew.
#[component]
pub fn Follow(
    /// Counts up whenever it is time to look.
    tick: RwSignal<u32>,
) -> impl IntoView {
    Effect::new(move |_| {
        let timer = set_interval_with_handle(
            move || {
                if !document().hidden() {
                    tick.update(|n| *n += 1);
                }
            },
            FOLLOW,
        );
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
        });
    });
    view! {
        <noscript>
            <p class="muted">"Load the page again to see how it went."</p>
        </noscript>
    }
    .into_any()
}
