//! Reads held records for a list that goes out whole: of each only what a line shows, borrowed from
//! what the database sent, by one cursor that keeps the list's order.

use super::{Error, Result, Store};
use crate::domain::account::Scope;
use crate::domain::quarantine::{HeldRecord, State};
use crate::domain::query::QuarantineFilter;
use crate::domain::record::Position;
use crate::domain::violation::Severity;
use chrono::{DateTime, Utc};
use futures::{Stream, TryStreamExt, stream};
use mongodb::bson::{self, Document, RawBsonRef, RawDocument, doc};
use mongodb::raw_batch_cursor::RawBatch;

/// Records that are read together: about a megabyte.
const TOGETHER: u32 = 1_000;

/// What a list shows of one held record.
#[derive(Debug)]
pub struct HeldLine<'a> {
    /// The record.
    pub id: &'a str,
    /// Whose it is.
    pub partner: &'a str,
    /// Of which feed.
    pub feed: &'a str,
    /// In which delivery it came.
    pub delivery: &'a str,
    /// The product's id as sent.
    pub item_id: &'a str,
    /// Its title as sent.
    pub title: &'a str,
    /// Where it stood in its file.
    pub position: Position,
    /// What is wrong with it.
    pub violations: Vec<Failure<'a>>,
    /// What became of it.
    pub state: State,
    /// How often it was replayed.
    pub attempts: u64,
    /// When its file came.
    pub received_at: DateTime<Utc>,
}

/// What a list shows of one failed rule.
#[derive(Debug)]
pub struct Failure<'a> {
    /// The rule's code.
    pub code: &'a str,
    /// How much it matters.
    pub severity: Severity,
    /// The attribute it speaks of.
    pub attribute: Option<&'a str>,
    /// The value as sent, cut.
    pub value: &'a str,
    /// One sentence with the value in it.
    pub message: &'a str,
    /// A value that would pass.
    pub suggestion: Option<&'a str>,
    /// The line that the attribute begins in, where that is known.
    pub line: Option<u64>,
}

impl<'a> From<&'a HeldRecord> for HeldLine<'a> {
    fn from(r: &'a HeldRecord) -> Self {
        let failures = r.violations.iter().map(|v| Failure {
            code: &v.code,
            severity: v.severity,
            attribute: v.attribute.as_deref(),
            value: &v.value,
            message: &v.message,
            suggestion: v.suggestion.as_deref(),
            line: v.place.as_ref().and_then(|place| place.line),
        });
        Self {
            id: r.id.as_str(),
            partner: r.partner.as_str(),
            feed: r.feed.as_str(),
            delivery: r.delivery.as_str(),
            item_id: &r.item_id,
            title: &r.title,
            position: r.position,
            violations: failures.collect(),
            state: r.state,
            attempts: r.attempts.into(),
            received_at: r.received_at,
        }
    }
}

/// Some held records, as the database sent them.
#[derive(Debug)]
pub struct HeldLines(RawBatch);

impl HeldLines {
    /// Shows each to `see`, in their order.
    pub fn each(&self, mut see: impl FnMut(&HeldLine<'_>)) -> Result<()> {
        let corrupt = |error: bson::error::Error| Error::Corrupt(error.to_string());
        for record in self.0.doc_slices()? {
            let record = record.map_err(corrupt)?;
            let record = record.as_document().ok_or_else(|| unlike("a record", record));
            see(&record.and_then(line).map_err(corrupt)?);
        }
        Ok(())
    }
}

/// Reads one record where it lies. A hand's work, for a list is as long as the quarantine, and
/// going through it element by element takes half of what deserializing it does.
fn line(record: &RawDocument) -> std::result::Result<HeldLine<'_>, bson::error::Error> {
    let mut line = HeldLine {
        id: record.get_str("_id")?,
        partner: "",
        feed: "",
        delivery: "",
        item_id: "",
        title: "",
        position: Position::default(),
        violations: Vec::new(),
        state: State::Quarantined,
        attempts: 0,
        received_at: DateTime::UNIX_EPOCH,
    };
    for element in record.iter_elements() {
        let element = element?;
        let value = element.value()?;
        match element.key().as_str() {
            "partner" => line.partner = text(value)?,
            "feed" => line.feed = text(value)?,
            "delivery" => line.delivery = text(value)?,
            "item_id" => line.item_id = text(value)?,
            "title" => line.title = text(value)?,
            "position" => line.position = position(value)?,
            "violations" => {
                let all = value.as_array().ok_or_else(|| unlike("a list", value))?;
                line.violations.reserve(2);
                for each in all {
                    line.violations.push(failure(each?)?);
                }
            }
            "state" => line.state = State::parse(text(value)?).ok_or_else(|| unlike("a state", value))?,
            "attempts" => line.attempts = number(value)?,
            "received_at" => {
                let at = value.as_datetime().map(bson::DateTime::timestamp_millis);
                let at = at.and_then(DateTime::from_timestamp_millis);
                line.received_at = at.ok_or_else(|| unlike("a time", value))?;
            }
            _ => {}
        }
    }
    Ok(line)
}

fn failure(value: RawBsonRef<'_>) -> std::result::Result<Failure<'_>, bson::error::Error> {
    let failed = value
        .as_document()
        .ok_or_else(|| unlike("a failed rule", value))?;
    let mut failure = Failure {
        code: "",
        severity: Severity::Error,
        attribute: None,
        value: "",
        message: "",
        suggestion: None,
        line: None,
    };
    for element in failed.iter_elements() {
        let element = element?;
        let value = element.value()?;
        match element.key().as_str() {
            "code" => failure.code = text(value)?,
            "severity" => {
                failure.severity =
                    Severity::parse(text(value)?).ok_or_else(|| unlike("a severity", value))?;
            }
            "attribute" => failure.attribute = value.as_str(),
            "value" => failure.value = text(value)?,
            "message" => failure.message = text(value)?,
            "suggestion" => failure.suggestion = value.as_str(),
            "place" => {
                let line = value
                    .as_document()
                    .and_then(|place| place.get("line").transpose());
                failure.line = line.transpose()?.and_then(|line| number(line).ok());
            }
            _ => {}
        }
    }
    Ok(failure)
}

fn position(value: RawBsonRef<'_>) -> std::result::Result<Position, bson::error::Error> {
    let mut position = Position::default();
    for element in value
        .as_document()
        .ok_or_else(|| unlike("a place", value))?
        .iter_elements()
    {
        let element = element?;
        let value = number(element.value()?)?;
        match element.key().as_str() {
            "index" => position.index = value,
            "line" => position.line = value,
            "offset" => position.offset = value,
            _ => {}
        }
    }
    Ok(position)
}

fn text(value: RawBsonRef<'_>) -> std::result::Result<&str, bson::error::Error> {
    value.as_str().ok_or_else(|| unlike("a text", value))
}

fn number(value: RawBsonRef<'_>) -> std::result::Result<u64, bson::error::Error> {
    let n = value.as_i64().or_else(|| value.as_i32().map(i64::from));
    n.and_then(|n| u64::try_from(n).ok())
        .ok_or_else(|| unlike("a count", value))
}

fn unlike(what: &str, value: RawBsonRef<'_>) -> bson::error::Error {
    serde::de::Error::custom(format!(
        "{what} was to be there, and it is {:?}",
        value.element_type()
    ))
}

fn shown() -> Document {
    doc! {
        "partner": 1, "feed": 1, "delivery": 1, "item_id": 1, "title": 1, "position": 1,
        "violations": 1, "state": 1, "attempts": 1, "received_at": 1,
    }
}

impl Store {
    /// Walks all held records of a filter in the scope, newest first.
    pub fn walk_held(
        &self,
        scope: &Scope,
        filter: &QuarantineFilter,
    ) -> impl Stream<Item = Result<HeldLines>> + Send + use<> {
        let (store, scope, filter) = (self.clone(), scope.clone(), filter.clone());
        let open = async move {
            let way = store.way(&scope, &filter, true).await?;
            let held = store.collection::<Document>("quarantine");
            let reading = held
                .find(way.query.clone())
                .projection(shown())
                .sort(doc! {"_id": -1})
                .hint(way.hint())
                .batch_size(TOGETHER);
            Ok::<_, Error>(reading.batch().await?.map_err(Error::from))
        };
        stream::once(open).try_flatten().map_ok(HeldLines)
    }
}
