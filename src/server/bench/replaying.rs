//! Measures replaying many held records: freezing a set, and having it worked off by the workers that
//! run, which are the product's own. Nearly all would pass.

use super::Measured;
use super::holding::delivery;
use super::storing::feed;
use crate::domain::account::Scope;
use crate::domain::bulk::{Action, Pace};
use crate::domain::ids::{DeliveryId, JobId};
use crate::domain::query::{QuarantineFilter, StateFilter};
use crate::server::clock::Clock;
use crate::server::fresh;
use crate::server::store::{Asked, Store};
use anyhow::bail;
use chrono::{DateTime, Utc};
use std::time::{Duration, Instant};

/// How often it is looked whether a replay is at its end.
const PAUSE: Duration = Duration::from_millis(20);
/// A replay that takes longer is given up.
const LONGEST: Duration = Duration::from_mins(5);

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

/// Replays the records of one delivery: from the moment that somebody starts it until the workers
/// that run have ended it.
pub async fn replay(store: &Store, of: u64) -> anyhow::Result<Measured> {
    let (id, now) = (fresh::job(), Clock::system().now());
    plan(store, &id, Some(delivery(of)), now).await?;
    let pace = Pace {
        ramp: true,
        stop_above: None,
        per_second: None,
    };
    let begun = Instant::now();
    store.start_bulk(&Scope::All, &id, &pace, "", now).await?;
    while store.count_bulks_at_work(&Scope::All).await? > 0 {
        if begun.elapsed() > LONGEST {
            bail!("a replay was not at its end after {} s", LONGEST.as_secs());
        }
        tokio::time::sleep(PAUSE).await;
    }
    let seconds = begun.elapsed();
    let tally = store.read_standing(&id).await?.tally;
    Ok(Measured {
        records: tally.total(),
        seconds: seconds.as_secs_f64(),
        peak_memory: 0,
    })
}
