//! Looks at the pictures of feeds where that is switched on, a feed at a time, beside all other work.
//!
//! When a feed's catalogue has changed it is gone through once; what it shows for the first time is looked
//! at, what was looked at long ago is looked at again, and what it has not shown for long is forgotten. A
//! worker asks a server for two pictures at a time and no more, whatever waits, and leaves one that is
//! busy alone for as long as it asks for. A worker that dies loses its turn after a while; what it has
//! looked at is kept.

use super::Worker;
use crate::domain::account::Scope;
use crate::server::intake::Unseen;
use crate::server::store::{Looked, Turn};
use anyhow::Context;
use chrono::TimeDelta;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Url;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often it is looked for feeds that are due.
const EVERY: Duration = Duration::from_secs(2);
/// How long a worker may be at one round of a feed before another begins it.
const TURN: TimeDelta = TimeDelta::minutes(15);
/// How long pictures are looked at in one round; those that were begun are looked at to their end.
const ROUND_FOR: Duration = Duration::from_mins(1);
/// Pictures that are looked at in one round at most.
const ROUND: u32 = 500;
/// How long a feed rests when none of its pictures is due.
const REST: TimeDelta = TimeDelta::minutes(5);
/// How long a catalogue that has not changed as far as we know is not gone through again.
const WALKED_FOR: TimeDelta = TimeDelta::days(1);
/// Pictures that one server is asked for at a time.
const OF_ONE: usize = 2;
/// Pictures that are looked at at a time.
const AT_ONCE: usize = 16;
/// How long what was seen is taken for what is there, and what the catalogue does not show is kept.
const GOOD_FOR: TimeDelta = TimeDelta::days(30);
/// The same of an address at which nothing was seen.
const FAILED_FOR: TimeDelta = TimeDelta::days(1);
/// How long a busy server is left alone that does not say, and at most.
const BUSY_FOR: (TimeDelta, TimeDelta) = (TimeDelta::minutes(1), TimeDelta::days(1));

impl Worker {
    /// Looks at pictures until told to stop. Several workers may do so at once.
    pub(super) async fn keep_pictures(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.look_at_pictures(stop).await {
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

    /// Looks at some pictures of the feed that has waited longest; false when none is due. When told to
    /// stop, no further one is begun.
    pub async fn look_at_pictures(&self, stop: &CancellationToken) -> anyhow::Result<bool> {
        let Some(turn) = self.store.take_looking(self.clock.now(), TURN).await? else {
            return Ok(false);
        };
        let feed = turn.feed.clone();
        self.round(turn, stop)
            .await
            .with_context(|| format!("looking at pictures of {feed}"))?;
        Ok(true)
    }

    /// Looks at what is due of one feed, as far as a round goes.
    async fn round(&self, mut turn: Turn, stop: &CancellationToken) -> anyhow::Result<()> {
        let now = self.clock.now();
        let came = self.came(&turn).await?;
        if came != turn.walked_for || turn.walked_at.is_none_or(|walked| now - walked >= WALKED_FOR) {
            self.store.walk_pictures(&turn.feed, now, GOOD_FOR).await?;
            (turn.walked_at, turn.walked_for) = (Some(now), came);
            if !self.store.note_looking(&turn, self.clock.now() + TURN).await? {
                return self.leave(&turn).await;
            }
        }
        let due = self.store.due_pictures(&turn.feed, now, ROUND).await?;
        let rest = if due.is_empty() { REST } else { TimeDelta::zero() };
        let busy = self.look_at(&turn, due, stop).await?;
        let next = self.clock.now() + busy.unwrap_or(rest);
        if !self.store.note_looking(&turn, next).await? {
            return self.leave(&turn).await;
        }
        Ok(())
    }

    /// What has come for a feed, in a word that is another when the catalogue may show something else.
    async fn came(&self, turn: &Turn) -> anyhow::Result<String> {
        let found = self.store.find_feed(&Scope::All, &turn.feed).await?;
        let last = found.and_then(|found| found.last);
        Ok(last.map_or_else(String::new, |(at, status)| {
            format!("{} {}", at.timestamp_millis(), status.word())
        }))
    }

    /// Leaves a feed that is another's by now. If nobody looks at it any more, what was written meanwhile is
    /// forgotten with the rest.
    async fn leave(&self, turn: &Turn) -> anyhow::Result<()> {
        let found = self.store.find_feed(&Scope::All, &turn.feed).await?;
        if !found.is_some_and(|found| found.feed.pictures) {
            self.store.forget_pictures(&turn.feed).await?;
        }
        Ok(())
    }

    /// Looks at some addresses and keeps what was seen; says for how long a server wants to be left alone, if one does.
    async fn look_at(
        &self,
        turn: &Turn,
        urls: Vec<String>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<TimeDelta>> {
        let until = Instant::now() + ROUND_FOR;
        let busy: Vec<Option<TimeDelta>> = stream::iter(lanes(urls))
            .map(|lane| async move {
                for url in lane {
                    if stop.is_cancelled() || Instant::now() >= until {
                        break;
                    }
                    let seen = match self.looker.look(&url, self.clock.now()).await {
                        Ok(picture) => Ok(picture),
                        Err(Unseen::Fault(fault)) => Err(fault),
                        Err(Unseen::Busy(wait)) => {
                            let (usual, most) = BUSY_FOR;
                            return anyhow::Ok(Some(wait.unwrap_or(usual).clamp(usual, most)));
                        }
                    };
                    let at = self.clock.now();
                    let good_for = if seen.is_ok() { GOOD_FOR } else { FAILED_FOR };
                    let due_at = at + good_for;
                    let looked = Looked {
                        url,
                        seen,
                        at,
                        due_at,
                    };
                    self.store.keep_picture(&turn.feed, &looked).await?;
                }
                Ok(None)
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(busy.into_iter().flatten().max())
    }
}

/// Shares addresses out, so that no server is asked for more than [`OF_ONE`] at a time.
fn lanes(urls: Vec<String>) -> Vec<Vec<String>> {
    let mut servers = BTreeMap::<String, Vec<Vec<String>>>::new();
    for url in urls {
        let parsed = Url::parse(&url).ok();
        let server = parsed.and_then(|url| url.host_str().map(str::to_owned));
        let lanes = servers
            .entry(server.unwrap_or_default())
            .or_insert_with(|| vec![Vec::new(); OF_ONE]);
        if let Some(shortest) = lanes.iter_mut().min_by_key(|lane| lane.len()) {
            shortest.push(url);
        }
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
        let mut urls: Vec<String> = (0..10)
            .map(|n| format!("https://{}.example/{n}.jpg", if n % 2 == 0 { "a" } else { "b" }))
            .collect();
        let lanes = lanes(urls.clone());
        for server in ["//a.", "//b."] {
            let own = lanes
                .iter()
                .filter(|lane| lane.iter().any(|url| url.contains(server)));
            assert_eq!(own.count(), OF_ONE, "{lanes:?}");
        }
        let mut all: Vec<String> = lanes.into_iter().flatten().collect();
        all.sort_unstable();
        urls.sort_unstable();
        assert_eq!(all, urls, "each is there once");
    }
}
