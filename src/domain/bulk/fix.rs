//! Changes one attribute of many held records by a rule, as somebody would by hand in each.
//!
//! A [`Fix`] says what is changed; [`Fix::apply`] does it to one record's attributes and says
//! whether there was anything to change. It never judges: whether the record passes afterwards is
//! the contract's business.

use super::pattern;
use crate::domain::record::Attributes;
use serde::{Deserialize, Serialize};

/// Longest value that a rule may write or look for, in characters.
pub const VALUE_MAX: usize = 2000;
/// Longest value that comes of a replacement, in bytes: as long as one that is typed. One that would
/// be longer stays as it was.
pub(super) const GROWN_MAX: usize = 100_000;
/// Longest name of an attribute, in bytes.
const NAME_MAX: usize = 200;
/// The attribute that no rule may change: another id is another product.
pub const LOCKED: &str = "id";

/// What is done to the values of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Give it this value, whatever it had.
    Set,
    /// Give it another value where it has exactly this one.
    Map,
    /// Put another text in place of each occurrence of this one.
    Replace,
    /// Put another text in place of whatever matches this pattern.
    Pattern,
    /// Take spaces off its ends, and let single ones stand between words.
    Trim,
    /// Write it in small letters.
    Lower,
    /// Write it in capital letters.
    Upper,
    /// Give it the value of another attribute.
    Take,
    /// Write decimals behind a point.
    Point,
    /// Put the currency behind amounts that name none, or name it by a sign.
    Currency,
}

impl Change {
    /// Every change, in the order in which pages offer them.
    pub const ALL: [Self; 10] = [
        Self::Set,
        Self::Map,
        Self::Replace,
        Self::Pattern,
        Self::Trim,
        Self::Lower,
        Self::Upper,
        Self::Take,
        Self::Point,
        Self::Currency,
    ];

    /// The word for it in documents and forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Map => "map",
            Self::Replace => "replace",
            Self::Pattern => "pattern",
            Self::Trim => "trim",
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Take => "take",
            Self::Point => "point",
            Self::Currency => "currency",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Set => "set it to a value",
            Self::Map => "change one value to another",
            Self::Replace => "replace a text in it",
            Self::Pattern => "replace what matches a pattern",
            Self::Trim => "remove needless spaces",
            Self::Lower => "write it in small letters",
            Self::Upper => "write it in capital letters",
            Self::Take => "take it from another attribute",
            Self::Point => "write decimals behind a point",
            Self::Currency => "put the currency behind it",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.word() == word)
    }

    /// Whether it asks what to look for, and what to write.
    pub fn asks(self) -> (bool, bool) {
        match self {
            Self::Map | Self::Replace | Self::Pattern => (true, true),
            Self::Set | Self::Currency => (false, true),
            Self::Take => (true, false),
            Self::Trim | Self::Lower | Self::Upper | Self::Point => (false, false),
        }
    }
}

/// A change of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// Which attribute.
    pub attribute: String,
    /// What is done to it.
    pub change: Change,
    /// The value or text to look for, or the attribute to take from.
    pub from: String,
    /// The value or text to write.
    pub to: String,
}

/// A fix that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mend {
    /// What is changed.
    pub fix: Fix,
    /// Why; each record that changes keeps it.
    pub why: String,
    /// Who asked.
    pub by: String,
}

impl Fix {
    /// What it does, as a sentence without its end.
    pub fn sentence(&self) -> String {
        let Self {
            attribute, from, to, ..
        } = self;
        match self.change {
            Change::Set => format!("Sets {attribute} to “{to}”"),
            Change::Map => format!("Changes {attribute} to “{to}” where it is “{from}”"),
            Change::Replace if to.is_empty() => format!("Removes “{from}” from {attribute}"),
            Change::Replace => format!("Replaces “{from}” in {attribute} by “{to}”"),
            Change::Pattern if to.is_empty() => format!("Removes what matches “{from}” from {attribute}"),
            Change::Pattern => format!("Replaces what matches “{from}” in {attribute} by “{to}”"),
            Change::Trim => format!("Removes needless spaces from {attribute}"),
            Change::Lower => format!("Writes {attribute} in small letters"),
            Change::Upper => format!("Writes {attribute} in capital letters"),
            Change::Take => format!("Takes {attribute} from {from}"),
            Change::Point => format!("Writes the decimals of {attribute} behind a point"),
            Change::Currency => {
                format!("Puts {to} behind {attribute} where it names no currency by its code")
            }
        }
    }

    /// What cannot be meant by it, as the field it is in and what to do; none when it can be made.
    pub fn fault(&self) -> Option<(&'static str, String)> {
        match self.attribute.as_str() {
            "" => return Some(("attribute", "Name the attribute, such as price.".to_owned())),
            LOCKED => {
                let says = "The id cannot be changed: another id is another product.";
                return Some(("attribute", says.to_owned()));
            }
            name if name.len() > NAME_MAX => {
                return Some(("attribute", "No attribute has so long a name.".to_owned()));
            }
            _ => {}
        }
        let (asks_from, asks_to) = self.change.asks();
        if asks_from && self.from.is_empty() {
            let says = match self.change {
                Change::Take => "Name the attribute to take it from.",
                Change::Map => "Give the value that is changed.",
                Change::Pattern => "Give the pattern, a regular expression such as ^EUR *.",
                _ => "Give the text that is replaced.",
            };
            return Some(("from", says.to_owned()));
        }
        let may_remove = matches!(self.change, Change::Replace | Change::Pattern);
        if asks_to && self.to.is_empty() && !may_remove {
            return Some(("to", "Give the value that is written.".to_owned()));
        }
        if self.change == Change::Currency && !is_currency(&self.to) {
            return Some(("to", "Give the currency by its code, such as EUR.".to_owned()));
        }
        let long = [("from", &self.from), ("to", &self.to)]
            .into_iter()
            .find(|(_, value)| value.chars().count() > VALUE_MAX);
        if let Some((field, _)) = long {
            return Some((field, format!("Keep it under {VALUE_MAX} characters.")));
        }
        if self.change == Change::Pattern {
            let from = pattern::fault(&self.from).map(|says| ("from", says));
            return from.or_else(|| Some(("to", pattern::fault_of_groups(&self.from, &self.to)?)));
        }
        None
    }

    /// The attributes afterwards; none when nothing changes.
    pub fn apply(&self, attributes: &Attributes) -> Option<Attributes> {
        let mut fixed = match self.change {
            Change::Set => self.put(attributes, &self.to),
            // What is not there cannot be taken.
            Change::Take => {
                let taken = attributes
                    .get(&self.from)
                    .filter(|value| !value.trim().is_empty());
                self.put(attributes, taken?)
            }
            _ => attributes.clone(),
        };
        for (_, value) in fixed.0.iter_mut().filter(|(name, _)| *name == self.attribute) {
            if let Some(other) = self.other(value) {
                *value = other;
            }
        }
        (fixed != *attributes).then_some(fixed)
    }

    /// With one value in place of all that the attribute has.
    fn put(&self, attributes: &Attributes, value: &str) -> Attributes {
        let mut found = false;
        let mut pairs = Vec::with_capacity(attributes.0.len() + 1);
        for (name, before) in &attributes.0 {
            if *name != self.attribute {
                pairs.push((name.clone(), before.clone()));
            } else if !found {
                pairs.push((name.clone(), value.to_owned()));
                found = true;
            }
        }
        if !found {
            pairs.push((self.attribute.clone(), value.to_owned()));
        }
        Attributes(pairs)
    }

    fn replaced(&self, value: &str) -> Option<String> {
        let found = value.matches(&self.from).count();
        let grown = value.len() - found * self.from.len() + found * self.to.len();
        (grown <= GROWN_MAX).then(|| value.replace(&self.from, &self.to))
    }

    /// What a value becomes; none for the changes that do not look at it, and where it stays.
    pub(crate) fn other(&self, value: &str) -> Option<String> {
        match self.change {
            Change::Set | Change::Take => None,
            Change::Map => (value == self.from).then(|| self.to.clone()),
            Change::Replace => self.replaced(value),
            Change::Pattern => pattern::replace(&self.from, value, &self.to),
            Change::Trim => Some(value.split_whitespace().collect::<Vec<_>>().join(" ")),
            Change::Lower => Some(value.to_lowercase()),
            Change::Upper => Some(value.to_uppercase()),
            Change::Point => pointed(value),
            Change::Currency => with_currency(value, &self.to),
        }
    }
}

fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())
}

/// The first number of a value with its decimals behind a point and nothing between its
/// thousands; none where that is so already, or where nobody can tell: `1,234` may be either.
fn pointed(value: &str) -> Option<String> {
    let is_of_number =
        |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | ' ' | '\u{a0}' | '\u{202f}');
    let start = value.find(|c: char| c.is_ascii_digit())?;
    let length = value[start..]
        .find(|c: char| !is_of_number(c))
        .unwrap_or(value.len() - start);
    let number = value[start..start + length].trim_end_matches(|c: char| !c.is_ascii_digit());
    let comma = number.rfind(',')?;
    let (whole, decimals) = (&number[..comma], &number[comma + 1..]);
    let is_decimal = (1..=2).contains(&decimals.len()) && decimals.chars().all(|c| c.is_ascii_digit());
    if !is_decimal || whole.contains(',') {
        return None;
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let (before, after) = (&value[..start], &value[start + number.len()..]);
    Some(format!("{before}{whole}.{decimals}{after}"))
}

/// An amount with the code of its currency behind it; none where a code is named, or no amount.
fn with_currency(value: &str, code: &str) -> Option<String> {
    let amount: String = value
        .chars()
        .filter(|c| !matches!(c, '€' | '$' | '£' | '¥'))
        .collect();
    let amount = amount.trim();
    let is_amount = amount.contains(|c: char| c.is_ascii_digit()) && !amount.contains(char::is_alphabetic);
    is_amount.then(|| format!("{amount} {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fix(change: Change, from: &str, to: &str) -> Fix {
        Fix {
            attribute: "price".into(),
            change,
            from: from.into(),
            to: to.into(),
        }
    }

    fn priced(value: &str) -> Attributes {
        Attributes(vec![("id".into(), "1".into()), ("price".into(), value.into())])
    }

    fn after(fix: &Fix, value: &str) -> Option<String> {
        fix.apply(&priced(value))?.get("price").map(str::to_owned)
    }

    #[test]
    fn each_change_does_what_its_sentence_says() {
        let cases = [
            (fix(Change::Set, "", "1 EUR"), "2 EUR", "1 EUR"),
            (fix(Change::Map, "free", "0 EUR"), "free", "0 EUR"),
            (fix(Change::Replace, "eur", "EUR"), "2 eur", "2 EUR"),
            (
                fix(Change::Pattern, r"^EUR *(\d+)$", "$1.00 EUR"),
                "EUR 2",
                "2.00 EUR",
            ),
            (fix(Change::Trim, "", ""), "  2   EUR ", "2 EUR"),
            (fix(Change::Lower, "", ""), "New", "new"),
            (fix(Change::Upper, "", ""), "2 eur", "2 EUR"),
            (fix(Change::Take, "id", ""), "", "1"),
            (fix(Change::Point, "", ""), "1.234,56 EUR", "1234.56 EUR"),
            (fix(Change::Point, "", ""), "EUR 1 234,5", "EUR 1234.5"),
            (fix(Change::Currency, "", "EUR"), "12.50", "12.50 EUR"),
            (fix(Change::Currency, "", "EUR"), "€ 12.50", "12.50 EUR"),
        ];
        for (fix, before, expected) in cases {
            assert_eq!(
                after(&fix, before).as_deref(),
                Some(expected),
                "{}",
                fix.sentence()
            );
        }
    }

    #[test]
    fn what_nobody_can_tell_stays() {
        for (fix, value) in [
            (fix(Change::Point, "", ""), "1,234 EUR"),
            (fix(Change::Point, "", ""), "1,234,56"),
            (fix(Change::Point, "", ""), "12.50 EUR"),
            (fix(Change::Point, "", ""), "no number"),
            (fix(Change::Currency, "", "EUR"), "12.50 USD"),
            (fix(Change::Currency, "", "EUR"), "on request"),
            (fix(Change::Map, "free", "0 EUR"), "Free"),
            (fix(Change::Pattern, "(", "1 EUR"), "2 EUR"),
            (fix(Change::Take, "sale_price", ""), "1 EUR"),
        ] {
            assert_eq!(after(&fix, value), None, "{}: {value}", fix.sentence());
        }
    }

    #[test]
    fn a_value_is_set_once_where_there_were_none_or_several() {
        let fix = fix(Change::Set, "", "1 EUR");
        let none = Attributes(vec![("id".into(), "1".into())]);
        assert_eq!(fix.apply(&none), Some(priced("1 EUR")));
        let mut several = priced("2 EUR");
        several.0.push(("price".into(), "3 EUR".into()));
        assert_eq!(fix.apply(&several), Some(priced("1 EUR")));
    }

    proptest! {
        #[test]
        fn a_fix_made_twice_is_made_once_and_leaves_other_attributes_alone(
            value in "[ -~€]{0,24}", change in 0usize..10, to in "[a-z]{0,4}",
        ) {
            // A text that is replaced by one that has it in it again is never done.
            let fix = fix(Change::ALL[change], "#", &to);
            if let Some(fixed) = fix.apply(&priced(&value)) {
                prop_assert_eq!(fixed.get("id"), Some("1"));
                if fix.change != Change::Currency || !to.is_empty() {
                    prop_assert_eq!(fix.apply(&fixed), None);
                }
            }
        }
    }

    #[test]
    fn words_are_read_back() {
        for change in Change::ALL {
            assert_eq!(Change::parse(change.word()), Some(change));
        }
    }
}
