//! Counts the fields of one file that nobody explains: neither the specification nor the feed's
//! profile nor the format.
//!
//! A file without such a field costs one look at a flag for each record. What is found is told
//! once at the end of the file, by [`Columns::at_end`].

use super::across::AtEnd;
use super::checks::file::FILE_UNKNOWN_COLUMN;
use super::look::{Quoted, cut};
use super::text::trim;
use super::{Checked, Rules};
use crate::domain::format::{count, counted};
use crate::domain::record::{Attribute, Names, Position, RawRecord};
use crate::domain::violation::{Severity, Violation};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// One field that nobody explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name as sent; in nested JSON and XML its way from the record.
    pub name: String,
    /// Records with a value in it.
    pub records: u64,
}

/// The unknown fields of one file, in the making.
#[derive(Debug, Default)]
pub struct Columns {
    /// The table that `counts` is numbered by.
    names: Arc<Names>,
    counts: Vec<Count>,
    /// The numbers that were counted since the table changed.
    touched: Vec<u16>,
    /// By normalised name.
    all: BTreeMap<Box<str>, Column>,
    /// Records with any of them.
    records: u64,
    first: Option<(Position, String)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    records: u64,
    /// The last record that was counted, for a name may come twice in one.
    last: u64,
}

impl Columns {
    /// Names written out in the sentence; the report lists all.
    const TOLD: usize = 20;

    /// Different names counted; a file with more has stopped naming columns.
    const LIMIT: usize = 4 * Names::LIMIT;

    /// Takes one record in. What stands in a damaged record may stand under the wrong name, so
    /// it is not counted.
    #[inline]
    pub fn add(&mut self, raw: &RawRecord, checked: &Checked) {
        if raw.names().has_unknown() && raw.damage().is_none() {
            self.count(raw, checked);
        }
    }

    fn count(&mut self, raw: &RawRecord, checked: &Checked) {
        if !Arc::ptr_eq(&self.names, raw.shared_names()) {
            self.settle();
            self.names = Arc::clone(raw.shared_names());
        }
        self.counts.resize(self.names.len(), Count::default());
        let position = raw.position();
        let mut has_any = false;
        for index in 0..raw.len() {
            let (number, value) = raw.field(index);
            if !self.names.name(number).is_unknown || trim(value).is_empty() {
                continue;
            }
            has_any = true;
            let counted = &mut self.counts[usize::from(number)];
            if counted.last == position.index {
                continue;
            }
            if counted.records == 0 {
                self.touched.push(number);
            }
            counted.records += 1;
            counted.last = position.index;
        }
        if has_any {
            self.records += 1;
            self.first
                .get_or_insert_with(|| (position, checked.id().to_owned()));
        }
    }

    /// Adds up what was counted under the numbers of one table.
    fn settle(&mut self) {
        for number in self.touched.drain(..) {
            let counted = std::mem::take(&mut self.counts[usize::from(number)]);
            let text = &self.names.name(number).text;
            if let Some(column) = self.all.get_mut(text) {
                column.records += counted.records;
            } else if self.all.len() < Self::LIMIT {
                let column = Column {
                    name: self.names.sent(number).to_owned(),
                    records: counted.records,
                };
                self.all.insert(text.clone(), column);
            }
        }
    }

    /// What the end of the file tells, and every field behind it, those of the most records
    /// first; nothing where all fields are explained or the contract does not ask.
    pub fn at_end(&mut self, rules: &Rules) -> (Vec<AtEnd>, Vec<Column>) {
        self.settle();
        let mut columns: Vec<_> = std::mem::take(&mut self.all).into_values().collect();
        columns.sort_by(|a, b| (Reverse(a.records), &a.name).cmp(&(Reverse(b.records), &b.name)));
        let Some((position, id)) = self.first.take() else {
            return (Vec::new(), Vec::new());
        };
        let rule = &FILE_UNKNOWN_COLUMN;
        let standing = rules.standing(rule);
        let message = sentence(&columns);
        let names: Vec<_> = columns.iter().map(|column| &*column.name).collect();
        let told = |severity: Severity, is_trial| AtEnd {
            rule,
            severity,
            is_trial,
            records: self.records,
            examples: vec![(
                position,
                id.clone(),
                Violation {
                    code: Cow::Borrowed(rule.code),
                    severity,
                    attribute: None,
                    value: cut(&names.join(", "), Violation::VALUE_LIMIT).to_owned(),
                    message: message.clone(),
                    suggestion: None,
                    contract_version: rules.contract().version,
                    place: None,
                },
            )],
        };
        let live = standing.live.map(|severity| told(severity, false));
        let trial = standing.shadow.map(|severity| told(severity, true));
        let told: Vec<_> = live.into_iter().chain(trial).collect();
        if told.is_empty() {
            columns.clear();
        }
        (told, columns)
    }
}

fn sentence(columns: &[Column]) -> String {
    let number = columns.len() as u64;
    let mut out = format!(
        "{} of this file {} not in Google's specification and no rule looks at {}: ",
        counted(number, "field", "fields"),
        if number == 1 { "is" } else { "are" },
        if number == 1 { "it" } else { "them" },
    );
    for (place, column) in columns.iter().take(Columns::TOLD).enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        let records = counted(column.records, "record", "records");
        // Writing to a String cannot fail.
        let _ = write!(out, "{comma}{} in {records}", Quoted(&column.name));
        if let Some(attribute) = meant(&column.name) {
            let _ = write!(out, " (is it {}?)", attribute.name());
        }
    }
    if let Some(more) = columns.len().checked_sub(Columns::TOLD).filter(|more| *more > 0) {
        let _ = write!(out, ", and {} more", count(more as u64));
    }
    out.push('.');
    out
}

/// The attribute whose name has the same letters and digits, such as `image_link` for
/// `image-link`.
fn meant(sent: &str) -> Option<Attribute> {
    let bare = |name: &str| -> String {
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let sent = bare(sent);
    let mut all = Attribute::ALL.iter().copied();
    all.find(|attribute| bare(attribute.name()) == sent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::{Contract, Level, Override, example};

    /// What is told of records with these names and values beside the sound ones.
    fn told(contract: &Contract, records: &[&[(&str, &str)]]) -> (Vec<AtEnd>, Vec<Column>) {
        let rules = Rules::new(contract, example::moment());
        let (mut columns, mut checked) = (Columns::default(), Checked::default());
        for (place, record) in (1..).zip(records) {
            let attributes = example::record(record).to_attributes();
            let position = Position {
                index: place,
                line: place + 1,
                offset: 0,
            };
            let raw = RawRecord::from_attributes(&attributes, position);
            rules.look(&raw, &mut checked);
            columns.add(&raw, &checked);
        }
        columns.at_end(&rules)
    }

    #[test]
    fn unknown_fields_are_told_once_with_the_records_that_have_a_value_in_them() {
        let records: &[&[(&str, &str)]] = &[
            &[("lager", "7"), ("image-link", "x")],
            &[("lager", " ")],
            &[("lager", "2"), ("lager", "3")],
            &[],
        ];
        let (told, columns) = told(&example::contract(), records);
        let [told] = &told[..] else { panic!("{told:?}") };
        assert_eq!(told.records, 2);
        let (position, _, violation) = &told.examples[0];
        assert_eq!((position.line, told.examples.len()), (2, 1));
        assert_eq!(
            violation.message,
            "2 fields of this file are not in Google's specification and no rule looks at them: “lager” in 2 records, \
             “image-link” in 1 record (is it image_link?)."
        );
        let listed: Vec<_> = columns.iter().map(|c| (&*c.name, c.records)).collect();
        assert_eq!(listed, [("lager", 2), ("image-link", 1)]);
    }

    #[test]
    fn nothing_is_told_of_fields_that_are_explained_or_when_nobody_asks() {
        let contract = example::contract();
        assert!(told(&contract, &[&[("short_title", "Mug")]]).0.is_empty());
        let off = Contract {
            rules: [("FILE_UNKNOWN_COLUMN".to_owned(), Override::level(Level::Off))].into(),
            ..contract
        };
        let (told, columns) = told(&off, &[&[("lager", "7")]]);
        assert!(told.is_empty() && columns.is_empty());
    }

    #[test]
    fn a_long_list_is_cut_in_the_sentence_and_whole_in_the_report() {
        let names: Vec<_> = (0..25).map(|n| format!("own_{n:02}")).collect();
        let record: Vec<_> = names.iter().map(|name| (&**name, "x")).collect();
        let (told, columns) = told(&example::contract(), &[&record]);
        assert_eq!(columns.len(), 25);
        assert!(
            told[0].examples[0]
                .2
                .message
                .ends_with("“own_19” in 1 record, and 5 more.")
        );
    }
}
