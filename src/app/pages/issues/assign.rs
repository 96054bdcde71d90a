//! Gives the issues that are ticked on the board to somebody.

use crate::api::issue::AssignIssues;
use crate::app::components::states::{Notice, Refused, Tone};
use crate::app::link::Link;
use crate::domain::format::counted;
use crate::domain::issue::IssueId;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The id of the form, which the boxes of the rows belong to.
const FORM: &str = "assign";

/// The box with which an issue is ticked.
pub(super) fn tick(id: &IssueId, title: &str) -> AnyView {
    view! {
        <input type="checkbox" name="ids[]" value=id.to_string() form=FORM aria-label=format!("Tick {title}")/>
    }
    .into_any()
}

/// What assigns issues, and how many it gave away the last time.
#[derive(Clone, Copy)]
pub(super) struct Giving {
    pub assign: ServerAction<AssignIssues>,
    pub given: Memo<Option<u64>>,
}

/// What came of the last time.
pub(super) fn told(giving: Giving) -> AnyView {
    let told = giving.given.get().map(|n| {
        let were = if n == 1 { "was" } else { "were" };
        view! { <Notice tone=Tone::Good>{format!("{} {were} assigned.", counted(n, "issue", "issues"))}</Notice> }
    });
    told.into_any()
}

/// The form, for a board at this address.
pub(super) fn form(link: &Link, people: Vec<(String, String)>, giving: Giving) -> AnyView {
    let assign = giving.assign;
    let people: Vec<_> = people
        .into_iter()
        .map(|(id, name)| view! { <option value=id>{name}</option> })
        .collect();
    let board = link.href();
    view! {
        <Refused said=move || assign.value().get().and_then(Result::err)/>
        <ActionForm action=assign attr:id=FORM attr:class="bulk">
            <input type="hidden" name="board" value=board/>
            <div class="choices">
                <label class="field inline">
                    <span>"Assign the ticked to"</span>
                    <select name="assignee">
                        <option value="">"nobody"</option>
                        {people}
                    </select>
                </label>
                <button>"Assign"</button>
            </div>
        </ActionForm>
    }
    .into_any()
}
