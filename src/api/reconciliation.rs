//! Answers whether everything received is accounted for.

use crate::domain::ids::PartnerId;
use crate::domain::query::{Asked, Shown};
use crate::domain::reconciliation::{Difference, Sums};
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What a partner's files add up to, of one day or of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The partner.
    pub partner: PartnerId,
    /// What it is called.
    pub name: String,
    /// The day, from midnight UTC; none when it is of all days.
    pub day: Option<DateTime<Utc>>,
    /// Its records.
    pub sums: Sums,
    /// Days of it on which they do not add up.
    pub unequal: u64,
}

/// The whole proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// The stretch of time that it is about; it speaks of the whole days that this touches.
    pub shown: Shown,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// Whether a worker keeps the figures in step with the log.
    pub followed: bool,
    /// What everything adds up to.
    pub total: Sums,
    /// Partners' days that were added up.
    pub days: u64,
    /// Files whose held records were counted.
    pub files_counted: u64,
    /// A line per partner, or per day of the one partner asked for, the newest first.
    pub lines: Vec<Line>,
    /// What does not add up.
    pub differences: Vec<Difference>,
    /// Partners within the caller's scope: slug and name.
    pub partners: Vec<(PartnerId, String)>,
}

/// Reads the proof, of one partner where it is not empty.
#[server(endpoint = "read_reconciliation")]
pub async fn read_reconciliation(
    #[server(default)] partner: String,
    #[server(default)] asked: Asked,
) -> Result<Reconciliation, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::Reconcile).await?;
            let state = context::state()?;
            desk::reconciliation::read(&state, &viewer, &partner, &asked, false).await
        }
        .await,
    )
}
