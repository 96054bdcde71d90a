//! Lends the feed to one ingest at a time, and keeps it lent while that ingest lives.

use super::{Ingest, Surveyed};
use crate::domain::delivery::Delivery;
use crate::domain::feed::Feed;
use crate::domain::ids::{DeliveryId, FeedId};
use crate::server::store::Error as StoreError;
use anyhow::Context;
use chrono::TimeDelta;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a feed is lent; kept up while the ingest lives.
const LEASE: TimeDelta = TimeDelta::seconds(20);
/// How often that is asked for anew.
const RENEWED: Duration = Duration::from_secs(5);

/// Another file of the feed is being taken in.
#[derive(Debug, thiserror::Error)]
#[error("another file of {0} is being taken in; wait for it and run this again")]
pub struct Busy(pub FeedId);

impl Ingest {
    /// Does everything that needs the feed to itself.
    pub(super) async fn take(
        &self,
        feed: &Feed,
        path: &Path,
        delivery: &mut Delivery,
        surveyed: &mut Surveyed,
    ) -> anyhow::Result<()> {
        let id = delivery.id.clone();
        self.lease(feed, &id).await?;
        let done = tokio::select! {
            done = self.take_leased(feed, path, delivery, surveyed) => done,
            lost = self.keep_lease(feed, &id) => Err(lost),
        };
        let given_back = self
            .patience()
            .with(|| self.store.release_feed(&feed.id, &id))
            .await;
        done?;
        given_back.context("giving the feed back")
    }

    async fn lease(&self, feed: &Feed, delivery: &DeliveryId) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let asked = self
                .patience()
                .with(|| self.store.lease_feed(&feed.id, delivery, self.clock.now(), LEASE))
                .await;
            match asked {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict { .. }) if begun.elapsed() < self.patience => {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(StoreError::Conflict { .. }) => return Err(Busy(feed.id.clone()).into()),
                Err(error) => return Err(error).context("leasing the feed"),
            }
        }
    }

    /// Asks for the lease again and again, until it is lost.
    async fn keep_lease(&self, feed: &Feed, delivery: &DeliveryId) -> anyhow::Error {
        loop {
            tokio::time::sleep(RENEWED).await;
            let kept = self
                .patience()
                .with(|| self.store.lease_feed(&feed.id, delivery, self.clock.now(), LEASE))
                .await;
            if let Err(error) = kept {
                return anyhow::Error::new(error).context("keeping the feed's lease");
            }
        }
    }
}
