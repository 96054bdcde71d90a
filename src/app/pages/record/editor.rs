//! Shows a record's attributes to change: one field each, in the order sent, and a few to add.
//!
//! The form is a plain one: it sends all names and all values in parallel order, the revision
//! they are based on, and a reason. What the server refuses comes back as it was typed. With a
//! script, the page says while somebody types whether the record would pass.

use super::rows::{Row, align};
use super::{Actions, version};
use crate::api::quarantine::{Draft, Judging};
use crate::app::components::states::{Notice, Tone};
use crate::app::islands::{Judged, Remarks};
use crate::app::link;
use crate::domain::contract::Verdict;
use crate::domain::quarantine::HeldRecord;
use crate::domain::violation::Severity;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// Longer values get a field of several lines.
const ONE_LINE: usize = 60;
/// Empty fields for attributes that are to be added.
const ADDED: usize = 2;

/// What the editor begins with.
pub(super) struct Begin {
    /// What somebody typed and did not save, if it is to be gone on with.
    pub(super) draft: Option<Draft>,
    /// What it is judged by.
    pub(super) judging: Judging,
}

/// The editor, beginning with the draft if there is one, else with the newest revision. The
/// suggestion for the attribute `adopt` is filled in.
pub(super) fn form(
    record: &HeldRecord,
    begin: Begin,
    adopt: &str,
    now: DateTime<Utc>,
    actions: Actions,
) -> AnyView {
    let Begin { draft, judging } = begin;
    let (begin, reason, violations, drafted) = match draft {
        Some(draft) => (draft.attributes, draft.reason, judging.draft, true),
        None => (record.current().clone(), String::new(), judging.current, false),
    };
    let verdict = Verdict { violations };
    let (rows, whole) = align(&record.attributes, &begin, &verdict.violations);
    let fields: Vec<_> = rows
        .into_iter()
        .zip(0..)
        .map(|(row, place)| field(place, row, adopt))
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
                            <p>
                                {format!(
                                    "These are the values as you typed them; they are not saved. {}",
                                    verdict.line(),
                                )}
                            </p>
                            <a href=afresh>"Begin again from the saved ones"</a>
                        </Notice>
                    }
                })}
            <ActionForm action=actions.edit>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="revision" value=revision/>
                <Judged contract=judging.contract now looks_up=judging.looks_up whole>
                    <div class="fields">
                        {fields}
                        {(0..ADDED).map(added).collect::<Vec<_>>()}
                    </div>
                </Judged>
                <div class="bar">
                    {why(reason, actions)}
                    <button class="main" name="then" value="replay">
                        "Save and replay"
                    </button>
                    <button name="then" value="">
                        "Save revision"
                    </button>
                    <noscript>
                        <button name="then" value="check" formnovalidate>
                            "See whether it would pass"
                        </button>
                    </noscript>
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

fn field(place: u32, row: Row, adopt: &str) -> AnyView {
    let Row {
        name,
        sent,
        now,
        violations: failing,
    } = row;
    let suggestion = failing.iter().find_map(|v| v.suggestion.clone());
    // What was taken out stays out: its field begins empty.
    let mut value = now.unwrap_or_default();
    if name == adopt
        && let Some(suggestion) = &suggestion
    {
        value.clone_from(suggestion);
    }
    let id = format!("value-{place}");
    let remarks = format!("remarks-{place}");
    let describes = Some(remarks.clone());
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
                <div id=remarks class="remarks">
                    <Remarks place field=id failing/>
                </div>
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
