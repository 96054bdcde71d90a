//! Keeps small new deliveries coming: changes of stock and price, every few seconds, through
//! the real pipeline.

use super::cast::Member;
use super::history::seed;
use super::products::{self, Catalogue};
use super::seed::Demo;
use rand::Rng;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Seconds between two deliveries.
const PAUSE: std::ops::Range<u64> = 3..9;
/// Products in one delivery.
const PRODUCTS: std::ops::Range<u64> = 20..180;
/// Of so many files one is damaged.
const DAMAGED: u32 = 60;

impl Demo {
    /// Sends until told to stop. A delivery that fails is logged, and the next one is tried.
    pub async fn stream(&self, stop: CancellationToken) {
        let live: Vec<&Member> = self.members().into_iter().filter(|member| member.live).collect();
        while !stop.is_cancelled() {
            let pause = Duration::from_secs(rand::rng().random_range(PAUSE));
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let member = live[rand::rng().random_range(0..live.len())];
            if let Err(error) = self.send_changes(member).await {
                tracing::warn!("a delivery of {} could not be taken in: {error:#}", member.name);
            }
        }
    }

    async fn send_changes(&self, member: &Member) -> anyhow::Result<()> {
        let Some(feed) = member.changes() else {
            return Ok(());
        };
        let now = self.ingest.clock.now();
        let (first, count, damaged) = {
            let mut chance = rand::rng();
            (
                chance.random_range(1..=u64::from(member.records)),
                chance.random_range(PRODUCTS),
                chance.random_ratio(1, DAMAGED),
            )
        };
        let minute = u64::try_from(now.timestamp() / 60).unwrap_or(0);
        let catalogue = Catalogue {
            member,
            version: minute,
            faulty: 5 + seed(member.slug) % 25,
        };
        let mut bytes = Vec::new();
        products::write(
            &mut bytes,
            member.format,
            member,
            (first..first + count).map(|number| catalogue.product(number)),
        )?;
        if damaged {
            bytes.truncate(bytes.len() * 2 / 3);
        }
        let name = format!(
            "{}_stock_{}.{}",
            member.slug,
            now.format("%Y%m%d-%H%M%S"),
            member.format.word()
        );
        self.take_in(&feed, &name, &bytes).await?;
        Ok(())
    }
}
