//! Looks again, every second, at what a worker is about to do.

use super::refresh::Refresher;
use leptos::html;
use leptos::prelude::*;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Looks for as long as it stands in the page, which shows it as long as something is awaited.
#[island]
pub fn Follow() -> impl IntoView {
    let here = NodeRef::<html::Span>::new();
    Effect::new(move |_| {
        let timer = Rc::new(Cell::new(None::<IntervalHandle>));
        let refresher = Refresher::default();
        let held = Rc::clone(&timer);
        let look = move || {
            if here.get_untracked().is_some_and(|here| here.is_connected()) {
                refresher.refresh();
            } else if let Some(timer) = held.take() {
                timer.clear();
            }
        };
        timer.set(set_interval_with_handle(look, EVERY).ok());
    });
    view! {
        <span node_ref=here hidden></span>
        <noscript>
            <p class="muted">"Load the page again to see how it went."</p>
        </noscript>
    }
}
