//! Fills a quarantine as files would that fail from end to end: records, deliveries and issues.
//!
//! The records are those of one file, taken again and again until there are enough. The first
//! time they are of the feed that is replayed; after that, of [`OTHERS`] other partners, a delivery
//! each in turn.

use super::Measured;
use super::storing::known;
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::feed::Feed;
use crate::domain::ids::{DeliveryId, FeedId, PartnerId, RecordId};
use crate::domain::quarantine::{HeldRecord, State};
use crate::domain::report::{CodeCount, Counts, FileReport, Verdict};
use crate::domain::violation::Violation;
use crate::server::clock::Clock;
use crate::server::pipeline::judge;
use crate::server::pipeline::survey::survey;
use crate::server::store::{Ending, Holding, Opening, Partner, Store};
use anyhow::Context;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

/// Held records of one delivery: what is replayed together.
pub const OF_ONE: u64 = 100_000;
/// Partners beside the one that is replayed.
const OTHERS: u64 = 51;
/// Held records that are written together.
const BATCH: usize = 2000;
/// Batches that are written at a time.
const WRITERS: usize = 3;

/// A delivery by its number.
pub(super) fn delivery(number: u64) -> DeliveryId {
    DeliveryId::new(format!("held{number:04}"))
}

/// What is written down of a delivery while its records are made.
struct Open {
    feed: FeedId,
    id: DeliveryId,
    records: u64,
    codes: BTreeMap<String, CodeCount>,
}

impl Open {
    fn count(&mut self, violations: &[Violation]) {
        self.records += 1;
        let mut seen = Vec::new();
        for violation in violations {
            let of = self
                .codes
                .entry(violation.code.to_string())
                .or_insert_with(|| CodeCount {
                    code: violation.code.clone(),
                    severity: violation.severity,
                    attribute: violation.attribute.clone(),
                    records: 0,
                    occurrences: 0,
                });
            of.occurrences += 1;
            if !seen.contains(&&violation.code) {
                of.records += 1;
                seen.push(&violation.code);
            }
        }
    }

    fn entry(&self, at: DateTime<Utc>) -> Delivery {
        Delivery {
            id: self.id.clone(),
            partner: self.feed.partner(),
            feed: self.feed.clone(),
            direction: Direction::Ingest,
            origin: Origin::File,
            status: Status::Processing,
            file: FileReport {
                name: "bench.csv".to_owned(),
                verdict: Verdict::Accepted,
                code: None,
                message: None,
                offset: None,
                format: None,
                encoding: None,
                bytes: 0,
                sha256: String::new(),
            },
            counts: self.counts(),
            codes: self.codes.values().cloned().collect(),
            received_at: at,
            decided_at: None,
            repeat_of: None,
            contract_version: 1,
            profile_version: 1,
            gate: None,
            hold: None,
        }
    }

    fn counts(&self) -> Counts {
        Counts {
            received: self.records,
            quarantined: self.records,
            ..Counts::default()
        }
    }
}

/// The feed of a delivery of the passes after the first.
fn other(number: u64) -> anyhow::Result<FeedId> {
    let partner = PartnerId::new(format!("bench-{:02}", number % OTHERS));
    FeedId::of(&partner, "main").context("a feed has a slug")
}

async fn know_others(store: &Store) -> anyhow::Result<()> {
    for number in 0..OTHERS {
        let feed = Feed::new(other(number)?);
        let partner = Partner {
            id: feed.id.partner(),
            name: feed.id.partner().to_string(),
            edits_off: false,
        };
        store.insert_partner(&partner).await?;
        store.insert_feed(&feed).await?;
    }
    Ok(())
}

/// Holds every record of the file, again and again until there are `total`; once without that.
pub async fn hold(store: &Store, path: &Path, total: Option<u64>) -> anyhow::Result<Measured> {
    let (feed, now) = (known(store).await?, Clock::system().now());
    know_others(store).await?;
    let terms = feed.terms();
    let path = path.to_owned();
    let begun = Instant::now();
    let (give, take) = tokio::sync::mpsc::channel::<Vec<Holding>>(2 * WRITERS);
    let making = tokio::task::spawn_blocking(move || -> anyhow::Result<Vec<Open>> {
        let mut all: Vec<Open> = Vec::new();
        let (mut batch, mut number, mut pass) = (Vec::with_capacity(BATCH), 0_u64, 0);
        let enough = |number: u64| total.is_some_and(|total| number >= total);
        while !enough(number) && (pass == 0 || total.is_some()) {
            let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
            // Each pass begins a delivery, so that a feed's are whole.
            all.extend(
                (pass > 0)
                    .then(|| open(&all, other(all.len() as u64)))
                    .transpose()?,
            );
            survey(file, "bench.csv", &terms, now, &mut |raw, checked| {
                if enough(number) {
                    return Ok(());
                }
                if all.last().is_none_or(|last| last.records >= OF_ONE) {
                    let of = if pass == 0 {
                        Ok(feed.id.clone())
                    } else {
                        other(all.len() as u64)
                    };
                    all.push(open(&all, of)?);
                }
                let Some(last) = all.last_mut() else {
                    return Ok(());
                };
                let violations: Vec<Violation> = checked.all_placed(raw).collect();
                last.count(&violations);
                let record = HeldRecord {
                    id: RecordId::of(&last.id, last.records),
                    partner: last.feed.partner(),
                    feed: last.feed.clone(),
                    delivery: last.id.clone(),
                    item_id: checked.id().to_owned(),
                    title: raw.get("title").unwrap_or_default().to_owned(),
                    position: raw.position(),
                    original: raw.original().to_owned(),
                    attributes: raw.to_attributes(),
                    violations,
                    state: State::Quarantined,
                    revisions: Vec::new(),
                    decided: Vec::new(),
                    attempts: 0,
                    received_at: now,
                    job: None,
                    acted_at: None,
                    superseded_by: None,
                };
                batch.push(Holding::of(&judge::key(raw, checked), &record)?);
                number += 1;
                if batch.len() >= BATCH {
                    give.blocking_send(std::mem::take(&mut batch))?;
                }
                Ok(())
            })?;
            pass += 1;
        }
        give.blocking_send(batch)?;
        Ok(all)
    });
    let batches = stream::unfold(take, |mut take| async {
        take.recv().await.map(|batch| (batch, take))
    });
    batches
        .map(|batch| async move { store.insert_held(&batch).await })
        .buffer_unordered(WRITERS)
        .try_collect::<()>()
        .await?;
    let all = making.await??;
    let records = all.iter().map(|open| open.records).sum();
    for open in &all {
        decide(store, open, now).await?;
    }
    Ok(Measured::since(begun, records))
}

fn open(all: &[Open], feed: anyhow::Result<FeedId>) -> anyhow::Result<Open> {
    Ok(Open {
        feed: feed?,
        id: delivery(all.len() as u64),
        records: 0,
        codes: BTreeMap::new(),
    })
}

async fn decide(store: &Store, open: &Open, now: DateTime<Utc>) -> anyhow::Result<()> {
    let delivery = open.entry(now);
    let codes: Vec<CodeCount> = delivery.codes.clone();
    store
        .insert_delivery(&Opening {
            delivery: delivery.clone(),
            samples: Vec::new(),
        })
        .await?;
    let ending = Ending {
        delivery: &delivery,
        counts: open.counts(),
        codes: &codes,
        samples: &[],
        was_cut_off: false,
    };
    store.decide_delivery(&ending, now).await?;
    Ok(())
}
