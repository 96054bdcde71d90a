//! Keeps the log entry of a replay.
//!
//! It is not written where records are decided, for every worker of a job would wait for it; it
//! is brought up to what the parts say afterwards, and only ever grows ([`Store::log_replay`]).

use super::Bulk;
use super::writes::Order;
use crate::domain::account::Scope;
use crate::domain::bulk::Tally;
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::ids::DeliveryId;
use crate::domain::report::{Counts, FileReport, Verdict};
use crate::server::store::deliveries::DeliveryDoc;
use crate::server::store::{Result, Store, to_bson, when};
use chrono::{DateTime, Utc};
use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, doc};

impl Store {
    /// Brings the log entry of a replay up to what its parts say. It only ever grows, so workers
    /// may do it side by side and in any order.
    pub async fn log_replay(&self, bulk: &Bulk, now: DateTime<Utc>) -> Result<()> {
        let tally = self.read_standing(&bulk.id).await?.tally;
        if tally.total() == tally.gone {
            return Ok(());
        }
        let entry = self.begin_entry(&Order::from(bulk), now).await?;
        let mut most = counts(&tally);
        most.insert("decided_at", when::bson(now));
        let change = doc! {"$setOnInsert": entry, "$max": most};
        self.collection::<Document>("deliveries")
            .update_one(doc! {"_id": bulk.id.as_str()}, change)
            .upsert(true)
            .await?;
        Ok(())
    }

    /// Adds what became of further records to the log entry of a replay.
    pub(super) async fn log_replayed_in(
        &self,
        session: &mut ClientSession,
        order: &Order<'_>,
        tally: &Tally,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let entry = self.begin_entry(order, now).await?;
        let change = doc! {
            "$setOnInsert": entry,
            "$inc": counts(tally),
            "$max": {"decided_at": when::bson(now)},
        };
        self.collection::<Document>("deliveries")
            .update_one(doc! {"_id": order.job.as_str()}, change)
            .upsert(true)
            .session(session)
            .await?;
        Ok(())
    }

    /// The entry as it is before anything is counted in it.
    async fn begin_entry(&self, order: &Order<'_>, now: DateTime<Utc>) -> Result<Document> {
        let feed = self.find_feed(&Scope::All, order.feed).await?;
        let version = feed.map_or(0, |feed| feed.feed.terms().contract.version);
        let bson = to_bson(&DeliveryDoc::from(&entry(order, version, now)))?;
        let mut entry = bson.as_document().cloned().unwrap_or_default();
        entry.remove("counts");
        entry.remove("decided_at");
        Ok(entry)
    }
}

fn counts(tally: &Tally) -> Document {
    let number = |n: u64| Bson::Int64(i64::try_from(n).unwrap_or(i64::MAX));
    doc! {
        "counts.received": number(tally.total() - tally.gone),
        "counts.accepted": number(tally.accepted),
        "counts.unchanged": number(tally.unchanged + tally.superseded),
        "counts.quarantined": number(tally.failed()),
        "counts.warned": 0_i64,
    }
}

fn entry(order: &Order<'_>, contract_version: u32, now: DateTime<Utc>) -> Delivery {
    Delivery {
        id: DeliveryId::new(order.job.as_str()),
        partner: order.partner.clone(),
        feed: order.feed.clone(),
        direction: Direction::Ingest,
        origin: Origin::Replay {
            job: order.job.clone(),
        },
        status: Status::Accepted,
        file: FileReport {
            name: format!("replay asked for by {}", order.asked_by),
            verdict: Verdict::Accepted,
            code: None,
            message: None,
            offset: None,
            format: None,
            encoding: None,
            bytes: 0,
            sha256: String::new(),
        },
        counts: Counts::default(),
        codes: Vec::new(),
        received_at: order.since,
        decided_at: Some(now),
        repeat_of: None,
        contract_version,
        // What is replayed was read when its file came.
        profile_version: 0,
        gate: None,
        hold: None,
    }
}
