//! Offers what can be done with the records of a list: those that are ticked, or all of them.

use crate::api::bulk::PlanBulk;
use crate::app::components::states::{Notice, Tone};
use crate::app::link::Link;
use crate::domain::bulk::Action;
use crate::domain::format::counted;
use crate::domain::ids::RecordId;
use crate::domain::quarantine::State;
use crate::domain::query::StateFilter;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The id of the form, which the boxes of the rows belong to.
const FORM: &str = "bulk";

/// The box with which a record is ticked.
#[component]
pub fn Chosen(
    /// The record.
    id: RecordId,
    /// What it is called, for those who cannot see it.
    name: String,
) -> impl IntoView {
    view! { <input type="checkbox" name="ids[]" value=id.to_string() form=FORM aria-label=format!("Tick {name}")/> }
        .into_any()
}

/// The form with its buttons, for a list of `total` records at this address.
pub fn choose(link: &Link, total: u64, plan: ServerAction<PlanBulk>) -> AnyView {
    let state = StateFilter::parse(&link.get("state"));
    let actions: Vec<Action> = Action::ALL
        .into_iter()
        .filter(|action| match state {
            StateFilter::Open => action.takes(State::Quarantined),
            StateFilter::Is(state) => action.takes(state),
            StateFilter::Any => true,
        })
        .collect();
    if actions.is_empty() || total == 0 {
        return ().into_any();
    }
    let of_one_feed = !link.get("feed").is_empty() || !link.get("delivery").is_empty();
    let hidden: Vec<_> = link
        .hidden(&[])
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=format!("meant[{name}]") value=value/> })
        .collect();
    let buttons: Vec<_> = actions
        .into_iter()
        .map(|action| {
            let ticked = format!("{}-selected", action.word());
            let all = format!("{}-all", action.word());
            let every = format!("{} all {}…", action.verb(), counted(total, "record", "records"));
            view! {
                {of_one_feed
                    .then(|| {
                        view! {
                            <button name="what" value=all>
                                {every}
                            </button>
                        }
                    })}
                <button name="what" value=ticked>
                    {format!("{} ticked…", action.verb())}
                </button>
            }
        })
        .collect();
    let failed = move || {
        let refused = plan.value().get().and_then(Result::err);
        refused.map(|error| view! { <Notice tone=Tone::Bad>{error.to_string()}</Notice> })
    };
    view! {
        {failed}
        <ActionForm action=plan attr:id=FORM attr:class="bulk">
            {hidden}
            <div class="choices">{buttons}</div>
            {(!of_one_feed)
                .then(|| {
                    view! {
                        <p class="muted">
                            "Narrow the list to one feed to take all that match. The next page shows what would become of them; nothing happens before that."
                        </p>
                    }
                })}
        </ActionForm>
    }
    .into_any()
}
