//! Invents what went out to partners who take the catalogues of others, as a system that exports
//! would have logged it.
//!
//! The entries follow from the destination and its turn alone, as those of [`super::history`] do; what
//! does not get through just now does so from the present back.

use super::cast::Member;
use super::history::{id, rounded, seed, spread, whole_u};
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::feed::Feed;
use crate::domain::ids::FeedId;
use crate::domain::report::{Counts, FileReport, Format, Verdict};
use crate::domain::violation::Severity;
use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Somebody whom files go out to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Destination {
    /// The partner's slug.
    pub slug: &'static str,
    every_hours: u32,
    records: f64,
    /// The share of what is chosen that does not meet what the destination asks for.
    left_out: f64,
    /// Whether the newest files do not get through.
    is_down: bool,
}

const fn to(slug: &'static str, every_hours: u32, records: f64, left_out: f64, is_down: bool) -> Destination {
    Destination {
        slug,
        every_hours,
        records,
        left_out,
        is_down,
    }
}

/// The destinations.
pub const DESTINATIONS: [Destination; 7] = [
    to("nordwand", 6, 184_000.0, 0.012, false),
    to("perrault", 4, 61_500.0, 0.034, false),
    to("fjellvik", 12, 97_000.0, 0.008, false),
    to("harrowdene", 24, 22_400.0, 0.021, false),
    to("tidemann", 12, 48_700.0, 0.016, true),
    to("albarosa", 24, 35_200.0, 0.047, false),
    to("lindoro", 24, 12_900.0, 0.029, false),
];

/// What keeps products from going out: the code, its attribute, and its share.
const LEFT_OUT: [(&str, &str, f64); 4] = [
    ("GTIN_CHECK", "gtin", 0.44),
    ("IMG_MISSING", "image_link", 0.31),
    ("DESC_MISSING", "description", 0.17),
    ("PRICE_FORMAT", "price", 0.08),
];

impl Destination {
    /// The destination that a partner is, if it is one.
    pub fn of(member: &Member) -> Option<Self> {
        DESTINATIONS.into_iter().find(|to| to.slug == member.slug)
    }

    /// The feed that goes out.
    pub fn feed(&self) -> FeedId {
        FeedId::new(format!("{}/outgoing", self.slug))
    }

    /// The same as it is stored.
    pub fn stored(&self) -> Feed {
        Feed {
            direction: Direction::Export,
            expected_every_hours: Some(self.every_hours),
            ..Feed::new(self.feed())
        }
    }

    /// Every export after `from` and up to `until`, oldest first; `now` is the present.
    pub fn deliveries(&self, from: DateTime<Utc>, until: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Delivery> {
        let length = i64::from(self.every_hours) * 3600;
        let feed = self.feed();
        let own = seed(feed.as_str());
        let offset = i64::try_from(own % 3600).unwrap_or(0);
        let first = (from.timestamp() - offset).div_euclid(length);
        let last = (until.timestamp() - offset).div_euclid(length);
        (first..=last)
            .filter_map(|turn| {
                let mut chance = StdRng::seed_from_u64(own.wrapping_add(turn.unsigned_abs()));
                let late = TimeDelta::milliseconds(chance.random_range(900..95_000));
                let at = DateTime::from_timestamp(turn * length + offset, 0)? + late;
                (at > from && at <= until).then(|| self.delivery(&feed, at, now, &mut chance))
            })
            .collect()
    }

    fn delivery(
        &self,
        feed: &FeedId,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        chance: &mut StdRng,
    ) -> Delivery {
        let received = rounded(self.records * chance.random_range(0.97..1.03));
        let down = self.is_down && now - at < TimeDelta::hours(i64::from(self.every_hours) * 5 / 2);
        let unlucky = chance.random_bool(0.012);
        let failed = down || unlucky;
        let left_out = rounded(whole_u(received) * self.left_out * chance.random_range(0.8..1.25));
        let (counts, codes) = if failed {
            Default::default()
        } else {
            let counts = Counts {
                received,
                accepted: received - left_out,
                quarantined: left_out,
                ..Counts::default()
            };
            (counts, spread(left_out, &LEFT_OUT, Severity::Error))
        };
        let took = if failed {
            TimeDelta::seconds(30)
        } else {
            TimeDelta::milliseconds(4_000 + i64::try_from(received / 12).unwrap_or(0))
        };
        Delivery {
            id: id(at, chance),
            partner: feed.partner(),
            feed: feed.clone(),
            direction: Direction::Export,
            origin: Origin::File,
            status: if failed { Status::Refused } else { Status::Accepted },
            file: FileReport {
                name: format!("to_{}_{}.xml.gz", self.slug, at.format("%Y%m%d-%H%M")),
                verdict: if failed { Verdict::Refused } else { Verdict::Accepted },
                code: failed.then(|| "UPLOAD_FAILED".into()),
                message: failed.then(|| {
                    "Their server did not take the upload: 503 Service Unavailable, three times in half a minute."
                        .to_owned()
                }),
                offset: None,
                format: Some(Format::Rss),
                encoding: Some("utf-8".to_owned()),
                bytes: received * 171,
                sha256: String::new(),
            },
            counts,
            codes,
            received_at: at,
            decided_at: Some(at + took),
            repeat_of: None,
            contract_version: 0,
            profile_version: 0,
            gate: None,
            hold: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::demo::cast::CAST;

    #[test]
    fn every_destination_is_a_partner_and_has_the_same_past_however_often_it_is_asked_for() {
        let now = DateTime::from_timestamp(1_780_000_000, 0).expect("a time");
        let (from, until) = (now - TimeDelta::days(3), now);
        for to in DESTINATIONS {
            let member = CAST.iter().find(|member| member.slug == to.slug);
            assert_eq!(member.and_then(Destination::of), Some(to));
            let all = to.deliveries(from, until, now);
            assert!(all.len() >= 3, "{}", to.slug);
            assert!(all.iter().all(|d| d.counts.conserved()));
            let middle = now - TimeDelta::hours(31);
            let halves = [
                to.deliveries(from, middle, now),
                to.deliveries(middle, until, now),
            ];
            assert_eq!(halves.concat(), all, "{}", to.slug);
        }
    }
}
