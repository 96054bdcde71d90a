//! Answers for the gates of one feed: where they stand, what its files came to, and who set them.

use crate::domain::ids::FeedId;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One limit of the gates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitRow {
    /// Its name, as on the command line.
    pub name: String,
    /// The code of the gate it belongs to; none where it belongs to all.
    pub code: Option<String>,
    /// What it does: a sentence that the number and its unit end.
    pub does: String,
    /// What the number counts.
    pub unit: String,
    /// Where it stands.
    pub value: u64,
    /// Where it stands unless somebody sets it.
    pub default: u64,
    /// The smallest value that makes sense.
    pub least: u64,
    /// The largest value that makes sense.
    pub most: u64,
    /// What the last good files came to; none where nothing is known of them.
    pub usual: Option<String>,
}

/// One change of the limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateChange {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// What, and why.
    pub what: String,
}

/// Everything the page of a feed's gates shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatesView {
    /// The feed.
    pub feed: FeedId,
    /// What its partner is called.
    pub partner_name: String,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// Whether the caller may change them.
    pub may_change: bool,
    /// Whether its files say what changed, so that some gates are silent.
    pub is_of_changes: bool,
    /// The limits.
    pub rows: Vec<LimitRow>,
    /// Where they stand, in one word for the form to send back.
    pub seen: String,
    /// Their changes, the newest first.
    pub history: Vec<GateChange>,
}

/// Reads where the gates of a feed stand.
#[server(endpoint = "read_gates")]
pub async fn read_gates(feed: String) -> Result<GatesView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::gates::read(&viewer, &FeedId::new(feed)).await
        }
        .await,
    )
}

/// Sets where the gates of a feed stand, by the names of its limits, and goes back to them; a
/// limit that is not named stays. `seen` is where the caller has seen them. What was typed comes back
/// with a refusal, in the address.
#[server(endpoint = "set_gates")]
pub async fn set_gates(
    feed: String,
    #[server(default)] seen: String,
    #[server(default)] limits: BTreeMap<String, String>,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    use leptos::server_fn::ServerFn;
    let id = FeedId::new(feed);
    let result = async {
        let viewer = context::viewer(Right::EditGates).await?;
        desk::gates::set(&viewer, &id, &seen, &limits, &reason).await
    }
    .await;
    let typed = limits.iter().map(|(name, value)| (&**name, &**value));
    let typed = typed.chain([("reason", &*reason)]);
    context::reply_to_form(SetGates::PATH, &format!("/feeds/{id}/gates"), typed, result)
}
