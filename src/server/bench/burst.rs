//! Measures how fast the figures follow a burst of entries that another system writes into the log,
//! and how soon one that a program sends (`POST /api/v1/audit`) is in a page that is open.

use super::pages::{Whose, signed_in};
use super::{Measured, share};
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::feed::Feed;
use crate::domain::ids::{DeliveryId, FeedId, PartnerId};
use crate::domain::report::{CodeCount, Counts, FileReport, Verdict};
use crate::domain::violation::Severity;
use crate::server::clock::Clock;
use crate::server::context::AppState;
use crate::server::http;
use crate::server::pipeline::rollup;
use crate::server::store::{Partner, Store};
use anyhow::{Context, ensure};
use axum::body::Body;
use axum::http::{Request, header};
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Partners of the burst; each has two feeds.
const PARTNERS: u64 = 52;
/// Entries sent in one request.
const TOGETHER: u64 = 2_000;
/// Writers side by side.
const WRITERS: u64 = 2;
/// Longest that the figures may take to follow.
const PATIENCE: Duration = Duration::from_mins(10);
/// Entries whose way into a page is timed.
const NEWS: usize = 40;

/// What a burst took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Burst {
    /// From the first entry written to the last one in the figures.
    pub rolled: Measured,
    /// From the first entry written to the last.
    pub written: Measured,
    /// Figures that are not what the log adds up to, afterwards.
    pub differences: u64,
}

pub(super) fn entry(n: u64, at: DateTime<Utc>) -> anyhow::Result<Delivery> {
    let partner = PartnerId::new(format!("burst-{:02}", n % PARTNERS));
    let received = n * 7919 % 900 + 100;
    let quarantined = received * (n % 13) / 200;
    Ok(Delivery {
        id: DeliveryId::new(format!("burst-{n:09}")),
        feed: FeedId::of(&partner, if n.is_multiple_of(3) { "offers" } else { "main" })
            .context("a feed has a slug")?,
        partner,
        direction: Direction::Ingest,
        origin: Origin::File,
        status: Status::Accepted,
        file: FileReport {
            name: "products.csv".to_owned(),
            verdict: Verdict::Accepted,
            code: None,
            message: None,
            offset: None,
            format: None,
            encoding: None,
            bytes: received * 480,
            sha256: String::new(),
        },
        counts: Counts {
            received,
            accepted: received - quarantined,
            quarantined,
            ..Counts::default()
        },
        codes: vec![CodeCount {
            code: "GTIN_CHECK".into(),
            severity: Severity::Error,
            attribute: Some("gtin".into()),
            records: quarantined,
            occurrences: quarantined,
        }],
        received_at: at,
        decided_at: Some(at + TimeDelta::milliseconds(i64::try_from(n % 4000)? + 1)),
        repeat_of: None,
        contract_version: 1,
        profile_version: 1,
        gate: None,
        hold: None,
    })
}

async fn insert_partners(store: &Store) -> anyhow::Result<()> {
    for n in 0..PARTNERS {
        let sample = entry(n, DateTime::UNIX_EPOCH)?;
        store
            .insert_partner(&Partner {
                id: sample.partner.clone(),
                name: sample.partner.to_string(),
                edits_off: false,
            })
            .await?;
        for slug in ["main", "offers"] {
            let feed = FeedId::of(&sample.partner, slug).context("a feed has a slug")?;
            store.insert_feed(&Feed::new(feed)).await?;
        }
    }
    Ok(())
}

/// Writes so many entries while a follower rolls them, and compares the figures with the log when
/// all are there.
pub async fn burst(store: &Store, entries: u64) -> anyhow::Result<Burst> {
    let clock = Clock::system();
    insert_partners(store).await?;
    let stop = CancellationToken::new();
    let following = tokio::spawn({
        let (store, clock, stop) = (store.clone(), clock.clone(), stop.clone());
        async move { rollup::follow(&store, &clock, "bench", Duration::from_secs(10), &stop).await }
    });
    // Whoever follows has read the empty log and waits for what comes.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let begun = Instant::now();
    let writing: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, clock) = (store.clone(), clock.clone());
            tokio::spawn(async move {
                for batch in (writer * TOGETHER..entries).step_by(usize::try_from(TOGETHER * WRITERS)?) {
                    let now = clock.now();
                    let some = (batch..(batch + TOGETHER).min(entries))
                        .map(|n| entry(n, now))
                        .collect::<anyhow::Result<Vec<_>>>()?;
                    store.log_bare(&some).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for writer in writing {
        writer.await??;
    }
    let written = Measured::since(begun, entries);
    while store.count_rolled().await? < entries {
        ensure!(begun.elapsed() < PATIENCE, "the figures do not follow");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let rolled = Measured::since(begun, entries);
    let days = store.list_feed_days().await?;
    let differences = rollup::verify(store, &days).await?.len() as u64;
    stop.cancel();
    following.await?;
    Ok(Burst {
        rolled,
        written,
        differences,
    })
}

/// Milliseconds from the insert of an entry until the page that was told of it has been drawn with
/// it: half of them, and 95 of 100.
pub async fn news(state: AppState) -> anyhow::Result<(f64, f64)> {
    let router = http::router(state.clone(), false);
    let cookie = signed_in(&state, &router, &Whose::Admin).await?;
    insert_partners(&state.store).await?;
    let stop = CancellationToken::new();
    let following = tokio::spawn({
        let (state, stop) = (state.clone(), stop.clone());
        async move {
            let rolling = rollup::follow(
                &state.store,
                &state.clock,
                "bench",
                Duration::from_secs(10),
                &stop,
            );
            tokio::join!(rolling, state.live.follow(&state))
        }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    let ask = |path: &str| -> anyhow::Result<_> {
        let request = Request::get(path)
            .header(header::COOKIE, &cookie)
            .body(Body::empty())?;
        Ok(router.clone().oneshot(request))
    };
    let mut stream = ask("/live")?.await?.into_body().into_data_stream();
    let page = || async {
        let answer = ask("/partners/burst-00?range=1h")?.await?;
        ensure!(
            answer.status().is_success(),
            "the page answers {}",
            answer.status()
        );
        Ok(axum::body::to_bytes(answer.into_body(), usize::MAX).await?)
    };
    let mut times = Vec::new();
    for n in 0..NEWS {
        let before = page().await?;
        let begun = Instant::now();
        let (entry, now) = (entry(n as u64 * PARTNERS, state.clock.now())?, state.clock.now());
        state.store.log_deliveries(&[entry], now).await?;
        loop {
            let heard = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
            heard.context("nobody was told")?.context("the stream ended")??;
            if page().await? != before {
                break;
            }
        }
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    state.live.close();
    stop.cancel();
    following.await?;
    times.sort_by(f64::total_cmp);
    Ok((share(&times, 50), share(&times, 95)))
}
