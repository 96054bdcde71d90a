//! Names the limits of a feed's gates: what each means, within which bounds it may be set, and
//! what the last files came to, so that a limit can be judged.

use super::Gates;
use super::facts::{Facts, Good, Past};
use crate::domain::format::{count, counted};
use crate::domain::portrait::Portrait;

/// How many files back one looks to judge a limit.
const LOOK_BACK: usize = 8;

/// One limit of a feed's gates.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Its name, on the command line and in forms.
    pub name: &'static str,
    /// The code of the gate it belongs to; none where it belongs to all.
    pub code: Option<&'static str>,
    /// What it does, as the beginning of a sentence that the number and its unit end.
    pub does: &'static str,
    /// What the number counts.
    pub unit: &'static str,
    /// The smallest value that makes sense.
    pub least: u64,
    /// The largest value that makes sense.
    pub most: u64,
    field: fn(&mut Gates) -> &mut u64,
    /// What a file came to, given those before it, the newest first.
    measure: fn(&Facts, &Past) -> Option<u64>,
    /// How the measured numbers are told.
    told: &'static str,
}

/// All limits, in the order in which they are shown.
pub const LIMITS: [Limit; 10] = [
    Limit {
        name: "drop_hold",
        code: Some("FILE_DROP"),
        does: "Hold a file that names fewer products than",
        unit: "% of those expected",
        least: 0,
        most: 100,
        field: |gates| &mut gates.drop_hold,
        measure: expected,
        told: "% of those expected",
    },
    Limit {
        name: "drop_warn",
        code: Some("FILE_DROP"),
        does: "Warn of a file that names fewer products than",
        unit: "% of those expected",
        least: 0,
        most: 100,
        field: |gates| &mut gates.drop_warn,
        measure: expected,
        told: "% of those expected",
    },
    Limit {
        name: "errors_hold",
        code: Some("FILE_ERRSHARE"),
        does: "Hold a file when its records fail in more than",
        unit: "% of them",
        least: 0,
        most: 100,
        field: |gates| &mut gates.errors_hold,
        measure: failing,
        told: "% of the records failed",
    },
    Limit {
        name: "errors_warn",
        code: Some("FILE_ERRSHARE"),
        does: "Warn of a file when its records fail in more than",
        unit: "% of them",
        least: 0,
        most: 100,
        field: |gates| &mut gates.errors_warn,
        measure: failing,
        told: "% of the records failed",
    },
    Limit {
        name: "churn",
        code: Some("TIME_ID_CHURN"),
        does: "Hold a file when its ids are new, and ours are gone, in more than",
        unit: "% each",
        least: 0,
        most: 100,
        field: |gates| &mut gates.churn,
        measure: churn,
        told: "% of the ids were new and gone",
    },
    Limit {
        name: "stock_wipe",
        code: Some("TIME_STOCK_WIPE"),
        does: "Hold a file when the share out of stock rises by more than",
        unit: "points",
        least: 0,
        most: 100,
        field: |gates| &mut gates.stock_wipe,
        measure: |now, past| {
            let (before, now) = portraits(now, past)?;
            let sold_out = |portrait: &Portrait| portrait.availability_share("out_of_stock");
            points(sold_out(now)?, sold_out(before)?)
        },
        told: "points more were out of stock",
    },
    Limit {
        name: "median_price",
        code: Some("TIME_MEDIAN_PRICE"),
        does: "Warn when the median price moves by more than",
        unit: "%",
        least: 1,
        most: 1_000,
        field: |gates| &mut gates.median_price,
        measure: |now, past| {
            let (before, now) = portraits(now, past)?;
            let (before, now) = (before.median_cents()?, now.median_cents()?);
            Some(percent(before.abs_diff(now), before))
        },
        told: "% was how far it moved",
    },
    Limit {
        name: "fill_drop",
        code: Some("TIME_FILL_DROP"),
        does: "Warn when the share of records with a value of an attribute falls by more than",
        unit: "points",
        least: 0,
        most: 100,
        field: |gates| &mut gates.fill_drop,
        measure: |now, past| {
            let (before, now) = portraits(now, past)?;
            let fell = |name: &String| points(before.fill_rate(name)?, now.fill_rate(name)?);
            before.filled.keys().filter_map(fell).max()
        },
        told: "points was the largest fall",
    },
    Limit {
        name: "stale",
        code: Some("TIME_STALE"),
        does: "Warn when the same bytes have come before, in a row,",
        unit: "times",
        least: 1,
        most: 1_000,
        field: |gates| &mut gates.stale,
        measure: |_, past| Some(past.in_a_row),
        told: "times in a row came the same bytes",
    },
    Limit {
        name: "floor",
        code: None,
        does: "Never hold, only warn, by comparison where fewer were expected than",
        unit: "products",
        least: 0,
        most: 10_000_000,
        field: |gates| &mut gates.floor,
        measure: |now, _| Some(now.products),
        told: "products were in them",
    },
];

fn percent(part: u64, whole: u64) -> u64 {
    let share = u128::from(part) * 100 / u128::from(whole.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}

/// How many points a share lies above another, both from 0 to 1; 0 when it does not.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 100"
)]
fn points(above: f64, below: f64) -> Option<u64> {
    let points = ((above - below) * 100.0).max(0.0);
    points.is_finite().then_some(points.round() as u64)
}

fn portraits<'a>(now: &'a Facts, past: &'a Past) -> Option<(&'a Portrait, &'a Portrait)> {
    Some((past.last.facts.portrait.as_ref()?, now.portrait.as_ref()?))
}

fn expected(now: &Facts, past: &Past) -> Option<u64> {
    (past.expected > 0).then(|| percent(now.products, past.expected))
}

fn failing(now: &Facts, _: &Past) -> Option<u64> {
    (now.received > 0).then(|| percent(now.quarantined, now.received))
}

/// The gate acts when both shares are above its limit, so the smaller one counts.
fn churn(now: &Facts, _: &Past) -> Option<u64> {
    let ids = now.ids.filter(|ids| ids.live > 0)?;
    Some(percent(ids.gone, ids.live).min(percent(ids.new, now.products)))
}

impl Limit {
    /// The limit of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        LIMITS.iter().find(|limit| limit.name == name)
    }

    /// Where a feed's gates have it.
    pub fn of(&self, gates: &Gates) -> u64 {
        let mut gates = *gates;
        *(self.field)(&mut gates)
    }

    /// Sets it; a sentence when the value makes no sense.
    pub fn set(&self, gates: &mut Gates, value: u64) -> Result<(), String> {
        if !(self.least..=self.most).contains(&value) {
            return Err(format!(
                "{} is from {} to {}; {} is not.",
                self.name,
                count(self.least),
                count(self.most),
                count(value)
            ));
        }
        *(self.field)(gates) = value;
        Ok(())
    }

    /// What the last good files came to, in words; `good` has the newest first. None where
    /// nothing is known of them.
    pub fn usual(&self, good: &[Good]) -> Option<String> {
        let measured: Vec<u64> = good
            .iter()
            .enumerate()
            .take(LOOK_BACK)
            .filter_map(|(place, file)| {
                let past = Past::of(&good[place + 1..], file.at)?;
                (self.measure)(&file.facts, &past)
            })
            .collect();
        let (least, most) = (measured.iter().min()?, measured.iter().max()?);
        let range = if least == most {
            count(*least)
        } else {
            format!("{} to {}", count(*least), count(*most))
        };
        let files = match measured.len() as u64 {
            1 => "The last file".to_owned(),
            n => format!("The last {}", counted(n, "file", "files")),
        };
        Some(format!("{files}: {range} {}", self.told))
    }
}

impl Gates {
    /// What does not go together, as the name of a limit and a sentence.
    pub fn faults(&self) -> Option<(&'static str, String)> {
        if self.drop_hold > self.drop_warn {
            return Some((
                "drop_hold",
                format!(
                    "A file that names less than {} % is held, so it is warned of too: drop_warn ({}) has to be at least \
                     drop_hold ({}).",
                    self.drop_hold, self.drop_warn, self.drop_hold
                ),
            ));
        }
        (self.errors_warn > self.errors_hold).then(|| {
            (
                "errors_hold",
                format!(
                    "A file that fails in more than {} % is held, so it is warned of too: errors_warn ({}) has to be at \
                     most errors_hold ({}).",
                    self.errors_hold, self.errors_warn, self.errors_hold
                ),
            )
        })
    }

    /// What is different in `to`, as `drop_hold 80 → 70`; none when nothing is.
    pub fn changes(&self, to: &Self) -> Vec<String> {
        LIMITS
            .iter()
            .filter(|limit| limit.of(self) != limit.of(to))
            .map(|limit| format!("{} {} → {}", limit.name, limit.of(self), limit.of(to)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Ids;
    use super::*;
    use crate::domain::ids::DeliveryId;
    use chrono::{DateTime, TimeDelta};
    use std::collections::HashSet;

    fn good(day: i64, products: u64, quarantined: u64) -> Good {
        Good {
            delivery: DeliveryId::new(day.to_string()),
            at: DateTime::UNIX_EPOCH + TimeDelta::days(day),
            sha256: day.to_string(),
            overruled: false,
            facts: Facts {
                received: products,
                quarantined,
                products,
                ids: Some(Ids {
                    live: 100,
                    gone: 3,
                    new: 2,
                }),
                portrait: None,
            },
        }
    }

    #[test]
    fn every_limit_is_one_field_of_its_own_with_its_default_within_its_bounds() {
        let mut fields = HashSet::new();
        for limit in &LIMITS {
            let default = limit.of(&Gates::default());
            assert!((limit.least..=limit.most).contains(&default), "{}", limit.name);
            let mut gates = Gates::default();
            limit.set(&mut gates, limit.most).expect("the most");
            assert_eq!(limit.of(&gates), limit.most);
            assert!(
                fields.insert(format!("{gates:?}")),
                "{} is another's field",
                limit.name
            );
            let sentence = limit.set(&mut gates, limit.most + 1).expect_err("too much");
            assert!(sentence.contains(limit.name), "{sentence}");
        }
    }

    #[test]
    fn what_the_last_files_came_to_is_told_as_a_range() {
        let files = [good(3, 103, 1), good(2, 100, 4), good(1, 97, 0), good(0, 100, 0)];
        let usual = |name: &str, files: &[Good]| Limit::named(name).expect("a limit").usual(files);
        assert_eq!(
            usual("drop_hold", &files).as_deref(),
            Some("The last 3 files: 97 to 103 % of those expected")
        );
        assert_eq!(
            usual("errors_warn", &files).as_deref(),
            Some("The last 3 files: 0 to 4 % of the records failed")
        );
        assert_eq!(
            usual("churn", &files[2..]).as_deref(),
            Some("The last file: 2 % of the ids were new and gone")
        );
        assert_eq!(
            usual("drop_hold", &files[3..]),
            None,
            "nothing is behind the first"
        );
        assert_eq!(usual("median_price", &files), None, "nothing is known of prices");
    }

    #[test]
    fn holding_goes_with_warning_and_a_change_is_told_by_name() {
        let with = |name: &str, value| {
            let mut gates = Gates::default();
            Limit::named(name)
                .expect("a limit")
                .set(&mut gates, value)
                .expect("within bounds");
            gates
        };
        assert_eq!(Gates::default().faults(), None);
        assert_eq!(
            with("drop_hold", 91).faults().map(|(name, _)| name),
            Some("drop_hold")
        );
        assert_eq!(
            with("errors_warn", 61).faults().map(|(name, _)| name),
            Some("errors_hold")
        );
        assert_eq!(
            Gates::default().changes(&with("drop_hold", 70)),
            ["drop_hold 80 → 70"]
        );
    }
}
