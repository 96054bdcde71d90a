//! Writes years of deliveries, as another pipeline would have logged them: what a business of
//! any size and age has in its audit log, for measuring and for trying.
//!
//! It is the demo's partners with their rhythms and accidents, scaled so that the last four
//! weeks have as many records a day as asked for, and the first day a third of it.

use super::cast::{CAST, Member};
use super::history::{Past, rounded, whole_u};
use crate::domain::account::Scope;
use crate::domain::delivery::Delivery;
use crate::domain::query::DeliveryFilter;
use crate::server::store::Store;
use anyhow::{Context, ensure};
use chrono::{DateTime, TimeDelta, Utc};

/// How much past to write.
#[derive(Debug, Clone, Copy)]
pub struct Long {
    /// Days of it, up to now.
    pub days: u32,
    /// How many of the demo's partners, 1 to 52.
    pub partners: usize,
    /// Records received a day, on average of the last four weeks.
    pub records_per_day: u64,
}

/// What has been written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Log entries.
    pub deliveries: u64,
    /// Records that they speak of.
    pub records: u64,
}

/// Entries in one insert.
const BATCH: usize = 2_000;
/// How many times as much comes now as on the first day.
const GROWTH: f64 = 3.0;

impl Long {
    /// Adds the partners and their feeds, and their log up to `now`. A feed that has a log
    /// already is refused, for the two would tell of one time twice.
    pub async fn write(&self, store: &Store, now: DateTime<Utc>) -> anyhow::Result<Written> {
        ensure!(
            (1..=CAST.len()).contains(&self.partners),
            "there are 1 to {} partners to write a history of, not {}",
            CAST.len(),
            self.partners
        );
        let members = &CAST[..self.partners];
        let factor = self.factor(members, now);
        let mut written = Written::default();
        for member in members {
            store.insert_partner(&member.partner()).await?;
            for feed in member.feeds() {
                store.insert_feed(&feed).await?;
                let filter = DeliveryFilter {
                    feed: Some(feed.id.clone()),
                    ..DeliveryFilter::default()
                };
                let there = store.list_deliveries(&Scope::All, &filter, "", 1).await?;
                ensure!(
                    there.rows.is_empty(),
                    "{} has {} deliveries already; --database names another database",
                    feed.id,
                    there.total
                );
            }
            let begin = now - TimeDelta::days(i64::from(self.days));
            let mut log = Past { member, now }.deliveries(begin, now);
            for delivery in &mut log {
                self.scale(delivery, factor, now);
                written.records += delivery.counts.received;
            }
            written.deliveries += log.len() as u64;
            for some in log.chunks(BATCH) {
                store
                    .insert_deliveries(some)
                    .await
                    .with_context(|| format!("writing the log of {}", member.name))?;
            }
        }
        Ok(written)
    }

    /// By what the records of today have to be multiplied.
    fn factor(&self, members: &[Member], now: DateTime<Utc>) -> f64 {
        let weeks = TimeDelta::days(28);
        let received: u64 = members
            .iter()
            .flat_map(|member| Past { member, now }.deliveries(now - weeks, now))
            .map(|delivery| delivery.counts.received)
            .sum();
        whole_u(self.records_per_day) * 28.0 / whole_u(received.max(1))
    }

    fn scale(&self, delivery: &mut Delivery, factor: f64, now: DateTime<Utc>) {
        let age = whole_u(u64::try_from((now - delivery.received_at).num_hours()).unwrap_or(0));
        let by = factor * GROWTH.powf(-age / 24.0 / f64::from(self.days.max(1)));
        let scaled = |n: u64| rounded(whole_u(n) * by);
        let c = &mut delivery.counts;
        c.accepted = scaled(c.accepted);
        c.unchanged = scaled(c.unchanged);
        c.quarantined = scaled(c.quarantined);
        c.received = c.accepted + c.unchanged + c.quarantined;
        c.warned = scaled(c.warned).min(c.accepted + c.unchanged);
        for code in &mut delivery.codes {
            code.records = scaled(code.records);
            code.occurrences = scaled(code.occurrences);
        }
        delivery.codes.retain(|code| code.records > 0);
        delivery.file.bytes = scaled(delivery.file.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_weeks_have_what_was_asked_for_and_every_entry_is_conserved() {
        let now = "2026-11-24T12:00:00Z".parse().expect("a time");
        let long = Long {
            days: 365,
            partners: 3,
            records_per_day: 100_000,
        };
        let members = &CAST[..3];
        let factor = long.factor(members, now);
        let (mut late, mut early) = (0, 0);
        for member in members {
            for mut delivery in (Past { member, now }).deliveries(now - TimeDelta::days(365), now) {
                long.scale(&mut delivery, factor, now);
                assert!(delivery.counts.conserved(), "{:?}", delivery.counts);
                match (now - delivery.received_at).num_days() {
                    0..28 => late += delivery.counts.received,
                    337..365 => early += delivery.counts.received,
                    _ => {}
                }
            }
        }
        let late = late / 28;
        assert!((90_000..=100_100).contains(&late), "{late} a day");
        assert!(early / 28 < late / 2, "{} a day a year before", early / 28);
    }
}
