//! Checks what every chart must keep, whatever the figures.

use super::kept::KEPT;
use super::*;
use crate::domain::chart::Chart;
use crate::domain::happening::{Happening, What};
use crate::domain::ids::{DeliveryId, FeedId};
use crate::domain::query::Range;
use crate::domain::report::Counts;
use crate::domain::rollup::Rollup;
use crate::server::calendar::{Calendar, Stretch};
use chrono::{DateTime, TimeDelta, Utc};

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_764_000_000 / 86_400 * 86_400, 0).expect("a time")
}

fn frame(length: TimeDelta) -> Frame {
    let until = start() + length;
    let now = until - TimeDelta::seconds(1);
    Frame {
        stretch: Stretch::of(Range::Between(start(), until), Calendar::UTC, now),
        now,
        query: "partner=a&feed=a/b".to_owned(),
        table: String::new(),
        before: None,
        history: History::default(),
        happenings: Vec::new(),
    }
}

fn rollup(at: DateTime<Utc>, received: u64, quarantined: u64) -> Rollup {
    let mut rollup = Rollup {
        deliveries: u64::from(received > 0),
        counts: Counts {
            received,
            accepted: received - quarantined,
            quarantined,
            ..Counts::default()
        },
        ..Rollup::empty(at)
    };
    if received > 0 {
        rollup.latency.add(received * 3);
    }
    rollup
}

fn three(rollups: &[Rollup], frame: &Frame) -> [Chart; 3] {
    let of = |table: &str| {
        let frame = Frame {
            table: table.to_owned(),
            ..frame.clone()
        };
        all(&frame.buckets(rollups), &frame)
    };
    [
        of("volume").volume,
        of("rejection").rejection,
        of("latency").latency,
    ]
}

/// Reads the picture as XML and counts its elements by name.
fn elements(svg: &str) -> std::collections::BTreeMap<String, usize> {
    let mut reader = quick_xml::Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let mut found = std::collections::BTreeMap::new();
    let mut depth = 0i32;
    loop {
        use quick_xml::events::Event;
        match reader.read_event().expect("well-formed XML") {
            Event::Start(tag) => {
                depth += 1;
                *found
                    .entry(String::from_utf8_lossy(tag.name().as_ref()).into_owned())
                    .or_default() += 1;
            }
            Event::Empty(tag) => {
                *found
                    .entry(String::from_utf8_lossy(tag.name().as_ref()).into_owned())
                    .or_default() += 1;
            }
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every element is closed");
    found
}

/// How many separate strokes the line of a class has.
fn runs(svg: &str, class: &str) -> usize {
    let (_, after) = svg
        .split_once(&format!("class='{class}' d='"))
        .expect("the line is drawn");
    after.split('\'').next().unwrap_or_default().matches('M').count()
}

#[test]
fn every_bucket_is_a_link_and_a_row_whatever_the_range() {
    for (length, buckets) in [
        (TimeDelta::minutes(1), 1),
        (TimeDelta::hours(6), 360),
        (TimeDelta::days(7), 168),
        (TimeDelta::days(370), 370),
        (TimeDelta::days(3700), 370),
    ] {
        let frame = frame(length);
        let rollups: Vec<_> = (0..200)
            .map(|i| {
                rollup(
                    start() + TimeDelta::hours(i * 17),
                    1000 + i.unsigned_abs(),
                    i.unsigned_abs(),
                )
            })
            .collect();
        for some in [&rollups[..], &rollups[..1], &[]] {
            for chart in three(some, &frame) {
                let found = elements(&chart.svg);
                assert_eq!(found["a"], buckets, "{} over {length}", chart.title);
                assert_eq!((found["use"], chart.rows.len()), (buckets, buckets));
                assert!(chart.rows.iter().all(|r| r.cells.len() == chart.columns.len()));
            }
        }
    }
}

#[test]
fn no_colour_is_left_in_the_picture() {
    let rollups: Vec<_> = (0..24)
        .map(|h| rollup(start() + TimeDelta::hours(h), 900, 300))
        .collect();
    for chart in three(&rollups, &frame(TimeDelta::days(1))) {
        assert!(
            !chart.svg.contains("#FE") && !chart.svg.contains("font-family"),
            "{}",
            chart.svg
        );
        assert!(
            !chart.svg.contains('"'),
            "single quotes need no escape where the page carries it"
        );
    }
}

#[test]
fn an_hour_without_records_is_a_gap_and_not_zero() {
    let at = |h| start() + TimeDelta::hours(h);
    let rollups = [
        rollup(at(0), 100, 1),
        rollup(at(1), 100, 2),
        rollup(at(3), 100, 3),
        rollup(at(4), 100, 4),
    ];
    let [_, rejection, latency] = three(&rollups, &frame(TimeDelta::hours(12)));
    assert_eq!(runs(&rejection.svg, "rate"), 2);
    assert_eq!(
        ["p50", "p95", "p99"].map(|line| runs(&latency.svg, line)),
        [2, 2, 2]
    );
    assert_eq!(rejection.rows[2].cells[0], "–");
    assert_eq!(rejection.rows[2].href, None);
}

#[test]
fn a_bucket_leads_to_its_deliveries() {
    let [volume, ..] = three(&[rollup(start(), 5, 0)], &frame(TimeDelta::days(2)));
    assert_eq!(
        volume.rows[0].href.as_deref(),
        Some("/deliveries?partner=a&feed=a/b&direction=file&range=2025-11-24T00:00Z..2025-11-24T01:00Z")
    );
    assert!(
        volume
            .svg
            .contains("partner=a&amp;feed=a/b&amp;direction=file&amp;range=2025-11-24T00:00Z")
    );
}

#[test]
fn the_shown_buckets_add_up_to_the_figure_beside_them() {
    let rollups: Vec<_> = (0..72)
        .map(|h| rollup(start() + TimeDelta::hours(h), 1000, 20))
        .collect();
    let [volume, rejection, _] = three(&rollups, &frame(TimeDelta::hours(72)));
    let sum: u64 = volume
        .rows
        .iter()
        .map(|r| r.cells[0].replace(',', "").parse::<u64>().expect("a count"))
        .sum();
    assert_eq!(volume.legend[0].figure, crate::domain::format::count(sum));
    assert_eq!(rejection.legend[0].figure, "2.0 %");
}

#[test]
fn the_bucket_still_filling_is_marked_and_has_no_rate() {
    let rollups = [
        rollup(start(), 100, 1),
        rollup(start() + TimeDelta::hours(11), 50, 1),
    ];
    let [volume, rejection, _] = three(&rollups, &frame(TimeDelta::hours(12)));
    assert!(volume.svg.contains("so far ·") && volume.svg.contains("class='so-far'"));
    assert_eq!(elements(&rejection.svg)["circle"], 1, "the whole bucket alone");
    assert!(volume.rows[11].label.ends_with("so far"));
}

#[test]
fn what_happened_is_marked_where_it_happened_and_leads_to_its_object() {
    let mut frame = frame(TimeDelta::hours(100));
    let contract = |hours| Happening {
        at: start() + TimeDelta::hours(hours),
        feed: FeedId::new("a/b"),
        what: What::Contract {
            version: 2,
            reason: "<b>caps</b>".to_owned(),
        },
    };
    // The newest first; the first two of them lie on one another.
    frame.happenings = vec![contract(91), contract(90), contract(10)];
    for chart in three(&[rollup(start(), 5, 1)], &frame) {
        let found = elements(&chart.svg);
        assert_eq!(
            (found["a"], found["use"]),
            (102, 100),
            "a bucket each, and two marks"
        );
        assert!(!found.contains_key("b"));
        let marks: Vec<_> = chart.svg.split("<a class='event' href='").skip(1).collect();
        assert!(marks[0].starts_with("/feeds/a/b/contract'"), "{}", marks[0]);
        assert!(
            marks[0].contains("x='176'"),
            "around its hour’s beginning: {}",
            marks[0]
        );
        assert!(marks[1].starts_with("#happenings'"), "{}", marks[1]);
        assert_eq!(marks[1].matches("contract version 2").count(), 2);
    }
}

#[test]
fn a_query_cannot_break_out_of_the_picture() {
    let mut frame = frame(TimeDelta::hours(2));
    frame.query = "partner='><script>".to_owned();
    for chart in three(&[rollup(start(), 5, 1)], &frame) {
        assert!(!elements(&chart.svg).contains_key("script"));
    }
}

#[test]
fn what_is_kept_is_what_would_be_drawn_and_is_drawn_once_whatever_differs() {
    let day = frame(TimeDelta::days(1));
    let of = |change: &dyn Fn(&mut Frame)| {
        let mut frame = day.clone();
        change(&mut frame);
        frame
    };
    let (berlin, _) = Calendar::understand("Europe/Berlin");
    let cut = |calendar| {
        let range = Range::Between(start(), start() + TimeDelta::days(1));
        Stretch::of(range, calendar, day.now)
    };
    let frames = [
        day.clone(),
        of(&|frame| frame.table = "volume".to_owned()),
        of(&|frame| frame.query = "partner=b".to_owned()),
        of(&|frame| frame.now = start()),
        of(&|frame| frame.stretch = cut(berlin)),
        of(&|frame| frame.history.begins = Some(start() - TimeDelta::days(60))),
        of(&|frame| {
            frame.before = Some(Before {
                name: "a day before",
                cuts: day.stretch.cuts.clone(),
                rollups: vec![rollup(start(), 7, 0)],
                begins: Some(start()),
            });
        }),
        of(&|frame| {
            frame.happenings = vec![Happening {
                at: start(),
                feed: FeedId::new("a/b"),
                what: What::Replay {
                    delivery: DeliveryId::new("d"),
                    sent: 3,
                    passed: 2,
                },
            }];
        }),
    ];
    let few = [rollup(start(), 5, 0)];
    let many = [
        rollup(start(), 5, 1),
        rollup(start() + TimeDelta::hours(5), 90, 2),
    ];
    let kept = Kept::default();
    let mut different = Vec::new();
    for _ in 0..2 {
        for frame in &frames {
            for rollups in [&few[..], &many[..], &[]] {
                let anew = all(&frame.buckets(rollups), frame);
                assert_eq!(kept.all(rollups, frame), anew);
                if !different.contains(&anew) {
                    different.push(anew);
                }
            }
        }
    }
    let drawings = frames.len() * 3;
    assert_eq!(different.len(), drawings, "whatever differs is seen");
    assert_eq!(kept.count(), drawings, "none is drawn twice");
    for nth in 0..100 {
        let some = [rollup(start(), 1000 + nth, 0)];
        kept.all(&some, &day);
        kept.all(&few, &day);
    }
    assert_eq!(kept.count(), KEPT);
    let anew = all(&day.buckets(&few), &day);
    assert_eq!(kept.all(&few, &day), anew);
    assert_eq!(kept.count(), KEPT, "what is asked for again and again is kept");
}
