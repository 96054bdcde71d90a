//! Finds the one data file in a zip archive.
//!
//! A zip's list of files stands at its end, so the archive is laid down in a temporary file
//! first; memory holds the list alone, whose size is bounded. Bytes are then unpacked as they
//! are read, and their checksum is held against the list's at the end.

use super::source::{Limits, Received};
use super::stop::{Stop, refuse};
use crate::domain::contract::checks::file;
use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use zip::{CompressionMethod, ZipArchive};

/// Bytes of a list of files that are read; a feed's is one line long.
const LIST: u64 = 1 << 20;
/// Bytes of the record at the end of a zip, and of the comment that may follow it.
const END: usize = 22;
const COMMENT: u64 = 65_535;

/// The bytes of the data file, unpacked.
pub(super) struct Unzipped {
    inner: Box<dyn Read + Send>,
    sum: Crc,
    /// What the list says the sum and the length are.
    expected: (u32, u64),
    length: u64,
}

fn damaged(what: &str) -> Stop {
    let message = format!("The zip archive {what}; send it again whole.");
    refuse(&file::FILE_COMPRESSION, None, message)
}

fn refuse_workbook() -> Stop {
    let message = "The file is an Excel workbook (.xlsx); send a text file, such as CSV, TSV, XML or JSON.";
    refuse(&file::FILE_XLS, Some(0), message)
}

/// Opens the data file of the archive whose first bytes were read already.
pub(super) fn open(first: &[u8], mut rest: Received, limits: Limits) -> Result<Unzipped, Stop> {
    let mut archive = tempfile::tempfile().map_err(Stop::Failed)?;
    archive.write_all(first).map_err(Stop::Failed)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = rest.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        archive.write_all(&buffer[..read]).map_err(Stop::Failed)?;
        if rest.count() > limits.unpacked {
            let message = format!(
                "The zip archive is larger than {} bytes; split the feed.",
                limits.unpacked
            );
            return Err(refuse(&file::FILE_SIZE, Some(limits.unpacked), message));
        }
    }
    check_list(&mut archive)?;
    let mut archive =
        ZipArchive::new(archive).map_err(|error| damaged(&format!("cannot be read ({error})")))?;
    let entry = find(&mut archive)?;
    let mut archive = archive.into_inner();
    archive.seek(SeekFrom::Start(entry.start)).map_err(Stop::Failed)?;
    let packed = BufReader::with_capacity(64 << 10, archive.take(entry.packed));
    let inner: Box<dyn Read + Send> = match entry.method {
        CompressionMethod::Stored => Box::new(packed),
        CompressionMethod::Deflated => Box::new(DeflateDecoder::new(packed)),
        other => {
            let message =
                format!("The file in the zip archive is packed by {other}; pack it with deflate, as usual.");
            return Err(refuse(&file::FILE_COMPRESSION, None, message));
        }
    };
    Ok(Unzipped {
        inner,
        sum: Crc::new(),
        expected: (entry.sum, entry.length),
        length: 0,
    })
}

/// Refuses an archive without an end, or with a list longer than any feed's.
fn check_list(archive: &mut File) -> Result<(), Stop> {
    let length = archive.seek(SeekFrom::End(0)).map_err(Stop::Failed)?;
    let tail = length.min(COMMENT + END as u64);
    archive
        .seek(SeekFrom::Start(length - tail))
        .map_err(Stop::Failed)?;
    let mut bytes = Vec::new();
    archive.take(tail).read_to_end(&mut bytes).map_err(Stop::Failed)?;
    let end = memchr::memmem::rfind(&bytes, b"PK\x05\x06").and_then(|at| bytes.get(at..at + END));
    let Some(end) = end else {
        if memchr::memmem::find(&bytes, b"xl/").is_some() {
            return Err(refuse_workbook());
        }
        return Err(damaged(
            "ends before its list of files: it was cut short on its way",
        ));
    };
    let list = u32::from_le_bytes([end[12], end[13], end[14], end[15]]);
    if u64::from(list) > LIST {
        return Err(damaged("lists more files than any feed has"));
    }
    archive.seek(SeekFrom::Start(0)).map_err(Stop::Failed)?;
    Ok(())
}

struct Entry {
    start: u64,
    packed: u64,
    length: u64,
    sum: u32,
    method: CompressionMethod,
}

fn find(archive: &mut ZipArchive<File>) -> Result<Entry, Stop> {
    let unreadable = |error: zip::result::ZipError| damaged(&format!("cannot be read ({error})"));
    let mut found = Vec::new();
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(unreadable)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if name.starts_with("xl/") {
            return Err(refuse_workbook());
        }
        // What the Finder adds is no data.
        let is_hidden = name.rsplit('/').next().is_none_or(|last| last.starts_with('.'));
        if entry.is_dir() || is_hidden || name.starts_with("__MACOSX/") {
            continue;
        }
        if entry.encrypted() {
            let message =
                format!("The file {name} in the zip archive is locked with a password; send it without.");
            return Err(refuse(&file::FILE_COMPRESSION, None, message));
        }
        names.push(name);
        found.push(Entry {
            start: entry.data_start(),
            packed: entry.compressed_size(),
            length: entry.size(),
            sum: entry.crc32(),
            method: entry.compression(),
        });
    }
    if found.len() > 1 {
        let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
        let more = if names.len() > shown.len() { ", …" } else { "" };
        let message = format!(
            "The zip archive holds {} files ({}{more}); send the one that is the feed.",
            names.len(),
            shown.join(", ")
        );
        return Err(refuse(&file::FILE_COMPRESSION, None, message));
    }
    found.pop().ok_or_else(|| damaged("has no file in it"))
}

impl Read for Unzipped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.inner.read(buffer)?;
        self.sum.update(&buffer[..read]);
        self.length += read as u64;
        if read == 0 && (self.sum.sum(), self.length) != self.expected {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the checksum does not fit",
            ));
        }
        Ok(read)
    }
}
