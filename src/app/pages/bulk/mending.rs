//! Lets staff change one attribute of every record of a planned replay by a rule, and shows some
//! of them before and after.

use super::Mend;
use crate::api::bulk::{BulkView, Sample};
use crate::app::components::table::{Table, text};
use crate::app::link;
use crate::domain::bulk::fix::{Change, VALUE_MAX};
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// The fix of a plan, if it has one, and the form for another, with what was `typed` when it was
/// refused.
pub(super) fn view(view: &BulkView, mend: Mend, typed: &ParamsMap) -> AnyView {
    let asked = view.mend.as_ref().map(|asked| {
        let id = view.row.id.to_string();
        view! {
            <p>
                {asked.fix.sentence()} ", asked for by " {asked.by.clone()} ": " <q>{asked.why.clone()}</q>
                ". Each record that changes gets a revision of its own; what was sent stays as it was."
            </p>
            {samples(view.samples.clone(), &asked.fix.attribute)}
            <ActionForm action=mend>
                <input type="hidden" name="id" value=id/>
                <button>"Replay them without this fix"</button>
            </ActionForm>
        }
    });
    let title = if asked.is_some() {
        "The fix"
    } else {
        "Change them first"
    };
    view! {
        <section class="card panel" aria-labelledby="mend">
            <h2 id="mend">{title}</h2>
            {asked}
            {form(view, mend, typed)}
        </section>
    }
    .into_any()
}

/// The rule, folded away until somebody wants one.
fn form(view: &BulkView, mend: Mend, typed: &ParamsMap) -> AnyView {
    let says = if view.mend.is_none() {
        "Change an attribute of every record by a rule"
    } else {
        "Try another fix"
    };
    let id = view.row.id.to_string();
    let changes: Vec<_> = Change::ALL
        .into_iter()
        .map(|change| {
            let chosen = typed.get_str("change") == Some(change.word());
            view! {
                <option value=change.word() selected=chosen>
                    {change.label()}
                </option>
            }
        })
        .collect();
    let attribute = input(mend, typed, "attribute", "Attribute", "price");
    let from = input(
        mend,
        typed,
        "from",
        "What to look for (a value, a text, a pattern such as ^EUR *), or the other attribute",
        "",
    );
    let to = input(mend, typed, "to", "What to write", "");
    let why = input(mend, typed, "why", "Why (each record keeps it)", "");
    view! {
        <details class="search" open=move || faulty(mend)>
            <summary>{says}</summary>
            <ActionForm action=mend>
                <input type="hidden" name="id" value=id/>
                <div class="filters fixing">
                    {attribute}
                    <label class="field">
                        <span>"What to do with it"</span>
                        <select name="change">{changes}</select>
                    </label>
                    {from}
                    {to}
                    {why}
                </div>
                <button>"Try this fix"</button>
            </ActionForm>
        </details>
    }
    .into_any()
}

/// Whether the last try was refused for a field of the form.
fn faulty(mend: Mend) -> bool {
    matches!(mend.value().get(), Some(Err(AppError::Invalid { .. })))
}

fn input(
    mend: Mend,
    typed: &ParamsMap,
    name: &'static str,
    label: &'static str,
    example: &'static str,
) -> AnyView {
    let fault = Memo::new(move |_| match mend.value().get() {
        Some(Err(AppError::Invalid { field, message })) if field == name => Some(message),
        _ => None,
    });
    let told = format!("mend-{name}");
    let value = typed.get(name);
    view! {
        <div>
            <label class="field">
                <span>{label}</span>
                <input
                    name=name
                    value=value
                    placeholder=example
                    maxlength=VALUE_MAX.to_string()
                    autocomplete="off"
                    aria-invalid=move || fault.get().map(|_| "true")
                    aria-describedby=told.clone()
                />
            </label>
            <p class="error" id=told>
                {move || fault.get()}
            </p>
        </div>
    }
    .into_any()
}

fn samples(samples: Vec<Sample>, attribute: &str) -> AnyView {
    if samples.is_empty() {
        return view! {
            <p class="muted">"It changes none of the first records. Is the attribute spelled as they have it?"</p>
        }
        .into_any();
    }
    let columns = vec![text("Record"), text("Now"), text("With the fix"), text("Then it")];
    let rows: Vec<_> = samples
        .into_iter()
        .map(|sample| {
            let name = if sample.item.is_empty() {
                sample.id.to_string()
            } else {
                sample.item
            };
            view! {
                <tr>
                    <th scope="row">
                        <a href=link::record(&sample.id).href()>{name}</a>
                    </th>
                    <td>{values(&sample.before)}</td>
                    <td>{values(&sample.after)}</td>
                    <td>{if sample.passes { "passes" } else { "fails still" }}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! { <Table caption=format!("{attribute} before and after") columns rows/> }.into_any()
}

fn values(values: &[String]) -> AnyView {
    if values.is_empty() {
        return view! { <span class="muted">"none"</span> }.into_any();
    }
    view! { <code>{values.join("\n")}</code> }.into_any()
}
