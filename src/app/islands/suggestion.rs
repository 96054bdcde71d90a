//! Offers a value that would pass: to read, and, as soon as it is awake, to take over.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};

/// The value, and a button that puts it into the field with the id `field`.
#[island]
pub fn Suggestion(field: String, suggestion: String) -> impl IntoView {
    let awake = RwSignal::new(false);
    Effect::new(move |_| awake.set(true));
    move || {
        let (field, value) = (field.clone(), suggestion.clone());
        let code = view! { <code>{value.clone()}</code> };
        if awake.get() {
            let click = move |_: MouseEvent| fill(&field, &value);
            view! {
                <button type="button" class="suggestion" on:click=click>
                    "Use "
                    {code}
                </button>
            }
            .into_any()
        } else {
            view! { <p class="suggestion">"Would pass: " {code}</p> }.into_any()
        }
    }
}

/// Puts a value into a field of one line or of several.
fn fill(field: &str, value: &str) {
    let Some(element) = document().get_element_by_id(field) else {
        return;
    };
    if let Some(line) = element.dyn_ref::<HtmlInputElement>() {
        line.set_value(value);
    } else if let Some(lines) = element.dyn_ref::<HtmlTextAreaElement>() {
        lines.set_value(value);
    }
}
