//! Asks the log, the rollups and the quarantine for what has to be equal.
//!
//! Every question is bounded: by days, of which there is one rollup per feed; by the files that
//! are being taken in; or by a number of entries.

use super::deliveries::DeliveryDoc;
use super::{Error, Result, Store, held_way, scope, when};
use crate::domain::account::Scope;
use crate::domain::delivery::{Delivery, Direction, Status};
use crate::domain::ids::{DeliveryId, PartnerId};
use crate::domain::query::Span;
use crate::domain::reconciliation::{PartnerDay, Sums};
use crate::domain::rollup::BucketSize;
use chrono::DateTime;
use futures::{StreamExt, TryStreamExt};
use mongodb::bson::{Document, doc};
use mongodb::options::Hint;
use std::collections::BTreeMap;

/// Deliveries whose records are counted at a time.
const COUNTED_TOGETHER: usize = 8;

/// Figures of files that count: decided, that came, and that were files.
fn decided_files() -> Document {
    doc! {
        "status": Status::Accepted.word(),
        "direction": Direction::Ingest.word(),
        "origin.kind": "file",
    }
}

fn within(span: Span) -> Document {
    doc! {"$gte": when::bson(span.from), "$lt": when::bson(span.until)}
}

impl Store {
    /// Adds the day rollups up per partner: of the days that begin in `span`, or of all.
    pub async fn sum_days(
        &self,
        scope: &Scope,
        partner: Option<&PartnerId>,
        span: Option<Span>,
    ) -> Result<Vec<PartnerDay>> {
        let mut query = doc! {"size": BucketSize::Day.word()};
        if let Some(span) = span {
            query.insert("start", within(span));
        }
        let mut group = doc! {"_id": {"partner": "$partner", "day": "$start"}};
        for name in ["received", "accepted", "unchanged", "quarantined"] {
            group.insert(name, doc! {"$sum": format!("$n.{name}")});
        }
        let stages = [
            doc! {"$match": scope::narrow(query, scope, partner)},
            doc! {"$project": {"partner": 1, "start": 1, "n": 1}},
            doc! {"$group": group},
        ];
        let mut found = self.collection::<Document>("rollups").aggregate(stages).await?;
        let mut days = Vec::new();
        while let Some(group) = found.try_next().await? {
            days.push(read_day(&group).map_err(|error| Error::Corrupt(format!("a rollup: {error}")))?);
        }
        Ok(days)
    }

    /// Lists the files received in `span`, or ever, that are being taken in.
    pub async fn list_in_flight(
        &self,
        scope: &Scope,
        partner: Option<&PartnerId>,
        span: Option<Span>,
    ) -> Result<Vec<Delivery>> {
        let mut query = decided_files();
        query.insert("status", Status::Processing.word());
        if let Some(span) = span {
            query.insert("received_at", within(span));
        }
        self.list_entries(scope::narrow(query, scope, partner), None)
            .await
    }

    /// Lists, newest first, `most` decided files of a partner in `span` whose counts do not add
    /// up.
    pub async fn list_unequal(
        &self,
        scope: &Scope,
        partner: &PartnerId,
        span: Span,
        most: i64,
    ) -> Result<Vec<Delivery>> {
        let mut query = decided_files();
        query.insert("received_at", within(span));
        let sides = ["accepted", "unchanged", "quarantined"].map(|name| format!("$counts.{name}"));
        query.insert(
            "$expr",
            doc! {"$ne": ["$counts.received", {"$add": sides.to_vec()}]},
        );
        self.list_entries(scope::narrow(query, scope, Some(partner)), Some(most))
            .await
    }

    /// Lists the newest `most` decided files in `span`.
    pub async fn list_newest_decided(
        &self,
        scope: &Scope,
        partner: Option<&PartnerId>,
        span: Span,
        most: i64,
    ) -> Result<Vec<Delivery>> {
        let mut query = decided_files();
        query.insert("received_at", within(span));
        self.list_entries(scope::narrow(query, scope, partner), Some(most))
            .await
    }

    async fn list_entries(&self, query: Document, most: Option<i64>) -> Result<Vec<Delivery>> {
        let deliveries = self.collection::<DeliveryDoc>("deliveries");
        let mut find = deliveries
            .find(query)
            .projection(doc! {"samples": 0})
            .sort(doc! {"received_at": -1, "_id": -1});
        if let Some(most) = most {
            find = find.limit(most);
        }
        let found: Vec<DeliveryDoc> = find.await?.try_collect().await?;
        Ok(found.into_iter().map(Delivery::from).collect())
    }

    /// Counts the records that the quarantine has of each of these deliveries, in whatever state;
    /// one without any is left out.
    pub async fn count_held_by(
        &self,
        scope: &Scope,
        deliveries: &[&DeliveryId],
    ) -> Result<BTreeMap<DeliveryId, u64>> {
        let count = async |id: DeliveryId| -> Result<(DeliveryId, u64)> {
            let query = scope::narrow(doc! {"_id": held_way::ids_of(&id)}, scope, None);
            let by_id = Hint::Keys(doc! {"_id": 1});
            let counted = self.quarantine().count_documents(query).hint(by_id).await?;
            Ok((id, counted))
        };
        let ids: Vec<DeliveryId> = deliveries.iter().map(|id| (*id).clone()).collect();
        let mut counting = futures::stream::iter(ids)
            .map(count)
            .buffer_unordered(COUNTED_TOGETHER);
        let mut counts = BTreeMap::new();
        while let Some((id, records)) = counting.try_next().await? {
            if records > 0 {
                counts.insert(id, records);
            }
        }
        Ok(counts)
    }
}

fn read_day(group: &Document) -> std::result::Result<PartnerDay, mongodb::bson::error::Error> {
    let id = group.get_document("_id")?;
    let day = id.get_datetime("day")?;
    // A sum of nothing is a small zero.
    let sum = |name: &str| {
        let n = group
            .get(name)
            .and_then(|n| n.as_i64().or_else(|| n.as_i32().map(i64::from)));
        n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
    };
    Ok(PartnerDay {
        partner: PartnerId::new(id.get_str("partner")?),
        day: DateTime::from_timestamp_millis(day.timestamp_millis()).unwrap_or_default(),
        sums: Sums {
            received: sum("received"),
            accepted: sum("accepted"),
            unchanged: sum("unchanged"),
            quarantined: sum("quarantined"),
            in_flight: 0,
        },
    })
}
