//! Answers for jobs on sets of held records: planning one, starting and steering it, and how far
//! it has come.

use crate::domain::bulk::fix::Mend;
use crate::domain::bulk::{Action, Outcome, Pace, State, Tally};
use crate::domain::ids::{DeliveryId, FeedId, JobId, RecordId};
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A job on a set, on one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkRow {
    /// Its id.
    pub id: JobId,
    /// What is done.
    pub action: Action,
    /// The feed of its records.
    pub feed: FeedId,
    /// How far it has come.
    pub state: State,
    /// Records in the set.
    pub frozen: u64,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
}

/// A job on a set, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkView {
    /// What stands on its line.
    pub row: BulkRow,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The address of the list that it was asked for from; empty for a selection.
    pub list: String,
    /// Why it is done, where it asks for a reason.
    pub reason: String,
    /// Why it paused by itself.
    pub why: Option<String>,
    /// How fast it goes.
    pub pace: Pace,
    /// When it was started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was done, or cancelled.
    pub ended_at: Option<DateTime<Utc>>,
    /// What became of its records.
    pub tally: Tally,
    /// What is changed in each before it is replayed.
    pub mend: Option<Mend>,
    /// What that changes in the first records that it changes.
    pub samples: Vec<Sample>,
    /// Whether the caller may have it changed.
    pub may_mend: bool,
    /// Whether the caller may keep the fix for the files to come, in the feed's profile.
    pub may_keep: bool,
    /// What would become of them.
    pub rehearsal: Rehearsal,
    /// The last thing that went wrong with a single record.
    pub failure: Option<String>,
    /// The first records that did not go through.
    pub stuck: Vec<Stuck>,
    /// The delivery that it writes, once there is one.
    pub delivery: Option<DeliveryId>,
}

/// What would become of a set's records today.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// Records that were looked at.
    pub seen: u64,
    /// Of these, how many the fix would change.
    pub changed: u64,
    /// Of these, how many would pass.
    pub pass: u64,
    /// Of these, how many were dealt with meanwhile.
    pub gone: u64,
    /// Of these, how many would fail, by code, the most first; a record may be under several.
    pub fail: Vec<(String, u64)>,
}

/// A record that did not go through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stuck {
    /// The record.
    pub id: RecordId,
    /// Its product's id; empty when it has none, or is no longer there.
    pub item: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The worst that is wrong with it by now; empty when nothing is.
    pub why: String,
}

/// What a fix changes in one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The record.
    pub id: RecordId,
    /// Its product's id; empty when it has none.
    pub item: String,
    /// The attribute's values as they stand.
    pub before: Vec<String>,
    /// And as they would be.
    pub after: Vec<String>,
    /// Whether the record would pass.
    pub passes: bool,
}

/// Which held records are meant: the words of the quarantine's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meant {
    /// Of this partner.
    pub partner: String,
    /// Of this feed.
    pub feed: String,
    /// Of this delivery.
    pub delivery: String,
    /// In this state.
    pub state: String,
    /// That broke this rule.
    pub code: String,
    /// Of this product.
    pub item: String,
}

/// Freezes a set of held records and goes to the plan. `what` is what to do and to which:
/// `replay-all` takes all that are meant, `replay-selected` those ticked; so with `discard` and
/// `restore`.
#[server(endpoint = "plan_bulk")]
pub async fn plan_bulk(
    what: String,
    #[server(default)] ids: Vec<String>,
    #[server(default)] meant: Meant,
) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ReplayRecord).await?;
            let ids = ids.into_iter().map(RecordId::new).collect();
            desk::bulk::plan(&viewer, &what, ids, meant).await
        }
        .await,
    )
}

/// Reads how far a job on a set has come.
#[server(endpoint = "read_bulk")]
pub async fn read_bulk(id: String) -> Result<BulkView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ManageJobs).await?;
            desk::bulk::read(&viewer, &JobId::new(id)).await
        }
        .await,
    )
}

/// Has each record of a planned replay changed by a rule first, and tries them anew. Without a word
/// for the change the records go out as they are.
#[server(endpoint = "mend_bulk")]
pub async fn mend_bulk(
    id: String,
    #[server(default)] attribute: String,
    #[server(default)] change: String,
    #[server(default)] from: String,
    #[server(default)] to: String,
    #[server(default)] why: String,
) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::bulk::fix::{Change, Fix};
    use crate::server::{context, desk};
    use leptos::server_fn::ServerFn;
    let result = async {
        let viewer = context::viewer(Right::EditRecord).await?;
        let fix = Change::parse(&change).map(|change| Fix {
            attribute: attribute.trim().to_owned(),
            change,
            from: from.clone(),
            to: to.clone(),
        });
        desk::mend::ask(&viewer, &JobId::new(id.clone()), fix, &why).await
    }
    .await;
    let typed = [
        ("attribute", &*attribute),
        ("change", &*change),
        ("from", &*from),
        ("to", &*to),
        ("why", &*why),
    ];
    context::reply_to_form(MendBulk::PATH, &format!("/jobs/{id}"), typed, result)
}

/// Begins a draft of the feed's profile that keeps the fix of a job, and goes there to try it.
#[server(endpoint = "keep_fix")]
pub async fn keep_fix(id: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::EditProfile).await?;
            desk::mend::keep(&viewer, &JobId::new(id)).await
        }
        .await,
    )
}

/// Starts a planned job. `stop_above` and `per_second` may be empty, for none.
#[server(endpoint = "start_bulk")]
pub async fn start_bulk(
    id: String,
    #[server(default)] ramp: String,
    #[server(default)] stop_above: String,
    #[server(default)] per_second: String,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ReplayRecord).await?;
            let asked = (!ramp.is_empty(), stop_above.trim(), per_second.trim());
            desk::bulk::start(&viewer, &JobId::new(id), asked, &reason).await
        }
        .await,
    )
}

/// Pauses, resumes or cancels a job: `step` is one of these words.
#[server(endpoint = "steer_bulk")]
pub async fn steer_bulk(id: String, step: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ReplayRecord).await?;
            desk::bulk::steer(&viewer, &JobId::new(id), &step).await
        }
        .await,
    )
}
