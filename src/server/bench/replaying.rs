//! Measures replaying many held records: freezing a set, and working it off with the workers that
//! run. Every record of the file is held, in deliveries of [`OF_ONE`]; nearly all would pass.

use super::Measured;
use super::storing::{feed, known};
use crate::domain::account::Scope;
use crate::domain::bulk::{Action, Pace};
use crate::domain::ids::{DeliveryId, JobId, RecordId};
use crate::domain::quarantine::{HeldRecord, State};
use crate::domain::query::{QuarantineFilter, StateFilter};
use crate::server::clock::Clock;
use crate::server::fresh;
use crate::server::pipeline::bulk;
use crate::server::pipeline::judge;
use crate::server::pipeline::survey::survey;
use crate::server::store::{Asked, Holding, Store};
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use std::fs::File;
use std::path::Path;
use std::time::Instant;

/// Held records of one delivery: what is replayed together.
pub const OF_ONE: u64 = 100_000;
/// Held records that are written together.
const BATCH: usize = 2000;
/// How long a part is lent.
const LEASE: TimeDelta = TimeDelta::seconds(30);

fn delivery(number: u64) -> DeliveryId {
    DeliveryId::new(format!("held-{number:03}"))
}

/// Holds every record of the file.
pub async fn hold(store: &Store, path: &Path) -> anyhow::Result<Measured> {
    let (feed, now) = (known(store).await?, Clock::system().now());
    let terms = feed.terms();
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let begun = Instant::now();
    let (give, mut take) = tokio::sync::mpsc::channel::<Vec<Holding>>(4);
    let reading = tokio::task::spawn_blocking(move || -> anyhow::Result<u64> {
        let (mut batch, mut number) = (Vec::with_capacity(BATCH), 0_u64);
        survey(file, "bench.csv", &terms, now, &mut |raw, checked| {
            let record = HeldRecord {
                id: RecordId::new(format!("held-{number:09}")),
                partner: feed.id.partner(),
                feed: feed.id.clone(),
                delivery: delivery(number / OF_ONE),
                item_id: checked.id().to_owned(),
                title: raw.get("title").unwrap_or_default().to_owned(),
                position: raw.position(),
                original: raw.original().to_owned(),
                attributes: raw.to_attributes(),
                violations: checked.all_placed(raw).collect(),
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
        give.blocking_send(batch)?;
        Ok(number)
    });
    while let Some(batch) = take.recv().await {
        store.insert_held(&batch).await?;
    }
    Ok(Measured::since(begun, reading.await??))
}

/// Freezes a set of everything that is held.
pub async fn freeze(store: &Store) -> anyhow::Result<Measured> {
    let id = fresh::job();
    let begun = Instant::now();
    let frozen = plan(store, &id, None, Clock::system().now()).await?;
    Ok(Measured::since(begun, frozen))
}

async fn plan(store: &Store, id: &JobId, of: Option<DeliveryId>, now: DateTime<Utc>) -> anyhow::Result<u64> {
    let filter = QuarantineFilter {
        delivery: of,
        state: StateFilter::Any,
        ..QuarantineFilter::default()
    };
    let asked = Asked {
        id: id.clone(),
        feed: feed()?.id,
        action: Action::Replay,
        filter: &filter,
        selected: None,
        address: String::new(),
        asked_by: "bench".to_owned(),
        asked_at: now,
        until: None,
        started: None,
    };
    Ok(store.plan_bulk(&Scope::All, &asked).await?)
}

/// Plans a replay of the records of one delivery and starts it at once.
pub async fn start_replay(store: &Store, of: u64) -> anyhow::Result<()> {
    let (id, now) = (fresh::job(), Clock::system().now());
    plan(store, &id, Some(delivery(of)), now).await?;
    let pace = Pace {
        ramp: true,
        stop_above: None,
        per_second: None,
    };
    store.start_bulk(&Scope::All, &id, &pace, "", now).await?;
    Ok(())
}

/// Works as one worker does, until no job is running; the records it decided.
pub async fn work_off(store: &Store) -> anyhow::Result<Measured> {
    let clock = Clock::system();
    let name = format!("bench-{}", std::process::id());
    let (begun, mut records) = (Instant::now(), 0);
    while store.count_bulks_at_work(&Scope::All).await? > 0 {
        match store.take_part(&name, clock.now(), LEASE).await? {
            Some(taken) if !taken.is_rehearsal => {
                bulk::run(store, &clock, None, &taken, LEASE).await?;
                records += taken.left().len() as u64;
            }
            Some(taken) => store.give_back(&taken).await?,
            None => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
        }
    }
    Ok(Measured::since(begun, records))
}
