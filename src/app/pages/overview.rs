//! Compares every partner.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn OverviewPage() -> impl IntoView {
    view! {
        <Title text="Overview"/>
        <main id="main"><h1>"Overview"</h1></main>
    }
    .into_any()
}
