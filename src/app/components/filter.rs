//! Narrows a list: a GET form whose fields become the address.

use leptos::prelude::*;

/// The form. The page's script keeps fields left empty out of the address.
#[component]
pub fn FilterForm(
    /// The path of the page it narrows.
    action: String,
    /// Its fields, and a button.
    children: Children,
) -> impl IntoView {
    view! {
        <form method="get" action=action>
            {children()}
        </form>
    }
    .into_any()
}
