//! Compares the records of one file with each other, in a bounded share of memory.
//!
//! What is compared are hashes of 64 bits, never the values. Ids are all kept, for an id that
//! comes twice is an error however far apart. Everything else is kept in a [`Memory`], which
//! remembers the last [`Memory::GENERATION`] different values at least (titles and pictures, which
//! are told only when many records have them, the last [`Memory::SHORT`]) and all of a smaller
//! file; what was forgotten is new again when it comes back. So in a larger file two records
//! that are far apart may go untold, but nothing is told that is not so: counts are never too
//! high, and groups of one are not told at all once a group was forgotten.

use super::checks::{across, id};
use super::look::{Look, Quoted, cut};
use super::{Checked, Currency, Rule, Rules};
use crate::domain::record::{Attribute, Position, RawRecord};
use crate::domain::violation::{Severity, Violation};
use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Keys are hashes already.
#[derive(Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

type Map<V> = HashMap<u64, V, BuildHasherDefault<AsIs>>;
type Set = HashSet<u64, BuildHasherDefault<AsIs>>;

/// Remembers what it was told of some values, for a while.
///
/// There are two generations of values. A value that is met again moves into the young one;
/// when that is full, the old one is forgotten as a whole and the young one becomes old.
#[derive(Debug)]
struct Memory<V> {
    young: Map<V>,
    old: Map<V>,
    generation: usize,
    /// Whether anything was forgotten.
    is_partial: bool,
}

impl<V> Default for Memory<V> {
    fn default() -> Self {
        Self::of(Self::GENERATION)
    }
}

impl<V> Memory<V> {
    /// Values in a generation: as many as a table of 2¹⁶ places takes. With 16 bytes a value,
    /// two generations are 2 MB.
    const GENERATION: usize = (1 << 16) / 8 * 7;

    /// Enough for what is on very many records and so never far away, in a table that stays in
    /// the processor's cache.
    const SHORT: usize = (1 << 14) / 8 * 7;

    /// Enough for the groups of a file of a million records, all of which must be remembered for
    /// any to be told that it has one member; two generations are 9 MB.
    const LONG: usize = (1 << 18) / 8 * 7;

    fn of(generation: usize) -> Self {
        Self {
            young: Map::default(),
            old: Map::default(),
            generation,
            is_partial: false,
        }
    }
}

impl<V: Copy> Memory<V> {
    /// Whether a value is known; asked ahead, it brings near what [`Self::recall`] will touch.
    fn knows(&self, key: u64) -> bool {
        self.young.contains_key(&key) | self.old.contains_key(&key)
    }

    /// What is known of a value; none when it is new, or forgotten, and then it is remembered
    /// with `first`.
    fn recall(&mut self, key: u64, first: V) -> Option<&mut V> {
        if self.young.len() >= self.generation {
            std::mem::swap(&mut self.young, &mut self.old);
            self.is_partial |= !self.young.is_empty();
            self.young.clear();
        }
        match self.young.entry(key) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(free) => {
                let known = self.old.get(&key).copied();
                let place = free.insert(known.unwrap_or(first));
                known.is_some().then_some(place)
            }
        }
    }
}

/// How often a title or a picture was used, and by which group last.
#[derive(Debug, Clone, Copy)]
struct Uses {
    count: u32,
    group: u32,
}

/// What was offered of one product: its first variant, and its lowest and highest price.
#[derive(Debug, Clone, Copy)]
struct Offers {
    variant: u32,
    low: u32,
    high: u32,
}

/// A group that has one member so far, to be shown when it stays so.
#[derive(Debug)]
struct Lone {
    group: u64,
    position: Position,
    id: String,
    value: String,
}

/// What is known only when the whole file was seen.
#[derive(Debug)]
pub struct AtEnd {
    /// The rule that failed.
    pub rule: &'static Rule,
    /// How much it matters.
    pub severity: Severity,
    /// Whether the rule is only on trial.
    pub is_trial: bool,
    /// The records it failed on.
    pub records: u64,
    /// A few of them: the place, the id, and what is said.
    pub examples: Vec<(Position, String, Violation)>,
}

/// What the rules know across the records of one file.
///
/// It keeps 64 bits of each id, not the id: a file of a million records costs it about
/// 20 MB, and two ids of such a file are taken for one with a probability of 3 in 10⁸.
/// Everything else takes up to 20 MB, however large the file is.
#[derive(Debug)]
pub struct Across {
    ids: Set,
    titles: Memory<Uses>,
    pictures: Memory<Uses>,
    products: Memory<Offers>,
    /// Variants of the products that came more than once.
    variants: Memory<()>,
    /// Whether each group has one member only.
    groups: Memory<bool>,
    members: Memory<()>,
    /// The last group that turned out to have more members than one.
    settled_group: u64,
    /// Groups with one member.
    singles: u64,
    lone: Vec<Lone>,
    labels: [Set; 5],
}

/// Groups of one that are shown.
const EXAMPLES: usize = 10;

impl Default for Across {
    fn default() -> Self {
        Self {
            ids: Set::default(),
            titles: Memory::of(Memory::<Uses>::SHORT),
            pictures: Memory::of(Memory::<Uses>::SHORT),
            products: Memory::default(),
            variants: Memory::default(),
            groups: Memory::of(Memory::<bool>::LONG),
            members: Memory::default(),
            settled_group: 0,
            singles: 0,
            lone: Vec::new(),
            labels: Default::default(),
        }
    }
}

impl Across {
    /// How many different ids there were.
    pub fn ids(&self) -> u64 {
        self.ids.len() as u64
    }

    /// Looks up what some records will be compared with when they are settled next. It changes
    /// nothing, but the processor then waits for many places of large tables at once and not
    /// for one after the other.
    pub fn look_ahead<'a>(&self, records: impl Iterator<Item = &'a Checked> + Clone) {
        let mut known = 0usize;
        let mut count = |is_known: bool| known += usize::from(is_known);
        for checked in records.clone() {
            count(checked.identity.is_some_and(|id| self.ids.contains(&id)));
        }
        for checked in records.clone() {
            if let Some((currency, _)) = checked.price {
                count(self.products.knows(priced(checked.marks.product, currency)));
            }
            count(self.members.knows(checked.marks.member));
        }
        for checked in records {
            count(self.titles.knows(checked.marks.title));
            count(self.pictures.knows(checked.marks.picture));
        }
        std::hint::black_box(known);
    }

    /// Adds what only the file's order can say of a record; to be called in that order.
    pub fn settle(&mut self, rules: &Rules, raw: &RawRecord, checked: &mut Checked) {
        let is_repeated = checked
            .identity
            .is_some_and(|identity| !self.ids.insert(identity));
        let mut look = Look {
            raw,
            rules,
            out: checked,
        };
        if is_repeated {
            id::report_duplicate(&mut look);
        }
        // A held record is still one of its group, but is not compared with the others.
        self.count_member(&look);
        if look.out.marks == across::Marks::default() || look.out.is_held() {
            return;
        }
        self.settle_uses(&mut look);
        self.settle_product(&mut look);
        self.settle_labels(&mut look);
        if look.out.marks.member != 0 && self.members.recall(look.out.marks.member, ()).is_some() {
            across::report_same(&mut look);
        }
    }

    fn settle_uses(&mut self, look: &mut Look<'_>) {
        let marks = look.out.marks;
        for (memory, mark, rule) in [
            (&mut self.titles, marks.title, &across::CROSS_TITLE_REUSE),
            (&mut self.pictures, marks.picture, &across::CROSS_IMAGE_REUSE),
        ] {
            if mark == 0 {
                continue;
            }
            let group = low(marks.group);
            let Some(uses) = memory.recall(mark, Uses { count: 1, group }) else {
                continue;
            };
            // Members of one group may share it; groups are told apart by half of their hash,
            // so that two may be taken for one, which counts too little.
            if group != 0 && group == uses.group {
                continue;
            }
            *uses = Uses {
                count: uses.count.saturating_add(1),
                group,
            };
            let count = uses.count;
            if count as usize > look.threshold(rule) {
                across::report_reuse(look, rule, count);
            }
        }
    }

    fn settle_product(&mut self, look: &mut Look<'_>) {
        let marks = look.out.marks;
        let (product, Some((currency, price))) = (marks.product, look.out.price) else {
            return;
        };
        if product == 0 {
            return;
        }
        let product = priced(product, currency);
        let cents = u32::try_from(price).unwrap_or(u32::MAX);
        let first = Offers {
            variant: low(marks.variant),
            low: cents,
            high: cents,
        };
        let Some(offers) = self.products.recall(product, first) else {
            return;
        };
        let known = *offers;
        offers.low = known.low.min(cents);
        offers.high = known.high.max(cents);
        let factor = look.threshold(&across::CROSS_PRICE_SPREAD) as u64;
        let (lowest, highest, price) = (u64::from(known.low), u64::from(known.high), u64::from(cents));
        if price > lowest * factor {
            across::report_spread(look, lowest);
        } else if highest > price * factor {
            across::report_spread(look, highest);
        }
        let variant =
            |variant: u32| product.rotate_left(31) ^ u64::from(variant).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.variants.recall(variant(known.variant), ());
        if self.variants.recall(variant(first.variant), ()).is_some() {
            across::report_ambiguous(look);
        }
    }

    fn count_member(&mut self, look: &Look<'_>) {
        let marks = &look.out.marks;
        if marks.member == 0 {
            return;
        }
        // Members mostly stand one after the other, and from the third on there is no news.
        if marks.group == self.settled_group {
            return;
        }
        match self.groups.recall(marks.group, true) {
            None => {
                self.singles += 1;
                if self.lone.len() < EXAMPLES {
                    self.lone.push(Lone {
                        group: marks.group,
                        position: look.raw.position(),
                        id: look.out.id().to_owned(),
                        value: look.value(Attribute::ItemGroupId).unwrap_or_default().to_owned(),
                    });
                }
            }
            Some(is_single) => {
                if std::mem::take(is_single) {
                    self.singles -= 1;
                    self.lone.retain(|lone| lone.group != marks.group);
                }
                self.settled_group = marks.group;
            }
        }
    }

    fn settle_labels(&mut self, look: &mut Look<'_>) {
        for (place, mark) in look.out.marks.labels.into_iter().enumerate() {
            let known = &mut self.labels[place];
            if mark == 0 || known.contains(&mark) {
                continue;
            }
            if known.len() < look.threshold(&across::LABEL_VALUES) {
                known.insert(mark);
            } else {
                across::report_values(look, place);
            }
        }
    }

    /// What only the end of the file can tell; nothing of it is said of a single record.
    pub fn at_end(&self, rules: &Rules) -> Vec<AtEnd> {
        if self.singles == 0 || self.groups.is_partial {
            return Vec::new();
        }
        let rule = &across::GROUP_SINGLE;
        let standing = rules.standing(rule);
        let version = rules.contract().version;
        let told = |severity: Severity, is_trial| AtEnd {
            rule,
            severity,
            is_trial,
            records: self.singles,
            examples: self
                .lone
                .iter()
                .map(|lone| {
                    let violation = Violation {
                        code: Cow::Borrowed(rule.code),
                        severity,
                        attribute: rule.attribute.map(Cow::Borrowed),
                        value: cut(&lone.value, Violation::VALUE_LIMIT).to_owned(),
                        message: format!("Group {} has no other member in this file.", Quoted(&lone.value)),
                        suggestion: None,
                        contract_version: version,
                        place: None,
                    };
                    (lone.position, lone.id.clone(), violation)
                })
                .collect(),
        };
        let live = standing.live.map(|severity| told(severity, false));
        let trial = standing.shadow.map(|severity| told(severity, true));
        live.into_iter().chain(trial).collect()
    }
}

/// A product in one currency: prices are compared with those of the same.
fn priced(product: u64, currency: Currency) -> u64 {
    product ^ currency.number() << 40
}

/// The lower half of a hash, which is enough to tell a few apart.
#[expect(clippy::cast_possible_truncation, reason = "half of it is what is wanted")]
fn low(hash: u64) -> u32 {
    hash as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::example;
    use proptest::prelude::*;

    /// What is told of each of these records, and at the end.
    fn told(records: &[Vec<(&str, String)>]) -> (Vec<Vec<&'static str>>, u64) {
        let rules = Rules::new(&example::contract(), example::moment());
        let (mut across, mut checked) = (Across::default(), Checked::default());
        let found = records
            .iter()
            .enumerate()
            .map(|(place, changes)| {
                let id = format!("SKU-{place}");
                let mut all = vec![("id", id.as_str())];
                all.extend(changes.iter().map(|(name, value)| (*name, value.as_str())));
                let raw = example::record(&all);
                rules.look(&raw, &mut checked);
                across.settle(&rules, &raw, &mut checked);
                checked.failed().map(|(rule, _)| rule.code).collect()
            })
            .collect();
        let end = across.at_end(&rules).iter().map(|told| told.records).sum();
        (found, end)
    }

    fn all_of(records: &[Vec<(&str, String)>]) -> Vec<&'static str> {
        told(records).0.into_iter().flatten().collect()
    }

    #[test]
    fn prices_five_times_apart_pass_and_a_cent_more_does_not() {
        let prices = |prices: &[&str]| {
            let records: Vec<_> = prices
                .iter()
                .enumerate()
                .map(|(place, price)| vec![("price", format!("{price} EUR")), ("size", place.to_string())])
                .collect();
            all_of(&records)
        };
        assert!(prices(&["4.00", "20.00"]).is_empty());
        assert_eq!(prices(&["4.00", "20.01"]), ["CROSS_PRICE_SPREAD"]);
        assert_eq!(prices(&["20.01", "4.00"]), ["CROSS_PRICE_SPREAD"]);
        assert_eq!(prices(&["10.00", "30.00", "3.00"]), ["CROSS_PRICE_SPREAD"]);
    }

    #[test]
    fn a_pack_of_six_or_a_used_one_is_another_offer() {
        let offer = |name: &'static str, value: &str| {
            let records = [
                vec![("size", "1".to_owned())],
                vec![("price", "400.00 EUR".to_owned()), (name, value.to_owned())],
            ];
            all_of(&records)
        };
        assert!(offer("multipack", "6").is_empty());
        assert!(offer("condition", "used").is_empty());
        assert_eq!(offer("color", "red"), ["CROSS_PRICE_SPREAD"]);
    }

    #[test]
    fn a_gtin_comes_twice_only_in_two_variants() {
        let sizes = |sizes: &[&str]| {
            let records: Vec<_> = sizes
                .iter()
                .map(|size| vec![("size", (*size).to_owned())])
                .collect();
            all_of(&records)
        };
        assert!(sizes(&["S", "M", "L"]).is_empty());
        assert_eq!(sizes(&["S", "M", "M"]), ["GTIN_AMBIGUOUS"]);
        assert_eq!(sizes(&["S", "M", "S"]), ["GTIN_AMBIGUOUS"]);
    }

    #[test]
    fn the_products_of_one_group_may_share_their_picture_and_title() {
        let gtin = |n: usize| format!("{n:08}");
        let records = |group: bool, count: usize| -> Vec<_> {
            (0..count)
                .map(|n| {
                    let mut record = vec![("gtin", String::new()), ("mpn", gtin(n)), ("size", n.to_string())];
                    if group {
                        record.push(("item_group_id", "G1".to_owned()));
                    }
                    record
                })
                .collect()
        };
        assert!(all_of(&records(true, 60)).is_empty());
        assert!(all_of(&records(false, 20)).is_empty());
        let found = all_of(&records(false, 51));
        let count = |code| found.iter().filter(|found| **found == code).count();
        assert_eq!((count("CROSS_TITLE_REUSE"), count("CROSS_IMAGE_REUSE")), (31, 1));
    }

    #[test]
    fn groups_of_one_are_counted_at_the_end_and_members_must_differ() {
        let of = |group: &str, size: &str, mpn: &str| {
            vec![
                ("item_group_id", group.to_owned()),
                ("size", size.to_owned()),
                ("gtin", String::new()),
                ("mpn", mpn.to_owned()),
            ]
        };
        let (found, end) = told(&[
            of("A", "S", "1"),
            of("B", "S", "2"),
            of("A", "M", "3"),
            of("A", "M", "4"),
        ]);
        assert_eq!(found.concat(), ["GROUP_SAME"]);
        assert_eq!(end, 1);
    }

    #[test]
    fn a_group_whose_other_members_are_held_is_no_group_of_one() {
        let of = |price: &str| vec![("item_group_id", "A".to_owned()), ("price", price.to_owned())];
        let (found, end) = told(&[of("15.00 EUR"), of("0.00 EUR")]);
        assert_eq!((found.concat(), end), (vec!["PRICE_ZERO"], 0));
    }

    #[test]
    fn held_records_are_not_compared() {
        let records = [
            vec![("price", "0.00 EUR".to_owned())],
            vec![],
            vec![("price", "0.00 EUR".to_owned())],
        ];
        assert_eq!(all_of(&records), ["PRICE_ZERO", "PRICE_ZERO"]);
    }

    #[test]
    fn a_label_has_a_thousand_values_and_then_one_too_many() {
        let records = |count: usize| -> Vec<_> {
            (0..count)
                .map(|n| {
                    vec![
                        ("custom_label_2", n.to_string()),
                        ("title", format!("Mug {n}")),
                        ("image_link", format!("https://shop.example/{n}.jpg")),
                        ("gtin", String::new()),
                        ("mpn", "1".to_owned()),
                    ]
                })
                .collect()
        };
        assert!(all_of(&records(1000)).is_empty());
        assert_eq!(all_of(&records(1001)), ["LABEL_VALUES"]);
    }

    proptest! {
        #[test]
        fn what_is_recalled_was_there_and_a_small_file_is_recalled_whole(keys in prop::collection::vec(0u64..40, 0..200)) {
            let (mut small, mut large) = (Memory::of(8), Memory::of(64));
            let mut seen = HashSet::new();
            for key in keys {
                let is_known = !seen.insert(key);
                // A forgotten value is new; one that never came is never known.
                prop_assert!(small.recall(key, ()).is_none() || is_known);
                prop_assert_eq!(large.recall(key, ()).is_some(), is_known);
                prop_assert!(small.young.len() + small.old.len() <= 16);
            }
            prop_assert!(!large.is_partial);
            prop_assert!(small.is_partial || seen.len() <= 16);
        }
    }
}
