//! Keeps the number of records that wait for each issue in step with the records.
//!
//! Whatever moves a record out of or into the states that wait, or changes what it fails for,
//! calls this in its own transaction. Only the parts of a job on many records, which would wait
//! for one another at the same few issues, write their moves down in it and add them up in
//! another right behind ([`Moves::written`]). The moves add up in any order, also around the fold of the
//! delivery that brought the record.

use super::super::held_counts::class;
use super::super::quarantine::error_codes;
use super::super::{Result, Store, places};
use super::document;
use crate::domain::ids::FeedId;
use crate::domain::issue::{Issue, attribute_of};
use crate::domain::quarantine::{HeldRecord, State};
use chrono::{DateTime, Utc};
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A held record as far as issues and lists depend on it.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Waiting {
    #[serde(rename = "_id")]
    id: String,
    feed: String,
    codes: Vec<String>,
    state: State,
    #[serde(with = "super::super::when")]
    received_at: DateTime<Utc>,
}

impl Waiting {
    /// The fields that it is read from.
    pub(in super::super) fn fields() -> Document {
        doc! {"feed": 1, "codes": 1, "state": 1, "received_at": 1}
    }

    /// A record that was read whole.
    pub(in super::super) fn of(record: &HeldRecord) -> Self {
        Self {
            id: record.id.to_string(),
            feed: record.feed.to_string(),
            codes: error_codes(&record.violations),
            state: record.state,
            received_at: record.received_at,
        }
    }

    /// The record after a move, failing for `codes` where they change.
    pub(in super::super) fn after(&self, state: State, codes: Option<Vec<String>>) -> Self {
        Self {
            state,
            codes: codes.unwrap_or_else(|| self.codes.clone()),
            ..self.clone()
        }
    }

    pub(in super::super) fn id(&self) -> &str {
        &self.id
    }

    /// The lists that it stands in.
    pub(in super::super) fn places(&self) -> Vec<String> {
        places::of(&FeedId::new(self.feed.clone()), self.state, &self.codes)
    }

    fn waits_for(&self) -> &[String] {
        if self.state.is_open() { &self.codes } else { &[] }
    }
}

/// One entry of [`Moves`], to be written down and added later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in super::super) struct Moved {
    feed: String,
    /// The code of an issue; empty where a class of records is counted.
    code: String,
    /// That class (`held_counts::class`).
    #[serde(default)]
    class: String,
    by: i64,
    #[serde(with = "super::super::when")]
    at: DateTime<Utc>,
}

/// By how much the waiting records of issues change, by feed and code, and the classes of held
/// records, by feed and class.
#[derive(Debug, Default)]
pub(in super::super) struct Moves {
    codes: BTreeMap<(String, String), (i64, DateTime<Utc>)>,
    classes: BTreeMap<String, BTreeMap<String, i64>>,
}

impl Moves {
    /// Adds a record's move.
    pub(in super::super) fn add(&mut self, before: &Waiting, after: &Waiting) {
        for (record, by) in [(before, -1), (after, 1)] {
            for code in record.waits_for() {
                let key = (record.feed.clone(), code.clone());
                self.codes.entry(key).or_insert((0, record.received_at)).0 += by;
            }
            self.add_class(&record.feed, class(record.state), by);
        }
    }

    fn add_class(&mut self, feed: &str, class: &str, by: i64) {
        let classes = self.classes.entry(feed.to_owned()).or_default();
        *classes.entry(class.to_owned()).or_default() += by;
    }

    /// By how much the waiting records of an issue of a feed change.
    pub(in super::super) fn of_code(&self, feed: &FeedId, code: &str) -> i64 {
        let key = (feed.to_string(), code.to_owned());
        self.codes.get(&key).map_or(0, |(by, _)| *by)
    }

    /// The codes of a feed whose issues change.
    pub(in super::super) fn codes_of<'a>(&'a self, feed: &'a FeedId) -> impl Iterator<Item = &'a str> {
        let of = self.codes.keys().filter(|(of, _)| of == feed.as_str());
        of.map(|(_, code)| code.as_str())
    }

    /// By how much the classes of a feed change.
    pub(in super::super) fn of_classes(&self, feed: &FeedId) -> BTreeMap<String, i64> {
        self.classes.get(feed.as_str()).cloned().unwrap_or_default()
    }

    /// What there is to write down.
    pub(in super::super) fn written(&self) -> Vec<Moved> {
        let codes = self.codes.iter().map(|((feed, code), (by, at))| Moved {
            feed: feed.clone(),
            code: code.clone(),
            class: String::new(),
            by: *by,
            at: *at,
        });
        let classes = self.classes.iter().flat_map(|(feed, classes)| {
            classes.iter().map(|(class, by)| Moved {
                feed: feed.clone(),
                code: String::new(),
                class: class.clone(),
                by: *by,
                at: DateTime::UNIX_EPOCH,
            })
        });
        codes.chain(classes).filter(|moved| moved.by != 0).collect()
    }

    /// What was written down, added up.
    pub(in super::super) fn read(written: Vec<Moved>) -> Self {
        let mut moves = Self::default();
        for moved in written {
            if moved.class.is_empty() {
                let key = (moved.feed, moved.code);
                moves.codes.entry(key).or_insert((0, moved.at)).0 += moved.by;
            } else {
                moves.add_class(&moved.feed, &moved.class, moved.by);
            }
        }
        moves
    }
}

impl Store {
    /// Finds held records as far as issues and lists depend on them, in a transaction that is to move
    /// them.
    pub(in super::super) async fn find_waiting_in(
        &self,
        session: &mut ClientSession,
        query: Document,
    ) -> Result<Vec<Waiting>> {
        let mut found = self
            .collection::<Waiting>("quarantine")
            .find(query)
            .projection(Waiting::fields())
            .session(&mut *session)
            .await?;
        let mut records = Vec::new();
        while let Some(record) = found.next(session).await.transpose()? {
            records.push(record);
        }
        Ok(records)
    }

    /// Writes the moves of records to their issues, and to the counts of their feeds.
    pub(in super::super) async fn move_issues_in(
        &self,
        session: &mut ClientSession,
        moves: &Moves,
    ) -> Result<()> {
        let statements = moves
            .codes
            .iter()
            .filter(|(_, (by, _))| *by != 0)
            .map(|((feed, code), (by, at))| {
                let issue = Issue::begin(&FeedId::new(feed), code, attribute_of(code), *at);
                document::moved(&issue, *by)
            })
            .collect::<Result<Vec<_>>>()?;
        self.update_many_in(session, "issues", statements).await?;
        self.move_counts_in(session, &moves.classes).await
    }
}
