//! Answers for the pictures of a feed's products: whether they are looked at, and what was seen.

use crate::domain::query::Total;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How looking at the pictures of a feed stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PicturesView {
    /// Whether anybody looks; nothing else is said where nobody does.
    pub on: bool,
    /// When the catalogue was last gone through for them; none before the first time.
    pub at: Option<DateTime<Utc>>,
    /// Different pictures that it shows or has shown lately, and that were seen.
    pub seen: u64,
    /// Those that were not looked at yet.
    pub new: u64,
    /// Those at whose address nothing was seen the last time.
    pub unseen: u64,
    /// Some of these, with the reason.
    pub faults: Vec<(String, String)>,
    /// Records that wait because of a picture's size, by the rule.
    pub held: Vec<(String, Total)>,
    /// Whether the caller may switch it.
    pub may_switch: bool,
}

/// Has the pictures of a feed's products looked at from now on, or not.
#[server(endpoint = "switch_pictures")]
pub async fn switch_pictures(feed: String, on: bool) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::ids::FeedId;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::EditContract).await?;
            desk::picture::switch(&viewer, &FeedId::new(feed), on).await
        }
        .await,
    )
}
