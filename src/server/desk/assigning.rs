//! Gives many issues to somebody at once, when all of them can be theirs.

use super::issue::people_of;
use super::triage::assignee;
use crate::domain::account::Viewer;
use crate::domain::issue::triage::Person;
use crate::domain::issue::{Issue, IssueId};
use crate::error::AppError;
use crate::server::context::{self, AppState, go};
use crate::server::store::{self, Deed, IssueChange};

/// Most issues that are given away at once: what one page of the board shows.
const MOST: usize = 50;
/// How often it is tried for an issue that somebody else changes at the same moment.
const TRIES: u32 = 5;

/// Gives the issues to the account, or to nobody, and goes back to the board.
pub async fn assign(viewer: &Viewer, ids: &[IssueId], account: &str, board: &str) -> Result<(), AppError> {
    let state = context::state()?;
    if ids.is_empty() || ids.len() > MOST {
        return Err(AppError::invalid(
            "ids",
            format!("Tick 1 to {MOST} issues first."),
        ));
    }
    let mut meant = Vec::with_capacity(ids.len());
    for id in ids {
        let found = state.store.find_issue(&viewer.scope(), id).await?;
        let (issue, _) = found.ok_or_else(|| AppError::not_found("issue"))?;
        meant.push(issue);
    }
    // Nothing is given away before everything can be.
    let users = state.store.list_users().await?;
    let mut to = None;
    for issue in &meant {
        to = assignee(&people_of(&users, issue), account).map_err(|_| {
            AppError::invalid(
                "assignee",
                format!(
                    "Nothing was assigned: there is no such account that may see {}.",
                    issue.partner
                ),
            )
        })?;
    }
    for issue in meant {
        give(&state, viewer, issue, to.as_ref()).await?;
    }
    // Only the board is gone back to, whatever address was sent.
    let is_plain = |query: &&str| query.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
    let query = board
        .strip_prefix("/issues?")
        .filter(is_plain)
        .unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "&" };
    go(&format!("/issues?{query}{mark}assigned={}", ids.len()));
    Ok(())
}

/// Gives one issue away, whatever else is done to it meanwhile.
async fn give(
    state: &AppState,
    viewer: &Viewer,
    mut issue: Issue,
    to: Option<&Person>,
) -> Result<(), AppError> {
    for _ in 0..TRIES {
        if issue.triage.assignee.as_ref() == to {
            return Ok(());
        }
        let name = to.map_or("nobody", |person| &*person.name);
        let mut after = issue.triage.clone();
        after.assignee = to.cloned();
        after.ask(&viewer.id, Vec::new());
        after.version += 1;
        let object = format!("issue:{}", issue.id);
        let (partner, what) = (Some(issue.partner.clone()), format!("assigned it to {name}"));
        let deed = Deed::of(viewer, "issue.assign", object, partner, what, state.clock.now());
        let change = IssueChange {
            seen: issue.triage.version,
            step: None,
            after,
            deeds: vec![deed],
        };
        match state
            .store
            .rule_on_issue(&viewer.scope(), &issue.id, &change)
            .await
        {
            Err(store::Error::Conflict { .. }) => {
                let found = state.store.find_issue(&viewer.scope(), &issue.id).await?;
                issue = found.ok_or_else(|| AppError::not_found("issue"))?.0;
            }
            done => return Ok(done?),
        }
    }
    Err(AppError::conflict(
        "Some of the issues are being changed just now and are not assigned. Load the board again and repeat it.",
    ))
}
