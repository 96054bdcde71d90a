//! Answers what went out: exports as the log has them, by destination.

use crate::domain::ids::FeedId;
use crate::domain::query::{Asked, Shown};
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Where one feed is sent, and how that went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The feed that is sent.
    pub feed: FeedId,
    /// Whom it is sent to, by name.
    pub partner_name: String,
    /// Files that arrived.
    pub delivered: u64,
    /// Files that did not, and will not.
    pub failed: u64,
    /// Files on their way, and those that wait.
    pub pending: u64,
    /// Records in the files that arrived.
    pub records: u64,
    /// Accepted to exported: 95 of 100 files took no longer, in milliseconds.
    pub p95_ms: Option<u64>,
    /// When a file last went out, however it ended.
    pub last_at: Option<DateTime<Utc>>,
}

/// Everything the page of exports shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingReport {
    /// The stretch of time that it is about.
    pub shown: Shown,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The destinations, those with failures first.
    pub rows: Vec<Destination>,
}

/// Reads what went out to the partners within the caller's scope.
#[server(endpoint = "read_outgoing")]
pub async fn read_outgoing(#[server(default)] asked: Asked) -> Result<OutgoingReport, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            let state = context::state()?;
            desk::outgoing::read(&state, &viewer, &asked).await
        }
        .await,
    )
}
