//! Draws how long deliveries took from receipt to decision.

use super::axis;
use super::canvas::{self, Anchor, Ink, Mark, Picture};
use super::frame::{self, Bucket, Frame};
use crate::domain::chart::{Chart, Series};
use crate::domain::format;
use crate::domain::rollup::Latencies;

/// The three shares, their ink and their name.
const LINES: [(f64, Ink, &str); 3] = [
    (0.99, Ink::P99, "p99"),
    (0.95, Ink::P95, "p95"),
    (0.50, Ink::P50, "p50"),
];

pub(super) const NAME: &str = "latency";

/// p50, p95 and p99 per bucket, each line named where it ends. A bucket in which nothing was
/// decided is a gap.
#[expect(clippy::cast_precision_loss, reason = "milliseconds far below 2^52")]
pub(super) fn latency(buckets: &[Bucket], frame: &Frame) -> Chart {
    let mut all = Latencies::default();
    for bucket in buckets {
        all.merge(&bucket.rollup.latency);
    }
    let most = buckets
        .iter()
        .flat_map(|b| [b.rollup.latency.percentile(0.99), before(b)])
        .flatten()
        .max();
    let scale = axis::durations(most.unwrap_or(1000) as f64);
    let mut marks = Vec::new();
    canvas::figures(scale, span, &mut marks);
    frame.time_axis(buckets, &mut marks);
    if all.count() == 0 {
        marks.push(canvas::nothing(
            buckets.len(),
            scale,
            "Nothing was decided in this time",
        ));
    } else {
        let points = buckets
            .iter()
            .enumerate()
            .map(|(i, b)| Some((i as f64 + 0.5, before(b)? as f64)));
        canvas::runs(Ink::Before, points, &mut marks);
        lines(buckets, scale.top, &mut marks);
    }
    let figure = |share| format::duration(all.percentile(share));
    let picture = Picture {
        name: NAME,
        label: format!(
            "Received to decided, {}: p50 {}, p95 {}, p99 {} over the range",
            frame.per_bucket(),
            figure(0.5),
            figure(0.95),
            figure(0.99)
        ),
        top: scale.top,
        marks,
        events: frame.events(buckets),
        links: frame::links(buckets, |b| match b.rollup.latency.count() {
            0 => "nothing decided".to_owned(),
            _ => format!(
                "p50 {} · p95 {} · p99 {}{}",
                percentile(b, 0.5),
                percentile(b, 0.95),
                percentile(b, 0.99),
                frame.said_before(b, |r| format!(
                    "p95 {}",
                    format::duration(r.latency.percentile(0.95))
                )),
            ),
        }),
    };
    let mut legend: Vec<_> = LINES
        .iter()
        .rev()
        .map(|(share, ink, name)| Series {
            key: ink.class().to_owned(),
            name: (*name).to_owned(),
            figure: figure(*share),
        })
        .collect();
    legend.extend(frame.series_before(buckets, |r| {
        format!("p95 {}", format::duration(r.latency.percentile(0.95)))
    }));
    let mut columns = ["p50", "p95", "p99", "Deliveries"].map(str::to_owned).to_vec();
    columns.extend(frame.columns_before(&["p95 before"]));
    Chart {
        name: NAME.to_owned(),
        title: "Received to decided".to_owned(),
        subtitle: frame.per_bucket(),
        legend,
        svg: picture.svg(),
        columns,
        rows: frame.rows(NAME, buckets, |b| cells(b, frame.before.is_some())),
    }
}

/// The lines, and their names at their ends.
#[expect(clippy::cast_precision_loss, reason = "milliseconds far below 2^52")]
fn lines(buckets: &[Bucket], top: f64, marks: &mut Vec<Mark>) {
    // The height of a text, in the axis' unit, where the chart is shown small.
    let room = top * 0.12;
    let mut ends = Vec::new();
    for (share, ink, name) in LINES {
        let points: Vec<_> = buckets
            .iter()
            .enumerate()
            .map(|(i, b)| Some((i as f64 + 0.5, b.rollup.latency.percentile(share)? as f64)))
            .collect();
        if let Some((_, y)) = points.iter().rev().flatten().next() {
            ends.push((name, ink, *y));
        }
        canvas::runs(ink, points.into_iter(), marks);
    }
    // From the lowest up, each at its line's end or as far above it as there is room.
    let mut free = 0.0;
    marks.extend(ends.into_iter().rev().map(|(name, ink, end)| {
        let y = end.max(free);
        free = y + room;
        Mark::Text {
            ink,
            x: buckets.len() as f64,
            y,
            anchor: Anchor::Right,
            text: name.to_owned(),
        }
    }));
}

fn percentile(bucket: &Bucket, share: f64) -> String {
    format::duration(bucket.rollup.latency.percentile(share))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a tick of the axis"
)]
fn span(ms: f64) -> String {
    let ms = ms as u64;
    match ms {
        1000..60_000 if ms.is_multiple_of(1000) => format!("{} s", ms / 1000),
        _ => format::duration(Some(ms)),
    }
}

/// p95 of the bucket that it is compared with.
fn before(bucket: &Bucket) -> Option<u64> {
    bucket.before.as_ref()?.latency.percentile(0.95)
}

fn cells(bucket: &Bucket, has_before: bool) -> Vec<String> {
    let mut cells = vec![
        percentile(bucket, 0.5),
        percentile(bucket, 0.95),
        percentile(bucket, 0.99),
        format::count(bucket.rollup.deliveries),
    ];
    if has_before {
        cells.push(format::duration(before(bucket)));
    }
    cells
}
