//! Keeps the audit log: one document per delivery, written when it opens and once more when
//! it is decided.

use super::holds::HoldDoc;
use super::{Result, Store, is_duplicate_key, scope, to_bson, when};
use crate::domain::account::Scope;
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::gate::Gate;
use crate::domain::hold::Hold;
use crate::domain::ids::{DeliveryId, FeedId, PartnerId};
use crate::domain::issue::Issue;
use crate::domain::query::{DeliveryFilter, Page};
use crate::domain::report::{CodeCount, Counts, FileReport, SAMPLES_KEPT, Sample, Verdict};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is written of a delivery when its file is complete and has been surveyed.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The log entry: decided already when the file is refused or held, else `Processing`.
    pub delivery: Delivery,
    /// Examples of what failed; the first few of each code are kept with the entry.
    pub samples: Vec<Sample>,
}

/// Log entries of one feed written in one transaction.
const INSERTED_TOGETHER: usize = 500;

#[derive(Serialize, Deserialize)]
pub(super) struct DeliveryDoc {
    #[serde(rename = "_id")]
    id: String,
    partner: String,
    feed: String,
    direction: Direction,
    origin: Origin,
    status: Status,
    file: FileReport,
    counts: Counts,
    codes: Vec<CodeCount>,
    #[serde(with = "when")]
    received_at: DateTime<Utc>,
    #[serde(with = "when::option", default)]
    decided_at: Option<DateTime<Utc>>,
    #[serde(default)]
    repeat_of: Option<String>,
    contract_version: u32,
    #[serde(default)]
    profile_version: u32,
    #[serde(default)]
    gate: Option<Gate>,
    #[serde(default)]
    hold: Option<HoldDoc>,
    #[serde(default)]
    samples: Vec<Sample>,
    /// Whether the issues of its feed know of it.
    #[serde(default)]
    pub(super) folded: bool,
}

impl DeliveryDoc {
    /// The entry's id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

impl From<&Delivery> for DeliveryDoc {
    fn from(d: &Delivery) -> Self {
        Self {
            id: d.id.to_string(),
            partner: d.partner.to_string(),
            feed: d.feed.to_string(),
            direction: d.direction,
            origin: d.origin.clone(),
            status: d.status,
            file: d.file.clone(),
            counts: d.counts,
            codes: d.codes.clone(),
            received_at: d.received_at,
            decided_at: d.decided_at,
            repeat_of: d.repeat_of.as_ref().map(ToString::to_string),
            contract_version: d.contract_version,
            profile_version: d.profile_version,
            gate: d.gate.clone(),
            hold: d.hold.as_ref().map(HoldDoc::from),
            samples: Vec::new(),
            folded: false,
        }
    }
}

impl From<DeliveryDoc> for Delivery {
    fn from(d: DeliveryDoc) -> Self {
        Self {
            id: DeliveryId::new(d.id),
            partner: PartnerId::new(d.partner),
            feed: FeedId::new(d.feed),
            direction: d.direction,
            origin: d.origin,
            status: d.status,
            file: d.file,
            counts: d.counts,
            codes: d.codes,
            received_at: d.received_at,
            decided_at: d.decided_at,
            repeat_of: d.repeat_of.map(DeliveryId::new),
            contract_version: d.contract_version,
            profile_version: d.profile_version,
            gate: d.gate,
            hold: d.hold.map(Hold::from),
        }
    }
}

fn first_of_each_code(samples: &[Sample]) -> Vec<Sample> {
    let mut seen = std::collections::HashMap::<_, usize>::new();
    let fits = |s: &&Sample| {
        let count = seen
            .entry((s.violation.code.clone(), s.violation.attribute.clone()))
            .or_default();
        *count += 1;
        *count <= SAMPLES_KEPT
    };
    samples.iter().filter(fits).cloned().collect()
}

impl Store {
    /// Writes a new log entry. One with this id that is there stays as it is, unless it was only
    /// queued; false when it stays.
    pub async fn insert_delivery(&self, opening: &Opening) -> Result<bool> {
        let mut doc = DeliveryDoc::from(&opening.delivery);
        doc.samples = first_of_each_code(&opening.samples);
        let deliveries = self.collection::<DeliveryDoc>("deliveries");
        let is_new = match deliveries.insert_one(&doc).await {
            Err(error) if is_duplicate_key(&error) => {
                let queued = doc! {"_id": &doc.id, "status": Status::Queued.word()};
                deliveries.replace_one(queued, &doc).await?.modified_count == 1
            }
            Err(error) => return Err(error.into()),
            Ok(_) => true,
        };
        let d = &opening.delivery;
        if d.origin == Origin::File {
            self.note_last(&d.feed, d.received_at, d.status).await?;
        }
        Ok(is_new)
    }

    /// Writes many new log entries as they are, for whoever has kept a log elsewhere, and folds
    /// them into the issues of their feeds. Entries of one feed go in its order of time, some
    /// hundreds together, all or none of these.
    pub async fn insert_deliveries(&self, deliveries: &[Delivery]) -> Result<()> {
        let mut by_feed = BTreeMap::<&FeedId, Vec<&Delivery>>::new();
        for delivery in deliveries {
            by_feed.entry(&delivery.feed).or_default().push(delivery);
        }
        for (feed, mut entries) in by_feed {
            entries.sort_by_key(|entry| entry.received_at);
            for some in entries.chunks(INSERTED_TOGETHER) {
                self.insert_folded(feed, some).await?;
            }
            for direction in [Direction::Ingest, Direction::Export] {
                if let Some(last) = entries.iter().rfind(|entry| entry.direction == direction) {
                    self.note_last_going(feed, direction, last.received_at, last.status)
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Notes what was found in a delivery's records while they were written.
    pub async fn note_findings(
        &self,
        id: &DeliveryId,
        codes: &[CodeCount],
        samples: &[Sample],
    ) -> Result<()> {
        let found = doc! {"codes": to_bson(&codes)?, "samples": to_bson(&first_of_each_code(samples))?};
        let undecided = doc! {"_id": id.as_str(), "status": Status::Processing.word()};
        self.collection::<DeliveryDoc>("deliveries")
            .update_one(undecided, doc! {"$set": found})
            .await?;
        Ok(())
    }

    /// Finds the newest delivery of a file with these bytes to this feed: decided or not.
    pub async fn find_same_file(
        &self,
        feed: &FeedId,
        sha256: &str,
        status: Status,
    ) -> Result<Option<Delivery>> {
        let query = doc! {"feed": feed.as_str(), "file.sha256": sha256, "status": status.word(), "origin.kind": "file"};
        let found = self
            .collection::<DeliveryDoc>("deliveries")
            .find_one(query)
            .projection(doc! {"samples": 0})
            .sort(doc! {"received_at": -1})
            .await?;
        Ok(found.map(Delivery::from))
    }

    /// Lists the deliveries of a feed that were begun and never decided, but for `except`.
    pub async fn list_interrupted(&self, feed: &FeedId, except: &DeliveryId) -> Result<Vec<DeliveryId>> {
        let query = doc! {
            "feed": feed.as_str(),
            "status": Status::Processing.word(),
            "origin.kind": "file",
            "_id": {"$ne": except.as_str()},
        };
        let found: Vec<Document> = self
            .collection::<Document>("deliveries")
            .find(query)
            .projection(doc! {"_id": 1})
            .await?
            .try_collect()
            .await?;
        Ok(found
            .iter()
            .filter_map(|d| d.get_str("_id").ok())
            .map(DeliveryId::new)
            .collect())
    }

    /// Closes a delivery that was stopped half-way and whose place a later one takes. Its held
    /// records give way to the later one's, and what it withdrew is live again.
    pub async fn close_interrupted(
        &self,
        feed: &FeedId,
        id: &DeliveryId,
        by: &DeliveryId,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.forget_held_counts(feed).await?;
        self.supersede_delivery(id, by).await?;
        self.restore_withdrawn(feed, id).await?;
        let refused = doc! {
            "status": Status::Refused.word(),
            "file.verdict": to_bson(&Verdict::Refused)?,
            "file.code": "FILE_INTERRUPTED",
            "file.message": "Its ingest was stopped before every record was decided; the file that came after it took its place.",
            "counts": to_bson(&Counts::default())?,
            "decided_at": when::bson(now),
        };
        let undecided = doc! {"_id": id.as_str(), "status": Status::Processing.word()};
        self.collection::<Document>("deliveries")
            .update_one(undecided, doc! {"$set": refused})
            .await?;
        Ok(())
    }

    /// Finds a delivery in the scope, with the examples kept of it.
    pub async fn find_delivery(
        &self,
        scope: &Scope,
        id: &DeliveryId,
    ) -> Result<Option<(Delivery, Vec<Sample>)>> {
        let query = scope::narrow(doc! {"_id": id.as_str()}, scope, None);
        let found = self
            .collection::<DeliveryDoc>("deliveries")
            .find_one(query)
            .await?;
        Ok(found.map(|mut d| {
            let samples = std::mem::take(&mut d.samples);
            (Delivery::from(d), samples)
        }))
    }

    /// Lists the last deliveries in the scope that had an issue, newest first. They are looked for
    /// from where it was last seen, so that few others are passed.
    pub async fn list_deliveries_with(
        &self,
        scope: &Scope,
        issue: &Issue,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        let query = doc! {
            "feed": issue.feed.as_str(),
            "received_at": {"$gte": when::bson(issue.first_seen), "$lte": when::bson(issue.last_seen)},
            "codes": {"$elemMatch": {"code": &issue.code, "attribute": issue.attribute.as_deref(), "records": {"$gt": 0}}},
            "status": Status::Accepted.word(),
            "direction": Direction::Ingest.word(),
            "origin.kind": "file",
        };
        let found: Vec<DeliveryDoc> = self
            .collection::<DeliveryDoc>("deliveries")
            .find(scope::narrow(query, scope, None))
            .projection(doc! {"samples": 0})
            .sort(doc! {"received_at": -1, "_id": -1})
            .limit(i64::from(limit))
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(Delivery::from).collect())
    }

    /// Lists deliveries in the scope, newest first, `limit` at a time. `after` is the `next` of
    /// the page before; whatever else is typed there begins at the newest.
    pub async fn list_deliveries(
        &self,
        scope: &Scope,
        filter: &DeliveryFilter,
        after: &str,
        limit: u32,
    ) -> Result<Page<Delivery>> {
        let mut query = scope::narrow(doc! {}, scope, filter.partner.as_ref());
        if let Some(feed) = &filter.feed {
            query.insert("feed", feed.as_str());
        }
        if let Some(code) = &filter.code {
            query.insert("codes.code", code);
            query.insert("status", Status::Accepted.word());
            query.insert("direction", Direction::Ingest.word());
            query.insert("origin.kind", "file");
        }
        if let Some(direction) = filter.direction {
            query.insert("direction", direction.word());
        }
        if let Some(replays) = filter.replays {
            query.insert("origin.kind", if replays { "replay" } else { "file" });
        }
        if let Some(status) = filter.status {
            query.insert("status", status.word());
        }
        if let Some(span) = filter.span {
            query.insert(
                "received_at",
                doc! {"$gte": when::bson(span.from), "$lt": when::bson(span.until)},
            );
        }
        let collection = self.collection::<DeliveryDoc>("deliveries");
        let total = collection.count_documents(query.clone()).await?;
        if let Some((at, id)) = after_key(after) {
            let at = when::bson(at);
            let behind = vec![
                doc! {"received_at": {"$lt": at}},
                doc! {"received_at": at, "_id": {"$lt": id}},
            ];
            query.insert("$or", behind);
        }
        let mut rows: Vec<DeliveryDoc> = collection
            .find(query)
            .projection(doc! {"samples": 0})
            .sort(doc! {"received_at": -1, "_id": -1})
            .limit(i64::from(limit) + 1)
            .await?
            .try_collect()
            .await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows
            .last()
            .filter(|_| more)
            .map(|d| format!("{}_{}", d.received_at.timestamp_millis(), d.id));
        Ok(Page {
            rows: rows.into_iter().map(Delivery::from).collect(),
            next,
            total,
        })
    }
}

fn after_key(after: &str) -> Option<(DateTime<Utc>, String)> {
    let (millis, id) = after.split_once('_')?;
    Some((
        DateTime::from_timestamp_millis(millis.parse().ok()?)?,
        id.to_owned(),
    ))
}
