//! Shows when something was.

use crate::domain::format;
use crate::domain::query::stamp;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// A time as people say it, the exact one on pointing at it.
#[component]
pub fn Ago(
    /// When it was.
    at: DateTime<Utc>,
    /// When the page's figures were read; never the reader's clock, which the server cannot know.
    as_of: DateTime<Utc>,
) -> impl IntoView {
    view! {
        <time datetime=stamp(at) title=format::instant(at)>
            {format::ago(at, as_of)}
        </time>
    }
    .into_any()
}

/// A time in full.
#[component]
pub fn Instant(
    /// When it was.
    at: DateTime<Utc>,
) -> impl IntoView {
    view! { <time datetime=stamp(at)>{format::instant(at)}</time> }.into_any()
}
