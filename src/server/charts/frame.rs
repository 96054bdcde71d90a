//! Frames a chart: which buckets there are, what they are called, and where each leads.

use super::axis::{self, Tick};
use super::canvas::{Anchor, Ink, Link, Mark};
use crate::domain::format;
use crate::domain::query::{Span, stamp};
use crate::domain::rollup::{BucketSize, Rollup};
use chrono::{DateTime, Datelike, TimeDelta, Utc};

/// Days that fit a chart one by one; a longer range is drawn in strides of several days.
const MOST_BUCKETS: i64 = 400;

/// What all charts of a page have in common.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The range's fixed ends.
    pub span: Span,
    /// How long a bucket is, as a rule [`Span::bucket_size`].
    pub size: BucketSize,
    /// When the page was asked for: the bucket around it is still filling.
    pub now: DateTime<Utc>,
    /// Narrows the deliveries that buckets lead to: a query already encoded, such as
    /// `partner=acme`, or nothing.
    pub query: String,
}

/// One bucket of a chart.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    /// What happened in it.
    pub rollup: Rollup,
    /// What it is called: `24 Nov 13:00`.
    pub label: String,
    /// The deliveries received in it.
    pub href: String,
    /// Whether it is still filling.
    pub so_far: bool,
}

impl Frame {
    /// How many buckets are drawn as one.
    fn stride(&self) -> i32 {
        let buckets = (self.span.until - self.span.from).num_seconds() / self.size.length().num_seconds() + 1;
        i32::try_from((buckets + MOST_BUCKETS - 1) / MOST_BUCKETS)
            .unwrap_or(i32::MAX)
            .max(1)
    }

    /// Length of one bucket as drawn.
    fn step(&self) -> TimeDelta {
        self.size.length() * self.stride()
    }

    /// Puts rollups into buckets, oldest first, without a hole.
    pub(super) fn buckets(&self, rollups: &[Rollup]) -> Vec<Bucket> {
        let first = self.size.floor(self.span.from);
        let step = self.step();
        let years = first.year() != (self.span.until - TimeDelta::seconds(1)).year();
        let mut buckets = Vec::new();
        let mut start = first;
        while start < self.span.until {
            let until = start + step;
            buckets.push(Bucket {
                rollup: Rollup::empty(start),
                label: self.label(start, until, years),
                href: self.href(start, until),
                so_far: start <= self.now && self.now < until,
            });
            start = until;
        }
        for rollup in rollups {
            let place = (rollup.start - first)
                .num_seconds()
                .div_euclid(step.num_seconds());
            if let Some(bucket) = usize::try_from(place).ok().and_then(|i| buckets.get_mut(i)) {
                bucket.rollup.merge(rollup);
            }
        }
        buckets
    }

    fn label(&self, start: DateTime<Utc>, until: DateTime<Utc>, years: bool) -> String {
        let day = if years { "%-d %b %Y" } else { "%-d %b" };
        match self.size {
            BucketSize::Minute | BucketSize::Hour => {
                format!("{} {}", start.format(day), start.format("%H:%M"))
            }
            BucketSize::Day if self.stride() == 1 => {
                format!("{} {}", start.format("%a"), start.format(day))
            }
            BucketSize::Day => {
                let last = until - TimeDelta::days(1);
                format!("{} – {}", start.format(day), last.format(day))
            }
        }
    }

    fn href(&self, start: DateTime<Utc>, until: DateTime<Utc>) -> String {
        let joint = if self.query.is_empty() { "" } else { "&" };
        format!(
            "/deliveries?{}{joint}range={}..{}",
            self.query,
            stamp(start),
            stamp(until)
        )
    }

    /// What a bucket is, for a subtitle: `per hour, UTC`.
    pub(super) fn per_bucket(&self) -> String {
        if self.stride() == 1 {
            format!("per {}, UTC", self.size.word())
        } else {
            format!("per {} {}s, UTC", self.stride(), self.size.word())
        }
    }

    /// The x axis: faint lines and the times below them.
    #[expect(clippy::cast_precision_loss, reason = "a place among a few hundred buckets")]
    pub(super) fn time_axis(&self, buckets: &[Bucket], marks: &mut Vec<Mark>) {
        let Some(first) = buckets.first() else { return };
        let (start, step) = (first.rollup.start, self.step().num_seconds() as f64);
        let end = start + self.step() * i32::try_from(buckets.len()).unwrap_or(i32::MAX);
        let place = |at: DateTime<Utc>| (at - start).num_seconds() as f64 / step;
        let ticks = axis::times(start, end);
        marks.extend(ticks.iter().map(|tick| Mark::Tick { x: place(tick.at) }));
        for (i, Tick { at, text }) in ticks.into_iter().enumerate() {
            let x = place(at);
            let share = x / buckets.len() as f64;
            marks.push(Mark::Text {
                // Every other one gives way where the chart is narrow.
                ink: if i % 2 == 0 { Ink::Time } else { Ink::TimeBetween },
                x,
                y: 0.0,
                anchor: match share {
                    ..0.025 => Anchor::BelowRight,
                    0.975.. => Anchor::BelowLeft,
                    _ => Anchor::Below,
                },
                text,
            });
        }
    }
}

/// The links that lie over a chart: one per bucket, its figures in the title.
pub(super) fn links(buckets: &[Bucket], figures: impl Fn(&Bucket) -> String) -> Vec<Link> {
    let link = |bucket: &Bucket| Link {
        href: bucket.href.clone(),
        title: format!(
            "{}{} · {}",
            bucket.label,
            if bucket.so_far { " so far" } else { "" },
            figures(bucket)
        ),
    };
    buckets.iter().map(link).collect()
}

/// A bucket as a row of the table twin.
pub(super) fn row(bucket: &Bucket, cells: Vec<String>) -> crate::domain::chart::ChartRow {
    crate::domain::chart::ChartRow {
        label: format!("{}{}", bucket.label, if bucket.so_far { ", so far" } else { "" }),
        href: (bucket.rollup.deliveries > 0).then(|| bucket.href.clone()),
        cells,
    }
}

/// `12,431 received`.
pub(super) fn named(n: u64, name: &str) -> String {
    format!("{} {name}", format::count(n))
}
