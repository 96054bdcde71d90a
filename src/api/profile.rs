//! Answers for the profile of one feed: what it says, what it makes of records, and how it came
//! about.

use super::preview::Preview;
use crate::domain::ids::FeedId;
use crate::domain::profile::{Kept, Line};
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One name as sent, and what the profile says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The name as sent; of a fixed value the attribute.
    pub sent: String,
    /// The attribute or value it becomes; empty when it is left out.
    pub meant: String,
    /// Whether the shipped profile says so that it starts from.
    pub of_base: bool,
}

/// A profile in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Says {
    /// Settings of the whole file, as names and words.
    pub settings: Vec<(String, String)>,
    /// Names as sent, to attributes.
    pub names: Vec<Mapping>,
    /// Attributes that every record has, to their value.
    pub fixed: Vec<Mapping>,
    /// By attribute: values as sent, to values as meant.
    pub values: Vec<(String, Vec<Mapping>)>,
    /// Fixes that every record goes through after all else.
    pub fixes: Vec<Kept>,
}

/// One version of the profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionRow {
    /// Its number.
    pub version: u32,
    /// When it came into force; none for the first, which the feed was set up with.
    pub at: Option<DateTime<Utc>>,
    /// Who wrote it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The lines that became different.
    pub lines: Vec<Line>,
}

/// One thing that is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlawView {
    /// The line it is in, counted from 1; none when it is about the whole.
    pub line: Option<u64>,
    /// What is wrong, and what to do.
    pub message: String,
}

/// What somebody who may change the profile has before them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// The version it was begun from.
    pub seen: u32,
    /// Whether it is other than the profile in force.
    pub is_draft: bool,
    /// Why, as far as that was written.
    pub reason: String,
    /// Records that were pasted to try it on.
    pub sample: String,
    /// The delivery of the file it is tried on; empty for the newest.
    pub delivery: String,
    /// Files that it can be tried on, the newest first: the delivery, and words for it.
    pub files: Vec<(String, String)>,
    /// How many records are shown.
    pub records: u32,
    /// Why it was not put in force, when somebody tried.
    pub refused: Option<String>,
    /// What is wrong with it.
    pub flaws: Vec<FlawView>,
    /// Shipped profiles to start from: name, and what it is for.
    pub shipped: Vec<(String, String)>,
}

/// Everything the page of a feed's profile shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileView {
    /// The feed.
    pub feed: FeedId,
    /// What its partner is called.
    pub partner_name: String,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The version in force.
    pub version: u32,
    /// The text that is shown: the profile in force, or what is being written.
    pub text: String,
    /// The same in words; none when it cannot be read.
    pub says: Option<Says>,
    /// The form of those who may change it.
    pub writing: Option<Writing>,
    /// What it makes of the first records; none where there is no file to try it on.
    pub preview: Option<Preview>,
    /// Its versions, the newest first.
    pub versions: Vec<RevisionRow>,
}

/// Reads the profile of a feed, and what it makes of the newest file that is kept. Those who may
/// change it can name a `draft` to look at in its place, or what to `start` from: an older
/// version's number or the name of a shipped profile.
#[server(endpoint = "read_profile")]
pub async fn read_profile(
    feed: String,
    #[server(default)] draft: String,
    #[server(default)] start: String,
) -> Result<ProfileView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::profile::read(&viewer, &FeedId::new(feed), &draft, &start).await
        }
        .await,
    )
}

/// What somebody writes, as a form sends it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// The profile, in TOML.
    pub text: String,
    /// Why; not needed to try it.
    pub reason: String,
    /// The delivery of the file to try it on; empty for the newest.
    pub delivery: String,
    /// Records to try it on in place of a file.
    pub sample: String,
    /// How many records to show.
    pub records: String,
    /// `save` puts it in force; whatever else tries it.
    pub deed: String,
}

/// Tries a profile that somebody writes, or puts it in force, and goes to the page that shows
/// what came of it. `version` is the one in force that the caller has seen.
#[server(endpoint = "write_profile")]
pub async fn write_profile(
    feed: String,
    #[server(default)] version: u32,
    #[server(default)] wish: Wish,
) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::EditProfile).await?;
            desk::profile::write(&viewer, &FeedId::new(feed), version, wish).await
        }
        .await,
    )
}
