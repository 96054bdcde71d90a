//! Asks for a decision about a held delivery, and tells who made it and why.

use crate::api::delivery::RuleOnDelivery;
use crate::app::components::states::Refused;
use crate::app::components::time::Instant;
use crate::app::link;
use crate::domain::delivery::Delivery;
use crate::domain::hold::Stage;
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// Who ruled on it, or what came first; nothing where nobody had to.
pub(super) fn made(delivery: &Delivery) -> AnyView {
    let Some(hold) = &delivery.hold else {
        return ().into_any();
    };
    if let Some(newer) = &hold.superseded_by {
        let href = link::delivery(newer).href();
        return view! {
            <p>
                <a href=href>"See the newer file"</a>
            </p>
        }
        .into_any();
    }
    let Some(ruling) = hold.ruling.clone() else {
        return ().into_any();
    };
    let verb = match hold.stage {
        Stage::Refused => "refused it",
        _ if hold.since.is_none() => "let it through beforehand",
        _ => "released it",
    };
    view! {
        <p class="ruled">
            <strong>{ruling.by}</strong>
            {format!(" {verb}, ")}
            <Instant at=ruling.at/>
            ": "
            <q>{ruling.reason}</q>
        </p>
    }
    .into_any()
}

/// The form, for those who may: one reason, and a button to each ruling.
pub(super) fn form(delivery: &Delivery, is_kept: bool, rule: ServerAction<RuleOnDelivery>) -> AnyView {
    let id = delivery.id.to_string();
    let command = (!is_kept).then(|| format!("feedgate delivery release {id} FILE --reason …"));
    let wrong = move || match rule.value().get() {
        Some(Err(AppError::Invalid { field, message })) if field == "reason" => Some(message),
        _ => None,
    };
    let failed = move || match rule.value().get() {
        Some(Err(AppError::Invalid { field, .. })) if field == "reason" => None,
        Some(Err(error)) => Some(error.to_string()),
        _ => None,
    };
    view! {
        <Refused said=failed/>
        <section class="card ruling" aria-labelledby="ruling">
            <h2 id="ruling">"Decide about it"</h2>
            <ActionForm action=rule>
                <input type="hidden" name="id" value=id/>
                <label class="field">
                    <span>"Why (the log keeps it, and the partner can read it)"</span>
                    <input
                        name="reason"
                        required
                        minlength="3"
                        maxlength="500"
                        autocomplete="off"
                        aria-invalid=move || wrong().map(|_| "true")
                        aria-describedby="reason-error"
                    />
                </label>
                <p class="error" id="reason-error">
                    {wrong}
                </p>
                <div class="choices">
                    {is_kept
                        .then(|| {
                            view! {
                                <button
                                    class="main"
                                    name="ruling"
                                    value="release"

                                >
                                    "Release it"
                                </button>
                            }
                        })}
                    <button class="danger" name="ruling" value="refuse">
                        "Refuse it for good"
                    </button>
                </div>
            </ActionForm>
            {command.map(|command| view! {
                <p class="muted">
                    "The file itself is not kept here. Whoever has it can release it on the command line: "
                    <code>{command}</code>
                </p>
            })}
        </section>
    }
    .into_any()
}
