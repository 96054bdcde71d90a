//! Lays the files of a feed out in a calendar: day by day, whether they came, and in time.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What is to be said of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// No file was due, and none came.
    Nothing,
    /// The day has not come yet.
    Ahead,
    /// Files came, and none was due by a rhythm.
    Came,
    /// Files came in time.
    OnTime,
    /// A file came later than agreed.
    Late,
    /// A file was due, and none came.
    Missing,
    /// Files came, and none could be read.
    Unread,
}

impl Mark {
    /// The word for it on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing due",
            Self::Ahead => "to come",
            Self::Came => "came",
            Self::OnTime => "on time",
            Self::Late => "late",
            Self::Missing => "missing",
            Self::Unread => "could not be read",
        }
    }

    /// A sign for it, so that colour is not all that tells.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Nothing => "·",
            Self::Ahead => "",
            Self::Came | Self::OnTime => "✓",
            Self::Late => "◷",
            Self::Missing => "–",
            Self::Unread => "✕",
        }
    }
}

/// Files that came within one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// The hour's first instant.
    pub at: DateTime<Utc>,
    /// How many.
    pub files: u64,
    /// Those that could not be read.
    pub unread: u64,
}

/// One day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The day, in UTC.
    pub day: NaiveDate,
    /// What is to be said of it.
    pub mark: Mark,
    /// Files that came.
    pub files: u64,
    /// Those that could not be read.
    pub unread: u64,
}

/// The days from `first` up to `last`. `came` is in order of time and may begin before the first
/// day; `every` is how many hours lie between two files as agreed. A tenth of that is not late,
/// and hours are whole, so another is allowed.
pub fn calendar(
    first: NaiveDate,
    last: NaiveDate,
    came: &[Came],
    every: Option<u32>,
    now: DateTime<Utc>,
) -> Vec<Day> {
    let begin = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let rhythm = every.map(|hours| TimeDelta::hours(i64::from(hours.max(1))));
    let limit = rhythm.map(|rhythm| rhythm + rhythm / 10 + TimeDelta::hours(1));
    let mut before = came
        .iter()
        .rev()
        .find(|one| one.at < begin(first))
        .map(|one| one.at);
    // The time of a file that is missing: one that comes soon after it is that one, and late.
    let mut missed: Option<DateTime<Utc>> = None;
    let mut days = Vec::new();
    let mut day = first;
    while day <= last {
        let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
        let (start, end) = (begin(day), begin(next));
        let own = came.iter().filter(|one| start <= one.at && one.at < end);
        let (mut files, mut unread, mut late) = (0, 0, false);
        for one in own {
            late |= limit
                .zip(before)
                .is_some_and(|(limit, before)| one.at - before > limit);
            late |= rhythm
                .zip(missed.take())
                .is_some_and(|(rhythm, missed)| one.at - missed < rhythm / 2);
            before = Some(one.at);
            files += one.files;
            unread += one.unread;
        }
        let mark = match (files, rhythm.zip(limit)) {
            _ if start > now => Mark::Ahead,
            (0, None) => Mark::Nothing,
            (0, Some((rhythm, limit))) => {
                // Before its first file, nothing is due of a feed.
                match before.filter(|before| *before + limit < end.min(now)) {
                    None => Mark::Nothing,
                    Some(mut last) => {
                        // What is missing is missing once: the next one is due a rhythm later.
                        while last + limit < end {
                            last += rhythm;
                        }
                        before = Some(last);
                        missed = before;
                        Mark::Missing
                    }
                }
            }
            (files, _) if files == unread => Mark::Unread,
            (_, None) => Mark::Came,
            (_, Some(_)) if late => Mark::Late,
            (_, Some(_)) => Mark::OnTime,
        };
        days.push(Day {
            day,
            mark,
            files,
            unread,
        });
        if next == day {
            break;
        }
        day = next;
    }
    days
}

/// Days on time ÷ days on which something was due; none when nothing was.
pub fn on_time(days: &[Day]) -> Option<f64> {
    let count = |marks: &[Mark]| days.iter().filter(|day| marks.contains(&day.mark)).count();
    let due = count(&[Mark::OnTime, Mark::Late, Mark::Missing, Mark::Unread]);
    #[expect(clippy::cast_precision_loss, reason = "a share of days")]
    (due > 0).then(|| count(&[Mark::OnTime]) as f64 / due as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: u32, hour: u32) -> DateTime<Utc> {
        let day = NaiveDate::from_ymd_opt(2026, 11, day).expect("a day");
        day.and_hms_opt(hour, 0, 0).expect("an hour").and_utc()
    }

    fn marks(came: &[(u32, u32, u64)], every: Option<u32>) -> String {
        let came: Vec<Came> = came
            .iter()
            .map(|(day, hour, unread)| Came {
                at: at(*day, *hour),
                files: 1,
                unread: *unread,
            })
            .collect();
        let day = |n| NaiveDate::from_ymd_opt(2026, 11, n).expect("a day");
        let days = calendar(day(10), day(16), &came, every, at(15, 12));
        let letter = |day: &Day| match day.mark {
            Mark::Unread => 'x',
            mark => mark.word().chars().next().unwrap_or_default(),
        };
        days.iter().map(letter).collect()
    }

    #[test]
    fn a_daily_file_is_on_time_late_missing_or_cannot_be_read() {
        let came = [
            (9, 6, 0),
            (10, 6, 0),
            (11, 22, 0),
            (12, 22, 1),
            (14, 8, 0),
            (15, 6, 0),
        ];
        assert_eq!(marks(&came, Some(24)), "olxnlot");
    }

    #[test]
    fn a_feed_misses_what_was_agreed_once_it_has_begun() {
        assert_eq!(marks(&[], Some(24)), "nnnnnnt");
        assert_eq!(marks(&[(1, 6, 0)], Some(24)), "mmmmmmt");
        assert_eq!(marks(&[(12, 6, 0), (13, 6, 0)], Some(24)), "nnoommt");
        assert_eq!(marks(&[], None), "nnnnnnt");
    }

    #[test]
    fn a_weekly_file_is_due_once_a_week() {
        assert_eq!(marks(&[(5, 6, 0), (12, 6, 0)], Some(168)), "nnonnnt");
        assert_eq!(marks(&[(5, 6, 0), (14, 6, 0)], Some(168)), "nnmnlnt");
    }

    #[test]
    fn what_was_not_agreed_is_never_late() {
        assert_eq!(marks(&[(11, 6, 0), (14, 6, 0)], None), "ncnncnt");
    }
}
