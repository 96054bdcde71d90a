//! Answers for one feed's page: how it stands, how it is set up, and what came of its files.

use super::outgoing::Destination;
use super::overview::Summary;
use super::picture::PicturesView;
use super::token::TokenRow;
use crate::domain::delivery::{Direction, Status};
use crate::domain::health::Health;
use crate::domain::ids::{DeliveryId, FeedId};
use crate::domain::pull;
use crate::domain::query::{Page, Total};
use crate::domain::report::Counts;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One thing a feed is set up with, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// What it is.
    pub name: String,
    /// What it is set to.
    pub value: String,
}

/// One delivery in a feed's story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The delivery.
    pub id: DeliveryId,
    /// When it came.
    pub at: DateTime<Utc>,
    /// The file's name.
    pub file: String,
    /// Whether held records were replayed, rather than a file received.
    pub replay: bool,
    /// How far it has come.
    pub status: Status,
    /// Which way its file went.
    pub direction: Direction,
    /// Its records, counted.
    pub counts: Counts,
    /// What happened to it: a sentence each, in the order of events.
    pub story: Vec<String>,
    /// The rule that refused or held it.
    pub code: Option<String>,
}

/// Everything a feed's page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedView {
    /// Its id.
    pub id: FeedId,
    /// What its partner is called.
    pub partner_name: String,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// Its lamp and the reason.
    pub health: Health,
    /// Its figures of the last 30 days.
    pub summary: Summary,
    /// How its files of the last 30 days went out; none of a feed whose files come in.
    pub sent: Option<Destination>,
    /// Products in the catalogue now.
    pub items: u64,
    /// Held records that wait for somebody.
    pub open: Total,
    /// Whole files that are held and wait for a decision.
    pub undecided: u64,
    /// How it is set up.
    pub settings: Vec<Setting>,
    /// Its scheduled pull, if it has one.
    pub pull: Option<pull::Shown>,
    /// How looking at its pictures stands.
    pub pictures: PicturesView,
    /// The tokens that send its files, those in force first; none for those who may not manage them.
    pub tokens: Option<Vec<TokenRow>>,
    /// Largest file taken in, in bytes.
    pub file_max: u64,
    /// Its deliveries, the newest first.
    pub entries: Page<Entry>,
}

/// Reads a feed's page; `after` is the `next` of the page before.
#[server(endpoint = "read_feed")]
pub async fn read_feed(feed: String, #[server(default)] after: String) -> Result<FeedView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::feed::read(&viewer, &FeedId::new(feed), &after).await
        }
        .await,
    )
}
