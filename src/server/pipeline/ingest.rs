//! Takes one file in: surveys it, applies it, and writes its delivery.
//!
//! Five steps, each of which may be the last before somebody pulls the plug:
//!
//! 1. survey the whole file, so that a damaged one is refused before anything is touched;
//! 2. lease the feed, so that one ingest at a time writes it;
//! 3. open the delivery as `Processing`, or find the one that an earlier, killed try opened;
//! 4. apply: write new and changed items, hold what failed, set older held versions aside;
//! 5. decide the delivery, which makes its counts final.
//!
//! Steps 3 and 4 name everything by delivery and place in the file, so running them again
//! writes the same things and counts the same numbers. Run again after a kill at any instant,
//! an ingest ends as if it had been run once.

use super::judge;
use super::patience::Patience;
use super::survey::survey;
use crate::domain::contract::Checked;
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::feed::Feed;
use crate::domain::ids::{DeliveryId, RecordId};
use crate::domain::quarantine::{HeldRecord, State};
use crate::domain::record::RawRecord;
use crate::domain::report::{Counts, Report, Verdict};
use crate::server::clock::Clock;
use crate::server::store::{Error as StoreError, Opening, Passed, Store};
use anyhow::{Context, bail};
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Records written together.
const BATCH: usize = 1000;
/// Batches written side by side.
const WRITERS: usize = 3;
/// How long a feed is lent; kept up while the ingest lives.
const LEASE: TimeDelta = TimeDelta::seconds(20);

/// What an ingest did.
#[derive(Debug)]
pub struct Ingested {
    /// Its log entry.
    pub delivery: DeliveryId,
    /// The survey, with the counts of what it did.
    pub report: Report,
}

/// What an ingest works with.
#[derive(Debug, Clone)]
pub struct Ingest {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// How long to wait for an absent database or another ingest of the feed.
    pub patience: Duration,
}

impl Ingest {
    /// Takes in the file at `path`, which came as `name`.
    pub async fn run(&self, feed: &Feed, path: &Path, name: &str) -> anyhow::Result<Ingested> {
        let begun = Instant::now();
        let received_at = self.clock.now();
        let mut report = self.survey(feed, path, name, received_at).await?;
        let mut delivery = self.entry(feed, &report, received_at);
        let patience = Patience::new(self.patience);
        if delivery.status == Status::Processing {
            let id = &delivery.id;
            let unfinished = patience
                .with(|| {
                    self.store
                        .find_same_file(&feed.id, &report.file.sha256, Status::Processing)
                })
                .await
                .context("looking for an earlier try")?;
            if let Some(unfinished) = unfinished {
                tracing::info!(delivery.id = %unfinished.id, "going on with a delivery that was interrupted");
                delivery = unfinished;
            } else {
                tracing::debug!(delivery.id = %id, "a new delivery");
            }
            self.lease(feed, &delivery.id, &patience).await?;
            let done = self
                .apply_and_decide(feed, path, &mut delivery, &report, &patience)
                .await;
            let released = patience
                .with(|| self.store.release_feed(&feed.id, &delivery.id))
                .await;
            report.records = done?;
            released.context("giving the feed back")?;
        } else {
            let opening = Opening {
                delivery: delivery.clone(),
                samples: report.samples.clone(),
            };
            patience
                .with(|| self.store.insert_delivery(&opening))
                .await
                .context("writing the audit log")?;
        }
        report.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Ingested {
            delivery: delivery.id,
            report,
        })
    }

    async fn survey(
        &self,
        feed: &Feed,
        path: &Path,
        name: &str,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Report> {
        let (path, name, terms) = (path.to_owned(), name.to_owned(), feed.terms());
        tokio::task::spawn_blocking(move || {
            let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
            survey(file, &name, &terms, now, &mut |_, _| Ok(()))
        })
        .await?
    }

    /// The log entry of a file that has been surveyed and not yet applied.
    fn entry(&self, feed: &Feed, report: &Report, received_at: DateTime<Utc>) -> Delivery {
        let (status, decided_at) = match report.file.verdict {
            Verdict::Accepted => (Status::Processing, None),
            Verdict::Held => (Status::Held, Some(self.clock.now())),
            Verdict::Refused => (Status::Refused, Some(self.clock.now())),
        };
        let counts = match status {
            // What was read is known; what becomes of it is not, until it is decided.
            Status::Processing => Counts {
                received: report.records.received,
                ..Counts::default()
            },
            _ => Counts::default(),
        };
        Delivery {
            id: DeliveryId::new(uuid::Uuid::now_v7().simple().to_string()),
            partner: feed.id.partner(),
            feed: feed.id.clone(),
            direction: Direction::Ingest,
            origin: Origin::File,
            status,
            file: report.file.clone(),
            counts,
            codes: report.codes.clone(),
            received_at,
            decided_at,
            repeat_of: None,
            contract_version: judge::contract(Some(feed)).version,
        }
    }

    async fn lease(&self, feed: &Feed, delivery: &DeliveryId, patience: &Patience) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let asked = patience
                .with(|| self.store.lease_feed(&feed.id, delivery, self.clock.now(), LEASE))
                .await;
            match asked {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict { .. }) if begun.elapsed() < self.patience => {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(StoreError::Conflict { .. }) => bail!(
                    "another file of {} is being taken in; wait for it and run this again",
                    feed.id
                ),
                Err(error) => return Err(error).context("leasing the feed"),
            }
        }
    }

    async fn apply_and_decide(
        &self,
        feed: &Feed,
        path: &Path,
        delivery: &mut Delivery,
        report: &Report,
        patience: &Patience,
    ) -> anyhow::Result<Counts> {
        let store = &self.store;
        let id = delivery.id.clone();
        for earlier in patience.with(|| store.list_interrupted(&feed.id, &id)).await? {
            patience
                .with(|| store.close_interrupted(&earlier, &id, self.clock.now()))
                .await?;
        }
        let same = patience
            .with(|| store.find_same_file(&feed.id, &report.file.sha256, Status::Accepted))
            .await?;
        delivery.repeat_of = same.map(|d| d.id);
        let opening = Opening {
            delivery: delivery.clone(),
            samples: report.samples.clone(),
        };
        patience
            .with(|| store.insert_delivery(&opening))
            .await
            .context("writing the audit log")?;
        let mut counts = self.apply(feed, path, delivery, report, patience).await?;
        counts.received = report.records.received;
        counts.warned = report.records.warned;
        if !counts.conserved() {
            bail!("{counts:?} do not add up; the delivery stays open, and this is a fault of ours");
        }
        patience
            .with(|| store.decide_delivery(&id, &feed.id, counts, self.clock.now()))
            .await
            .context("deciding")?;
        Ok(counts)
    }

    /// Writes what the file says, and counts what that changed.
    async fn apply(
        &self,
        feed: &Feed,
        path: &Path,
        delivery: &Delivery,
        report: &Report,
        patience: &Patience,
    ) -> anyhow::Result<Counts> {
        let store = &self.store;
        let all_new = patience.with(|| store.has_no_items(&feed.id)).await?;
        let stale = Arc::new(
            patience
                .with(|| store.list_open_keys(&feed.id, &delivery.id))
                .await?,
        );
        let (send, receive) = mpsc::channel(WRITERS);
        let reading = tokio::task::spawn_blocking({
            let (path, name, feed, delivery) = (
                path.to_owned(),
                report.file.name.clone(),
                feed.clone(),
                delivery.clone(),
            );
            let sha256 = report.file.sha256.clone();
            move || read_batches(path, &name, &feed, &delivery, &sha256, &send)
        });
        let batches = futures::stream::unfold(receive, |mut receive| async move {
            receive
                .recv()
                .await
                .map(|batch: Batch| (Ok::<_, anyhow::Error>(batch), receive))
        });
        let counts = batches
            .map_ok(|batch| {
                let stale = Arc::clone(&stale);
                async move { self.write(feed, delivery, batch, all_new, &stale, patience).await }
            })
            .try_buffer_unordered(WRITERS)
            .try_fold(Counts::default(), |mut sum, counts| async move {
                sum += counts;
                Ok(sum)
            })
            .await;
        // When writing failed the reader ends by itself, for nobody takes its batches.
        let read = reading.await?;
        let counts = counts?;
        read?;
        Ok(counts)
    }

    async fn write(
        &self,
        feed: &Feed,
        delivery: &Delivery,
        batch: Batch,
        all_new: bool,
        stale: &HashSet<String>,
        patience: &Patience,
    ) -> anyhow::Result<Counts> {
        let store = &self.store;
        let (id, at) = (&delivery.id, delivery.received_at);
        patience
            .with(|| store.lease_feed(&feed.id, id, self.clock.now(), LEASE))
            .await
            .context("keeping the feed's lease")?;
        let outdated: Vec<String> = batch
            .passed
            .iter()
            .map(|p| &p.key)
            .chain(batch.held.iter().map(|(key, _)| key))
            .filter(|key| stale.contains(*key))
            .cloned()
            .collect();
        let held = batch.held.len() as u64;
        patience
            .with(|| store.insert_held(batch.held.clone()))
            .await
            .context("holding records")?;
        let applied = patience
            .with(|| store.apply_items(&feed.id, id, at, &batch.passed, all_new))
            .await
            .context("writing items")?;
        patience
            .with(|| store.supersede_held(&feed.id, &outdated, id))
            .await
            .context("setting older held records aside")?;
        Ok(Counts {
            accepted: applied.accepted,
            unchanged: applied.unchanged,
            quarantined: held,
            ..Counts::default()
        })
    }
}

/// Some records of a file, in its order.
#[derive(Debug, Default)]
struct Batch {
    passed: Vec<Passed>,
    held: Vec<(String, HeldRecord)>,
}

impl Batch {
    fn len(&self) -> usize {
        self.passed.len() + self.held.len()
    }
}

/// Reads the file once more and hands its records on in batches. Blocks while nobody takes them.
fn read_batches(
    path: PathBuf,
    name: &str,
    feed: &Feed,
    delivery: &Delivery,
    sha256: &str,
    send: &mpsc::Sender<Batch>,
) -> anyhow::Result<()> {
    let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
    let mut batch = Batch::default();
    let terms = feed.terms();
    let mut take = |raw: &RawRecord, checked: &Checked| -> anyhow::Result<()> {
        if checked.is_held() {
            batch.held.push(hold(delivery, raw, checked));
        } else {
            batch.passed.push(judge::passed(raw, checked));
        }
        if batch.len() >= BATCH {
            send.blocking_send(std::mem::take(&mut batch))
                .map_err(|_| anyhow::anyhow!("writing has stopped"))?;
        }
        Ok(())
    };
    let again = survey(file, name, &terms, delivery.received_at, &mut take)?;
    if again.file.sha256 != sha256 {
        bail!(
            "{} changed while it was being read; run this again when it is complete",
            path.display()
        );
    }
    if batch.len() > 0 {
        send.blocking_send(batch)
            .map_err(|_| anyhow::anyhow!("writing has stopped"))?;
    }
    Ok(())
}

fn hold(delivery: &Delivery, raw: &RawRecord, checked: &Checked) -> (String, HeldRecord) {
    let position = raw.position();
    let key = judge::key(raw, checked);
    let held = HeldRecord {
        id: RecordId::of(&delivery.id, position.index),
        partner: delivery.partner.clone(),
        feed: delivery.feed.clone(),
        delivery: delivery.id.clone(),
        item_id: checked.id().to_owned(),
        title: raw.get("title").unwrap_or_default().to_owned(),
        position,
        original: raw.original().to_owned(),
        attributes: raw.to_attributes(),
        violations: checked.violations().collect(),
        state: State::Quarantined,
        revisions: Vec::new(),
        attempts: 0,
        received_at: delivery.received_at,
        job: None,
        superseded_by: None,
    };
    (key, held)
}
