//! Keeps what is known of a file as a whole, and says what was normal before it came.

use crate::domain::ids::DeliveryId;
use crate::domain::portrait::Portrait;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What is known of a file as a whole. Kept with its delivery, for the next file to be held
/// against.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Records in it.
    pub received: u64,
    /// Records that fail the contract.
    pub quarantined: u64,
    /// Different products it names, held ones among them. Two records with one id are one
    /// product, and a record without an id is none.
    pub products: u64,
    /// How its products meet those of the catalogue; none for a file of changes, which says
    /// nothing of the rest.
    pub ids: Option<Ids>,
    /// The file in a few figures; none where it was logged before there were portraits.
    pub portrait: Option<Portrait>,
}

/// How the products of a file meet those of the catalogue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    /// Products of the catalogue before the file, without those withdrawn.
    pub live: u64,
    /// Of these, such as the file does not name.
    pub gone: u64,
    /// Products that pass in the file and are not in the catalogue.
    pub new: u64,
}

/// One earlier file that took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Good {
    /// Its delivery.
    pub delivery: DeliveryId,
    /// When it came.
    pub at: DateTime<Utc>,
    /// The SHA-256 of its bytes.
    pub sha256: String,
    /// Somebody let it take effect against a gate.
    pub overruled: bool,
    /// What is known of it.
    pub facts: Facts,
}

/// Whence it is known how many products to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The median of so many files of the same weekday.
    Weekday(usize),
    /// The last file that took effect.
    Last,
}

/// What was normal before a file came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The last file that took effect.
    pub last: Good,
    /// Products to expect.
    pub expected: u64,
    /// Whence that is known.
    pub basis: Basis,
    /// How many files in a row, up to the last one, had the same bytes.
    pub in_a_row: u64,
}

impl Past {
    /// How far back files of the same weekday are looked for.
    pub const WINDOW: TimeDelta = TimeDelta::days(28);
    /// How many of them make a median.
    pub const ENOUGH: usize = 3;

    /// What was normal before `at`, by the files that took effect, newest first; none when
    /// there is no such file.
    ///
    /// A file that somebody let through against a gate is the new normal: nothing before it
    /// is asked any more, or every file after a smaller catalogue would be held again.
    pub fn of(good: &[Good], at: DateTime<Utc>) -> Option<Self> {
        let last = good.first()?;
        let since = good
            .iter()
            .position(|file| file.overruled)
            .map_or(good.len(), |overruled| overruled + 1);
        let mut same_weekday: Vec<u64> = good[..since]
            .iter()
            .filter(|file| file.at > at - Self::WINDOW && file.at.weekday() == at.weekday())
            .map(|file| file.facts.products)
            .collect();
        let (expected, basis) = if same_weekday.len() >= Self::ENOUGH {
            (median(&mut same_weekday), Basis::Weekday(same_weekday.len()))
        } else {
            (last.facts.products, Basis::Last)
        };
        let in_a_row = good
            .iter()
            .take_while(|file| !file.sha256.is_empty() && file.sha256 == last.sha256)
            .count();
        Some(Self {
            last: last.clone(),
            expected,
            basis,
            in_a_row: in_a_row as u64,
        })
    }
}

fn median(numbers: &mut [u64]) -> u64 {
    numbers.sort_unstable();
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        numbers[middle]
    } else {
        u64::midpoint(numbers[middle - 1], numbers[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> DateTime<Utc> {
        // A Tuesday.
        DateTime::from_timestamp(1_760_400_000, 0).expect("a time") + TimeDelta::days(day)
    }

    fn good(day: i64, products: u64) -> Good {
        Good {
            delivery: DeliveryId::new(format!("{day}")),
            at: at(day),
            sha256: format!("{products}"),
            overruled: false,
            facts: Facts {
                received: products,
                products,
                ..Facts::default()
            },
        }
    }

    #[test]
    fn three_files_of_the_same_weekday_make_a_median_and_two_do_not() {
        let files = [
            good(-1, 500),
            good(-7, 900),
            good(-14, 1000),
            good(-15, 500),
            good(-21, 1100),
        ];
        let past = Past::of(&files, at(0)).expect("there were files");
        assert_eq!((past.expected, past.basis), (1000, Basis::Weekday(3)));
        let past = Past::of(&files[..4], at(0)).expect("there were files");
        assert_eq!((past.expected, past.basis), (500, Basis::Last));
    }

    #[test]
    fn files_from_longer_ago_are_not_asked() {
        let files = [good(-7, 900), good(-14, 1000), good(-28, 1100)];
        let past = Past::of(&files, at(0)).expect("there were files");
        assert_eq!((past.expected, past.basis), (900, Basis::Last));
    }

    #[test]
    fn what_somebody_let_through_is_the_new_normal() {
        let mut files = [
            good(0, 800),
            good(-7, 800),
            good(-14, 1000),
            good(-15, 1000),
            good(-21, 1000),
        ];
        files[1].overruled = true;
        let past = Past::of(&files, at(0)).expect("there were files");
        assert_eq!((past.expected, past.basis), (800, Basis::Last));
    }

    #[test]
    fn the_same_bytes_are_counted_from_the_newest_file_back() {
        let files = [good(0, 7), good(-1, 7), good(-2, 8), good(-3, 7)];
        assert_eq!(Past::of(&files, at(1)).map(|past| past.in_a_row), Some(2));
        assert_eq!(Past::of(&[], at(1)), None);
    }
}
