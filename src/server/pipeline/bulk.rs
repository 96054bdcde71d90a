//! Works on a part of a set of held records: rehearses what would become of them, or does what was
//! asked for.
//!
//! Each record's newest revision is judged by the contract of the moment. Records are decided
//! together in one transaction (`store::bulks`), as many as the job's pace allows at once; a
//! record that makes the transaction fail is decided alone, noted as failed, and never keeps the
//! others from theirs.

use super::{judge, knowing};
use crate::domain::account::Scope;
use crate::domain::bulk::{Outcome, PART};
use crate::domain::contract::{Known, Taxonomy};
use crate::domain::feed::Feed;
use crate::domain::quarantine::{HeldRecord, Revision};
use crate::domain::record::Attributes;
use crate::server::clock::Clock;
use crate::server::store::{Decision, Error, Rehearsed, Result as Stored, Slice, Store, Taken};
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Says what would become of a part's records today, and writes nothing else.
pub async fn rehearse(
    store: &Store,
    clock: &Clock,
    taxonomy: Option<&Arc<Taxonomy>>,
    taken: &Taken,
) -> anyhow::Result<()> {
    let feed = feed_of(store, taken).await?;
    let records = store.read_part(taken).await.context("reading the records")?;
    let mut would = Rehearsed {
        gone: (taken.left().len() - records.len()) as u64,
        ..Rehearsed::default()
    };
    let now = clock.now();
    let known = known_of(store, taxonomy, feed.as_ref(), taken, &records, now).await?;
    for record in &records {
        if !taken.bulk.action.takes(record.state) {
            would.gone += 1;
            continue;
        }
        let mended = taken.bulk.mended(record, now);
        would.changed += u64::from(mended.is_some());
        let attributes = mended
            .as_ref()
            .map_or(record.current(), |revision| &revision.attributes);
        match judge::decide(feed.as_ref(), &known, attributes, now) {
            Decision::Passes(_) => would.pass += 1,
            Decision::Fails(violations) => {
                would.fail += 1;
                let mut codes: Vec<&str> = violations.iter().map(|v| v.code.as_ref()).collect();
                codes.sort_unstable();
                codes.dedup();
                for code in codes {
                    *would.codes.entry(code.to_owned()).or_default() += 1;
                }
            }
        }
    }
    store
        .finish_rehearsal(taken, &would)
        .await
        .context("noting what would become of them")
}

/// Decides the records of a part, from where it was left, until told to stop: then the part is given
/// back, as when the job does not run any more.
pub async fn run(
    store: &Store,
    clock: &Clock,
    taxonomy: Option<&Arc<Taxonomy>>,
    taken: &Taken,
    lease: TimeDelta,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let bulk = &taken.bulk;
    let feed = feed_of(store, taken).await?;
    // They are read for their pictures alone; each is read again when it is decided.
    let records = match feed.as_ref().filter(|feed| feed.pictures) {
        Some(_) => store.read_part(taken).await.context("reading the records")?,
        None => Vec::new(),
    };
    let known = known_of(store, taxonomy, feed.as_ref(), taken, &records, clock.now()).await?;
    let part = Part {
        store,
        clock,
        taken,
        feed: feed.as_ref(),
        known: &known,
        lease,
    };
    let mut letters = taken.letters.clone();
    while let Some(rest) = taken.records.get(letters.len()..).filter(|rest| !rest.is_empty()) {
        let slice = bulk.pace.slice(rest.len().min(PART));
        let now = clock.now();
        let Some(turn) = store.book_turn(bulk, slice, now).await? else {
            return Ok(store.give_back(taken).await?);
        };
        let wait = (turn - now).to_std().unwrap_or(Duration::ZERO);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return Ok(store.give_back(taken).await?),
        }
        let Some(decided) = part.decide(&letters, slice).await? else {
            tracing::info!(job.id = %bulk.id, "part {} is not as it was lent", taken.number);
            // Another worker has it, or its last word was heard and the answer lost.
            return Ok(store.give_back(taken).await?);
        };
        letters.extend(decided.iter().map(|outcome| outcome.letter()));
    }
    Ok(())
}

/// What is known of records, as they are and as the job mends them.
async fn known_of(
    store: &Store,
    taxonomy: Option<&Arc<Taxonomy>>,
    feed: Option<&Feed>,
    taken: &Taken,
    records: &[HeldRecord],
    now: DateTime<Utc>,
) -> anyhow::Result<Known> {
    // A fix is not tried on each for nothing.
    let looks = feed.is_some_and(|feed| feed.pictures);
    let records = if looks { records } else { &[] };
    let mended: Vec<Revision> = records
        .iter()
        .filter_map(|record| taken.bulk.mended(record, now))
        .collect();
    let all: Vec<&Attributes> = records
        .iter()
        .map(HeldRecord::current)
        .chain(mended.iter().map(|revision| &revision.attributes))
        .collect();
    knowing::known_of(store, taxonomy, feed, &all)
        .await
        .context("reading what is known of pictures")
}

async fn feed_of(store: &Store, taken: &Taken) -> anyhow::Result<Option<Feed>> {
    // The job was made within its asker's scope; the worker acts for the system.
    let feed = store
        .find_feed(&Scope::All, &taken.bulk.feed)
        .await
        .context("reading the feed")?;
    Ok(feed.map(|feed| feed.feed))
}

struct Part<'a> {
    store: &'a Store,
    clock: &'a Clock,
    taken: &'a Taken,
    feed: Option<&'a Feed>,
    known: &'a Known,
    lease: TimeDelta,
}

impl Part<'_> {
    /// Decides the next `size` records; none when the part is another worker's by now.
    async fn decide(&self, before: &[u8], size: usize) -> anyhow::Result<Option<Vec<Outcome>>> {
        match self.together(before, size).await {
            Err(Error::Database(_) | Error::Corrupt(_)) if size > 1 => {}
            other => return other.context("deciding records"),
        }
        let mut letters = before.to_vec();
        let mut outcomes = Vec::with_capacity(size);
        for _ in 0..size {
            let outcome = match self.together(&letters, 1).await {
                Ok(Some(decided)) => decided,
                Ok(None) => return Ok(None),
                Err(error @ (Error::Database(_) | Error::Corrupt(_))) => {
                    let Some(slice) = self.slice(&letters, 1) else {
                        break;
                    };
                    let why = format!("A record could not be written: {error}");
                    let kept = self.store.fail_slice(slice, why, self.clock.now(), self.lease);
                    if !kept.await? {
                        return Ok(None);
                    }
                    vec![Outcome::Failed]
                }
                Err(error) => return Err(error).context("deciding a record"),
            };
            letters.extend(outcome.iter().map(|outcome| outcome.letter()));
            outcomes.extend(outcome);
        }
        Ok(Some(outcomes))
    }

    async fn together(&self, before: &[u8], size: usize) -> Stored<Option<Vec<Outcome>>> {
        let Some(slice) = self.slice(before, size) else {
            return Ok(Some(Vec::new()));
        };
        let now = self.clock.now();
        let judge = |record: &HeldRecord| judge::decide(self.feed, self.known, record.current(), now);
        self.store.decide_slice(slice, &judge, now, self.lease).await
    }

    fn slice<'s>(&'s self, before: &'s [u8], size: usize) -> Option<Slice<'s>> {
        let records = self.taken.records.get(before.len()..before.len() + size)?;
        Some(Slice {
            taken: self.taken,
            before,
            records,
        })
    }
}
