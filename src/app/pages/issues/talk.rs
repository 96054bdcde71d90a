//! Shows what the two sides wrote to each other about an issue, and lets either write.

use crate::api::issue::{AskRecheck, Said, SayOnIssue};
use crate::app::components::states::{Notice, Refused, Tone};
use crate::app::components::textarea::in_textarea;
use crate::app::components::time::Ago;
use crate::domain::format::counted;
use crate::domain::issue::{Issue, IssueId};
use chrono::{DateTime, Utc};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// What can be written.
#[derive(Clone, Copy)]
pub(super) struct Talks {
    say: ServerAction<SayOnIssue>,
    recheck: ServerAction<AskRecheck>,
}

impl Talks {
    pub(super) fn new() -> Self {
        Self {
            say: ServerAction::new(),
            recheck: ServerAction::new(),
        }
    }

    fn refusal(self) -> Option<String> {
        let all = [self.say.value().get(), self.recheck.value().get()];
        let refused = all.into_iter().flatten().find_map(Result::err);
        refused.map(|error| error.to_string())
    }
}

/// Lets a partner say that it has mended what it sends, and tells whether that is looked at.
pub(super) fn recheck(issue: &Issue, asked: bool, may_ask: bool, talks: Talks) -> Option<AnyView> {
    if issue.open == 0 || !(asked || may_ask) {
        return None;
    }
    let waiting = counted(issue.open, "record", "records");
    if asked {
        let sentence = format!("{waiting} of this issue wait to be checked again, as the partner has asked.");
        return Some(view! { <Notice tone=Tone::Watch><p>{sentence}</p></Notice> }.into_any());
    }
    let id = issue.id.to_string();
    Some(
        view! {
            <section class="block">
                <h2>"I fixed it"</h2>
                <p class="hint">
                    {format!(
                        "A mended file settles this by itself. Where the fault was not in the file, ask for the {waiting} that wait to be checked again; somebody of ours looks at it, and what comes of it stands here.",
                    )}
                </p>
                <ActionForm action=talks.recheck>
                    <input type="hidden" name="id" value=id/>
                    <button>{format!("Ask for {waiting} to be checked again")}</button>
                </ActionForm>
            </section>
        }
        .into_any(),
    )
}

/// The section; `typed` is what was refused, as it was typed.
pub(super) fn section(
    id: &IssueId,
    said: Vec<Said>,
    may_converse: bool,
    is_ours: bool,
    typed: String,
    talks: Talks,
    as_of: DateTime<Utc>,
) -> AnyView {
    let lines: Vec<_> = said
        .into_iter()
        .map(|one| {
            view! {
                <li>
                    <p class="said">{one.text}</p>
                    <p class="muted small">
                        <strong>{one.by}</strong>
                        ", " <Ago at=one.at as_of/>
                    </p>
                </li>
            }
        })
        .collect();
    let list = if lines.is_empty() {
        view! { <p class="muted">"Nobody has written yet."</p> }.into_any()
    } else {
        view! { <ol class="timeline">{lines}</ol> }.into_any()
    };
    let (label, hint) = if is_ours {
        (
            "Write to the partner",
            "The partner reads it on this page. What is for us alone goes into a note.",
        )
    } else {
        (
            "Write to us",
            "Whoever looks after your feeds reads it on this page.",
        )
    };
    let refusal = move || talks.refusal();
    let id = id.to_string();
    let form = may_converse.then(|| {
        view! {
            <Refused said=refusal/>
            <ActionForm action=talks.say attr:class="stack">
                <input type="hidden" name="id" value=id/>
                <label class="field">
                    <span>{label}</span>
                    <textarea name="text" rows="3" required maxlength="2000" aria-describedby="talk-hint">
                        {in_textarea(&typed)}
                    </textarea>
                </label>
                <p id="talk-hint" class="muted small">
                    {hint}
                </p>
                <p>
                    <button>"Send"</button>
                </p>
            </ActionForm>
        }
    });
    view! {
        <section class="block talk" id="conversation">
            <h2>"Conversation"</h2>
            {list}
            {form}
        </section>
    }
    .into_any()
}
