//! Turns bytes into UTF-8, or says which byte is none and what the file might be in.

use super::origin::Origin;
use super::source::Unpacked;
use super::stop::{Stop, refuse};
use crate::domain::contract::checks::file;
use crate::domain::profile::ENCODINGS;
use encoding_rs::{CoderResult, Decoder, DecoderResult};
use std::io::{self, Read};

/// How the bytes of a file are letters.
#[derive(Debug, Clone)]
pub struct Encoding {
    /// In lower case, as reports name it.
    pub name: &'static str,
    /// Bytes of the byte order mark, which is no part of the text.
    pub skipped: usize,
    /// None when the bytes are UTF-8 as they are.
    coding: Option<&'static encoding_rs::Encoding>,
}

const UTF_8: Encoding = Encoding {
    name: "utf-8",
    skipped: 0,
    coding: None,
};

impl Encoding {
    /// Tells the encoding by the byte order mark; without one it is UTF-8 until shown wrong.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0xef, 0xbb, 0xbf, ..] => Self { skipped: 3, ..UTF_8 },
            [0xff, 0xfe, ..] => Self {
                name: "utf-16le",
                skipped: 2,
                coding: Some(encoding_rs::UTF_16LE),
            },
            [0xfe, 0xff, ..] => Self {
                name: "utf-16be",
                skipped: 2,
                coding: Some(encoding_rs::UTF_16BE),
            },
            _ => UTF_8,
        }
    }

    /// The encoding that a profile names.
    pub fn named(label: &str) -> Option<Self> {
        let coding = encoding_rs::Encoding::for_label(label.as_bytes())?;
        Some(Self {
            name: report_name(coding),
            skipped: 0,
            coding: (coding != encoding_rs::UTF_8).then_some(coding),
        })
    }

    /// Tells the encoding by the byte order mark; without one it is what the profile says, or
    /// else UTF-8 until shown wrong.
    pub fn tell(head: &[u8], told: Option<&Self>) -> Self {
        let marked = Self::of(head);
        match told {
            Some(told) if marked.skipped == 0 => told.clone(),
            _ => marked,
        }
    }

    /// The first bytes as text, good enough to tell what they are.
    pub fn preview(&self, head: &[u8]) -> String {
        let head = head.get(self.skipped..).unwrap_or_default();
        match self.coding {
            None => String::from_utf8_lossy(head).into_owned(),
            Some(coding) => coding.decode_without_bom_handling(head).0.into_owned(),
        }
    }

    /// What the XML declaration at the beginning of `text` says, unless a mark said more.
    pub fn declared_by_xml(self, text: &str) -> Self {
        if self.skipped > 0 {
            return self;
        }
        let declared = || {
            let declaration = &text[..text.find("?>")?];
            let rest = declaration.strip_prefix("<?xml")?;
            let rest = rest[rest.find("encoding")? + "encoding".len()..]
                .trim_start()
                .strip_prefix('=')?
                .trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let name = &rest[1..][..rest[1..].find(quote)?];
            encoding_rs::Encoding::for_label(name.as_bytes())
        };
        match declared() {
            Some(coding) if coding != encoding_rs::UTF_8 && coding.is_ascii_compatible() => Self {
                name: report_name(coding),
                skipped: 0,
                coding: Some(coding),
            },
            _ => self,
        }
    }
}

/// The name of an encoding as reports write it.
fn report_name(coding: &'static encoding_rs::Encoding) -> &'static str {
    let known = ENCODINGS
        .iter()
        .find(|name| name.eq_ignore_ascii_case(coding.name()));
    known.copied().unwrap_or("other")
}

/// The bytes after the mark, in UTF-8 as far as it lies with the conversion. Bytes that were
/// taken to be UTF-8 are not looked at here: rows are, one by one, and so is XML. Where they are
/// converted, it comes with where the text stood.
pub(super) fn to_utf8(unpacked: Unpacked, encoding: &Encoding) -> (Box<dyn Read + Send>, Option<Origin>) {
    let inner = Skip {
        left: encoding.skipped,
        inner: unpacked,
    };
    let Some(coding) = encoding.coding else {
        return (Box::new(inner), None);
    };
    let origin = Origin::new(coding, encoding.skipped);
    let text = Decoded {
        decoder: coding.new_decoder_without_bom_handling(),
        name: encoding.name,
        inner,
        origin: origin.clone(),
        input: vec![0; 32 << 10],
        start: 0,
        end: 0,
        taken: encoding.skipped as u64,
        output: Vec::new(),
        read: 0,
        ended: false,
    };
    (Box::new(text), Some(origin))
}

/// Leaves out the byte order mark.
struct Skip {
    left: usize,
    inner: Unpacked,
}

impl Read for Skip {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left > 0 {
            let mut mark = [0; 4];
            let wanted = self.left.min(mark.len());
            let read = self.inner.read(&mut mark[..wanted])?;
            if read == 0 {
                return Ok(0);
            }
            self.left -= read;
        }
        self.inner.read(buffer)
    }
}

/// Converts another encoding.
struct Decoded {
    decoder: Decoder,
    name: &'static str,
    inner: Skip,
    origin: Origin,
    input: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes of the file that were converted.
    taken: u64,
    output: Vec<u8>,
    read: usize,
    ended: bool,
}

impl Decoded {
    fn convert(&mut self) -> io::Result<()> {
        if self.start == self.end {
            self.start = 0;
            self.end = self.inner.read(&mut self.input)?;
        }
        let last = self.end == 0;
        let input = &self.input[self.start..self.end];
        self.output.resize(input.len() * 3 + 16, 0);
        let (result, taken, written) =
            self.decoder
                .decode_to_utf8_without_replacement(input, &mut self.output, last);
        self.start += taken;
        self.taken += taken as u64;
        self.output.truncate(written);
        self.read = 0;
        match result {
            DecoderResult::Malformed(..) => Err(refuse(
                &file::FILE_ENCODING,
                Some(self.taken),
                format!(
                    "Near byte {} the file is not in {}, which it says it is in.",
                    self.taken, self.name
                ),
            )
            .into()),
            DecoderResult::InputEmpty => {
                self.origin.add(&self.output, self.taken);
                self.ended = last;
                Ok(())
            }
            DecoderResult::OutputFull => {
                self.origin.add(&self.output, self.taken);
                Ok(())
            }
        }
    }
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.output.len() {
            if self.ended {
                return Ok(0);
            }
            self.convert().inspect_err(|_| self.origin.refuse())?;
        }
        let read = (&self.output[self.read..]).read(buffer)?;
        self.read += read;
        Ok(read)
    }
}

/// Refuses a file whose bytes are not UTF-8, naming what they might be. `around` is some text
/// from before and after the byte at `offset`.
pub fn refuse_bytes(around: &[u8], byte: u8, offset: u64) -> Stop {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(around, true);
    let likely = detector.guess(None, chardetng::Utf8Detection::Deny);
    let mut decoder = likely.new_decoder_without_bom_handling();
    let mut sink = String::with_capacity(around.len() * 3 + 16);
    let (result, ..) = decoder.decode_to_string(around, &mut sink, true);
    let guess = if matches!(result, CoderResult::InputEmpty) {
        format!(" It looks like {}.", likely.name().to_ascii_lowercase())
    } else {
        String::new()
    };
    let message = format!(
        "The byte 0x{byte:02x} at offset {offset} is not UTF-8.{guess} Send UTF-8, or set the feed's encoding."
    );
    refuse(&file::FILE_ENCODING, Some(offset), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_that_a_profile_may_name_is_read() {
        for name in ENCODINGS {
            let encoding = Encoding::named(name).expect(name);
            assert_ne!(encoding.name, "other", "{name}");
        }
    }
}
