//! Answers for one partner's page.

use super::overview::{Charts, Compared, Summary};
use crate::domain::delivery::{Delivery, Direction};
use crate::domain::happening::Happening;
use crate::domain::health::Health;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::{Asked, Shown};
use crate::domain::report::CodeCount;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One feed in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedRow {
    /// Its id, `partner/feed`.
    pub id: FeedId,
    /// Which way its files go.
    pub direction: Direction,
    /// Its lamp and the reason.
    pub health: Health,
    /// Its figures in the range.
    pub summary: Summary,
    /// When its newest file came.
    pub last_at: Option<DateTime<Utc>>,
    /// How often a file is expected, in hours.
    pub expected_every_hours: Option<u32>,
    /// Items in the catalogue we stand behind.
    pub items: u64,
}

/// Everything a partner's page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerReport {
    /// Its slug.
    pub id: PartnerId,
    /// What it is called.
    pub name: String,
    /// The stretch of time that it is about.
    pub shown: Shown,
    /// When these figures were read.
    pub as_of: DateTime<Utc>,
    /// Its lamp and the reason.
    pub health: Health,
    /// Its figures in the range.
    pub now: Summary,
    /// How it compares with the time before.
    pub compared: Compared,
    /// Held records that wait for somebody, now.
    pub open: u64,
    /// The three charts.
    pub charts: Charts,
    /// What happened to its feeds in the range, as the charts mark it, the newest first.
    pub happenings: Vec<Happening>,
    /// Its feeds.
    pub feeds: Vec<FeedRow>,
    /// What failed in the range, the most records first.
    pub reasons: Vec<CodeCount>,
    /// The newest deliveries of the range, at most ten.
    pub deliveries: Vec<Delivery>,
}

/// Reads a partner's page for what the URL asks for.
#[server(endpoint = "read_partner")]
pub async fn read_partner(
    partner: String,
    #[server(default)] asked: Asked,
) -> Result<PartnerReport, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            let state = context::state()?;
            desk::partner::read(&state, &viewer, &PartnerId::new(partner), &asked).await
        }
        .await,
    )
}
