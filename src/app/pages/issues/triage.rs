//! Lets those who may say what they make of an issue: a step, who works on it, tags, a ticket and
//! a note.

use crate::api::issue::TriageIssue;
use crate::app::components::states::Refused;
use crate::app::components::textarea::in_textarea;
use crate::domain::format::count;
use crate::domain::issue::Issue;
use crate::domain::issue::triage::{Move, State};
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// Changes what people make of an issue.
pub(super) type Triage = ServerAction<TriageIssue>;

/// What is wrong with one field, if anything.
fn wrong(triage: Triage, name: &str) -> Option<String> {
    match triage.value().get() {
        Some(Err(AppError::Invalid { field, message })) if field == name => Some(message),
        _ => None,
    }
}

/// What people make of the issue, to be changed; with what was `typed` when it was refused.
pub(super) fn form(
    issue: &Issue,
    people: Vec<(String, String)>,
    typed: &ParamsMap,
    triage: Triage,
) -> AnyView {
    let now = &issue.triage;
    let said = |name: &str, now: String| typed.get(name).unwrap_or(now);
    let failed = move || match triage.value().get() {
        Some(Err(AppError::Invalid { .. }) | Ok(())) | None => None,
        Some(Err(error)) => Some(error.to_string()),
    };
    let steps = steps(now.state, &said("step", String::new()));
    let people = choices(people, now.assignee.as_ref().map(|person| person.id.as_str()));
    let may_ignore = now.state.allows(Move::Ignore);
    let ignoring = may_ignore.then(|| {
        view! {
            <div class="two">
                {input(triage, "until", "Ignore until (a day)", "date", said("until", String::new()))}
                {input(triage, "growth", "or it grows by (%)", "number", said("growth", String::new()))}
            </div>
        }
    });
    let asleep = (now.state == State::Ignored).then(|| asleep(issue));
    let ticket = now.ticket.clone().map(|href| {
        view! {
            <p>
                <a href=href rel="noreferrer noopener">"Open the ticket"</a>
            </p>
        }
    });
    let asked = super::rows::asked(now).map(|names| {
        view! { <p class="muted">{format!("A note asks {names}. They have saved nothing here since.")}</p> }
    });
    let (id, version) = (issue.id.to_string(), now.version.to_string());
    let stays = format!("stays {}", now.state.label());
    let tags = said("tags", now.tags.join(", "));
    let link = said("ticket", now.ticket.clone().unwrap_or_default());
    let note = said("note", String::new());
    view! {
        <section class="facts card triage" aria-labelledby="triage">
            <h2 id="triage">"What to make of it"</h2>
            {asleep}
            <Refused said=failed/>
            <ActionForm action=triage>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="wish[version]" value=version/>
                <label class="field">
                    <span>"Step"</span>
                    <select name="wish[step]">
                        <option value="">{stays}</option>
                        {steps}
                    </select>
                </label>
                {ignoring}
                <label class="field">
                    <span>"Works on it"</span>
                    <select name="wish[assignee]">
                        <option value="">"nobody"</option>
                        {people}
                    </select>
                </label>
                {input(triage, "tags", "Tags, with commas between", "text", tags)}
                {input(
                    triage,
                    "ticket",
                    "Ticket (https://…)",
                    "url",
                    link,
                )}
                <label class="field">
                    <span>"Note (partners do not see it; @Name asks a colleague)"</span>
                    <textarea
                        name="wish[note]"
                        rows="3"
                        maxlength="2000"
                        aria-describedby="note-error"
                    >
                        {in_textarea(&note)}
                    </textarea>
                </label>
                <p class="error" id="note-error">
                    {move || wrong(triage, "note")}
                </p>
                <button class="main">"Save"</button>
            </ActionForm>
            {asked}
            {ticket}
        </section>
    }
    .into_any()
}

fn asleep(issue: &Issue) -> AnyView {
    let until = issue
        .triage
        .until
        .map(|until| format!(" until {}", until.format("%-d %B %Y")))
        .unwrap_or_default();
    let growth = issue
        .triage
        .growth
        .map(|growth| {
            format!(
                ", or until it grows by more than {} % over {} records",
                growth.percent,
                count(growth.from)
            )
        })
        .unwrap_or_default();
    view! { <p class="muted">{format!("Ignored{until}{growth}.")}</p> }.into_any()
}

fn input(
    triage: Triage,
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    value: String,
) -> AnyView {
    let fault = Memo::new(move |_| wrong(triage, name));
    let told = format!("{name}-error");
    view! {
        <div>
            <label class="field">
                <span>{label}</span>
                <input
                    type=kind
                    name=format!("wish[{name}]")
                    value=value
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

/// The steps that are legal from a state.
fn steps(from: State, chosen: &str) -> Vec<AnyView> {
    let legal = Move::BY_PEOPLE.into_iter().filter(|step| from.allows(*step));
    legal
        .map(|step| {
            let selected = step.word() == chosen;
            view! {
                <option value=step.word() selected=selected>
                    {step.label()}
                </option>
            }
            .into_any()
        })
        .collect()
}

fn choices(people: Vec<(String, String)>, chosen: Option<&str>) -> Vec<AnyView> {
    let choice = |(id, name): (String, String)| {
        let selected = chosen == Some(id.as_str());
        view! {
            <option value=id selected=selected>
                {name}
            </option>
        }
        .into_any()
    };
    people.into_iter().map(choice).collect()
}
