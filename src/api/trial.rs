//! Answers for the page on which a file is tried before it is sent.

use crate::domain::ids::FeedId;
use crate::domain::report::Report;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Everything that page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialView {
    /// The feed by whose profile and contract files are tried.
    pub feed: FeedId,
    /// What its partner is called.
    pub partner_name: String,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// Which of its profiles is in force.
    pub profile_version: u32,
    /// Which of its contracts is in force.
    pub contract_version: u32,
    /// Largest file taken, in bytes.
    pub file_max: u64,
    /// Whether the reader may send the file in afterwards.
    pub may_send: bool,
    /// What came of the file that the form brought, or why it was not tried; none without one.
    pub outcome: Option<Result<Report, AppError>>,
}

/// Reads the page of a feed on which files are tried.
#[server(endpoint = "read_trial")]
pub async fn read_trial(feed: String) -> Result<TrialView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::trial::read(&viewer, &FeedId::new(feed)).await
        }
        .await,
    )
}
