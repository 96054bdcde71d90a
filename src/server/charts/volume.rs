//! Draws how many records came, stacked by what became of them.

use super::axis;
use super::canvas::{self, Ink, Mark, Picture};
use super::expected::Band;
use super::frame::{self, Bucket, Frame, named};
use crate::domain::chart::{Chart, Series};
use crate::domain::format;
use crate::domain::report::Counts;
use std::fmt::Write as _;

pub(super) const NAME: &str = "volume";

/// Records per bucket: accepted, unchanged and quarantined on top of one another, and a line for
/// what was received, which they add up to once everything is decided.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub(super) fn volume(buckets: &[Bucket], frame: &Frame) -> Chart {
    let mut total = Counts::default();
    for bucket in buckets {
        total += bucket.rollup.counts;
    }
    let most = buckets.iter().map(highest).max().unwrap_or(0);
    let scale = axis::round(most as f64, 1.0);
    let mut marks = Vec::new();
    canvas::figures(scale, axis::short, &mut marks);
    frame.time_axis(buckets, &mut marks);
    if most == 0 {
        marks.push(canvas::nothing(
            buckets.len(),
            scale,
            "Nothing was received in this time",
        ));
    } else {
        stack(buckets, &mut marks);
        band(buckets, &mut marks);
        frame::steps(
            Ink::Before,
            buckets
                .iter()
                .map(|b| Some(b.before.as_ref()?.counts.received as f64)),
            &mut marks,
        );
    }
    let picture = Picture {
        name: NAME,
        label: format!(
            "Records received, {}: {} in {}",
            frame.per_bucket(),
            named(total.received, "received"),
            format::counted(buckets.len() as u64, "bucket", "buckets")
        ),
        top: scale.top,
        marks,
        events: frame.events(buckets),
        links: frame::links(buckets, |b| {
            let c = &b.rollup.counts;
            let mut said = format!(
                "{} · {} · {} · {}",
                named(c.received, "received"),
                named(c.accepted, "accepted"),
                named(c.unchanged, "unchanged"),
                named(c.quarantined, "quarantined")
            );
            if let Some(band) = b.expected {
                let _ = write!(said, " · expected {}, as in {} weeks", range(band), band.weeks);
            }
            said.push_str(&frame.said_before(b, |r| format::count(r.counts.received)));
            said
        }),
    };
    let series = |key: &str, name: &str, n: u64| Series {
        key: key.to_owned(),
        name: name.to_owned(),
        figure: format::count(n),
    };
    let has_band = buckets.iter().any(|b| b.expected.is_some());
    let mut legend = vec![
        series("outline", "received", total.received),
        series("accepted", "accepted", total.accepted),
        series("unchanged", "unchanged", total.unchanged),
        series("quarantined", "quarantined", total.quarantined),
    ];
    legend.extend(frame.series_before(buckets, |r| format::count(r.counts.received)));
    if has_band {
        legend.push(Series {
            key: "expected".to_owned(),
            name: "expected, as in the weeks before".to_owned(),
            figure: String::new(),
        });
    }
    let mut columns = ["Received", "Accepted", "Unchanged", "Quarantined", "Warned"]
        .map(str::to_owned)
        .to_vec();
    columns.extend(frame.columns_before(&["Received before", "Change"]));
    columns.extend(has_band.then(|| "Expected".to_owned()));
    Chart {
        name: NAME.to_owned(),
        title: "Records received".to_owned(),
        subtitle: frame.per_bucket(),
        legend,
        svg: picture.svg(),
        columns,
        rows: frame.rows(NAME, buckets, |b| cells(b, has_band, frame.before.is_some())),
    }
}

/// The highest that is drawn of a bucket.
fn highest(bucket: &Bucket) -> u64 {
    let before = bucket.before.as_ref().map_or(0, |r| r.counts.received);
    let expected = bucket.expected.map_or(0, |band| band.high);
    bucket.rollup.counts.received.max(before).max(expected)
}

fn range(band: Band) -> String {
    format!("{} to {}", format::count(band.low), format::count(band.high))
}

/// What is to be expected, as one area through the middles of neighbouring buckets.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn band(buckets: &[Bucket], marks: &mut Vec<Mark>) {
    let banded: Vec<_> = buckets
        .iter()
        .enumerate()
        .filter_map(|(i, b)| Some((i, b.expected?)))
        .collect();
    for run in banded.chunk_by(|a, b| a.0 + 1 == b.0) {
        let (Some((first, lows)), Some((last, highs))) = (run.first(), run.last()) else {
            continue;
        };
        let point = |x: f64, y: u64| (x, y as f64);
        let mut points = vec![point(*first as f64, lows.high)];
        points.extend(run.iter().map(|(i, b)| point(*i as f64 + 0.5, b.high)));
        points.push(point(*last as f64 + 1.0, highs.high));
        points.push(point(*last as f64 + 1.0, highs.low));
        points.extend(run.iter().rev().map(|(i, b)| point(*i as f64 + 0.5, b.low)));
        points.push(point(*first as f64, lows.low));
        marks.push(Mark::Area {
            ink: Ink::Expected,
            points,
        });
    }
}

/// The bars, one ink after the other so that each becomes one path, and the line over them. Each
/// stands on the ground and the lower ones before it, so that neighbours are one shape.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn stack(buckets: &[Bucket], marks: &mut Vec<Mark>) {
    // A gap between bars as long as they are wide enough to bear one.
    let gap = if buckets.len() > 200 { 0.0 } else { 0.1 };
    let place = |i: usize| (i as f64 + gap, (i + 1) as f64 - gap);
    for ink in [Ink::Quarantined, Ink::Unchanged, Ink::Accepted] {
        for (i, bucket) in buckets.iter().enumerate() {
            let c = &bucket.rollup.counts;
            let (below, height) = match ink {
                Ink::Accepted => (0, c.accepted),
                Ink::Unchanged => (c.accepted, c.unchanged),
                _ => (c.accepted + c.unchanged, c.quarantined),
            };
            if height > 0 {
                marks.push(Mark::Bar {
                    ink,
                    x: place(i),
                    y: (0.0, (below + height) as f64),
                });
            }
        }
    }
    for (i, bucket) in buckets.iter().enumerate().filter(|(_, b)| b.so_far) {
        marks.push(Mark::Bar {
            ink: Ink::SoFar,
            x: place(i),
            y: (0.0, bucket.rollup.counts.received as f64),
        });
    }
    frame::steps(
        Ink::Outline,
        buckets.iter().map(|b| Some(b.rollup.counts.received as f64)),
        marks,
    );
}

fn cells(bucket: &Bucket, has_band: bool, has_before: bool) -> Vec<String> {
    let c = &bucket.rollup.counts;
    let mut cells = [c.received, c.accepted, c.unchanged, c.quarantined, c.warned]
        .map(format::count)
        .to_vec();
    if has_before {
        let before = bucket.before.as_ref().map(|r| r.counts.received);
        cells.push(before.map_or_else(|| "–".to_owned(), format::count));
        cells.push(format::change(c.received, before));
    }
    if has_band {
        cells.push(bucket.expected.map_or_else(|| "–".to_owned(), range));
    }
    cells
}
