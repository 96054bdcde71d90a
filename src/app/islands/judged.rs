//! Says while somebody types whether the record would pass, by the engine that the server asks.
//!
//! [`Judged`] holds the fields of the editor and reads them as the server will when they are
//! sent; [`Remarks`] stands below each field and says what fails about it. The server decides,
//! when the record is saved.

use crate::app::components::violations::Violations;
use crate::domain::contract::{Asked, Contract, Pictures, Verdict, sensitive};
use crate::domain::record::{Attribute, Attributes, Malformed};
use crate::domain::violation::{Severity, Violation};
use chrono::{DateTime, Utc};
use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, Event, EventInit, HtmlInputElement, HtmlTextAreaElement};

/// What the fields came to when somebody last typed; none before that.
#[derive(Clone, Copy)]
struct Last(RwSignal<Option<Told>>);

#[derive(Clone, PartialEq, Eq)]
struct Told {
    passes: bool,
    line: String,
    /// What fails about each field.
    pinned: Vec<Vec<Violation>>,
    /// What fails about none.
    others: Vec<Violation>,
    /// What is asked about of the change.
    changed: Vec<Attribute>,
}

impl Told {
    fn of(verdict: &Verdict, form: &Form, looks_up: bool, changed: Vec<Attribute>) -> Self {
        let (pinned, others) = match form {
            Form::Fields { all, .. } => verdict.pinned(all),
            Form::Json(_) => (Vec::new(), verdict.violations.clone()),
        };
        Self {
            passes: verdict.passes(),
            line: said(verdict, looks_up),
            pinned,
            others,
            changed,
        }
    }

    /// Of what is no record.
    fn none(line: String) -> Self {
        Self {
            passes: false,
            line,
            pinned: Vec::new(),
            others: Vec::new(),
            changed: Vec::new(),
        }
    }
}

/// The fields, and below them what the contract says of them. `whole` is what the server found
/// about the record as a whole, `changed` what it asks about of the change from what is `saved`, and
/// `looks_up` whether it knows categories, which are not here, `pictures` what it knows of those of the record.
#[island]
pub fn Judged(
    contract: Contract,
    saved: Attributes,
    now: DateTime<Utc>,
    looks_up: bool,
    pictures: Pictures,
    whole: Vec<Violation>,
    changed: Vec<String>,
    children: Children,
) -> impl IntoView {
    let here = NodeRef::<html::Div>::new();
    let last = RwSignal::new(None);
    provide_context(Last(last));
    let judge = move || {
        let Some(form) = here.get_untracked().map(|here| Form::of(&here)) else {
            return;
        };
        last.set(Some(match form.record() {
            Ok(attributes) => {
                let changed = sensitive::changed(&contract, &saved, &attributes, now);
                let asked = Asked {
                    contract: contract.clone(),
                    attributes,
                    now,
                    pictures: pictures.clone(),
                };
                let told = Told::of(&Verdict::of(&asked), &form, looks_up, changed);
                form.mark(&told.pinned, false);
                told
            }
            Err(fault) => {
                form.mark(&[], true);
                Told::none(fault.to_string())
            }
        }));
    };
    let again = judge.clone();
    Effect::new(move |_| judge());
    let others = move || last.with(|last| last.as_ref().map_or_else(|| whole.clone(), |l| l.others.clone()));
    let line = move || last.with(|last| last.as_ref().map(|last| last.line.clone()));
    let class = move || {
        last.with(|last| match last {
            None => "verdict",
            Some(last) if last.passes => "verdict passes",
            Some(_) => "verdict fails",
        })
    };
    let asked = sensitive::of(&changed);
    let question = Memo::new(move |_| {
        last.with(|last| last.as_ref().map_or_else(|| asked.clone(), |l| l.changed.clone()))
    });
    view! {
        <div class="judged" node_ref=here on:input=move |_| again()>
            {children()}
            <div class=class>
                {move || view! { <Violations failing=others()/> }}
                <p class="line" id="line" role="status">
                    {line}
                </p>
            </div>
            <div role="status">{move || sure(question.get())}</div>
        </div>
    }
}

/// Asks whether the change of these is meant; anew for others, so that the tick is of what it says.
fn sure(changed: Vec<Attribute>) -> Option<AnyView> {
    let question = (!changed.is_empty()).then(|| sensitive::question(&changed))?;
    let view = view! {
        <div class="sure">
            <p>{question}</p>
            <label>
                <input type="checkbox" name="sure" value=sensitive::names(&changed) required/>
                "This is meant"
            </label>
        </div>
    };
    Some(view.into_any())
}

/// The line, and what it leaves open.
fn said(verdict: &Verdict, looks_up: bool) -> String {
    let open = if looks_up && verdict.passes() {
        " Its categories are looked up when you save."
    } else {
        ""
    };
    format!("{}{open}", verdict.line())
}

/// What is typed as it stands.
enum Form {
    /// A name and a value each.
    Fields { all: Attributes, values: Vec<Element> },
    /// All as one text.
    Json(Element),
}

impl Form {
    fn of(form: &Element) -> Self {
        if let Some(json) = find(form, "[name='json']").pop() {
            return Self::Json(json);
        }
        let values = find(form, "[name='values[]']");
        let names = find(form, "[name='names[]']");
        let pairs = names.iter().zip(&values);
        Self::Fields {
            all: Attributes(pairs.map(|(name, value)| (typed(name), typed(value))).collect()),
            values,
        }
    }

    /// The record that the server makes of it.
    fn record(&self) -> Result<Attributes, Malformed> {
        match self {
            Self::Fields { all, .. } => {
                let (names, values) = all.0.iter().cloned().unzip();
                Ok(Attributes::typed(names, values))
            }
            Self::Json(json) => Attributes::from_json(&typed(json)),
        }
    }

    /// Marks the fields about which an error is told, for those who do not see the remark; of
    /// JSON, that it `is_none`.
    fn mark(&self, pinned: &[Vec<Violation>], is_none: bool) {
        match self {
            Self::Json(json) => mark(json, is_none),
            Self::Fields { values, .. } => {
                for (field, failing) in values.iter().zip(pinned) {
                    mark(field, failing.iter().any(|v| v.severity <= Severity::Error));
                }
            }
        }
    }
}

fn mark(field: &Element, is_wrong: bool) {
    let marked = if is_wrong {
        field.set_attribute("aria-invalid", "true")
    } else {
        field.remove_attribute("aria-invalid")
    };
    // Only a name that is none can be refused.
    drop(marked);
}

fn find(form: &Element, fields: &str) -> Vec<Element> {
    let Ok(found) = form.query_selector_all(fields) else {
        return Vec::new();
    };
    let found = (0..found.length()).filter_map(|n| found.get(n));
    found.filter_map(|node| node.dyn_into().ok()).collect()
}

fn typed(field: &Element) -> String {
    if let Some(line) = field.dyn_ref::<HtmlInputElement>() {
        line.value()
    } else if let Some(lines) = field.dyn_ref::<HtmlTextAreaElement>() {
        lines.value()
    } else {
        String::new()
    }
}

/// What fails about the field with the id `field`, the `place`-th of the form, with the value
/// that would pass: to read and, as soon as it is awake, to take over. Asleep it says what the
/// server found, which is `failing`. What somebody else saved meanwhile, `theirs`, is offered beside it.
#[island]
pub fn Remarks(place: u32, field: String, failing: Vec<Violation>, theirs: Option<String>) -> impl IntoView {
    let awake = RwSignal::new(false);
    let last = use_context::<Last>();
    Effect::new(move |_| awake.set(true));
    let newest = Memo::new(move |_| {
        let told = last
            .filter(|_| awake.get())
            .and_then(|Last(last)| last.with(|last| last.as_ref()?.pinned.get(place as usize).cloned()));
        told.unwrap_or_else(|| failing.clone())
    });
    move || {
        let mut failing = newest.get();
        // The first one is offered beside the field; the sentence has it too.
        let suggested = failing.iter().find_map(|v| v.suggestion.clone());
        for violation in &mut failing {
            violation.suggestion = None;
        }
        let offer = |value: String, words| offer(field.clone(), value, words, awake.get());
        let suggested = suggested.map(|value| offer(value, ("Use ", "Would pass: ")));
        let theirs = theirs
            .clone()
            .map(|value| offer(value, ("Use theirs: ", "Theirs: ")));
        view! {
            <Violations failing/>
            {suggested}
            {theirs}
        }
    }
}

/// A value for a field: a button as soon as it is awake, words to read before that.
fn offer(
    field: String,
    value: String,
    (click_on, read): (&'static str, &'static str),
    awake: bool,
) -> AnyView {
    let code = view! { <code>{value.clone()}</code> };
    if awake {
        let click = move |_: MouseEvent| fill(&field, &value);
        view! {
            <button type="button" class="suggestion" on:click=click>
                {click_on}
                {code}
            </button>
        }
        .into_any()
    } else {
        view! { <p class="suggestion">{read} {code}</p> }.into_any()
    }
}

/// Puts a value into a field of one line or of several, as if it had been typed.
fn fill(field: &str, value: &str) {
    let Some(element) = document().get_element_by_id(field) else {
        return;
    };
    if let Some(line) = element.dyn_ref::<HtmlInputElement>() {
        line.set_value(value);
    } else if let Some(lines) = element.dyn_ref::<HtmlTextAreaElement>() {
        lines.set_value(value);
    }
    let bubbles = EventInit::new();
    bubbles.set_bubbles(true);
    if let Ok(typed) = Event::new_with_event_init_dict("input", &bubbles) {
        // It fails only while another is on its way.
        let _ = element.dispatch_event(&typed);
    }
}
