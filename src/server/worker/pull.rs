//! Fetches a feed's file when its pull is due, and notes what came of it.

use super::Worker;
use crate::domain::account::Scope;
use crate::domain::ids::FeedId;
use crate::domain::pull::Outcome;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked for pulls that are due.
const EVERY: Duration = Duration::from_secs(2);

impl Worker {
    /// Queues pulls as they fall due, until told to stop. Several workers may do so at once.
    pub(super) async fn keep_schedule(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.queue_due_pulls().await {
                tracing::warn!("pulls that are due could not be queued: {error}");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Queues every pull that is due now.
    pub async fn queue_due_pulls(&self) -> crate::server::store::Result<()> {
        while self.store.queue_due_pull(self.clock.now()).await? {}
        Ok(())
    }

    /// Fetches a feed's file. A server that fails is no failure of the job: the pull has a
    /// back-off of its own.
    pub(super) async fn pull(&self, feed: &FeedId) -> anyhow::Result<()> {
        // Somebody may have stopped or paused it since it was queued.
        let found = self.store.find_pull(&Scope::All, feed).await?;
        let Some(before) = found.filter(|pull| !pull.paused) else {
            return Ok(());
        };
        let Some(found) = self.store.find_feed(&Scope::All, feed).await? else {
            return Ok(());
        };
        let outcome = self
            .puller
            .pull(&self.store, &self.clock, &found.feed, &before)
            .await?;
        match &outcome {
            Outcome::File { what, .. } => tracing::info!(feed.id = %feed, "pulled: {what} came"),
            Outcome::NothingNew => tracing::info!(feed.id = %feed, "pulled: nothing new"),
            Outcome::Failed { why, .. } => tracing::warn!(feed.id = %feed, "a pull failed: {why}"),
        }
        let after = before.clone().after(outcome, self.clock.now());
        if after.paused {
            tracing::error!(feed.id = %feed, "the pull is paused after {} failures", after.failures);
        }
        self.store.note_pull(feed, &before, &after).await?;
        Ok(())
    }
}
