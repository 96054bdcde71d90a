//! Frames a chart: which buckets there are, what they are called, and where each leads.

use super::axis::{self, Tick};
use super::canvas::{Anchor, Event, Ink, Link, Mark};
use super::expected::{Band, History};
use crate::domain::chart::{ChartRow, Series};
use crate::domain::format;
use crate::domain::happening::Happening;
use crate::domain::query::Range;
use crate::domain::rollup::{BucketSize, Rollup};
use crate::server::calendar::{Calendar, Stretch};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use std::fmt::Write as _;

/// How far apart two marks of what happened are at least, in widths of the chart.
const APART: f64 = 0.02;
/// Happenings that one mark tells of.
const NAMED: usize = 5;
/// The list of everything that happened, on the same page.
const LIST: &str = "#happenings";

/// What all charts of a page have in common.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The range, cut into buckets.
    pub stretch: Stretch,
    /// When the page was asked for: the bucket around it is still filling.
    pub now: DateTime<Utc>,
    /// Narrows the deliveries that buckets lead to: a query already encoded, such as
    /// `partner=acme`, or nothing.
    pub query: String,
    /// The chart whose table is asked for, by name; no other has one.
    pub table: String,
    /// What it is compared with, if anything.
    pub before: Option<Before>,
    /// What was received in the weeks before, for what is to be expected.
    pub history: History,
    /// What happened in the stretch, the newest first.
    pub happenings: Vec<Happening>,
}

/// An earlier stretch, bucket by bucket beside the one that is shown.
#[derive(Debug, Clone)]
pub struct Before {
    /// What it is called: `a week before`.
    pub name: &'static str,
    /// The borders of its buckets, one beside each of the first borders of the stretch shown.
    pub cuts: Vec<DateTime<Utc>>,
    /// What happened in it.
    pub rollups: Vec<Rollup>,
    /// When the log begins: what lies before is not compared.
    pub begins: Option<DateTime<Utc>>,
}

/// One bucket of a chart.
#[derive(Debug, Clone, Hash)]
pub(super) struct Bucket {
    /// What happened in it.
    pub rollup: Rollup,
    /// What it is called: `24 Nov 13:00`.
    pub label: String,
    /// The deliveries received in it.
    pub href: String,
    /// Whether it is still filling.
    pub so_far: bool,
    /// What happened in the bucket it is compared with.
    pub before: Option<Rollup>,
    /// How much is to be expected in it.
    pub expected: Option<Band>,
}

/// The bucket that an instant falls into.
fn find(cuts: &[DateTime<Utc>], at: DateTime<Utc>) -> Option<usize> {
    cuts.partition_point(|cut| *cut <= at).checked_sub(1)
}

impl Frame {
    /// Puts rollups into buckets, oldest first, without a hole.
    pub(super) fn buckets<'a>(&self, rollups: impl IntoIterator<Item = &'a Rollup>) -> Vec<Bucket> {
        let cuts = &self.stretch.cuts;
        let year = |at| self.stretch.calendar.local(at).year();
        let last = self.stretch.span.until - TimeDelta::seconds(1);
        let years = year(self.stretch.span.from) != year(last);
        let mut buckets: Vec<Bucket> = cuts
            .windows(2)
            .zip(self.history.bands(&self.stretch))
            .map(|(ends, expected)| Bucket {
                rollup: Rollup::empty(ends[0]),
                label: self.label(ends[0], ends[1], years),
                href: self.href(ends[0], ends[1]),
                so_far: ends[0] <= self.now && self.now < ends[1],
                before: None,
                expected,
            })
            .collect();
        for rollup in rollups {
            if let Some(bucket) = find(cuts, rollup.start).and_then(|i| buckets.get_mut(i)) {
                bucket.rollup.merge(rollup);
            }
        }
        if let Some(before) = &self.before {
            before.lay_beside(&mut buckets);
        }
        buckets
    }

    /// What a bucket's title says of what it is compared with.
    pub(super) fn said_before(&self, bucket: &Bucket, figure: impl Fn(&Rollup) -> String) -> String {
        match (&bucket.before, &self.before) {
            (Some(rollup), Some(of)) => format!(" · {} {}", of.name, figure(rollup)),
            _ => String::new(),
        }
    }

    /// What it is compared with as an entry of the legend.
    pub(super) fn series_before(
        &self,
        buckets: &[Bucket],
        figure: impl Fn(&Rollup) -> String,
    ) -> Option<Series> {
        let of = self.before.as_ref()?;
        let mut sum = Rollup::empty(self.stretch.span.from);
        buckets
            .iter()
            .filter_map(|b| b.before.as_ref())
            .for_each(|r| sum.merge(r));
        Some(Series {
            key: "before".to_owned(),
            name: of.name.to_owned(),
            figure: figure(&sum),
        })
    }

    /// Heads of the columns about what it is compared with; none when it is with nothing.
    pub(super) fn columns_before(&self, heads: &[&str]) -> Vec<String> {
        let heads = if self.before.is_some() { heads } else { &[] };
        heads.iter().map(|head| (*head).to_owned()).collect()
    }

    /// What happened, from left to right. What would lie on one another is one mark, which leads
    /// to the list of everything.
    pub(super) fn events(&self, buckets: &[Bucket]) -> Vec<Event> {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred buckets")]
        let room = buckets.len() as f64 * APART;
        let mut events: Vec<(Event, usize)> = Vec::new();
        for happening in self.happenings.iter().rev() {
            let x = self.place(happening.at);
            let local = self.stretch.calendar.local(happening.at);
            let title = format!(
                "{} · {} · {}",
                local.format("%-d %b %H:%M"),
                happening.feed,
                happening.said()
            );
            match events.last_mut() {
                Some((event, together)) if x - event.x < room => {
                    LIST.clone_into(&mut event.href);
                    *together += 1;
                    if *together <= NAMED {
                        event.title.push('\n');
                        event.title.push_str(&title);
                    }
                }
                _ => events.push((
                    Event {
                        x,
                        href: happening.href(),
                        title,
                    },
                    1,
                )),
            }
        }
        let said = |(mut event, together): (Event, usize)| {
            if let Some(more) = together.checked_sub(NAMED).filter(|more| *more > 0) {
                let _ = write!(event.title, "\nand {more} more");
            }
            event
        };
        events.into_iter().map(said).collect()
    }

    fn label(&self, start: DateTime<Utc>, until: DateTime<Utc>, years: bool) -> String {
        let Stretch {
            calendar,
            unit,
            stride,
            ..
        } = &self.stretch;
        let local = calendar.local(start);
        let day = if years { "%-d %b %Y" } else { "%-d %b" };
        match unit {
            BucketSize::Minute | BucketSize::Hour => {
                // A clock that is put back shows an hour twice.
                let again = if calendar.instant(local) == start {
                    ""
                } else {
                    " again"
                };
                format!("{} {}{again}", local.format(day), local.format("%H:%M"))
            }
            BucketSize::Day if *stride == 1 => format!("{} {}", local.format("%a"), local.format(day)),
            BucketSize::Day => {
                let last = calendar.local(until - TimeDelta::seconds(1));
                format!("{} – {}", local.format(day), last.format(day))
            }
        }
    }

    fn href(&self, start: DateTime<Utc>, until: DateTime<Utc>) -> String {
        let joint = if self.query.is_empty() { "" } else { "&" };
        let range = Range::Between(start, until).to_param();
        let zone = match self.stretch.calendar {
            Calendar::UTC => String::new(),
            other => format!("&tz={}", other.name()),
        };
        // What came as a file is what charts count; a replay's records came before.
        format!(
            "/deliveries?{}{joint}direction=file&range={range}{zone}",
            self.query
        )
    }

    /// The rows of a chart's table, if that is asked for.
    pub(super) fn rows(
        &self,
        chart: &str,
        buckets: &[Bucket],
        cells: impl Fn(&Bucket) -> Vec<String>,
    ) -> Vec<ChartRow> {
        if self.table == chart {
            buckets.iter().map(|bucket| row(bucket, cells(bucket))).collect()
        } else {
            Vec::new()
        }
    }

    /// What a bucket is, for a subtitle: `per hour, UTC`.
    pub(super) fn per_bucket(&self) -> String {
        let Stretch {
            calendar,
            unit,
            stride,
            ..
        } = &self.stretch;
        if *stride == 1 {
            format!("per {}, {}", unit.word(), calendar.name())
        } else {
            format!("per {stride} {}s, {}", unit.word(), calendar.name())
        }
    }

    /// Where an instant lies on the x axis, in buckets.
    #[expect(clippy::cast_precision_loss, reason = "a place among a few hundred buckets")]
    pub(super) fn place(&self, at: DateTime<Utc>) -> f64 {
        let cuts = &self.stretch.cuts;
        let next = cuts.partition_point(|cut| *cut <= at);
        let Some((start, index)) = next.checked_sub(1).map(|i| (cuts[i], i)) else {
            return 0.0;
        };
        let Some(end) = cuts.get(next) else {
            return index as f64;
        };
        let part = (at - start).num_seconds() as f64 / (*end - start).num_seconds().max(1) as f64;
        index as f64 + part
    }

    /// The x axis: faint lines and the times below them.
    #[expect(clippy::cast_precision_loss, reason = "a place among a few hundred buckets")]
    pub(super) fn time_axis(&self, buckets: &[Bucket], marks: &mut Vec<Mark>) {
        let (Some(start), Some(end)) = (self.stretch.cuts.first(), self.stretch.cuts.last()) else {
            return;
        };
        // Ticks are those of the clock on the wall, wherever that hangs.
        let calendar = self.stretch.calendar;
        let wall = |at: &DateTime<Utc>| calendar.local(*at).and_utc();
        let ticks: Vec<(f64, String)> = axis::times(wall(start), wall(end))
            .into_iter()
            .map(|Tick { at, text }| (self.place(calendar.instant(at.naive_utc())), text))
            .collect();
        marks.extend(ticks.iter().map(|(x, _)| Mark::Tick { x: *x }));
        for (i, (x, text)) in ticks.into_iter().enumerate() {
            marks.push(Mark::Text {
                // Every other one gives way where the chart is narrow.
                ink: if i % 2 == 0 { Ink::Time } else { Ink::TimeBetween },
                x,
                y: 0.0,
                anchor: match x / buckets.len() as f64 {
                    ..0.025 => Anchor::BelowRight,
                    0.975.. => Anchor::BelowLeft,
                    _ => Anchor::Below,
                },
                text,
            });
        }
    }
}

impl Before {
    fn lay_beside(&self, buckets: &mut [Bucket]) {
        let Some(begins) = self.begins else { return };
        for (bucket, ends) in buckets.iter_mut().zip(self.cuts.windows(2)) {
            bucket.before = (ends[0] >= begins).then(|| Rollup::empty(ends[0]));
        }
        for rollup in &self.rollups {
            let bucket = find(&self.cuts, rollup.start).and_then(|i| buckets.get_mut(i));
            if let Some(before) = bucket.and_then(|bucket| bucket.before.as_mut()) {
                before.merge(rollup);
            }
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

/// A line of steps, one as long as each bucket, with gaps.
#[expect(clippy::cast_precision_loss, reason = "a few hundred buckets")]
pub(super) fn steps(ink: Ink, heights: impl Iterator<Item = Option<f64>>, marks: &mut Vec<Mark>) {
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut last = None;
    for (i, height) in heights.chain([None]).enumerate() {
        match height {
            Some(y) => {
                if last == Some(y) {
                    // The step before goes on.
                    points.pop();
                } else {
                    points.push((i as f64, y));
                }
                points.push(((i + 1) as f64, y));
            }
            None if !points.is_empty() => marks.push(Mark::Line {
                ink,
                points: std::mem::take(&mut points),
            }),
            None => {}
        }
        last = height;
    }
}

/// A bucket as a row of the table twin.
fn row(bucket: &Bucket, cells: Vec<String>) -> ChartRow {
    ChartRow {
        label: format!("{}{}", bucket.label, if bucket.so_far { ", so far" } else { "" }),
        href: (bucket.rollup.deliveries > 0).then(|| bucket.href.clone()),
        cells,
    }
}

/// `12,431 received`.
pub(super) fn named(n: u64, name: &str) -> String {
    format!("{} {name}", format::count(n))
}
