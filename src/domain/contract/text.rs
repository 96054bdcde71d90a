//! Reads text the way several rules need it: phrases at word starts, letters, markup.

/// Phrases that are looked for at the start of a word, in any case; written in lower case.
pub(super) struct Phrases {
    list: &'static [&'static str],
    /// How far the fours lie apart that are looked at: no phrase fits in between, but for the rare ones.
    stride: usize,
    /// Whether one begins with one of [`RARE`].
    has_rare: bool,
    /// Each four bytes that a phrase may have at such a place, at the slot of its hash or the next free one after
    /// it; nothing where none is. Nearly every text has few of them or none, which is seen in a look
    /// at every second or fourth byte.
    fours: [u32; SLOTS],
}

/// Slots for fours; so many that the slot of one that is not there is nearly always free.
const SLOTS: usize = 1 << 11;
/// Bytes that begin a phrase, however short it is, and hardly anything else.
const RARE: [u8; 2] = *b"%!";

impl Phrases {
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        let (mut stride, mut has_rare) = (4, false);
        let mut index = 0;
        while index < list.len() {
            let phrase = list[index].as_bytes();
            if is_rare(phrase[0]) {
                has_rare = true;
            } else {
                assert!(phrase.len() > 4, "a phrase has five bytes at least");
                if phrase.len() < 7 {
                    stride = 2;
                }
            }
            index += 1;
        }
        assert!(list.len() * stride * 8 <= SLOTS, "most slots stay free");
        let mut fours = [0; SLOTS];
        index = 0;
        while index < list.len() {
            let phrase = list[index].as_bytes();
            let mut at = 0;
            while at < stride && !is_rare(phrase[0]) {
                let four = folded([phrase[at], phrase[at + 1], phrase[at + 2], phrase[at + 3]]);
                let mut slot = slot(four);
                while fours[slot] != 0 && fours[slot] != four {
                    slot = (slot + 1) % SLOTS;
                }
                fours[slot] = four;
                at += 1;
            }
            index += 1;
        }
        Self {
            list,
            stride,
            has_rare,
            fours,
        }
    }

    /// The first phrase in `text`, as it is written there.
    pub(super) fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        let bytes = text.as_bytes();
        let rare = self
            .has_rare
            .then(|| memchr::memchr2_iter(RARE[0], RARE[1], bytes).find_map(|place| self.at(text, place)));
        // A phrase has a four at one of the places that are looked at, fewer than `stride` bytes after its
        // beginning; so what begins first is met first.
        let common = (0..bytes.len())
            .step_by(self.stride)
            .filter(|at| self.has_four(bytes, *at))
            .find_map(|at| (at.saturating_sub(self.stride - 1)..=at).find_map(|place| self.at(text, place)));
        let first = [rare.flatten(), common]
            .into_iter()
            .flatten()
            .min_by_key(|(place, _)| *place);
        first.map(|(_, phrase)| phrase)
    }

    fn has_four(&self, bytes: &[u8], at: usize) -> bool {
        let Some(four) = bytes.get(at..).and_then(<[u8]>::first_chunk) else {
            return false;
        };
        let four = folded(*four);
        let mut slot = slot(four);
        while self.fours[slot] != 0 {
            if self.fours[slot] == four {
                return true;
            }
            slot = (slot + 1) % SLOTS;
        }
        false
    }

    /// The phrase that begins at a place, and the place.
    #[cold]
    fn at<'a>(&self, text: &'a str, place: usize) -> Option<(usize, &'a str)> {
        let bytes = text.as_bytes();
        if place > 0 && is_word(bytes[place - 1]) && is_word(bytes[place]) {
            return None;
        }
        let rest = &bytes[place..];
        let phrase = self.list.iter().find(|phrase| {
            let length = phrase.len();
            rest.len() >= length
                && rest[..length].eq_ignore_ascii_case(phrase.as_bytes())
                // A phrase that ends in a letter ends with the word.
                && !(is_word(phrase.as_bytes()[length - 1]) && rest.get(length).is_some_and(|b| is_word(*b)))
        })?;
        Some((place, text.get(place..place + phrase.len())?))
    }
}

const fn is_rare(byte: u8) -> bool {
    byte == RARE[0] || byte == RARE[1]
}

/// Four bytes as one number, the same for letters of either case, and never nothing.
const fn folded(four: [u8; 4]) -> u32 {
    u32::from_le_bytes(four) | 0x2020_2020
}

/// Where to look for four bytes first.
const fn slot(four: u32) -> usize {
    // Multiplicative hashing with 2³² divided by the golden ratio (Knuth, TAOCP 3, 6.4).
    (four.wrapping_mul(0x9E37_79B1) >> (32 - SLOTS.trailing_zeros())) as usize
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
        static SALE: Phrases = Phrases::new(&["on sale", "free shipping", "!!!", "no/ne"]);
        for (text, found) in [
            ("Boots ON SALE now", Some("ON SALE")),
            ("Free Shipping!", Some("Free Shipping")),
            ("Wow!!!", Some("!!!")),
            ("bonbon sale", None),
            ("On Salesforce", None),
            ("gluten-free shippings", None),
            ("Zäun on sale", Some("on sale")),
            ("No/Ne", Some("No/Ne")),
            ("none", None),
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
            text in "(on sale|ON SALES?|free  ?shipping|bonbon sale|nopic|!!!|[a-fé !]{0,18}|on|sa){0,8}"
        ) {
            // One looks at every fourth byte, the other at every second.
            static FAR: Phrases = Phrases::new(&["on sale", "free shipping", "!!!"]);
            static NEAR: Phrases = Phrases::new(&["on sale", "free shipping", "!!!", "nopic"]);
            for phrases in [&FAR, &NEAR] {
                let lower = text.to_ascii_lowercase();
                let is_letter = |byte: Option<&u8>| byte.is_some_and(|byte| is_word(*byte));
                let slow = (0..text.len()).find_map(|at| {
                    let phrase = phrases.list.iter().find(|phrase| {
                        let (bytes, end) = (lower.as_bytes(), at + phrase.len());
                        bytes[at..].starts_with(phrase.as_bytes())
                            && !(at > 0 && is_letter(bytes.get(at - 1)) && is_letter(bytes.get(at)))
                            && !(is_letter(bytes.get(end - 1)) && is_letter(bytes.get(end)))
                    })?;
                    text.get(at..at + phrase.len())
                });
                proptest::prop_assert_eq!(phrases.find(&text), slow);
            }
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
