//! Follows the audit log and keeps the rollups in step with it, for as long as it may.
//!
//! Any number of these may run, in any number of workers; one of them has the leave to write
//! and the others wait for it to fall silent. What was written while nobody followed is read
//! from the log first. Everything here may be killed at any instant: see `store::rollups`.

use super::super::clock::Clock;
use super::super::store::{Difference, Error, FeedDay, Leave, Mark, Progress, Store};
use chrono::TimeDelta;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often and how long `verify` waits for a follower that is a moment behind.
const LOOKS: u32 = 10;
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// Pause before asking again for the leave that another has, or after an error.
const PAUSE: Duration = Duration::from_secs(1);

/// Follows until told to stop. Another takes over after this much silence.
pub async fn follow(store: &Store, clock: &Clock, name: &str, silence: Duration, stop: &CancellationToken) {
    let leave = Leave {
        owner: name.to_owned(),
        length: TimeDelta::from_std(silence).unwrap_or(TimeDelta::MAX),
    };
    // One that has nothing to do says thrice in a lease that it is there.
    let beat = silence / 3;
    while !stop.is_cancelled() {
        let followed = tokio::select! {
            () = stop.cancelled() => break,
            followed = while_it_lasts(store, clock, &leave, beat) => followed,
        };
        if let Err(error) = followed {
            tracing::warn!("the log could not be followed, it will be tried again: {error}");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
    // The next one need not wait for the lease to run out.
    let _ = store.leave_rollups(&leave, clock.now()).await;
}

/// Follows while this one has the leave and the stream lasts.
async fn while_it_lasts(store: &Store, clock: &Clock, leave: &Leave, beat: Duration) -> Result<(), Error> {
    let Some(progress) = store.lead_rollups(leave, clock.now()).await? else {
        return Ok(());
    };
    let (mut changed, mut progress) = store.follow_deliveries(leave, progress, clock.now()).await?;
    if !progress.is_whole() {
        tracing::info!("reading the whole log into the rollups");
    }
    if !scan(store, clock, leave, &mut progress, Mark::clone).await? {
        return Ok(());
    }
    loop {
        // Waiting may be cut off here: what the stream has read stays in it.
        match tokio::time::timeout(beat, changed.next()).await {
            Err(_) => {
                if store.lead_rollups(leave, clock.now()).await?.is_none() {
                    return Ok(());
                }
            }
            Ok(next) => {
                let Some((entries, token)) = next? else {
                    return Ok(());
                };
                let mark = Mark::Followed(token);
                if !store.roll(leave, &entries, &mark, clock.now()).await? {
                    return Ok(());
                }
            }
        }
    }
}

/// Rolls the log from where progress left off to its end, the next entries being read while some
/// are rolled, and leaves the marks that `marked` makes of each. False when the leave has gone to
/// another.
async fn scan(
    store: &Store,
    clock: &Clock,
    leave: &Leave,
    progress: &mut Progress,
    marked: impl Fn(&Mark) -> Mark,
) -> Result<bool, Error> {
    if progress.is_whole() {
        return Ok(true);
    }
    let mut next = store.scan_deliveries(progress).await?;
    loop {
        let (entries, mark) = next;
        progress.note(mark.clone());
        let (is_last, mark) = (progress.is_whole(), marked(&mark));
        let rolling = store.roll(leave, &entries, &mark, clock.now());
        if is_last {
            return rolling.await;
        }
        let (rolled, following) = tokio::try_join!(rolling, store.scan_deliveries(progress))?;
        if !rolled {
            return Ok(false);
        }
        next = following;
    }
}

/// Rolls every entry of the log as it stands, without following it. For a log that nobody
/// writes to meanwhile.
pub async fn catch_up(store: &Store, clock: &Clock, name: &str) -> Result<(), Error> {
    let leave = Leave {
        owner: name.to_owned(),
        length: TimeDelta::seconds(10),
    };
    let Some(mut progress) = store.lead_rollups(&leave, clock.now()).await? else {
        return Ok(());
    };
    progress.begin_again();
    scan(store, clock, &leave, &mut progress, |_| Mark::Same).await?;
    store.leave_rollups(&leave, clock.now()).await
}

/// Compares every bucket with the log. What differs is looked at again for a while, for an
/// entry that has just been written is rolled a moment later.
pub async fn verify(store: &Store, days: &BTreeSet<FeedDay>) -> Result<Vec<Difference>, Error> {
    let mut differences = Vec::new();
    for day in days {
        let mut found = store.verify_rollups(day).await?;
        for _ in 0..LOOKS {
            if found.is_empty() {
                break;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
            found = store.verify_rollups(day).await?;
        }
        differences.append(&mut found);
    }
    Ok(differences)
}
