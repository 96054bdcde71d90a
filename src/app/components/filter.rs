//! Narrows a list: a GET form whose fields become the address.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{FormData, HtmlFormElement, UrlSearchParams};
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The form. Without a script the browser sends it; with one the page changes in place, and
/// fields left empty stay out of the address.
#[component]
pub fn FilterForm(
    /// The path of the page it narrows.
    action: String,
    /// Its fields, and a button.
    children: Children,
) -> impl IntoView {
    let navigate = use_navigate();
    let path = action.clone();
    let submit = move |event: SubmitEvent| {
        if let Some(query) = query(&event) {
            event.prevent_default();
            fold(&event);
            navigate(&format!("{path}{query}"), NavigateOptions::default());
        }
    };
    view! {
        <form method="get" action=action on:submit=submit>
            {children()}
        </form>
    }
    .into_any()
}

/// Closes what the form was opened from.
fn fold(event: &SubmitEvent) {
    let form = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
    let opened = form.and_then(|form| form.closest("details").ok().flatten());
    if let Some(details) = opened {
        let _ = details.remove_attribute("open");
    }
}

/// What the form says, as a query; none where the browser had better do it.
fn query(event: &SubmitEvent) -> Option<String> {
    let form = event.target()?.dyn_into::<HtmlFormElement>().ok()?;
    let fields = FormData::new_with_form(&form).ok()?;
    // A browser takes a form's fields as they are for an address's parameters.
    let params = UrlSearchParams::new_with_str_sequence_sequence(fields.as_ref()).ok()?;
    let text = String::from(params.to_string());
    let filled: Vec<_> = text
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.ends_with('='))
        .collect();
    Some(if filled.is_empty() {
        String::new()
    } else {
        format!("?{}", filled.join("&"))
    })
}
