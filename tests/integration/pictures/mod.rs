//! Charts as they look: each picture lies beside this file, to be looked at, and is what is drawn.
//!
//! One that is missing is written, and its test fails once. After a change that is meant, `FEEDGATE_WRITE_PICTURES=1 cargo test --features ssr --test
//! integration pictures` draws them anew; look at each before you keep it.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use feedgate::api::heat::{Cell, Heat, HeatMap, HeatRow};
use feedgate::api::overview::Charts;
use feedgate::app::components::spark::Sparkline;
use feedgate::domain::ids::PartnerId;
use feedgate::domain::query::{Compare, Range};
use feedgate::domain::report::Counts;
use feedgate::domain::rollup::Rollup;
use feedgate::server::calendar::{Calendar, Stretch};
use feedgate::server::charts::{self, Before, Frame, History};
use leptos::prelude::*;
use std::path::{Path, PathBuf};

fn now() -> DateTime<Utc> {
    "2026-11-24T13:25:00Z".parse().expect("a time")
}

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/integration/pictures")
        .join(format!("{name}.svg"))
}

/// Fails unless the picture is the one that lies here.
fn ensure(name: &str, drawn: &str) {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests have no configuration of their own"
    )]
    let writes = std::env::var("FEEDGATE_WRITE_PICTURES").is_ok();
    // An element a line, so that a difference can be read.
    let drawn = drawn.replace("><", ">\n<") + "\n";
    let is_there = kept(name).exists();
    if writes || !is_there {
        std::fs::write(kept(name), &drawn).expect("written");
    }
    assert!(
        writes || is_there,
        "{name}.svg was not there and is now; look at it before you keep it"
    );
    let before = std::fs::read_to_string(kept(name)).unwrap_or_default();
    let differs = before.lines().zip(drawn.lines()).find(|(a, b)| a != b);
    assert!(
        before == drawn,
        "{name}.svg is drawn otherwise, first at {differs:?}; the head of this file says how to keep that"
    );
}

/// An hour of believable work: busy by day, quiet on Sundays, nothing in one night, and a bad
/// afternoon.
fn hour(at: DateTime<Utc>) -> Rollup {
    let h = u64::from(at.hour());
    let quiet = if at.weekday().number_from_monday() == 7 {
        3
    } else {
        1
    };
    let wave = h * (23 - h) * 60 / quiet + u64::from(at.day()) * 37 % 400;
    let night = at.day() == 21 && (1..5).contains(&h);
    let received = if night { 0 } else { wave + 500 };
    let share = if at.day() == 22 && (12..16).contains(&h) {
        3
    } else {
        28 + h % 5
    };
    let quarantined = received / share;
    let unchanged = (received - quarantined) * 3 / 5;
    let mut rollup = Rollup {
        deliveries: u64::from(received > 0),
        counts: Counts {
            received,
            accepted: received - quarantined - unchanged,
            unchanged,
            quarantined,
            ..Counts::default()
        },
        ..Rollup::empty(at)
    };
    for n in 0..u64::from(received > 0) * 40 {
        rollup
            .latency
            .add(900 + h * 120 + n * 61 + if n > 38 { 2500 } else { 0 });
    }
    rollup
}

fn hours(from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Rollup> {
    let hours = std::iter::successors(Some(from), |at| Some(*at + TimeDelta::hours(1)));
    hours.take_while(|at| *at < until).map(hour).collect()
}

fn frame(range: Range) -> Frame {
    Frame {
        stretch: Stretch::of(range, Calendar::UTC, now()),
        now: now(),
        query: String::new(),
        table: String::new(),
        before: None,
        history: History::default(),
        happenings: Vec::new(),
    }
}

fn of(frame: &Frame) -> Charts {
    charts::Kept::default().all(&hours(frame.stretch.span.from, now()), frame)
}

fn ensure_all(name: &str, charts: &Charts) {
    for chart in [&charts.volume, &charts.rejection, &charts.latency] {
        ensure(
            &format!("{}{name}", chart.name),
            &charts::alone(chart, "All partners · a note"),
        );
    }
}

#[test]
fn three_days_with_a_gap_a_bad_afternoon_and_an_hour_that_is_still_filling() {
    ensure_all("", &of(&frame(Range::LastHours(72))));
}

#[test]
fn a_week_beside_the_week_before_with_what_was_to_be_expected() {
    let mut frame = frame(Range::LastHours(7 * 24));
    let begins = now() - TimeDelta::days(70);
    let back = frame.stretch.since(charts::DAYS_BACK);
    frame.history = History {
        received: hours(back.from, now())
            .iter()
            .map(|r| (r.start, r.counts.received))
            .collect(),
        begins: Some(begins),
    };
    let compare = Compare::Week;
    let before = frame.stretch.before(compare);
    frame.before = Some(Before {
        name: compare.name(),
        cuts: frame.stretch.cuts_before(compare),
        rollups: hours(before.from, before.until),
        begins: Some(begins),
    });
    ensure_all("-compared", &of(&frame));
}

#[test]
fn a_stretch_in_which_nothing_came() {
    let frame = frame(Range::LastHours(24));
    ensure_all("-empty", &charts::Kept::default().all(&[], &frame));
}

#[test]
fn partners_by_times() {
    let stretch = Stretch::of(Range::LastHours(24), Calendar::UTC, now());
    let cell = |p: u32, t: u32| Cell {
        share: ((p + t) % 7 != 3).then(|| f64::from(p * t * 7 % 60) / 100.0 / f64::from(1 + (p + t) % 4)),
        words: String::new(),
        range: String::new(),
    };
    let row = |(p, name): (u32, &str)| HeatRow {
        id: PartnerId::new(format!("p{p}")),
        name: name.to_owned(),
        cells: (0..24).map(|t| cell(p, t)).collect(),
    };
    let names = [
        "Nordwand",
        "Maison <Perrault>",
        "O’Connell & Daughters of Limerick",
    ];
    let map = HeatMap {
        shown: stretch.shown(),
        as_of: now(),
        times: (0..24).map(|t| format!("24 Nov {t:02}:00")).collect(),
        rows: (1..).zip(names).map(row).collect(),
    };
    ensure("heat", &charts::heat(&map, Heat::Rejected, "a note"));
}

#[test]
fn a_trend_as_small_as_a_word() {
    let owner = Owner::new();
    let drawn = owner.with(|| {
        let values = vec![3, 5, 4, 9, 12, 7, 8, 0, 6];
        view! { <Sparkline values what="Records received"/> }.to_html()
    });
    ensure(
        "spark",
        &drawn.replace(
            "<svg ",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" fill=\"none\" stroke=\"#2a6fbb\" ",
        ),
    );
}

#[test]
fn every_picture_that_lies_here_is_pixels_too() {
    for name in ["volume-compared", "rejection", "latency", "heat"] {
        let svg = std::fs::read_to_string(kept(name)).expect("a picture");
        let png = charts::png(&svg).expect("pixels");
        assert!(
            png.starts_with(b"\x89PNG") && png.len() > 20_000,
            "{name}: {} bytes",
            png.len()
        );
    }
}
