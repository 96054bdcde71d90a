//! Sets, starts, pauses and ends the fetching of a feed's file by schedule.

use crate::error::AppError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How somebody wants a feed's file fetched, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PullWish {
    /// Where the file is; empty keeps the address that is set.
    #[serde(default)]
    pub url: String,
    /// How often, in minutes.
    #[serde(default)]
    pub every_minutes: String,
    /// Longest a fetch may take, in seconds; empty leaves that to the installation.
    #[serde(default)]
    pub seconds: String,
    /// Largest file, in millions of bytes; empty leaves that to the installation.
    #[serde(default)]
    pub megabytes: String,
}

/// Has a feed's file fetched from an address by schedule, or otherwise than before. What was typed
/// comes back with a refusal, in the address; of a file's address only one that holds no secret.
#[server(endpoint = "set_pull")]
pub async fn set_pull(feed: String, #[server(default)] wish: PullWish) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::ids::FeedId;
    use crate::domain::pull::shown;
    use crate::server::{context, desk};
    use leptos::server_fn::ServerFn;
    let id = FeedId::new(feed);
    let result = async {
        let viewer = context::viewer(Right::ManageJobs).await?;
        desk::pull::set(&viewer, &id, &wish).await
    }
    .await;
    let url = Some(("url", &*wish.url)).filter(|(_, url)| shown(url) == **url);
    let typed = [
        ("every_minutes", &*wish.every_minutes),
        ("seconds", &*wish.seconds),
        ("megabytes", &*wish.megabytes),
    ];
    let typed = typed.into_iter().chain(url);
    context::reply_to_form(SetPull::PATH, &format!("/feeds/{id}"), typed, result)
}

/// Has a feed's file fetched by schedule no more.
#[server(endpoint = "stop_pull")]
pub async fn stop_pull(feed: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::ids::FeedId;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ManageJobs).await?;
            desk::pull::stop(&viewer, &FeedId::new(feed)).await
        }
        .await,
    )
}

/// Has a feed's file fetched now, whether its pull was paused or not yet due.
#[server(endpoint = "resume_pull")]
pub async fn resume_pull(feed: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::ids::FeedId;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ManageJobs).await?;
            desk::pull::resume(&viewer, &FeedId::new(feed)).await
        }
        .await,
    )
}

/// Has a feed's file fetched no more until somebody resumes it.
#[server(endpoint = "pause_pull")]
pub async fn pause_pull(feed: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::ids::FeedId;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ManageJobs).await?;
            desk::pull::pause(&viewer, &FeedId::new(feed)).await
        }
        .await,
    )
}
