//! Shows a record's attributes to change: one field each, in the order sent, and a few to add.
//!
//! The form is a plain one: it sends all names and all values in parallel order, the revision
//! they are based on, and a reason. What the server refuses comes back as it was typed.

use super::compare::violations;
use super::rows::{Row, align};
use super::{Actions, version};
use crate::api::quarantine::Draft;
use crate::app::components::states::{Notice, Tone};
use crate::app::islands::Suggestion;
use crate::app::link;
use crate::domain::quarantine::HeldRecord;
use crate::domain::violation::Severity;
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// Longer values get a field of several lines.
const ONE_LINE: usize = 60;
/// Empty fields for attributes that are to be added.
const ADDED: usize = 2;

/// The editor, beginning with the draft if there is one, else with the newest revision. The
/// suggestion for the attribute `adopt` is filled in.
pub(super) fn form(record: &HeldRecord, draft: Option<Draft>, adopt: &str, actions: Actions) -> AnyView {
    let (begin, reason, drafted) = match draft {
        Some(draft) => (draft.attributes, draft.reason, true),
        None => (record.current().clone(), String::new(), false),
    };
    let (rows, whole) = align(&record.attributes, &begin, &record.violations);
    let fields: Vec<_> = rows
        .into_iter()
        .enumerate()
        .map(|(place, row)| field(place, row, adopt))
        .collect();
    let back = link::record(&record.id).href();
    let afresh = super::edit_link(record).with("afresh", "1").href();
    let (id, revision) = (record.id.to_string(), record.revision().to_string());
    let base = version(record.revision());
    view! {
        <section class="editor card" aria-labelledby="editor">
            <h2 id="editor">"Edit"</h2>
            <p class="hint">
                {format!("You are changing: {}. What was sent stays as it is; saving adds a revision.", base.to_lowercase())}
            </p>
            {drafted
                .then(|| {
                    view! {
                        <Notice tone=Tone::Plain>
                            <p>"These are the values as you typed them; they are not saved."</p>
                            <a href=afresh>"Begin again from the saved ones"</a>
                        </Notice>
                    }
                })}
            {violations(whole, "", None)}
            <ActionForm action=actions.edit>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="revision" value=revision/>
                <div class="fields">
                    {fields}
                    {(0..ADDED).map(added).collect::<Vec<_>>()}
                </div>
                <div class="bar">
                    {why(reason, actions)}
                    <button class="main" name="then" value="replay">
                        "Save and replay"
                    </button>
                    <button name="then" value="">
                        "Save revision"
                    </button>
                    <a href=back>"Leave without saving"</a>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}

/// The reason for the change, without which none is saved.
fn why(reason: String, actions: Actions) -> AnyView {
    let wrong = move || match actions.edit.value().get() {
        Some(Err(AppError::Invalid { field, message })) if field == "reason" => Some(message),
        _ => None,
    };
    view! {
        <div class="why">
            <label class="field">
                <span>"Why you change it (the history keeps it)"</span>
                <input
                    name="reason"
                    required
                    maxlength="500"
                    autocomplete="off"
                    value=reason
                    aria-invalid=move || wrong().map(|_| "true")
                    aria-describedby="reason-error"
                />
            </label>
            <p class="error" id="reason-error">
                {wrong}
            </p>
        </div>
    }
    .into_any()
}

fn field(place: usize, row: Row, adopt: &str) -> AnyView {
    let Row {
        name,
        sent,
        now,
        violations: mut failing,
    } = row;
    // The first one is offered beside the field; the sentence has it too.
    let suggestion = failing.iter().find_map(|v| v.suggestion.clone());
    for violation in &mut failing {
        violation.suggestion = None;
    }
    // What was taken out stays out: its field begins empty.
    let mut value = now.unwrap_or_default();
    if name == adopt
        && let Some(suggestion) = &suggestion
    {
        value.clone_from(suggestion);
    }
    let id = format!("value-{place}");
    let remarks = format!("remarks-{place}");
    let describes = (!failing.is_empty()).then(|| remarks.clone());
    let invalid = failing.iter().any(|v| v.severity <= Severity::Error);
    let was = match &sent {
        Some(sent) if *sent == value => None,
        Some(sent) => Some(sent.clone()),
        None => Some("nothing".to_owned()),
    };
    let input = input(id.clone(), value, invalid, describes);
    view! {
        <div class="attribute">
            <label for=id.clone()>
                <code>{name.clone()}</code>
            </label>
            <div>
                <input type="hidden" name="names[]" value=name.clone()/>
                {input}
                {was.map(|was| view! { <p class="was">"Sent: " <code>{was}</code></p> })}
                <div id=remarks>{violations(failing, &name, None)}</div>
                {suggestion.map(|suggestion| view! { <Suggestion field=id suggestion/> })}
            </div>
        </div>
    }
    .into_any()
}

/// The field itself: of one line or of several, as long as its value needs.
fn input(id: String, value: String, invalid: bool, describes: Option<String>) -> AnyView {
    let invalid = invalid.then_some("true");
    if value.len() > ONE_LINE || value.contains('\n') {
        view! {
            <textarea id=id name="values[]" rows="3" aria-invalid=invalid aria-describedby=describes>
                {value}
            </textarea>
        }
        .into_any()
    } else {
        view! {
            <input
                id=id
                name="values[]"
                value=value
                autocomplete="off"
                aria-invalid=invalid
                aria-describedby=describes
            />
        }
        .into_any()
    }
}

/// A pair of fields for an attribute that was not sent; without a name it is left out.
fn added(place: usize) -> AnyView {
    let label = format!("Name of added attribute {}", place + 1);
    let value = format!("Value of added attribute {}", place + 1);
    view! {
        <div class="attribute added">
            <input name="names[]" aria-label=label placeholder="add an attribute" autocomplete="off"/>
            <div>
                <input name="values[]" aria-label=value placeholder="its value" autocomplete="off"/>
            </div>
        </div>
    }
    .into_any()
}
