//! Tells what a file is by its first bytes, never by its name.

use super::encoding::Encoding;
use super::source::Unpacked;
use super::stop::{Stop, refuse};
use crate::domain::contract::checks::file;

/// What to read a file as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Rows of text.
    Text,
    /// Elements.
    Xml,
    /// Objects.
    Json,
}

/// What the first bytes say.
#[derive(Debug, Clone)]
pub struct Sniffed {
    /// What to read it as.
    pub kind: Kind,
    /// How its bytes are letters.
    pub encoding: Encoding,
}

const LOOK: usize = 4096;

/// Looks at the first bytes of a file, whose encoding the feed's profile may tell.
pub fn sniff(unpacked: &mut Unpacked, told: Option<&Encoding>) -> Result<Sniffed, Stop> {
    let head = unpacked.peek(LOOK)?;
    let is_blank = |head: &[u8]| head.iter().all(u8::is_ascii_whitespace);
    if is_blank(head) {
        // White space may go on for long; a file of nothing else is empty all the same.
        let head = unpacked.peek(16 * LOOK)?;
        if is_blank(head) {
            return Err(refuse(
                &file::FILE_EMPTY,
                Some(0),
                "The file is empty; nothing of it takes effect.",
            ));
        }
    }
    let head = unpacked.peek(LOOK)?;
    let binary = |rule, what: &str| {
        Err(refuse(
            rule,
            Some(0),
            format!("The file is {what}; send a text file, such as CSV, TSV, XML or JSON."),
        ))
    };
    match head {
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return binary(&file::FILE_XLS, "an Excel workbook (.xls)"),
        [b'P', b'K', 3 | 5, ..] | [0x1f, 0x8b, ..] => {
            return Err(refuse(
                &file::FILE_FORMAT,
                Some(0),
                "The file is packed twice; pack it once, with gzip or zip.",
            ));
        }
        [b'%', b'P', b'D', b'F', ..] => return binary(&file::FILE_FORMAT, "a PDF"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => return binary(&file::FILE_FORMAT, "packed with zstd"),
        [b'B', b'Z', b'h', ..] => return binary(&file::FILE_FORMAT, "packed with bzip2"),
        _ => {}
    }
    let encoding = Encoding::tell(head, told);
    let text = encoding.preview(head);
    let text = text.trim_start();
    let begins = |word: &str| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if begins("<!doctype html") || begins("<html") || begins("<head") || begins("<body") {
        return Err(refuse(
            &file::FILE_HTML,
            Some(0),
            "The file is an HTML page, not a feed; check that the address leads to the file itself.",
        ));
    }
    if text.starts_with('<') {
        return Ok(Sniffed {
            kind: Kind::Xml,
            // What the feed's profile says was said by somebody who saw the declaration.
            encoding: if told.is_some() {
                encoding
            } else {
                encoding.declared_by_xml(text)
            },
        });
    }
    if text.starts_with(['{', '[']) {
        return Ok(Sniffed {
            kind: Kind::Json,
            encoding,
        });
    }
    Ok(Sniffed {
        kind: Kind::Text,
        encoding,
    })
}
