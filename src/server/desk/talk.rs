//! Lets the two sides write to each other about an issue, and a partner ask for its records to be
//! checked again.
//!
//! A request is a tag of the issue, so that it stands on the board until somebody has dealt with it,
//! and a line of the conversation, so that both sides see it.

use crate::domain::account::Viewer;
use crate::domain::format::counted;
use crate::domain::issue::triage::Triage;
use crate::domain::issue::{IssueId, SAID, recheck};
use crate::error::AppError;
use crate::server::context::{self, go};
use crate::server::store::{Deed, IssueChange};

/// Longest text, in characters.
const LONGEST: usize = 2000;

/// Writes to the other side about an issue in the caller's scope.
pub async fn say(viewer: &Viewer, id: &IssueId, text: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let found = state.store.find_issue(&viewer.scope(), id).await?;
    let (issue, _) = found.ok_or_else(|| AppError::not_found("issue"))?;
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > LONGEST {
        return Err(AppError::invalid(
            "text",
            format!("Write 1 to {LONGEST} characters; this has {length}."),
        ));
    }
    let (object, now) = (format!("issue:{id}"), state.clock.now());
    let deed = Deed::of(viewer, SAID, object, Some(issue.partner), text.to_owned(), now);
    state.store.insert_deed(&deed).await?;
    go(&format!("/issues/{id}?said={}#conversation", now.timestamp()));
    Ok(())
}

/// Asks for the held records of an issue in the caller's scope to be checked again.
pub async fn ask_recheck(viewer: &Viewer, id: &IssueId) -> Result<(), AppError> {
    let state = context::state()?;
    let found = state.store.find_issue(&viewer.scope(), id).await?;
    let (issue, _) = found.ok_or_else(|| AppError::not_found("issue"))?;
    let tags = &issue.triage.tags;
    if issue.open == 0 {
        return Err(AppError::conflict("No record of this issue waits any more."));
    }
    if tags.iter().any(|tag| tag == recheck::ASKED) {
        return Err(AppError::conflict(
            "It was asked for before, and is not done yet.",
        ));
    }
    let mut after = Triage {
        version: issue.triage.version + 1,
        recheck: issue.open,
        ..issue.triage.clone()
    };
    // Where there is no room for it, what was written says it all the same.
    if tags.len() < Triage::TAGS {
        after.tags.push(recheck::ASKED.to_owned());
        after.tags.sort_unstable();
    }
    let (object, now) = (format!("issue:{id}"), state.clock.now());
    let records = counted(issue.open, "held record", "held records");
    let text = format!("Asked for {records} to be checked again: it is mended on our side.");
    let change = IssueChange {
        seen: issue.triage.version,
        step: None,
        after,
        deeds: vec![Deed::of(viewer, SAID, object, Some(issue.partner), text, now)],
    };
    state.store.rule_on_issue(&viewer.scope(), id, &change).await?;
    go(&format!("/issues/{id}?said={}#conversation", now.timestamp()));
    Ok(())
}
