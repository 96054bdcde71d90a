//! Answers for the overview: every partner in the caller's scope, compared.

use super::reasons::ReasonRow;
use crate::domain::chart::Chart;
use crate::domain::happening::Happening;
use crate::domain::health::Health;
use crate::domain::ids::PartnerId;
use crate::domain::query::{Asked, Shown};
use crate::domain::report::Counts;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The figures of one stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Files received, refused and held ones among them.
    pub deliveries: u64,
    /// Files refused whole.
    pub refused: u64,
    /// Records of the files received.
    pub counts: Counts,
    /// Records that passed in a replay.
    pub recovered: u64,
    /// Received to decided, in milliseconds: half of the deliveries took no longer.
    pub p50_ms: Option<u64>,
    /// The same for 95 of 100.
    pub p95_ms: Option<u64>,
}

/// Two stretches of equal length, both over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The range without the bucket that is still filling.
    pub done: Summary,
    /// As much time just before the range.
    pub before: Summary,
}

/// Volume, rejection and latency over the range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charts {
    /// Records per bucket, stacked by what became of them.
    pub volume: Chart,
    /// Quarantined ÷ received per bucket, with gaps.
    pub rejection: Chart,
    /// p50, p95 and p99 per bucket.
    pub latency: Chart,
}

/// One partner in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerRow {
    /// Its slug.
    pub id: PartnerId,
    /// What it is called.
    pub name: String,
    /// Its lamp and the reason.
    pub health: Health,
    /// Its figures in the range.
    pub summary: Summary,
    /// When its newest file came.
    pub last_at: Option<DateTime<Utc>>,
    /// Its held records that wait for somebody, now.
    pub open: u64,
    /// Its issues that somebody should look at, now.
    pub issues: u64,
    /// Records received over the range, oldest first, for the sparkline: neighbouring buckets are
    /// added up until there are few.
    pub trend: Vec<u64>,
}

/// Everything the overview shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// The stretch of time that it is about.
    pub shown: Shown,
    /// When these figures were read.
    pub as_of: DateTime<Utc>,
    /// All partners together.
    pub now: Summary,
    /// How it compares with the time before.
    pub compared: Compared,
    /// Whether a worker keeps the figures in step with the log.
    pub followed: bool,
    /// Held records that wait for somebody, now.
    pub open: u64,
    /// The three charts.
    pub charts: Charts,
    /// What happened in the range, as the charts mark it, the newest first.
    pub happenings: Vec<Happening>,
    /// The errors that held the most records.
    pub reasons: Vec<ReasonRow>,
    /// Every active partner, worst first, also those that sent nothing.
    pub partners: Vec<PartnerRow>,
}

/// Reads the overview for what the URL asks for.
#[server(endpoint = "read_overview")]
pub async fn read_overview(#[server(default)] asked: Asked) -> Result<Overview, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewAllPartners).await?;
            let state = context::state()?;
            desk::overview::read(&state, &viewer, &asked).await
        }
        .await,
    )
}
