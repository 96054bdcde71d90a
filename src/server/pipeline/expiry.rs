//! Gives up held records that nobody has acted on for long, feed by feed, as a discard that anybody
//! can look at and take back.

use crate::domain::account::Scope;
use crate::domain::bulk::{Action, Pace};
use crate::domain::format::counted;
use crate::domain::ids::FeedId;
use crate::domain::query::{QuarantineFilter, StateFilter};
use crate::server::clock::Clock;
use crate::server::fresh;
use crate::server::store::{Asked, Deed, Store};
use anyhow::Context;
use chrono::TimeDelta;

/// Who does it, in lists and logs.
const BY: &str = "feedgate";

/// Starts a discard of what has waited longer than `keep_days` in each feed, at most once a day
/// however many workers ask; the records of all these jobs. What ends it for one feed is told, and
/// leaves the others theirs.
pub async fn expire(store: &Store, clock: &Clock, keep_days: u32) -> anyhow::Result<u64> {
    store
        .note_keeping(keep_days, clock.now())
        .await
        .context("noting how long records are kept")?;
    if keep_days == 0 {
        return Ok(0);
    }
    let feeds = store
        .list_feeds(&Scope::All, None)
        .await
        .context("listing feeds")?;
    let mut records = 0;
    for feed in feeds {
        let id = &feed.feed.id;
        match expire_feed(store, clock, id, keep_days).await {
            Ok(given_up) => records += given_up,
            Err(error) => tracing::warn!("old records of {id} could not be given up: {error:#}"),
        }
    }
    Ok(records)
}

async fn expire_feed(store: &Store, clock: &Clock, feed: &FeedId, keep_days: u32) -> anyhow::Result<u64> {
    let now = clock.now();
    let until = now - TimeDelta::days(i64::from(keep_days));
    if !store.claim_expiry(feed, until, now).await? {
        return Ok(0);
    }
    let filter = QuarantineFilter {
        feed: Some(feed.clone()),
        state: StateFilter::Open,
        ..QuarantineFilter::default()
    };
    let days = counted(keep_days.into(), "day", "days");
    let pace = Pace {
        stop_above: None,
        ..Pace::default()
    };
    let asked = Asked {
        id: fresh::job(),
        feed: feed.clone(),
        action: Action::Discard,
        filter: &filter,
        selected: None,
        address: String::new(),
        asked_by: BY.to_owned(),
        asked_at: now,
        until: Some(until),
        started: Some((pace, format!("nobody has acted on it for {days}"))),
    };
    let frozen = store.plan_bulk(&Scope::All, &asked).await?;
    if frozen == 0 {
        return Ok(0);
    }
    let records = counted(frozen, "record", "records");
    let deed = Deed {
        at: now,
        actor_id: None,
        actor_name: BY.to_owned(),
        action: "bulk.expire".to_owned(),
        object: format!("job:{}", asked.id),
        partner: Some(feed.partner()),
        what: format!("gives up {records} that nobody has acted on for {days}"),
    };
    store.insert_deed(&deed).await?;
    Ok(frozen)
}
