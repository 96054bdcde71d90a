//! Says where one field of a record stands in its file.

use super::RawRecord;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a field stands in a file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which field of its row it is, counted from 1.
    pub field: u32,
    /// The name of its column as sent.
    pub header: String,
    /// The line it begins in, counted from 1: in a row with line breaks not always the row's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The character of that line it begins at, counted from 1. Line and column are left out
    /// where the profile's own values hide them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(column) = self.column {
            write!(f, "column {column}, ")?;
        }
        write!(f, "field {} ({})", self.field, self.header)
    }
}

impl RawRecord {
    /// Where field `index` stands, in a file of rows. It looks through the record's text, so it
    /// is to be asked of what is reported, not of every record.
    pub fn place(&self, index: usize) -> Option<Place> {
        let (number, _) = self.field(index);
        let names = self.names();
        if !names.are_columns() || names.own().contains(&number) {
            return None;
        }
        let before = self
            .start_of(index)
            .and_then(|start| self.original().get(..start));
        let line = before.map(|text| self.position().line + text.matches('\n').count() as u64);
        let column = before.map(|text| {
            let line = text.rsplit('\n').next().unwrap_or_default();
            line.chars().count() as u64 + 1
        });
        Some(Place {
            field: u32::from(number) + 1,
            header: names.sent(number).to_owned(),
            line,
            column,
        })
    }

    /// Where a field's value begins in the record's own text. One that had to be unescaped
    /// stands behind the one before it, if that is there still.
    fn start_of(&self, index: usize) -> Option<usize> {
        let text = self.original();
        if let Some((start, _)) = self.slice_of(index) {
            return Some(start);
        }
        let (number, _) = self.field(index);
        let start = if number == 0 {
            0
        } else {
            let before = index.checked_sub(1)?;
            let (_, end) = self
                .slice_of(before)
                .filter(|_| self.field(before).0 + 1 == number)?;
            let end = end + usize::from(text.get(end..)?.starts_with('"'));
            // The delimiter is one byte.
            end + 1
        };
        Some(start + usize::from(text.get(start..)?.starts_with('"')))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Names, Position, RawRecord};
    use std::sync::Arc;

    #[test]
    fn a_field_is_found_behind_line_breaks_letters_of_two_bytes_and_doubled_quotes() {
        let mut names = Names::default().of_columns();
        for name in ["id", "Título", "note", "price"] {
            names.push_column(name);
        }
        let mut raw = RawRecord::default();
        let position = Position {
            index: 1,
            line: 7,
            offset: 40,
        };
        raw.begin(&Arc::new(names), position);
        raw.set_original("ñ,\"Mug\n5\"\" é\",x,\"9\"");
        raw.push_slice(0, 0, 2);
        raw.push_undoubled(1, 4, 14);
        raw.push_slice(2, 16, 17);
        raw.push_slice(3, 19, 20);
        let told = |index| {
            let place = raw.place(index).expect("rows have places");
            (place.field, place.line, place.column, place.to_string())
        };
        let field = |n, line, column, header: &str| {
            let words = format!("column {column}, field {n} ({header})");
            (n, Some(line), Some(column), words)
        };
        assert_eq!(told(0), field(1, 7, 1, "id"));
        assert_eq!(told(1), field(2, 7, 4, "Título"));
        assert_eq!(told(2), field(3, 8, 8, "note"));
        assert_eq!(told(3), field(4, 8, 11, "price"));
        raw.replace(2, "another");
        assert_eq!(raw.place(2).expect("still there").column, None);
        assert_eq!(raw.place(2).expect("still there").field, 3);
    }
}
