//! Keeps a page as the server would draw it now, as news of its deliveries come.

use super::refresh::Refresher;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::{Event, EventSource};

/// Where news come from.
const NEWS: &str = "/live";

/// Follows the news while somebody looks at the page, and lets them stop it. A hidden page holds
/// no connection; seen again, it is brought up to date at once.
#[island]
pub fn Live() -> impl IntoView {
    let awake = RwSignal::new(false);
    let on = RwSignal::new(true);
    Effect::new(move |_| {
        let line = Line::default();
        let seen = line.clone();
        seen.listen();
        let handle = window_event_listener_untyped("visibilitychange", move |_| {
            if document().hidden() || !on.get_untracked() {
                seen.hang_up();
            } else {
                seen.listen();
                seen.refresher.refresh();
            }
        });
        on_cleanup(move || handle.remove());
        Effect::new(move |before: Option<()>| {
            let on = on.get();
            if before.is_some() {
                line.hang_up();
                if on {
                    line.listen();
                    line.refresher.refresh();
                }
            }
        });
        awake.set(true);
    });
    move || {
        awake.get().then(|| {
            let (word, hint) = if on.get() {
                ("Live", "New deliveries move this page. Click to stop that.")
            } else {
                ("Paused", "This page stands still. Click to have new deliveries move it.")
            };
            let pressed = if on.get() { "true" } else { "false" };
            view! {
                <button type="button" class="live" aria-pressed=pressed title=hint on:click=move |_| on.update(|on| *on = !*on)>
                    {word}
                </button>
            }
        })
    }
}

/// The connection to the server, while there is one. Clones are the same.
#[derive(Clone, Default)]
struct Line {
    open: Rc<RefCell<Option<Open>>>,
    refresher: Refresher,
}

struct Open {
    source: EventSource,
    /// What is called with each piece of news; it must live as long as the source.
    _told: Closure<dyn FnMut(Event)>,
}

impl Line {
    fn listen(&self) {
        if document().hidden() || self.open.borrow().is_some() {
            return;
        }
        let Ok(source) = EventSource::new(NEWS) else {
            return;
        };
        let refresher = self.refresher.clone();
        let told = Closure::<dyn FnMut(Event)>::new(move |_| refresher.refresh());
        if source
            .add_event_listener_with_callback("news", told.as_ref().unchecked_ref())
            .is_ok()
        {
            *self.open.borrow_mut() = Some(Open { source, _told: told });
        }
    }

    fn hang_up(&self) {
        if let Some(open) = self.open.borrow_mut().take() {
            open.source.close();
        }
    }
}
