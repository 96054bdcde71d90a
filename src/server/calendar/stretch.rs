//! Fixes the ends of a range and cuts it into buckets.

use super::{Calendar, Grain};
use crate::domain::query::{Asked, Compare, MOST_DAYS, Range, Shown, Span};
use crate::domain::rollup::BucketSize;
use chrono::{DateTime, Days, NaiveDateTime, TimeDelta, Utc};

/// Days that fit a chart one by one; a longer range is drawn in strides of several days.
const MOST_BUCKETS: i64 = 400;

/// A stretch of time with fixed ends, cut into buckets on one clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Its ends. The last bucket may reach beyond it, up to where it will be full.
    pub span: Span,
    /// Whose clock it is cut by.
    pub calendar: Calendar,
    /// What a bucket is one or several of.
    pub unit: BucketSize,
    /// How many.
    pub stride: u32,
    /// The borders of the buckets, the oldest first: one more than there are buckets.
    pub cuts: Vec<DateTime<Utc>>,
    range: Range,
    said: Vec<String>,
    now: DateTime<Utc>,
}

impl Stretch {
    /// Fixes what is asked for, as of `now`.
    pub fn fix(asked: &Asked, now: DateTime<Utc>) -> Self {
        let (calendar, zone_said) = Calendar::understand(&asked.tz);
        let (range, range_said) = Range::understand(&asked.range, now, &|local| calendar.instant(local));
        let mut stretch = Self::of(range, calendar, now);
        stretch.said.splice(0..0, range_said.into_iter().chain(zone_said));
        stretch
    }

    /// Cuts a range on a clock. A relative range begins at the start of a bucket and ends now; any
    /// other is widened to whole buckets at both ends, but never beyond the bucket around now.
    pub fn of(range: Range, calendar: Calendar, now: DateTime<Utc>) -> Self {
        let (from, until) = match range {
            Range::LastHours(hours) => (now - TimeDelta::hours(i64::from(hours)), now),
            Range::Between(from, until) => (from, until),
            Range::Calendar(period) => {
                let (first, after) = period.dates(calendar.local(now).date());
                let from = calendar.midnight(first);
                (
                    from,
                    calendar
                        .midnight(after)
                        .min(now)
                        .max(from + TimeDelta::minutes(2)),
                )
            }
        };
        let unit = unit(from, until);
        let (cuts, stride) = match unit {
            BucketSize::Day => days(calendar, from, until),
            size => (steps(size, from, until), 1),
        };
        let first = cuts.first().copied().unwrap_or(from);
        let last = cuts.last().copied().unwrap_or(until);
        let until = match range {
            Range::LastHours(_) | Range::Calendar(_) => until.min(last),
            Range::Between(..) => last,
        };
        Self {
            span: Span { from: first, until },
            calendar,
            unit,
            stride,
            cuts,
            range,
            said: Vec::new(),
            now,
        }
    }

    /// What its figures are read in.
    pub fn grain(&self) -> Grain {
        match self.unit {
            BucketSize::Day if self.calendar != Calendar::UTC => Grain::Days(self.calendar),
            unit => Grain::Of(unit),
        }
    }

    /// It without the bucket that is still filling; nothing when it is no longer than that.
    pub fn done(&self) -> Span {
        if self.cuts.last().is_none_or(|last| *last <= self.now) {
            return self.span;
        }
        let full = self.cuts.iter().rev().find(|cut| **cut <= self.now);
        Span {
            until: full.copied().unwrap_or(self.span.from),
            ..self.span
        }
    }

    /// The same with the ends that were typed, to the second, where a list needs no buckets.
    #[must_use]
    pub fn exact(mut self) -> Self {
        if let Range::Between(from, until) = self.range {
            self.span = Span { from, until };
        }
        self
    }

    /// An instant seen so many days before, at the same time of the clock.
    pub fn days_before(&self, at: DateTime<Utc>, days: i64) -> DateTime<Utc> {
        let local = self.calendar.local(at);
        let before = local.checked_sub_signed(TimeDelta::days(days)).unwrap_or(local);
        let at = self.calendar.instant(before);
        match self.unit {
            // Midnights are where they are, whatever UTC has there.
            BucketSize::Day => at,
            unit => unit.floor(at),
        }
    }

    /// Days of the calendar in a part of it, one at least.
    fn days_of(&self, part: Span) -> i64 {
        let date = |at| self.calendar.local(at).date();
        (date(part.until) - date(part.from)).num_days().max(1)
    }

    /// An instant moved back by the length of a part of the stretch: whole days on the clock
    /// where it is drawn in days.
    fn back(&self, at: DateTime<Utc>, part: Span) -> DateTime<Utc> {
        match self.unit {
            BucketSize::Day => self.days_before(at, self.days_of(part)),
            _ => at - part.length(),
        }
    }

    /// An instant of it, seen from what it is compared with.
    fn compared(&self, at: DateTime<Utc>, compare: Compare) -> DateTime<Utc> {
        match compare.days() {
            Some(days) => self.days_before(at, days),
            None => self.back(at, self.done()),
        }
    }

    /// What is compared with the part of it that is over.
    pub fn before(&self, compare: Compare) -> Span {
        let done = self.done();
        Span {
            from: self.compared(done.from, compare),
            until: self.compared(done.until, compare),
        }
    }

    /// The borders of the buckets that are compared with those that are over, in their order.
    pub fn cuts_before(&self, compare: Compare) -> Vec<DateTime<Utc>> {
        let over = self.cuts.iter().take_while(|cut| **cut <= self.now);
        over.map(|cut| self.compared(*cut, compare)).collect()
    }

    /// The stretch of `days` before it, and itself.
    pub fn since(&self, days: i64) -> Span {
        Span {
            from: self.days_before(self.span.from, days),
            until: self.span.until,
        }
    }

    /// What a page says of it.
    pub fn shown(&self) -> Shown {
        let Span { from, until } = self.span;
        let whole = Span {
            from,
            until: self.cuts.last().copied().unwrap_or(until),
        };
        let word = |span: Span| Range::Between(span.from, span.until).to_param();
        let local = |at| self.calendar.local(at);
        let length = whole.length();
        let wider = (length * 2 <= TimeDelta::days(MOST_DAYS)).then(|| {
            let until = (until + length / 2).min(self.now);
            word(Span {
                from: until - length * 2,
                until,
            })
        });
        Shown {
            span: self.span,
            range: self.range.to_param(),
            fixed: word(self.span),
            zone: self.calendar.name().to_owned(),
            ends: ends(local(from), local(until)),
            from: field(local(from)),
            until: field(local(until)),
            earlier: word(Span {
                from: self.back(whole.from, whole),
                until: whole.from,
            }),
            later: (whole.until <= self.now).then(|| {
                let until = match self.unit {
                    BucketSize::Day => self.days_before(whole.until, -self.days_of(whole)),
                    _ => whole.until + length,
                };
                word(Span {
                    from: whole.until,
                    until,
                })
            }),
            wider,
            said: self.said.clone(),
        }
    }
}

/// The unit in which a stretch makes a readable chart: the shortest of which it is not too many, from
/// the first whole one to the last, for so it is asked for when it is fixed.
fn unit(from: DateTime<Utc>, until: DateTime<Utc>) -> BucketSize {
    let is_short = |size: BucketSize, longest: TimeDelta| {
        let whole = Grain::Of(size).around(Span { from, until });
        // Six hours up to now begin and end within a minute.
        whole.length() <= longest + size.length() * 2
    };
    if is_short(BucketSize::Minute, TimeDelta::hours(6)) {
        BucketSize::Minute
    } else if is_short(BucketSize::Hour, TimeDelta::days(8)) {
        BucketSize::Hour
    } else {
        BucketSize::Day
    }
}

/// Borders at whole minutes or hours.
fn steps(size: BucketSize, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut cuts = vec![size.floor(from)];
    while let Some(last) = cuts.last().copied().filter(|last| *last < until) {
        cuts.push(last + size.length());
    }
    cuts
}

/// Borders at midnights, and how many days lie between two of them.
fn days(calendar: Calendar, from: DateTime<Utc>, until: DateTime<Utc>) -> (Vec<DateTime<Utc>>, u32) {
    let first = calendar.local(from).date();
    let count = (calendar.local(until).date() - first).num_days() + 1;
    let stride = u32::try_from((count + MOST_BUCKETS - 1) / MOST_BUCKETS)
        .unwrap_or(1)
        .max(1);
    let mut cuts = vec![calendar.midnight(first)];
    let dates = (1..).map_while(|n: u64| first.checked_add_days(Days::new(n * u64::from(stride))));
    for date in dates {
        if cuts.last().is_none_or(|last| *last >= until) {
            break;
        }
        // A zone that moved over the date line has skipped a day.
        let midnight = calendar.midnight(date);
        if cuts.last() < Some(&midnight) {
            cuts.push(midnight);
        }
    }
    (cuts, stride)
}

/// Both ends as people read them.
fn ends(from: NaiveDateTime, until: NaiveDateTime) -> String {
    let year = from.format("%Y").to_string() != until.format("%Y").to_string();
    let from = from.format(if year { "%-d %b %Y %H:%M" } else { "%-d %b %H:%M" });
    format!("{from} – {}", until.format("%-d %b %Y %H:%M"))
}

/// A time as a form's field holds it, to the minute.
fn field(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M").to_string()
}
