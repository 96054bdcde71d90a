//! Fetches a feed's file from its address: conditionally, within limits of time and size, and
//! from nowhere inside.

use super::guard::{self, Guard};
use super::receive::{Incoming, Refused, Way, receive};
use crate::domain::feed::Feed;
use crate::domain::pull::{Outcome, Pulling, shown};
use crate::server::clock::Clock;
use crate::server::fresh;
use crate::server::store::{self, Store};
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Redirects that are followed.
const HOPS: usize = 5;
/// How long a server may take to be reached.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a name may take to be looked up while somebody waits for a page.
const LOOK: Duration = Duration::from_millis(1500);
/// How long it may be silent.
const SILENCE: Duration = Duration::from_mins(1);

/// How files are fetched.
#[derive(Debug, Clone)]
pub struct Puller {
    client: Client,
    guard: Guard,
    limit: u64,
    within: Duration,
}

impl Puller {
    /// Fetches files of up to `limit` bytes within `within`, from private addresses only when
    /// `private` says so.
    pub fn new(limit: u64, within: Duration, private: bool) -> anyhow::Result<Self> {
        let guard = Guard { private };
        Ok(Self {
            client: client(guard)?,
            guard,
            limit,
            within,
        })
    }

    /// Fetches the feed's file and queues it. What is wrong with the server or the file is an
    /// outcome; an error is ours.
    pub async fn pull(
        &self,
        store: &Store,
        clock: &Clock,
        feed: &Feed,
        pulling: &Pulling,
    ) -> store::Result<Outcome> {
        let own = pulling.limits.seconds.map(|s| Duration::from_secs(s.into()));
        let within = own.unwrap_or(self.within).min(self.within);
        let fetched = tokio::time::timeout(within, self.fetch(store, clock, feed, pulling)).await;
        match fetched {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(Failure::Store(error))) => Err(error),
            Ok(Err(Failure::Theirs { why, status, wait })) => Ok(Outcome::Failed { why, status, wait }),
            Err(_) => Ok(Outcome::Failed {
                why: format!("it was not done after {} s", within.as_secs()),
                status: None,
                wait: None,
            }),
        }
    }

    async fn fetch(
        &self,
        store: &Store,
        clock: &Clock,
        feed: &Feed,
        pulling: &Pulling,
    ) -> Result<Outcome, Failure> {
        let conditions = |mut request: RequestBuilder| {
            if let Some(etag) = &pulling.etag {
                request = request.header(header::IF_NONE_MATCH, etag);
            }
            if let Some(at) = &pulling.last_modified {
                request = request.header(header::IF_MODIFIED_SINCE, at);
            }
            request
        };
        let (response, url) = follow(&self.client, self.guard, &pulling.url, conditions).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED => return Ok(Outcome::NothingNew),
            status => {
                let why = format!("{} answered {status}", shown(url.as_str()));
                return Err(Failure::Theirs {
                    why,
                    status: Some(status.as_u16()),
                    wait: retry_after(response.headers(), clock.now()),
                });
            }
        }
        let text = |name: HeaderName| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let (etag, last_modified) = (text(header::ETAG), text(header::LAST_MODIFIED));
        let name = url
            .path_segments()
            .and_then(|mut segments| segments.next_back())
            .unwrap_or_default()
            .to_owned();
        let own = pulling.limits.megabytes.map(|mb| u64::from(mb) * 1_000_000);
        let limit = own.unwrap_or(self.limit).min(self.limit);
        let incoming = Incoming {
            id: fresh::delivery(),
            feed,
            name: &name,
            way: Way::Pull,
            sender: "scheduled pull",
            account: None,
            declared: response.content_length(),
            digest: None,
            limit,
        };
        let body = response.bytes_stream().map_err(|error| in_full(&error));
        let delivery = receive(store, clock, &incoming, body).await?;
        Ok(Outcome::File {
            what: format!("{}, {} bytes,", delivery.file.name, delivery.file.bytes),
            etag,
            last_modified,
        })
    }
}

/// What connects to partners' servers, as far as a guard lets it.
pub(super) fn client(guard: Guard) -> reqwest::Result<Client> {
    Client::builder()
        .user_agent(concat!("feedgate/", env!("CARGO_PKG_VERSION")))
        // Each hop is looked at before it is taken, and none through somebody else's machine.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .dns_resolver(Arc::new(guard))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .referer(false)
        .build()
}

/// Asks for what is at an address, from wherever it has gone.
pub(super) async fn follow(
    client: &Client,
    guard: Guard,
    url: &str,
    ask: impl Fn(RequestBuilder) -> RequestBuilder,
) -> Result<(Response, Url), Failure> {
    let mut url = check(url).map_err(Failure::of)?;
    for _ in 0..=HOPS {
        guard.admits(url.host_str()).map_err(Failure::of)?;
        // Bytes as they are: packed by the partner or not at all.
        let request = client
            .get(url.clone())
            .header(header::ACCEPT_ENCODING, "identity");
        let response = ask(request)
            .send()
            .await
            .map_err(|error| Failure::of(in_full(&error)))?;
        // Of the redirects, the one that speaks of no other address.
        if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
            return Ok((response, url));
        }
        url = next(&url, &response)?;
    }
    Err(Failure::of(format!("it was redirected more than {HOPS} times")))
}

/// Reads an address as a person typed it.
pub fn check(url: &str) -> Result<Url, String> {
    let parsed = Url::parse(url).map_err(|error| format!("“{}” is no address: {error}", shown(url)))?;
    match parsed.scheme() {
        "http" | "https" if parsed.has_host() => Ok(parsed),
        other => Err(format!(
            "“{other}:” cannot be pulled from; use an address with https:// or http://"
        )),
    }
}

/// The same, and refuses an address that feedgate may not reach, unless `private` lets them. A name
/// that cannot be looked up just now passes: the fetch looks again, at every hop.
pub async fn vet(url: &str, private: bool) -> Result<Url, String> {
    let url = check(url)?;
    let guard = Guard { private };
    guard.admits(url.host_str())?;
    let host = url.host_str().unwrap_or_default();
    match tokio::time::timeout(LOOK, guard.look_up(host)).await {
        Ok(Ok(found)) if found.is_empty() => Err(guard::is_inside(host)),
        _ => Ok(url),
    }
}

fn next(from: &Url, response: &Response) -> Result<Url, Failure> {
    let to = response
        .headers()
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| from.join(value).ok())
        .ok_or_else(|| Failure::of(format!("{} redirects to nowhere", shown(from.as_str()))))?;
    let to = check(to.as_str()).map_err(Failure::of)?;
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(Failure::of(format!(
            "{} redirects to an address without https",
            shown(from.as_str())
        )));
    }
    Ok(to)
}

/// What a server that is busy asks for: so many seconds, or until a date. One that is past asks
/// for nothing.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return TimeDelta::try_seconds(seconds);
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?;
    Some(until.to_utc() - now).filter(|wait| *wait > TimeDelta::zero())
}

/// An error with its causes, and without the address, which may hold a secret.
pub(super) fn in_full(error: &reqwest::Error) -> String {
    let mut words = if error.is_timeout() {
        "the server took too long"
    } else if error.is_connect() {
        "the server could not be reached"
    } else {
        "the request failed"
    }
    .to_owned();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}

pub(super) enum Failure {
    Theirs {
        why: String,
        status: Option<u16>,
        wait: Option<TimeDelta>,
    },
    Store(store::Error),
}

impl Failure {
    pub(super) fn of(why: String) -> Self {
        Self::Theirs {
            why,
            status: None,
            wait: None,
        }
    }

    /// It in words.
    pub(super) fn words(self) -> String {
        match self {
            Self::Theirs { why, .. } => why,
            Self::Store(error) => error.to_string(),
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Store(error) => Self::Store(error),
            other => Self::of(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_server_is_given_the_seconds_it_asks_for_or_until_its_date() {
        let now = DateTime::from_timestamp(1_760_000_000, 0).expect("a time");
        for (value, seconds) in [
            ("120", Some(120)),
            ("Thu, 09 Oct 2025 08:54:20 GMT", Some(60)),
            ("Thu, 09 Oct 2025 08:53:20 GMT", None),
            ("tomorrow", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, value.parse().expect("a header"));
            let wait = retry_after(&headers, now).map(|wait| wait.num_seconds());
            assert_eq!(wait, seconds, "{value}");
        }
    }
}
