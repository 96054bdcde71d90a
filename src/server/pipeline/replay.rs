//! Sends single held records through today's contract again.
//!
//! Each record's newest revision is judged, and its outcome is applied in one transaction
//! (`Store::decide_queued`), so a job may be run again from the start at any time. A replay has a
//! delivery of its own, named by the job.

use super::{judge, knowing};
use crate::domain::account::Scope;
use crate::domain::contract::Taxonomy;
use crate::domain::ids::RecordId;
use crate::domain::quarantine::HeldRecord;
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
    let feed = store
        .find_feed(&Scope::All, &job.feed)
        .await
        .context("reading the feed")?
        .map(|f| f.feed);
    for id in records {
        let now = clock.now();
        // It is read for its picture alone, and again when it is decided.
        let found = match feed.as_ref().filter(|feed| feed.pictures) {
            Some(_) => store
                .find_held(&Scope::All, id)
                .await
                .context("reading a record")?,
            None => None,
        };
        let current: Vec<_> = found.iter().map(HeldRecord::current).collect();
        let known = knowing::known_of(store, taxonomy, feed.as_ref(), &current)
            .await
            .context("reading what is known of pictures")?;
        let judge = |record: &HeldRecord| judge::decide(feed.as_ref(), &known, record.current(), now);
        let outcome = store
            .decide_queued(job, id, &judge, now)
            .await
            .with_context(|| format!("deciding record {id}"))?;
        tracing::info!(job.id = %job.id, record.id = %id, "replayed: {}", outcome.label());
    }
    store
        .answer_rechecks(&job.feed, &job.id, false, clock.now())
        .await
        .context("answering whoever asked for a recheck")
}
