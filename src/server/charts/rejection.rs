//! Draws which share of the records was quarantined.

use super::axis::{self, Scale};
use super::canvas::{self, Ink, Mark, Picture};
use super::frame::{self, Bucket, Frame, named};
use crate::domain::chart::{Chart, Series};
use crate::domain::format;
use crate::domain::health::ACT_RATE;
use crate::domain::report::Counts;

pub(super) const NAME: &str = "rejection";

/// Quarantined ÷ received per bucket, by the time of receipt. A bucket in which nothing was
/// received is a gap, and the one still filling is left out: neither has a rate yet.
pub(super) fn rejection(buckets: &[Bucket], frame: &Frame) -> Chart {
    let mut total = Counts::default();
    for bucket in buckets {
        total += bucket.rollup.counts;
    }
    let rates: Vec<_> = buckets.iter().map(|b| b.rollup.counts.rejection_rate()).collect();
    let before: Vec<_> = buckets
        .iter()
        .map(|b| b.before.as_ref()?.counts.rejection_rate())
        .collect();
    let most = rates.iter().chain(&before).flatten().copied().fold(0.0, f64::max) * 100.0;
    let scale = percent_scale(most);
    // The share from which somebody should act, where the chart reaches that far.
    let has_limit = total.received > 0 && scale.top >= ACT_RATE * 100.0;
    let mut marks = Vec::new();
    canvas::figures(scale, |y| format!("{y} %"), &mut marks);
    frame.time_axis(buckets, &mut marks);
    if total.received == 0 {
        marks.push(canvas::nothing(
            buckets.len(),
            scale,
            "Nothing was received in this time",
        ));
    } else {
        if has_limit {
            let y = ACT_RATE * 100.0;
            marks.push(Mark::Across { ink: Ink::Limit, y });
        }
        canvas::runs(Ink::Before, middles(&before), &mut marks);
        line(buckets, &rates, &mut marks);
    }
    let rate = format::percent(total.rejection_rate());
    let picture = Picture {
        name: NAME,
        label: format!(
            "Rejected, % of received, {}: {rate} over the range",
            frame.per_bucket()
        ),
        top: scale.top,
        marks,
        events: frame.events(buckets),
        links: frame::links(buckets, |b| match b.rollup.counts.rejection_rate() {
            None => "nothing received".to_owned(),
            rate => format!(
                "{} rejected · {} of {}{}",
                format::percent(rate),
                format::count(b.rollup.counts.quarantined),
                named(b.rollup.counts.received, "received"),
                frame.said_before(b, |r| format::percent(r.counts.rejection_rate())),
            ),
        }),
    };
    let mut legend = vec![Series {
        key: "rate".to_owned(),
        name: "over the range".to_owned(),
        figure: rate,
    }];
    legend.extend(has_limit.then(|| Series {
        key: "limit".to_owned(),
        name: "act from".to_owned(),
        figure: format!("{} %", ACT_RATE * 100.0),
    }));
    legend.extend(frame.series_before(buckets, |r| format::percent(r.counts.rejection_rate())));
    let mut columns = ["Rejected", "Quarantined", "Received"]
        .map(str::to_owned)
        .to_vec();
    columns.extend(frame.columns_before(&["Rejected before"]));
    Chart {
        name: NAME.to_owned(),
        title: "Rejected, % of received".to_owned(),
        subtitle: frame.per_bucket(),
        legend,
        svg: picture.svg(),
        columns,
        rows: frame.rows(NAME, buckets, |b| cells(b, frame.before.is_some())),
    }
}

/// At least up to 2 %, so that a handful of rejects does not look like a disaster, and never
/// beyond 100 %.
fn percent_scale(most: f64) -> Scale {
    let scale = axis::round(most.max(2.0), 0.5);
    Scale {
        top: scale.top.min(100.0),
        ..scale
    }
}

/// Lines from middle to middle of neighbouring buckets; one that stands alone is a dot.
fn line(buckets: &[Bucket], rates: &[Option<f64>], marks: &mut Vec<Mark>) {
    let whole: Vec<_> = buckets
        .iter()
        .zip(rates)
        .map(|(b, rate)| rate.filter(|_| !b.so_far))
        .collect();
    canvas::runs(Ink::Rate, middles(&whole), marks);
}

/// Shares as percent, in the middle of their buckets.
#[expect(clippy::cast_precision_loss, reason = "a few hundred buckets")]
fn middles(rates: &[Option<f64>]) -> impl Iterator<Item = Option<(f64, f64)>> {
    let place = |(i, rate): (usize, &Option<f64>)| rate.map(|rate| (i as f64 + 0.5, rate * 100.0));
    rates.iter().enumerate().map(place)
}

fn cells(bucket: &Bucket, has_before: bool) -> Vec<String> {
    let c = &bucket.rollup.counts;
    let mut cells = vec![
        format::percent(c.rejection_rate()),
        format::count(c.quarantined),
        format::count(c.received),
    ];
    if has_before {
        let before = bucket.before.as_ref().and_then(|r| r.counts.rejection_rate());
        cells.push(format::percent(before));
    }
    cells
}
