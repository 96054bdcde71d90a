//! Looks through held records for what no index tells: an attribute, a text, a time.
//!
//! It walks an index newest first in chunks, and looks at the records of each. A page ends when
//! it is full or when it has looked at as much as one page may cost; it then says how far it has
//! come, and its cursor goes on from there. So the work of a page is bounded, whatever is asked.

use super::held_counts::count_up_to;
use super::held_way::Way;
use super::literal::literal;
use super::quarantine::{HeldDoc, held_query};
use super::{Result, Store, when};
use crate::domain::account::Scope;
use crate::domain::quarantine::HeldRecord;
use crate::domain::query::{HeldSearch, QuarantineFilter, Scanned};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use serde::Deserialize;
use std::time::{Duration, Instant};

/// Records that are looked at before the time is looked at.
const CHUNK: u64 = 2000;

/// What one page of a search may cost.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// Records that are looked at.
    pub records: u64,
    /// Time after which no further chunk is begun.
    pub time: Duration,
}

impl Bound {
    /// What a person waits for.
    pub const PAGE: Self = Self {
        records: 20_000,
        time: Duration::from_millis(800),
    };
}

/// One page of a search.
#[derive(Debug, Clone)]
pub struct Found {
    /// The records, newest first.
    pub rows: Vec<HeldRecord>,
    /// Where to go on; none when everything was looked at.
    pub next: Option<String>,
    /// How far it has come.
    pub scanned: Scanned,
}

/// A place in a search: the id of the last record that was looked at, and how far that was. It
/// is written `id~examined~of`.
struct Place {
    id: String,
    scanned: Scanned,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('~');
        let id = parts.next().filter(|id| !id.is_empty())?.to_owned();
        let mut figure = || parts.next().and_then(|part| part.parse().ok());
        Some(Self {
            id,
            scanned: Scanned {
                examined: figure().unwrap_or(0),
                of: figure(),
            },
        })
    }

    fn word(&self) -> String {
        let Scanned { examined, of } = self.scanned;
        let of = of.map(|of| of.to_string()).unwrap_or_default();
        format!("{}~{examined}~{of}", self.id)
    }
}

#[derive(Deserialize)]
struct IdDoc {
    #[serde(rename = "_id")]
    id: String,
}

/// What is asked of each record that is looked at.
fn wanted(scope: &Scope, filter: &QuarantineFilter) -> Document {
    let mut query = held_query(scope, filter, true);
    let HeldSearch {
        attribute,
        severity,
        text,
        from,
        until,
        attempts,
    } = &filter.search;
    let mut violation = doc! {};
    if let Some(attribute) = attribute {
        violation.insert("attribute", attribute);
    }
    if let Some(severity) = severity {
        violation.insert("severity", severity.word());
    }
    if let Some(text) = text {
        let said = doc! {"$regex": literal(text), "$options": "i"};
        violation.insert("$or", vec![doc! {"value": said.clone()}, doc! {"message": said}]);
    }
    if !violation.is_empty() {
        query.insert("violations", doc! {"$elemMatch": violation});
    }
    let mut received = doc! {};
    if let Some(from) = from {
        received.insert("$gte", when::bson(*from));
    }
    if let Some(until) = until {
        received.insert("$lt", when::bson(*until));
    }
    if !received.is_empty() {
        query.insert("received_at", received);
    }
    if let Some(attempts) = attempts {
        query.insert("attempts", doc! {"$gte": i64::from(*attempts)});
    }
    query
}

impl Store {
    /// Looks for held records in the scope, newest first, up to `limit` of them and no further
    /// than `bound`; `after` is where the page before ended.
    pub async fn search_held(
        &self,
        scope: &Scope,
        filter: &QuarantineFilter,
        after: &str,
        limit: u32,
        bound: Bound,
    ) -> Result<Found> {
        let begun = Instant::now();
        let way = self.way(scope, filter, false).await?;
        let wanted = wanted(scope, filter);
        let (mut at, mut scanned) = match Place::parse(after) {
            Some(place) => (place.id, place.scanned),
            None => (
                String::new(),
                Scanned {
                    examined: 0,
                    of: self.count_way(&way).await?,
                },
            ),
        };
        let (limit, most) = (limit as usize, scanned.examined + bound.records);
        let mut rows: Vec<HeldDoc> = Vec::new();
        let next = loop {
            let chunk = CHUNK.min(most - scanned.examined);
            let last = self.chunk_end(&way, &at, chunk).await?;
            let query = doc! {"$and": [way.between(&at, last.as_deref()), wanted.clone()]};
            let free = limit - rows.len();
            let found = self.look(query, &way, free).await?;
            rows.extend(found);
            if rows.len() == limit
                && let Some(row) = rows.last()
            {
                let id = row.id.clone();
                scanned.examined += self.count_chunk(&way, &at, Some(&id)).await?;
                break Some(id);
            }
            let Some(last) = last else {
                scanned.examined += self.count_chunk(&way, &at, None).await?;
                break None;
            };
            scanned.examined += chunk;
            at.clone_from(&last);
            if scanned.examined >= most || begun.elapsed() >= bound.time {
                break Some(last);
            }
        };
        // More may have come meanwhile.
        scanned.of = scanned.of.map(|of| of.max(scanned.examined));
        Ok(Found {
            rows: rows.into_iter().map(HeldRecord::from).collect(),
            next: next.map(|id| Place { id, scanned }.word()),
            scanned,
        })
    }

    /// How many records there are on the way; none when counting them takes too long.
    async fn count_way(&self, way: &Way) -> Result<Option<u64>> {
        if way.query.is_empty() {
            return Ok(Some(self.quarantine().estimated_document_count().await?));
        }
        count_up_to(self, way, None).await
    }

    /// The id of the last of the `chunk` records behind `after`; none when there are fewer.
    async fn chunk_end(&self, way: &Way, after: &str, chunk: u64) -> Result<Option<String>> {
        let found = self
            .collection::<IdDoc>("quarantine")
            .find_one(way.between(after, None))
            .projection(doc! {"_id": 1})
            .sort(doc! {"_id": -1})
            .skip(chunk.saturating_sub(1))
            .hint(way.hint())
            .await?;
        Ok(found.map(|found| found.id))
    }

    /// How many records lie behind `after` up to `last`: no more than a chunk.
    async fn count_chunk(&self, way: &Way, after: &str, last: Option<&str>) -> Result<u64> {
        let query = way.between(after, last);
        Ok(self.quarantine().count_documents(query).hint(way.hint()).await?)
    }

    async fn look(&self, query: Document, way: &Way, limit: usize) -> Result<Vec<HeldDoc>> {
        let found = self
            .quarantine()
            .find(query)
            .sort(doc! {"_id": -1})
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .hint(way.hint())
            .await?;
        Ok(found.try_collect().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_as_it_was_written() {
        for of in [Some(7), None] {
            let scanned = Scanned { examined: 5, of };
            let id = "0190".to_owned();
            let word = Place { id, scanned }.word();
            let read = Place::parse(&word).expect("a place");
            assert_eq!((read.id.as_str(), read.scanned), ("0190", scanned));
        }
        assert!(Place::parse("").is_none());
        assert_eq!(
            Place::parse("a~x~-1").map(|place| place.scanned.examined),
            Some(0)
        );
    }
}
