//! Answers for a partner's report: what to mend first, and how the time was.

use super::overview::{Charts, Compared, Summary};
use crate::domain::arrivals::Day;
use crate::domain::delivery::Delivery;
use crate::domain::health::Health;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::issue::Issue;
use crate::domain::query::Shown;
use crate::domain::report::CodeCount;
use crate::domain::score::Score;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One feed's arrivals, day by day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedArrivals {
    /// The feed.
    pub feed: FeedId,
    /// How often a file is expected, in hours.
    pub every: Option<u32>,
    /// The days, oldest first.
    pub days: Vec<Day>,
}

/// Everything the report shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportView {
    /// Whose it is.
    pub id: PartnerId,
    /// What it is called.
    pub name: String,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// Its lamp and the reason.
    pub health: Health,
    /// The month that was asked for, as in the address; empty for the last 30 days.
    pub month: String,
    /// The time in words: `in November 2026`.
    pub time: String,
    /// Months that may be asked for, the newest first: as in the address, and in words.
    pub months: Vec<(String, String)>,
    /// The stretch of time.
    pub shown: Shown,
    /// Its figures.
    pub now: Summary,
    /// How it compares with the time before.
    pub compared: Compared,
    /// The score; none when nothing came.
    pub score: Option<Score>,
    /// What needs attention now, the most impact first; empty in a month that is over.
    pub attention: Vec<Issue>,
    /// How many issues there are altogether now.
    pub active: u64,
    /// What the newest file has no more.
    pub fixed: Vec<Issue>,
    /// What failed in the time, the most records first.
    pub reasons: Vec<CodeCount>,
    /// When files came.
    pub arrivals: Vec<FeedArrivals>,
    /// Files that could not be read, the newest first.
    pub unread: Vec<Delivery>,
    /// Files, the newest first.
    pub deliveries: Vec<Delivery>,
    /// How many files there were.
    pub files: u64,
    /// The three charts.
    pub charts: Charts,
}

/// Reads the report of a partner: of a month, `2026-11`, or of the last 30 days.
#[server(endpoint = "read_report")]
pub async fn read_report(partner: String, #[server(default)] month: String) -> Result<ReportView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            let state = context::state()?;
            desk::report::read(&state, &viewer, &PartnerId::new(partner), &month).await
        }
        .await,
    )
}
