//! Chooses ticks where people would put them: round figures, and times on a clock or calendar.

use chrono::{DateTime, Datelike, Months, TimeDelta, Timelike, Utc};

/// A time with a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tick {
    pub at: DateTime<Utc>,
    pub text: String,
}

/// Labels that a chart's width bears.
const MOST_LABELS: i64 = 7;

/// The top of a y axis and the distance between its lines, both in the axis' unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub top: f64,
    pub step: f64,
}

impl Scale {
    /// The lines above zero.
    pub fn lines(self) -> impl Iterator<Item = f64> {
        (1u8..)
            .map(move |i| f64::from(i) * self.step)
            .take_while(move |y| *y <= self.top * 1.0001)
    }
}

/// A scale of three to five lines for figures up to `most`, a multiple of 1, 2 or 5 and a power
/// of ten, never finer than `finest`.
pub(super) fn round(most: f64, finest: f64) -> Scale {
    let rough = (most / 4.0).max(finest);
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| *step >= rough * 0.999 && (*step / finest).fract() < 1e-9)
        .unwrap_or(finest);
    Scale {
        top: (most / step).ceil().max(2.0) * step,
        step,
    }
}

/// A scale in milliseconds whose lines fall on whole seconds, minutes or hours.
pub(super) fn durations(most_ms: f64) -> Scale {
    const STEPS: [f64; 24] = [
        1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3,
        300e3, 600e3, 900e3, 1800e3, 3600e3, 7200e3, 21_600e3,
    ];
    let step = STEPS
        .into_iter()
        .find(|step| most_ms / step <= 5.0)
        .unwrap_or_else(|| round(most_ms, 21_600e3).step);
    Scale {
        top: (most_ms / step).ceil().max(2.0) * step,
        step,
    }
}

/// A count as an axis says it: `5,000`, `20 k`, `1.5 M`.
pub(super) fn short(n: f64) -> String {
    let (scaled, unit) = match n {
        ..10_000.0 => (n, ""),
        10_000.0..1e6 => (n / 1e3, " k"),
        1e6..1e9 => (n / 1e6, " M"),
        _ => (n / 1e9, " G"),
    };
    if unit.is_empty() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 10,000"
        )]
        return crate::domain::format::count(scaled.round() as u64);
    }
    let text = format!("{scaled:.2}");
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Ticks between two instants: the finest of the human steps that leaves room for the labels.
pub(super) fn times(from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Tick> {
    const MINUTES: [i64; 11] = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720];
    let length = until - from;
    let minutes = length.num_minutes();
    if let Some(step) = MINUTES.into_iter().find(|m| minutes <= m * MOST_LABELS) {
        return within_days(from, until, TimeDelta::minutes(step));
    }
    let days = length.num_days();
    for step in [1, 2, 7, 14] {
        if days <= step * MOST_LABELS {
            return on_days(from, until, step);
        }
    }
    let months = days / 30;
    let step = [1u32, 2, 3, 6, 12, 24, 60]
        .into_iter()
        .find(|m| months <= i64::from(*m) * MOST_LABELS);
    on_months(from, until, step.unwrap_or(120))
}

fn within_days(from: DateTime<Utc>, until: DateTime<Utc>, step: TimeDelta) -> Vec<Tick> {
    let seconds = step.num_seconds();
    let start = -(-from.timestamp()).div_euclid(seconds) * seconds;
    instants(DateTime::from_timestamp(start, 0), until, |at| at + step)
        .map(|at| Tick {
            at,
            // A clock that passes midnight says which day begins.
            text: if at.num_seconds_from_midnight() == 0 {
                at.format("%-d %b").to_string()
            } else {
                at.format("%H:%M").to_string()
            },
        })
        .collect()
}

/// Every day, every other day, every Monday or every other Monday.
fn on_days(from: DateTime<Utc>, until: DateTime<Utc>, step: i64) -> Vec<Tick> {
    let midnight = from.timestamp().div_euclid(86_400) + i64::from(from.num_seconds_from_midnight() > 0);
    // Day 4 after the epoch was a Monday, and so is every multiple of 7 after it.
    let day = if step >= 7 {
        midnight + (4 - midnight).rem_euclid(7)
    } else {
        midnight
    };
    instants(DateTime::from_timestamp(day * 86_400, 0), until, |at| {
        at + TimeDelta::days(step)
    })
    .map(|at| Tick {
        at,
        text: at.format(if step < 7 { "%a %-d" } else { "%-d %b" }).to_string(),
    })
    .collect()
}

fn on_months(from: DateTime<Utc>, until: DateTime<Utc>, step: u32) -> Vec<Tick> {
    let month0 = from.month0() / step.min(12) * step.min(12);
    let year = if step > 12 {
        from.year() - from.year().rem_euclid(i32::try_from(step / 12).unwrap_or(1))
    } else {
        from.year()
    };
    let first = chrono::NaiveDate::from_ymd_opt(year, month0 + 1, 1)
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .map(|at| at.and_utc());
    instants(first, until, |at| {
        at.checked_add_months(Months::new(step)).unwrap_or(until)
    })
    .filter(|at| *at >= from)
    .map(|at| Tick {
        at,
        text: match at.month() {
            1 => at.format("%Y").to_string(),
            _ => at.format("%b").to_string(),
        },
    })
    .collect()
}

fn instants(
    first: Option<DateTime<Utc>>,
    until: DateTime<Utc>,
    next: impl Fn(DateTime<Utc>) -> DateTime<Utc>,
) -> impl Iterator<Item = DateTime<Utc>> {
    std::iter::successors(first, move |at| Some(next(*at))).take_while(move |at| *at < until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    #[test]
    fn figures_have_round_lines_that_reach_over_the_most() {
        for most in [0.0, 1.0, 3.0, 7.0, 99.0, 100.0, 101.0, 12_431.0, 5_000_000.0] {
            let scale = round(most, 1.0);
            let lines: Vec<_> = scale.lines().collect();
            assert!(
                scale.top >= most && (2..=5).contains(&lines.len()),
                "{most}: {scale:?}"
            );
            assert!(lines.iter().all(|l| l.fract() == 0.0), "{most}: {lines:?}");
        }
        assert_eq!(short(round(12_431.0, 1.0).step), "5,000");
        assert_eq!(
            [short(5000.0), short(20_000.0), short(1_500_000.0)],
            ["5,000", "20 k", "1.5 M"]
        );
    }

    #[test]
    fn durations_fall_on_whole_units() {
        assert_eq!(
            durations(4200.0),
            Scale {
                top: 5000.0,
                step: 1000.0
            }
        );
        assert_eq!(
            durations(130_000.0),
            Scale {
                top: 150_000.0,
                step: 30_000.0
            }
        );
    }

    #[test]
    fn times_are_those_of_a_clock_and_a_calendar() {
        let texts =
            |from, until| -> Vec<String> { times(at(from), at(until)).into_iter().map(|t| t.text).collect() };
        assert_eq!(
            texts("2026-11-23T19:00:00Z", "2026-11-24T02:00:00Z"),
            ["19:00", "20:00", "21:00", "22:00", "23:00", "24 Nov", "01:00"]
        );
        assert_eq!(
            texts("2026-11-17T13:00:00Z", "2026-11-24T13:00:00Z"),
            [
                "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22", "Mon 23", "Tue 24"
            ]
        );
        assert_eq!(
            texts("2026-10-25T00:00:00Z", "2026-11-24T00:00:00Z"),
            ["26 Oct", "2 Nov", "9 Nov", "16 Nov", "23 Nov"]
        );
        assert_eq!(
            texts("2025-11-20T00:00:00Z", "2026-11-24T00:00:00Z"),
            ["2026", "Mar", "May", "Jul", "Sep", "Nov"]
        );
    }

    #[test]
    fn labels_never_crowd() {
        for minutes in (10..6_000_000).step_by(7919) {
            let from = at("2021-02-27T10:17:00Z");
            let found = times(from, from + TimeDelta::minutes(minutes)).len();
            assert!((1..=8).contains(&found), "{minutes} min: {found} labels");
        }
    }
}
