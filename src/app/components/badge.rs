//! Shows short words that say what kind of thing something is.

use crate::domain::delivery::{Direction, Status};
use crate::domain::issue::Standing;
use crate::domain::issue::triage;
use crate::domain::job;
use crate::domain::quarantine::State;
use crate::domain::violation::Severity;
use leptos::prelude::*;

/// How much a failed rule matters.
#[component]
pub fn SeverityBadge(
    /// What it is.
    severity: Severity,
) -> impl IntoView {
    view! { <span class=format!("badge {}", severity.word())>{severity.word()}</span> }.into_any()
}

/// How far a delivery has come.
#[component]
pub fn StatusBadge(
    /// What it is.
    status: Status,
    /// Which way its file went.
    direction: Direction,
) -> impl IntoView {
    view! { <span class=format!("badge {}", status.word())>{status.label(direction)}</span> }.into_any()
}

/// An entry of the log that lies in the future by our clock.
#[component]
pub fn AheadBadge() -> impl IntoView {
    let why = "Its writer dated it into the future; it counts when that time has come";
    view! {
        <span class="badge ahead" title=why>
            "from the future"
        </span>
    }
    .into_any()
}

/// A delivery that a worker gave up.
#[component]
pub fn FailedBadge() -> impl IntoView {
    view! { <span class="badge aside">"failed"</span> }.into_any()
}

/// How far a job has come.
#[component]
pub fn JobBadge(
    /// What it is.
    state: job::State,
) -> impl IntoView {
    view! { <span class=format!("badge {}", state.word())>{state.label()}</span> }.into_any()
}

/// Where a held record stands.
#[component]
pub fn StateBadge(
    /// What it is.
    state: State,
) -> impl IntoView {
    view! { <span class=format!("badge {}", state.word())>{state.label()}</span> }.into_any()
}

/// Where people stand with an issue.
#[component]
pub fn IssueBadge(
    /// What it is.
    state: triage::State,
) -> impl IntoView {
    view! { <span class=format!("badge {}", state.word())>{state.label()}</span> }.into_any()
}

/// What the newest delivery says of an issue.
#[component]
pub fn StandingBadge(
    /// What it is.
    standing: Standing,
) -> impl IntoView {
    let why = match standing {
        Standing::New => "The newest delivery has it, the one before had not",
        Standing::Continuing => "The newest delivery has it, as the one before",
        Standing::Fixed => "The newest delivery has it no more",
        Standing::Gone => "The last two deliveries do not have it",
    };
    view! {
        <span class=format!("badge {}", standing.word()) title=why>
            {standing.word()}
        </span>
    }
    .into_any()
}
