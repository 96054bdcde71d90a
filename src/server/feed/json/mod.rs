//! Reads JSON: a list of records, an object that holds one, or an object a line.
//!
//! This file finds where records begin and end, byte by byte and without ever holding more than
//! one of them; [`fields`] makes fields of what a record holds. Whether the JSON inside a record
//! is sound says `serde_json`; between records it is looked at here.

mod fields;

use super::Block;
use super::encoding::refuse_bytes;
use super::plan::Plan;
use super::source::Limits;
use super::stop::{Stop, refuse};
use crate::domain::contract::checks::file;
use crate::domain::record::{Damage, Names, Position, RawRecord};
use crate::domain::report::{Format, Refusal};
use fields::Fault;
use std::io::Read;
use std::sync::Arc;

/// Bytes read at once.
const BUFFER: usize = 64 << 10;
/// Records in one block, and bytes of them.
const BLOCK: usize = 200;
const BLOCK_BYTES: usize = 256 << 10;

/// Keys of a document's object that hold its list of records, where no path says which.
const LISTS: &[&str] = &["products", "items", "offers", "resources", "entries"];

/// Where records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a list, with so many objects open around it.
    List { around: usize },
    /// One after the other.
    Lines,
    /// Behind.
    End,
}

/// Reads records one after another.
pub struct Reader {
    text: Box<dyn Read + Send>,
    ended: bool,
    bytes: Vec<u8>,
    /// The next byte.
    at: usize,
    /// The first byte that is still needed.
    kept: Option<usize>,
    /// Offset of `bytes` in the file.
    base: u64,
    /// Line ends before `counted` of `bytes`.
    lines: u64,
    counted: usize,
    place: Place,
    names: Arc<Names>,
    /// The names every record begins with, to start afresh from.
    fresh: Arc<Names>,
    paths: Vec<Vec<String>>,
    records: u64,
    /// Whether any line was sound.
    has_sound: bool,
    /// What is wrong with the first line that is no record.
    first_fault: Option<Refusal>,
    limits: Limits,
}

impl Reader {
    /// Takes the text and finds its first record; `offset` is where it begins in the file.
    pub(super) fn open(
        text: Box<dyn Read + Send>,
        offset: usize,
        limits: Limits,
        plan: &Plan,
    ) -> Result<(Self, Format), Stop> {
        let mut names = plan.names().of_format(fields::OWN_NAMES);
        plan.prepare(&mut names);
        let names = Arc::new(names);
        let mut reader = Self {
            text,
            ended: false,
            bytes: Vec::new(),
            at: 0,
            kept: None,
            base: offset as u64,
            lines: 0,
            counted: 0,
            place: Place::End,
            fresh: Arc::clone(&names),
            names,
            paths: plan.paths.clone(),
            records: 0,
            has_sound: false,
            first_fault: None,
            limits,
        };
        reader.find_first()?;
        let format = match reader.place {
            Place::Lines => Format::Ndjson,
            _ => Format::Json,
        };
        Ok((reader, format))
    }

    /// The names met so far.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Fills a block with the records that come next; false when there are no more.
    pub fn fill(&mut self, block: &mut Block) -> Result<bool, Stop> {
        block.clear();
        let mut bytes = 0;
        while block.count < BLOCK && bytes < BLOCK_BYTES {
            let slot = block.slot();
            if !self.read(slot)? {
                break;
            }
            bytes += slot.original().len();
            block.count += 1;
        }
        if self.records == 0 {
            return Err(refuse(
                &file::FILE_EMPTY,
                Some(self.offset()),
                "The JSON has no record in its list; nothing of it takes effect.",
            ));
        }
        Ok(block.count > 0)
    }

    fn read(&mut self, record: &mut RawRecord) -> Result<bool, Stop> {
        match (self.place, self.skip_space()?) {
            (Place::End, _) => return Ok(false),
            (Place::Lines, None) => {
                self.place = Place::End;
                let fault = self.first_fault.take().filter(|_| !self.has_sound);
                return fault.map_or(Ok(false), |fault| Err(Stop::Refused(fault)));
            }
            (Place::Lines, Some(_)) => return self.read_line(record).map(|()| true),
            (Place::List { around }, Some(b']')) => {
                self.at += 1;
                self.place = Place::End;
                self.leave(around)?;
                return Ok(false);
            }
            (Place::List { .. }, Some(b',')) if self.records > 0 => {
                self.at += 1;
                self.skip_space()?;
            }
            (Place::List { .. }, Some(_)) if self.records == 0 => {}
            (Place::List { .. }, Some(byte)) => return Err(self.unexpected(byte, "a comma or ]")),
            (Place::List { .. }, None) => return Err(self.truncated()),
        }
        self.kept = Some(self.at);
        self.read_object(record)?;
        Ok(true)
    }

    /// Makes a record of the object that begins here, where the bytes are kept from.
    fn read_object(&mut self, record: &mut RawRecord) -> Result<(), Stop> {
        match self.skip_space()? {
            Some(b'{') => {}
            Some(byte) => return Err(self.unexpected(byte, "the { of a record")),
            None => return Err(self.truncated()),
        }
        self.skip_value()?;
        let start = self.kept.unwrap_or(self.at);
        self.take(start, record)?;
        self.kept = None;
        Ok(())
    }

    /// Reads the object that begins here; what is none is a damaged record of its line, and
    /// reading goes on behind that. An object that the file ends in is still a file cut short,
    /// unless another line begins in it.
    fn read_line(&mut self, record: &mut RawRecord) -> Result<(), Stop> {
        self.kept = Some(self.at);
        let records = self.records;
        let fault = match self.read_object(record) {
            Ok(()) => {
                self.has_sound = true;
                return Ok(());
            }
            Err(Stop::Refused(fault)) if fault.code == file::FILE_JSON.code => fault,
            Err(stop) => return Err(stop),
        };
        let end = self.line_end()?;
        let start = self.kept.take().unwrap_or(self.at);
        let bytes = self.bytes[start..end].trim_ascii_end();
        let offset = self.base + start as u64;
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => {
                let at = error.valid_up_to();
                return Err(refuse_bytes(bytes, bytes[at], offset + at as u64));
            }
        };
        let line = self.line_at(start);
        self.at = end;
        self.records = records + 1;
        let position = Position {
            index: self.records,
            line,
            offset,
        };
        record.begin(&self.names, position);
        record.finish(&self.names, position, &text);
        record.set_damage(Damage::Json {
            fault: fault.message.clone(),
        });
        self.first_fault.get_or_insert(fault);
        Ok(())
    }

    /// Where the line ends whose bytes are kept.
    fn line_end(&mut self) -> Result<usize, Stop> {
        loop {
            let start = self.kept.unwrap_or(self.at);
            if let Some(length) = memchr::memchr(b'\n', &self.bytes[start..]) {
                return Ok(start + length);
            }
            self.at = self.bytes.len();
            if !self.more()? {
                return Ok(self.bytes.len());
            }
        }
    }

    /// Makes a record of the bytes from `start` to here.
    fn take(&mut self, start: usize, record: &mut RawRecord) -> Result<(), Stop> {
        let line = if self.place == Place::Lines {
            self.line_at(start)
        } else {
            0
        };
        let offset = self.base + start as u64;
        let bytes = &self.bytes[start..self.at];
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let at = error.valid_up_to();
                return Err(refuse_bytes(bytes, bytes[at], offset + at as u64));
            }
        };
        if self.names.len() > Names::LIMIT / 2 {
            self.names = Arc::clone(&self.fresh);
        }
        self.records += 1;
        let position = Position {
            index: self.records,
            line,
            offset,
        };
        record.begin(&self.names, position);
        match fields::read(text, &mut self.names, record, self.limits.fields) {
            Ok(()) => {}
            Err(Fault::TooMany) => {
                let message = format!(
                    "The JSON has more than {} fields in record {}.",
                    self.limits.fields, self.records
                );
                return Err(refuse(&file::FILE_JSON, Some(offset), message));
            }
            Err(Fault::Syntax(error)) => {
                let message = format!("The JSON is not well-formed in record {}: {error}.", self.records);
                return Err(refuse(&file::FILE_JSON, Some(offset), message));
            }
        }
        record.finish(&self.names, position, text);
        Ok(())
    }

    /// Goes to the first record. Where the first line is broken and another object begins
    /// right behind it, the file has an object a line.
    fn find_first(&mut self) -> Result<(), Stop> {
        let fault = match self.find_records() {
            Err(Stop::Refused(fault)) if fault.code == file::FILE_JSON.code && self.kept.is_some() => fault,
            found => return found,
        };
        let end = self.line_end()?;
        let start = self.kept.unwrap_or(end);
        self.at = end;
        if self.skip_space()? != Some(b'{') || self.bytes.get(self.at - 1) != Some(&b'\n') {
            return Err(Stop::Refused(fault));
        }
        self.at = self.kept.take().unwrap_or(start);
        self.place = Place::Lines;
        Ok(())
    }

    /// Goes to the first record.
    fn find_records(&mut self) -> Result<(), Stop> {
        match self.skip_space()? {
            Some(b'[') => {
                self.at += 1;
                self.place = Place::List { around: 0 };
                return Ok(());
            }
            Some(b'{') => {}
            Some(byte) => return Err(self.unexpected(byte, "{ or [")),
            None => return Err(self.truncated()),
        }
        if self.paths.is_empty() {
            // If no list is found, this object is a record.
            self.kept = Some(self.at);
        }
        let mut way: Vec<String> = Vec::new();
        self.at += 1;
        let mut is_first = true;
        loop {
            match self.skip_space()? {
                Some(b'}') => {
                    self.at += 1;
                    is_first = false;
                    if way.pop().is_none() {
                        break;
                    }
                    continue;
                }
                Some(b',') if !is_first => self.at += 1,
                Some(_) if is_first => {}
                Some(byte) => return Err(self.unexpected(byte, "a comma or }")),
                None => return Err(self.truncated()),
            }
            is_first = false;
            way.push(self.read_key()?);
            match (self.skip_space()?, self.fit(&way)) {
                (Some(b'['), Fit::Whole) => {
                    self.at += 1;
                    self.kept = None;
                    self.place = Place::List { around: way.len() };
                    return Ok(());
                }
                (Some(b'{'), Fit::Part) => {
                    self.at += 1;
                    is_first = true;
                }
                _ => {
                    way.pop();
                    self.skip_value()?;
                }
            }
        }
        let Some(start) = self.kept.take() else {
            let path = self.paths.first().map(|path| path.join("/")).unwrap_or_default();
            return Err(refuse(
                &file::FILE_EMPTY,
                Some(self.offset()),
                format!("The JSON has no list at the record path /{path}; nothing of it takes effect."),
            ));
        };
        self.at = start;
        self.place = Place::Lines;
        Ok(())
    }

    fn fit(&self, way: &[String]) -> Fit {
        if self.paths.is_empty() {
            let is_list = way.len() == 1 && LISTS.contains(&&*way[0]);
            return if is_list { Fit::Whole } else { Fit::None };
        }
        let fits = |path: &&Vec<String>| {
            path.len() >= way.len() && path.iter().zip(way).all(|(a, b)| a == b || a == "*")
        };
        match self
            .paths
            .iter()
            .filter(fits)
            .map(|path| path.len() == way.len())
            .max()
        {
            Some(true) => Fit::Whole,
            Some(false) => Fit::Part,
            None => Fit::None,
        }
    }

    /// Reads what is left behind the list: so many objects to be closed, and the end.
    fn leave(&mut self, mut around: usize) -> Result<(), Stop> {
        while around > 0 {
            match self.skip_space()? {
                Some(b'}') => {
                    self.at += 1;
                    around -= 1;
                }
                Some(b',') => {
                    self.at += 1;
                    self.read_key()?;
                    self.skip_value()?;
                }
                Some(byte) => return Err(self.unexpected(byte, "a comma or }")),
                None => return Err(self.truncated()),
            }
        }
        match self.skip_space()? {
            None => Ok(()),
            Some(byte) => Err(self.unexpected(byte, "the end of the file")),
        }
    }

    /// Reads a key and the colon behind it.
    fn read_key(&mut self) -> Result<String, Stop> {
        match self.skip_space()? {
            Some(b'"') => {}
            Some(byte) => return Err(self.unexpected(byte, "a name in quotes")),
            None => return Err(self.truncated()),
        }
        let outer = self.kept;
        let start = self.at;
        self.kept = Some(outer.unwrap_or(start));
        let from = start - self.kept.unwrap_or(start);
        self.skip_string()?;
        let start = self.kept.unwrap_or(0) + from;
        let key: Result<String, _> = serde_json::from_slice(&self.bytes[start..self.at]);
        if outer.is_none() {
            self.kept = None;
        }
        let key =
            key.map_err(|error| self.refuse_json(&format!("has a name that cannot be read ({error})")))?;
        match self.skip_space()? {
            Some(b':') => self.at += 1,
            Some(byte) => return Err(self.unexpected(byte, "a colon")),
            None => return Err(self.truncated()),
        }
        self.skip_space()?;
        Ok(key)
    }

    /// Goes behind the value that begins here.
    fn skip_value(&mut self) -> Result<(), Stop> {
        let mut open: Vec<u8> = Vec::new();
        let mut before = b':';
        loop {
            let Some(byte) = self.skip_space()? else {
                return Err(self.truncated());
            };
            match byte {
                b'"' => self.skip_string()?,
                // Where an object is not closed, the next one shows it.
                b'{' if !matches!(before, b':' | b'[' | b',')
                    || (before == b',' && open.last() == Some(&b'{')) =>
                {
                    return Err(self.unexpected(byte, "a comma or the end of what is open"));
                }
                b'{' | b'[' => {
                    open.push(byte);
                    if open.len() > self.limits.depth {
                        return Err(
                            self.refuse_json(&format!("nests more than {} levels deep", self.limits.depth))
                        );
                    }
                    self.at += 1;
                }
                b'}' | b']' => {
                    // { is two before }, and [ two before ].
                    if open.pop() != Some(byte - 2) {
                        return Err(self.unexpected(byte, "a value"));
                    }
                    self.at += 1;
                }
                b',' | b':' if !open.is_empty() => self.at += 1,
                b',' | b':' => return Err(self.unexpected(byte, "a value")),
                _ => self.skip_word()?,
            }
            before = byte;
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    /// Goes behind a number, `true`, `false` or `null`.
    fn skip_word(&mut self) -> Result<(), Stop> {
        loop {
            let rest = &self.bytes[self.at..];
            let is_end =
                |byte: &u8| is_space(*byte) || matches!(byte, b',' | b':' | b']' | b'}' | b'{' | b'[' | b'"');
            if let Some(length) = rest.iter().position(is_end) {
                self.at += length;
                return Ok(());
            }
            self.at = self.bytes.len();
            if !self.more()? {
                return Ok(());
            }
        }
    }

    /// Goes behind the string that begins here.
    fn skip_string(&mut self) -> Result<(), Stop> {
        self.at += 1;
        loop {
            match memchr::memchr3(b'"', b'\\', b'\n', &self.bytes[self.at..]) {
                None => {
                    self.at = self.bytes.len();
                    if !self.more()? {
                        return Err(self.truncated());
                    }
                }
                Some(length) if self.bytes[self.at + length] == b'"' => {
                    self.at += length + 1;
                    return Ok(());
                }
                Some(length) if self.bytes[self.at + length] == b'\n' => {
                    return Err(self.refuse_json("has a line break inside a text"));
                }
                Some(length) => {
                    // What is escaped is no end of the string, whatever it is.
                    self.at += length + 1;
                    if self.at == self.bytes.len() && !self.more()? {
                        return Err(self.truncated());
                    }
                    self.at += 1;
                }
            }
        }
    }

    /// The next byte that is no white space; none at the end of the file.
    fn skip_space(&mut self) -> Result<Option<u8>, Stop> {
        loop {
            while let Some(byte) = self.bytes.get(self.at) {
                if !is_space(*byte) {
                    return Ok(Some(*byte));
                }
                self.at += 1;
            }
            if !self.more()? {
                return Ok(None);
            }
        }
    }

    /// Reads more, letting go of what is not needed any more; false at the end of the file.
    fn more(&mut self) -> Result<bool, Stop> {
        if self.ended {
            return Ok(false);
        }
        let gone = self.kept.unwrap_or(self.at);
        if self.bytes.len() - gone > self.limits.record {
            let message = format!(
                "Record {} of the JSON is larger than {} bytes; none is.",
                self.records + 1,
                self.limits.record
            );
            return Err(refuse(&file::FILE_SIZE, Some(self.base + gone as u64), message));
        }
        self.count_lines(gone);
        self.bytes.drain(..gone);
        self.base += gone as u64;
        self.at -= gone;
        self.counted -= gone;
        self.kept = self.kept.map(|_| 0);
        let filled = self.bytes.len();
        self.bytes.resize(filled + BUFFER, 0);
        let read = self.text.read(&mut self.bytes[filled..])?;
        self.bytes.truncate(filled + read);
        self.ended = read == 0;
        Ok(read > 0)
    }

    fn count_lines(&mut self, to: usize) {
        let from = self.counted.min(to);
        self.lines += memchr::memchr_iter(b'\n', &self.bytes[from..to]).count() as u64;
        self.counted = to;
    }

    fn line_at(&mut self, at: usize) -> u64 {
        if at >= self.counted {
            self.count_lines(at);
        }
        self.lines + 1
    }

    fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    fn truncated(&self) -> Stop {
        refuse(
            &file::FILE_TRUNCATED,
            Some(self.offset()),
            format!(
                "The JSON ends inside a value, after {} whole records; it was cut short.",
                self.records
            ),
        )
    }

    fn unexpected(&self, byte: u8, wanted: &str) -> Stop {
        self.refuse_json(&format!(
            "has “{}” where {wanted} should stand",
            byte.escape_ascii()
        ))
    }

    fn refuse_json(&self, what: &str) -> Stop {
        refuse(
            &file::FILE_JSON,
            Some(self.offset()),
            format!("The JSON {what}, after {} whole records.", self.records),
        )
    }
}

/// Whether JSON takes the byte for white space (RFC 8259, section 2): a form feed is none.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// How much of a path to the records the way to a value is.
enum Fit {
    None,
    Part,
    Whole,
}
