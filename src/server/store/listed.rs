//! Reads held records for a list that goes out whole: of each only what a line shows, borrowed from
//! what the database sent, by one cursor that keeps the list's order.

use super::quarantine::held_query;
use super::{Error, Result, Store, when};
use crate::domain::account::Scope;
use crate::domain::quarantine::{HeldRecord, State};
use crate::domain::query::{QuarantineFilter, StateFilter};
use crate::domain::record::Position;
use crate::domain::violation::Severity;
use chrono::{DateTime, Utc};
use futures::{Stream, TryStreamExt, stream};
use mongodb::bson::{Document, RawDocumentBuf, deserialize_from_slice, doc};
use serde::Deserialize;

/// Records that are read together: about a megabyte.
const TOGETHER: usize = 1_000;

/// What a list shows of one held record.
#[derive(Debug, Deserialize)]
pub struct HeldLine<'a> {
    /// The record.
    #[serde(rename = "_id")]
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
    #[serde(borrow)]
    pub violations: Vec<Failure<'a>>,
    /// What became of it.
    pub state: State,
    /// How often it was replayed.
    pub attempts: u32,
    /// When its file came.
    #[serde(with = "when")]
    pub received_at: DateTime<Utc>,
}

/// What a list shows of one failed rule.
#[derive(Debug, Deserialize)]
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
    #[serde(default)]
    place: Option<Begin>,
}

#[derive(Debug, Deserialize)]
struct Begin {
    #[serde(default)]
    line: Option<u64>,
}

impl Failure<'_> {
    /// The line that the attribute begins in, where that is known.
    pub fn line(&self) -> Option<u64> {
        self.place.as_ref()?.line
    }
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
            place: v.place.as_ref().map(|place| Begin { line: place.line }),
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
            attempts: r.attempts,
            received_at: r.received_at,
        }
    }
}

/// Some held records, as the database sent them.
#[derive(Debug)]
pub struct HeldLines(Vec<RawDocumentBuf>);

impl HeldLines {
    /// Shows each to `see`, in their order.
    pub fn each(&self, mut see: impl FnMut(&HeldLine<'_>)) -> Result<()> {
        for document in &self.0 {
            let line = deserialize_from_slice(document.as_bytes());
            see(&line.map_err(|error| Error::Corrupt(error.to_string()))?);
        }
        Ok(())
    }
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
        let mut query = held_query(scope, filter, true);
        if matches!(filter.state, StateFilter::Any) {
            // Naming each state lets the index give the order, which all of them together do not have.
            query.insert("state", doc! {"$in": State::ALL.map(State::word).to_vec()});
        }
        let held = self.collection::<RawDocumentBuf>("quarantine");
        let open = async move {
            let reading = held
                .find(query)
                .projection(shown())
                .sort(doc! {"_id": -1})
                .batch_size(u32::try_from(TOGETHER).unwrap_or(u32::MAX));
            Ok::<_, Error>(reading.await?)
        };
        stream::once(open)
            .map_ok(|cursor| {
                stream::try_unfold(cursor, |mut cursor| async move {
                    let mut some = Vec::with_capacity(TOGETHER);
                    while some.len() < TOGETHER
                        && let Some(document) = cursor.try_next().await?
                    {
                        some.push(document);
                    }
                    Ok((!some.is_empty()).then_some((HeldLines(some), cursor)))
                })
            })
            .try_flatten()
    }
}
