//! Rules on a delivery that a gate held: releases it, so that it takes effect after all, or
//! refuses it for good.

use super::ingest::{Ingest, Ingested};
use crate::domain::account::Scope;
use crate::domain::delivery::{Delivery, Status};
use crate::domain::feed::Feed;
use crate::domain::hold::{Ruling, Stage};
use crate::domain::ids::DeliveryId;
use crate::server::store::{Deed, Error as StoreError, Store};
use anyhow::{Context, bail};
use std::path::Path;

/// Takes a held delivery in after all, whatever the gates said; `path` is its file. Refused
/// with a sentence when a newer file of the feed has taken effect, for an older catalogue must
/// not replace a newer one.
pub async fn release(
    ingest: &Ingest,
    scope: &Scope,
    id: &DeliveryId,
    path: &Path,
    ruling: &Ruling,
) -> anyhow::Result<Ingested> {
    let store = &ingest.store;
    let delivery = find(store, scope, id).await?;
    match delivery.hold.as_ref().map(|hold| hold.stage) {
        Some(Stage::Waiting | Stage::Releasing) => {}
        Some(Stage::Released) if delivery.status == Status::Processing => {}
        _ => bail!("{}", no_longer(&delivery)),
    }
    if let Some(newer) = store
        .find_newer_accepted(&delivery.feed, delivery.received_at)
        .await?
    {
        bail!(
            "a newer file of {} took effect as delivery {newer}; releasing this one would put an older catalogue in \
             its place",
            delivery.feed
        );
    }
    let feed = feed_of(store, scope, &delivery).await?;
    let done = ingest.run_released(&feed, path, delivery.clone(), ruling).await?;
    note(store, &delivery, ruling, "delivery.release", "released").await?;
    Ok(done)
}

/// A delivery that somebody has released and that is to be taken in.
#[derive(Debug)]
pub struct Released {
    delivery: Delivery,
    ruling: Ruling,
}

/// Finds a delivery that is to be taken in because somebody released it; none where that is
/// done, or where a newer file took effect meanwhile.
pub async fn find_released(store: &Store, id: &DeliveryId) -> anyhow::Result<Option<Released>> {
    let delivery = find(store, &Scope::All, id).await?;
    let Some(hold) = &delivery.hold else {
        bail!("{}", no_longer(&delivery));
    };
    let is_begun = hold.stage == Stage::Released && delivery.status == Status::Processing;
    match (hold.stage, hold.ruling.clone()) {
        (Stage::Releasing, Some(ruling)) => Ok(Some(Released { delivery, ruling })),
        (Stage::Released, Some(ruling)) if is_begun => Ok(Some(Released { delivery, ruling })),
        (Stage::Released | Stage::Superseded, _) => Ok(None),
        _ => bail!("{}", no_longer(&delivery)),
    }
}

/// Takes it in; `path` is its file, byte for byte. Run again after a kill it goes on.
pub async fn take_released(ingest: &Ingest, released: Released, path: &Path) -> anyhow::Result<()> {
    let Released { delivery, ruling } = released;
    let feed = feed_of(&ingest.store, &Scope::All, &delivery).await?;
    ingest.run_released(&feed, path, delivery, &ruling).await?;
    Ok(())
}

async fn feed_of(store: &Store, scope: &Scope, delivery: &Delivery) -> anyhow::Result<Feed> {
    match store.find_feed(scope, &delivery.feed).await? {
        Some(state) => Ok(state.feed),
        None => bail!("there is no feed {} any more", delivery.feed),
    }
}

/// Refuses a held delivery for good: nothing of it will take effect.
pub async fn refuse(store: &Store, scope: &Scope, id: &DeliveryId, ruling: &Ruling) -> anyhow::Result<()> {
    let delivery = find(store, scope, id).await?;
    match store.refuse_held(scope, &delivery, ruling).await {
        Ok(()) => note(store, &delivery, ruling, "delivery.refuse", "refused").await,
        Err(StoreError::Conflict { .. }) => bail!("{}", no_longer(&find(store, scope, id).await?)),
        Err(error) => Err(error.into()),
    }
}

async fn find(store: &Store, scope: &Scope, id: &DeliveryId) -> anyhow::Result<Delivery> {
    let found = store.find_delivery(scope, id).await?;
    let (delivery, _) = found.with_context(|| format!("there is no delivery {id}"))?;
    Ok(delivery)
}

/// Why nobody can rule on a delivery any more, as the end of a sentence.
pub fn no_longer(delivery: &Delivery) -> String {
    let id = &delivery.id;
    let Some(hold) = &delivery.hold else {
        return format!("delivery {id} is {} and was never held", delivery.status.word());
    };
    let by = hold.ruling.as_ref().map_or("somebody", |ruling| &ruling.by);
    match (&hold.superseded_by, hold.stage) {
        (Some(newer), _) => {
            format!("delivery {id} is held no more: a newer file took effect as delivery {newer}")
        }
        (None, stage) => format!("delivery {id} is {} already, by {by}", stage.word()),
    }
}

/// What a ruling did, as the log of activity tells it: a sentence without its subject.
pub fn deed(delivery: &Delivery, verb: &str, ruling: &Ruling) -> String {
    format!(
        "{verb} {} of {}: {}",
        delivery.file.name, delivery.feed, ruling.reason
    )
}

async fn note(
    store: &Store,
    delivery: &Delivery,
    ruling: &Ruling,
    action: &str,
    verb: &str,
) -> anyhow::Result<()> {
    let deed = Deed {
        at: ruling.at,
        actor_id: None,
        actor_name: ruling.by.clone(),
        action: action.to_owned(),
        object: format!("delivery:{}", delivery.id),
        partner: Some(delivery.partner.clone()),
        what: deed(delivery, verb, ruling),
    };
    Ok(store.insert_deed(&deed).await?)
}
