//! Rules on deliveries that a gate holds, as people ask on a delivery's page.

use crate::domain::account::Viewer;
use crate::domain::delivery::Delivery;
use crate::domain::hold::{Ruling, reason};
use crate::domain::ids::DeliveryId;
use crate::error::AppError;
use crate::server::context::{self, AppState, go};
use crate::server::fresh;
use crate::server::pipeline::hold;
use crate::server::store::{self, Deed, Job, Work};

/// Does with a held delivery in the caller's scope what `ruling` says, for a reason.
pub async fn rule(viewer: &Viewer, id: &DeliveryId, ruling: &str, why: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let delivery = find(&state, viewer, id).await?;
    let word = ruling;
    let ruling = Ruling {
        by: viewer.name.clone(),
        at: state.clock.now(),
        reason: reason(why).map_err(|_| {
            AppError::invalid(
                "reason",
                "Say why, in 3 to 500 characters: whoever asks later why the catalogue changed, or did not, reads it here.",
            )
        })?,
    };
    match word {
        "refuse" => refuse(&state, viewer, &delivery, &ruling).await?,
        "release" => release(&state, viewer, &delivery, &ruling).await?,
        _ => {
            return Err(AppError::invalid(
                "ruling",
                format!("“{word}” is no ruling on a held delivery: release it or refuse it."),
            ));
        }
    }
    go(&format!("/deliveries/{id}"));
    Ok(())
}

async fn find(state: &AppState, viewer: &Viewer, id: &DeliveryId) -> Result<Delivery, AppError> {
    let found = state.store.find_delivery(&viewer.scope(), id).await?;
    found
        .map(|(delivery, _)| delivery)
        .ok_or_else(|| AppError::not_found("delivery"))
}

async fn refuse(
    state: &AppState,
    viewer: &Viewer,
    delivery: &Delivery,
    ruling: &Ruling,
) -> Result<(), AppError> {
    match state.store.refuse_held(&viewer.scope(), delivery, ruling).await {
        Ok(()) => note(state, viewer, delivery, ruling, "delivery.refuse", "refused").await,
        Err(error) => Err(too_late(state, viewer, delivery, error).await),
    }
}

/// Releases it and has a worker take it in, which needs the file itself.
async fn release(
    state: &AppState,
    viewer: &Viewer,
    delivery: &Delivery,
    ruling: &Ruling,
) -> Result<(), AppError> {
    let scope = viewer.scope();
    if state.store.find_file(&scope, &delivery.id).await?.is_none() {
        return Err(AppError::conflict(format!(
            "The file itself is not kept here. Whoever has it can release it on the command line: feedgate delivery \
             release {} FILE --reason …",
            delivery.id
        )));
    }
    let job = Job {
        id: fresh::job(),
        partner: delivery.partner.clone(),
        feed: delivery.feed.clone(),
        work: Work::Release {
            delivery: delivery.id.clone(),
        },
        asked_by: viewer.name.clone(),
        asked_at: ruling.at,
    };
    match state
        .store
        .queue_release(&scope, &delivery.id, ruling, &job)
        .await
    {
        Ok(()) => note(state, viewer, delivery, ruling, "delivery.release", "released").await,
        Err(error) => Err(too_late(state, viewer, delivery, error).await),
    }
}

/// What became of a delivery that nobody can rule on any more.
async fn too_late(state: &AppState, viewer: &Viewer, delivery: &Delivery, error: store::Error) -> AppError {
    if !matches!(error, store::Error::Conflict { .. }) {
        return error.into();
    }
    match find(state, viewer, &delivery.id).await {
        Ok(now) => AppError::conflict(format!("This cannot be ruled on: {}.", hold::no_longer(&now))),
        Err(error) => error,
    }
}

async fn note(
    state: &AppState,
    viewer: &Viewer,
    delivery: &Delivery,
    ruling: &Ruling,
    action: &str,
    verb: &str,
) -> Result<(), AppError> {
    let deed = Deed::of(
        viewer,
        action,
        format!("delivery:{}", delivery.id),
        Some(delivery.partner.clone()),
        hold::deed(delivery, verb, ruling),
        ruling.at,
    );
    Ok(state.store.insert_deed(&deed).await?)
}
