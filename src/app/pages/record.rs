//! Shows one held record.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn RecordPage() -> impl IntoView {
    view! {
        <Title text="Record"/>
        <main id="main"><h1>"Record"</h1></main>
    }
    .into_any()
}
