//! Turns a record as sent into the words of the contract, as the feed's profile says.
//!
//! Names are settled when they are met (see [`crate::domain::record::Dictionary`]); what is
//! left for each record is done here, on whichever core parses it: values that mean others,
//! fixed values, decimal marks, currencies and units. The record's original bytes stay as they
//! were sent. What cannot be read in one way only stays as it is, for the contract to judge.

use super::mended::Fixes;
use crate::domain::contract::Currency;
use crate::domain::profile::Profile;
use crate::domain::record::{Attribute, Names, RawRecord, rank};
use std::collections::HashMap;
use std::fmt::Write;

/// The attributes that are amounts of money.
const MONEY: &[Attribute] = &[
    Attribute::Price,
    Attribute::SalePrice,
    Attribute::CostOfGoodsSold,
    Attribute::AutoPricingMinPrice,
    Attribute::MaximumRetailPrice,
];
const WEIGHTS: &[Attribute] = &[Attribute::ShippingWeight, Attribute::ProductWeight];
const LENGTHS: &[Attribute] = &[
    Attribute::ShippingLength,
    Attribute::ShippingWidth,
    Attribute::ShippingHeight,
    Attribute::ProductLength,
    Attribute::ProductWidth,
    Attribute::ProductHeight,
];

/// What is done to each record of one feed.
#[derive(Debug, Default)]
pub struct Adapter {
    decimal: Option<char>,
    currency: Option<Currency>,
    weight_unit: Option<String>,
    length_unit: Option<String>,
    /// By slot of the attribute: values as sent, to values as meant.
    values: Vec<Option<HashMap<String, String>>>,
    /// The attributes whose values may change, a bit each.
    changed: u128,
    /// Values that every record gets, then those that a record gets which has none.
    fixed: Vec<(Attribute, String)>,
    missing: Vec<(Attribute, String)>,
    /// The attributes with a fixed value, a bit each.
    replaced: u128,
    leaves_out: bool,
    fixes: Fixes,
}

fn bit(attribute: Attribute) -> u128 {
    1 << attribute as u32
}

impl Adapter {
    /// What a resolved profile asks to be done; none when names are all it explains.
    pub fn of(profile: &Profile) -> Option<Self> {
        let mut adapter = Self {
            decimal: profile.decimal,
            currency: profile.currency,
            weight_unit: profile.weight_unit.clone(),
            length_unit: profile.length_unit.clone(),
            leaves_out: profile.map.values().any(String::is_empty)
                || profile.columns.iter().flatten().any(String::is_empty),
            fixes: Fixes::of(profile),
            ..Self::default()
        };
        let says_number = adapter.decimal.is_some();
        for (attributes, is_said) in [
            (MONEY, adapter.currency.is_some()),
            (WEIGHTS, adapter.weight_unit.is_some()),
            (LENGTHS, adapter.length_unit.is_some()),
        ] {
            if is_said || says_number {
                adapter.changed |= attributes.iter().fold(0, |bits, a| bits | bit(*a));
            }
        }
        for (name, pairs) in &profile.values {
            let Some(attribute) = Attribute::of(name) else {
                continue;
            };
            adapter.values.resize_with(Attribute::COUNT, || None);
            adapter.changed |= bit(attribute);
            if let Some(value) = pairs.get("") {
                adapter.missing.push((attribute, value.clone()));
            }
            let pairs = pairs
                .iter()
                .map(|(sent, meant)| (sent.trim().to_lowercase(), meant.clone()));
            adapter.values[attribute as usize] = Some(pairs.collect());
        }
        for (name, value) in &profile.fixed {
            let Some(attribute) = Attribute::of(name) else {
                continue;
            };
            adapter.replaced |= bit(attribute);
            adapter.fixed.push((attribute, value.clone()));
        }
        let acts = adapter.changed | adapter.replaced != 0 || adapter.leaves_out || !adapter.fixes.is_empty();
        acts.then_some(adapter)
    }

    /// Makes room for the names that no file sends; to be called once, before records.
    pub fn prepare(&self, names: &mut Names) {
        for (attribute, _) in self.fixed.iter().chain(&self.missing) {
            names.push_own(*attribute);
        }
        for attribute in self.fixes.own() {
            names.push_own(attribute);
        }
    }

    /// Turns one record.
    pub fn adapt(&self, record: &mut RawRecord) {
        if self.leaves_out || self.replaced != 0 {
            record.retain(|name| {
                name.rank != rank::LEFT_OUT && name.attribute.is_none_or(|a| self.replaced & bit(a) == 0)
            });
        }
        if self.changed != 0 {
            let mut present = 0u128;
            let mut changed = String::new();
            for index in 0..record.len() {
                let (number, value) = record.field(index);
                let Some(attribute) = record.names().name(number).attribute else {
                    continue;
                };
                let is_empty = value.trim().is_empty();
                changed.clear();
                if self.changed & bit(attribute) != 0 && self.change(attribute, value.trim(), &mut changed) {
                    record.replace(index, &changed);
                }
                if !is_empty || !changed.is_empty() {
                    present |= bit(attribute);
                }
            }
            for (place, (attribute, value)) in self.missing.iter().enumerate() {
                if present & bit(*attribute) == 0
                    && let Some(number) = record.names().own().get(self.fixed.len() + place).copied()
                {
                    record.push(number, value);
                }
            }
        }
        for (place, (_, value)) in self.fixed.iter().enumerate() {
            if let Some(number) = record.names().own().get(place).copied() {
                record.push(number, value);
            }
        }
        self.fixes.make(record, self.fixed.len() + self.missing.len());
    }

    /// Writes what a value means; false when it means itself.
    fn change(&self, attribute: Attribute, value: &str, out: &mut String) -> bool {
        if let Some(Some(pairs)) = self.values.get(attribute as usize) {
            let meant = pairs.get(value).or_else(|| pairs.get(&value.to_lowercase()));
            let other = || pairs.get("*").filter(|_| !value.is_empty());
            if let Some(meant) = meant.or_else(other) {
                out.push_str(meant);
                return true;
            }
        }
        if MONEY.contains(&attribute) {
            return self.price(value, out).is_some();
        }
        let unit = if WEIGHTS.contains(&attribute) {
            &self.weight_unit
        } else if LENGTHS.contains(&attribute) {
            &self.length_unit
        } else {
            return false;
        };
        self.measure(value, unit.as_deref(), out).is_some()
    }

    /// `1.144,00 €` as `1144.00 EUR`.
    fn price(&self, value: &str, out: &mut String) -> Option<()> {
        let number = Number::find(value, self.decimal)?;
        let written = match (number.before, number.after) {
            ("", "") => None,
            (word, "") | ("", word) => {
                let agreed = self.currency.filter(|currency| currency.is_written(word));
                let own = agreed.or_else(|| Currency::parse(word).ok());
                Some(own.or_else(|| Currency::of_symbol(word))?)
            }
            _ => return None,
        };
        number.write(out);
        if let Some(currency) = written.or(self.currency) {
            // Writing to a String cannot fail.
            let _ = write!(out, " {currency}");
        }
        Some(())
    }

    /// `1,5` as `1.5 kg`.
    fn measure(&self, value: &str, unit: Option<&str>, out: &mut String) -> Option<()> {
        let number = Number::find(value, self.decimal).filter(|number| number.before.is_empty())?;
        number.write(out);
        let unit = if number.after.is_empty() {
            unit
        } else {
            Some(number.after)
        };
        if let Some(unit) = unit {
            out.push(' ');
            out.push_str(unit);
        }
        Some(())
    }
}

/// The one number in a value, and the words around it.
struct Number<'a> {
    before: &'a str,
    is_negative: bool,
    whole: &'a str,
    decimals: &'a str,
    after: &'a str,
}

impl<'a> Number<'a> {
    /// Finds a number that has one reading only, given the mark before its decimals. Where
    /// that mark is known, another one may stand between thousands.
    fn find(value: &'a str, decimal: Option<char>) -> Option<Self> {
        let is_digit = |c: char| c.is_ascii_digit();
        let start = value.find(is_digit)?;
        let end = value.rfind(is_digit)? + 1;
        let (before, number, after) = (&value[..start], &value[start..end], value[end..].trim_start());
        let is_negative = before.ends_with('-');
        let before = before.strip_suffix(['-', '+']).unwrap_or(before).trim_end();
        let mark = decimal.unwrap_or('.');
        let (whole, decimals) = number.split_once(mark).unwrap_or((number, ""));
        let is_whole =
            whole.bytes().all(|b| b.is_ascii_digit()) || (decimal.is_some() && is_grouped(whole, mark));
        let is_sound = !whole.is_empty() && is_whole && decimals.bytes().all(|b| b.is_ascii_digit());
        is_sound.then_some(Self {
            before,
            is_negative,
            whole,
            decimals,
            after,
        })
    }

    fn write(&self, out: &mut String) {
        if self.is_negative {
            out.push('-');
        }
        out.extend(self.whole.chars().filter(char::is_ascii_digit));
        if !self.decimals.is_empty() {
            out.push('.');
            out.push_str(self.decimals);
        }
    }
}

/// Whether digits stand in groups of three behind a first one, with the same mark between them.
fn is_grouped(whole: &str, mark: char) -> bool {
    let Some(between) = whole.chars().find(|c| !c.is_ascii_digit()) else {
        return true;
    };
    let allowed = ['.', ',', '\'', '’', ' ', '\u{a0}', '\u{202f}'];
    let mut groups = whole.split(between);
    let is_group = |group: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&group.len()) && group.bytes().all(|b| b.is_ascii_digit())
    };
    between != mark
        && allowed.contains(&between)
        && groups.next().is_some_and(|first| is_group(first, 1..=3))
        && groups.all(|group| is_group(group, 3..=3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::{Attributes, Position};

    fn adapt(profile: &Profile, sent: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let sent = Attributes(sent.iter().map(own).collect());
        let mut record = RawRecord::from_attributes(&sent, Position::default());
        Adapter::of(profile).expect("it acts").adapt(&mut record);
        record.to_attributes().0
    }

    #[test]
    fn a_known_decimal_mark_leaves_one_reading_of_a_price() {
        for (decimal, sent, understood) in [
            (',', "12,50", "12.50 EUR"),
            (',', "2095,0", "2095.0 EUR"),
            (',', "1.144,00 €", "1144.00 EUR"),
            (',', "1.144", "1144 EUR"),
            (',', "1 234 567,89", "1234567.89 EUR"),
            (',', "-5,00", "-5.00 EUR"),
            (',', "15 USD", "15 USD"),
            (',', "zł 15,99", "15.99 PLN"),
            ('.', "1,144.00", "1144.00 EUR"),
            ('.', "12.50", "12.50 EUR"),
            // These have no reading under the mark, and stay for the contract to judge.
            (',', "15.95", "15.95"),
            (',', "1.44.000,00", "1.44.000,00"),
            ('.', "12,50", "12,50"),
            (',', "SR 1,195", "SR 1,195"),
            (',', "10,00 - 20,00", "10,00 - 20,00"),
            (',', "from 10 EUR", "from 10 EUR"),
            (',', "no price", "no price"),
            (',', "", ""),
        ] {
            let profile = Profile {
                decimal: Some(decimal),
                currency: Currency::of("EUR"),
                ..Profile::default()
            };
            let adapted = adapt(&profile, &[("price", sent)]);
            assert_eq!(adapted[0].1, understood, "{sent:?} with {decimal:?}");
        }
    }

    #[test]
    fn without_a_decimal_mark_a_currency_is_added_to_plain_numbers_alone() {
        let profile = Profile {
            currency: Currency::of("PLN"),
            ..Profile::default()
        };
        for (sent, understood) in [
            ("75", "75 PLN"),
            ("6.6", "6.6 PLN"),
            ("6,60", "6,60"),
            ("1,144", "1,144"),
        ] {
            assert_eq!(adapt(&profile, &[("price", sent)])[0].1, understood, "{sent}");
        }
    }

    #[test]
    fn measures_get_their_unit() {
        let profile = Profile {
            decimal: Some(','),
            weight_unit: Some("kg".to_owned()),
            length_unit: Some("cm".to_owned()),
            ..Profile::default()
        };
        for (name, sent, understood) in [
            ("shipping_weight", "1,5", "1.5 kg"),
            ("shipping_weight", "500 g", "500 g"),
            ("product_length", "51", "51 cm"),
            ("product_length", "51,5in", "51.5 in"),
        ] {
            assert_eq!(adapt(&profile, &[(name, sent)])[0].1, understood, "{name} {sent}");
        }
    }

    #[test]
    fn values_are_translated_and_the_star_stands_for_all_others() {
        let pairs = [("", "out_of_stock"), ("Ja", "in_stock"), ("*", "backorder")];
        let pairs = pairs.map(|(sent, meant)| (sent.to_owned(), meant.to_owned()));
        let profile = Profile {
            values: [("availability".to_owned(), pairs.into())].into(),
            ..Profile::default()
        };
        for (sent, understood) in [(" JA ", "in_stock"), ("soon", "backorder"), ("", "out_of_stock")] {
            assert_eq!(
                adapt(&profile, &[("availability", sent)])[0].1,
                understood,
                "{sent:?}"
            );
        }
        assert_eq!(
            adapt(&profile, &[("title", "Ja")])[0].1,
            "Ja",
            "other attributes stay"
        );
    }

    #[test]
    fn a_profile_that_only_maps_names_does_nothing_to_records() {
        let profile = Profile {
            map: [("Nr".to_owned(), "id".to_owned())].into(),
            encoding: Some("windows-1252".to_owned()),
            ..Profile::default()
        };
        assert!(Adapter::of(&profile).is_none());
        assert!(Adapter::of(&Profile::default()).is_none());
    }
}
