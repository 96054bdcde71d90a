//! Keeps held records: the original, its revisions and its state.
//!
//! Every change names the states it is legal from ([`State::after`]) and the revision it builds
//! on, in the query itself, so that two people, or a person and a worker, can never both win.

use super::issues::Moves;
use super::{Error, Result, Store, held_way, paging, places, scope, to_bson, transaction, when};
use crate::domain::account::Scope;
use crate::domain::bulk::Outcome;
use crate::domain::ids::{DeliveryId, FeedId, JobId, PartnerId, RecordId};
use crate::domain::quarantine::{Decided, HeldRecord, Move, Revision, State};
use crate::domain::query::{QuarantineFilter, Rows, StateFilter};
use crate::domain::record::{Attributes, Position};
use crate::domain::violation::{Severity, Violation};
use chrono::{DateTime, Utc};
use mongodb::bson::{Document, RawDocumentBuf, doc, serialize_to_raw_document_buf};
use mongodb::{ClientSession, Collection};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct HeldDoc {
    #[serde(rename = "_id")]
    pub(super) id: String,
    partner: String,
    feed: String,
    delivery: String,
    /// What makes two records the same product: the case-folded id, or the hash of the
    /// original where there is no id.
    key: String,
    item_id: String,
    title: String,
    position: Position,
    original: String,
    attributes: Attributes,
    violations: Vec<Violation>,
    /// Codes of the errors.
    codes: Vec<String>,
    state: State,
    /// The lists that it stands in ([`places`]).
    #[serde(default)]
    places: Vec<String>,
    revisions: Vec<RevisionDoc>,
    #[serde(default)]
    decided: Vec<DecidedDoc>,
    attempts: u32,
    #[serde(with = "when")]
    received_at: DateTime<Utc>,
    #[serde(default)]
    job: Option<String>,
    /// See [`HeldRecord::acted_at`].
    #[serde(default, with = "when::option", skip_serializing_if = "Option::is_none")]
    acted_at: Option<DateTime<Utc>>,
    #[serde(default)]
    superseded_by: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct DecidedDoc {
    #[serde(with = "when")]
    at: DateTime<Utc>,
    by: String,
    job: String,
    outcome: Outcome,
    why: String,
}

impl From<&Decided> for DecidedDoc {
    fn from(d: &Decided) -> Self {
        Self {
            at: d.at,
            by: d.by.clone(),
            job: d.job.to_string(),
            outcome: d.outcome,
            why: d.why.clone(),
        }
    }
}

impl From<DecidedDoc> for Decided {
    fn from(d: DecidedDoc) -> Self {
        Self {
            at: d.at,
            by: d.by,
            job: JobId::new(d.job),
            outcome: d.outcome,
            why: d.why,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct RevisionDoc {
    number: u32,
    attributes: Attributes,
    violations: Vec<Violation>,
    by: String,
    #[serde(with = "when")]
    at: DateTime<Utc>,
    reason: String,
}

impl From<&Revision> for RevisionDoc {
    fn from(revision: &Revision) -> Self {
        Self {
            number: revision.number,
            attributes: revision.attributes.clone(),
            violations: revision.violations.clone(),
            by: revision.by.clone(),
            at: revision.at,
            reason: revision.reason.clone(),
        }
    }
}

/// On which side of a record in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one that follows.
    After,
    /// The one that it follows.
    Before,
}

/// The document of a record that has just been held, ready to be written.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Holding(RawDocumentBuf);

impl Holding {
    /// The document of a record under its key: the case-folded product id, or the hash of the
    /// original where there is no id.
    pub fn of(key: &str, record: &HeldRecord) -> Result<Self> {
        let document = serialize_to_raw_document_buf(&HeldDoc::of(key, record));
        document
            .map(Self)
            .map_err(|error| Error::Corrupt(error.to_string()))
    }

    /// Its size in bytes.
    pub fn size(&self) -> usize {
        self.0.as_bytes().len()
    }
}

impl HeldDoc {
    /// A record that has just been held.
    fn of(key: &str, r: &HeldRecord) -> Self {
        let codes = error_codes(&r.violations);
        Self {
            id: r.id.to_string(),
            partner: r.partner.to_string(),
            feed: r.feed.to_string(),
            delivery: r.delivery.to_string(),
            key: key.to_owned(),
            item_id: r.item_id.clone(),
            title: r.title.clone(),
            position: r.position,
            original: r.original.clone(),
            attributes: r.attributes.clone(),
            places: places::of(&r.feed, r.state, &codes),
            codes,
            violations: r.violations.clone(),
            state: r.state,
            revisions: Vec::new(),
            decided: Vec::new(),
            attempts: r.attempts,
            received_at: r.received_at,
            job: None,
            acted_at: r.acted_at,
            superseded_by: None,
        }
    }
}

impl From<HeldDoc> for HeldRecord {
    fn from(d: HeldDoc) -> Self {
        Self {
            id: RecordId::new(d.id),
            partner: PartnerId::new(d.partner),
            feed: FeedId::new(d.feed),
            delivery: DeliveryId::new(d.delivery),
            item_id: d.item_id,
            title: d.title,
            position: d.position,
            original: d.original,
            attributes: d.attributes,
            violations: d.violations,
            state: d.state,
            revisions: d.revisions.into_iter().map(Revision::from).collect(),
            decided: d.decided.into_iter().map(Decided::from).collect(),
            attempts: d.attempts,
            received_at: d.received_at,
            job: d.job.map(JobId::new),
            acted_at: d.acted_at,
            superseded_by: d.superseded_by.map(DeliveryId::new),
        }
    }
}

impl From<RevisionDoc> for Revision {
    fn from(d: RevisionDoc) -> Self {
        Self {
            number: d.number,
            attributes: d.attributes,
            violations: d.violations,
            by: d.by,
            at: d.at,
            reason: d.reason,
        }
    }
}

/// Codes of the errors among violations, each once: what the list filters by.
pub(super) fn error_codes(violations: &[Violation]) -> Vec<String> {
    let mut codes: Vec<String> = violations
        .iter()
        .filter(|v| v.severity == Severity::Error)
        .map(|v| v.code.to_string())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// States from which a move is legal, as the database writes them.
pub(super) fn states_before(step: Move) -> Vec<&'static str> {
    State::before(step).into_iter().map(State::word).collect()
}

impl Store {
    pub(super) fn quarantine(&self) -> Collection<HeldDoc> {
        self.collection("quarantine")
    }

    /// Holds records. One that is held already under its id, by an earlier try of the same
    /// delivery, stays as it is.
    pub async fn insert_held(&self, records: &[Holding]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let quarantine = self.collection::<Holding>("quarantine");
        match quarantine.insert_many(records).ordered(false).await {
            Err(error) if !super::items::only_duplicates(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Finds a held record in the scope.
    pub async fn find_held(&self, scope: &Scope, id: &RecordId) -> Result<Option<HeldRecord>> {
        let query = scope::narrow(doc! {"_id": id.as_str()}, scope, None);
        Ok(self.quarantine().find_one(query).await?.map(HeldRecord::from))
    }

    /// The feeds of some held records in the scope, each once.
    pub async fn list_feeds_of_held(&self, scope: &Scope, ids: &[RecordId]) -> Result<Vec<FeedId>> {
        let ids: Vec<&str> = ids.iter().map(RecordId::as_str).collect();
        let query = scope::narrow(doc! {"_id": {"$in": ids}}, scope, None);
        let feeds = self.quarantine().distinct("feed", query).await?;
        Ok(feeds
            .iter()
            .filter_map(|feed| feed.as_str().map(FeedId::new))
            .collect())
    }

    /// Finds the record beside `id` in the list of a filter, which is newest first.
    pub async fn find_beside(
        &self,
        scope: &Scope,
        filter: &QuarantineFilter,
        id: &RecordId,
        side: Side,
    ) -> Result<Option<RecordId>> {
        let way = self.way(scope, filter, true).await?;
        let (query, order) = match side {
            Side::After => (way.between(id.as_str(), None), -1),
            Side::Before => (way.before(id.as_str()), 1),
        };
        let found = self
            .collection::<Document>("quarantine")
            .find_one(query)
            .projection(doc! {"_id": 1})
            .sort(doc! {"_id": order})
            .hint(way.hint())
            .await?;
        Ok(found.and_then(|d| d.get_str("_id").ok().map(RecordId::new)))
    }

    /// Lists held records in the scope, newest first, `limit` at a time; `after` is the id of
    /// the last row seen.
    pub async fn list_held(
        &self,
        scope: &Scope,
        filter: &QuarantineFilter,
        after: &str,
        limit: u32,
    ) -> Result<Rows<HeldRecord>> {
        let way = self.way(scope, filter, true).await?;
        let query = way.between(after, None);
        paging::rows(&self.quarantine(), query, Some(way.hint()), limit, |d| &d.id).await
    }

    /// Counts a delivery's held records: all of them, and those that wait for somebody.
    pub async fn count_held_of(&self, scope: &Scope, delivery: &DeliveryId) -> Result<(u64, u64)> {
        let of = |state| QuarantineFilter {
            delivery: Some(delivery.clone()),
            state,
            ..QuarantineFilter::default()
        };
        let count = async |state| -> Result<u64> {
            let way = self.way(scope, &of(state), true).await?;
            let query = way.query.clone();
            Ok(self.quarantine().count_documents(query).hint(way.hint()).await?)
        };
        Ok(tokio::try_join!(
            count(StateFilter::Any),
            count(StateFilter::Open)
        )?)
    }

    /// Adds a revision on top of revision `on`. `Conflict` when the record has moved on, by
    /// another revision or into a state that cannot be edited.
    pub async fn insert_revision(
        &self,
        scope: &Scope,
        id: &RecordId,
        on: u32,
        revision: &Revision,
    ) -> Result<()> {
        let doc = RevisionDoc::from(revision);
        let query = doc! {
            "_id": id.as_str(),
            "state": {"$in": states_before(Move::Edit)},
            "revisions": {"$size": i64::from(on)},
        };
        let codes = error_codes(&revision.violations);
        let change = doc! {
            "$push": {"revisions": to_bson(&doc)?},
            "$set": {
                "state": State::Quarantined.word(),
                "violations": to_bson(&revision.violations)?,
                "codes": &codes,
                "acted_at": when::bson(revision.at),
            },
        };
        self.change_held(scope, id, query, change, (State::Quarantined, Some(codes)))
            .await
    }

    /// Moves a record by a step that needs nothing else. `Conflict` when the step is not legal
    /// from the state it is in by now.
    pub async fn move_held(
        &self,
        scope: &Scope,
        id: &RecordId,
        step: Move,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let Some(to) = State::ALL.into_iter().find_map(|s| s.after(step)) else {
            return Err(Error::Conflict {
                what: format!("record {id}"),
            });
        };
        let query = doc! {"_id": id.as_str(), "state": {"$in": states_before(step)}};
        let change = doc! {"$set": {"state": to.word(), "acted_at": when::bson(now)}};
        self.change_held(scope, id, query, change, (to, None)).await
    }

    /// Changes a record, and its issues with it, both or neither; `to` is the state that it goes to,
    /// and the codes that the change leads to.
    async fn change_held(
        &self,
        scope: &Scope,
        id: &RecordId,
        query: Document,
        change: Document,
        to: (State, Option<Vec<String>>),
    ) -> Result<()> {
        let query = scope::narrow(query, scope, None);
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let done = self
                .change_in(&mut session, query.clone(), change.clone(), to.clone())
                .await;
            match transaction::end(&mut session, done).await? {
                Some(true) => return Ok(()),
                Some(false) => break,
                None => {}
            }
        }
        Err(Error::Conflict {
            what: format!("record {id}"),
        })
    }

    /// The same in a transaction; false when there is no such record in such a state.
    pub(super) async fn change_in(
        &self,
        session: &mut ClientSession,
        query: Document,
        change: Document,
        (state, codes): (State, Option<Vec<String>>),
    ) -> Result<bool> {
        let before = self.find_waiting_in(session, query).await?;
        let Some(before) = before.first() else {
            return Ok(false);
        };
        let after = before.after(state, codes);
        self.quarantine()
            .update_one(
                doc! {"_id": before.id()},
                places::with_places(change, &after.places()),
            )
            .session(&mut *session)
            .await?;
        let mut moves = Moves::default();
        moves.add(before, &after);
        self.move_issues_in(session, &moves).await?;
        Ok(true)
    }
}

/// What a filter asks of a record, but for its state, which the way tells ([`held_way`]), and for what
/// it looks for in each.
pub(super) fn held_query(scope: &Scope, filter: &QuarantineFilter, with_code: bool) -> Document {
    let mut query = scope::narrow(doc! {}, scope, filter.partner.as_ref());
    if let Some(feed) = &filter.feed {
        set_feed(&mut query, scope, filter.partner.as_ref(), feed);
    }
    if let Some(delivery) = &filter.delivery {
        query.insert("_id", held_way::ids_of(delivery));
    }
    if let Some(item) = &filter.item {
        query.insert("item_id", item);
    }
    if let Some(code) = filter.code.as_ref().filter(|_| with_code) {
        query.insert("codes", code);
    }
    query
}

/// Narrows to a feed. It tells the partner: where that may be seen, no record is read to know it.
pub(super) fn set_feed(query: &mut Document, scope: &Scope, partner: Option<&PartnerId>, feed: &FeedId) {
    query.insert("feed", feed.as_str());
    let of = feed.partner();
    if partner.is_none_or(|partner| *partner == of) && scope.covers(&of) {
        query.remove("partner");
    } else {
        query.insert("partner", doc! {"$in": []});
    }
}
