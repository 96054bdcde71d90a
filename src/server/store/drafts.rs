//! Keeps profiles that somebody is writing, for a day.
//!
//! A draft has an address, so that it is looked at, mended and sent on like any page, and what
//! was typed outlives a refusal without a script. It has no effect on any feed.

use super::{Result, Store, scope, when};
use crate::domain::account::Scope;
use crate::domain::ids::FeedId;
use chrono::{DateTime, Utc};
use mongodb::bson::doc;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a draft is kept.
pub(super) const KEPT: Duration = Duration::from_hours(24);

/// A profile that somebody is writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id, which nobody can guess.
    pub id: String,
    /// The feed it is for.
    pub feed: FeedId,
    /// The version that was in force when it was begun.
    pub seen: u32,
    /// What was written, in TOML.
    pub text: String,
    /// Why, as far as that was written.
    pub reason: String,
    /// What it is tried on: the delivery of a file that is kept; empty for the newest.
    pub delivery: String,
    /// Records to try it on in place of a file; empty for none.
    pub sample: String,
    /// How many records are shown.
    pub records: u32,
    /// Why it was not put in force, when somebody tried.
    pub refused: Option<String>,
    /// When it was last written.
    pub at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct DraftDoc {
    #[serde(rename = "_id")]
    id: String,
    feed: String,
    partner: String,
    seen: u32,
    text: String,
    reason: String,
    delivery: String,
    sample: String,
    records: u32,
    refused: Option<String>,
    #[serde(with = "when")]
    at: DateTime<Utc>,
}

impl From<&Draft> for DraftDoc {
    fn from(d: &Draft) -> Self {
        Self {
            id: d.id.clone(),
            feed: d.feed.to_string(),
            partner: d.feed.partner().to_string(),
            seen: d.seen,
            text: d.text.clone(),
            reason: d.reason.clone(),
            delivery: d.delivery.clone(),
            sample: d.sample.clone(),
            records: d.records,
            refused: d.refused.clone(),
            at: d.at,
        }
    }
}

impl From<DraftDoc> for Draft {
    fn from(d: DraftDoc) -> Self {
        Self {
            id: d.id,
            feed: FeedId::new(d.feed),
            seen: d.seen,
            text: d.text,
            reason: d.reason,
            delivery: d.delivery,
            sample: d.sample,
            records: d.records,
            refused: d.refused,
            at: d.at,
        }
    }
}

impl Store {
    /// Keeps a draft under its id.
    pub async fn insert_draft(&self, draft: &Draft) -> Result<()> {
        self.collection::<DraftDoc>("drafts")
            .insert_one(DraftDoc::from(draft))
            .await?;
        Ok(())
    }

    /// Finds a draft for a feed in the scope; none when it was of another feed, or too long ago.
    pub async fn find_draft(&self, scope: &Scope, feed: &FeedId, id: &str) -> Result<Option<Draft>> {
        let query = scope::narrow(
            doc! {"_id": id, "feed": feed.as_str()},
            scope,
            Some(&feed.partner()),
        );
        let found = self.collection::<DraftDoc>("drafts").find_one(query).await?;
        Ok(found.map(Draft::from))
    }
}
