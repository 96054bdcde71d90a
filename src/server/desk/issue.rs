//! Puts the issues board and the page of one issue together.

use crate::api::issue::{IssueBoard, IssueDelivery, IssueGroupRow, IssueView, Said};
use crate::api::quarantine::Event;
use crate::domain::account::{Right, Role, Viewer};
use crate::domain::issue::triage::Triage;
use crate::domain::issue::{Issue, IssueId, SAID, recheck};
use crate::domain::query::{IssueAsk, IssueGroup, IssueSort, Page};
use crate::domain::violation::Severity;
use crate::error::AppError;
use crate::server::context::{self, AppState};
use crate::server::store::{self, Account};

/// Rows on one page of the board.
const ROWS: u32 = 50;
/// Deliveries shown of one issue.
const DELIVERIES: u32 = 10;

/// Lists issues in the caller's scope.
pub async fn list(viewer: &Viewer, asked: &IssueAsk) -> Result<IssueBoard, AppError> {
    let state = context::state()?;
    let (store, scope) = (&state.store, viewer.scope());
    let may_triage = viewer.may(Right::TriageIssue);
    let mut filter = asked.filter(viewer);
    filter.in_tags = may_triage;
    let sort = IssueSort::parse(&asked.sort);
    let by = IssueGroup::parse(&asked.group);
    // Grouped, the list is counted and not shown.
    let rows = if by.is_some() { 0 } else { ROWS };
    let groups = async {
        match by {
            Some(by) => store.group_issues(&scope, &filter, by).await.map(Some),
            None => Ok(None),
        }
    };
    let people = async {
        if may_triage {
            store
                .list_users()
                .await
                .map(|users| named(&users, |person| viewer.shares(person)))
        } else {
            Ok(Vec::new())
        }
    };
    let (page, levels, groups, partners, people) = tokio::try_join!(
        store.list_issues(&scope, &filter, sort, &asked.after, rows),
        store.count_issue_levels(&scope, &filter),
        groups,
        store.list_partners(&scope),
        people,
    )?;
    let page = Page {
        rows: page
            .rows
            .into_iter()
            .map(|issue| seen_by(viewer, issue))
            .collect(),
        ..page
    };
    let levels = [
        Severity::Fatal,
        Severity::Error,
        Severity::Warning,
        Severity::Info,
    ]
    .into_iter()
    .filter_map(|level| Some((level, *levels.get(&level)?)))
    .collect();
    let groups = groups.map(|groups| {
        let row = |g: store::IssuesOf| IssueGroupRow {
            key: g.key,
            issues: g.issues,
            affected: g.affected,
            open: g.open,
        };
        groups.into_iter().map(row).collect()
    });
    Ok(IssueBoard {
        as_of: state.clock.now(),
        page,
        levels,
        groups,
        partners: partners.into_iter().map(|p| (p.id, p.name)).collect(),
        people,
        may_triage,
    })
}

/// Reads one issue in the caller's scope.
pub async fn read(viewer: &Viewer, id: &IssueId) -> Result<IssueView, AppError> {
    let state = context::state()?;
    let (store, scope) = (&state.store, viewer.scope());
    let found = store.find_issue(&scope, id).await?;
    let (issue, examples) = found.ok_or_else(|| AppError::not_found("issue"))?;
    let may_triage = viewer.may(Right::TriageIssue);
    let object = format!("issue:{id}");
    let (deeds, partners, deliveries) = tokio::try_join!(
        store.list_deeds(&scope, &object),
        store.list_partners(&scope),
        store.list_deliveries_with(&scope, &issue, DELIVERIES),
    )?;
    let partner_name = partners
        .into_iter()
        .find(|p| p.id == issue.partner)
        .map_or_else(|| issue.partner.to_string(), |p| p.name);
    let deliveries = deliveries
        .into_iter()
        .map(|d| IssueDelivery {
            records: d
                .codes
                .iter()
                .filter(|c| c.code == issue.code && c.attribute.as_deref() == issue.attribute.as_deref())
                .map(|c| c.records)
                .sum(),
            received: d.counts.received,
            id: d.id,
            name: d.file.name,
            at: d.received_at,
        })
        .collect();
    let (said, deeds): (Vec<_>, Vec<_>) = deeds.into_iter().partition(|d| d.action == SAID);
    let conversation = said.into_iter().map(|d| Said {
        at: d.at,
        by: d.actor_name,
        text: d.what,
    });
    // What our own people do and note is theirs.
    let history = deeds.into_iter().filter(|_| may_triage).map(|d| Event {
        at: d.at,
        by: d.actor_name,
        what: d.what,
        href: None,
    });
    Ok(IssueView {
        partner_name,
        as_of: state.clock.now(),
        examples,
        deliveries,
        history: history.collect(),
        conversation: conversation.collect(),
        may_converse: viewer.may(Right::Converse),
        recheck_asked: issue.triage.tags.iter().any(|tag| tag == recheck::ASKED),
        people: people(&state, viewer, &issue).await?,
        may_triage,
        issue: seen_by(viewer, issue),
    })
}

/// What of an issue the caller is to see: who works on it, and how, is no business of partners.
pub(super) fn seen_by(viewer: &Viewer, issue: Issue) -> Issue {
    if viewer.may(Right::TriageIssue) {
        return issue;
    }
    let triage = Triage {
        state: issue.triage.state,
        regressed: issue.triage.regressed,
        ..Triage::default()
    };
    Issue { triage, ..issue }
}

/// Accounts that an issue may be assigned to: ours that may see its partner.
async fn people(state: &AppState, viewer: &Viewer, issue: &Issue) -> Result<Vec<(String, String)>, AppError> {
    if !viewer.may(Right::TriageIssue) {
        return Ok(Vec::new());
    }
    Ok(people_of(&state.store.list_users().await?, issue))
}

/// Those of the accounts: id and name, by name.
pub(super) fn people_of(users: &[Account], issue: &Issue) -> Vec<(String, String)> {
    named(users, |person| person.scope().covers(&issue.partner))
}

pub(super) fn named(users: &[Account], may: impl Fn(&Viewer) -> bool) -> Vec<(String, String)> {
    let ours = users.iter().map(|account| &account.viewer);
    let mut people: Vec<(String, String)> = ours
        .filter(|person| person.role != Role::Partner && may(person))
        .map(|person| (person.id.to_string(), person.name.clone()))
        .collect();
    people.sort_by_cached_key(|(_, name)| name.to_lowercase());
    people
}
