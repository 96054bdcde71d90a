//! Offers what can be done with the records of a list: those that are ticked, or all of them.

use crate::api::bulk::PlanBulk;
use crate::app::components::states::Refused;
use crate::app::link::Link;
use crate::domain::bulk::Action;
use crate::domain::format::counted;
use crate::domain::ids::RecordId;
use crate::domain::quarantine::State;
use crate::domain::query::{StateFilter, Total};
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

/// The form with its buttons, for a list of `total` records at this address; without a total, for
/// what a search has found so far, of which only what is ticked can be taken.
pub fn choose(link: &Link, total: Option<Total>, plan: ServerAction<PlanBulk>) -> AnyView {
    let state = StateFilter::parse(&link.get("state"));
    let actions: Vec<Action> = Action::ALL
        .into_iter()
        .filter(|action| match state {
            StateFilter::Open => action.takes(State::Quarantined),
            StateFilter::Is(state) => action.takes(state),
            StateFilter::Any => true,
        })
        .collect();
    if actions.is_empty() || total == Some(Total::Exactly(0)) {
        return ().into_any();
    }
    let is_search = total.is_none();
    let of_one_feed = !link.get("feed").is_empty() || !link.get("delivery").is_empty();
    let takes_all = of_one_feed && !is_search;
    let hidden: Vec<_> = link
        .hidden(&[])
        .into_iter()
        .filter(|_| takes_all)
        .map(|(name, value)| view! { <input type="hidden" name=format!("meant[{name}]") value=value/> })
        .collect();
    let buttons: Vec<_> = actions
        .into_iter()
        .map(|action| {
            let ticked = format!("{}-selected", action.word());
            let all = format!("{}-all", action.word());
            let every = match total {
                Some(Total::Exactly(n)) => counted(n, "record", "records"),
                Some(more) => format!("that match, {}", more.counted("record", "records")),
                None => String::new(),
            };
            let every = format!("{} all {every}…", action.verb());
            view! {
                {takes_all
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
    let hint = match (is_search, of_one_feed) {
        (true, _) => Some(
            "What a search has found can be ticked. The next page shows what would become of it; nothing happens before that.",
        ),
        (false, false) => Some(
            "Narrow the list to one feed to take all that match. The next page shows what would become of them; nothing happens before that.",
        ),
        (false, true) => None,
    };
    view! {
        <Refused said=move || plan.value().get().and_then(Result::err)/>
        <ActionForm action=plan attr:id=FORM attr:class="bulk">
            {hidden}
            <div class="choices">{buttons}</div>
            {hint.map(|hint| view! { <p class="muted">{hint}</p> })}
        </ActionForm>
    }
    .into_any()
}
