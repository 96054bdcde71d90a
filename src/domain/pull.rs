//! Describes a scheduled pull: where a feed's file is fetched from, how often, and what becomes
//! of a pull that fails.
//!
//! A pull that fails is tried again after a pause that grows, never later than its rhythm has
//! it; after [`FAILURES`] in a row it is paused until somebody resumes it, for an address that
//! is wrong stays wrong. [`Pulling::after`] is the whole of it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Failures in a row after which a pull is paused.
pub const FAILURES: u32 = 5;
/// Shortest rhythm, in minutes.
pub const EVERY_MIN: u32 = 5;
/// Longest rhythm, in minutes: a week.
pub const EVERY_MAX: u32 = 7 * 24 * 60;

/// Longest that a feed's own limit lets a fetch take, in seconds: a day.
pub const SECONDS_MAX: u32 = 24 * 60 * 60;
/// Largest file that a feed's own limit lets through, in millions of bytes.
pub const MEGABYTES_MAX: u32 = 100_000;

/// Pause after the first failure; each further one is four times as long.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);
/// The longest that a server may ask us to wait.
const PATIENCE: TimeDelta = TimeDelta::hours(24);

/// What is wrong with a rhythm that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} minutes is no rhythm to pull in: from {EVERY_MIN} minutes to {EVERY_MAX}, which is a week")]
pub struct NotARhythm(pub u32);

/// Reads a rhythm as a person typed it, in minutes.
pub fn rhythm(minutes: u32) -> Result<u32, NotARhythm> {
    if (EVERY_MIN..=EVERY_MAX).contains(&minutes) {
        Ok(minutes)
    } else {
        Err(NotARhythm(minutes))
    }
}

/// What fetching one feed's file may take, where that is less than what the installation lets
/// every fetch take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// Seconds from the question to the last byte.
    pub seconds: Option<u32>,
    /// Millions of bytes, packed if the file is packed.
    pub megabytes: Option<u32>,
}

/// A feed's scheduled pull and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulling {
    /// Where the file is. May hold a password or a key: show [`shown`].
    pub url: String,
    /// How often it is fetched, in minutes.
    pub every_minutes: u32,
    /// What a fetch may take.
    pub limits: Limits,
    /// When it is fetched next.
    pub due_at: DateTime<Utc>,
    /// What the server called the version we have (`ETag`).
    pub etag: Option<String>,
    /// When the server said that version was made (`Last-Modified`), as it wrote it.
    pub last_modified: Option<String>,
    /// Failures in a row.
    pub failures: u32,
    /// When it was last fetched, and in a sentence what came of it.
    pub last: Option<(DateTime<Utc>, String)>,
    /// The HTTP status of that fetch; none when no whole answer came.
    pub status: Option<u16>,
    /// Whether it waits for somebody to resume it.
    pub paused: bool,
    /// Who paused it, unless its failures did.
    pub paused_by: Option<String>,
}

/// What came of one pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A file came, and is queued.
    File {
        /// Its name and size, in words.
        what: String,
        /// Its `ETag`.
        etag: Option<String>,
        /// Its `Last-Modified`.
        last_modified: Option<String>,
    },
    /// The server says that nothing has changed.
    NothingNew,
    /// It failed.
    Failed {
        /// Why, in a sentence.
        why: String,
        /// The HTTP status, where that is what failed.
        status: Option<u16>,
        /// How long the server asks us to wait, if it does.
        wait: Option<TimeDelta>,
    },
}

impl Pulling {
    /// A pull that has just been set up; the first fetch is due at once.
    pub fn new(url: String, every_minutes: u32, now: DateTime<Utc>) -> Self {
        Self {
            url,
            every_minutes,
            limits: Limits::default(),
            due_at: now,
            etag: None,
            last_modified: None,
            failures: 0,
            last: None,
            status: None,
            paused: false,
            paused_by: None,
        }
    }

    /// The same, set otherwise at `now`. Another address has another file: nothing is known of
    /// that yet, so it is fetched at once, and what the old one's failures paused goes on; what
    /// somebody paused rests.
    pub fn set(self, url: String, every_minutes: u32, limits: Limits, now: DateTime<Utc>) -> Self {
        if url != self.url {
            return Self {
                limits,
                paused: self.paused_by.is_some(),
                paused_by: self.paused_by,
                ..Self::new(url, every_minutes, now)
            };
        }
        let next = now + TimeDelta::minutes(i64::from(every_minutes));
        Self {
            every_minutes,
            limits,
            due_at: self.due_at.min(next),
            ..self
        }
    }

    /// How it stands after a fetch that ended at `now`.
    pub fn after(self, outcome: Outcome, now: DateTime<Utc>) -> Self {
        let every = TimeDelta::minutes(i64::from(self.every_minutes));
        match outcome {
            Outcome::File {
                what,
                etag,
                last_modified,
            } => Self {
                etag,
                last_modified,
                failures: 0,
                status: Some(200),
                last: Some((now, format!("{what} came"))),
                ..self
            },
            Outcome::NothingNew => Self {
                failures: 0,
                status: Some(304),
                last: Some((now, "nothing new".to_owned())),
                ..self
            },
            Outcome::Failed { why, status, wait } => {
                let failures = self.failures.saturating_add(1);
                let pause = pause_after(failures).min(every);
                let asked = wait.unwrap_or_default().min(PATIENCE);
                Self {
                    failures,
                    due_at: now + pause.max(asked),
                    last: Some((now, why)),
                    status,
                    paused: failures >= FAILURES,
                    ..self
                }
            }
        }
    }
}

fn pause_after(failures: u32) -> TimeDelta {
    let times = 4_i32.saturating_pow(failures.saturating_sub(1).min(10));
    FIRST_PAUSE * times
}

/// An address as it may be shown: without a password, and without a query, which often is one.
pub fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (rest, query) = rest.split_at(end);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let more = if query.starts_with('?') { "?…" } else { "" };
    format!("{scheme}://{host}{path}{more}")
}

/// A scheduled pull as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Where the file is, without what could be a secret.
    pub url: String,
    /// Whether that is the whole address.
    pub is_whole: bool,
    /// How often it is fetched, in minutes.
    pub every_minutes: u32,
    /// What a fetch may take.
    pub limits: Limits,
    /// What the server called the version we have (`ETag`).
    pub etag: Option<String>,
    /// When the server said that version was made (`Last-Modified`), as it wrote it.
    pub last_modified: Option<String>,
    /// When it is fetched next.
    pub due_at: DateTime<Utc>,
    /// Failures in a row.
    pub failures: u32,
    /// When it was last fetched, and what came of it.
    pub last: Option<(DateTime<Utc>, String)>,
    /// The HTTP status of that fetch; none when no whole answer came.
    pub status: Option<u16>,
    /// Whether it waits for somebody to resume it.
    pub paused: bool,
    /// Who paused it, unless its failures did.
    pub paused_by: Option<String>,
}

impl From<Pulling> for Shown {
    fn from(pulling: Pulling) -> Self {
        let url = shown(&pulling.url);
        Self {
            is_whole: url == pulling.url,
            url,
            every_minutes: pulling.every_minutes,
            limits: pulling.limits,
            etag: pulling.etag,
            last_modified: pulling.last_modified,
            due_at: pulling.due_at,
            failures: pulling.failures,
            last: pulling.last,
            status: pulling.status,
            paused: pulling.paused,
            paused_by: pulling.paused_by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pulling(every_minutes: u32) -> Pulling {
        Pulling::new(
            "https://shop.example.com/feed.xml".into(),
            every_minutes,
            DateTime::UNIX_EPOCH,
        )
    }

    fn failed() -> Outcome {
        Outcome::Failed {
            why: "it answered 500".into(),
            status: Some(500),
            wait: None,
        }
    }

    #[test]
    fn five_failures_in_a_row_pause_it_and_one_success_forgets_them() {
        let now = DateTime::UNIX_EPOCH;
        let mut pull = pulling(24 * 60);
        let mut pauses = Vec::new();
        for _ in 0..4 {
            pull = pull.after(failed(), now);
            pauses.push((pull.due_at - now).num_minutes());
        }
        assert_eq!((pauses, pull.paused), (vec![1, 4, 16, 64], false));
        let well = pull.clone().after(Outcome::NothingNew, now);
        assert_eq!((well.failures, well.paused), (0, false));
        let fifth = pull.after(failed(), now);
        assert!(fifth.paused);
        assert_eq!((fifth.status, well.status), (Some(500), Some(304)));
        assert_eq!(fifth.last, Some((now, "it answered 500".to_owned())));
    }

    #[test]
    fn another_address_is_another_file_and_forgives_its_failures_but_no_pause_by_hand() {
        let now = DateTime::UNIX_EPOCH;
        let known = Pulling {
            etag: Some("v1".to_owned()),
            failures: FAILURES,
            paused: true,
            ..pulling(60)
        };
        let later = now + TimeDelta::hours(3);
        let moved = known
            .clone()
            .set("https://b.example/f".into(), 60, Limits::default(), later);
        assert_eq!((moved.paused, moved.failures, moved.etag), (false, 0, None));
        assert_eq!(moved.due_at, later);
        let by_hand = Pulling {
            paused_by: Some("Ines".to_owned()),
            ..known
        };
        let moved = by_hand.set("https://b.example/f".into(), 60, Limits::default(), later);
        assert!(moved.paused && moved.paused_by.as_deref() == Some("Ines"));
    }

    #[test]
    fn secrets_in_an_address_are_not_shown() {
        for (url, expected) in [
            (
                "https://u:pw@shop.example.com/f.xml?key=1#x",
                "https://shop.example.com/f.xml?…",
            ),
            ("https://shop.example.com", "https://shop.example.com"),
            ("http://shop.example.com?key=a@b/c", "http://shop.example.com?…"),
            (
                "http://shop.example.com/a@b.csv#k",
                "http://shop.example.com/a@b.csv",
            ),
        ] {
            assert_eq!(shown(url), expected);
        }
    }

    proptest! {
        #[test]
        fn another_rhythm_at_the_same_address_keeps_what_is_known_and_never_waits_longer_than_it(
            every in EVERY_MIN..=EVERY_MAX,
            other in EVERY_MIN..=EVERY_MAX,
            due in -10_000_i64..10_000,
            failures in 0_u32..10,
        ) {
            let now = DateTime::UNIX_EPOCH;
            let pull = Pulling {
                failures,
                due_at: now + TimeDelta::minutes(due),
                etag: Some("v1".to_owned()),
                ..pulling(every)
            };
            let set = pull.clone().set(pull.url.clone(), other, Limits::default(), now);
            prop_assert!(set.due_at <= pull.due_at);
            prop_assert!(set.due_at <= now + TimeDelta::minutes(i64::from(other)));
            prop_assert_eq!((set.etag, set.failures, set.every_minutes), (pull.etag, failures, other));
        }

        #[test]
        fn a_failure_is_tried_again_within_the_rhythm_unless_the_server_asks_for_more(
            every in EVERY_MIN..=EVERY_MAX,
            failures in 0_u32..10_000,
            wait in proptest::option::of(0_i64..1_000_000),
        ) {
            let now = DateTime::UNIX_EPOCH;
            let pull = Pulling { failures, ..pulling(every) };
            let after = pull.after(Outcome::Failed { why: String::new(), status: None, wait: wait.map(TimeDelta::seconds) }, now);
            let pause = after.due_at - now;
            prop_assert!(pause >= FIRST_PAUSE);
            let most = TimeDelta::minutes(i64::from(every));
            let asked = wait.map_or(TimeDelta::zero(), TimeDelta::seconds).min(PATIENCE);
            prop_assert!(pause <= most.max(asked));
            prop_assert_eq!(after.paused, failures + 1 >= FAILURES);
        }
    }
}
