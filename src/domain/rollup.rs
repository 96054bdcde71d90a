//! Says what a delivery adds to the figures, adds figures up per time bucket, and reads
//! percentiles out of latencies.
//!
//! Buckets are aligned to UTC. A bucket's rejection rate is none when nothing was received in
//! it, for that is a gap and not 0 %. Percentiles come from a mergeable histogram and are never
//! averages of percentiles.

use super::delivery::{Delivery, Direction, Origin, Status};
use super::query::Span;
use super::report::{CodeCount, Counts};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BucketSize {
    /// Sixty seconds.
    Minute,
    /// Sixty minutes.
    Hour,
    /// Twenty-four hours, from midnight UTC.
    Day,
}

impl BucketSize {
    /// Every size, the smallest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its length.
    pub fn length(self) -> TimeDelta {
        match self {
            Self::Minute => TimeDelta::minutes(1),
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }

    /// The start of the bucket that `at` falls into.
    pub fn floor(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let length = self.length().num_seconds();
        let start = at.timestamp().div_euclid(length) * length;
        DateTime::from_timestamp(start, 0).unwrap_or(at)
    }

    /// The word for one of it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// A stretch in as few buckets as add up to it, none of them shorter than this: whole days, the
    /// hours beside them, and the minutes beside those.
    pub fn pieces(self, span: Span) -> Vec<(Span, Self)> {
        let larger = match self {
            Self::Minute => Self::Hour,
            Self::Hour => Self::Day,
            Self::Day => return vec![(span, self)],
        };
        let from = self.floor(span.from);
        let first = larger.floor(from + (larger.length() - self.length()));
        let last = larger.floor(span.until);
        if first >= last {
            return vec![(span, self)];
        }
        let mut pieces = larger.pieces(Span {
            from: first,
            until: last,
        });
        for (from, until) in [(from, first), (last, span.until)] {
            if from < until {
                pieces.push((Span { from, until }, self));
            }
        }
        pieces
    }
}

/// A mergeable histogram of durations with buckets 1 % to 2 % wide.
///
/// Bucket `i` holds durations whose logarithm to base [`Latencies::GROWTH`] rounds up to `i`
/// (the `DDSketch` layout), so a percentile is within 2 % of the true value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Latencies {
    /// Bucket number and how many fell into it, by number; none of them zero.
    buckets: Vec<(u16, u64)>,
}

impl Latencies {
    /// Ratio between the ends of a bucket: (1 + 2 %) ÷ (1 − 2 %).
    pub const GROWTH: f64 = 1.02 / 0.98;

    /// Counts one duration, in milliseconds.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a logarithm of at most 64·ln 2 ÷ ln GROWTH ≈ 1,109 fits"
    )]
    pub fn add(&mut self, duration_ms: u64) {
        let bucket = ((duration_ms.max(1) as f64).ln() / Self::GROWTH.ln()).ceil() as u16;
        match self.buckets.binary_search_by_key(&bucket, |(b, _)| *b) {
            Ok(at) => self.buckets[at].1 += 1,
            Err(at) => self.buckets.insert(at, (bucket, 1)),
        }
    }

    /// Takes in another histogram.
    pub fn merge(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
            return;
        }
        for (bucket, count) in &other.buckets {
            match self.buckets.binary_search_by_key(bucket, |(b, _)| *b) {
                Ok(at) => self.buckets[at].1 += count,
                Err(at) => self.buckets.insert(at, (*bucket, *count)),
            }
        }
    }

    /// Takes out a histogram that was merged before; what is not there cannot be taken.
    pub fn take_away(&mut self, part: &Self) {
        for (bucket, count) in &part.buckets {
            if let Ok(at) = self.buckets.binary_search_by_key(bucket, |(b, _)| *b) {
                self.buckets[at].1 = self.buckets[at].1.saturating_sub(*count);
            }
        }
        self.buckets.retain(|(_, count)| *count > 0);
    }

    /// Its buckets that hold anything: number and count, by number.
    pub fn buckets(&self) -> impl Iterator<Item = (u16, u64)> {
        self.buckets.iter().copied()
    }

    /// How many durations it has counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }

    /// The duration in milliseconds that `share` (0 to 1) of all do not exceed, within 2 %;
    /// none when nothing was counted.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts far below 2^52; the result is rounded on purpose"
    )]
    pub fn percentile(&self, share: f64) -> Option<u64> {
        let rank = (share * self.count() as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in &self.buckets {
            seen += count;
            if seen >= rank {
                let upper = Self::GROWTH.powi(i32::from(*bucket));
                return Some((upper * 2.0 / (1.0 + Self::GROWTH)).round().max(1.0) as u64);
            }
        }
        None
    }
}

/// A histogram with a place for each bucket up to the last: many are added up in it without a search.
#[derive(Default)]
struct Spread(Vec<u64>);

impl Spread {
    fn add(&mut self, part: &Latencies) {
        let last = part
            .buckets
            .last()
            .map_or(0, |(bucket, _)| usize::from(*bucket) + 1);
        if self.0.len() < last {
            self.0.resize(last, 0);
        }
        for (bucket, count) in &part.buckets {
            self.0[usize::from(*bucket)] += count;
        }
    }

    fn gather(self) -> Latencies {
        let counted = (0..).zip(self.0).filter(|(_, count)| *count > 0);
        Latencies {
            buckets: counted.collect(),
        }
    }
}

impl FromIterator<(u16, u64)> for Latencies {
    /// Puts a histogram together from buckets as [`Latencies::buckets`] gives them, in any order.
    fn from_iter<I: IntoIterator<Item = (u16, u64)>>(buckets: I) -> Self {
        let mut histogram = Self::default();
        for bucket in buckets.into_iter().filter(|(_, count)| *count > 0) {
            histogram.merge(&Self {
                buckets: vec![bucket],
            });
        }
        histogram
    }
}

/// What happened in one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rollup {
    /// Its first instant.
    pub start: DateTime<Utc>,
    /// Deliveries that were received in it, refused and held ones among them.
    pub deliveries: u64,
    /// Files refused whole.
    pub refused: u64,
    /// Files that a gate holds.
    pub held: u64,
    /// Bytes of the files received, packed as they came.
    pub bytes: u64,
    /// Records of files received in it.
    pub counts: Counts,
    /// Records that passed in a replay in it.
    pub recovered: u64,
    /// Records sent out in it.
    pub exported: u64,
    /// Received to decided, one entry a delivery.
    pub latency: Latencies,
    /// Accepted to exported, one entry a delivery sent.
    pub export_latency: Latencies,
}

impl Rollup {
    /// An empty one.
    pub fn empty(start: DateTime<Utc>) -> Self {
        Self {
            start,
            deliveries: 0,
            refused: 0,
            held: 0,
            bytes: 0,
            counts: Counts::default(),
            recovered: 0,
            exported: 0,
            latency: Latencies::default(),
            export_latency: Latencies::default(),
        }
    }

    /// What one entry of the log adds to the minute it was received in; none while it is still
    /// being applied, for then nothing of it is final.
    ///
    /// This is the one definition of every figure on every chart. A replay adds to what was
    /// recovered and leaves what was received as it was.
    pub fn of(delivery: &Delivery) -> Option<Self> {
        let mut rollup = Self::empty(BucketSize::Minute.floor(delivery.received_at));
        match (delivery.direction, &delivery.origin, delivery.status) {
            (_, _, Status::Queued | Status::Processing) => return None,
            (Direction::Export, ..) => {
                rollup.exported = delivery.counts.accepted;
                if let Some(ms) = delivery.latency_ms() {
                    rollup.export_latency.add(ms);
                }
            }
            (Direction::Ingest, Origin::Replay { .. }, _) => rollup.recovered = delivery.counts.accepted,
            (Direction::Ingest, Origin::File, status) => {
                rollup.deliveries = 1;
                rollup.refused = u64::from(status == Status::Refused);
                rollup.held = u64::from(status == Status::Held);
                rollup.bytes = delivery.file.bytes;
                if status == Status::Accepted {
                    rollup.counts = delivery.counts;
                }
                if let Some(ms) = delivery.latency_ms() {
                    rollup.latency.add(ms);
                }
            }
        }
        Some(rollup)
    }

    /// What failed in an entry of the log, as far as it counts: in decided files, not in
    /// replays, whose records failed once before.
    pub fn codes_of(delivery: &Delivery) -> &[CodeCount] {
        let counts = delivery.direction == Direction::Ingest
            && delivery.origin == Origin::File
            && delivery.status == Status::Accepted;
        if counts { &delivery.codes } else { &[] }
    }

    /// What happened in many stretches together.
    pub fn sum<'a>(start: DateTime<Utc>, parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sum = Self::empty(start);
        let (mut latency, mut export_latency) = (Spread::default(), Spread::default());
        for part in parts {
            sum.count(part);
            latency.add(&part.latency);
            export_latency.add(&part.export_latency);
        }
        sum.latency = latency.gather();
        sum.export_latency = export_latency.gather();
        sum
    }

    /// Takes in what happened in another stretch.
    pub fn merge(&mut self, other: &Self) {
        self.count(other);
        self.latency.merge(&other.latency);
        self.export_latency.merge(&other.export_latency);
    }

    fn count(&mut self, other: &Self) {
        self.deliveries += other.deliveries;
        self.refused += other.refused;
        self.held += other.held;
        self.bytes += other.bytes;
        self.counts += other.counts;
        self.recovered += other.recovered;
        self.exported += other.exported;
    }

    /// Takes away what happened in a part of the stretch. What is not there cannot be taken: a part
    /// that was read a moment later may be ahead of the whole.
    pub fn take_away(&mut self, part: &Self) {
        let less = |whole: &mut u64, part: u64| *whole = whole.saturating_sub(part);
        less(&mut self.deliveries, part.deliveries);
        less(&mut self.refused, part.refused);
        less(&mut self.held, part.held);
        less(&mut self.bytes, part.bytes);
        self.counts.take_away(part.counts);
        less(&mut self.recovered, part.recovered);
        less(&mut self.exported, part.exported);
        self.latency.take_away(&part.latency);
        self.export_latency.take_away(&part.export_latency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_pieces_of_a_stretch_are_the_same_minutes_each_once(start in 0i64..10_000, minutes in 1i64..20_000, by_hour: bool) {
            let size = if by_hour { BucketSize::Hour } else { BucketSize::Minute };
            let from = size.floor(DateTime::UNIX_EPOCH + TimeDelta::minutes(start));
            let span = Span { from, until: from + TimeDelta::minutes(minutes) };
            let mut pieces = size.pieces(span);
            pieces.sort_by_key(|(piece, _)| piece.from);
            let mut at = span.from;
            for (piece, of) in &pieces {
                prop_assert_eq!(piece.from, at);
                prop_assert_eq!(of.floor(piece.from), piece.from);
                prop_assert!(piece.until > piece.from);
                prop_assert!(piece.until == span.until || of.floor(piece.until) == piece.until);
                at = piece.until;
            }
            prop_assert_eq!(at, span.until);
            let buckets = |(piece, of): &(Span, BucketSize)| piece.length().num_minutes() / of.length().num_minutes() + 1;
            let most = minutes / 1440 + 2 * 25 + 2 * 61;
            prop_assert!(pieces.iter().map(buckets).sum::<i64>() <= most);
        }

        #[test]
        fn a_percentile_is_within_two_percent(mut sample in prop::collection::vec(1u64..10_000_000, 1..300), share in 0.01f64..1.0) {
            let mut latencies = Latencies::default();
            for duration in &sample {
                latencies.add(*duration);
            }
            sample.sort_unstable();
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small index")]
            let exact = sample[((share * sample.len() as f64).ceil() as usize).clamp(1, sample.len()) - 1];
            let found = latencies.percentile(share).expect("counted");
            prop_assert!(found.abs_diff(exact) <= exact / 50 + 1, "{found} is not within 2 % of {exact}");
        }

        #[test]
        fn merging_is_counting_together(a in prop::collection::vec(1u64..100_000, 0..50), b in prop::collection::vec(1u64..100_000, 0..50)) {
            let of = |durations: &[u64]| {
                let mut latencies = Latencies::default();
                for duration in durations {
                    latencies.add(*duration);
                }
                latencies
            };
            let mut merged = of(&a);
            merged.merge(&of(&b));
            prop_assert_eq!(&merged, &of(&[a.clone(), b.clone()].concat()));
            let part = |durations: &[u64]| Rollup {
                latency: of(durations),
                ..Rollup::empty(DateTime::UNIX_EPOCH)
            };
            prop_assert_eq!(&Rollup::sum(DateTime::UNIX_EPOCH, &[part(&a), part(&b)]).latency, &merged);
            merged.take_away(&of(&a));
            prop_assert_eq!(merged, of(&b));
        }
    }

    #[test]
    fn a_bucket_starts_on_the_hour_and_at_midnight() {
        let at = DateTime::parse_from_rfc3339("2026-11-24T13:59:59.9Z")
            .expect("a time")
            .to_utc();
        assert_eq!(
            BucketSize::Hour.floor(at).to_rfc3339(),
            "2026-11-24T13:00:00+00:00"
        );
        assert_eq!(
            BucketSize::Day.floor(at).to_rfc3339(),
            "2026-11-24T00:00:00+00:00"
        );
    }
}
