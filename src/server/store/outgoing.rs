//! Adds up what went out, from the exports among the entries of the audit log.
//!
//! They are few beside the files that come in, and have an index of their own that has what is
//! counted, so that a year of them is not read.

use super::deliveries::DeliveryDoc;
use super::{Result, Store, scope, when};
use crate::domain::account::Scope;
use crate::domain::delivery::{Delivery, Direction, Status};
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::Span;
use crate::domain::report::CodeCount;
use crate::domain::violation::Severity;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Files of one feed that went out and ended alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The feed.
    pub feed: FeedId,
    /// How they ended.
    pub status: Status,
    /// How many files.
    pub count: u64,
    /// Records in them.
    pub records: u64,
    /// When the newest was begun.
    pub last: DateTime<Utc>,
}

#[derive(Deserialize)]
struct ExportCode {
    #[serde(rename = "_id")]
    key: ExportKey,
    records: u64,
    occurrences: u64,
}

#[derive(Deserialize)]
struct ExportKey {
    partner: String,
    code: String,
    severity: Severity,
    #[serde(default)]
    attribute: Option<String>,
}

impl Store {
    /// Makes the index that these questions need.
    pub(super) async fn index_exports(&self) -> Result<()> {
        let exports = IndexOptions::builder()
            .partial_filter_expression(doc! {"direction": Direction::Export.word()})
            .name("exports".to_owned())
            .build();
        let keys = doc! {
            "direction": 1, "received_at": -1, "partner": 1, "feed": 1, "status": 1, "counts.accepted": 1,
        };
        let model = IndexModel::builder().keys(keys).options(exports).build();
        self.collection::<Document>("deliveries")
            .create_index(model)
            .await?;
        self.note_last_exports().await
    }

    /// Notes the newest export of each feed that goes out and has none noted: an earlier version noted
    /// none of entries that other systems sent.
    async fn note_last_exports(&self) -> Result<()> {
        let without = doc! {"direction": Direction::Export.word(), "last": null};
        let mut feeds = self.collection::<Document>("feeds").find(without).await?;
        while let Some(feed) = feeds.try_next().await? {
            let Ok(id) = feed.get_str("_id") else { continue };
            let gone = doc! {
                "feed": id,
                "direction": Direction::Export.word(),
                // What lies in the future says nothing of today.
                "$expr": {"$lte": ["$received_at", "$$NOW"]},
            };
            let newest = self
                .collection::<DeliveryDoc>("deliveries")
                .find_one(gone)
                .sort(doc! {"received_at": -1})
                .projection(doc! {"samples": 0})
                .await?;
            if let Some(newest) = newest.map(Delivery::from) {
                self.note_last_going(&newest.feed, newest.direction, newest.received_at, newest.status)
                    .await?;
            }
        }
        Ok(())
    }

    /// Counts the files that went out in a stretch of time, of one feed or of all, by feed and by
    /// how they ended.
    pub async fn count_exports(&self, scope: &Scope, feed: Option<&FeedId>, span: Span) -> Result<Vec<Sent>> {
        let within = doc! {"$gte": when::bson(span.from), "$lt": when::bson(span.until)};
        let mut query = doc! {"direction": Direction::Export.word(), "received_at": within};
        query.extend(feed.map(|feed| ("feed".to_owned(), feed.as_str().into())));
        let group = doc! {
            "_id": {"feed": "$feed", "status": "$status"},
            "count": {"$sum": 1_i64},
            "records": {"$sum": "$counts.accepted"},
            "last": {"$max": "$received_at"},
        };
        let mut found = self
            .collection::<Document>("deliveries")
            .aggregate([
                doc! {"$match": scope::narrow(query, scope, None)},
                doc! {"$group": group},
            ])
            .await?;
        let mut sent = Vec::new();
        while let Some(document) = found.try_next().await? {
            sent.extend(read_sent(&document));
        }
        Ok(sent)
    }

    /// Adds up what failed in the files that went out in a stretch of time, per partner, of one
    /// partner and of one feed where they are named.
    pub async fn list_export_codes(
        &self,
        scope: &Scope,
        (partner, feed): (Option<&PartnerId>, Option<&FeedId>),
        span: Span,
    ) -> Result<Vec<(PartnerId, Vec<CodeCount>)>> {
        let mut query = doc! {
            "direction": Direction::Export.word(),
            "status": Status::Accepted.word(),
            "received_at": {"$gte": when::bson(span.from), "$lt": when::bson(span.until)},
        };
        if let Some(feed) = feed {
            query.insert("feed", feed.as_str());
        }
        let stages = [
            doc! {"$match": scope::narrow(query, scope, partner)},
            doc! {"$unwind": "$codes"},
            doc! {"$group": {
                "_id": {"partner": "$partner", "code": "$codes.code", "severity": "$codes.severity", "attribute": "$codes.attribute"},
                "records": {"$sum": "$codes.records"},
                "occurrences": {"$sum": "$codes.occurrences"},
            }},
        ];
        let mut found = self
            .collection::<Document>("deliveries")
            .aggregate(stages)
            .with_type::<ExportCode>()
            .await?;
        let mut sums = BTreeMap::<String, Vec<CodeCount>>::new();
        while let Some(ExportCode {
            key,
            records,
            occurrences,
        }) = found.try_next().await?
        {
            sums.entry(key.partner).or_default().push(CodeCount {
                code: key.code.into(),
                severity: key.severity,
                attribute: key.attribute.map(Into::into),
                records,
                occurrences,
            });
        }
        let of = |(partner, codes)| (PartnerId::new(partner), codes);
        Ok(sums.into_iter().map(of).collect())
    }
}

fn read_sent(document: &Document) -> Option<Sent> {
    let id = document.get_document("_id").ok()?;
    let count = |name| u64::try_from(document.get_i64(name).unwrap_or(0)).unwrap_or(0);
    let last = document.get_datetime("last").ok()?;
    Some(Sent {
        feed: FeedId::new(id.get_str("feed").ok()?),
        status: Status::parse(id.get_str("status").ok()?)?,
        count: count("count"),
        records: count("records"),
        last: DateTime::from_timestamp_millis(last.timestamp_millis())?,
    })
}
