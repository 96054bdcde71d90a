//! Says while somebody types whether the record would pass, by the engine that the server asks.
//!
//! [`Judged`] holds the fields of the editor and reads them as the server will when they are
//! sent; [`Remarks`] stands below each field and says what fails about it. The server decides,
//! when the record is saved.

use crate::app::components::violations::Violations;
use crate::domain::contract::{Asked, Contract, Verdict};
use crate::domain::record::Attributes;
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
    verdict: Verdict,
    /// What fails about each field.
    pinned: Vec<Vec<Violation>>,
    /// What fails about none.
    others: Vec<Violation>,
}

/// The fields, and below them what the contract says of them. `whole` is what the server found
/// about the record as a whole, and `looks_up` whether it knows categories, which are not here.
#[island]
pub fn Judged(
    contract: Contract,
    now: DateTime<Utc>,
    looks_up: bool,
    whole: Vec<Violation>,
    children: Children,
) -> impl IntoView {
    let here = NodeRef::<html::Div>::new();
    let last = RwSignal::new(None);
    provide_context(Last(last));
    let judge = move || {
        let Some(fields) = here.get_untracked().map(|here| Fields::of(&here)) else {
            return;
        };
        let verdict = Verdict::of(&Asked {
            contract: contract.clone(),
            attributes: fields.record(),
            now,
        });
        let (pinned, others) = verdict.pinned(&fields.all);
        fields.mark(&pinned);
        last.set(Some(Told {
            verdict,
            pinned,
            others,
        }));
    };
    let again = judge.clone();
    Effect::new(move |_| judge());
    let others = move || last.with(|last| last.as_ref().map_or_else(|| whole.clone(), |l| l.others.clone()));
    let line = move || last.with(|last| last.as_ref().map(|last| said(&last.verdict, looks_up)));
    let class = move || {
        last.with(|last| match last {
            None => "verdict",
            Some(last) if last.verdict.passes() => "verdict passes",
            Some(_) => "verdict fails",
        })
    };
    view! {
        <div class="judged" node_ref=here on:input=move |_| again()>
            {children()}
            <div class=class>
                {move || view! { <Violations failing=others()/> }}
                <p class="line" role="status">
                    {line}
                </p>
            </div>
        </div>
    }
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

/// The fields as they stand, a name and a value each.
struct Fields {
    all: Attributes,
    values: Vec<Element>,
}

impl Fields {
    fn of(form: &Element) -> Self {
        let values = find(form, "[name='values[]']");
        let names = find(form, "[name='names[]']");
        let pairs = names.iter().zip(&values);
        Self {
            all: Attributes(pairs.map(|(name, value)| (typed(name), typed(value))).collect()),
            values,
        }
    }

    /// The record that the server makes of them.
    fn record(&self) -> Attributes {
        let (names, values) = self.all.0.iter().cloned().unzip();
        Attributes::typed(names, values)
    }

    /// Marks the fields about which an error is told, for those who do not see the remark.
    fn mark(&self, pinned: &[Vec<Violation>]) {
        for (field, failing) in self.values.iter().zip(pinned) {
            let marked = if failing.iter().any(|v| v.severity <= Severity::Error) {
                field.set_attribute("aria-invalid", "true")
            } else {
                field.remove_attribute("aria-invalid")
            };
            // Only a name that is none can be refused.
            drop(marked);
        }
    }
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
