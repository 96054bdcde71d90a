//! Draws how long deliveries took from receipt to decision.

use super::axis;
use super::canvas::{self, Anchor, Ink, Mark, Picture};
use super::frame::{self, Bucket, Frame};
use crate::domain::chart::{Chart, Series};
use crate::domain::format;
use crate::domain::rollup::{Latencies, Rollup};

/// The three shares, their ink and their name.
const LINES: [(f64, Ink, &str); 3] = [
    (0.99, Ink::P99, "p99"),
    (0.95, Ink::P95, "p95"),
    (0.50, Ink::P50, "p50"),
];

/// p50, p95 and p99 per bucket, each line named where it ends. A bucket in which nothing was
/// decided is a gap.
#[expect(clippy::cast_precision_loss, reason = "milliseconds far below 2^52")]
pub fn latency(rollups: &[Rollup], frame: &Frame) -> Chart {
    let buckets = frame.buckets(rollups);
    let mut all = Latencies::default();
    for bucket in &buckets {
        all.merge(&bucket.rollup.latency);
    }
    let most = buckets
        .iter()
        .filter_map(|b| b.rollup.latency.percentile(0.99))
        .max();
    let scale = axis::durations(most.unwrap_or(1000) as f64);
    let mut marks = Vec::new();
    canvas::figures(scale, span, &mut marks);
    frame.time_axis(&buckets, &mut marks);
    if all.count() == 0 {
        marks.push(canvas::nothing(
            buckets.len(),
            scale,
            "Nothing was decided in this time",
        ));
    } else {
        lines(&buckets, scale.top, &mut marks);
    }
    let figure = |share| format::duration(all.percentile(share));
    let picture = Picture {
        name: "latency",
        label: format!(
            "Received to decided, {}: p50 {}, p95 {}, p99 {} over the range",
            frame.per_bucket(),
            figure(0.5),
            figure(0.95),
            figure(0.99)
        ),
        top: scale.top,
        marks,
        links: frame::links(&buckets, |b| match b.rollup.latency.count() {
            0 => "nothing decided".to_owned(),
            _ => format!(
                "p50 {} · p95 {} · p99 {}",
                percentile(b, 0.5),
                percentile(b, 0.95),
                percentile(b, 0.99)
            ),
        }),
    };
    Chart {
        title: "Received to decided".to_owned(),
        subtitle: frame.per_bucket(),
        legend: LINES
            .iter()
            .rev()
            .map(|(share, ink, name)| Series {
                key: ink.class().to_owned(),
                name: (*name).to_owned(),
                figure: figure(*share),
            })
            .collect(),
        svg: picture.svg(),
        columns: ["p50", "p95", "p99", "Deliveries"].map(str::to_owned).to_vec(),
        rows: buckets.iter().map(row).collect(),
    }
}

/// The lines, and their names at their ends.
#[expect(clippy::cast_precision_loss, reason = "milliseconds far below 2^52")]
fn lines(buckets: &[Bucket], top: f64, marks: &mut Vec<Mark>) {
    // The height of a text, in the axis' unit, where the chart is shown smallest.
    let room = top * 0.16;
    let mut ends = Vec::new();
    for (share, ink, name) in LINES {
        let points: Vec<_> = buckets
            .iter()
            .enumerate()
            .map(|(i, b)| Some((i as f64 + 0.5, b.rollup.latency.percentile(share)? as f64)))
            .collect();
        if let Some(end) = points.iter().rev().flatten().next() {
            ends.push((name, *end));
        }
        canvas::runs(ink, points.into_iter(), marks);
    }
    // From the lowest up; those that would stand on one another share a label.
    let mut labels: Vec<(String, (f64, f64))> = Vec::new();
    for (name, end) in ends.into_iter().rev() {
        match labels.last_mut() {
            Some((names, (_, y))) if end.1 < *y + room => {
                names.push_str(", ");
                names.push_str(name);
            }
            _ => labels.push((name.to_owned(), end)),
        }
    }
    marks.extend(labels.into_iter().map(|(text, (x, y))| Mark::Text {
        ink: Ink::Word,
        x,
        y,
        anchor: Anchor::AboveLeft,
        text,
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

fn row(bucket: &Bucket) -> crate::domain::chart::ChartRow {
    frame::row(
        bucket,
        vec![
            percentile(bucket, 0.5),
            percentile(bucket, 0.95),
            percentile(bucket, 0.99),
            format::count(bucket.rollup.deliveries),
        ],
    )
}
