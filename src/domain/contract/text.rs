//! Reads text the way several rules need it: phrases at word starts, letters, markup.

/// Phrases that are looked for at the start of a word, in any case; written in lower case.
pub(super) struct Phrases {
    list: &'static [&'static str],
    /// For each byte that begins a phrase, the bytes that come second and third in one, a bit
    /// for each of their lower five bits. Nearly every word is put aside by these looks.
    next: [[u32; 2]; 256],
}

impl Phrases {
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        let mut next = [[0; 2]; 256];
        let mut index = 0;
        while index < list.len() {
            let phrase = list[index].as_bytes();
            assert!(phrase.len() > 2, "a phrase has three bytes at least");
            let (second, third) = (1 << (phrase[1] & 31), 1 << (phrase[2] & 31));
            let (lower, upper) = (phrase[0] as usize, phrase[0].to_ascii_uppercase() as usize);
            next[lower][0] |= second;
            next[lower][1] |= third;
            if upper != lower {
                next[upper][0] |= second;
                next[upper][1] |= third;
            }
            index += 1;
        }
        Self { list, next }
    }

    /// The first phrase in `text`, as it is written there.
    pub(super) fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        let bytes = text.as_bytes();
        let mut before = b' ';
        for (index, three) in bytes.windows(3).enumerate() {
            let [first, second, third] = [three[0], three[1], three[2]];
            let [seconds, thirds] = self.next[usize::from(first)];
            // A letter's lower five bits are the same in either case.
            if (seconds >> (second & 31)) & (thirds >> (third & 31)) & 1 != 0
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
    /// Whether more than `percent` of the letters are capitals, for texts with ten letters or
    /// more; then how many.
    pub(super) fn mostly_capitals(text: &str, percent: usize) -> Option<Self> {
        // Letters are no more than bytes, and those in small ASCII are no capitals: that is
        // enough to put nearly every text aside.
        let small: usize = text
            .as_bytes()
            .chunks(128)
            .map(|part| usize::from(part.iter().map(|b| u8::from(b.is_ascii_lowercase())).sum::<u8>()))
            .sum();
        if small * 100 >= text.len() * 100usize.saturating_sub(percent) {
            return None;
        }
        let count = Self::count(text);
        (count.letters >= 10 && count.upper * 100 > count.letters * percent).then_some(count)
    }

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
    fn capitals_are_told_by_their_share_in_ten_letters_or_more() {
        for (text, percent, expected) in [
            ("BLUE ENAMEL mug", 70, true),
            ("BLUE ENAMEl mug", 70, false),
            ("BLUE MUG", 70, false),
            ("1234567890 BLUE ENAMEL", 70, true),
            ("ÄÖÜÄÖÜÄÖÜÄ", 99, true),
            ("abcdefghij", 0, false),
        ] {
            let found = Letters::mostly_capitals(text, percent).is_some();
            assert_eq!(found, expected, "{text} at {percent}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_quick_look_at_capitals_puts_nothing_aside_that_has_too_many(
            text in "[A-Za-zÄä 0-9]{0,40}", percent in 0usize..=100
        ) {
            let count = Letters::count(&text);
            let slow = count.letters >= 10 && count.upper * 100 > count.letters * percent;
            proptest::prop_assert_eq!(Letters::mostly_capitals(&text, percent).is_some(), slow);
        }
    }

    #[test]
    fn letters_are_counted_alike_in_every_script() {
        assert_eq!(Letters::count("AB c1"), Letters { upper: 2, letters: 3 });
        assert_eq!(Letters::count("ÄБ ç1"), Letters { upper: 2, letters: 3 });
    }
}
