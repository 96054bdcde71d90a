//! Knows where rows and fields begin and end.

use super::plan::Plan;
use super::stop::{Stop, refuse};
use crate::domain::contract::checks::file;
use crate::domain::record::{Attribute, Names, rank};
use memchr::{memchr, memchr2};
use std::collections::HashSet;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) delimiter: u8,
    /// Line feed, or carriage return where there is no line feed.
    pub(super) newline: u8,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            delimiter: b',',
            newline: b'\n',
        }
    }
}

/// How a row ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With a line end; the next row begins at `next`.
    Line { end: usize, next: usize },
    /// With the file.
    Last { end: usize },
    /// Not within these bytes.
    More,
    /// Not within these bytes, and inside the field that the quote at `quote` opens.
    Open { quote: usize },
    /// Unknown: in the field that the quote at `open` opens, the one at `quote` is neither
    /// doubled nor at the end.
    Broken { open: usize, quote: usize },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) end: End,
    /// Whether a field of it is quoted.
    pub(super) quoted: bool,
}

/// Leaves out the carriage return before a line feed.
pub(super) fn without_return(bytes: &[u8], start: usize, end: usize) -> usize {
    if end > start && bytes[end - 1] == b'\r' {
        end - 1
    } else {
        end
    }
}

/// Where the quoted field that opens at `quote` ends: just behind its closing quote.
/// `Err` gives a quote that closes nothing properly; none means that it goes on.
fn close(bytes: &[u8], quote: usize, shape: Shape, ended: bool) -> Result<Option<usize>, usize> {
    let mut from = quote + 1;
    loop {
        let Some(at) = memchr(b'"', &bytes[from..]) else {
            return Ok(None);
        };
        let at = from + at;
        match bytes.get(at + 1) {
            Some(b'"') => from = at + 2,
            Some(b) if *b == shape.delimiter || *b == shape.newline => return Ok(Some(at + 1)),
            Some(b'\r') => match bytes.get(at + 2) {
                Some(b'\n') => return Ok(Some(at + 1)),
                None if ended => return Ok(Some(at + 1)),
                None => return Ok(None),
                Some(_) => return Err(at),
            },
            None if ended => return Ok(Some(at + 1)),
            None => return Ok(None),
            Some(_) => return Err(at),
        }
    }
}

/// Finds the end of the row that begins at `start`.
pub(super) fn row(bytes: &[u8], start: usize, shape: Shape, ended: bool) -> Row {
    let mut from = start;
    let mut quoted = false;
    loop {
        let Some(at) = memchr2(b'"', shape.newline, &bytes[from..]) else {
            let end = if ended {
                End::Last {
                    end: without_return(bytes, start, bytes.len()),
                }
            } else {
                End::More
            };
            return Row { end, quoted };
        };
        let at = from + at;
        if bytes[at] == shape.newline {
            let end = without_return(bytes, start, at);
            return Row {
                end: End::Line { end, next: at + 1 },
                quoted,
            };
        }
        if at > start && bytes[at - 1] != shape.delimiter {
            // A quote inside a field that does not begin with one is a letter like any other.
            from = at + 1;
            continue;
        }
        quoted = true;
        match close(bytes, at, shape, ended) {
            Ok(Some(next)) => from = next,
            Ok(None) => {
                return Row {
                    end: End::Open { quote: at },
                    quoted,
                };
            }
            Err(quote) => {
                return Row {
                    end: End::Broken { open: at, quote },
                    quoted,
                };
            }
        }
    }
}

/// A field of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether quotes inside it are written twice.
    pub(super) doubled: bool,
    /// Where the next field begins.
    pub(super) next: Option<usize>,
}

/// Reads the field that begins at `start` of a row that `bytes` ends with. Of a broken row it
/// makes what it can.
pub(super) fn field(bytes: &[u8], start: usize, delimiter: u8) -> Field {
    let quoted = bytes.get(start) == Some(&b'"');
    if quoted {
        let mut from = start + 1;
        let mut doubled = false;
        while let Some(at) = memchr(b'"', &bytes[from..]) {
            let at = from + at;
            match bytes.get(at + 1) {
                Some(b'"') => {
                    doubled = true;
                    from = at + 2;
                }
                Some(b) if *b == delimiter => {
                    return Field {
                        start: start + 1,
                        end: at,
                        doubled,
                        next: Some(at + 2),
                    };
                }
                None => {
                    return Field {
                        start: start + 1,
                        end: at,
                        doubled,
                        next: None,
                    };
                }
                Some(_) => break,
            }
        }
    }
    let end = memchr(delimiter, &bytes[start..]).map(|at| start + at);
    Field {
        start,
        end: end.unwrap_or(bytes.len()),
        doubled: false,
        next: end.map(|end| end + 1),
    }
}

/// How many fields a row has.
pub(super) fn count_fields(row: &[u8], delimiter: u8) -> usize {
    let (mut count, mut start) = (1, 0);
    while let Some(next) = field(row, start, delimiter).next {
        count += 1;
        start = next;
    }
    count
}

/// The number of the field, counted from 1, that the byte at `at` belongs to.
pub(super) fn column_of(bytes: &[u8], start: usize, at: usize, delimiter: u8) -> usize {
    count_fields(&bytes[start..at], delimiter)
}

/// Bytes looked at in search of the next sound row.
const SEARCH: usize = 64 << 10;

/// Where a broken row is given up: its end, and where the next row begins. That is the first
/// line after it that is a row with as many fields as there are names; without one near, the
/// next line. None when more of the file must be seen first.
pub(super) fn resume(
    bytes: &[u8],
    start: usize,
    quote: usize,
    shape: Shape,
    names: usize,
    ended: bool,
) -> Option<(usize, usize)> {
    let horizon = bytes.len().min(quote.saturating_add(SEARCH));
    let near = &bytes[..horizon];
    let is_end = ended && horizon == bytes.len();
    let mut budget = SEARCH;
    let mut first = None;
    let mut from = start;
    while let Some(at) = memchr(shape.newline, &near[from..]) {
        let line_end = from + at;
        let next = line_end + 1;
        let ends = (without_return(bytes, start, line_end), next);
        first = first.or(Some(ends));
        let trial = row(near, next, shape, is_end);
        let end = match trial.end {
            End::Line { end, .. } | End::Last { end } => Some(end),
            End::More if !ended && horizon == bytes.len() && horizon - quote < SEARCH => return None,
            _ => None,
        };
        if let Some(end) = end {
            if end > next && count_fields(&near[next..end], shape.delimiter) == names {
                return Some(ends);
            }
            budget = budget.saturating_sub(end - next);
        } else {
            budget = budget.saturating_sub(horizon - next);
        }
        if budget == 0 {
            break;
        }
        from = next;
    }
    if first.is_none() && !ended && horizon == bytes.len() {
        return None;
    }
    // No sound row near: what is left of this line goes, or the rest of the file if it is the last.
    Some(first.unwrap_or((bytes.len(), bytes.len())))
}

const DELIMITERS: [u8; 4] = [b'\t', b',', b';', b'|'];

/// The row that names the columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) shape: Shape,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where the first record begins.
    pub(super) next: usize,
}

/// Finds the header. None when it does not end within these bytes.
pub(super) fn header(bytes: &[u8], ended: bool, plan: &Plan) -> Option<Header> {
    let start = bytes.iter().position(|b| !matches!(b, b'\n' | b'\r'))?;
    let newline = if memchr(b'\n', &bytes[start..]).is_some() || !bytes[start..].contains(&b'\r') {
        b'\n'
    } else {
        b'\r'
    };
    let read = |delimiter: u8| {
        let shape = Shape { delimiter, newline };
        match row(bytes, start, shape, ended).end {
            End::Line { end, next } => Some(Header {
                shape,
                start,
                end,
                next,
            }),
            End::Last { end } => Some(Header {
                shape,
                start,
                end,
                next: bytes.len(),
            }),
            // A header with a broken quote: its first line is what there is.
            End::Broken { .. } | End::Open { .. } if ended => {
                let end = memchr(newline, &bytes[start..]).map_or(bytes.len(), |at| start + at);
                let next = (end + 1).min(bytes.len());
                Some(Header {
                    shape,
                    start,
                    end: without_return(bytes, start, end),
                    next,
                })
            }
            _ => None,
        }
    };
    let mut best: Option<((bool, usize), Header)> = None;
    let told = plan.delimiter.map(|told| [told]);
    for &delimiter in told.as_ref().map_or(&DELIMITERS[..], |told| &told[..]) {
        let Some(found) = read(delimiter) else { continue };
        let cells = cells(&bytes[found.start..found.end], delimiter);
        let fits = match &plan.columns {
            None => cells.iter().any(|cell| is_id(cell, plan)),
            Some(columns) => columns.len() == cells.len(),
        };
        let score = (fits, cells.len());
        if best.as_ref().is_none_or(|(top, _)| score > *top) {
            best = Some((score, found));
        }
    }
    best.map(|(_, found)| found)
}

fn cells(header: &[u8], delimiter: u8) -> Vec<String> {
    let mut cells = Vec::new();
    let mut start = 0;
    loop {
        let field = field(header, start, delimiter);
        cells.push(String::from_utf8_lossy(&header[field.start..field.end]).replace("\"\"", "\""));
        match field.next {
            Some(next) => start = next,
            None => return cells,
        }
    }
}

fn is_id(cell: &str, plan: &Plan) -> bool {
    let mut names = plan.names();
    names
        .push_column(cell)
        .is_some_and(|number| names.name(number).attribute == Some(Attribute::Id))
}

/// The names of the columns where the profile gives them.
pub(super) fn own_names(columns: &[String], plan: &Plan) -> Names {
    let mut names = plan.names();
    for column in columns.iter().take(Names::LIMIT) {
        if column.is_empty() {
            names.push_left_out();
        } else {
            names.push_column(column);
        }
    }
    names
}

/// Reads the names of the columns.
pub(super) fn names(header: &str, shape: Shape, offset: u64, plan: &Plan) -> Result<Names, Stop> {
    let mut names = plan.names();
    let mut seen = HashSet::new();
    for cell in cells(header.as_bytes(), shape.delimiter) {
        let Some(number) = names.push_column(&cell) else {
            let message = format!("The header names more than {} columns.", Names::LIMIT);
            return Err(refuse(&file::FILE_HEADER, Some(offset), message));
        };
        let name = names.name(number);
        // Of what the profile maps or leaves out it knows what it does.
        let is_told = matches!(name.rank, rank::MAPPED | rank::LEFT_OUT);
        let repeatable = is_told || name.attribute.is_some_and(Attribute::is_repeatable);
        if !seen.insert((name.text.clone(), name.rank)) && !repeatable {
            let message = format!(
                "The header names the column {} twice; remove or rename one.",
                name.text
            );
            return Err(refuse(&file::FILE_DUP_HEADER, Some(offset), message));
        }
    }
    if names.iter().any(|name| name.attribute == Some(Attribute::Id)) {
        return Ok(names);
    }
    let looks_binary = header
        .bytes()
        .filter(|b| b.is_ascii_control() && *b != b'\t')
        .count()
        * 20
        > header.len();
    if looks_binary || (names.len() == 1 && header.len() > 200) {
        return Err(refuse(
            &file::FILE_FORMAT,
            Some(offset),
            "The file is none of CSV, TSV, RSS, Atom and JSON.",
        ));
    }
    let first: Vec<&str> = names.iter().take(5).map(|name| &*name.text).collect();
    let more = if names.len() > first.len() { ", …" } else { "" };
    Err(refuse(
        &file::FILE_HEADER,
        Some(offset),
        format!(
            "The first row names no column id (it reads: {}{more}); add a header row, or say in the feed's profile \
             which column is which.",
            first.join(", ")
        ),
    ))
}
