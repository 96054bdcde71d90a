//! Works on sets of held records, a part at a time.

use super::{BACK_OFF, IDLE, Worker};
use crate::domain::bulk::Action;
use crate::server::pipeline::bulk;
use anyhow::Context;
use chrono::TimeDelta;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often the log entry of a replay is brought up to date while it runs.
const LOGGED: Duration = Duration::from_millis(700);

impl Worker {
    /// Works on parts until told to stop; one that was begun is finished first.
    pub(super) async fn keep_bulks(&self, stop: &CancellationToken) {
        let mut logged = Instant::now();
        while !stop.is_cancelled() {
            let pause = match self.do_part(&mut logged).await {
                Ok(true) => continue,
                Ok(false) => IDLE,
                Err(error) => {
                    tracing::warn!("parts of jobs cannot be done just now: {error:#}");
                    BACK_OFF
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Works on one part, if there is one. `logged` is when this worker last brought the log
    /// entry of a replay up to date.
    pub async fn do_part(&self, logged: &mut Instant) -> anyhow::Result<bool> {
        let lease = TimeDelta::seconds(self.settings.follower_silence.into());
        let taken = self
            .store
            .take_part(&self.name, self.clock.now(), lease)
            .await
            .context("asking for a part")?;
        let Some(taken) = taken else {
            return Ok(false);
        };
        let id = &taken.bulk.id;
        if taken.is_rehearsal {
            bulk::rehearse(&self.store, &self.clock, self.taxonomy.as_ref(), &taken)
                .await
                .with_context(|| format!("rehearsing job {id}"))?;
            return Ok(true);
        }
        bulk::run(&self.store, &self.clock, self.taxonomy.as_ref(), &taken, lease)
            .await
            .with_context(|| format!("working on job {id}"))?;
        if taken.bulk.action == Action::Replay && logged.elapsed() >= LOGGED {
            self.store.log_replay(&taken.bulk, self.clock.now()).await?;
            *logged = Instant::now();
        }
        Ok(true)
    }
}
