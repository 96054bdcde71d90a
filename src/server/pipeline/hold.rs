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

/// Takes in a delivery that somebody has released, from the bytes that are kept of it: a
/// worker's job. Run again after a kill it goes on; where a newer file took effect meanwhile
/// there is nothing left to do.
pub async fn take_released(ingest: &Ingest, id: &DeliveryId) -> anyhow::Result<()> {
    let store = &ingest.store;
    let delivery = find(store, &Scope::All, id).await?;
    let Some(hold) = &delivery.hold else {
        bail!("{}", no_longer(&delivery));
    };
    let ruling = match (hold.stage, &hold.ruling) {
        (Stage::Releasing, Some(ruling)) => ruling.clone(),
        (Stage::Released, Some(ruling)) if delivery.status == Status::Processing => ruling.clone(),
        (Stage::Released | Stage::Superseded, _) => return Ok(()),
        _ => bail!("{}", no_longer(&delivery)),
    };
    let Some(file) = store.find_file(&Scope::All, id).await? else {
        bail!(
            "the file of delivery {id} is not kept here any more; whoever has it can release it with `feedgate \
             delivery release {id} FILE --reason …`"
        );
    };
    let copy = tempfile::NamedTempFile::new().context("making room for the file")?;
    let mut out = tokio::fs::File::from_std(copy.reopen().context("opening the copy of the file")?);
    store
        .copy_file(&file, &mut out)
        .await
        .context("copying the file")?;
    let feed = feed_of(store, &Scope::All, &delivery).await?;
    ingest.run_released(&feed, copy.path(), delivery, &ruling).await?;
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
