//! Reads text the way several rules need it: phrases at word starts, letters, markup.

/// Phrases that are looked for at the start of a word, in any case; written in lower case.
pub(super) struct Phrases {
    list: &'static [&'static str],
    /// A bit for each first letter a phrase has, so that most words cost one look.
    first: u32,
}

const fn bit(byte: u8) -> u32 {
    let lower = byte | 0x20;
    if lower >= b'a' && lower <= b'z' {
        1 << (lower - b'a')
    } else {
        1 << 31
    }
}

impl Phrases {
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        let mut first = 0;
        let mut index = 0;
        while index < list.len() {
            first |= bit(list[index].as_bytes()[0]);
            index += 1;
        }
        Self { list, first }
    }

    /// The first phrase in `text`, as it is written there.
    pub(super) fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        let bytes = text.as_bytes();
        let mut inside = false;
        for (index, byte) in bytes.iter().enumerate() {
            let word = byte.is_ascii_alphanumeric() || *byte >= 0x80;
            if !(word && inside) && self.first & bit(*byte) != 0 {
                let rest = &bytes[index..];
                for phrase in self.list {
                    let length = phrase.len();
                    if rest.len() >= length
                        && rest[..length].eq_ignore_ascii_case(phrase.as_bytes())
                        // A phrase that ends in a letter ends with the word.
                        && !(phrase.as_bytes()[length - 1].is_ascii_alphanumeric()
                            && rest.get(length).is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80))
                    {
                        return text.get(index..index + length);
                    }
                }
            }
            inside = word;
        }
        None
    }
}

/// How a text is written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letters {
    pub(super) upper: usize,
    pub(super) letters: usize,
}

impl Letters {
    pub(super) fn count(text: &str) -> Self {
        if text.is_ascii() {
            let (mut upper, mut letters) = (0, 0);
            for byte in text.bytes() {
                upper += usize::from(byte.is_ascii_uppercase());
                letters += usize::from(byte.is_ascii_alphabetic());
            }
            return Self { upper, letters };
        }
        let mut count = Self::default();
        for c in text.chars().filter(|c| c.is_alphabetic()) {
            count.letters += 1;
            count.upper += usize::from(c.is_uppercase());
        }
        count
    }
}

/// Whether a text has more than `limit` characters; the bytes are only counted when it might.
pub(super) fn is_longer(text: &str, limit: usize) -> bool {
    text.len() > limit && text.chars().nth(limit).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_as_words_in_any_case_and_not_inside_words() {
        const SALE: Phrases = Phrases::new(&["on sale", "free shipping", "!!!", "n/a"]);
        for (text, found) in [
            ("Boots ON SALE now", Some("ON SALE")),
            ("Free Shipping!", Some("Free Shipping")),
            ("Wow!!!", Some("!!!")),
            ("bonbon sale", None),
            ("On Salesforce", None),
            ("gluten-free shippings", None),
            ("Zäun on sale", Some("on sale")),
            ("n/a", Some("n/a")),
            ("", None),
        ] {
            assert_eq!(SALE.find(text), found, "{text:?}");
        }
    }

    #[test]
    fn letters_are_counted_alike_in_every_script() {
        assert_eq!(Letters::count("AB c1"), Letters { upper: 2, letters: 3 });
        assert_eq!(Letters::count("ÄБ ç1"), Letters { upper: 2, letters: 3 });
    }
}
