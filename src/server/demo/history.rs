//! Invents the log of a partner's past deliveries.
//!
//! The entries are what another pipeline would have logged: they carry counts and codes but no
//! checksum, for neither the files nor the held records are ours. Each follows from the
//! partner, the feed and its turn in the feed's rhythm alone, so asking again for a later time
//! gives the same past and what has come since.

use super::cast::{LIVE_EVERY_HOURS, Manner, Member, Trade};
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::ids::{DeliveryId, FeedId};
use crate::domain::report::{CodeCount, Counts, FileReport, Format, Verdict};
use crate::domain::violation::Severity;
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc, Weekday};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// What a partner's people and machines did, as seen from `now`.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// Whose it is.
    pub member: &'a Member,
    /// The present, from which the partner's manner counts its days.
    pub now: DateTime<Utc>,
}

/// One feed's rhythm.
struct Rhythm {
    feed: FeedId,
    every_hours: u32,
    records: f64,
    /// Whether files say what has changed, and not everything there is.
    changes: bool,
}

impl Past<'_> {
    /// Every delivery received after `from` and up to `until`, oldest first.
    pub fn deliveries(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Delivery> {
        let mut all: Vec<Delivery> = self
            .rhythms()
            .iter()
            .flat_map(|rhythm| self.deliveries_of(rhythm, from, until))
            .collect();
        all.sort_by_key(|delivery| delivery.received_at);
        all
    }

    /// The same for one feed.
    pub fn deliveries_to(&self, feed: &FeedId, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Delivery> {
        let rhythms = self.rhythms();
        let rhythm = rhythms.iter().find(|rhythm| rhythm.feed == *feed);
        rhythm.map_or_else(Vec::new, |rhythm| self.deliveries_of(rhythm, from, until))
    }

    fn rhythms(&self) -> Vec<Rhythm> {
        let member = self.member;
        let records = f64::from(member.records);
        let mut rhythms = vec![Rhythm {
            feed: member.catalogue(),
            every_hours: member.every_hours,
            records,
            changes: false,
        }];
        rhythms.extend(member.changes().map(|feed| {
            let records = (records * 0.004).max(40.0);
            Rhythm {
                feed,
                every_hours: LIVE_EVERY_HOURS,
                records,
                changes: true,
            }
        }));
        rhythms
    }

    fn deliveries_of(&self, rhythm: &Rhythm, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Delivery> {
        let length = i64::from(rhythm.every_hours) * 3600;
        // Partners do not all send on the hour: each has its own minute, and each file is a little late.
        let offset = i64::try_from(seed(rhythm.feed.as_str()) % 3600).unwrap_or(0)
            + i64::try_from(seed(self.member.slug) % 24).unwrap_or(0) * 3600;
        let first = (from.timestamp() - offset).div_euclid(length) - 1;
        let last = (until.timestamp() - offset).div_euclid(length) + 1;
        (first..=last)
            .filter_map(|turn| {
                let mut chance =
                    StdRng::seed_from_u64(seed(rhythm.feed.as_str()).wrapping_add(turn.unsigned_abs()));
                let late = chance.random_range(5..420_000_i64).min(length * 300);
                let at = DateTime::from_timestamp(turn * length + offset, 0)? + TimeDelta::milliseconds(late);
                (at > from && at <= until)
                    .then(|| self.delivery(rhythm, at, &mut chance))
                    .flatten()
            })
            .collect()
    }

    /// The delivery of one turn, if the partner sent one.
    fn delivery(&self, rhythm: &Rhythm, at: DateTime<Utc>, chance: &mut StdRng) -> Option<Delivery> {
        let ago = self.now - at;
        let sends = match self.member.manner {
            Manner::Late => ago > TimeDelta::hours(i64::from(rhythm.every_hours)) * 3 / 2,
            Manner::Silent => ago > TimeDelta::days(4),
            Manner::New { days_ago } => ago < TimeDelta::days(i64::from(days_ago)),
            _ => true,
        };
        if !sends || chance.random_bool(0.004) {
            return None;
        }
        let broken = self.member.manner == Manner::Failing
            && ago < TimeDelta::hours(i64::from(rhythm.every_hours)) * 5 / 2;
        let refused = broken || chance.random_bool(0.003);
        let records = self.records(rhythm, at, chance);
        let status = if refused {
            Status::Refused
        } else {
            Status::Accepted
        };
        let (counts, codes) = if refused {
            Default::default()
        } else {
            self.counts(rhythm, records, ago, chance)
        };
        let taken = if refused {
            TimeDelta::milliseconds(chance.random_range(20..160))
        } else {
            latency(records, at, chance)
        };
        Some(Delivery {
            id: id(at, chance),
            partner: self.member.id(),
            feed: rhythm.feed.clone(),
            direction: Direction::Ingest,
            origin: Origin::File,
            status,
            file: self.file(rhythm, records, refused, at, chance),
            counts,
            codes,
            received_at: at,
            decided_at: Some(at + taken),
            repeat_of: None,
            contract_version: 1,
            profile_version: 1,
            gate: None,
            hold: None,
        })
    }

    fn records(&self, rhythm: &Rhythm, at: DateTime<Utc>, chance: &mut StdRng) -> u64 {
        let days_ago = whole((self.now - at).num_hours()) / 24.0;
        let growth = match self.member.manner {
            // A third more over thirty days.
            Manner::Growing => 1.0 / (1.0 + days_ago / 90.0),
            Manner::New { days_ago: began } => {
                0.4 + 0.6 * (1.0 - days_ago / f64::from(began)).clamp(0.0, 1.0)
            }
            // A little more every week, for nearly everybody.
            _ => 1.0 / (1.0 + days_ago / 900.0),
        };
        let shape = match (rhythm.changes, rhythm.every_hours) {
            (true, _) => day_shape(at),
            // Who sends several times a day sends everything at night, and then what has changed.
            (false, hours @ 1..24) if at.hour() >= hours => (0.25 + 0.5 * day_shape(at)).min(1.0),
            (false, _) => 1.0,
        };
        let noise = chance.random_range(if rhythm.changes { 0.6..1.4 } else { 0.985..1.015 });
        rounded(rhythm.records * growth * shape * noise).max(1)
    }

    fn counts(
        &self,
        rhythm: &Rhythm,
        received: u64,
        ago: TimeDelta,
        chance: &mut StdRng,
    ) -> (Counts, Vec<CodeCount>) {
        let usual =
            0.002 + whole(i64::try_from(seed(self.member.slug) / 7 % 100).unwrap_or(0)) / 100.0 * 0.014;
        let (rate, codes): (f64, &[Code]) = match self.member.manner {
            Manner::Accident { days_ago, days } if within(ago, days_ago, days) => {
                (chance.random_range(0.31..0.44), &ACCIDENT)
            }
            Manner::Careless => (chance.random_range(0.06..0.09), codes_of(self.member.trade)),
            _ => (
                usual * chance.random_range(0.8..1.25),
                codes_of(self.member.trade),
            ),
        };
        let quarantined = rounded(whole_u(received) * rate).min(received);
        let passed = received - quarantined;
        let changed = if rhythm.changes {
            chance.random_range(0.55..0.9)
        } else {
            chance.random_range(0.02..0.08)
        };
        let accepted = rounded(whole_u(passed) * changed).min(passed);
        let warned = rounded(whole_u(passed) * (usual * 2.0 + 0.01)).min(passed);
        let mut counted = spread(quarantined, codes, Severity::Error);
        counted.extend(spread(warned, &WARNINGS, Severity::Warning));
        counted.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.code.cmp(&b.code)));
        (
            Counts {
                received,
                accepted,
                unchanged: passed - accepted,
                quarantined,
                warned,
                withdrawn: 0,
            },
            counted,
        )
    }

    fn file(
        &self,
        rhythm: &Rhythm,
        records: u64,
        refused: bool,
        at: DateTime<Utc>,
        chance: &mut StdRng,
    ) -> FileReport {
        let format = self.member.format;
        let packed = rhythm.records > 5000.0;
        let extension = match format {
            Format::Csv => "csv",
            Format::Tsv => "txt",
            _ => "xml",
        };
        let name = format!(
            "{}_{}_{}.{extension}{}",
            self.member.slug,
            rhythm.feed.name(),
            at.format("%Y%m%d-%H%M"),
            if packed { ".gz" } else { "" }
        );
        let each = chance.random_range(0.97..1.03)
            * match (format, packed) {
                (Format::Csv | Format::Tsv, true) => 118.0,
                (Format::Csv | Format::Tsv, false) => 420.0,
                (_, true) => 164.0,
                (_, false) => 1130.0,
            };
        let whole_file = rounded(whole_u(records) * each) + 200;
        let (verdict, code, message, bytes, offset) = if refused {
            let bytes = rounded(whole_u(whole_file) * chance.random_range(0.3..0.9));
            let (code, message) = if packed {
                (
                    "FILE_COMPRESSION",
                    "The gzip file ends before its end mark: it was cut short on the way. Send it again whole.",
                )
            } else {
                (
                    "FILE_TRUNCATED",
                    "The file ends in the middle of a record: it was cut short on the way. Send it again whole.",
                )
            };
            (
                Verdict::Refused,
                Some(code.into()),
                Some(message.to_owned()),
                bytes,
                Some(bytes),
            )
        } else {
            (Verdict::Accepted, None, None, whole_file, None)
        };
        FileReport {
            name,
            verdict,
            code,
            message,
            offset,
            format: Some(format),
            encoding: Some("utf-8".to_owned()),
            bytes,
            sha256: String::new(),
        }
    }
}

/// A code that fails, the attribute it fails on, and its share of what fails.
type Code = (&'static str, &'static str, f64);

const ACCIDENT: [Code; 3] = [
    ("PRICE_FORMAT", "price", 0.93),
    ("GTIN_CHECK", "gtin", 0.05),
    ("DESC_MISSING", "description", 0.02),
];

const WARNINGS: [Code; 4] = [
    ("DESC_LENGTH", "description", 0.41),
    ("TITLE_CAPS", "title", 0.27),
    ("AVAIL_NORMALISED", "availability", 0.2),
    ("TITLE_LENGTH", "title", 0.12),
];

fn codes_of(trade: Trade) -> &'static [Code] {
    match trade {
        Trade::Books | Trade::Music | Trade::Stationery => &[
            ("GTIN_CHECK", "gtin", 0.52),
            ("DESC_MISSING", "description", 0.33),
            ("IMG_MISSING", "image_link", 0.15),
        ],
        Trade::Electronics | Trade::Tools | Trade::Lighting | Trade::Bikes => &[
            ("GTIN_RESTRICTED", "gtin", 0.44),
            ("PRICE_ZERO", "price", 0.31),
            ("IMG_URL", "image_link", 0.25),
        ],
        Trade::Fashion | Trade::Shoes | Trade::Jewellery | Trade::Sports | Trade::Outdoor => &[
            ("IMG_MISSING", "image_link", 0.38),
            ("GTIN_LENGTH", "gtin", 0.35),
            ("PRICE_ZERO", "price", 0.27),
        ],
        Trade::Furniture | Trade::Kitchen | Trade::Garden => &[
            ("DESC_MISSING", "description", 0.47),
            ("LINK_URL", "link", 0.29),
            ("GTIN_CHECK", "gtin", 0.24),
        ],
        Trade::Baby | Trade::Beauty | Trade::Pets | Trade::Toys => &[
            ("GTIN_CHECK", "gtin", 0.46),
            ("AVAIL_ENUM", "availability", 0.3),
            ("TITLE_MISSING", "title", 0.24),
        ],
    }
}

/// Spreads records over codes by their shares; the first takes what rounding leaves.
pub(super) fn spread(records: u64, codes: &[Code], severity: Severity) -> Vec<CodeCount> {
    let mut left = records;
    let mut counted: Vec<CodeCount> = codes
        .iter()
        .rev()
        .map(|(code, attribute, share)| {
            let share = rounded(whole_u(records) * share).min(left);
            left -= share;
            CodeCount {
                code: (*code).into(),
                severity,
                attribute: Some((*attribute).into()),
                records: share,
                occurrences: share,
            }
        })
        .collect();
    if let Some(first) = counted.last_mut() {
        first.records += left;
        first.occurrences += left;
    }
    counted.retain(|count| count.records > 0);
    counted
}

/// How busy people are at this hour: next to nothing at night, least on Sundays.
fn day_shape(at: DateTime<Utc>) -> f64 {
    let hour = f64::from(at.hour()) + f64::from(at.minute()) / 60.0;
    let day = (-((hour - 13.0) / 5.0).powi(2)).exp();
    let week = match at.weekday() {
        Weekday::Sat => 0.45,
        Weekday::Sun => 0.3,
        _ => 1.0,
    };
    (0.12 + 1.5 * day) * week
}

/// Received to decided: a little for the file, a little for each record, more at night, when
/// everybody's catalogues come at once.
fn latency(records: u64, at: DateTime<Utc>, chance: &mut StdRng) -> TimeDelta {
    let crowd = if (2..5).contains(&at.hour()) { 1.7 } else { 1.0 };
    let luck: f64 = (0..4).map(|_| chance.random_range(-0.5..0.5_f64)).sum();
    let ms = (140.0 + whole_u(records) * 0.021) * crowd * (luck * 0.8).exp();
    TimeDelta::milliseconds(i64::try_from(rounded(ms)).unwrap_or(0))
}

fn within(ago: TimeDelta, days_ago: u8, days: u8) -> bool {
    let began = TimeDelta::days(i64::from(days_ago));
    ago <= began && ago > began - TimeDelta::days(i64::from(days))
}

/// An id that sorts by time, as those of real deliveries do.
pub(super) fn id(at: DateTime<Utc>, chance: &mut StdRng) -> DeliveryId {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &chance.random()).into_uuid();
    DeliveryId::new(uuid.simple().to_string())
}

/// A number that follows from a name (FNV-1a), the same on every machine and in every version.
pub(super) fn seed(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[expect(clippy::cast_precision_loss, reason = "hours and counts far below 2^52")]
fn whole(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub(super) fn whole_u(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures between 0 and 2^40"
)]
pub(super) fn rounded(number: f64) -> u64 {
    number.round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::super::cast::CAST;
    use super::*;
    use std::collections::HashSet;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
    }

    fn past(slug: &str) -> Past<'static> {
        let member = CAST.iter().find(|m| m.slug == slug).expect("a member");
        Past { member, now: now() }
    }

    fn days(past: Past<'_>, days: i64) -> Vec<Delivery> {
        past.deliveries(now() - TimeDelta::days(days), now())
    }

    #[test]
    fn a_month_of_everybody_adds_up() {
        let all: Vec<Delivery> = CAST
            .iter()
            .flat_map(|m| {
                days(
                    Past {
                        member: m,
                        now: now(),
                    },
                    30,
                )
            })
            .collect();
        let ids: HashSet<_> = all.iter().map(|d| &d.id).collect();
        assert_eq!(ids.len(), all.len());
        assert!((5_000..20_000).contains(&all.len()), "{} deliveries", all.len());
        let mut received = 0;
        for delivery in &all {
            assert!(delivery.counts.conserved(), "{delivery:?}");
            assert!(delivery.decided_at > Some(delivery.received_at));
            let of = |severity| -> u64 {
                delivery
                    .codes
                    .iter()
                    .filter(|c| c.severity == severity)
                    .map(|c| c.records)
                    .sum()
            };
            assert_eq!(of(Severity::Error), delivery.counts.quarantined);
            assert_eq!(of(Severity::Warning), delivery.counts.warned);
            received += delivery.counts.received;
        }
        let a_day = received / 30;
        assert!((4_000_000..6_500_000).contains(&a_day), "{a_day} records a day");
    }

    #[test]
    fn the_past_stays_as_it_was_when_time_goes_on() {
        let past = past("moravec");
        let whole = past.deliveries(now() - TimeDelta::days(9), now());
        let middle = now() - TimeDelta::days(3);
        let mut parts = past.deliveries(now() - TimeDelta::days(9), middle);
        parts.extend(past.deliveries(middle, now()));
        assert_eq!(parts, whole);
    }

    #[test]
    fn partners_behave_as_they_are_said_to() {
        let newest = |slug: &str| days(past(slug), 30).pop().expect("a delivery");
        assert!(now() - newest("dimitriou").received_at > TimeDelta::days(4));
        assert!(now() - newest("ardennes").received_at > TimeDelta::hours(30));
        assert_eq!(newest("oconnell").status, Status::Refused);
        assert!(now() - days(past("zielinski"), 30)[0].received_at < TimeDelta::days(9));
        let worst = days(past("perrault"), 30)
            .into_iter()
            .filter_map(|d| Some((d.counts.rejection_rate()?, now() - d.received_at)))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .expect("deliveries");
        assert!(worst.0 > 0.3 && within(worst.1, 12, 2), "{worst:?}");
    }
}
