//! Keeps the log entry of a replay.
//!
//! It is not written where records are decided, for every worker of a job would wait for it; it
//! is brought up to what the parts say afterwards, and only ever grows ([`Store::log_replay`]).

use super::Bulk;
use crate::domain::account::Scope;
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::ids::DeliveryId;
use crate::domain::report::{Counts, FileReport, Verdict};
use crate::server::store::deliveries::DeliveryDoc;
use crate::server::store::{Result, Store, to_bson, when};
use chrono::{DateTime, Utc};
use mongodb::bson::{Bson, Document, doc};

impl Store {
    /// Brings the log entry of a replay up to what its parts say. It only ever grows, so workers
    /// may do it side by side and in any order.
    pub async fn log_replay(&self, bulk: &Bulk, now: DateTime<Utc>) -> Result<()> {
        let tally = self.read_standing(&bulk.id).await?.tally;
        let decided = tally.total() - tally.gone;
        if decided == 0 {
            return Ok(());
        }
        let feed = self.find_feed(&Scope::All, &bulk.feed).await?;
        let version = feed.map_or(0, |feed| feed.feed.terms().contract.version);
        let bson = to_bson(&DeliveryDoc::from(&entry(bulk, version, now)))?;
        let mut entry = bson.as_document().cloned().unwrap_or_default();
        entry.remove("counts");
        entry.remove("decided_at");
        let number = |n: u64| Bson::Int64(i64::try_from(n).unwrap_or(i64::MAX));
        let most = doc! {
            "counts.received": number(decided),
            "counts.accepted": number(tally.accepted),
            "counts.unchanged": number(tally.unchanged + tally.superseded),
            "counts.quarantined": number(tally.failed()),
            "counts.warned": 0_i64,
            "decided_at": when::bson(now),
        };
        self.collection::<Document>("deliveries")
            .update_one(
                doc! {"_id": bulk.id.as_str()},
                doc! {"$setOnInsert": entry, "$max": most},
            )
            .upsert(true)
            .await?;
        Ok(())
    }
}

fn entry(bulk: &Bulk, contract_version: u32, now: DateTime<Utc>) -> Delivery {
    Delivery {
        id: DeliveryId::new(bulk.id.as_str()),
        partner: bulk.partner.clone(),
        feed: bulk.feed.clone(),
        direction: Direction::Ingest,
        origin: Origin::Replay { job: bulk.id.clone() },
        status: Status::Accepted,
        file: FileReport {
            name: format!("replay asked for by {}", bulk.asked_by),
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
        received_at: bulk.started_at.unwrap_or(bulk.asked_at),
        decided_at: Some(now),
        repeat_of: None,
        contract_version,
        // What is replayed was read when its file came.
        profile_version: 0,
        gate: None,
        hold: None,
    }
}
