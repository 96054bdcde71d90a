//! Looks at the pictures of feeds where that is switched on, a feed at a time, beside all other work.
//!
//! What the catalogue shows is compared with what was looked at: what is new is looked at, what was
//! looked at long ago is looked at again, and what nothing shows any more is forgotten. A server is
//! asked for two pictures at a time and no more, whatever waits. A worker that dies loses its
//! turn after a while; what it has looked at is kept.

use super::Worker;
use crate::domain::account::Scope;
use crate::domain::contract::Pictures;
use crate::domain::ids::FeedId;
use crate::server::store::{Looked, LookedAt, Looking};
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Url;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked for feeds that are due.
const EVERY: Duration = Duration::from_secs(2);
/// How long a worker may be at one round of a feed before another begins it.
const TURN: TimeDelta = TimeDelta::minutes(10);
/// How long a feed rests after all of its pictures were looked at.
const REST: TimeDelta = TimeDelta::minutes(15);
/// Pictures that are looked at in one round.
const ROUND: usize = 500;
/// Pictures that one server is asked for at a time.
const OF_ONE: usize = 2;
/// Pictures that are looked at at a time.
const AT_ONCE: usize = 16;
/// How long what was seen is taken for what is there.
const GOOD_FOR: TimeDelta = TimeDelta::days(30);
/// The same of an address at which nothing was seen.
const FAILED_FOR: TimeDelta = TimeDelta::days(1);

impl Worker {
    /// Looks at pictures until told to stop. Several workers may do so at once.
    pub(super) async fn keep_pictures(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.look_at_pictures().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!("pictures could not be looked at: {error:#}"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Looks at some pictures of the feed that has waited longest; false when none is due.
    pub async fn look_at_pictures(&self) -> anyhow::Result<bool> {
        let now = self.clock.now();
        let Some(looking) = self.store.take_looking(now, TURN).await? else {
            return Ok(false);
        };
        let feed = FeedId::new(&*looking.feed);
        let after = self
            .round(&feed)
            .await
            .with_context(|| format!("looking at pictures of {feed}"))?;
        self.store.note_looking(&after).await?;
        Ok(true)
    }

    /// Looks at what is to be looked at of one feed, as far as a round goes.
    async fn round(&self, feed: &FeedId) -> anyhow::Result<Looking> {
        let now = self.clock.now();
        let mut looked = self.store.looked_at(feed).await?;
        let (mut shown, mut ahead, mut failed) = (HashSet::new(), Vec::new(), 0);
        let mut waiting = 0_u64;
        self.store
            .walk_pictures(feed, |url| {
                let key = Pictures::key(url);
                if !shown.insert(key) {
                    return;
                }
                let seen = looked.remove(&key);
                failed += u64::from(seen.is_some_and(|seen| seen.failed));
                if seen.is_none_or(|seen| is_stale(seen, now)) {
                    waiting += 1;
                    if ahead.len() < ROUND {
                        ahead.push(url.to_owned());
                    }
                }
            })
            .await?;
        let gone: Vec<u64> = looked.into_keys().collect();
        self.store.forget_pictures(feed, &gone).await?;
        let done = ahead.len() as u64;
        failed += self.look_at(feed, ahead).await?;
        let left = waiting - done;
        let now = self.clock.now();
        Ok(Looking {
            feed: feed.to_string(),
            due_at: if left == 0 { now + REST } else { now },
            shown: shown.len() as u64,
            left,
            failed,
            at: Some(now),
        })
    }

    /// Looks at some addresses and keeps what was seen; says at how many of them that was nothing.
    async fn look_at(&self, feed: &FeedId, urls: Vec<String>) -> anyhow::Result<u64> {
        // Whether the feed is still there and looked at, somebody may have decided meanwhile.
        let found = self.store.find_feed(&Scope::All, feed).await?;
        if !found.is_some_and(|found| found.feed.pictures) {
            return Ok(0);
        }
        let failed: Vec<u64> = stream::iter(lanes(urls))
            .map(|lane| async move {
                let mut failed = 0;
                for url in lane {
                    let seen = self.looker.look(&url).await;
                    failed += u64::from(seen.is_err());
                    let at = self.clock.now();
                    self.store.keep_picture(feed, &Looked { url, seen, at }).await?;
                }
                anyhow::Ok(failed)
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(failed.iter().sum())
    }
}

/// Whether what was seen may have changed since.
fn is_stale(seen: LookedAt, now: DateTime<Utc>) -> bool {
    now - seen.at >= if seen.failed { FAILED_FOR } else { GOOD_FOR }
}

/// Shares addresses out, so that no server is asked for more than [`OF_ONE`] at a time.
fn lanes(urls: Vec<String>) -> Vec<Vec<String>> {
    let mut servers = BTreeMap::<String, Vec<Vec<String>>>::new();
    for (place, url) in urls.into_iter().enumerate() {
        let server = Url::parse(&url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        let lanes = servers
            .entry(server.unwrap_or_default())
            .or_insert_with(|| vec![Vec::new(); OF_ONE]);
        lanes[place % OF_ONE].push(url);
    }
    servers
        .into_values()
        .flatten()
        .filter(|lane| !lane.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_never_asked_for_more_than_two_pictures_at_a_time() {
        let urls: Vec<String> = (0..9)
            .map(|n| format!("https://{}.example/{n}.jpg", if n < 7 { "a" } else { "b" }))
            .collect();
        let lanes = lanes(urls.clone());
        for server in ["//a.", "//b."] {
            let own = lanes
                .iter()
                .filter(|lane| lane.iter().any(|url| url.contains(server)));
            assert!(own.count() <= OF_ONE, "{lanes:?}");
        }
        let mut all: Vec<String> = lanes.into_iter().flatten().collect();
        all.sort_unstable();
        assert_eq!(all, urls, "each is there once");
    }
}
