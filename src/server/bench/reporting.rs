//! Measures long downloads as they stream from the real router, and trying a file before it is sent.

use super::pages::{Whose, signed_in};
use super::storing::known;
use super::{Measured, peak_memory, resident_memory};
use crate::server::context::AppState;
use crate::server::http;
use crate::server::tokens::{self, Wanted};
use anyhow::{Context, ensure};
use axum::body::Body;
use axum::http::{Request, header};
use futures::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::Path;
use std::time::Instant;
use tower::ServiceExt;

/// What one download took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Download {
    /// Its address.
    pub path: String,
    /// How it was packed; empty when it was not.
    pub packed: String,
    /// Lines of it, the heads among them; none when they were packed.
    pub lines: u64,
    /// What came over the wire, in bytes.
    pub bytes: u64,
    /// The same before it was packed.
    pub whole: u64,
    /// From the request to the last byte, in seconds.
    pub seconds: f64,
    /// From the request to the first piece, in milliseconds.
    pub first_ms: f64,
    /// What the process's memory grew by at its peak, in bytes.
    pub grown: u64,
    /// How much of that came after the first tenth of the download.
    pub grown_late: u64,
}

/// What is downloaded, and how it is packed.
const DOWNLOADS: [(&str, &str); 3] = [
    ("/export/failures.csv?partner=bench", "identity"),
    ("/export/failures.csv?partner=bench", "br"),
    ("/export/quarantine.csv?partner=bench", "identity"),
];
/// Bytes of a download between two looks at the memory.
const LOOK: u64 = 200_000;
/// Bytes of a file that is sent that are read at once.
const PIECE: usize = 256 << 10;

/// Downloads all that is held of the partner of [`super::hold`], each list once.
pub async fn downloads(state: AppState) -> anyhow::Result<Vec<Download>> {
    let router = http::router(state.clone(), false);
    let cookie = signed_in(&state, &router, &Whose::Admin).await?;
    let mut all = Vec::new();
    for (path, packing) in DOWNLOADS {
        let request = Request::get(path)
            .header(header::COOKIE, &cookie)
            .header(header::ACCEPT_ENCODING, packing)
            .body(Body::empty())?;
        forget_peak();
        let mut done = download(&router, request).await?;
        path.clone_into(&mut done.path);
        if packing != "identity" {
            packing.clone_into(&mut done.packed);
            done.lines = 0;
        }
        done.whole = match all.iter().find(|d: &&Download| d.path == path) {
            Some(plain) => plain.bytes,
            None => done.bytes,
        };
        all.push(done);
    }
    Ok(all)
}

/// Reads one download to its end, with a look at the memory every now and then.
async fn download(router: &axum::Router, request: Request<Body>) -> anyhow::Result<Download> {
    let (begun, before) = (Instant::now(), resident_memory());
    let answer = router.clone().oneshot(request).await?;
    ensure!(
        answer.status().is_success(),
        "a download answers {}",
        answer.status()
    );
    let mut body = answer.into_body().into_data_stream();
    let (mut bytes, mut lines, mut first_ms) = (0, 0, 0.0);
    let mut looks: Vec<(u64, u64)> = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.context("the download broke off")?;
        if bytes == 0 {
            first_ms = begun.elapsed().as_secs_f64() * 1000.0;
        }
        bytes += piece.len() as u64;
        lines += memchr::memchr_iter(b'\n', &piece).count() as u64;
        if looks.last().is_none_or(|(at, _)| bytes - at >= LOOK) {
            looks.push((bytes, peak_memory()));
        }
    }
    let (seconds, peak) = (begun.elapsed().as_secs_f64(), peak_memory());
    let early = looks.iter().find(|(at, _)| *at >= bytes / 10);
    Ok(Download {
        path: String::new(),
        packed: String::new(),
        lines,
        bytes,
        whole: bytes,
        seconds,
        first_ms,
        grown: peak.saturating_sub(before),
        grown_late: peak.saturating_sub(early.map_or(before, |(_, peak)| *peak)),
    })
}

/// Has the system count the peak of our memory from now on, where it can.
fn forget_peak() {
    // What cannot be forgotten is told as more than it is.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Sends the file to be checked (`POST /api/v1/check`), as a partner's program does.
pub async fn attempt(state: AppState, path: &Path) -> anyhow::Result<Measured> {
    let feed = known(&state.store).await?;
    let wanted = Wanted {
        partner: feed.id.partner(),
        feed: None,
        may_log: false,
        label: String::new(),
        by: "bench".to_owned(),
    };
    let (_, token) = tokens::make(&state.store, wanted, state.clock.now()).await?;
    let router = http::router(state, false);
    let file = std::fs::File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let length = file.metadata()?.len();
    let request = Request::post("/api/v1/check?feed=main&name=bench.csv")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_LENGTH, length)
        .body(Body::from_stream(sent(file)))?;
    let begun = Instant::now();
    let answer = router.oneshot(request).await?;
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await?;
    ensure!(
        status.is_success(),
        "checking answers {status}: {}",
        String::from_utf8_lossy(&body)
    );
    let report: Answer = serde_json::from_slice(&body).context("reading the report")?;
    ensure!(report.records.received > 0, "the file was refused");
    Ok(Measured::since(begun, report.records.received))
}

/// The pieces of a file that is sent, each copied once when it is asked for, as from a socket.
fn sent(mut file: std::fs::File) -> impl Stream<Item = std::io::Result<Vec<u8>>> {
    stream::iter(std::iter::from_fn(move || {
        let mut piece = Vec::with_capacity(PIECE);
        let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece);
        match read {
            Ok(0) => None,
            Ok(_) => Some(Ok(piece)),
            Err(error) => Some(Err(error)),
        }
    }))
}

/// What is read of the report.
#[derive(Deserialize)]
struct Answer {
    records: Records,
}

#[derive(Deserialize)]
struct Records {
    received: u64,
}
