//! Knows the categories of a taxonomy: tells whether one exists, and which is near one that does not.
//!
//! A taxonomy is not ours to ship, so it is configuration: a text with a line for each category,
//! its number and its path from the widest to the narrowest, as `1604 - A > B > C`. Lines that begin with `#`
//! say nothing. Paths are compared without regard to case and to the space around their steps.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use strsim::osa_distance;
use xxhash_rust::xxh3::xxh3_64;

/// Letters of a step that may be slips, for each four it has.
const SLIPS: usize = 4;

/// What is wrong with a taxonomy as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotATaxonomy {
    /// A line that is no category.
    #[error(
        "line {line}: “{text}” is no category; each line is a number, “ - ” and a path, such as 1604 - Clothes > Shirts"
    )]
    Line {
        /// Counted from 1.
        line: usize,
        /// Its beginning.
        text: String,
    },
    /// A number that an earlier line has.
    #[error("line {line}: the number {number} is that of an earlier line too")]
    Twice {
        /// Counted from 1.
        line: usize,
        /// The number.
        number: u32,
    },
    /// No category at all.
    #[error("it has no category in it")]
    Empty,
}

/// The categories there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taxonomy {
    numbers: HashSet<u32>,
    paths: Vec<Box<str>>,
    /// Hashes of the paths as written, for those that are sent as they should be.
    exact: HashSet<u64>,
    /// Which path it is, by the hash of its folded form.
    folded: HashMap<u64, u32>,
    /// The paths right below one, by the hash of its folded form; the widest are below nothing.
    below: HashMap<u64, Vec<u32>>,
    /// The path that ends in a step, by the hash of the folded step; none where several do.
    ends: HashMap<u64, Option<u32>>,
}

/// Where a value stands to a taxonomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'t> {
    /// It is one of its categories.
    Known,
    /// It is none, and surely this one is meant.
    Near(&'t str),
    /// It is none, and begins like this one.
    Below(&'t str),
    /// It is none, nor like one.
    Unknown,
}

impl Taxonomy {
    /// Reads a taxonomy.
    pub fn parse(text: &str) -> Result<Self, NotATaxonomy> {
        let mut taxonomy = Self::default();
        for (index, text) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let (line, text) = (index + 1, text.trim());
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let (number, path) = category(text).ok_or_else(|| NotATaxonomy::Line {
                line,
                text: text.chars().take(60).collect(),
            })?;
            if !taxonomy.numbers.insert(number) {
                return Err(NotATaxonomy::Twice { line, number });
            }
            taxonomy.add(path);
        }
        if taxonomy.numbers.is_empty() {
            return Err(NotATaxonomy::Empty);
        }
        Ok(taxonomy)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a number has six digits")]
    fn add(&mut self, path: &str) {
        let place = self.paths.len() as u32;
        let folded = fold(path);
        let (above, step) = folded.rsplit_once(" > ").unwrap_or(("", &folded));
        self.below.entry(hash(above)).or_default().push(place);
        self.ends
            .entry(hash(step))
            .and_modify(|end| *end = None)
            .or_insert(Some(place));
        self.folded.insert(hash(&folded), place);
        self.exact.insert(hash(path));
        self.paths.push(path.into());
    }

    /// How many categories it has.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Where a value stands to it: a number, or a path.
    pub fn find(&self, value: &str) -> Place<'_> {
        if self.exact.contains(&hash(value)) {
            return Place::Known;
        }
        if value.bytes().all(|byte| byte.is_ascii_digit()) {
            let known = value.parse().is_ok_and(|number| self.numbers.contains(&number));
            return if known { Place::Known } else { Place::Unknown };
        }
        let folded = fold(value);
        if self.folded.contains_key(&hash(&folded)) {
            return Place::Known;
        }
        self.near(&folded)
    }

    /// Follows a path as far as it leads, forgiving slips.
    fn near(&self, folded: &str) -> Place<'_> {
        let mut at: Option<u32> = None;
        for step in folded.split(" > ") {
            let Some(next) = self.step(at, step) else {
                // What is narrowest says most, wherever it was put.
                let end = folded.rsplit(" > ").next().unwrap_or_default();
                return match (self.ends.get(&hash(end)), at) {
                    (Some(Some(place)), _) => Place::Near(self.path(*place)),
                    (_, Some(place)) => Place::Below(self.path(place)),
                    _ => Place::Unknown,
                };
            };
            at = Some(next);
        }
        at.map_or(Place::Unknown, |place| Place::Near(self.path(place)))
    }

    /// The category below another that a step names, or surely means.
    fn step(&self, above: Option<u32>, step: &str) -> Option<u32> {
        let above = above.map(|place| fold(self.path(place))).unwrap_or_default();
        let mut whole = above.clone();
        let _ = write!(whole, "{}{step}", if above.is_empty() { "" } else { " > " });
        if let Some(place) = self.folded.get(&hash(&whole)) {
            return Some(*place);
        }
        let most = (step.chars().count() / SLIPS).min(3);
        let mut best: Option<(usize, u32)> = None;
        let mut is_sure = true;
        for place in self.below.get(&hash(&above))? {
            let name = fold(self.path(*place).rsplit('>').next().unwrap_or_default());
            // A slip of the first letter is not guessed: that spares looking at nearly all of them.
            if name.chars().next() != step.chars().next() || name.len().abs_diff(step.len()) > 3 * most {
                continue;
            }
            let far = osa_distance(&name, step);
            match best {
                _ if far > most => {}
                Some((before, _)) if before < far => {}
                Some((before, _)) => {
                    is_sure = far < before;
                    best = Some((far, *place));
                }
                None => best = Some((far, *place)),
            }
        }
        best.filter(|_| is_sure).map(|(_, place)| place)
    }

    fn path(&self, place: u32) -> &str {
        self.paths.get(place as usize).map_or("", |path| path)
    }
}

/// The number and the path of a line.
fn category(line: &str) -> Option<(u32, &str)> {
    let (number, path) = line.split_once(" - ")?;
    let is_number = (1..=6).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|number| is_number && *number > 0)?;
    let path = path.trim();
    let is_path = path.split('>').all(|step| !step.trim().is_empty());
    is_path.then_some((number, path))
}

/// A path as it is compared.
fn fold(path: &str) -> String {
    let mut folded = String::with_capacity(path.len());
    for (index, step) in path.split('>').enumerate() {
        folded.push_str(if index > 0 { " > " } else { "" });
        for (index, word) in step.split_whitespace().enumerate() {
            folded.push_str(if index > 0 { " " } else { "" });
            folded.extend(word.chars().flat_map(char::to_lowercase));
        }
    }
    folded
}

fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "# written for these tests\n\
        1 - Garden\n\
        12 - Garden > Ponds\n\
        123 - Garden > Ponds > Fountain Pumps\n\
        13 - Garden > Sheds\n\
        2 - Kitchen\n\
        21 - Kitchen > Mugs & Cups\n\
        22 - Kitchen > Accessories\n\
        14 - Garden > Accessories\n";

    fn taxonomy() -> Taxonomy {
        Taxonomy::parse(TEXT).expect("a taxonomy")
    }

    #[test]
    fn a_number_or_a_path_of_it_is_known_whatever_its_case_and_space() {
        let taxonomy = taxonomy();
        assert_eq!(taxonomy.len(), 8);
        for known in [
            "123",
            "0123",
            "Garden > Ponds",
            "garden>PONDS",
            "Kitchen  >  Mugs &  Cups",
        ] {
            assert_eq!(taxonomy.find(known), Place::Known, "{known}");
        }
    }

    #[test]
    fn what_is_not_in_it_leads_to_what_is_nearest() {
        let taxonomy = taxonomy();
        for (value, place) in [
            ("124", Place::Unknown),
            ("99999999999", Place::Unknown),
            ("Garden > Pnods", Place::Near("Garden > Ponds")),
            (
                "Gardne > Ponds > Fountain Pump",
                Place::Near("Garden > Ponds > Fountain Pumps"),
            ),
            (
                "Home > Water > Fountain pumps",
                Place::Near("Garden > Ponds > Fountain Pumps"),
            ),
            (
                "Garden > Fountain Pumps",
                Place::Near("Garden > Ponds > Fountain Pumps"),
            ),
            ("Garden > Ponds > Carp", Place::Below("Garden > Ponds")),
            // Two end like this, so neither is sure.
            ("Bath > Accessories", Place::Unknown),
            ("Shoes", Place::Unknown),
            ("", Place::Unknown),
        ] {
            assert_eq!(taxonomy.find(value), place, "{value}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_line() {
        for (text, sentence) in [
            ("1 - A\nB > C", "line 2: “B > C” is no category"),
            ("1 - A > > C", "line 1: “1 - A > > C” is no category"),
            ("1234567 - A", "line 1"),
            ("0 - A", "line 1"),
            (
                "1 - A\n\n1 - B",
                "line 3: the number 1 is that of an earlier line too",
            ),
            ("# nothing\n", "it has no category in it"),
        ] {
            let error = Taxonomy::parse(text).expect_err(text).to_string();
            assert!(error.starts_with(sentence), "{error}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_what_it_leads_to_is_a_category_and_a_known_one_leads_nowhere(
            steps in proptest::collection::vec("[A-Za-z&]{1,9}( [a-z]{1,6})?", 1..5),
            lines in proptest::collection::vec(proptest::collection::vec("[A-Z][a-z]{1,7}", 1..4), 1..30),
        ) {
            let mut text = String::new();
            for (index, steps) in lines.iter().enumerate() {
                let _ = writeln!(text, "{} - {}", index + 1, steps.join(" > "));
            }
            let taxonomy = Taxonomy::parse(&text).expect("a taxonomy");
            for line in &lines {
                prop_assert_eq!(taxonomy.find(&line.join(" > ")), Place::Known);
            }
            match taxonomy.find(&steps.join(" > ")) {
                Place::Near(path) | Place::Below(path) => prop_assert_eq!(taxonomy.find(path), Place::Known),
                Place::Known | Place::Unknown => {}
            }
        }
    }
}
