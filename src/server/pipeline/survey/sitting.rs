//! Draws the portrait of a file while its records pass by.

use crate::domain::contract::{Checked, Currency};
use crate::domain::portrait::{Portrait, PriceSketch};
use crate::domain::record::Attribute;

/// Counts bits: how many of the masks that were added had each of the 128 bits set.
///
/// Each plane holds one binary digit of all 128 counts, so that adding a mask is two operations
/// on average, however many attributes a record has.
#[derive(Default)]
struct BitCounts {
    planes: [u128; 8],
    pending: u8,
    counts: Vec<u64>,
}

impl BitCounts {
    fn add(&mut self, mask: u128) {
        let mut carry = mask;
        for plane in &mut self.planes {
            (*plane, carry) = (*plane ^ carry, *plane & carry);
            if carry == 0 {
                break;
            }
        }
        self.pending += 1;
        // Eight planes count to 255.
        if self.pending == u8::MAX {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.counts.resize(128, 0);
        for (digit, plane) in self.planes.iter_mut().enumerate() {
            let mut left = std::mem::take(plane);
            while left != 0 {
                self.counts[left.trailing_zeros() as usize] += 1 << digit;
                left &= left - 1;
            }
        }
        self.pending = 0;
    }
}

/// A portrait in the making.
#[derive(Default)]
pub(super) struct Sitting {
    records: u64,
    filled: BitCounts,
    /// Few words, so a list is quicker than a map.
    availability: Vec<(&'static str, u64)>,
    prices: Vec<(Currency, PriceSketch)>,
}

impl Sitting {
    /// Takes one record in.
    pub(super) fn add(&mut self, checked: &Checked) {
        let present = checked.present();
        if present == 0 {
            return;
        }
        self.records += 1;
        self.filled.add(present);
        if let Some(word) = checked.availability() {
            *entry(&mut self.availability, word) += 1;
        }
        if let Some((currency, cents)) = checked.price() {
            entry(&mut self.prices, currency).add(cents);
        }
    }

    /// The portrait of all that was taken in, with the number of different ids.
    pub(super) fn portrait(mut self, ids: u64) -> Portrait {
        self.filled.settle();
        Portrait {
            records: self.records,
            ids,
            availability: self
                .availability
                .into_iter()
                .map(|(word, count)| (word.to_owned(), count))
                .collect(),
            prices: self
                .prices
                .into_iter()
                .map(|(currency, sketch)| (currency.code().to_owned(), sketch.prices()))
                .collect(),
            filled: Attribute::ALL
                .iter()
                .zip(self.filled.counts)
                .filter(|(_, count)| *count > 0)
                .map(|(attribute, count)| (attribute.name().to_owned(), count))
                .collect(),
        }
    }
}

fn entry<K: PartialEq, V: Default>(list: &mut Vec<(K, V)>, key: K) -> &mut V {
    let found = list.iter().position(|(known, _)| *known == key);
    let index = found.unwrap_or_else(|| {
        list.push((key, V::default()));
        list.len() - 1
    });
    &mut list[index].1
}

#[cfg(test)]
mod tests {
    use super::BitCounts;

    #[test]
    fn bits_are_counted_one_by_one_however_many_masks_there_are() {
        let mut counts = BitCounts::default();
        for n in 0..1000u128 {
            counts.add(1 | u128::from(n % 3 == 0) << 5 | u128::from(n < 300) << 127);
        }
        counts.settle();
        assert_eq!(
            (
                counts.counts[0],
                counts.counts[5],
                counts.counts[127],
                counts.counts[1]
            ),
            (1000, 334, 300, 0)
        );
    }
}
