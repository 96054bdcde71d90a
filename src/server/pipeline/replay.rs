//! Sends held records through today's contract again.
//!
//! Each record's newest revision is judged, and its outcome is applied in one transaction
//! (`store::replaying`), so a job may be run again from the start at any time. A replay has a
//! delivery of its own, named by the job.

use super::judge;
use crate::domain::account::Scope;
use crate::domain::contract::Taxonomy;
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::ids::{DeliveryId, RecordId};
use crate::domain::report::{Counts, FileReport, Verdict};
use crate::server::clock::Clock;
use crate::server::store::{Job, Store};
use anyhow::Context;
use std::sync::Arc;

/// Replays those of the job's records that are still queued for it.
pub async fn run(
    store: &Store,
    clock: &Clock,
    taxonomy: Option<&Arc<Taxonomy>>,
    job: &Job,
    records: &[RecordId],
) -> anyhow::Result<()> {
    // The job was made within its asker's scope; the worker acts for the system.
    let scope = Scope::All;
    let feed = store
        .find_feed(&scope, &job.feed)
        .await
        .context("reading the feed")?
        .map(|f| f.feed);
    let contract_version = judge::contract(feed.as_ref()).version;
    for id in records {
        let Some(held) = store.find_held(&scope, id).await.context("reading the record")? else {
            continue;
        };
        let now = clock.now();
        let delivery = entry(job, contract_version, now);
        let decision = judge::decide(feed.as_ref(), taxonomy, held.current(), now);
        let replayed = store
            .decide_replayed(job, &held, &delivery, &decision, now)
            .await
            .with_context(|| format!("deciding record {id}"))?;
        tracing::info!(job.id = %job.id, record.id = %id, "replayed: {replayed:?}");
    }
    Ok(())
}

fn entry(job: &Job, contract_version: u32, now: chrono::DateTime<chrono::Utc>) -> Delivery {
    Delivery {
        id: DeliveryId::new(job.id.as_str()),
        partner: job.partner.clone(),
        feed: job.feed.clone(),
        direction: Direction::Ingest,
        origin: Origin::Replay { job: job.id.clone() },
        status: Status::Accepted,
        file: FileReport {
            name: format!("replay asked for by {}", job.asked_by),
            verdict: Verdict::Accepted,
            code: None,
            message: None,
            offset: None,
            format: None,
            encoding: None,
            bytes: 0,
            sha256: String::new(),
        },
        counts: Counts::default(),
        codes: Vec::new(),
        received_at: job.asked_at,
        decided_at: Some(now),
        repeat_of: None,
        contract_version,
        // What is replayed was read when its file came.
        profile_version: 0,
        gate: None,
        hold: None,
    }
}
