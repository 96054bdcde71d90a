//! Lists held records.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn Quarantine() -> impl IntoView {
    view! {
        <Title text="Quarantine"/>
        <main id="main"><h1>"Quarantine"</h1></main>
    }
    .into_any()
}
