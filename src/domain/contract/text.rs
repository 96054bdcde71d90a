//! Reads text the way several rules need it: phrases at word starts, letters, markup.

/// Phrases that are looked for at the start of a word, in any case; written in lower case.
pub(super) struct Phrases {
    list: &'static [&'static str],
    /// For each byte that begins a phrase, the bytes that come second in one, a bit for each of
    /// their lower five bits. Nearly every word is put aside by these two looks.
    second: [u32; 256],
}

impl Phrases {
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        let mut second = [0; 256];
        let mut index = 0;
        while index < list.len() {
            let phrase = list[index].as_bytes();
            assert!(phrase.len() > 2, "a phrase has three bytes at least");
            let bit = 1 << (phrase[1] & 31);
            second[phrase[0] as usize] |= bit;
            second[phrase[0].to_ascii_uppercase() as usize] |= bit;
            index += 1;
        }
        Self { list, second }
    }

    /// The first phrase in `text`, as it is written there.
    pub(super) fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        let bytes = text.as_bytes();
        let mut before = b' ';
        for (index, pair) in bytes.windows(2).enumerate() {
            let [first, second] = [pair[0], pair[1]];
            // A letter's lower five bits are the same in either case.
            if self.second[usize::from(first)] & (1 << (second & 31)) != 0
                && !(is_word(before) && is_word(first))
                && let Some(phrase) = self.at(&bytes[index..])
            {
                return text.get(index..index + phrase.len());
            }
            before = first;
        }
        None
    }

    #[cold]
    fn at(&self, rest: &[u8]) -> Option<&'static str> {
        self.list.iter().copied().find(|phrase| {
            let length = phrase.len();
            rest.len() >= length
                && rest[2] & 31 == phrase.as_bytes()[2] & 31
                && rest[..length].eq_ignore_ascii_case(phrase.as_bytes())
                // A phrase that ends in a letter ends with the word.
                && !(is_word(phrase.as_bytes()[length - 1]) && rest.get(length).is_some_and(|b| is_word(*b)))
        })
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// A text without the white space around it. Nearly every value has none.
pub(super) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [0x21..=0x7e] | [0x21..=0x7e, .., 0x21..=0x7e] => text,
        _ => text.trim(),
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
            // Sums of bytes are taken many at a time, as long as they cannot overflow.
            for part in text.as_bytes().chunks(128) {
                upper += usize::from(part.iter().map(|b| u8::from(b.is_ascii_uppercase())).sum::<u8>());
                letters += usize::from(part.iter().map(|b| u8::from(b.is_ascii_alphabetic())).sum::<u8>());
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
