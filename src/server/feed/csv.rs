//! Reads rows: comma, tab, semicolon and pipe, with quotes as RFC 4180 has them.
//!
//! [`Reader`] finds where rows begin and end, which is all that must be done in order;
//! [`Rows`] cuts them into fields, on any core. What is told apart here and not by a lenient
//! parser: a quote that is neither doubled nor at the end of its field damages its row alone,
//! an open quote or a short last row at the end of the file means that the file was cut.

use super::Block;
use super::encoding::refuse_bytes;
use super::origin::Origin;
use super::plan::Plan;
use super::scan;
use super::shape::{self, Header, Shape};
use super::source::Limits;
use super::stop::{Stop, refuse};
use crate::domain::contract::checks::file;
use crate::domain::record::{Damage, Names, Position, RawRecord};
use crate::domain::report::Format;
use std::io::Read;
use std::sync::Arc;

/// Bytes of rows in one block: small enough that a core keeps it near, large enough that
/// handing it over costs nothing.
const BLOCK: usize = 96 << 10;

/// Where a row stands in its block.
#[derive(Debug, Clone, Copy)]
struct Row {
    start: u32,
    end: u32,
    line: u64,
    cells: Cells,
    /// The field, counted from 1, in which a quote stands wrongly; 0 when none does.
    broken: u16,
}

/// What is known of the cells of a row.
#[derive(Debug, Clone, Copy)]
enum Cells {
    /// Where each of them ends but the last: so many of the block's ends, from this one on.
    Ends {
        from: u32,
        count: u32,
        quoted: bool,
        doubled: bool,
    },
    /// Nothing: its quotes are to be looked at one by one.
    Unknown,
}

/// Rows in one piece of text, not yet cut into fields.
#[derive(Debug, Default)]
pub struct Rows {
    bytes: Vec<u8>,
    list: Vec<Row>,
    /// Where cells end.
    ends: Vec<u32>,
    names: Arc<Names>,
    /// How many of the names are columns.
    columns: usize,
    shape: Shape,
    /// Offset of the first byte in the file.
    offset: u64,
    /// Number of the first row in the file, counted from 1.
    first: u64,
    /// Where each row stood in the file as sent; none when that is where it stands in the text.
    as_sent: Vec<u64>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.list.clear();
        self.ends.clear();
        self.as_sent.clear();
    }

    /// Puts the rows where they stood in the file as sent.
    pub(super) fn stand_as_sent(&mut self, origin: &Origin) {
        self.as_sent.clear();
        let rows = self.list.iter().map(|row| self.offset + u64::from(row.start));
        self.as_sent
            .extend(rows.map(|offset| origin.locate(offset).unwrap_or(offset)));
    }

    /// The number of row `index` in the file, counted from 1.
    pub(super) fn number(&self, index: usize) -> u64 {
        self.first + index as u64
    }

    /// Cuts row `index` into its fields.
    pub(super) fn parse(&mut self, index: usize, record: &mut RawRecord) -> Result<(), Stop> {
        let row = self.list[index];
        let bytes = &self.bytes[row.start as usize..row.end as usize];
        let offset = self.offset + u64::from(row.start);
        let Ok(text) = simdutf8::basic::from_utf8(bytes) else {
            let at = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
            let byte = bytes.get(at).copied().unwrap_or_default();
            return Err(refuse_bytes(&self.bytes, byte, offset + at as u64));
        };
        record.begin(
            &self.names,
            Position {
                index: self.number(index),
                line: row.line,
                offset: self.as_sent.get(index).copied().unwrap_or(offset),
            },
        );
        record.set_original(text);
        let expected = self.columns;
        let found = match row.cells {
            Cells::Unknown => self.look_for_cells(bytes, record),
            Cells::Ends {
                from,
                count,
                quoted,
                doubled,
            } => {
                let ends = &self.ends[from as usize..(from + count) as usize];
                let ends = ends.iter().copied().chain([row.end]).take(expected);
                let mut start = row.start;
                for (column, end) in ends.enumerate() {
                    let (from, to) = ((start - row.start) as usize, (end - row.start) as usize);
                    start = end + 1;
                    if quoted && bytes.get(from) == Some(&b'"') {
                        push_quoted(record, column, &bytes[from..to], from, doubled);
                    } else {
                        push_slice(record, column, from, to);
                    }
                }
                count as usize + 1
            }
        };
        if row.broken > 0 {
            record.set_damage(Damage::Quote {
                column: usize::from(row.broken),
            });
        } else if found != expected {
            record.set_damage(Damage::Columns { found, expected });
        }
        Ok(())
    }

    /// Adds what seem to be the cells of a row, quote by quote, and gives how many there are.
    fn look_for_cells(&self, bytes: &[u8], record: &mut RawRecord) -> usize {
        let (expected, delimiter) = (self.columns, self.shape.delimiter);
        let (mut column, mut start) = (0, 0);
        loop {
            let field = shape::field(bytes, start, delimiter);
            if column < expected {
                if field.doubled {
                    #[expect(clippy::cast_possible_truncation, reason = "names are fewer than 65,536")]
                    record.push_undoubled(column as u16, field.start, field.end);
                } else {
                    push_slice(record, column, field.start, field.end);
                }
            }
            column += 1;
            match field.next {
                Some(next) => start = next,
                None => return column,
            }
        }
    }
}

/// Adds a cell that stands in proper quotes at `start`.
fn push_quoted(record: &mut RawRecord, column: usize, cell: &[u8], start: usize, doubled: bool) {
    let (from, to) = (start + 1, start + cell.len() - 1);
    if doubled && memchr::memchr(b'"', &cell[1..cell.len() - 1]).is_some() {
        #[expect(clippy::cast_possible_truncation, reason = "names are fewer than 65,536")]
        record.push_undoubled(column as u16, from, to);
    } else {
        push_slice(record, column, from, to);
    }
}

fn push_slice(record: &mut RawRecord, column: usize, start: usize, end: usize) {
    #[expect(clippy::cast_possible_truncation, reason = "names are fewer than 65,536")]
    record.push_slice(column as u16, start, end);
}

/// Finds the rows of a file, block by block.
pub struct Reader {
    text: Box<dyn Read + Send>,
    ended: bool,
    /// What was read and belongs to rows that come next.
    rest: Vec<u8>,
    names: Arc<Names>,
    columns: usize,
    shape: Shape,
    /// Offset of `rest` in the file.
    offset: u64,
    line: u64,
    rows: u64,
    limits: Limits,
}

impl Reader {
    /// Reads the header; `offset` is where the text begins in the file.
    pub(super) fn open(
        text: Box<dyn Read + Send>,
        offset: usize,
        limits: Limits,
        plan: &Plan,
    ) -> Result<(Self, Format), Stop> {
        let mut reader = Self {
            text,
            ended: false,
            rest: Vec::new(),
            names: Arc::default(),
            columns: 0,
            shape: Shape::default(),
            offset: offset as u64,
            line: 1,
            rows: 0,
            limits,
        };
        let format = reader.read_header(plan)?;
        Ok((reader, format))
    }

    /// The names of the columns.
    pub fn names(&self) -> &Names {
        &self.names
    }

    fn read_header(&mut self, plan: &Plan) -> Result<Format, Stop> {
        let mut bytes = std::mem::take(&mut self.rest);
        let Header {
            shape,
            start,
            end,
            next,
        } = loop {
            let target = (2 * bytes.len()).max(BLOCK);
            self.read_more(&mut bytes, target)?;
            if let Some(found) = shape::header(&bytes, self.ended, plan) {
                break found;
            }
            if self.ended {
                // Nothing but line ends, behind a byte order mark perhaps.
                return Err(refuse(
                    &file::FILE_EMPTY,
                    Some(self.offset),
                    "The file is empty but for line ends; nothing of it takes effect.",
                ));
            }
            if bytes.len() > self.limits.record {
                return Err(refuse(
                    &file::FILE_FORMAT,
                    Some(self.offset),
                    "The file has no line end in its first 4 MB; it is no text with rows.",
                ));
            }
        };
        let offset = self.offset + start as u64;
        let header = match std::str::from_utf8(&bytes[start..end]) {
            Ok(header) => header,
            Err(error) => {
                let at = start + error.valid_up_to();
                return Err(refuse_bytes(&bytes, bytes[at], self.offset + at as u64));
            }
        };
        let mut names = match &plan.columns {
            None => match shape::names(header, shape, offset, plan) {
                Ok(names) => names,
                Err(stop) => return Err(self.find_foreign_bytes(bytes)?.unwrap_or(stop)),
            },
            Some(columns) => shape::own_names(columns, plan),
        };
        // Without a header the first row is a record.
        let next = if plan.columns.is_some() { start } else { next };
        self.columns = names.len();
        plan.prepare(&mut names);
        self.names = Arc::new(names.of_columns());
        self.shape = shape;
        let gone = memchr::memchr_iter(shape.newline, &bytes[..next]).count();
        self.line += gone as u64;
        self.offset += next as u64;
        bytes.drain(..next);
        self.rest = bytes;
        Ok(if shape.delimiter == b'\t' {
            Format::Tsv
        } else {
            Format::Csv
        })
    }

    /// Why a file is refused whose first row is no header, where its bytes are not UTF-8 either:
    /// whoever makes it readable has to begin there.
    fn find_foreign_bytes(&mut self, mut bytes: Vec<u8>) -> Result<Option<Stop>, Stop> {
        loop {
            let valid = match std::str::from_utf8(&bytes) {
                Ok(_) => bytes.len(),
                Err(error) if error.error_len().is_none() && !self.ended => error.valid_up_to(),
                Err(error) => {
                    let at = error.valid_up_to();
                    return Ok(Some(refuse_bytes(&bytes, bytes[at], self.offset + at as u64)));
                }
            };
            if self.ended {
                return Ok(None);
            }
            self.offset += valid as u64;
            bytes.drain(..valid);
            self.read_more(&mut bytes, BLOCK)?;
        }
    }

    /// Reads until `bytes` has `length` bytes or the file ends.
    fn read_more(&mut self, bytes: &mut Vec<u8>, length: usize) -> Result<(), Stop> {
        let mut filled = bytes.len();
        let length = length.max(filled + 1);
        bytes.resize(length, 0);
        while filled < length && !self.ended {
            let read = self.text.read(&mut bytes[filled..])?;
            self.ended = read == 0;
            filled += read;
        }
        bytes.truncate(filled);
        Ok(())
    }

    /// Fills a block with the rows that come next; false when there are no more.
    pub fn fill(&mut self, block: &mut Block) -> Result<bool, Stop> {
        block.clear();
        let rows = &mut block.rows;
        std::mem::swap(&mut rows.bytes, &mut self.rest);
        rows.offset = self.offset;
        rows.first = self.rows + 1;
        rows.shape = self.shape;
        if !Arc::ptr_eq(&rows.names, &self.names) {
            rows.names = Arc::clone(&self.names);
            rows.columns = self.columns;
        }
        let mut target = BLOCK;
        loop {
            if rows.bytes.len() < target {
                self.read_more(&mut rows.bytes, target)?;
            }
            let used = self.find_rows(rows)?;
            if rows.list.is_empty() && used > 0 {
                // Blank lines, and no row yet.
                rows.bytes.drain(..used);
                self.offset += used as u64;
                rows.offset = self.offset;
                if !(self.ended && rows.bytes.is_empty()) {
                    continue;
                }
            }
            let used = if rows.list.is_empty() { 0 } else { used };
            if !rows.list.is_empty() || (self.ended && used == rows.bytes.len()) {
                // What is left is the beginning of a row that goes on.
                self.rest.clear();
                self.rest.extend_from_slice(&rows.bytes[used..]);
                rows.bytes.truncate(used);
                self.offset += used as u64;
                self.rows += rows.list.len() as u64;
                return self.settle(rows);
            }
            target = (rows.bytes.len() * 2).max(BLOCK);
        }
    }

    fn settle(&self, rows: &Rows) -> Result<bool, Stop> {
        if rows.list.is_empty() && self.rows == 0 {
            return Err(refuse(
                &file::FILE_EMPTY,
                Some(self.offset),
                "The file has a header and no record; nothing of it takes effect.",
            ));
        }
        Ok(!rows.list.is_empty())
    }

    /// Finds whole rows from the start of the block, and gives where the last of them ends.
    fn find_rows(&mut self, rows: &mut Rows) -> Result<usize, Stop> {
        let Rows {
            bytes, list, ends, ..
        } = rows;
        let mut start = 0;
        while start < bytes.len() {
            let from = ends.len();
            // Nearly every row is proper, and then its cells are found with its end.
            if let Some(found) = scan::row(bytes, start, self.shape, ends)
                && found.end - start <= self.limits.record
            {
                let end = shape::without_return(bytes, start, found.end);
                if end > start {
                    #[expect(clippy::cast_possible_truncation, reason = "a block is far below 4 GiB")]
                    list.push(Row {
                        start: start as u32,
                        end: end as u32,
                        line: self.line,
                        cells: Cells::Ends {
                            from: from as u32,
                            count: (ends.len() - from) as u32,
                            quoted: found.quoted,
                            doubled: found.doubled,
                        },
                        broken: 0,
                    });
                }
                self.line += found.lines;
                start = found.end + 1;
                continue;
            }
            ends.truncate(from);
            let row = shape::row(bytes, start, self.shape, self.ended);
            let (end, next, broken) = match row.end {
                shape::End::Line { end, next } => (end, next, 0),
                shape::End::Last { end } => {
                    self.refuse_short_last_row(&bytes[start..end], start)?;
                    // A carriage return that was left out of the row is read with it.
                    (end, bytes.len(), 0)
                }
                shape::End::Open { quote } if self.ended => {
                    return Err(refuse(
                        &file::FILE_TRUNCATED,
                        Some(self.offset + quote as u64),
                        format!(
                            "The file ends inside a quoted field that begins in line {}; it was cut short, or a quote is missing.",
                            self.line
                        ),
                    ));
                }
                shape::End::Open { .. } | shape::End::More if bytes.len() - start <= self.limits.record => {
                    break;
                }
                shape::End::More => return Err(self.refuse_long(start)),
                shape::End::Open { quote: open } | shape::End::Broken { open, .. } => {
                    let quote = if let shape::End::Broken { quote, .. } = row.end {
                        quote
                    } else {
                        open
                    };
                    let column = shape::column_of(bytes, start, open, self.shape.delimiter);
                    match shape::resume(bytes, start, quote, self.shape, self.columns, self.ended) {
                        Some((end, next)) => (end, next, u16::try_from(column).unwrap_or(u16::MAX)),
                        // Where the row ends is seen when more of the file is there.
                        None => break,
                    }
                }
            };
            if end - start > self.limits.record {
                return Err(self.refuse_long(start));
            }
            let lines = if row.quoted || broken > 0 {
                memchr::memchr_iter(self.shape.newline, &bytes[start..next]).count() as u64
            } else {
                1
            };
            if end > start {
                #[expect(clippy::cast_possible_truncation, reason = "a block is far below 4 GiB")]
                list.push(Row {
                    start: start as u32,
                    end: end as u32,
                    line: self.line,
                    cells: Cells::Unknown,
                    broken,
                });
            }
            self.line += lines;
            start = next;
        }
        Ok(start)
    }

    fn refuse_long(&self, start: usize) -> Stop {
        let message = format!(
            "The record in line {} is longer than {} bytes; none is.",
            self.line, self.limits.record
        );
        refuse(&file::FILE_SIZE, Some(self.offset + start as u64), message)
    }

    /// A last row without a line end and with too few fields is what a cut file ends in. A blank
    /// one is none.
    fn refuse_short_last_row(&self, row: &[u8], start: usize) -> Result<(), Stop> {
        let found = shape::count_fields(row, self.shape.delimiter);
        let expected = self.columns;
        if row.is_empty() || found >= expected {
            return Ok(());
        }
        Err(refuse(
            &file::FILE_TRUNCATED,
            Some(self.offset + start as u64),
            format!(
                "The file ends in line {} after {found} of {expected} fields and without a line end; it was cut short.",
                self.line
            ),
        ))
    }
}
