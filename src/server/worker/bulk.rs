//! Works on sets of held records, a few parts at a time.
//!
//! A worker has several [hands](HANDS), each with a name of its own: to the store each is a worker
//! that has one part at a time, and none is taken for another.

use super::{BACK_OFF, IDLE, Worker};
use crate::domain::bulk::Action;
use crate::server::pipeline::bulk;
use crate::server::store::Taken;
use anyhow::Context;
use chrono::TimeDelta;
use futures::future::join_all;
use std::convert::Infallible;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

/// Parts that a worker has at a time: while the database writes of one, another is judged.
const HANDS: usize = 3;

/// How often a worker brings the log entry of a replay up to date while it runs.
const LOGGED: Duration = Duration::from_millis(700);

impl Worker {
    /// Works on parts until told to stop; what is being decided is finished first.
    pub(super) async fn keep_bulks(&self, stop: &CancellationToken) {
        let (seat, done) = (Mutex::new(()), Notify::new());
        let hands = (0..HANDS).map(|hand| self.keep_hand_busy(hand, &seat, &done, stop));
        join_all(hands).await;
    }

    /// Whoever has the seat looks for work, and keeps it while there is none: the database of an
    /// idle worker is not asked more often for its having several hands. When a part is done, there
    /// may be more that waited for it.
    async fn keep_hand_busy(&self, hand: usize, seat: &Mutex<()>, done: &Notify, stop: &CancellationToken) {
        loop {
            let seated = seat.lock().await;
            if stop.is_cancelled() {
                return;
            }
            let worked = match self.take(hand).await {
                Ok(Some(taken)) => {
                    drop(seated);
                    let worked = self.perform_taken(&taken, stop).await;
                    done.notify_one();
                    worked
                }
                Ok(None) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = done.notified() => {}
                        () = tokio::time::sleep(IDLE) => {}
                    }
                    Ok(())
                }
                Err(error) => Err(error),
            };
            if let Err(error) = worked {
                tracing::warn!("parts of jobs cannot be done just now: {error:#}");
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(BACK_OFF) => {}
                }
            }
        }
    }

    /// Works on one part, if there is one.
    pub async fn do_part(&self) -> anyhow::Result<bool> {
        let Some(taken) = self.take(0).await? else {
            return Ok(false);
        };
        self.perform_taken(&taken, &CancellationToken::new()).await?;
        Ok(true)
    }

    async fn take(&self, hand: usize) -> anyhow::Result<Option<Taken>> {
        self.store
            .take_part(&format!("{}/{hand}", self.name), self.clock.now(), self.lent())
            .await
            .context("asking for a part")
    }

    /// For how long a part is lent, unless more is heard of who has it.
    fn lent(&self) -> TimeDelta {
        TimeDelta::seconds(self.settings.follower_silence.into())
    }

    async fn perform_taken(&self, taken: &Taken, stop: &CancellationToken) -> anyhow::Result<()> {
        if let Err(error) = self.perform_part(taken, stop).await {
            // Another worker need not wait for the lease. If this fails as well, it runs out.
            if let Err(kept) = self.store.give_back(taken).await {
                tracing::warn!("part {} could not be given back: {kept}", taken.number);
            }
            return Err(error.context(format!("working on job {}", taken.bulk.id)));
        }
        if !taken.is_rehearsal && taken.bulk.action == Action::Replay {
            self.log_replay(taken).await?;
        }
        Ok(())
    }

    /// Brings the log entry of a replay up to date, unless one of the hands just has.
    async fn log_replay(&self, taken: &Taken) -> anyhow::Result<()> {
        {
            let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
            if logged.elapsed() < LOGGED {
                return Ok(());
            }
            *logged = Instant::now();
        }
        self.store.log_replay(&taken.bulk, self.clock.now()).await?;
        Ok(())
    }

    async fn perform_part(&self, taken: &Taken, stop: &CancellationToken) -> anyhow::Result<()> {
        let lease = self.lent();
        let taxonomy = self.taxonomy.as_ref();
        let performed = async {
            if taken.is_rehearsal {
                bulk::rehearse(&self.store, &self.clock, taxonomy, taken).await
            } else {
                bulk::run(&self.store, &self.clock, taxonomy, taken, lease, stop).await
            }
        };
        tokio::select! {
            performed = performed => performed,
            never = self.beat(&taken.worker, lease) => match never {},
        }
    }

    /// Says that a hand is there, again and again.
    async fn beat(&self, hand: &str, lease: TimeDelta) -> Infallible {
        let pause = lease.to_std().unwrap_or_default() / 3;
        let mut took = Duration::ZERO;
        loop {
            // A word that took long to arrive says how it was then.
            tokio::time::sleep(pause.saturating_sub(took)).await;
            let begun = Instant::now();
            let until = self.clock.now() + lease;
            if let Err(error) = self.store.beat_bulk(hand, until).await {
                // If the database stays away, what the part writes fails as well.
                tracing::warn!("a worker could not be heard of: {error}");
            }
            took = begun.elapsed();
        }
    }
}
