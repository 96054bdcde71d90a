//! Measures replaying many held records: freezing a set, and working it off with the workers that
//! run. Nearly all would pass.

use super::Measured;
use super::holding::delivery;
use super::storing::feed;
use crate::domain::account::Scope;
use crate::domain::bulk::{Action, Pace};
use crate::domain::ids::{DeliveryId, JobId};
use crate::domain::query::{QuarantineFilter, StateFilter};
use crate::server::clock::Clock;
use crate::server::fresh;
use crate::server::pipeline::bulk;
use crate::server::store::{Asked, Store};
use crate::server::worker::{HANDS, LOGGED};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::try_join_all;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Pause when there is nothing to replay for a moment.
const PAUSE: Duration = Duration::from_millis(5);
/// How long a part is lent.
const LEASE: TimeDelta = TimeDelta::seconds(30);

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
    let begun = Instant::now();
    let hands = (0..HANDS).map(|hand| keep_hand_busy(store, hand));
    let records = try_join_all(hands).await?.into_iter().sum();
    Ok(Measured::since(begun, records))
}

async fn keep_hand_busy(store: &Store, hand: usize) -> anyhow::Result<u64> {
    let (clock, stop) = (Clock::system(), CancellationToken::new());
    let name = format!("bench-{}/{hand}", std::process::id());
    let (mut logged, mut records) = (Instant::now(), 0);
    while store.count_bulks_at_work(&Scope::All).await? > 0 {
        let taken = store.take_part(&name, clock.now(), LEASE).await?;
        if let Some(taken) = taken.as_ref().filter(|taken| !taken.is_rehearsal) {
            bulk::run(store, &clock, None, taken, LEASE, &stop).await?;
            records += taken.left().len() as u64;
            // One of the hands does this for all.
            if hand == 0 && logged.elapsed() >= LOGGED {
                store.log_replay(&taken.bulk, clock.now()).await?;
                logged = Instant::now();
            }
            continue;
        }
        if let Some(rehearsed) = taken {
            store.give_back(&rehearsed).await?;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(records)
}
