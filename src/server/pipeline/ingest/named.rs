//! Remembers, in 20 bytes a record, what a file says, so that it can be compared with the
//! catalogue before anything is written, and so that only what differs is written.
//!
//! The survey adds every record. The catalogue is then gone through once: each item finds its
//! product here, or is found to be gone. What stays unmatched is new. The second reading of the
//! file takes up the [`Wanted`] records alone, asks what to do with each and need look nothing up
//! in the database.
//!
//! Of a product that a file names twice, where its contract lets both pass, the last counts.
//!
//! Products are known by 64 bits of their id, values by 63 bits of their hash; once its product
//! was found in the catalogue, the same room has the price that is replaced. Two ids of a
//! million are taken for one with a probability of 3 in 10⁸; then the one would keep the other
//! alive.

use super::lines::{HASHED, Line, pack, unpack, values};
use crate::domain::contract::identity;
use crate::domain::jump::Price;
use crate::server::store::Stored;

/// The product is named by a held record only.
const HELD: u64 = 0;
/// The catalogue says the same.
const UNCHANGED: u64 = 1;
/// An earlier, killed try of this very delivery wrote it.
const WRITTEN: u64 = 2;
/// The catalogue says something else, or has withdrawn it.
const CHANGED: u64 = 3;
/// The bits that say which of these it is. The others have the price that it replaces.
const STANDING: u64 = 0b11;
/// With this bit it is the hash of the values of a product that is new.
const NEW: u64 = HASHED;

/// What is to be done with a record that passed. The price is that of the item before it, where
/// it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// It is new: insert it.
    Insert,
    /// It takes the place of an item.
    Replace(Option<Price>),
    /// Nothing; the catalogue says the same.
    Keep,
    /// Nothing; this delivery wrote it in an earlier try.
    Written(Option<Price>),
}

/// There are millions of them, so none is padded.
#[derive(Debug, Clone, Copy)]
#[repr(C, packed(4))]
struct Entry {
    product: u64,
    values: u64,
    /// The number of the record in the file, times two, and one more if it has a warning. A file
    /// within the limits has fewer than 2³¹ records.
    place: u32,
}

fn place(number: u64, has_warning: bool) -> u32 {
    u32::try_from(number << 1 | u64::from(has_warning)).unwrap_or(u32::MAX)
}

impl Entry {
    fn number(self) -> usize {
        self.place as usize >> 1
    }

    /// Whether its record is to be read again: to be written, or because its price jumped when an
    /// earlier try wrote it.
    fn is_wanted(self) -> bool {
        self.values >= CHANGED
    }

    /// Whether its record is new or takes the place of an item.
    fn is_written_anew(self) -> bool {
        self.values >= NEW || self.values & STANDING == CHANGED
    }
}

/// Records of a file, by their numbers: a bit each.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    bits: Vec<u64>,
    count: u64,
}

impl Wanted {
    /// Whether record `number`, counted from 1, is among them.
    pub(super) fn has(&self, number: u64) -> bool {
        let word = usize::try_from(number / 64)
            .ok()
            .and_then(|word| self.bits.get(word));
        word.is_some_and(|bits| bits >> (number % 64) & 1 == 1)
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    fn add(&mut self, number: usize) {
        if self.bits.len() <= number / 64 {
            self.bits.resize(number / 64 + 1, 0);
        }
        self.bits[number / 64] |= 1 << (number % 64);
        self.count += 1;
    }
}

/// The products that a file names, while they are added.
#[derive(Debug, Default)]
pub(super) struct Naming {
    entries: Vec<Entry>,
    nameless: Vec<u64>,
}

impl Naming {
    /// Adds a record that passed: the `number`th of the file.
    pub(super) fn pass(&mut self, product: u64, hash: [u8; 16], number: u64, has_warning: bool) {
        self.entries.push(Entry {
            product,
            values: values(&hash),
            place: place(number, has_warning),
        });
    }

    /// Adds a record that is held: its product is named, whatever it says of it.
    pub(super) fn hold(&mut self, product: u64) {
        self.entries.push(Entry {
            product,
            values: HELD,
            place: 0,
        });
    }

    /// Adds a record that is held and has no id, by what stands for the key it is held under.
    pub(super) fn hold_nameless(&mut self, key: u64) {
        self.nameless.push(key);
    }

    /// Ends the adding.
    pub(super) fn done(self) -> Named {
        let (mut entries, mut nameless) = (self.entries, self.nameless);
        nameless.sort_unstable();
        entries.sort_unstable_by_key(|e| (e.product, std::cmp::Reverse(e.place)));
        // Of one product the last record that passed is left; one that is held has no place.
        entries.dedup_by_key(|e| e.product);
        let mut starts = Vec::with_capacity(SHELVES + 1);
        let mut place = 0;
        for number in 0..SHELVES {
            starts.push(place);
            while entries.get(place).is_some_and(|e| shelf_of(e.product) == number) {
                place += 1;
            }
        }
        starts.push(place);
        Named {
            entries,
            starts,
            nameless,
        }
    }
}

/// Entries are found by the first bits of the product, then among the few that share them.
const SHELVES: usize = 1 << 14;

fn shelf_of(product: u64) -> usize {
    // 14 bits fit any usize.
    usize::try_from(product >> 50).unwrap_or(0)
}

/// The products that a file names.
#[derive(Debug)]
pub(super) struct Named {
    entries: Vec<Entry>,
    starts: Vec<usize>,
    /// What stands for the keys of held records without an id, in order.
    nameless: Vec<u64>,
}

impl Named {
    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    fn find(&self, wanted: u64) -> Option<usize> {
        let number = shelf_of(wanted);
        let (start, end) = (self.starts[number], self.starts[number + 1]);
        let found = self.entries[start..end].binary_search_by_key(&wanted, |e| e.product);
        found.ok().map(|place| start + place)
    }

    /// Whether the file names the product with this case-folded id.
    pub(super) fn names(&self, key: &str) -> bool {
        self.find(identity(key)).is_some()
    }

    /// Whether the file has a record under this key, which is as [`super::judge::key`] says.
    pub(super) fn has_key(&self, key: &str) -> bool {
        self.names(key) || self.nameless.binary_search(&identity(key)).is_ok()
    }

    /// Whether something is to be told of the record of this product that passed.
    pub(super) fn has_warning(&self, product: u64) -> bool {
        self.find(product)
            .is_some_and(|place| self.entries[place].place & 1 == 1)
    }

    /// Compares with an item of the catalogue, whose line is given with it, as `delivery` finds it.
    pub(super) fn compare(&mut self, line: Line, item: &Stored<'_>, delivery: &str) -> Met {
        let was = (item.delivery == delivery).then(|| pack(item.was.and_then(Price::parse)));
        self.meet(line, was)
    }

    /// Compares with the line of an item. Where an earlier try of this delivery wrote that,
    /// `was` is the price before.
    pub(super) fn meet(&mut self, line: Line, was: Option<u64>) -> Met {
        let stays = line.is_live();
        let Some(place) = self.find(line.product) else {
            return if stays { Met::Gone } else { Met::Absent };
        };
        let entry = &mut self.entries[place];
        if entry.values >= NEW {
            entry.values = match was {
                _ if !stays || line.values != entry.values => CHANGED | line.price() << 2,
                Some(was) => WRITTEN | was << 2,
                None => UNCHANGED,
            };
            if !stays {
                return Met::Back;
            }
        }
        if stays { Met::Stays } else { Met::Absent }
    }

    /// What is said of an item after this file has taken effect; none where the file wrote it.
    pub(super) fn outlive(&self, line: Line) -> Option<Line> {
        match self.find(line.product) {
            None => Some(line.withdrawn()),
            Some(place) => (!self.entries[place].is_written_anew()).then_some(line),
        }
    }

    /// How many items are new or take the place of others.
    pub(super) fn count_written_anew(&self) -> u64 {
        self.entries.iter().filter(|e| e.is_written_anew()).count() as u64
    }

    /// Products that pass and that the catalogue has never had.
    pub(super) fn unmatched(&self) -> u64 {
        self.entries.iter().filter(|e| e.values >= NEW).count() as u64
    }

    /// The records that are to be read again.
    pub(super) fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::default();
        for entry in self.entries.iter().filter(|e| e.is_wanted()) {
            wanted.add(entry.number());
        }
        wanted
    }

    /// How many products an earlier try of this delivery wrote that need not be read again.
    pub(super) fn written(&self) -> u64 {
        self.entries.iter().filter(|e| e.values == WRITTEN).count() as u64
    }

    /// What to do with a record of this product that passed.
    pub(super) fn task(&self, product: u64) -> Task {
        let values = self.find(product).map_or(NEW, |place| self.entries[place].values);
        if values >= NEW {
            return Task::Insert;
        }
        match values & STANDING {
            UNCHANGED => Task::Keep,
            WRITTEN => Task::Written(unpack(values >> 2)),
            CHANGED => Task::Replace(unpack(values >> 2)),
            // A record that passed is never named as held; should it be, writing it is safe.
            _ => Task::Replace(None),
        }
    }
}

/// What an item of the catalogue finds in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// It is live and named.
    Stays,
    /// It is live and not named.
    Gone,
    /// It was withdrawn and comes back.
    Back,
    /// It was withdrawn and stays so.
    Absent,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn hash(of: u8) -> [u8; 16] {
        [of; 16]
    }

    fn stored<'a>(key: &'a str, hash: &'a [u8], by: &'a str, withdrawn_by: Option<&'a str>) -> Stored<'a> {
        Stored {
            key,
            hash,
            delivery: by,
            withdrawn_by,
            price: Some("12.00 EUR"),
            was: None,
        }
    }

    fn compare(named: &mut Named, item: &Stored<'_>, delivery: &str) -> Met {
        named.compare(Line::of(item), item, delivery)
    }

    proptest! {
        #[test]
        fn every_product_is_met_once_and_told_apart(
            file in prop::collection::btree_map(0u16..200, prop::option::of(20u8..23), 0..80),
            catalogue in prop::collection::btree_map(0u16..200, (20u8..23, any::<bool>()), 0..80),
        ) {
            let mut naming = Naming::default();
            for (key, values) in &file {
                let product = identity(&key.to_string());
                match values {
                    Some(values) => naming.pass(product, hash(*values), u64::from(*key) + 1, false),
                    None => naming.hold(product),
                }
            }
            let mut named = naming.done();
            prop_assert_eq!(named.len(), file.len() as u64);
            let mut met = BTreeMap::new();
            for (key, (values, live)) in &catalogue {
                let (text, values) = (key.to_string(), hash(*values));
                let withdrawn = (!live).then_some("before");
                met.insert(*key, compare(&mut named, &stored(&text, &values, "old", withdrawn), "new"));
            }
            for (key, (values, live)) in &catalogue {
                let expected = match (file.get(key), live) {
                    (None, true) => Met::Gone,
                    (None | Some(None), false) => Met::Absent,
                    (Some(Some(_)), false) => Met::Back,
                    (Some(_), true) => Met::Stays,
                };
                prop_assert_eq!(met[key], expected);
                if let Some(Some(sent)) = file.get(key) {
                    let expected = if *live && sent == values { Task::Keep } else { Task::Replace(Price::parse("12.00 EUR")) };
                    prop_assert_eq!(named.task(identity(&key.to_string())), expected);
                }
            }
            let anew = file.keys().filter(|key| {
                matches!(named.task(identity(&key.to_string())), Task::Insert | Task::Replace(_)) && file[key].is_some()
            });
            prop_assert_eq!(named.count_written_anew(), anew.count() as u64);
            for (key, (values, live)) in &catalogue {
                let (text, values) = (key.to_string(), hash(*values));
                let line = Line::of(&stored(&text, &values, "old", (!live).then_some("before")));
                let outlives = match file.get(key) {
                    None => Some(line.withdrawn()),
                    Some(Some(_)) if named.task(line.product) != Task::Keep => None,
                    Some(_) => Some(line),
                };
                prop_assert_eq!(named.outlive(line), outlives);
            }
            let new = file.iter().filter(|(key, values)| values.is_some() && !catalogue.contains_key(key)).count();
            prop_assert_eq!(named.unmatched(), new as u64);
        }
    }

    #[test]
    fn of_a_product_sent_twice_the_record_that_passed_counts() {
        let mut naming = Naming::default();
        naming.pass(7, hash(20), 1, false);
        naming.hold(7);
        let named = naming.done();
        assert_eq!((named.len(), named.task(7)), (1, Task::Insert));
    }

    #[test]
    fn what_an_earlier_try_of_the_delivery_wrote_counts_as_written() {
        let mut naming = Naming::default();
        naming.pass(identity("a"), hash(20), 1, false);
        let mut named = naming.done();
        compare(&mut named, &stored("a", &hash(20), "this", None), "this");
        assert_eq!(named.task(identity("a")), Task::Written(None));
        assert_eq!(named.written(), 1);
    }
}
