//! Measures pages as the server answers them, and what a first visit downloads.

use super::burst::entry;
use super::share;
use crate::domain::account::{Role, Scope};
use crate::domain::ids::PartnerId;
use crate::server::auth;
use crate::server::context::AppState;
use crate::server::fresh;
use crate::server::http;
use crate::server::pipeline::rollup;
use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How one page answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Visit {
    /// Its address.
    pub path: String,
    /// Half of the requests took no longer, in milliseconds, each drawn anew.
    pub p50_ms: f64,
    /// The same for 95 of 100.
    pub p95_ms: f64,
    /// Half of the requests took no longer that were asked one after another, as people do, and
    /// answered from what was ready where there was something.
    pub ready_p50_ms: f64,
    /// Half of the requests took no longer, in milliseconds, of which each came after a file was in
    /// the figures; where that was measured.
    pub moved_p50_ms: Option<f64>,
    /// Size of its HTML, with brotli, in bytes.
    pub html_br: u64,
}

/// Files that come while a page is opened again and again.
const MOVES: usize = 50;
/// Longest that the figures may take to follow a file that came: whoever begins to follow reads the
/// log of years first.
const PATIENCE: Duration = Duration::from_mins(5);

const PASSWORD: &str = "only for the benchmark";

/// Who looks.
#[derive(Debug, Clone)]
pub enum Whose {
    /// Somebody who sees everything.
    Admin,
    /// Somebody of this partner.
    Partner(PartnerId),
}

/// Signs a new account in, and gives its cookie.
pub(super) async fn signed_in(state: &AppState, router: &Router, whose: &Whose) -> anyhow::Result<String> {
    let email = format!("bench-{}@example.com", uuid::Uuid::new_v4().simple());
    let (role, partners) = match whose {
        Whose::Admin => (Role::Admin, vec![]),
        Whose::Partner(partner) => (Role::Partner, vec![partner.clone()]),
    };
    let account = auth::new_account(&email, "Bench", role, partners, PASSWORD.to_owned()).await?;
    state.store.insert_user(&account, state.clock.now()).await?;
    let form = format!("email={email}&password={}", PASSWORD.replace(' ', "+"));
    let request = Request::post("/api/sign_in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))?;
    let answer = router.clone().oneshot(request).await?;
    let cookie = answer
        .headers()
        .get(header::SET_COOKIE)
        .context("signing in gives a cookie")?
        .to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// Opens each page `requests` times through the real router, signed in, one request at a time: drawn
/// anew each time, and once more as it is kept ready.
pub async fn pages<P: AsRef<str>>(
    state: AppState,
    whose: &Whose,
    paths: &[P],
    requests: usize,
) -> anyhow::Result<Vec<Visit>> {
    let router = http::router(state.clone(), false);
    let cookie = signed_in(&state, &router, whose).await?;
    let ask = async |path: &str, encoding: &str, cache: &str| -> anyhow::Result<(f64, u64)> {
        let request = Request::get(path)
            .header(header::COOKIE, &cookie)
            .header(header::ACCEPT_ENCODING, encoding)
            .header(header::CACHE_CONTROL, cache)
            .body(Body::empty())?;
        let begun = Instant::now();
        let answer = router.clone().oneshot(request).await?;
        ensure!(answer.status().is_success(), "{path} answers {}", answer.status());
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await?;
        Ok((begun.elapsed().as_secs_f64() * 1000.0, body.len() as u64))
    };
    let mut visits = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        let (_, html_br) = ask(path, "br", "no-cache").await?;
        // The first few warm caches up, as anybody's working day does.
        for _ in 0..5 {
            ask(path, "identity", "no-cache").await?;
        }
        let (mut anew, mut ready) = (Vec::with_capacity(requests), Vec::with_capacity(requests));
        for _ in 0..requests {
            anew.push(ask(path, "identity", "no-cache").await?.0);
        }
        for _ in 0..requests {
            ready.push(ask(path, "br", "max-age=0").await?.0);
        }
        anew.sort_by(f64::total_cmp);
        ready.sort_by(f64::total_cmp);
        visits.push(Visit {
            path: path.to_owned(),
            p50_ms: share(&anew, 50),
            p95_ms: share(&anew, 95),
            ready_p50_ms: share(&ready, 50),
            moved_p50_ms: None,
            html_br,
        });
    }
    Ok(visits)
}

/// Does the same, and opens each once more, each time after a file has come and is in the figures.
pub async fn moving_pages<P: AsRef<str>>(
    state: AppState,
    whose: &Whose,
    paths: &[P],
    requests: usize,
) -> anyhow::Result<Vec<Visit>> {
    let mut visits = pages(state.clone(), whose, paths, requests).await?;
    let router = http::router(state.clone(), false);
    let cookie = signed_in(&state, &router, whose).await?;
    let feeds = state.store.list_feeds(&Scope::All, None).await?;
    let stop = CancellationToken::new();
    let following = tokio::spawn({
        let (store, clock, stop) = (state.store.clone(), state.clock.clone(), stop.clone());
        async move { rollup::follow(&store, &clock, "pages", Duration::from_secs(10), &stop).await }
    });
    let mut came = feeds.iter().cycle().zip(1_000_000..);
    for visit in &mut visits {
        let mut times = Vec::with_capacity(MOVES);
        for _ in 0..MOVES {
            let (feed, n) = came.next().context("there are feeds")?;
            let (turn, _) = state.store.rollup_turn().await?;
            let now = state.clock.now();
            let mut entry = entry(n, now)?;
            // Another part may have sent its own to this database.
            entry.id = fresh::delivery();
            entry.feed = feed.feed.id.clone();
            entry.partner = entry.feed.partner();
            state.store.log_deliveries(&[entry], now).await?;
            let begun = Instant::now();
            while state.store.rollup_turn().await?.0 == turn {
                ensure!(begun.elapsed() < PATIENCE, "the figures do not follow");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let request = Request::get(&visit.path)
                .header(header::COOKIE, &cookie)
                .header(header::CACHE_CONTROL, "no-cache")
                .body(Body::empty())?;
            let begun = Instant::now();
            let answer = router.clone().oneshot(request).await?;
            ensure!(
                answer.status().is_success(),
                "{} answers {}",
                visit.path,
                answer.status()
            );
            axum::body::to_bytes(answer.into_body(), usize::MAX).await?;
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        visit.moved_p50_ms = Some(share(&times, 50));
    }
    stop.cancel();
    following.await?;
    Ok(visits)
}

/// What the built site weighs with brotli: name and bytes of the wasm, the script and the style.
pub fn weights(site: &Path) -> Vec<(&'static str, Option<u64>)> {
    ["feedgate_bg.wasm", "feedgate.js", "feedgate.css"]
        .into_iter()
        .map(|name| {
            (
                name,
                std::fs::metadata(site.join("pkg").join(format!("{name}.br")))
                    .ok()
                    .map(|m| m.len()),
            )
        })
        .collect()
}
