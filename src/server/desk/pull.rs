//! Sets, starts, pauses and ends the fetching of a feed's file as people ask.

use super::feed::find;
use crate::api::pull::PullWish;
use crate::domain::account::Viewer;
use crate::domain::ids::FeedId;
use crate::domain::pull::{Limits, MEGABYTES_MAX, Pulling, SECONDS_MAX, rhythm, shown};
use crate::error::AppError;
use crate::server::context::{self, AppState, go};
use crate::server::intake;
use crate::server::store::Deed;

/// Has the file of a feed in the caller's scope fetched as wished.
pub async fn set(viewer: &Viewer, id: &FeedId, wish: &PullWish) -> Result<(), AppError> {
    let state = context::state()?;
    find(&state, viewer, id).await?;
    let before = state.store.find_pull(&viewer.scope(), id).await?;
    let url = address(&state, before.as_ref(), wish.url.trim()).await?;
    let every_minutes = whole("every_minutes", &wish.every_minutes)?
        .ok_or_else(|| AppError::invalid("every_minutes", "Say how often, in minutes, such as 60."))?;
    let every_minutes =
        rhythm(every_minutes).map_err(|error| AppError::invalid("every_minutes", error.to_string()))?;
    let limits = Limits {
        seconds: limit("seconds", &wish.seconds, SECONDS_MAX, "seconds, which is a day")?,
        megabytes: limit("megabytes", &wish.megabytes, MEGABYTES_MAX, "million bytes")?,
    };
    let now = state.clock.now();
    let after = match before.clone() {
        Some(pulling) => pulling.set(url, every_minutes, limits, now),
        None => Pulling {
            limits,
            ..Pulling::new(url, every_minutes, now)
        },
    };
    state.store.amend_pull(id, before.as_ref(), &after).await?;
    done(&state, viewer, id, "pull.set", told(&after)).await
}

/// Has the file of a feed in the caller's scope fetched by schedule no more.
pub async fn stop(viewer: &Viewer, id: &FeedId) -> Result<(), AppError> {
    let state = context::state()?;
    find(&state, viewer, id).await?;
    if !state.store.drop_pull(id).await? {
        return Err(AppError::not_found("pull"));
    }
    let what = "had the file fetched no more";
    done(&state, viewer, id, "pull.stop", what.to_owned()).await
}

/// Has the file of a feed in the caller's scope fetched now.
pub async fn resume(viewer: &Viewer, id: &FeedId) -> Result<(), AppError> {
    let state = context::state()?;
    find(&state, viewer, id).await?;
    let now = state.clock.now();
    if !state.store.resume_pull(&viewer.scope(), id, now).await? {
        return Err(AppError::not_found("pull"));
    }
    let what = "had the file fetched anew";
    done(&state, viewer, id, "pull.resume", what.to_owned()).await
}

/// Pauses the pull of a feed in the caller's scope.
pub async fn pause(viewer: &Viewer, id: &FeedId) -> Result<(), AppError> {
    let state = context::state()?;
    find(&state, viewer, id).await?;
    if !state.store.pause_pull(&viewer.scope(), id, &viewer.name).await? {
        return Err(AppError::not_found("pull"));
    }
    let what = "paused the fetching of its file";
    done(&state, viewer, id, "pull.pause", what.to_owned()).await
}

/// The address that is typed, or that is set when nothing is.
async fn address(state: &AppState, before: Option<&Pulling>, typed: &str) -> Result<String, AppError> {
    let refused = |sentence: String| AppError::invalid("url", sentence);
    match (typed, before) {
        ("", Some(pulling)) => Ok(pulling.url.clone()),
        ("", None) => Err(refused(
            "Say where the file is: an address with https:// or http://.".to_owned(),
        )),
        (typed, before) if before.is_some_and(|pulling| pulling.url == typed) => Ok(typed.to_owned()),
        (typed, _) => intake::vet(typed, state.pull_private)
            .await
            .map(String::from)
            .map_err(|sentence| refused(format!("{sentence}."))),
    }
}

/// A whole number that may be left out.
fn whole(field: &str, typed: &str) -> Result<Option<u32>, AppError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let number = typed.parse();
    number
        .map(Some)
        .map_err(|_| AppError::invalid(field, format!("“{typed}” is no whole number.")))
}

fn limit(field: &str, typed: &str, most: u32, unit: &str) -> Result<Option<u32>, AppError> {
    let number = whole(field, typed)?;
    match number {
        Some(value) if value == 0 || value > most => Err(AppError::invalid(
            field,
            format!(
                "{value} is out of range: from 1 to {most} {unit}. Empty, the worker's own limit counts."
            ),
        )),
        number => Ok(number),
    }
}

/// The sentence for the log, without its subject.
fn told(pulling: &Pulling) -> String {
    let from = shown(&pulling.url);
    let mut words = format!(
        "had the file fetched from {from} every {} min",
        pulling.every_minutes
    );
    let limits = pulling.limits;
    for (limit, unit) in [(limits.seconds, "s"), (limits.megabytes, "MB")] {
        if let Some(limit) = limit {
            words = format!("{words}, at most {limit} {unit}");
        }
    }
    words
}

async fn done(
    state: &AppState,
    viewer: &Viewer,
    id: &FeedId,
    action: &str,
    what: String,
) -> Result<(), AppError> {
    let (object, partner, now) = (format!("feed:{id}"), Some(id.partner()), state.clock.now());
    let deed = Deed::of(viewer, action, object, partner, what, now);
    state.store.insert_deed(&deed).await?;
    go(&format!("/feeds/{id}#pull"));
    Ok(())
}
