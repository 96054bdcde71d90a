//! Lists deliveries.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn Deliveries() -> impl IntoView {
    view! {
        <Title text="Deliveries"/>
        <main id="main"><h1>"Deliveries"</h1></main>
    }
    .into_any()
}
