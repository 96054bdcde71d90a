//! Takes the stored files of deliveries in: of those that are queued, and of those that a gate
//! held and somebody released.

use super::Worker;
use crate::domain::account::Scope;
use crate::domain::delivery::{Delivery, Status};
use crate::domain::feed::Mode;
use crate::domain::ids::DeliveryId;
use crate::server::pipeline::hold;
use crate::server::pipeline::ingest::Ingest;
use crate::server::store::StoredFile;
use anyhow::{Context, bail};
use std::time::Duration;
use tempfile::NamedTempFile;

/// How long to wait for the database, or for somebody else who has the feed.
const PATIENCE: Duration = Duration::from_secs(10);

impl Worker {
    /// What a job of a file works with.
    pub(super) fn ingest(&self) -> Ingest {
        Ingest {
            store: self.store.clone(),
            clock: self.clock.clone(),
            patience: PATIENCE,
            taxonomy: self.taxonomy.clone(),
        }
    }

    /// Takes a queued delivery in; nothing happens when an earlier try has decided it.
    pub(super) async fn take_in(&self, id: &DeliveryId) -> anyhow::Result<()> {
        let delivery = self.find(id).await?;
        if !matches!(delivery.status, Status::Queued | Status::Processing) {
            return Ok(());
        }
        let found = self.store.find_feed(&Scope::All, &delivery.feed).await?;
        let feed = found
            .with_context(|| format!("there is no feed {} any more", delivery.feed))?
            .feed;
        // In a feed of whole catalogues an older one must not undo a newer.
        if delivery.status == Status::Queued
            && feed.mode == Mode::Snapshot
            && let Some(newer) = self
                .store
                .find_newer_accepted(&feed.id, delivery.received_at)
                .await?
        {
            self.store.close_queued(id, &newer, self.clock.now()).await?;
            return Ok(());
        }
        let file = self.unpack(id).await?;
        let taken = self.ingest().run_queued(&feed, file.path(), &delivery).await?;
        tracing::info!(delivery.id = %id, feed.id = %feed.id, verdict = ?taken.report.file.verdict, "a file was taken in");
        Ok(())
    }

    /// Takes in a delivery that a gate held and somebody released.
    pub(super) async fn release(&self, id: &DeliveryId) -> anyhow::Result<()> {
        let Some(released) = hold::find_released(&self.store, id).await? else {
            return Ok(());
        };
        let file = self.unpack(id).await?;
        hold::take_released(&self.ingest(), released, file.path()).await
    }

    /// Finds a delivery that a job speaks of.
    pub(super) async fn find(&self, id: &DeliveryId) -> anyhow::Result<Delivery> {
        let found = self.store.find_delivery(&Scope::All, id).await?;
        let (delivery, _) = found.with_context(|| format!("there is no delivery {id}"))?;
        Ok(delivery)
    }

    /// Writes a delivery's stored file to the folder for temporary files, which it leaves again
    /// with the job.
    pub(super) async fn unpack(&self, id: &DeliveryId) -> anyhow::Result<NamedTempFile> {
        let stored: Option<StoredFile> = self.store.find_file(&Scope::All, id).await?;
        let Some(stored) = stored else {
            bail!("the file of delivery {id} is not kept any more; it has to be sent again");
        };
        let temporary = NamedTempFile::new().context("making a temporary file")?;
        let mut out = tokio::fs::File::from_std(temporary.reopen()?);
        self.store
            .copy_file(&stored, &mut out)
            .await
            .context("reading the stored file")?;
        Ok(temporary)
    }
}
