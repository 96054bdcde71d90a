//! Reads held records for a list that goes out whole: of each only what a line shows, borrowed from
//! what the database sent, by one cursor. The oldest file comes first, and each file's records in its
//! own order: the order in which somebody mends them, and the one that the database reads a quarter
//! quicker.

use super::elements::{Elements, Value, unlike};
use super::{Error, Result, Store};
use crate::domain::account::Scope;
use crate::domain::quarantine::{HeldRecord, State};
use crate::domain::query::QuarantineFilter;
use crate::domain::record::Position;
use crate::domain::violation::Severity;
use chrono::{DateTime, Utc};
use futures::{Stream, TryStreamExt, stream};
use mongodb::bson::{Document, doc};
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
        for record in self.0.doc_slices()? {
            let record = record.map_err(|error| Error::Corrupt(error.to_string()))?;
            let document = record.as_document();
            let document = document.ok_or_else(|| unlike("a record", &Value::Other))?;
            see(&line(Elements::of(document.as_bytes())?)?);
        }
        Ok(())
    }
}

fn line(record: Elements<'_>) -> Result<HeldLine<'_>> {
    let mut line = HeldLine {
        id: "",
        partner: "",
        feed: "",
        delivery: "",
        item_id: "",
        title: "",
        position: Position::default(),
        violations: Vec::with_capacity(2),
        state: State::Quarantined,
        attempts: 0,
        received_at: DateTime::UNIX_EPOCH,
    };
    for element in record {
        let (name, value) = element?;
        match name {
            b"_id" => line.id = value.text()?,
            b"partner" => line.partner = value.text()?,
            b"feed" => line.feed = value.text()?,
            b"delivery" => line.delivery = value.text()?,
            b"item_id" => line.item_id = value.text()?,
            b"title" => line.title = value.text()?,
            b"position" => line.position = position(value.nested()?)?,
            b"violations" => {
                for each in value.nested()? {
                    line.violations.push(failure(each?.1.nested()?)?);
                }
            }
            b"state" => line.state = State::parse(value.text()?).ok_or_else(|| unlike("a state", &value))?,
            b"attempts" => line.attempts = value.number()?,
            b"received_at" => {
                let at = match value {
                    Value::Time(at) => DateTime::from_timestamp_millis(at),
                    _ => None,
                };
                line.received_at = at.ok_or_else(|| unlike("a time", &value))?;
            }
            _ => {}
        }
    }
    Ok(line)
}

fn failure(failed: Elements<'_>) -> Result<Failure<'_>> {
    let mut failure = Failure {
        code: "",
        severity: Severity::Error,
        attribute: None,
        value: "",
        message: "",
        suggestion: None,
        line: None,
    };
    for element in failed {
        let (name, value) = element?;
        match name {
            b"code" => failure.code = value.text()?,
            b"severity" => {
                failure.severity =
                    Severity::parse(value.text()?).ok_or_else(|| unlike("a severity", &value))?;
            }
            b"attribute" => failure.attribute = value.some_text(),
            b"value" => failure.value = value.text()?,
            b"message" => failure.message = value.text()?,
            b"suggestion" => failure.suggestion = value.some_text(),
            b"place" => {
                if let Value::Nested(place) = value {
                    failure.line = line_of(place)?;
                }
            }
            _ => {}
        }
    }
    Ok(failure)
}

/// The line that an attribute begins in.
fn line_of(place: Elements<'_>) -> Result<Option<u64>> {
    for element in place {
        if let (b"line", value) = element? {
            return Ok(value.number().ok());
        }
    }
    Ok(None)
}

fn position(place: Elements<'_>) -> Result<Position> {
    let mut position = Position::default();
    for element in place {
        let (name, value) = element?;
        match name {
            b"index" => position.index = value.number()?,
            b"line" => position.line = value.number()?,
            b"offset" => position.offset = value.number()?,
            _ => {}
        }
    }
    Ok(position)
}

fn shown() -> Document {
    doc! {
        "partner": 1, "feed": 1, "delivery": 1, "item_id": 1, "title": 1, "position": 1,
        "violations": 1, "state": 1, "attempts": 1, "received_at": 1,
    }
}

impl Store {
    /// Walks all held records that a filter has in the scope now, in the order in which they came.
    pub fn walk_held(
        &self,
        scope: &Scope,
        filter: &QuarantineFilter,
    ) -> impl Stream<Item = Result<HeldLines>> + Send + use<> {
        let (store, scope, filter) = (self.clone(), scope.clone(), filter.clone());
        let open = async move {
            let way = store.way(&scope, &filter, true).await?;
            let held = store.collection::<Document>("quarantine");
            let newest = held
                .find_one(way.query.clone())
                .projection(doc! {"_id": 1})
                .sort(doc! {"_id": -1})
                .hint(way.hint())
                .await?;
            // Nothing is read of a list that has nothing.
            let newest = newest.as_ref().and_then(|newest| newest.get_str("_id").ok());
            let reading = held
                .find(way.until(newest.unwrap_or_default()))
                .projection(shown())
                .sort(doc! {"_id": 1})
                .hint(way.hint())
                .batch_size(TOGETHER);
            Ok::<_, Error>(reading.batch().await?.map_err(Error::from))
        };
        stream::once(open).try_flatten().map_ok(HeldLines)
    }
}
