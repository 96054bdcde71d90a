//! Reads the names of fields as partners write them, once per file.
//!
//! Names are matched without regard to case, a space is an underscore, and the `g:` prefix is
//! optional; where a field comes both with and without it, the prefixed one wins. A record
//! holds numbers into this table, so that no name is compared on the way of a record. Where a
//! partner has words of its own, a [`Dictionary`] says what they mean: the table looks a name
//! up in it once, when the name is met.

use super::Attribute;
use std::collections::HashMap;
use std::sync::Arc;

/// How much a field's name may say for its attribute: the lowest rank wins.
pub mod rank {
    /// Mapped by the feed's profile.
    pub const MAPPED: u8 = 0;
    /// Written with Google's prefix, or in Google's namespace.
    pub const PREFIXED: u8 = 1;
    /// Written plainly.
    pub const PLAIN: u8 = 2;
    /// Another element that may stand in (`summary` for `description` in Atom).
    pub const STAND_IN: u8 = 3;
    /// Left out by the feed's profile.
    pub const LEFT_OUT: u8 = u8::MAX;
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
    /// Whether nobody explains it: neither the specification, nor the profile, nor the format.
    pub is_unknown: bool,
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
            is_unknown: false,
        }
    }
}

/// A partner's own names, and what they mean: an attribute, or none to leave the field out.
#[derive(Debug, Clone, Default)]
pub struct Dictionary(HashMap<Box<str>, Option<Attribute>>);

impl Dictionary {
    /// Says what a name means that is sent like this.
    pub fn insert(&mut self, sent: &str, meaning: Option<Attribute>) {
        self.0.insert(Name::read(sent).text, meaning);
    }
}

/// The names of one file, each with its number.
#[derive(Debug, Clone, Default)]
pub struct Names {
    list: Vec<Name>,
    numbers: HashMap<Box<str>, u16>,
    dictionary: Arc<Dictionary>,
    /// The numbers of the names that no file sent.
    own: Vec<u16>,
    /// The format's own names besides those of attributes, normalised.
    vocabulary: &'static [&'static str],
    has_unknown: bool,
    are_columns: bool,
}

impl Names {
    /// More different names than this are not a feed. Readers refuse or start afresh.
    pub const LIMIT: usize = 4_096;

    /// An empty table of a file whose names the dictionary explains.
    pub fn with(dictionary: Arc<Dictionary>) -> Self {
        Self {
            dictionary,
            ..Self::default()
        }
    }

    /// The same table in a format that has names of its own, such as `pubdate`; what they hold
    /// is kept like anything else.
    #[must_use]
    pub fn of_format(mut self, vocabulary: &'static [&'static str]) -> Self {
        self.vocabulary = vocabulary;
        self
    }

    /// The same table in a format of rows, whose numbers are those of columns.
    #[must_use]
    pub fn of_columns(mut self) -> Self {
        self.are_columns = true;
        self
    }

    /// Whether its numbers, but for those of [`Self::own`], are those of columns.
    pub fn are_columns(&self) -> bool {
        self.are_columns
    }

    /// Whether any of the names is one that nobody explains.
    #[inline]
    pub fn has_unknown(&self) -> bool {
        self.has_unknown
    }

    fn understand(&self, sent: &str) -> Name {
        let name = Name::read(sent);
        match self.dictionary.0.get(&name.text) {
            None => name,
            Some(Some(attribute)) => Name {
                text: attribute.name().into(),
                attribute: Some(*attribute),
                rank: rank::MAPPED,
                is_unknown: false,
            },
            Some(None) => Name {
                attribute: None,
                rank: rank::LEFT_OUT,
                ..name
            },
        }
    }

    /// The number of a name as sent; none when the table is full.
    pub fn number(&mut self, sent: &str) -> Option<u16> {
        if let Some(number) = self.numbers.get(sent) {
            return Some(*number);
        }
        self.add(sent, self.understand(sent))
    }

    /// Whether the profile says what this name means.
    pub fn explains(&self, sent: &str) -> bool {
        self.dictionary.0.contains_key(&Name::read(sent).text)
    }

    /// Adds an attribute that no file sends, because the profile gives its value.
    pub fn push_own(&mut self, attribute: Attribute) -> Option<u16> {
        let name = Name {
            text: attribute.name().into(),
            attribute: Some(attribute),
            rank: rank::MAPPED,
            is_unknown: false,
        };
        // Not to be found by what a file sends.
        let number = self.push(name)?;
        self.own.push(number);
        Some(number)
    }

    /// The numbers that [`Self::push_own`] gave, in that order.
    pub fn own(&self) -> &[u16] {
        &self.own
    }

    /// A number's name as it was sent; its normalised form where another column has it too.
    pub fn sent(&self, number: u16) -> &str {
        let sent = self.numbers.iter().find(|(_, n)| **n == number);
        sent.map_or(&*self.name(number).text, |(sent, _)| sent)
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
                is_unknown: false,
            },
        )
    }

    /// Adds a column that the profile gives no name, to leave it out.
    pub fn push_left_out(&mut self) -> Option<u16> {
        self.push(Name {
            text: Box::default(),
            attribute: None,
            rank: rank::LEFT_OUT,
            is_unknown: false,
        })
    }

    fn add(&mut self, sent: &str, name: Name) -> Option<u16> {
        let number = self.push(name)?;
        self.numbers.insert(sent.into(), number);
        Some(number)
    }

    fn push(&mut self, mut name: Name) -> Option<u16> {
        let number = u16::try_from(self.list.len())
            .ok()
            .filter(|n| usize::from(*n) < Self::LIMIT)?;
        if name.text.is_empty() {
            name.text = format!("column_{}", self.list.len() + 1).into();
        }
        name.is_unknown = name.attribute.is_none()
            && name.rank != rank::LEFT_OUT
            && !Attribute::is_without_slot(&name.text)
            && !self.vocabulary.contains(&&*name.text);
        self.has_unknown |= name.is_unknown;
        self.list.push(name);
        Some(number)
    }

    /// Adds a column whose name says nothing, even when another is written the same.
    pub fn push_column(&mut self, sent: &str) -> Option<u16> {
        self.add(sent, self.understand(sent))
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
    fn a_dictionary_explains_names_in_any_spelling_and_leaves_others_as_they_are() {
        let mut dictionary = Dictionary::default();
        dictionary.insert("Nombre del  producto", Some(Attribute::Title));
        dictionary.insert("Cupón", None);
        let mut names = Names::with(Arc::new(dictionary));
        let mut read = |sent: &str| {
            let number = names.number(sent).expect("room");
            let name = names.name(number);
            (name.text.to_string(), name.attribute, name.rank)
        };
        assert_eq!(
            read("nombre del producto"),
            ("title".to_owned(), Some(Attribute::Title), rank::MAPPED)
        );
        assert_eq!(read("CUPÓN"), ("cupón".to_owned(), None, rank::LEFT_OUT));
        assert_eq!(read("Price").1, Some(Attribute::Price));
    }

    #[test]
    fn a_name_is_unknown_when_neither_specification_nor_profile_nor_format_has_it() {
        let mut dictionary = Dictionary::default();
        dictionary.insert("Nombre", Some(Attribute::Title));
        dictionary.insert("Cupón", None);
        let mut names = Names::with(Arc::new(dictionary)).of_format(&["pubdate"]);
        for sent in ["g:id", "short title", "nombre", "CUPÓN", "pubDate"] {
            let number = names.number(sent).expect("room");
            assert!(!names.name(number).is_unknown, "{sent}");
        }
        assert!(!names.has_unknown());
        let number = names.number("Lager").expect("room");
        assert!(names.name(number).is_unknown && names.has_unknown());
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
