//! Draws a file in a few figures, so that it can be held against the file before.
//!
//! A gate that asks whether a catalogue changed like an accident needs no single record: it
//! needs how many there were, which attributes they filled, what they cost and how many could
//! be had. The survey fills a portrait as it passes by; an ingest keeps it with the delivery,
//! where [`super::gate`] finds it when the next file comes. Every record that could be read
//! counts, held or not, for the portrait is of the file as sent.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the prices of one currency are like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// Records with a price in this currency.
    pub records: u64,
    /// The median price in hundredths of the currency's unit, within 1 %.
    pub median_cents: u64,
}

/// A file in a few figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Portrait {
    /// Records whose fields could be read. The other figures are of these.
    pub records: u64,
    /// Different ids among them.
    pub ids: u64,
    /// Records by availability as understood, such as `in_stock`.
    pub availability: BTreeMap<String, u64>,
    /// Prices as understood, by the code of their currency.
    pub prices: BTreeMap<String, Prices>,
    /// Records with a value, by attribute; an attribute that nobody filled is left out.
    pub filled: BTreeMap<String, u64>,
}

impl Portrait {
    /// The currency most prices are in, of equals the first by its code; none without prices.
    pub fn main_currency(&self) -> Option<&str> {
        self.prices
            .iter()
            .max_by(|(a, x), (b, y)| x.records.cmp(&y.records).then_with(|| b.cmp(a)))
            .map(|(code, _)| code.as_str())
    }

    /// The median price in the main currency, in hundredths of its unit.
    pub fn median_cents(&self) -> Option<u64> {
        self.main_currency()
            .and_then(|code| self.prices.get(code))
            .map(|prices| prices.median_cents)
    }

    /// The share of records with a value of this attribute, from 0 to 1; none without records.
    pub fn fill_rate(&self, attribute: &str) -> Option<f64> {
        self.share(self.filled.get(attribute).copied())
    }

    /// The share of records with this availability, from 0 to 1; none without records.
    pub fn availability_share(&self, word: &str) -> Option<f64> {
        self.share(self.availability.get(word).copied())
    }

    #[expect(clippy::cast_precision_loss, reason = "a share of counts far below 2^52")]
    fn share(&self, count: Option<u64>) -> Option<f64> {
        (self.records > 0).then(|| count.unwrap_or(0) as f64 / self.records as f64)
    }
}

/// Prices in buckets that grow with them: 64 to each doubling, so that the middle of a bucket
/// is within 0.8 % of every price in it. Prices below 1.28 are kept exactly.
#[derive(Debug, Clone, Default)]
pub struct PriceSketch {
    buckets: Vec<u32>,
    records: u64,
}

impl PriceSketch {
    const FINE: u32 = 6;

    fn bucket(cents: u64) -> usize {
        let exponent = cents.max(1).ilog2();
        let shift = exponent.saturating_sub(Self::FINE);
        // Up to 2^(FINE + 1) the bucket is the price itself.
        usize::try_from((u64::from(shift) << Self::FINE) + (cents >> shift)).unwrap_or(usize::MAX)
    }

    fn middle(bucket: usize) -> u64 {
        let bucket = bucket as u64;
        let base = 1 << Self::FINE;
        let shift = (bucket >> Self::FINE).saturating_sub(1);
        let mantissa = bucket - (shift << Self::FINE);
        debug_assert!(shift == 0 || mantissa >= base);
        (mantissa << shift) + ((1 << shift) >> 1)
    }

    /// Adds a price in hundredths.
    pub fn add(&mut self, cents: u64) {
        let bucket = Self::bucket(cents);
        if bucket >= self.buckets.len() {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] = self.buckets[bucket].saturating_add(1);
        self.records += 1;
    }

    /// Its figures.
    pub fn prices(&self) -> Prices {
        let (half, mut seen) = (self.records.div_ceil(2), 0);
        let median = self.buckets.iter().position(|count| {
            seen += u64::from(*count);
            seen >= half
        });
        Prices {
            records: self.records,
            median_cents: median.filter(|_| self.records > 0).map_or(0, Self::middle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(prices: &[u64]) -> PriceSketch {
        let mut sketch = PriceSketch::default();
        for cents in prices {
            sketch.add(*cents);
        }
        sketch
    }

    proptest! {
        #[test]
        fn the_median_is_within_one_percent_of_the_true_one(mut prices in prop::collection::vec(0u64..100_000_000_000_000, 1..200)) {
            let found = sketch(&prices).prices();
            prices.sort_unstable();
            let true_median = prices[(prices.len() - 1) / 2];
            prop_assert_eq!(found.records, prices.len() as u64);
            prop_assert!(found.median_cents.abs_diff(true_median) * 100 <= true_median, "{} for {true_median}", found.median_cents);
        }
    }

    #[test]
    fn the_main_currency_is_the_one_most_prices_are_in() {
        let prices = |records| Prices {
            records,
            median_cents: 100 * records,
        };
        let portrait = Portrait {
            records: 10,
            prices: [("CHF", 2), ("EUR", 4), ("USD", 4)]
                .map(|(code, n)| (code.to_owned(), prices(n)))
                .into(),
            filled: [("gtin".to_owned(), 5)].into(),
            ..Portrait::default()
        };
        assert_eq!(
            (portrait.main_currency(), portrait.median_cents()),
            (Some("EUR"), Some(400))
        );
        assert_eq!(portrait.fill_rate("gtin"), Some(0.5));
        assert_eq!(portrait.fill_rate("brand"), Some(0.0));
        assert_eq!(Portrait::default().fill_rate("gtin"), None);
        assert_eq!(Portrait::default().main_currency(), None);
    }
}
