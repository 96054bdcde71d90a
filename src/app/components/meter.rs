//! Shows a share as a small bar beside its figure.

use leptos::prelude::*;

/// The bar. It repeats a figure that stands beside it, so it is not read out.
#[component]
pub fn Meter(
    /// How much of it is full, in hundredths; something is never drawn as nothing.
    width: u64,
) -> impl IntoView {
    // A picture and not a styled box: a page may then forbid styles that are not in its files.
    view! {
        <svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect width=width.clamp(1, 100).to_string() height="6"></rect>
        </svg>
    }
    .into_any()
}
