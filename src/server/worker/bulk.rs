//! Works on sets of held records, a part at a time.

use super::{BACK_OFF, IDLE, Worker};
use crate::domain::bulk::Action;
use crate::server::pipeline::bulk;
use crate::server::store::Taken;
use anyhow::Context;
use chrono::TimeDelta;
use futures::future::join_all;
use std::convert::Infallible;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Parts that a worker has at a time: while the database writes of one, another is judged.
pub const HANDS: usize = 3;

/// How often the log entry of a replay is brought up to date while it runs.
const LOGGED: Duration = Duration::from_millis(700);

impl Worker {
    /// Works on parts until told to stop; those that were begun are finished first.
    pub(super) async fn keep_bulks(&self, stop: &CancellationToken) {
        let more = Notify::new();
        let hands = (0..HANDS).map(|hand| self.keep_hand_busy(hand, &more, stop));
        join_all(hands).await;
    }

    /// The first hand looks for work again and again, the others when one has found some: the
    /// database of an idle worker is not asked more for its having several.
    async fn keep_hand_busy(&self, hand: usize, more: &Notify, stop: &CancellationToken) {
        let mut logged = Instant::now();
        while !stop.is_cancelled() {
            let done = self.do_part(&mut logged, more).await;
            let rest = async {
                match done {
                    Ok(true) => {}
                    Ok(false) if hand > 0 => more.notified().await,
                    Ok(false) => tokio::time::sleep(IDLE).await,
                    Err(error) => {
                        tracing::warn!("parts of jobs cannot be done just now: {error:#}");
                        tokio::time::sleep(BACK_OFF).await;
                    }
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = rest => {}
            }
        }
    }

    /// Works on one part, if there is one, and says before that there may be `more`. `logged` is
    /// when this worker last brought the log entry of a replay up to date.
    pub async fn do_part(&self, logged: &mut Instant, more: &Notify) -> anyhow::Result<bool> {
        let lease = TimeDelta::seconds(self.settings.follower_silence.into());
        let taken = self
            .store
            .take_part(&self.name, self.clock.now(), lease)
            .await
            .context("asking for a part")?;
        let Some(taken) = taken else {
            return Ok(false);
        };
        more.notify_one();
        if let Err(error) = self.perform_part(&taken, lease).await {
            // Another worker need not wait for the lease. If this fails as well, it runs out.
            if let Err(kept) = self.store.give_back(&taken).await {
                tracing::warn!("part {} could not be given back: {kept}", taken.number);
            }
            return Err(error.context(format!("working on job {}", taken.bulk.id)));
        }
        if taken.is_rehearsal {
            return Ok(true);
        }
        if taken.bulk.action == Action::Replay && logged.elapsed() >= LOGGED {
            self.store.log_replay(&taken.bulk, self.clock.now()).await?;
            *logged = Instant::now();
        }
        Ok(true)
    }

    async fn perform_part(&self, taken: &Taken, lease: TimeDelta) -> anyhow::Result<()> {
        let taxonomy = self.taxonomy.as_ref();
        let performed = async {
            if taken.is_rehearsal {
                bulk::rehearse(&self.store, &self.clock, taxonomy, taken).await
            } else {
                bulk::run(&self.store, &self.clock, taxonomy, taken, lease).await
            }
        };
        tokio::select! {
            performed = performed => performed,
            never = self.beat(lease) => match never {},
        }
    }

    /// Says that this worker is there, again and again.
    async fn beat(&self, lease: TimeDelta) -> Infallible {
        let pause = lease.to_std().unwrap_or_default() / 3;
        loop {
            tokio::time::sleep(pause).await;
            let until = self.clock.now() + lease;
            if let Err(error) = self.store.beat_bulk(&self.name, until).await {
                // If the database stays away, what the part writes fails as well.
                tracing::warn!("a worker could not be heard of: {error}");
            }
        }
    }
}
