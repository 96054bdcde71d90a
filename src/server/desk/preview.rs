//! Tries a profile on the first records of a file: what was sent, and what becomes of it.
//!
//! It reads as an intake would and judges by the feed's contract, and nothing of it takes effect.
//! A file is read piece by piece, no further than the records that are looked at, and within
//! limits of its own: somebody waits for the page.

use crate::api::preview::{Fate, FieldView, NameView, Outcome, RecordView};
use crate::domain::contract::{Checked, Checker};
use crate::domain::feed::Terms;
use crate::domain::format;
use crate::domain::record::{Names, RawRecord, rank};
use crate::domain::violation::{Severity, Violation};
use crate::server::feed::{self, Limits, Reader, Stop};
use crate::server::store::{Store, StoredFile};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::io::{self, Read};
use tokio::runtime::Handle;

/// Records that are looked at.
pub(super) const LOOKED_AT: u64 = 200;
/// Bytes of a file that are read at most, as received.
const BYTES: u64 = 16 << 20;
/// Fields of a record, and characters of a value, that are shown.
const FIELDS: usize = 100;
const CHARS: usize = 300;

/// What reading is held to here.
const LIMITS: Limits = Limits {
    unpacked: 64 << 20,
    record: 1 << 20,
    fields: 1_000,
    depth: 64,
    ratio: 1_000,
};

/// What came of trying.
#[derive(Debug, Default)]
pub(super) struct Tried {
    pub(super) records: Vec<RecordView>,
    pub(super) names: Vec<NameView>,
    pub(super) outcome: Outcome,
}

/// The bytes of a kept file, fetched as they are read. For a thread that may wait.
pub(super) struct Pieces {
    store: Store,
    file: StoredFile,
    runtime: Handle,
    next: u32,
    piece: io::Cursor<Vec<u8>>,
    read: u64,
}

impl Pieces {
    pub(super) fn of(store: Store, file: StoredFile) -> Self {
        Self {
            store,
            file,
            runtime: Handle::current(),
            next: 0,
            piece: io::Cursor::default(),
            read: 0,
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                self.read += read as u64;
                return Ok(read);
            }
            if self.read >= self.file.bytes {
                return Ok(0);
            }
            if self.read >= BYTES {
                return Err(io::Error::other(format!(
                    "the first {} of it do not hold as many records",
                    format::bytes(BYTES)
                )));
            }
            let piece = self
                .runtime
                .block_on(self.store.read_piece(&self.file, self.next));
            self.piece = match piece {
                Ok(Some(piece)) if !piece.is_empty() => io::Cursor::new(piece),
                Ok(_) => return Err(io::Error::other("it has been removed meanwhile")),
                Err(error) => return Err(io::Error::other(error)),
            };
            self.next += 1;
        }
    }
}

/// Tries the terms on what `source` gives, and shows the first `shown` records.
pub(super) fn attempt(
    source: impl Read + Send + 'static,
    terms: &Terms,
    now: DateTime<Utc>,
    shown: u64,
) -> Tried {
    let (mut reader, opened) = feed::open(source, LIMITS, &terms.profile);
    let mut tried = Tried::default();
    let ended = opened.and_then(|()| look(&mut reader, terms, now, shown, &mut tried));
    tried.outcome.format = reader.format().map_or_else(String::new, |f| f.word().to_owned());
    tried.outcome.stopped = ended.err().map(|stop| match stop {
        Stop::Refused(refusal) => (Some(refusal.code.into_owned()), refusal.message),
        Stop::Failed(error) => (None, format!("The file cannot be read further: {error}.")),
    });
    tried
}

fn look(
    reader: &mut Reader,
    terms: &Terms,
    now: DateTime<Utc>,
    shown: u64,
    tried: &mut Tried,
) -> Result<(), Stop> {
    let adapter = reader.leave_as_sent();
    let mut judge = Checker::new(&terms.contract, now).knowing(terms.known.clone());
    let mut sent = RawRecord::default();
    let mut names = Seen::default();
    let mut reasons = BTreeMap::<&'static str, u64>::new();
    let mut read = || -> Result<(), Stop> {
        while tried.outcome.records < LOOKED_AT && reader.read(&mut sent)? {
            tried.outcome.records += 1;
            let mut turned = sent.clone();
            if let Some(adapter) = &adapter {
                adapter.adapt(&mut turned);
            }
            let checked = judge.check(&turned);
            names.add(&sent);
            if !checked.is_held() {
                tried.outcome.passed += 1;
            }
            let mut held: Vec<_> = checked
                .failed()
                .filter(|(_, severity)| *severity <= Severity::Error)
                .map(|(rule, _)| rule.code)
                .collect();
            held.sort_unstable();
            held.dedup();
            for code in held {
                *reasons.entry(code).or_default() += 1;
            }
            if tried.outcome.records <= shown {
                tried.records.push(record(&sent, &turned, &checked));
            }
        }
        Ok(())
    };
    let ended = read();
    tried.names = names.rows;
    let mut reasons: Vec<_> = reasons
        .into_iter()
        .map(|(code, n)| (code.to_owned(), n))
        .collect();
    reasons.sort_by_key(|(_, records)| std::cmp::Reverse(*records));
    tried.outcome.reasons = reasons;
    ended
}

/// The names met, in the order met.
#[derive(Default)]
struct Seen {
    rows: Vec<NameView>,
    /// By number: the row.
    places: Vec<Option<usize>>,
}

impl Seen {
    fn add(&mut self, sent: &RawRecord) {
        let names = sent.names();
        // A reader of very many names begins anew.
        if names.len() < self.places.len() {
            self.places.clear();
        }
        self.places.resize(names.len(), None);
        for index in 0..sent.len() {
            let (number, value) = sent.field(index);
            let place = *self.places[usize::from(number)].get_or_insert_with(|| {
                let name = names.sent(number).to_owned();
                let known = self.rows.iter().position(|row| row.sent == name);
                known.unwrap_or_else(|| {
                    self.rows.push(NameView {
                        sent: name,
                        fate: fate(names, number),
                        attribute: attribute(names, number),
                        filled: 0,
                        example: String::new(),
                    });
                    self.rows.len() - 1
                })
            });
            let row = &mut self.rows[place];
            if !value.trim().is_empty() {
                row.filled += 1;
                if row.example.is_empty() {
                    row.example = clip(value);
                }
            }
        }
    }
}

/// What becomes of a name, as far as it says by itself.
fn fate(names: &Names, number: u16) -> Fate {
    let name = names.name(number);
    match name.attribute {
        _ if name.rank == rank::LEFT_OUT => Fate::LeftOut,
        None => Fate::Unknown,
        Some(_) if name.rank == rank::MAPPED => Fate::Mapped,
        Some(_) => Fate::Known,
    }
}

fn attribute(names: &Names, number: u16) -> String {
    let name = names.name(number);
    if name.rank == rank::LEFT_OUT {
        String::new()
    } else {
        name.text.to_string()
    }
}

fn clip(value: &str) -> String {
    match value.char_indices().nth(CHARS) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}…", &value[..end]),
    }
}

/// Lines up a record as sent with what it was turned into.
fn record(sent: &RawRecord, turned: &RawRecord, checked: &Checked) -> RecordView {
    let names = sent.names();
    let mut fields = Vec::with_capacity(sent.len());
    // What was turned has the fields in the order sent, without those that were taken out, and
    // then those that were added.
    let mut next = 0;
    for index in 0..sent.len() {
        let (number, value) = sent.field(index);
        let is_kept = next < turned.len() && turned.field(next).0 == number;
        let understood = is_kept.then(|| checked.understood(turned, next)).flatten();
        let by_name = fate(names, number);
        let fate = match by_name {
            Fate::LeftOut => Fate::LeftOut,
            _ if !is_kept => Fate::Replaced,
            Fate::Mapped | Fate::Known if understood.is_none() && !value.trim().is_empty() => Fate::Outdone,
            other => other,
        };
        next += usize::from(is_kept);
        fields.push(FieldView {
            sent: Some((names.sent(number).to_owned(), clip(value))),
            fate,
            attribute: attribute(names, number),
            understood: understood.map(clip),
            violations: Vec::new(),
        });
    }
    for index in next..turned.len() {
        fields.push(FieldView {
            sent: None,
            fate: Fate::Given,
            attribute: attribute(names, turned.field(index).0),
            understood: checked.understood(turned, index).map(clip),
            violations: Vec::new(),
        });
    }
    let mut whole = Vec::new();
    for violation in checked.violations() {
        pin(violation, &mut fields, &mut whole);
    }
    let more = fields.len().saturating_sub(FIELDS) as u64;
    // What is found about a field is shown wherever it stands.
    let mut place = 0;
    fields.retain(|field| {
        place += 1;
        place <= FIELDS || !field.violations.is_empty()
    });
    RecordView {
        index: sent.position().index,
        line: sent.position().line,
        id: checked.id().to_owned(),
        is_held: checked.is_held(),
        whole,
        fields,
        more,
    }
}

/// Pins what was found to the field it speaks of: that with its value, else the first that counts.
fn pin(violation: Violation, fields: &mut Vec<FieldView>, whole: &mut Vec<Violation>) {
    let Some(attribute) = violation.attribute.as_deref() else {
        whole.push(violation);
        return;
    };
    let of_attribute = |field: &FieldView| {
        field.attribute == attribute && !matches!(field.fate, Fate::Replaced | Fate::LeftOut)
    };
    let value = violation.value.trim_end_matches('…');
    let valued = fields.iter().position(|field| {
        let now = field.understood.as_deref().unwrap_or_default();
        let was = field.sent.as_ref().map_or("", |(_, value)| value.trim());
        of_attribute(field) && !value.is_empty() && (now.starts_with(value) || was.starts_with(value))
    });
    match valued.or_else(|| fields.iter().position(of_attribute)) {
        Some(place) => fields[place].violations.push(violation),
        None => fields.push(FieldView {
            sent: None,
            fate: Fate::Missing,
            attribute: attribute.to_owned(),
            understood: None,
            violations: vec![violation],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::{Contract, Currency};
    use crate::server::profile;

    fn tried(text: &str, file: &str) -> Tried {
        let profile = profile::read(text).expect("a sound profile");
        let terms = Terms::of(profile, Contract::default(), Currency::of("EUR"));
        attempt(
            io::Cursor::new(file.as_bytes().to_vec()),
            &terms,
            DateTime::UNIX_EPOCH,
            5,
        )
    }

    fn told(record: &RecordView) -> Vec<(&str, Fate, &str, &str)> {
        record
            .fields
            .iter()
            .map(|field| {
                (
                    field.sent.as_ref().map_or("", |(name, _)| name.as_str()),
                    field.fate,
                    field.attribute.as_str(),
                    field.understood.as_deref().unwrap_or_default(),
                )
            })
            .collect()
    }

    #[test]
    fn every_field_is_told_with_what_becomes_of_it() {
        let profile = "decimal = \",\"\n[map]\nNr = \"id\"\nPreis = \"price\"\nintern = \"\"\nName = \"title\"\n\
                       [fixed]\ncondition = \"new\"\navailability = \"in_stock\"\n";
        let rows = "Nr;Name;title;Preis;intern;Farbcode;availability;brand\n\
                    7;Enamel mug;mug;12,50;x;RAL 5;no;\n";
        let tried = tried(profile, rows);
        assert_eq!(tried.outcome.stopped, None);
        assert_eq!((tried.outcome.records, tried.outcome.passed), (1, 0));
        let record = &tried.records[0];
        let fields = told(record);
        assert_eq!(
            fields[..9],
            [
                ("Nr", Fate::Mapped, "id", "7"),
                ("Name", Fate::Mapped, "title", "Enamel mug"),
                ("title", Fate::Outdone, "title", ""),
                ("Preis", Fate::Mapped, "price", "12.50 EUR"),
                ("intern", Fate::LeftOut, "", ""),
                ("Farbcode", Fate::Unknown, "farbcode", "RAL 5"),
                ("availability", Fate::Replaced, "availability", ""),
                ("brand", Fate::Known, "brand", ""),
                ("", Fate::Given, "availability", "in_stock"),
            ]
        );
        let missing: Vec<_> = fields
            .iter()
            .filter(|(_, fate, ..)| *fate == Fate::Missing)
            .collect();
        assert!(
            missing.iter().any(|(_, _, attribute, _)| *attribute == "link"),
            "{missing:?}"
        );
        assert!(record.is_held && record.id == "7");
        let names: Vec<_> = tried.names.iter().map(|n| (n.sent.as_str(), n.filled)).collect();
        assert_eq!(names[0], ("Nr", 1));
        assert_eq!(names[7], ("brand", 0));
        assert!(
            tried
                .outcome
                .reasons
                .iter()
                .any(|(code, n)| code == "LINK_MISSING" && *n == 1),
            "{:?}",
            tried.outcome.reasons
        );
    }

    #[test]
    fn what_cannot_be_read_under_the_profile_is_told_in_the_words_of_the_rule() {
        let xml = "<shop><offer><id>1</id></offer></shop>";
        let astray = tried("record = \"/shop/item\"\n", xml);
        let (code, sentence) = astray.outcome.stopped.expect("refused");
        assert_eq!(code.as_deref(), Some("FILE_EMPTY"));
        assert!(sentence.contains("/shop/item"), "{sentence}");
        let found = tried("record = \"/shop/offer\"\n", xml);
        assert_eq!((found.outcome.stopped, found.outcome.records), (None, 1));
    }

    #[test]
    fn no_more_is_read_than_is_looked_at() {
        let rows: Vec<String> = (0..1_000).map(|n| format!("{n};Mug {n}")).collect();
        let rows = format!("id;title\n{}\n", rows.join("\n"));
        let tried = tried("", &rows);
        assert_eq!(tried.outcome.records, LOOKED_AT);
        assert_eq!((tried.records.len(), tried.names[0].filled), (5, LOOKED_AT));
    }
}
