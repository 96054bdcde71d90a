//! Draws a page's head: its name, and the moment its figures speak of.

use crate::app::islands::Live;
use crate::domain::format;
use crate::domain::query::stamp;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The `h1`, what stands beside it, and “data as of”.
#[component]
pub fn Head(
    /// The page's name.
    #[prop(into)]
    title: String,
    /// When the figures were read.
    as_of: DateTime<Utc>,
    /// Whether new deliveries move the page.
    #[prop(optional)]
    live: bool,
    /// What stands beside the name.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="head">
            <h1>{title}</h1>
            {children.map(|children| children())}
            <p class="as-of">
                "Data as of " <time datetime=stamp(as_of)>{format::instant(as_of)}</time>
                {live.then(|| view! { <Live/> })}
            </p>
        </div>
    }
    .into_any()
}
