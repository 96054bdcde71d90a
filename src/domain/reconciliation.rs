//! Holds what was received against what became of it: the law of conservation, per partner and
//! day.
//!
//! Days run from midnight UTC, as the rollups count them. What differs is never mended here; a
//! [`Difference`] names the two figures, the delivery if one can be named, and what to do.

use super::delivery::Delivery;
use super::format::{count, day};
use super::ids::{DeliveryId, FeedId, PartnerId};
use super::report::Counts;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The two sides of the law, in records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Read from files.
    pub received: u64,
    /// Passed, new or changed.
    pub accepted: u64,
    /// Passed, and say what was there already.
    pub unchanged: u64,
    /// Held for an error.
    pub quarantined: u64,
    /// Not decided yet, of files that are being taken in.
    pub in_flight: u64,
}

impl Sums {
    /// What one entry of the log says.
    pub fn of(delivery: &Delivery) -> Self {
        Self {
            in_flight: delivery.in_flight(),
            ..Self::from(&delivery.counts)
        }
    }

    /// What became of all that was received.
    pub fn accounted(&self) -> u64 {
        self.accepted + self.unchanged + self.quarantined + self.in_flight
    }

    /// Whether the law holds.
    pub fn adds_up(&self) -> bool {
        self.received == self.accounted()
    }

    /// Records that came and are nowhere, or, below zero, that are somewhere and never came.
    pub fn missing(&self) -> i64 {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        whole(self.received) - whole(self.accounted())
    }
}

impl From<&Counts> for Sums {
    fn from(counts: &Counts) -> Self {
        Self {
            received: counts.received,
            accepted: counts.accepted,
            unchanged: counts.unchanged,
            quarantined: counts.quarantined,
            in_flight: 0,
        }
    }
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.received += other.received;
        self.accepted += other.accepted;
        self.unchanged += other.unchanged;
        self.quarantined += other.quarantined;
        self.in_flight += other.in_flight;
    }
}

/// What a partner's files of one day add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerDay {
    /// Whose.
    pub partner: PartnerId,
    /// The day, from midnight UTC.
    pub day: DateTime<Utc>,
    /// Its records.
    pub sums: Sums,
}

/// Which two figures differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Law {
    /// An entry of the log says that it received other than became of it.
    Entry,
    /// An entry of the log says that it quarantined other than the quarantine has of it.
    Quarantine,
    /// More products are marked withdrawn than an entry of the log says it withdrew.
    Withdrawn,
    /// A day's figures do not add up, although every entry of the log of that day does.
    Figures,
    /// A day's figures do not add up, and its entries were not looked through.
    Day,
}

impl Law {
    /// What the two figures are.
    pub fn sides(self) -> (&'static str, &'static str) {
        match self {
            Self::Entry | Self::Figures | Self::Day => {
                ("received", "accepted + unchanged + quarantined + in flight")
            }
            Self::Quarantine => ("quarantined by the log", "in the quarantine"),
            Self::Withdrawn => ("withdrawn by the log", "marked in the catalogue"),
        }
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Entry => {
                "Where another system wrote this entry, have it send the entry again with the counts of its file. \
                 Where feedgate did, send the file again: it is decided anew, under an entry of its own."
            }
            Self::Quarantine => {
                "Records of this file are missing from the quarantine, or are there that the log does not know of. \
                 Send the file again: what it holds then takes the place of these."
            }
            Self::Withdrawn => "Send the feed's whole catalogue again: what it names comes back.",
            Self::Figures => {
                "The figures are not what the log adds up to. “feedgate rollup verify” names the buckets, and \
                 “feedgate rollup rebuild” adds them up anew."
            }
            Self::Day => "Choose a shorter time, or this partner alone, to see which delivery it is.",
        }
    }
}

/// Two figures that should be equal and are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which two.
    pub law: Law,
    /// Whose.
    pub partner: PartnerId,
    /// The day that it belongs to, from midnight UTC; none when that is not known.
    pub day: Option<DateTime<Utc>>,
    /// The feed and the delivery, where one can be named.
    pub delivery: Option<(FeedId, DeliveryId)>,
    /// The first of [`Law::sides`].
    pub left: u64,
    /// The second.
    pub right: u64,
}

impl Difference {
    /// The two sides of the law that do not meet, of a day or of a delivery of it.
    pub fn of_sums(law: Law, of: &PartnerDay, delivery: Option<(FeedId, DeliveryId)>, sums: &Sums) -> Self {
        Self {
            law,
            partner: of.partner.clone(),
            day: Some(of.day),
            delivery,
            left: sums.received,
            right: sums.accounted(),
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.delivery {
            Some((feed, id)) => write!(f, "delivery {id} of {feed}")?,
            None => write!(f, "partner {}", self.partner)?,
        }
        if let Some(at) = self.day {
            write!(f, ", {}", day(at))?;
        }
        let (left, right) = self.law.sides();
        write!(
            f,
            ": {} {left}, {} {right}. {}",
            count(self.left),
            count(self.right),
            self.law.advice()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_missing_is_nothing_exactly_when_the_law_holds(
            received in 0u64..1000, accepted in 0u64..300, unchanged in 0u64..300, quarantined in 0u64..300, in_flight in 0u64..300,
        ) {
            let sums = Sums { received, accepted, unchanged, quarantined, in_flight };
            prop_assert_eq!(sums.adds_up(), sums.missing() == 0);
            let mended = Sums { received: sums.accounted(), ..sums };
            prop_assert!(mended.adds_up());
        }

        #[test]
        fn days_that_add_up_add_up_together(parts in prop::collection::vec((0u64..1000, 0u64..1000, 0u64..1000, 0u64..1000), 0..20)) {
            let mut total = Sums::default();
            for (accepted, unchanged, quarantined, in_flight) in parts {
                let received = accepted + unchanged + quarantined + in_flight;
                total += Sums { received, accepted, unchanged, quarantined, in_flight };
            }
            prop_assert!(total.adds_up());
        }
    }

    #[test]
    fn a_difference_says_both_figures_whose_they_are_and_what_to_do() {
        let day = DateTime::from_timestamp(1_764_000_000, 0).expect("a time");
        let of = PartnerDay {
            partner: PartnerId::new("acme"),
            day,
            sums: Sums::default(),
        };
        let sums = Sums {
            received: 1200,
            accepted: 1199,
            ..Sums::default()
        };
        let delivery = Some((FeedId::new("acme/main"), DeliveryId::new("d1")));
        let said = Difference::of_sums(Law::Entry, &of, delivery, &sums).to_string();
        for words in [
            "delivery d1 of acme/main, 24 Nov 2025",
            "1,200 received",
            "1,199 accepted",
            "send the file again",
        ] {
            assert!(said.contains(words), "no “{words}” in {said}");
        }
    }
}
