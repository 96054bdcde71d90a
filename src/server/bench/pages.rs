//! Measures the overview as the server answers it, and what a first visit downloads.

use crate::domain::account::Role;
use crate::server::auth;
use crate::server::context::AppState;
use crate::server::http;
use anyhow::{Context, ensure};
use axum::body::Body;
use axum::http::{Request, header};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;
use tower::ServiceExt;

/// How one page answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Visit {
    /// Its address.
    pub path: String,
    /// Half of the requests took no longer, in milliseconds.
    pub p50_ms: f64,
    /// The same for 95 of 100.
    pub p95_ms: f64,
    /// Size of its HTML, with brotli, in bytes.
    pub html_br: u64,
}

/// Requests per page, one after another.
const REQUESTS: usize = 200;
const PASSWORD: &str = "only for the benchmark";

/// Opens each page again and again through the real router, signed in, one request at a time.
pub async fn pages(state: AppState, paths: &[&str]) -> anyhow::Result<Vec<Visit>> {
    let router = http::router(state.clone(), false);
    let email = format!("bench-{}@example.com", uuid::Uuid::new_v4().simple());
    let account = auth::new_account(&email, "Bench", Role::Admin, vec![], PASSWORD.to_owned()).await?;
    state.store.insert_user(&account, state.clock.now()).await?;
    let form = format!("email={email}&password={}", PASSWORD.replace(' ', "+"));
    let request = Request::post("/api/sign_in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))?;
    let signed_in = router.clone().oneshot(request).await?;
    let cookie = signed_in
        .headers()
        .get(header::SET_COOKIE)
        .context("signing in gives a cookie")?
        .clone();
    let mut visits = Vec::new();
    for path in paths {
        let mut times = Vec::with_capacity(REQUESTS);
        let mut html_br = 0;
        // The first few warm caches up, as anybody's working day does.
        for round in 0..REQUESTS + 5 {
            let encoding = if round == 0 { "br" } else { "identity" };
            let request = Request::get(*path)
                .header(header::COOKIE, cookie.clone())
                .header(header::ACCEPT_ENCODING, encoding)
                .body(Body::empty())?;
            let begun = Instant::now();
            let answer = router.clone().oneshot(request).await?;
            ensure!(answer.status().is_success(), "{path} answers {}", answer.status());
            let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await?;
            if round == 0 {
                html_br = body.len() as u64;
            } else if round >= 5 {
                times.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
        }
        times.sort_by(f64::total_cmp);
        let share = |percent: usize| {
            times
                .get(times.len() * percent / 100)
                .copied()
                .unwrap_or_default()
        };
        visits.push(Visit {
            path: (*path).to_owned(),
            p50_ms: share(50),
            p95_ms: share(95),
            html_br,
        });
    }
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
