//! Removes what is not needed any more: received files that have been kept long enough, what
//! uploads left behind that never ended, and pictures of feeds where nobody looks any more. Has held records given up that nobody acts on, and
//! opens ignored issues again whose day has come.

use super::Worker;
use crate::server::pipeline::expiry;
use chrono::TimeDelta;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked for.
const EVERY: Duration = Duration::from_mins(15);

impl Worker {
    /// Sweeps now and then until told to stop. Several workers may do so at once.
    pub(super) async fn keep_house(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            self.sweep().await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Does it once.
    pub async fn sweep(&self) {
        let keep = TimeDelta::days(i64::from(self.settings.keep_files_days));
        match self.store.sweep_files(self.clock.now(), keep).await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(files.swept = swept, "received files were removed"),
            Err(error) => tracing::warn!("received files could not be swept: {error}"),
        }
        match expiry::expire(&self.store, &self.clock, self.settings.keep_held_days).await {
            Ok(0) => {}
            Ok(records) => tracing::info!(records, "held records that nobody acted on are given up"),
            Err(error) => tracing::warn!("old held records could not be given up: {error:#}"),
        }
        match self.store.forget_unlooked().await {
            Ok(0) => {}
            Ok(feeds) => tracing::info!(
                feeds,
                "pictures of feeds where nobody looks any more were forgotten"
            ),
            Err(error) => tracing::warn!("pictures could not be swept: {error}"),
        }
        match self.store.wake_issues(self.clock.now()).await {
            Ok(0) => {}
            Ok(woken) => tracing::info!(issues.woken = woken, "ignored issues were opened again"),
            Err(error) => tracing::warn!("ignored issues could not be looked at: {error}"),
        }
    }
}
