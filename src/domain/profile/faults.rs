//! Finds what is wrong with a profile that somebody wrote, before a file is read by it.

use super::{Kept, Profile, shipped};
use crate::domain::record::{Attribute, Names};
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// The encodings a profile may name, as reports write them.
pub const ENCODINGS: &[&str] = &[
    "utf-8",
    "utf-16le",
    "utf-16be",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "windows-874",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-9",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "macintosh",
    "ibm866",
    "gbk",
    "gb18030",
    "big5",
    "euc-jp",
    "shift_jis",
    "euc-kr",
];

/// The units that weights may be in.
pub const WEIGHT_UNITS: &[&str] = &["g", "kg", "oz", "lb"];

/// Most fixes that a profile keeps.
pub const FIXES_MAX: usize = 100;

/// The units that lengths may be in.
pub const LENGTH_UNITS: &[&str] = &["cm", "in"];

/// One thing that is wrong with a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: the keys that lead there, such as `["map", "Preis"]`.
    pub key: Vec<String>,
    /// What is wrong, with the value in it, and what is allowed.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key.join("."), self.message)
    }
}

impl Profile {
    /// Everything that is wrong with it; empty when files can be read by it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Faults(Vec::new());
        if let Some(base) = &self.base
            && shipped::find(base).is_none()
        {
            faults.one_of("base", base, "a shipped profile", &shipped::names());
        }
        if let Some(encoding) = &self.encoding
            && !ENCODINGS.iter().any(|known| known.eq_ignore_ascii_case(encoding))
        {
            let short = ["utf-8", "windows-1252", "iso-8859-2", "utf-16le"];
            faults.add(
                &["encoding"],
                format!(
                    "“{encoding}” is no encoding that is read; use one such as {}.",
                    short.join(", ")
                ),
            );
        }
        if let Some(delimiter) = self.delimiter
            && !(delimiter == '\t'
                || delimiter.is_ascii_punctuation() && !matches!(delimiter, '"' | '_' | '-' | '.'))
        {
            faults.add(
                &["delimiter"],
                format!(
                    "“{}” cannot separate fields; use a comma, a semicolon, a tab (\\t) or a pipe.",
                    delimiter.escape_debug()
                ),
            );
        }
        if let Some(decimal) = self.decimal
            && !matches!(decimal, '.' | ',')
        {
            faults.one_of("decimal", &decimal.to_string(), "a decimal mark", &[".", ","]);
        }
        if let Some(unit) = &self.weight_unit
            && !WEIGHT_UNITS.contains(&&**unit)
        {
            faults.one_of("weight_unit", unit, "a unit of weight", WEIGHT_UNITS);
        }
        if let Some(unit) = &self.length_unit
            && !LENGTH_UNITS.contains(&&**unit)
        {
            faults.one_of("length_unit", unit, "a unit of length", LENGTH_UNITS);
        }
        if let Some(record) = &self.record {
            check_record(record, &mut faults);
        }
        check_map(&self.map, &mut faults);
        check_fixed(&self.fixed, &mut faults);
        for (attribute, pairs) in &self.values {
            check_attribute(&["values", attribute], attribute, &mut faults);
            if pairs.is_empty() {
                let message =
                    "No value is mapped; write “as sent” = \"as meant\" below it, or take the table out.";
                faults.add(&["values", attribute], message.to_owned());
            }
        }
        check_fixes(&self.fixes, &mut faults);
        if let Some(columns) = &self.columns {
            check_columns(columns, &self.resolved(), &mut faults);
        }
        faults.0
    }
}

struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, key: &[&str], message: String) {
        self.0.push(Fault {
            key: key.iter().map(|&step| step.to_owned()).collect(),
            message,
        });
    }

    fn one_of(&mut self, key: &str, value: &str, what: &str, allowed: &[&str]) {
        self.add(
            &[key],
            format!("“{value}” is not {what}; use one of {}.", allowed.join(" ")),
        );
    }
}

fn check_attribute(key: &[&str], name: &str, faults: &mut Faults) {
    if Attribute::of(name).is_none() {
        faults.add(
            key,
            format!("“{name}” is no attribute of the contract; use one such as id, title, price or gtin."),
        );
    }
}

fn check_record(record: &str, faults: &mut Faults) {
    for path in record.split('|').map(str::trim) {
        let steps = path.strip_prefix('/').map(|rest| rest.split('/'));
        let is_sound = steps.is_some_and(|mut steps| {
            steps.all(|step| {
                !step.is_empty() && !step.contains(|c: char| c.is_whitespace() || c == '<' || c == '@')
            })
        });
        if !is_sound {
            faults.add(
                &["record"],
                format!(
                    "“{path}” is not a path to the records; write the names from the root on, such as /offers/offer."
                ),
            );
        }
    }
}

fn check_map(map: &BTreeMap<String, String>, faults: &mut Faults) {
    for (sent, attribute) in map {
        if sent.trim().is_empty() {
            let message = "A name as sent is empty; write the column's or the element's name.";
            faults.add(&["map", sent], message.to_owned());
        }
        if !attribute.is_empty() {
            check_attribute(&["map", sent], attribute, faults);
        }
    }
}

fn check_fixed(fixed: &BTreeMap<String, String>, faults: &mut Faults) {
    for (attribute, value) in fixed {
        let key = ["fixed", &**attribute];
        check_attribute(&key, attribute, faults);
        if attribute == Attribute::Id.name() {
            let message = format!("“{value}” would be the id of every record; ids must differ.");
            faults.add(&key, message);
        }
        if value.trim().is_empty() {
            let message = "The value is empty; map the field to \"\" to leave it out instead.";
            faults.add(&key, message.to_owned());
        }
    }
}

fn check_fixes(fixes: &[Kept], faults: &mut Faults) {
    if fixes.len() > FIXES_MAX {
        let message = format!(
            "{} fixes are more than the {FIXES_MAX} that are made; ask their partner for better files.",
            fixes.len()
        );
        faults.add(&["fixes"], message);
    }
    for (place, kept) in fixes.iter().enumerate() {
        let number = place.to_string();
        if let Some((field, says)) = kept.fix().fault() {
            faults.add(&["fixes", &number, field], says);
        } else {
            check_attribute(&["fixes", &number, "attribute"], &kept.attribute, faults);
        }
    }
}

fn check_columns(columns: &[String], whole: &Profile, faults: &mut Faults) {
    if columns.len() > Names::LIMIT {
        let message = format!(
            "{} columns are more than the {} that are read.",
            columns.len(),
            Names::LIMIT
        );
        faults.add(&["columns"], message);
        return;
    }
    let mut names = Names::with(std::sync::Arc::new(whole.dictionary()));
    let mut seen = HashSet::new();
    let mut has_id = false;
    for column in columns.iter().filter(|column| !column.is_empty()) {
        let Some(number) = names.push_column(column) else {
            break;
        };
        let attribute = names.name(number).attribute;
        has_id |= attribute == Some(Attribute::Id);
        if !seen.insert(column) && !attribute.is_some_and(Attribute::is_repeatable) {
            faults.add(
                &["columns"],
                format!("“{column}” names two columns; give one of them another name."),
            );
        }
    }
    if !has_id {
        faults.add(
            &["columns"],
            format!(
                "None of “{}” is the id; call one of them id, or map one to id.",
                columns.join(", ")
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(profile: Profile) -> Vec<String> {
        profile.faults().iter().map(ToString::to_string).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn each_fault_names_its_key_its_value_and_what_is_allowed() {
        let none = Profile::default();
        let columns = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect());
        for (profile, expected) in [
            (
                Profile {
                    base: Some("ceneus".to_owned()),
                    ..none.clone()
                },
                "base: “ceneus” is not a shipped profile; use one of ceneo idealo trovaprezzi.",
            ),
            (
                Profile {
                    encoding: Some("windows-1255a".to_owned()),
                    ..none.clone()
                },
                "encoding: “windows-1255a” is no encoding that is read; use one such as utf-8, windows-1252, iso-8859-2, utf-16le.",
            ),
            (
                Profile {
                    delimiter: Some('x'),
                    ..none.clone()
                },
                "delimiter: “x” cannot separate fields; use a comma, a semicolon, a tab (\\t) or a pipe.",
            ),
            (
                Profile {
                    decimal: Some(';'),
                    ..none.clone()
                },
                "decimal: “;” is not a decimal mark; use one of . ,.",
            ),
            (
                Profile {
                    weight_unit: Some("stone".to_owned()),
                    ..none.clone()
                },
                "weight_unit: “stone” is not a unit of weight; use one of g kg oz lb.",
            ),
            (
                Profile {
                    record: Some("offers//o".to_owned()),
                    ..none.clone()
                },
                "record: “offers//o” is not a path to the records; write the names from the root on, such as /offers/offer.",
            ),
            (
                Profile {
                    map: pairs(&[("Preis", "prise")]),
                    ..none.clone()
                },
                "map.Preis: “prise” is no attribute of the contract; use one such as id, title, price or gtin.",
            ),
            (
                Profile {
                    fixed: pairs(&[("id", "7")]),
                    ..none.clone()
                },
                "fixed.id: “7” would be the id of every record; ids must differ.",
            ),
            (
                Profile {
                    fixed: pairs(&[("brand", " ")]),
                    ..none.clone()
                },
                "fixed.brand: The value is empty; map the field to \"\" to leave it out instead.",
            ),
            (
                Profile {
                    values: [("avail".to_owned(), pairs(&[("1", "in_stock")]))].into(),
                    ..none.clone()
                },
                "values.avail: “avail” is no attribute of the contract; use one such as id, title, price or gtin.",
            ),
            (
                Profile {
                    columns: columns(&["sku", "title"]),
                    ..none.clone()
                },
                "columns: None of “sku, title” is the id; call one of them id, or map one to id.",
            ),
            (
                Profile {
                    columns: columns(&["id", "title", "title"]),
                    ..none.clone()
                },
                "columns: “title” names two columns; give one of them another name.",
            ),
        ] {
            assert_eq!(faults(profile), [expected]);
        }
    }

    #[test]
    fn a_sound_profile_has_no_fault() {
        let columns = ["Nr", "title", "", ""].map(str::to_owned).to_vec();
        let sound = Profile {
            encoding: Some("Windows-1252".to_owned()),
            delimiter: Some('\t'),
            columns: Some(columns),
            record: Some("/offers/o | /offers/*/o".to_owned()),
            decimal: Some(','),
            weight_unit: Some("kg".to_owned()),
            length_unit: Some("cm".to_owned()),
            map: pairs(&[("nr", "id"), ("nothing", "")]),
            fixed: pairs(&[("condition", "new")]),
            ..Profile::default()
        };
        assert_eq!(faults(sound), Vec::<String>::new());
        assert_eq!(faults(Profile::default()), Vec::<String>::new());
    }
}
