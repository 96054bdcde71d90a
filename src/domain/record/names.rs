//! Reads the names of fields as partners write them, once per file.
//!
//! Names are matched without regard to case, a space is an underscore, and the `g:` prefix is
//! optional; where a field comes both with and without it, the prefixed one wins. A record
//! holds numbers into this table, so that no name is compared on the way of a record.

use super::Attribute;
use std::collections::HashMap;

/// How much a field's name may say for its attribute: the lowest rank wins.
pub mod rank {
    /// Written with Google's prefix, or in Google's namespace.
    pub const PREFIXED: u8 = 0;
    /// Written plainly.
    pub const PLAIN: u8 = 1;
    /// Another element that may stand in (`summary` for `description` in Atom).
    pub const STAND_IN: u8 = 2;
}

/// One name of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Normalised: lower case, underscores, no prefix.
    pub text: Box<str>,
    /// The attribute of the specification that it names.
    pub attribute: Option<Attribute>,
    /// See [`rank`].
    pub rank: u8,
}

impl Name {
    fn read(sent: &str) -> Self {
        let mut text = String::with_capacity(sent.len());
        let mut gap = false;
        // Control characters, NUL before all, would break keys and queries further on.
        for c in sent.chars().filter(|c| !c.is_control() || c.is_whitespace()) {
            if c.is_whitespace() {
                gap = !text.is_empty();
                continue;
            }
            if std::mem::take(&mut gap) {
                text.push('_');
            }
            text.extend(c.to_lowercase());
        }
        let (text, rank) = match text.strip_prefix("g:") {
            Some(rest) => (rest.to_owned(), rank::PREFIXED),
            None => (text, rank::PLAIN),
        };
        Self {
            attribute: Attribute::of(&text),
            text: text.into(),
            rank,
        }
    }
}

/// The names of one file, each with its number.
#[derive(Debug, Clone, Default)]
pub struct Names {
    list: Vec<Name>,
    numbers: HashMap<Box<str>, u16>,
}

impl Names {
    /// More different names than this are not a feed. Readers refuse or start afresh.
    pub const LIMIT: usize = 4_096;

    /// The number of a name as sent; none when the table is full.
    pub fn number(&mut self, sent: &str) -> Option<u16> {
        if let Some(number) = self.numbers.get(sent) {
            return Some(*number);
        }
        self.add(sent, Name::read(sent))
    }

    /// Gives the name `sent` a meaning of the reader's own, for example `summary` in Atom,
    /// which stands in for `description`.
    pub fn define(&mut self, sent: &str, attribute: Attribute, rank: u8) -> Option<u16> {
        self.add(
            sent,
            Name {
                text: attribute.name().into(),
                attribute: Some(attribute),
                rank,
            },
        )
    }

    fn add(&mut self, sent: &str, mut name: Name) -> Option<u16> {
        let number = u16::try_from(self.list.len())
            .ok()
            .filter(|n| usize::from(*n) < Self::LIMIT)?;
        if name.text.is_empty() {
            name.text = format!("column_{}", self.list.len() + 1).into();
        }
        self.list.push(name);
        self.numbers.insert(sent.into(), number);
        Some(number)
    }

    /// Adds a column whose name says nothing, even when another is written the same.
    pub fn push_column(&mut self, sent: &str) -> Option<u16> {
        self.add(sent, Name::read(sent))
    }

    /// What is known of a number that this table gave out.
    pub fn name(&self, number: u16) -> &Name {
        &self.list[usize::from(number)]
    }

    /// The number of a name as sent, if it was seen.
    pub fn find(&self, sent: &str) -> Option<u16> {
        self.numbers.get(sent).copied()
    }

    /// All names in the order they were met.
    pub fn iter(&self) -> impl Iterator<Item = &Name> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spaces_prefix_and_control_characters_do_not_matter_in_names() {
        for (sent, text, rank) in [
            ("id", "id", rank::PLAIN),
            ("ID", "id", rank::PLAIN),
            (" Image  Link ", "image_link", rank::PLAIN),
            ("g:image_link", "image_link", rank::PREFIXED),
            ("G:GTIN", "gtin", rank::PREFIXED),
            ("pri\0ce", "price", rank::PLAIN),
            ("Größe", "größe", rank::PLAIN),
        ] {
            let name = Name::read(sent);
            assert_eq!((&*name.text, name.rank), (text, rank), "{sent:?}");
        }
    }

    #[test]
    fn a_name_without_letters_is_called_by_its_place() {
        let mut names = Names::default();
        names.number("id");
        let number = names.number(" ").expect("room");
        assert_eq!(&*names.name(number).text, "column_2");
    }

    #[test]
    fn the_table_ends_instead_of_growing_for_ever() {
        let mut names = Names::default();
        for n in 0..Names::LIMIT {
            assert!(names.number(&n.to_string()).is_some());
        }
        assert_eq!(names.number("one more"), None);
        assert!(names.number("7").is_some());
    }
}
