//! Judges a feed or partner: green, amber or red, and the reason in words.
//!
//! The lamp is computed from figures that are on the page beside it, so anybody can check it.
//! Thresholds are the product's defaults, from the alert and hold lines of the contract
//! (`FILE_ERRSHARE`: 25 % is an alert).

use super::delivery::{Direction, Status};
use super::format;
use super::report::Counts;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The colour, worst last so that the worst of several is their maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lamp {
    /// Nothing to do.
    Green,
    /// Worth watching.
    Amber,
    /// Somebody should act.
    Red,
}

impl Lamp {
    /// The word beside it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Green => "healthy",
            Self::Amber => "watch",
            Self::Red => "act",
        }
    }
}

/// A lamp with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The colour.
    pub lamp: Lamp,
    /// Why, in one short sentence with the figure in it.
    pub reason: String,
}

/// What the judgement rests on.
#[derive(Debug, Clone, Copy)]
pub struct Signs {
    /// Which way the files go.
    pub direction: Direction,
    /// When the newest file came, and what became of it.
    pub last: Option<(DateTime<Utc>, Status)>,
    /// How often a file is expected, in hours, where that is agreed.
    pub expected_every_hours: Option<u32>,
    /// The counts of the range shown.
    pub counts: Counts,
}

impl Signs {
    /// Those of a partner without feeds.
    pub fn of_nothing(counts: Counts) -> Self {
        Self {
            direction: Direction::Ingest,
            last: None,
            expected_every_hours: None,
            counts,
        }
    }
}

/// Share of quarantined records from which a feed is watched.
pub const WATCH_RATE: f64 = 0.05;
/// Share of quarantined records from which somebody should act.
pub const ACT_RATE: f64 = 0.25;

/// A file that is still being taken in after this long was interrupted.
const STUCK: TimeDelta = TimeDelta::minutes(15);

/// Judges by the worst sign there is.
pub fn judge(signs: &Signs, now: DateTime<Utc>) -> Health {
    let says = Says::of(signs.direction);
    let of = |lamp, reason: String| Health { lamp, reason };
    let mut found = Vec::new();
    match signs.last {
        None => found.push(of(Lamp::Amber, says.never.to_owned())),
        Some((at, status)) => {
            match status {
                Status::Refused => found.push(of(Lamp::Red, says.refused.to_owned())),
                Status::Held => found.push(of(
                    Lamp::Red,
                    format!("the last {} is held until somebody decides", says.file),
                )),
                Status::Processing if now - at > STUCK => {
                    found.push(of(Lamp::Amber, (says.half)(&format::span(now - at))));
                }
                Status::Queued if now - at > STUCK => found.push(of(
                    Lamp::Amber,
                    format!(
                        "{} has been waiting for a worker for {}",
                        says.a_file,
                        format::span(now - at)
                    ),
                )),
                Status::Queued | Status::Processing | Status::Accepted => {}
            }
            if let Some(hours) = signs.expected_every_hours {
                let gap = now - at;
                let expected = TimeDelta::hours(i64::from(hours));
                // A tenth of the rhythm is not late; files take their time.
                if gap > expected + expected / 10 {
                    let lamp = if gap > expected * 2 {
                        Lamp::Red
                    } else {
                        Lamp::Amber
                    };
                    let reason = format!(
                        "no {} for {}, expected every {}",
                        says.file,
                        format::span(gap),
                        format::span(expected)
                    );
                    found.push(of(lamp, reason));
                }
            }
        }
    }
    if let Some(rate) = signs.counts.rejection_rate() {
        let reason = || format!("{} of records rejected", format::percent(Some(rate)));
        if rate >= ACT_RATE {
            found.push(of(Lamp::Red, reason()));
        } else if rate >= WATCH_RATE {
            found.push(of(Lamp::Amber, reason()));
        }
    }
    // The first of the worst: what is said first above is what people can act on first.
    let worst = found.iter().map(|h| h.lamp).max();
    found
        .into_iter()
        .find(|h| Some(h.lamp) == worst)
        .unwrap_or_else(|| of(Lamp::Green, says.well.to_owned()))
}

/// How the files of one direction are spoken of.
struct Says {
    file: &'static str,
    a_file: &'static str,
    never: &'static str,
    refused: &'static str,
    half: fn(&str) -> String,
    well: &'static str,
}

impl Says {
    fn of(direction: Direction) -> Self {
        match direction {
            Direction::Ingest => Self {
                file: "file",
                a_file: "a file",
                never: "no file has ever come",
                refused: "the last file was refused, as damaged or by somebody’s decision",
                half: |long| {
                    format!("a file has been half taken in for {long}; sending it again goes on with it")
                },
                well: "files come in time and pass",
            },
            Direction::Export => Self {
                file: "export",
                a_file: "an export",
                never: "nothing has ever gone out",
                refused: "the last export did not arrive",
                half: |long| format!("an export has been on its way for {long}"),
                well: "exports go out in time",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(hours_ago: Option<i64>, status: Status, received: u64, quarantined: u64) -> (Lamp, String) {
        judged_going(Direction::Ingest, hours_ago, status, received, quarantined)
    }

    fn judged_going(
        direction: Direction,
        hours_ago: Option<i64>,
        status: Status,
        received: u64,
        quarantined: u64,
    ) -> (Lamp, String) {
        let now = DateTime::from_timestamp(1_780_000_000, 0).expect("a time");
        let health = judge(
            &Signs {
                direction,
                last: hours_ago.map(|h| (now - TimeDelta::hours(h), status)),
                expected_every_hours: Some(24),
                counts: Counts {
                    received,
                    quarantined,
                    ..Counts::default()
                },
            },
            now,
        );
        (health.lamp, health.reason)
    }

    #[test]
    fn the_reason_carries_the_figure() {
        assert_eq!(judged(Some(2), Status::Accepted, 1000, 20).0, Lamp::Green);
        assert_eq!(
            judged(Some(30), Status::Accepted, 1000, 20),
            (Lamp::Amber, "no file for 30 h, expected every 24 h".to_owned())
        );
        assert_eq!(judged(Some(49), Status::Accepted, 0, 0).0, Lamp::Red);
        assert_eq!(
            judged(Some(2), Status::Accepted, 1000, 80),
            (Lamp::Amber, "8.0 % of records rejected".to_owned())
        );
        assert_eq!(judged(Some(2), Status::Accepted, 1000, 400).0, Lamp::Red);
        assert_eq!(judged(Some(2), Status::Refused, 0, 0).0, Lamp::Red);
        assert_eq!(judged(None, Status::Accepted, 0, 0).0, Lamp::Amber);
        assert_eq!(judged(Some(0), Status::Processing, 0, 0).0, Lamp::Green);
        assert_eq!(
            judged(Some(3), Status::Processing, 0, 0),
            (
                Lamp::Amber,
                "a file has been half taken in for 3 h; sending it again goes on with it".to_owned()
            )
        );
    }

    #[test]
    fn exports_are_judged_as_exports() {
        let judged = |hours_ago, status| judged_going(Direction::Export, hours_ago, status, 0, 0);
        let never = (Lamp::Amber, "nothing has ever gone out".to_owned());
        assert_eq!(judged(None, Status::Accepted), never);
        let failed = (Lamp::Red, "the last export did not arrive".to_owned());
        assert_eq!(judged(Some(2), Status::Refused), failed);
        let late = "no export for 30 h, expected every 24 h".to_owned();
        assert_eq!(judged(Some(30), Status::Accepted), (Lamp::Amber, late));
        let well = (Lamp::Green, "exports go out in time".to_owned());
        assert_eq!(judged(Some(2), Status::Accepted), well);
    }
}
