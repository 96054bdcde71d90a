//! Draws how many records came, stacked by what became of them.

use super::axis;
use super::canvas::{self, Ink, Mark, Picture};
use super::frame::{self, Bucket, Frame, named};
use crate::domain::chart::{Chart, Series};
use crate::domain::format;
use crate::domain::report::Counts;
use crate::domain::rollup::Rollup;

/// Records per bucket: accepted, unchanged and quarantined on top of one another, and a line for
/// what was received, which they add up to once everything is decided.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub fn volume(rollups: &[Rollup], frame: &Frame) -> Chart {
    let buckets = frame.buckets(rollups);
    let mut total = Counts::default();
    for bucket in &buckets {
        total += bucket.rollup.counts;
    }
    let most = buckets
        .iter()
        .map(|b| b.rollup.counts.received)
        .max()
        .unwrap_or(0);
    let scale = axis::round(most as f64, 1.0);
    let mut marks = Vec::new();
    canvas::figures(scale, axis::short, &mut marks);
    frame.time_axis(&buckets, &mut marks);
    if total.received == 0 {
        marks.push(canvas::nothing(
            buckets.len(),
            scale,
            "Nothing was received in this time",
        ));
    } else {
        stack(&buckets, &mut marks);
    }
    let picture = Picture {
        name: "volume",
        label: format!(
            "Records received, {}: {} in {}",
            frame.per_bucket(),
            named(total.received, "received"),
            format::counted(buckets.len() as u64, "bucket", "buckets")
        ),
        top: scale.top,
        marks,
        links: frame::links(&buckets, |b| {
            let c = &b.rollup.counts;
            format!(
                "{} · {} · {} · {}",
                named(c.received, "received"),
                named(c.accepted, "accepted"),
                named(c.unchanged, "unchanged"),
                named(c.quarantined, "quarantined")
            )
        }),
    };
    let series = |key: &str, name: &str, n: u64| Series {
        key: key.to_owned(),
        name: name.to_owned(),
        figure: format::count(n),
    };
    Chart {
        title: "Records received".to_owned(),
        subtitle: frame.per_bucket(),
        legend: vec![
            series("outline", "received", total.received),
            series("accepted", "accepted", total.accepted),
            series("unchanged", "unchanged", total.unchanged),
            series("quarantined", "quarantined", total.quarantined),
        ],
        svg: picture.svg(),
        columns: ["Received", "Accepted", "Unchanged", "Quarantined", "Warned"]
            .map(str::to_owned)
            .to_vec(),
        rows: buckets.iter().map(row).collect(),
    }
}

/// The bars, one ink after the other so that each becomes one path, and the line over them.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn stack(buckets: &[Bucket], marks: &mut Vec<Mark>) {
    // A gap between bars as long as they are wide enough to bear one.
    let gap = if buckets.len() > 200 { 0.0 } else { 0.1 };
    let place = |i: usize| (i as f64 + gap, (i + 1) as f64 - gap);
    for ink in [Ink::Accepted, Ink::Unchanged, Ink::Quarantined] {
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
                    y: (below as f64, (below + height) as f64),
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
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(buckets.len() * 2);
    let mut height = None;
    for (i, bucket) in buckets.iter().enumerate() {
        let received = bucket.rollup.counts.received;
        if height == Some(received) {
            // The step before goes on.
            points.pop();
        } else {
            points.push((i as f64, received as f64));
        }
        points.push(((i + 1) as f64, received as f64));
        height = Some(received);
    }
    marks.push(Mark::Line {
        ink: Ink::Outline,
        points,
    });
}

fn row(bucket: &Bucket) -> crate::domain::chart::ChartRow {
    let c = &bucket.rollup.counts;
    let cells = [c.received, c.accepted, c.unchanged, c.quarantined, c.warned];
    frame::row(bucket, cells.map(format::count).to_vec())
}
