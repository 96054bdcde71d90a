//! Measures many connections that ask at once, on a real socket: the overview, and beside it a
//! string made anew for each request by the same server.

use super::pages::{Whose, signed_in};
use crate::server::context::AppState;
use crate::server::http;
use anyhow::{Context, ensure};
use axum::Router;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a crowd met.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Crowd {
    /// Connections held open, each asking again as soon as it is answered.
    pub connections: usize,
    /// Answers a second.
    pub rate: f64,
    /// Half of the answers took no longer, in milliseconds.
    pub p50_ms: f64,
    /// The same for 99 of 100.
    pub p99_ms: f64,
    /// Answers that were not 200, and connections that broke.
    pub errors: u64,
}

const CONNECTIONS: usize = 500;
/// How long they ask.
const LASTS: Duration = Duration::from_secs(8);
/// Size of the string that is made anew, in bytes.
const FRESH: usize = 30_000;

/// Asks for the overview, then for the string.
pub async fn crowd(state: AppState, path: &str) -> anyhow::Result<Vec<Crowd>> {
    let router = http::router(state.clone(), false);
    let cookie = signed_in(&state, &router, &Whose::Admin).await?;
    let fresh = || async {
        (b'a'..=b'z')
            .cycle()
            .take(FRESH)
            .map(char::from)
            .collect::<String>()
    };
    let app = Router::new().route("/fresh", get(fresh)).merge(router);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    let mut met = Vec::new();
    for path in [path, "/fresh"] {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: bench\r\ncookie: {cookie}\r\naccept-encoding: br\r\n\r\n");
        met.push(ask(address, request).await?);
    }
    serving.abort();
    Ok(met)
}

async fn ask(address: SocketAddr, request: String) -> anyhow::Result<Crowd> {
    let until = Instant::now() + LASTS;
    let asking: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(one(address, request.clone(), until)))
        .collect();
    let (mut times, mut errors) = (Vec::new(), 0);
    for asker in asking {
        let (answered, failed) = asker.await?;
        times.extend(answered);
        errors += failed;
    }
    ensure!(!times.is_empty(), "nobody was answered");
    times.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = times.len() as f64 / LASTS.as_secs_f64();
    Ok(Crowd {
        connections: CONNECTIONS,
        rate,
        p50_ms: super::share(&times, 50),
        p99_ms: super::share(&times, 99),
        errors,
    })
}

/// One connection: how long each answer took, in milliseconds, and what failed.
async fn one(address: SocketAddr, request: String, until: Instant) -> (Vec<f64>, u64) {
    let (mut times, mut errors) = (Vec::new(), 0);
    let mut buffer = vec![0; 64 << 10];
    while Instant::now() < until {
        let Ok(mut stream) = TcpStream::connect(address).await else {
            errors += 1;
            continue;
        };
        while Instant::now() < until {
            let begun = Instant::now();
            match answer(&mut stream, request.as_bytes(), &mut buffer).await {
                Ok(true) => times.push(begun.elapsed().as_secs_f64() * 1000.0),
                Ok(false) => errors += 1,
                Err(_) => {
                    errors += 1;
                    break;
                }
            }
        }
    }
    (times, errors)
}

/// Asks once and reads the whole answer: whether it was a good one.
async fn answer(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) -> anyhow::Result<bool> {
    const LONGEST_HEAD: usize = 16 << 10;
    stream.write_all(request).await?;
    let mut head = Vec::with_capacity(1024);
    let (begin, body) = loop {
        let n = stream.read(buffer).await?;
        ensure!(n > 0, "the connection broke");
        let read = head.len();
        head.extend_from_slice(buffer.get(..n).unwrap_or_default());
        if let Some(end) = memchr::memmem::find(&head, b"\r\n\r\n") {
            break (end + 4, head.len());
        }
        ensure!(read < LONGEST_HEAD, "a head without an end");
    };
    let words = String::from_utf8_lossy(head.get(..begin).unwrap_or_default()).to_ascii_lowercase();
    let length: usize = words
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .context("an answer without its length")?
        .trim()
        .parse()?;
    let mut left = length.saturating_sub(body - begin);
    while left > 0 {
        let n = stream.read(buffer).await?;
        ensure!(n > 0, "the connection broke");
        left = left.saturating_sub(n);
    }
    Ok(words.starts_with("http/1.1 200"))
}
