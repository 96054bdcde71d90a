//! Shows a record's attributes to change: one field each, in the order sent, and a few to add; or
//! all of them as JSON, for those who would rather type that.
//!
//! The form is a plain one: it sends all names and all values in parallel order or the JSON, the
//! revision they are based on, and a reason. What the server refuses comes back as it was typed.
//! With a script, the page says while somebody types whether the record would pass.

use super::conflict;
use super::rows::{Row, align};
use super::{Actions, version};
use crate::api::quarantine::{Draft, Judging};
use crate::app::components::states::{Notice, Tone};
use crate::app::components::textarea::in_textarea;
use crate::app::islands::{Judged, Remarks};
use crate::app::link;
use crate::domain::contract::{Verdict, sensitive};
use crate::domain::quarantine::HeldRecord;
use crate::domain::record::{Attributes, Difference};
use crate::domain::violation::Severity;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// Longer values get a field of several lines.
const ONE_LINE: usize = 60;
/// Lines of the field for JSON.
const LEAST_LINES: usize = 10;
const MOST_LINES: usize = 40;
/// Empty fields for attributes that are to be added.
const ADDED: usize = 2;

/// What the editor begins with.
pub(super) struct Begin {
    /// What somebody typed and did not save, if it is to be gone on with.
    pub(super) draft: Option<Draft>,
    /// What it is judged by.
    pub(super) judging: Judging,
    /// Whether JSON is typed.
    pub(super) as_json: bool,
}

/// What the fields begin with.
struct Begun {
    attributes: Attributes,
    /// Their JSON as it was typed; none where that would be the same as what they make.
    json: Option<String>,
    /// Whether that is no record.
    is_none: bool,
    reason: String,
    /// What the contract says of that, and in a line.
    verdict: Verdict,
    line: String,
    /// The revision that the draft was begun on; none where there is no draft.
    on: Option<u32>,
    /// What somebody else has changed since.
    theirs: Vec<Difference>,
}

impl Begun {
    fn of(record: &HeldRecord, draft: Option<Draft>, judging: &Judging) -> Self {
        let Some(draft) = draft else {
            let verdict = Verdict {
                violations: judging.current.clone(),
            };
            return Self {
                attributes: record.current().clone(),
                json: None,
                is_none: false,
                reason: String::new(),
                line: verdict.line(),
                verdict,
                on: None,
                theirs: Vec::new(),
            };
        };
        let fault = draft.fault();
        let (attributes, theirs) = match fault {
            Some(_) => (record.current().clone(), Vec::new()),
            None => record.merge(draft.on, &draft.attributes),
        };
        let verdict = Verdict {
            violations: judging.draft.clone(),
        };
        let is_none = fault.is_some();
        let stands = is_none || draft.on == record.revision();
        Self {
            attributes,
            json: draft.json.filter(|_| stands),
            is_none,
            reason: draft.reason,
            line: fault.map_or_else(|| verdict.line(), |fault| fault.to_string()),
            verdict,
            on: Some(draft.on),
            theirs,
        }
    }
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
    let Begin {
        draft,
        judging,
        as_json,
    } = begin;
    let Begun {
        attributes,
        json,
        is_none,
        reason,
        verdict,
        line,
        on,
        theirs,
    } = Begun::of(record, draft, &judging);
    let changed = sensitive::changed(&judging.contract, record.current(), &attributes, now);
    let changed: Vec<String> = changed.into_iter().map(|of| of.name().to_owned()).collect();
    let saved = record.current().clone();
    // A suggestion is taken over in its field.
    let as_json = is_none || (adopt.is_empty() && (as_json || json.is_some()));
    let drafted = on.is_some();
    // What is no record yet cannot be laid beside theirs: it stays on the revision that it began on.
    let revision = on.filter(|_| is_none).unwrap_or_else(|| record.revision());
    let newer = on
        .filter(|on| *on < revision)
        .map(|on| conflict::newer(record, on, &theirs));
    let over = newer.is_some().then(|| record.revision());
    let (typed, whole) = if as_json {
        let json = json.unwrap_or_else(|| attributes.to_json());
        (text(json, is_none), verdict.violations)
    } else {
        let (rows, whole) = align(&record.attributes, &attributes, &[], &verdict.violations);
        (fields(with_theirs(rows, &theirs), adopt), whole)
    };
    let (other, otherwise) = if as_json {
        ("fields", "Fill in fields")
    } else {
        ("json", "Type JSON")
    };
    let back = link::record(&record.id).href();
    let afresh = super::edit_link(record).with("afresh", "1").href();
    let (id, base) = (record.id.to_string(), version(revision));
    let revision = revision.to_string();
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
                                {format!("These are the values as you typed them; they are not saved. {line}")}
                            </p>
                            <a href=afresh>"Begin again from the saved ones"</a>
                        </Notice>
                    }
                })}
            {newer}
            <ActionForm action=actions.edit>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="revision" value=revision/>
                <Judged
                    contract=judging.contract
                    saved
                    now
                    looks_up=judging.looks_up
                    pictures=judging.pictures
                    whole
                    changed
                >
                    {typed}
                </Judged>
                <div class="bar">
                    {why(reason, actions)}
                    {buttons(over)}
                    <button name="then" value=other formnovalidate>
                        {otherwise}
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

/// One field for each attribute, and a few to add.
fn fields(rows: Vec<(Row, Option<String>)>, adopt: &str) -> AnyView {
    let fields = rows.into_iter().zip(0..);
    view! {
        <div class="fields">
            {fields.map(|((row, theirs), place)| field(place, row, theirs, adopt)).collect::<Vec<_>>()}
            {(0..ADDED).map(added).collect::<Vec<_>>()}
        </div>
    }
    .into_any()
}

/// All of them as JSON.
fn text(json: String, is_none: bool) -> AnyView {
    let rows = json.lines().count().clamp(LEAST_LINES, MOST_LINES).to_string();
    view! {
        <div class="fields">
            <label class="hint" for="json">
                "The attributes as a JSON object: a name and its value, or a list of values where it repeats"
            </label>
            <textarea
                id="json"
                name="json"
                class="json"
                rows=rows
                spellcheck="false"
                autocomplete="off"
                aria-invalid=is_none.then_some("true")
                aria-describedby="line"
            >
                {in_textarea(&json)}
            </textarea>
        </div>
    }
    .into_any()
}

/// The ways to save; with `over`, on top of a revision that somebody else saved meanwhile.
fn buttons(over: Option<u32>) -> AnyView {
    let (replay, save) = match over {
        None => ("Save and replay".to_owned(), "Save revision".to_owned()),
        Some(over) => (
            format!("Save over revision {over} and replay"),
            format!("Save over revision {over}"),
        ),
    };
    let theirs = over.map(|_| {
        view! {
            <button name="then" value="theirs" formnovalidate>
                "Keep theirs, drop mine"
            </button>
        }
    });
    view! {
        <button class="main" name="then" value="replay">
            {replay}
        </button>
        <button name="then" value="">
            {save}
        </button>
        {theirs}
    }
    .into_any()
}

/// The rows, each with what somebody else saved where what was typed stands in its place.
fn with_theirs(rows: Vec<Row>, differences: &[Difference]) -> Vec<(Row, Option<String>)> {
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    let with = rows.into_iter().enumerate().map(|(place, row)| {
        let nth = names[..place].iter().filter(|name| **name == row.name).count();
        let conflict = differences
            .iter()
            .find(|d| d.is_conflict() && d.name == row.name && d.nth == nth);
        (row, conflict.map(|d| d.theirs.clone().unwrap_or_default()))
    });
    with.collect()
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

fn field(place: u32, row: Row, theirs: Option<String>, adopt: &str) -> AnyView {
    let Row {
        name,
        sent,
        now,
        violations: failing,
        ..
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
                    <Remarks place field=id failing theirs/>
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
                {in_textarea(&value)}
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
