//! Shows one delivery.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn DeliveryPage() -> impl IntoView {
    view! {
        <Title text="Delivery"/>
        <main id="main"><h1>"Delivery"</h1></main>
    }
    .into_any()
}
