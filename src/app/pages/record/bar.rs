//! Holds what can be done with a record, in sight wherever the page is scrolled.

use super::{Actions, edit_link, version};
use crate::app::link;
use crate::domain::ids::RecordId;
use crate::domain::quarantine::{HeldRecord, Move};
use crate::domain::violation::Severity;
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The records beside one in the list that it was opened from.
pub(super) struct Beside {
    /// The one that follows.
    pub(super) next: Option<RecordId>,
    /// The one that it follows.
    pub(super) previous: Option<RecordId>,
    /// The rule that the list is of; empty for none.
    pub(super) code: String,
}

/// The bar. Only legal moves have a button, and only for those who may make them.
pub(super) fn bar(
    record: &HeldRecord,
    beside: Beside,
    (may_act, may_edit): (bool, bool),
    actions: Actions,
) -> AnyView {
    let id = record.id.to_string();
    let may = |step| may_act && record.state.allows(step);
    let clean = record.violations.iter().all(|v| v.severity > Severity::Error);
    let what = version(record.revision()).to_lowercase();
    let field = || {
        let id = id.clone();
        view! { <input type="hidden" name="id" value=id/> }
    };
    let replay = may(Move::Queue).then(|| {
        let field = field();
        let class = if clean { "main" } else { "" };
        view! {
            <ActionForm action=actions.replay>
                {field}
                <button class=class>
                    {format!("Replay {what}")}
                </button>
            </ActionForm>
        }
    });
    let edit = may_edit.then(|| {
        let class = if clean { "button" } else { "button main" };
        view! { <a class=class href=edit_link(record).href()>"Edit"</a> }
    });
    let discard = may(Move::Discard).then(|| discard(field().into_any(), actions));
    let restore = may(Move::Restore).then(|| {
        let field = field();
        view! {
            <ActionForm action=actions.restore>
                {field}
                <button class="main">"Take it back"</button>
            </ActionForm>
        }
    });
    let none = edit.is_none() && replay.is_none() && restore.is_none() && discard.is_none();
    let Beside { next, previous, code } = beside;
    if none && next.is_none() && previous.is_none() {
        return ().into_any();
    }
    let to = |id: RecordId| link::record(&id).with("code", &code).href();
    let previous = previous.map(|id| {
        view! {
            <a class="button" rel="prev" href=to(id) aria-keyshortcuts="k" title="Key k">
                "Previous"
            </a>
        }
    });
    let next = next.map(|id| {
        view! {
            <a class="button" rel="next" href=to(id) aria-keyshortcuts="j" title="Key j">
                "Next record"
            </a>
        }
    });
    view! {
        <div class="bar">
            {edit} {replay} {restore} {discard} <span class="next">{previous} {next}</span>
        </div>
    }
    .into_any()
}

/// Giving up asks for a reason first.
fn discard(field: AnyView, actions: Actions) -> AnyView {
    let wrong = move || match actions.discard.value().get() {
        Some(Err(AppError::Invalid { field, message })) if field == "reason" => Some(message),
        _ => None,
    };
    view! {
        <details class="discard" open=move || wrong().is_some()>
            <summary class="button">"Discard"</summary>
            <ActionForm action=actions.discard>
                {field}
                <label class="field">
                    <span>"Why it is given up (the history keeps it)"</span>
                    <input
                        name="reason"
                        required
                        maxlength="500"
                        autocomplete="off"
                        aria-invalid=move || wrong().map(|_| "true")
                    />
                </label>
                <p class="error">{wrong}</p>
                <button class="danger">"Discard this record"</button>
            </ActionForm>
        </details>
    }
    .into_any()
}
