//! Answers for the issues board: the list, one issue, and what people make of it.

use super::quarantine::Event;
use crate::domain::ids::{DeliveryId, PartnerId};
use crate::domain::issue::{Example, Issue};
use crate::domain::query::{IssueAsk, Page};
use crate::domain::violation::Severity;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Issues that have something in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueGroupRow {
    /// What they have in common; empty for an attribute that is none.
    pub key: String,
    /// How many they are.
    pub issues: u64,
    /// Records that the last deliveries have of them.
    pub affected: u64,
    /// Records of them that wait.
    pub open: u64,
}

/// One page of the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueBoard {
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The issues; none when they are grouped.
    pub page: Page<Issue>,
    /// Issues of the filter by severity, its own severity left out, the worst first.
    pub levels: Vec<(Severity, u64)>,
    /// The groups, when they are asked for.
    pub groups: Option<Vec<IssueGroupRow>>,
    /// Partners within the caller's scope: slug and name.
    pub partners: Vec<(PartnerId, String)>,
    /// Ours whom issues may be assigned to: account and name; empty for those who may not.
    pub people: Vec<(String, String)>,
    /// Whether the caller may see and change who works on what.
    pub may_triage: bool,
}

/// One delivery that an issue was in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueDelivery {
    /// The delivery.
    pub id: DeliveryId,
    /// Its file's name.
    pub name: String,
    /// When it was received.
    pub at: DateTime<Utc>,
    /// Records of it that failed.
    pub records: u64,
    /// All its records.
    pub received: u64,
}

/// Something that one side wrote to the other about an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// What.
    pub text: String,
}

/// One issue and what may be made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueView {
    /// The issue.
    pub issue: Issue,
    /// What its partner is called.
    pub partner_name: String,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// Examples, spread over the shapes of values.
    pub examples: Vec<Example>,
    /// The last deliveries that had it, newest first.
    pub deliveries: Vec<IssueDelivery>,
    /// What people and deliveries did to it, oldest first; empty for partners.
    pub history: Vec<Event>,
    /// What the two sides wrote to each other about it, oldest first.
    pub conversation: Vec<Said>,
    /// Whether the caller may write to the other side.
    pub may_converse: bool,
    /// Whether its held records are to be checked again, as the partner has asked.
    pub recheck_asked: bool,
    /// Whom it may be assigned to: account and name; empty for those who may not.
    pub people: Vec<(String, String)>,
    /// Whether the caller may triage it.
    pub may_triage: bool,
}

/// What somebody sends to change what people make of an issue. Empty fields say nothing, but
/// for tags, ticket and assignee, which are as they are sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// The version that they saw.
    pub version: u32,
    /// A move's word; empty to leave the state.
    pub step: String,
    /// The account that works on it; empty for nobody.
    pub assignee: String,
    /// Tags, with commas between them.
    pub tags: String,
    /// An `https` address; empty for none.
    pub ticket: String,
    /// A day, `2026-12-31`, until which it is ignored.
    pub until: String,
    /// Per cent it may grow by while it is ignored.
    pub growth: String,
    /// A note for the timeline.
    pub note: String,
}

/// Lists issues, narrowed, sorted and grouped as asked.
#[server(endpoint = "list_issues")]
pub async fn list_issues(#[server(default)] asked: IssueAsk) -> Result<IssueBoard, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::issue::list(&viewer, &asked).await
        }
        .await,
    )
}

/// Reads one issue.
#[server(endpoint = "read_issue")]
pub async fn read_issue(id: String) -> Result<IssueView, AppError> {
    use crate::domain::account::Right;
    use crate::domain::issue::IssueId;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::issue::read(&viewer, &IssueId::new(id)).await
        }
        .await,
    )
}

/// Changes what people make of an issue, and goes back to it. What was typed comes back with a
/// refusal, in the address.
#[server(endpoint = "triage_issue")]
pub async fn triage_issue(id: String, #[server(default)] wish: Wish) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::issue::IssueId;
    use crate::server::{context, desk};
    use leptos::server_fn::ServerFn;
    let result = async {
        let viewer = context::viewer(Right::TriageIssue).await?;
        desk::triage::triage(&viewer, &IssueId::new(id.clone()), &wish).await
    }
    .await;
    let typed = [
        ("step", &*wish.step),
        ("tags", &*wish.tags),
        ("ticket", &*wish.ticket),
        ("until", &*wish.until),
        ("growth", &*wish.growth),
        ("note", &*wish.note),
    ];
    context::reply_to_form(TriageIssue::PATH, &format!("/issues/{id}"), typed, result)
}

/// Gives the ticked issues to an account, or to nobody, and goes back to the board at its address.
#[server(endpoint = "assign_issues")]
pub async fn assign_issues(
    #[server(default)] ids: Vec<String>,
    #[server(default)] assignee: String,
    #[server(default)] board: String,
) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::issue::IssueId;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::TriageIssue).await?;
            let ids: Vec<IssueId> = ids.into_iter().map(IssueId::new).collect();
            desk::assigning::assign(&viewer, &ids, &assignee, &board).await
        }
        .await,
    )
}

/// Writes to the other side about an issue, and goes back to it.
#[server(endpoint = "say_on_issue")]
pub async fn say_on_issue(id: String, text: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::issue::IssueId;
    use crate::server::{context, desk};
    use leptos::server_fn::ServerFn;
    let result = async {
        let viewer = context::viewer(Right::Converse).await?;
        desk::talk::say(&viewer, &IssueId::new(id.clone()), &text).await
    }
    .await;
    context::reply_to_form(
        SayOnIssue::PATH,
        &format!("/issues/{id}"),
        [("text", &*text)],
        result,
    )
}

/// Asks for the held records of an issue to be checked again, and goes back to it.
#[server(endpoint = "ask_recheck")]
pub async fn ask_recheck(id: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::issue::IssueId;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::Converse).await?;
            desk::talk::ask_recheck(&viewer, &IssueId::new(id)).await
        }
        .await,
    )
}
