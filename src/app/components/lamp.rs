//! Shows a lamp: a shape, a colour and a word, with the reason beside it.

use crate::domain::health::{Health, Lamp};
use leptos::prelude::*;

/// The lamp with its word; the reason stands below it unless all is well.
#[component]
pub fn HealthLamp(
    /// What was judged.
    health: Health,
    /// Whether the reason is shown even when all is well.
    #[prop(optional)]
    full: bool,
) -> impl IntoView {
    let shown = full || health.lamp != Lamp::Green;
    view! {
        <span class="named">
            <LampSign lamp=health.lamp reason=health.reason.clone()/>
            {shown.then(|| view! { <span class="reason">{health.reason}</span> })}
        </span>
    }
    .into_any()
}

/// The lamp and its word alone, the reason on pointing at it.
#[component]
pub fn LampSign(
    /// The colour.
    lamp: Lamp,
    /// Why it is that.
    reason: String,
) -> impl IntoView {
    let (class, shape, sign) = match lamp {
        Lamp::Green => (
            "lamp green",
            "M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0z",
            "M4.6 8.4l2.3 2.3 4.5-4.9",
        ),
        Lamp::Amber => ("lamp amber", "M8 .6L16 15.4H0z", "M8 6v4M8 12.6v.1"),
        Lamp::Red => (
            "lamp red",
            "M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7z",
            "M8 4v4.5M8 11.7v.1",
        ),
    };
    view! {
        <span class=class title=reason>
            <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
                <path class="shape" d=shape></path>
                <path class="sign" d=sign></path>
            </svg>
            {lamp.word()}
        </span>
    }
    .into_any()
}
