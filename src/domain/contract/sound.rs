//! Remembers values that passed, so that a value that comes again is not judged again.
//!
//! Brands, colours, sizes, categories and costs of shipping are the same on very many records of a
//! feed. A check of [`checks::BY_VALUE`] judges each value by itself and takes nothing down of
//! what passes, so a value that passed once passes again, and need not be shown to it. What
//! is remembered are hashes of 64 bits, a few for each attribute: two values are taken for one
//! with a probability that is nothing beside that of a damaged disk.

use super::checker::Checked;
use super::checks;
use crate::domain::record::Attribute;
use xxhash_rust::xxh3::xxh3_64;

/// The checks that judge each value by itself, a bit each by their place in the table.
fn by_value() -> u64 {
    let is_by_value = |check: &&super::Check| checks::BY_VALUE.iter().any(|one| std::ptr::eq(*one, *check));
    let places = checks::CHECKS.iter().enumerate();
    places
        .filter(|(_, check)| is_by_value(check))
        .fold(0, |bits, (place, _)| bits | 1 << place)
}

/// Which checks the attributes of a record ask for, a bit each by their place in the table.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The checks that each attribute asks for.
    pub(super) all: [u64; Attribute::COUNT],
    /// Those that it asks for with a value that has passed before.
    pub(super) again: [u64; Attribute::COUNT],
}

impl Asked {
    pub(super) fn new() -> Box<Self> {
        let mut asked = Box::new(Self {
            all: [0; Attribute::COUNT],
            again: [0; Attribute::COUNT],
        });
        let by_value = by_value();
        for (place, check) in checks::CHECKS.iter().enumerate() {
            for attribute in check.attributes {
                asked.all[*attribute as usize] |= 1 << place;
                asked.again[*attribute as usize] |= (1 << place) & !by_value;
            }
        }
        asked
    }

    /// Takes a check out.
    pub(super) fn remove(&mut self, place: usize) {
        for checks in self.all.iter_mut().chain(&mut self.again) {
            *checks &= !(1 << place);
        }
    }

    /// Whether it makes a difference that a value of the attribute has passed before.
    #[inline]
    pub(super) fn is_remembered(&self, attribute: Attribute) -> bool {
        self.all[attribute as usize] != self.again[attribute as usize]
    }
}

/// A hash that is not 0.
#[inline]
pub(super) fn hash(value: &[u8]) -> u64 {
    xxh3_64(value).max(1)
}

/// Values remembered for one attribute; each has one place it may stand in.
const PLACES: usize = 16;

/// The values that passed the checks of one [`Rules`](super::Rules), and may be asked of no other.
#[derive(Debug)]
pub struct Sound(Box<[[u64; PLACES]; Attribute::COUNT]>);

impl Default for Sound {
    fn default() -> Self {
        Self(Box::new([[0; PLACES]; Attribute::COUNT]))
    }
}

impl Sound {
    #[inline]
    pub(super) fn has(&self, attribute: Attribute, hash: u64) -> bool {
        self.0[attribute as usize][place(hash)] == hash
    }

    /// Takes in the values that were new in a record which passed every check without a word.
    #[inline]
    pub(super) fn learn(&mut self, checked: &Checked) {
        for attribute in &checked.news {
            let hash = checked.hashes[*attribute as usize];
            self.0[*attribute as usize][place(hash)] = hash;
        }
    }
}

/// Where a value may stand.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a few bits are what is wanted")]
fn place(hash: u64) -> usize {
    hash as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::{Contract, Level, Override, Rules, example};
    use proptest::prelude::*;

    /// Attributes whose values are remembered, with sound and faulty ones.
    const VALUES: &[(&str, &[&str])] = &[
        ("color", &["red", "blue", " red", "N/A", "#ff0000", ""]),
        ("size", &["S", "M", "", "one size"]),
        ("size_type", &["plus", "slim", ""]),
        ("gender", &["male", "Female", "women", ""]),
        ("age_group", &["adult", "12-16", ""]),
        (
            "google_product_category",
            &[
                "0",
                "Media > Books",
                "Apparel & Accessories > Clothing",
                "1604",
                "",
            ],
        ),
        ("product_type", &["Mugs", "Gifts", ""]),
        ("shipping", &["DE:::4.90 EUR", "free", "UK:::3.00 GBP", ""]),
        ("condition", &["new", "New", "neu", ""]),
        ("custom_label_0", &["summer", ""]),
        ("multipack", &["2", "1", ""]),
        ("energy_efficiency_class", &["A", "H", ""]),
        ("expiration_date", &["2025-10-24", "2025-10-08", "2099-01-01", ""]),
        ("product_weight", &["2 kg", "2,5 kg", ""]),
        ("product_highlight", &["cool", "cool,small", ""]),
    ];

    fn record() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
        let value = (0..VALUES.len(), 0usize..8).prop_map(|(name, value)| {
            let (name, values) = VALUES[name];
            (name, values[value % values.len()])
        });
        prop::collection::vec(value, 0..8)
    }

    proptest! {
        #[test]
        fn what_is_remembered_changes_no_verdict(
            records in prop::collection::vec(record(), 1..40), quiet in prop::option::of(0usize..3),
        ) {
            let mut contract = example::contract();
            let levels = [("COND_NORMALISED", Level::Off), ("SHIP_FORMAT", Level::Info), ("COLOR_FORMAT", Level::Off)];
            if let Some((code, level)) = quiet.map(|at| levels[at]) {
                contract = Contract { rules: [(code.to_owned(), Override::level(level))].into(), ..contract };
            }
            let rules = Rules::new(&contract, example::moment());
            let mut sound = Sound::default();
            let (mut knowing, mut plain) = (Checked::default(), Checked::default());
            for changes in &records {
                // Names may come twice, as they do in what partners send.
                let raw = example::record(changes);
                rules.look_knowing(&raw, &mut sound, &mut knowing);
                rules.look(&raw, &mut plain);
                prop_assert_eq!(
                    knowing.all_placed(&raw).collect::<Vec<_>>(),
                    plain.all_placed(&raw).collect::<Vec<_>>()
                );
                prop_assert_eq!(knowing.record(&raw), plain.record(&raw));
                prop_assert_eq!(knowing.marks, plain.marks);
            }
        }
    }

    #[test]
    fn checks_by_value_take_nothing_down_of_what_passes() {
        let asked = Asked::new();
        assert!(asked.is_remembered(Attribute::Color) && !asked.is_remembered(Attribute::Title));
        for attribute in Attribute::ALL {
            assert_eq!(
                asked.all[*attribute as usize] & asked.again[*attribute as usize],
                asked.again[*attribute as usize]
            );
        }
        let places = by_value();
        assert_eq!(places.count_ones() as usize, checks::BY_VALUE.len());
    }
}
