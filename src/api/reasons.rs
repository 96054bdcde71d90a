//! Answers why records fail: every code in a stretch of time, counted.

use crate::domain::ids::PartnerId;
use crate::domain::query::{Asked, Shown};
use crate::domain::report::CodeCount;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One code on one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonRow {
    /// What failed, and how often.
    pub count: CodeCount,
    /// Records in the stretch it is compared with; none when that is not known.
    pub before: Option<u64>,
    /// Partners it hit, the most records first.
    pub partners: Vec<(PartnerId, u64)>,
}

/// Everything the page of reasons shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonReport {
    /// The stretch of time that it is about.
    pub shown: Shown,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// Records received in it, or sent out: what shares are of.
    pub received: u64,
    /// The codes, the most records first.
    pub rows: Vec<ReasonRow>,
    /// Partners within the caller's scope: slug and name.
    pub partners: Vec<(PartnerId, String)>,
}

/// Reads what failed, narrowed by whatever is not empty: in files that came, unless `direction` is
/// that of files that went out.
#[server(endpoint = "read_reasons")]
pub async fn read_reasons(
    #[server(default)] partner: String,
    #[server(default)] feed: String,
    #[server(default)] direction: String,
    #[server(default)] asked: Asked,
) -> Result<ReasonReport, AppError> {
    use crate::domain::account::Right;
    use crate::domain::delivery::Direction;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            let state = context::state()?;
            let direction = Direction::parse(&direction).unwrap_or(Direction::Ingest);
            desk::reasons::read(&state, &viewer, (&partner, &feed), direction, &asked).await
        }
        .await,
    )
}
