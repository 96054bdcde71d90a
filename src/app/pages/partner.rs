//! Shows one partner.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn PartnerPage() -> impl IntoView {
    view! {
        <Title text="Partner"/>
        <main id="main"><h1>"Partner"</h1></main>
    }
    .into_any()
}
