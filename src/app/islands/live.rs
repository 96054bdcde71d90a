//! Keeps a page as the server would draw it now.

use super::morph::morph;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::JsValue;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomParser, Response, SupportedType};

/// Looks again every so many seconds, unless nobody is looking at the page, for as long as it
/// stands in the page itself.
#[island]
pub fn Live(every: u32) -> impl IntoView {
    let here = NodeRef::new();
    Effect::new(move |_| {
        let timer = Rc::new(Cell::new(None::<IntervalHandle>));
        let busy = Rc::new(Cell::new(false));
        let look = {
            let (timer, busy) = (Rc::clone(&timer), Rc::clone(&busy));
            move || {
                if !stands(here) {
                    if let Some(timer) = timer.take() {
                        timer.clear();
                    }
                } else if !document().hidden() && !busy.replace(true) {
                    let busy = Rc::clone(&busy);
                    spawn_local(async move {
                        // What fails now may go well the next time.
                        let _ = refresh().await;
                        busy.set(false);
                    });
                }
            }
        };
        timer.set(set_interval_with_handle(look, Duration::from_secs(every.into())).ok());
    });
    view! {
        <span node_ref=here hidden></span>
        <noscript>
            <p class="muted">"Load the page again to see how it went."</p>
        </noscript>
    }
}

/// Whether an element is still in the page.
fn stands(element: NodeRef<leptos::html::Span>) -> bool {
    element
        .get_untracked()
        .is_some_and(|element| element.is_connected())
}

/// Fetches the page again and takes over what has changed in it.
async fn refresh() -> Result<(), JsValue> {
    let address = window().location().href()?;
    let answer = JsFuture::from(window().fetch_with_str(&address)).await?;
    let answer: Response = answer.dyn_into()?;
    if answer.redirected() {
        // To sign in, as a rule: what is shown here may be no longer theirs to see.
        return window().location().reload();
    }
    if !answer.ok() {
        return Ok(());
    }
    let text = JsFuture::from(answer.text()?).await?;
    let page = DomParser::new()?
        .parse_from_string(&text.as_string().unwrap_or_default(), SupportedType::TextHtml)?;
    if let (Some(old), Some(new)) = (
        document().get_element_by_id("main"),
        page.get_element_by_id("main"),
    ) {
        morph(&old, &new)?;
    }
    Ok(())
}
