//! Answers for the worker's jobs: the list, and another try for one that was set aside.

use super::bulk::BulkRow;
use crate::domain::ids::{DeliveryId, FeedId, JobId};
use crate::domain::job::{Kind, State};
use crate::domain::query::Page;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One job and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: Kind,
    /// How far it has come.
    pub state: State,
    /// The feed it is about.
    pub feed: FeedId,
    /// The delivery it takes in or has made, where there is one to look at.
    pub delivery: Option<DeliveryId>,
    /// What it is about, in words.
    pub about: String,
    /// How often it was begun.
    pub attempts: u32,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// When it may be begun again, while it is queued after a failure.
    pub next_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// One page of jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobList {
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The state asked for.
    pub state: Option<State>,
    /// The rows, the newest first.
    pub page: Page<JobRow>,
    /// Jobs that were set aside and wait for somebody.
    pub aside: u64,
    /// The newest jobs on sets of held records; none on further pages.
    pub bulks: Vec<BulkRow>,
}

/// Lists jobs, the newest first, of one state when it is not empty.
#[server(endpoint = "list_jobs")]
pub async fn list_jobs(
    #[server(default)] state: String,
    #[server(default)] after: String,
) -> Result<JobList, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ManageJobs).await?;
            desk::job::list(&viewer, State::parse(&state), &after).await
        }
        .await,
    )
}

/// Has a job that was set aside tried again.
#[server(endpoint = "retry_job")]
pub async fn retry_job(id: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ManageJobs).await?;
            desk::job::retry(&viewer, &JobId::new(id)).await
        }
        .await,
    )
}
