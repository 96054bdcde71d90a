//! Says how a partner writes its feed: what a reader must be told that the file does not say.
//!
//! A profile turns what a partner sends into the words of the contract: which element is a
//! record, which column is which attribute, which mark stands before the decimals. It never
//! judges; that is the [`super::contract`]'s business. An empty profile changes nothing, and
//! most feeds need none. People write profiles as TOML, on a feed's page or in a file for
//! `feedgate check --profile`; the vocabularies of some price comparison sites are [`shipped`].

mod faults;
mod keeping;
pub mod shipped;

pub use faults::{ENCODINGS, Fault, LENGTH_UNITS, WEIGHT_UNITS};
pub use keeping::Kept;

use super::contract::Currency;
use super::record::{Attribute, Dictionary};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of a line of a profile's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edit {
    /// It stands as it stood.
    Kept,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

impl Edit {
    /// The sign that stands before such a line.
    pub fn sign(self) -> char {
        match self {
            Self::Kept => ' ',
            Self::Added => '+',
            Self::Removed => '-',
        }
    }
}

/// One line of a profile's text beside that of another version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What became of it.
    pub edit: Edit,
    /// The line, without its end.
    pub text: String,
}

/// How to read one feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// A shipped profile to start from, such as `ceneo`; what stands here goes before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The encoding of bytes that do not say so by a mark, such as `windows-1252`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// What separates fields, where it cannot be told from the first rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// The names of the columns of a file without a header row; an empty one leaves its column
    /// out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Which element of XML or which list of JSON holds the records, such as `/offers/group/o`;
    /// several paths are separated by `|`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The mark before the decimals of prices and measures: `.` or `,`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    /// The currency of prices that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The unit of weights that name none, such as `kg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_unit: Option<String>,
    /// The unit of lengths that name none, such as `cm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_unit: Option<String>,
    /// Names as sent, to attributes; an empty attribute leaves the field out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, String>,
    /// Attributes that every record has, whatever was sent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fixed: BTreeMap<String, String>,
    /// By attribute: values as sent, to values as meant. An empty value as sent stands for a
    /// missing one, `*` for every value that is not named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Fixes that every record goes through after all else, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Kept>,
}

impl Profile {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A profile that is nothing but a shipped one, by its name.
    pub fn named(name: &str) -> Option<Self> {
        shipped::find(name).map(|shipped| Self {
            base: Some(shipped.name.to_owned()),
            ..Self::default()
        })
    }

    /// The profile with its base filled in; a base that is not shipped adds nothing.
    pub fn resolved(&self) -> Self {
        let base = self.base.as_deref().and_then(shipped::find);
        let Some(base) = base.map(shipped::Shipped::profile) else {
            return self.clone();
        };
        let own = self.clone();
        let mut values = base.values;
        for (attribute, pairs) in own.values {
            values.entry(attribute).or_default().extend(pairs);
        }
        let mut fixes = base.fixes;
        fixes.extend(own.fixes);
        let over = |mut below: BTreeMap<String, String>, above: BTreeMap<String, String>| {
            below.extend(above);
            below
        };
        Self {
            base: own.base,
            encoding: own.encoding.or(base.encoding),
            delimiter: own.delimiter.or(base.delimiter),
            columns: own.columns.or(base.columns),
            record: own.record.or(base.record),
            decimal: own.decimal.or(base.decimal),
            currency: own.currency.or(base.currency),
            weight_unit: own.weight_unit.or(base.weight_unit),
            length_unit: own.length_unit.or(base.length_unit),
            map: over(base.map, own.map),
            fixed: over(base.fixed, own.fixed),
            values,
            fixes,
        }
    }

    /// What the names mean that it maps; to be asked of a [`Self::resolved`] profile.
    pub fn dictionary(&self) -> Dictionary {
        let mut dictionary = Dictionary::default();
        for (sent, attribute) in &self.map {
            dictionary.insert(sent, Attribute::of(attribute));
        }
        dictionary
    }

    /// The paths that lead to a record, each as its steps from the root.
    pub fn record_paths(&self) -> Vec<Vec<String>> {
        let paths = self.record.as_deref().unwrap_or_default().split('|');
        paths
            .map(|path| {
                let steps = path.trim().split('/').map(str::trim);
                steps.filter(|step| !step.is_empty()).map(str::to_owned).collect()
            })
            .filter(|steps: &Vec<String>| !steps.is_empty())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_profile_says_goes_before_what_its_base_says() {
        let own = Profile {
            currency: Currency::of("EUR"),
            map: [("cat".to_owned(), String::new())].into(),
            values: [(
                "availability".to_owned(),
                [("7".to_owned(), "backorder".to_owned())].into(),
            )]
            .into(),
            ..Profile::named("ceneo").expect("it is shipped")
        };
        let all = own.resolved();
        assert_eq!(all.currency, Currency::of("EUR"));
        assert_eq!(all.map["cat"], "", "its own word on a name that the base maps");
        assert_eq!(all.map["name"], "title", "the base's word on another");
        assert_eq!(all.values["availability"]["7"], "backorder");
        assert_eq!(all.values["availability"]["1"], "in_stock");
        assert!(Profile::named("ceneus").is_none());
    }

    #[test]
    fn a_record_path_is_read_step_by_step() {
        let profile = Profile {
            record: Some("/offers/o | /offers/group/o ".to_owned()),
            ..Profile::default()
        };
        assert_eq!(
            profile.record_paths(),
            [vec!["offers", "o"], vec!["offers", "group", "o"]]
        );
        assert!(Profile::default().record_paths().is_empty());
    }
}
