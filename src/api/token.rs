//! Answers for the tokens that a partner's programs send a feed's files with. A token itself is
//! shown once, by the route that makes it, and never here.

use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One token, as people tell it from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Its first characters.
    pub prefix: String,
    /// What it was made for, in the words of who made it; may be empty.
    pub label: String,
    /// Whether it sends files of every feed of the partner.
    pub is_of_all: bool,
    /// Whether it writes entries of the audit log, too.
    pub may_log: bool,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Who made it; empty when that was not written down.
    pub made_by: String,
    /// When it was last used, to the minute.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A token that somebody asks for, as the form on the feed's page sends it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wish {
    /// What it is for.
    #[serde(default)]
    pub label: String,
    /// Whether it is to write entries of the audit log, too.
    #[serde(default)]
    pub may_log: bool,
}

/// Revokes the token with this prefix, which sends files of the feed; it counts no more from here.
#[server(endpoint = "revoke_token")]
pub async fn revoke_token(feed: String, prefix: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::ids::FeedId;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ManageTokens).await?;
            desk::token::revoke(&viewer, &FeedId::new(feed), &prefix).await
        }
        .await,
    )
}
