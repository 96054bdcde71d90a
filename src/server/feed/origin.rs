//! Remembers where converted text stood in its file, so that positions speak of the file as sent.
//!
//! Readers see UTF-8 alone and count its bytes. What a conversion gives them is kept here until
//! they are past it: how many bytes of the file a piece of it was, its letters tell. Readers ask
//! in the order of the file, and never for what is further back than one record and one block, so
//! that what is kept is bounded.

use encoding_rs::{EncoderResult, Encoding, UTF_16BE, UTF_16LE};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of text that are kept at most: more than the largest record and what is read beyond it.
const KEPT: usize = 16 << 20;
/// Bytes of a letter whose end has not come yet, at most.
const PENDING: u64 = 3;

/// Where the text of a converted file stood; shared by who converts and who reads.
#[derive(Debug, Clone)]
pub(super) struct Origin(Arc<Mutex<Window>>);

#[derive(Debug)]
struct Window {
    coding: &'static Encoding,
    pieces: VecDeque<Piece>,
    /// Bytes in the pieces.
    kept: usize,
    /// Bytes of the first piece that lie behind.
    passed: usize,
    /// How far the readers are, in bytes of the text.
    text: u64,
    /// Where that is in the file.
    file: u64,
    /// Whether the file was refused below the readers, in its own bytes.
    refused: bool,
}

#[derive(Debug)]
struct Piece {
    text: String,
    /// Where the file was read to when it was made; the end of a last letter may not have come.
    read_to: u64,
}

impl Origin {
    /// The text of a file in this encoding, behind a byte order mark of so many bytes, which
    /// readers count as it stands in the file.
    pub(super) fn new(coding: &'static Encoding, mark: usize) -> Self {
        Self(Arc::new(Mutex::new(Window {
            coding,
            pieces: VecDeque::new(),
            kept: 0,
            passed: 0,
            text: mark as u64,
            file: mark as u64,
            refused: false,
        })))
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes down what was converted next, and how far the file was read for it.
    pub(super) fn add(&self, text: &[u8], read_to: u64) {
        // A decoder gives whole letters.
        let Ok(text) = std::str::from_utf8(text) else {
            return;
        };
        if text.is_empty() {
            return;
        }
        let mut window = self.window();
        window.kept += text.len();
        window.pieces.push_back(Piece {
            text: text.to_owned(),
            read_to,
        });
        while window.kept > KEPT {
            let end = window.end_of_first();
            window.pass(end);
        }
    }

    /// Notes that the file was refused for its own bytes, whose offset needs no translation.
    pub(super) fn refuse(&self) {
        self.window().refused = true;
    }

    /// Where in the file the byte of the text at `offset` stood; none when that is behind what
    /// was asked for before.
    pub(super) fn locate(&self, offset: u64) -> Option<u64> {
        let mut window = self.window();
        if offset < window.text {
            return None;
        }
        window.pass(offset);
        Some(window.file)
    }

    /// The same for the offset of a refusal, whoever refused.
    pub(super) fn locate_refusal(&self, offset: Option<u64>) -> Option<u64> {
        if self.window().refused {
            return offset;
        }
        self.locate(offset?)
    }
}

impl Window {
    fn end_of_first(&self) -> u64 {
        let left = self
            .pieces
            .front()
            .map_or(0, |piece| piece.text.len() - self.passed);
        self.text + left as u64
    }

    /// Goes on to `offset`, or as far as there is text.
    fn pass(&mut self, offset: u64) {
        while self.text < offset {
            let Some(piece) = self.pieces.front() else { return };
            let left = &piece.text[self.passed..];
            let wanted = usize::try_from(offset - self.text).unwrap_or(usize::MAX);
            let wanted = left.floor_char_boundary(wanted);
            if wanted == 0 {
                return;
            }
            self.file += length_in(self.coding, &left[..wanted]);
            self.text += wanted as u64;
            self.passed += wanted;
            if self.passed == piece.text.len() {
                // Two spellings of one letter may differ in length; that goes no further than here.
                let read_to = piece.read_to;
                self.file = self.file.clamp(read_to.saturating_sub(PENDING), read_to);
                self.kept -= piece.text.len();
                self.passed = 0;
                self.pieces.pop_front();
            }
        }
    }
}

/// How many bytes a text is in an encoding.
fn length_in(coding: &'static Encoding, text: &str) -> u64 {
    let count = |matches: fn(u8) -> bool| text.bytes().filter(|byte| matches(*byte)).count() as u64;
    let letters = || count(|byte| byte & 0xc0 != 0x80);
    if coding == UTF_16LE || coding == UTF_16BE {
        // A letter of four bytes is a pair of surrogates.
        return 2 * (letters() + count(|byte| byte >= 0xf0));
    }
    if coding.is_single_byte() {
        return letters();
    }
    let (mut encoder, mut buffer) = (coding.new_encoder(), [0; 1024]);
    let (mut from, mut length) = (0, 0);
    loop {
        let (result, read, written) =
            encoder.encode_from_utf8_without_replacement(&text[from..], &mut buffer, false);
        from += read;
        length += written as u64;
        match result {
            EncoderResult::InputEmpty => return length,
            EncoderResult::OutputFull => {}
            // Read, but never written: the longest form there is.
            EncoderResult::Unmappable(_) => length += 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_letter_is_found_where_it_stood_however_the_text_came_in_pieces(
            text in "[aé€жあ漢𝄞]{0,200}",
            cuts in proptest::collection::vec(1_usize..40, 1..20),
            asked in proptest::collection::vec(0_usize..600, 0..10),
        ) {
            for (coding, encode) in [
                (UTF_16LE, (|text: &str| text.encode_utf16().count() * 2) as fn(&str) -> usize),
                (encoding_rs::GB18030, |text: &str| encoding_rs::GB18030.encode(text).0.len()),
            ] {
                let origin = Origin::new(coding, 2);
                let (mut at, mut turn) = (0, cuts.iter().cycle());
                while at < text.len() {
                    let end = text.ceil_char_boundary(at + turn.next().expect("a cycle"));
                    // The file may have been read a little further.
                    origin.add(&text.as_bytes()[at..end], 2 + encode(&text[..end]) as u64 + (at % 2) as u64);
                    at = end;
                }
                let mut asked = asked.clone();
                asked.sort_unstable();
                for offset in asked {
                    let offset = text.floor_char_boundary(offset);
                    let expected = 2 + encode(&text[..offset]) as u64;
                    prop_assert_eq!(origin.locate(2 + offset as u64), Some(expected));
                }
            }
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_lies_behind_is_forgotten() {
        let origin = Origin::new(encoding_rs::WINDOWS_1252, 0);
        let piece = "é".repeat(1 << 20);
        for number in 1..=64 {
            origin.add(piece.as_bytes(), number << 20);
        }
        assert!(origin.window().kept <= KEPT);
        assert_eq!(origin.locate(0), None);
        assert_eq!(origin.locate(127 << 20), Some(127 << 19));
        assert!(origin.window().kept <= piece.len());
    }

    #[test]
    fn a_refusal_below_the_readers_keeps_its_own_offset() {
        let origin = Origin::new(UTF_16BE, 2);
        origin.add("ééé".as_bytes(), 8);
        assert_eq!(origin.locate_refusal(Some(6)), Some(6));
        assert_eq!(origin.locate_refusal(None), None);
        origin.refuse();
        assert_eq!(origin.locate_refusal(Some(3)), Some(3));
    }
}
