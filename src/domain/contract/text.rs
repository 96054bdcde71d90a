//! Reads text the way several rules need it: phrases at word starts, letters, markup.

use std::ops::Range;

/// Phrases that are looked for at the start of a word, in any case; written in lower case.
pub(super) struct Phrases {
    list: &'static [&'static str],
    /// For each byte, the phrases that may begin behind it, and those that have it in their
    /// first, second and third place in either case, a bit each. Nearly every place of a text is
    /// put aside by these looks.
    places: [[u32; 256]; 4],
}

/// Places of a text that are looked at before it is asked whether a phrase begins at one.
const STRIDE: usize = 16;

impl Phrases {
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        assert!(list.len() <= 32, "each phrase has a bit");
        let mut places = [[0; 256]; 4];
        let mut index = 0;
        while index < list.len() {
            let phrase = list[index].as_bytes();
            assert!(phrase.len() > 2, "a phrase has three bytes at least");
            let mut before = 0;
            while before < 256 {
                #[expect(clippy::cast_possible_truncation, reason = "it is below 256")]
                if !(is_word(before as u8) && is_word(phrase[0])) {
                    places[0][before] |= 1 << index;
                }
                before += 1;
            }
            let mut place = 0;
            while place < 3 {
                places[place + 1][phrase[place] as usize] |= 1 << index;
                places[place + 1][phrase[place].to_ascii_uppercase() as usize] |= 1 << index;
                place += 1;
            }
            index += 1;
        }
        Self { list, places }
    }

    /// The first phrase in `text`, as it is written there.
    pub(super) fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        let bytes = text.as_bytes();
        let [first, second, third] = *bytes.first_chunk()?;
        if self.begin_with([b' ', first, second, third]) != 0
            && let Some(phrase) = self.at(bytes)
        {
            return text.get(..phrase.len());
        }
        let mut from = 1;
        while from + 2 < bytes.len() {
            // One byte before the places that are looked at, and two behind them.
            let stride = &bytes[from - 1..bytes.len().min(from + STRIDE + 2)];
            let begun = stride
                .array_windows()
                .fold(0, |begun, four| begun | self.begin_with(*four));
            if begun != 0
                && let Some(found) = self.find_in(text, from..from + stride.len() - 3)
            {
                return Some(found);
            }
            from += STRIDE;
        }
        None
    }

    /// The phrases that begin with the last three of these bytes, a bit each.
    #[inline]
    fn begin_with(&self, four: [u8; 4]) -> u32 {
        let [before, first, second, third] = four.map(usize::from);
        let [befores, firsts, seconds, thirds] = &self.places;
        befores[before] & firsts[first] & seconds[second] & thirds[third]
    }

    /// The first phrase that begins at one of these places of `text`.
    #[cold]
    fn find_in<'a>(&self, text: &'a str, mut places: Range<usize>) -> Option<&'a str> {
        let bytes = text.as_bytes();
        places.find_map(|place| {
            let four = *bytes[place - 1..].first_chunk()?;
            if self.begin_with(four) == 0 {
                return None;
            }
            let phrase = self.at(&bytes[place..])?;
            text.get(place..place + phrase.len())
        })
    }

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

const fn is_word(byte: u8) -> bool {
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
        fn phrases_are_found_where_a_look_at_each_place_finds_them(
            text in "(on sale|ON SALES?|free  ?shipping|bonbon sale|!!!|[a-fé !]{0,18}|on|sa){0,8}"
        ) {
            const SALE: Phrases = Phrases::new(&["on sale", "free shipping", "!!!"]);
            let lower = text.to_ascii_lowercase();
            let is_letter = |byte: Option<&u8>| byte.is_some_and(|byte| is_word(*byte));
            let slow = (0..text.len()).find_map(|at| {
                let phrase = SALE.list.iter().find(|phrase| {
                    let (bytes, end) = (lower.as_bytes(), at + phrase.len());
                    bytes[at..].starts_with(phrase.as_bytes())
                        && !(at > 0 && is_letter(bytes.get(at - 1)) && is_letter(bytes.get(at)))
                        && !(is_letter(bytes.get(end - 1)) && is_letter(bytes.get(end)))
                })?;
                text.get(at..at + phrase.len())
            });
            proptest::prop_assert_eq!(SALE.find(&text), slow);
        }

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
