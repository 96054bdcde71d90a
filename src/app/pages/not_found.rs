//! Answers for addresses that lead nowhere.

use crate::app::components::frame::Bare;
use leptos::prelude::*;
use leptos_meta::Title;

/// What an unknown address shows; its status is 404.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="No such page"/>
        <Bare>
            <h1>"There is no such page"</h1>
            <p>"The address may be mistyped, or what it led to has been archived."</p>
            <p class="actions">
                <a class="button" href="/">"Go to the start page"</a>
                <a href="/deliveries">"Deliveries"</a>
                <a href="/quarantine">"Quarantine"</a>
            </p>
        </Bare>
    }
    .into_any()
}
