//! Makes the fixes that a feed's profile keeps in each record, behind all else that it says, as
//! [`Fix::apply`] makes them in a held one.

use crate::domain::bulk::fix::{Change, Fix};
use crate::domain::profile::Profile;
use crate::domain::record::{Attribute, Name, RawRecord};

/// The fixes of one feed, in their order.
#[derive(Debug, Default)]
pub struct Fixes(Vec<(Fix, Option<Attribute>)>);

impl Fixes {
    /// Those that a resolved profile keeps.
    pub fn of(profile: &Profile) -> Self {
        let fixes = profile.fixes.iter().map(|kept| {
            let writes_anew = matches!(kept.change, Change::Set | Change::Take);
            let new = Attribute::of(&kept.attribute).filter(|_| writes_anew);
            (kept.fix(), new)
        });
        Self(fixes.collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The attributes that a record may get which has none, in the order in which they are needed.
    pub fn own(&self) -> impl Iterator<Item = Attribute> {
        self.0.iter().filter_map(|(_, new)| *new)
    }

    /// Makes them in a record; `first` is where the numbers of [`Self::own`] begin among those that
    /// no file sends.
    pub fn make(&self, record: &mut RawRecord, first: usize) {
        let mut own = first;
        for (fix, new) in &self.0 {
            let number = record.names().own().get(own).copied();
            own += usize::from(new.is_some());
            match fix.change {
                Change::Set => put(record, fix, number.filter(|_| new.is_some()), fix.to.clone()),
                Change::Take => {
                    // What is not there cannot be taken.
                    let taken = record.get(&fix.from).filter(|value| !value.trim().is_empty());
                    if let Some(value) = taken.map(str::to_owned) {
                        put(record, fix, number.filter(|_| new.is_some()), value);
                    }
                }
                _ => change(record, fix),
            }
        }
    }
}

fn is_meant(name: &Name, fix: &Fix) -> bool {
    *name.text == *fix.attribute
}

/// One value in place of all that the attribute has.
fn put(record: &mut RawRecord, fix: &Fix, number: Option<u16>, value: String) {
    if let Some(number) = number {
        record.retain(|name| !is_meant(name, fix));
        record.push(number, &value);
    }
}

fn change(record: &mut RawRecord, fix: &Fix) {
    for index in 0..record.len() {
        let (number, value) = record.field(index);
        if !is_meant(record.names().name(number), fix) {
            continue;
        }
        if let Some(other) = fix.other(value) {
            record.replace(index, &other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::profile::Kept;
    use crate::domain::record::{Attributes, Names, Position};
    use crate::server::feed::adapt::Adapter;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn kept(attribute: &str, change: Change, from: &str, to: &str) -> Kept {
        Kept {
            attribute: attribute.into(),
            change,
            from: from.into(),
            to: to.into(),
            by: String::new(),
            on: None,
            why: String::new(),
        }
    }

    /// The record as a reader with these fixes gives it.
    fn read(fixes: Vec<Kept>, sent: &[(&str, &str)]) -> Attributes {
        let profile = Profile {
            fixes,
            ..Profile::default()
        };
        let adapter = Adapter::of(&profile).expect("it acts");
        let mut names = Names::default();
        adapter.prepare(&mut names);
        let numbers: Vec<u16> = sent
            .iter()
            .map(|(name, _)| names.number(name).expect("room"))
            .collect();
        let mut record = RawRecord::default();
        record.begin(&Arc::new(names), Position::default());
        for (number, (_, value)) in numbers.into_iter().zip(sent) {
            record.push(number, value);
        }
        adapter.adapt(&mut record);
        record.to_attributes()
    }

    fn sorted(attributes: &Attributes) -> Vec<(&str, &str)> {
        let mut pairs: Vec<_> = attributes.iter().collect();
        pairs.sort_unstable();
        pairs
    }

    #[test]
    fn fixes_are_made_one_behind_the_other() {
        let fixes = vec![
            kept("brand", Change::Take, "title", ""),
            kept("brand", Change::Upper, "", ""),
            kept("condition", Change::Set, "", "new"),
        ];
        let read = read(fixes, &[("id", "1"), ("g:title", "Lamp")]);
        assert_eq!(read.get("brand"), Some("LAMP"));
        assert_eq!(read.get("condition"), Some("new"));
        assert_eq!(read.get("title"), Some("Lamp"));
    }

    proptest! {
        #[test]
        fn a_fix_makes_of_a_record_that_is_read_what_it_makes_of_one_that_is_held(
            price in "[ -~€]{0,24}", title in "[a-zA-Z ]{0,9}", change in 0usize..10, to in "[a-z]{1,4}",
        ) {
            let change = Change::ALL[change];
            let from = if change == Change::Take { "title" } else { "a" };
            let fix = kept("price", change, from, &to);
            let sent = [("id", "1"), ("title", &*title), ("price", &*price)];
            let held = Attributes(sent.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
            let expected = fix.fix().apply(&held).unwrap_or(held);
            let read = read(vec![fix], &sent);
            prop_assert_eq!(sorted(&read), sorted(&expected));
        }
    }
}
