//! Answers for those who ask who did what.

use crate::domain::query::Shown;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What is asked for, word by word as in the address. An empty word narrows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Search {
    /// The name of who did it.
    pub who: String,
    /// What the action begins with.
    pub what: String,
    /// To what it was done.
    pub object: String,
    /// To whose things: a slug.
    pub partner: String,
    /// The stretch of time.
    pub range: String,
    /// Where the page begins.
    pub after: String,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeedRow {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// Its stable verb.
    pub action: String,
    /// What it was done to.
    pub object: String,
    /// Where that is shown, if it has a page.
    pub href: Option<String>,
    /// To whose things; empty for nobody's.
    pub partner: String,
    /// What, in a sentence without its subject.
    pub what: String,
}

/// One page of what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The stretch of time.
    pub shown: Shown,
    /// What was done, the newest first.
    pub rows: Vec<DeedRow>,
    /// What to ask for to get what was done before.
    pub next: Option<String>,
}

/// Lists what was done, narrowed as asked.
#[server(endpoint = "list_activity")]
pub async fn list_activity(#[server(default)] asked: Search) -> Result<Activity, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            context::viewer(Right::ManageUsers).await?;
            desk::activity::list(&asked).await
        }
        .await,
    )
}
