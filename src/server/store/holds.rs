//! Keeps what gates decided of deliveries, and moves holds.
//!
//! Every move names the stages it is legal from ([`Stage::before`]) in the query itself, so of
//! two people who press at once one wins and the other is told. Status and stage change in one
//! write and never contradict each other.

use super::deliveries::DeliveryDoc;
use super::{Error, Job, Result, Store, scope, to_bson, transaction, when};
use crate::domain::account::Scope;
use crate::domain::delivery::{Delivery, Direction, Status};
use crate::domain::gate::{Facts, Gate, Good};
use crate::domain::hold::{Hold, Move, Ruling, Stage};
use crate::domain::ids::{DeliveryId, FeedId};
use crate::domain::report::{CodeCount, Counts, FileReport};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};

/// Files looked back at, at most.
const LOOK_BACK: i64 = 1000;

#[derive(Serialize, Deserialize)]
pub(super) struct HoldDoc {
    stage: Stage,
    #[serde(default)]
    ruling: Option<RulingDoc>,
    #[serde(default)]
    superseded_by: Option<String>,
    #[serde(with = "when::option", default)]
    since: Option<DateTime<Utc>>,
    #[serde(with = "when::option", default)]
    until: Option<DateTime<Utc>>,
}

#[derive(Serialize, Deserialize)]
struct RulingDoc {
    by: String,
    #[serde(with = "when")]
    at: DateTime<Utc>,
    reason: String,
}

impl From<&Ruling> for RulingDoc {
    fn from(ruling: &Ruling) -> Self {
        Self {
            by: ruling.by.clone(),
            at: ruling.at,
            reason: ruling.reason.clone(),
        }
    }
}

impl From<&Hold> for HoldDoc {
    fn from(hold: &Hold) -> Self {
        Self {
            stage: hold.stage,
            ruling: hold.ruling.as_ref().map(RulingDoc::from),
            superseded_by: hold.superseded_by.as_ref().map(ToString::to_string),
            since: hold.since,
            until: hold.until,
        }
    }
}

impl From<HoldDoc> for Hold {
    fn from(d: HoldDoc) -> Self {
        Self {
            stage: d.stage,
            ruling: d.ruling.map(|r| Ruling {
                by: r.by,
                at: r.at,
                reason: r.reason,
            }),
            superseded_by: d.superseded_by.map(DeliveryId::new),
            since: d.since,
            until: d.until,
        }
    }
}

/// As much of a delivery as the next file is held against.
#[derive(Deserialize)]
struct GoodDoc {
    #[serde(rename = "_id")]
    id: String,
    counts: Counts,
    file: Sha,
    #[serde(with = "when")]
    received_at: DateTime<Utc>,
    #[serde(default)]
    gate: Option<GateDoc>,
    #[serde(default)]
    hold: Option<HoldDoc>,
}

#[derive(Deserialize)]
struct Sha {
    sha256: String,
}

#[derive(Deserialize)]
struct GateDoc {
    facts: Facts,
}

impl From<GoodDoc> for Good {
    fn from(d: GoodDoc) -> Self {
        let facts = d.gate.map_or_else(
            // Logged before there were gates, or by another writer.
            || Facts {
                received: d.counts.received,
                quarantined: d.counts.quarantined,
                products: d.counts.received,
                ..Facts::default()
            },
            |gate| gate.facts,
        );
        Self {
            delivery: DeliveryId::new(d.id),
            at: d.received_at,
            sha256: d.file.sha256,
            overruled: d.hold.is_some_and(|hold| hold.stage == Stage::Released),
            facts,
        }
    }
}

fn words(step: Move) -> Vec<&'static str> {
    Stage::before(step).map(Stage::word).collect()
}

/// A held delivery from which `step` is legal.
fn held(id: &DeliveryId, step: Move) -> Document {
    doc! {
        "_id": id.as_str(),
        "status": Status::Held.word(),
        "hold.stage": {"$in": words(step)},
    }
}

fn releasing(ruling: &Ruling) -> Result<Document> {
    Ok(doc! {
        "hold.stage": Stage::Releasing.word(),
        "hold.ruling": to_bson(&RulingDoc::from(ruling))?,
    })
}

fn too_late(id: &DeliveryId) -> Error {
    Error::Conflict {
        what: format!("the hold of delivery {id}"),
    }
}

impl Store {
    /// Lists the files of a feed that took effect, newest first: those since `since`, and the
    /// last one however old it is.
    pub async fn list_good(&self, feed: &FeedId, since: DateTime<Utc>) -> Result<Vec<Good>> {
        let query = doc! {
            "feed": feed.as_str(),
            "status": Status::Accepted.word(),
            "origin.kind": "file",
            "direction": to_bson(&Direction::Ingest)?,
        };
        let fields = doc! {
            "counts": 1, "file.sha256": 1, "received_at": 1, "gate.facts": 1, "hold": 1,
        };
        let mut found = self
            .collection::<GoodDoc>("deliveries")
            .find(query)
            .projection(fields)
            .sort(doc! {"received_at": -1})
            .limit(LOOK_BACK)
            .await?;
        let mut good = Vec::<Good>::new();
        while let Some(file) = found.try_next().await? {
            if !good.is_empty() && file.received_at < since {
                break;
            }
            good.push(Good::from(file));
        }
        Ok(good)
    }

    /// Notes that a delivery passed the gates, before anything of it takes effect: whoever goes
    /// on with it after a kill does not ask them again.
    pub async fn pass_gate(&self, id: &DeliveryId, gate: &Gate, codes: &[CodeCount]) -> Result<()> {
        let processing = doc! {"_id": id.as_str(), "status": Status::Processing.word()};
        self.collection::<DeliveryDoc>("deliveries")
            .update_one(
                processing,
                doc! {"$set": {"gate": to_bson(gate)?, "codes": to_bson(&codes)?}},
            )
            .await?;
        Ok(())
    }

    /// Holds a delivery that a gate stopped; nothing of it has taken effect.
    pub async fn hold_delivery(
        &self,
        delivery: &Delivery,
        file: &FileReport,
        gate: &Gate,
        codes: &[CodeCount],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let hold = Hold::waiting(now);
        let set = doc! {
            "status": hold.stage.status().word(),
            "file": to_bson(file)?,
            "gate": to_bson(gate)?,
            "codes": to_bson(&codes)?,
            "hold": to_bson(&HoldDoc::from(&hold))?,
            "counts": to_bson(&Counts::default())?,
            "decided_at": when::bson(now),
        };
        let processing = doc! {"_id": delivery.id.as_str(), "status": Status::Processing.word()};
        self.collection::<DeliveryDoc>("deliveries")
            .update_one(processing, doc! {"$set": set})
            .await?;
        self.note_last(&delivery.feed, delivery.received_at, Status::Held)
            .await
    }

    /// Refuses a held delivery for good. `Conflict` when it cannot be refused any more.
    pub async fn refuse_held(&self, scope: &Scope, delivery: &Delivery, ruling: &Ruling) -> Result<()> {
        let set = doc! {
            "hold.stage": Stage::Refused.word(),
            "hold.ruling": to_bson(&RulingDoc::from(ruling))?,
            "hold.until": when::bson(ruling.at),
            "status": Stage::Refused.status().word(),
            "file.verdict": "refused",
            "decided_at": when::bson(ruling.at),
        };
        self.move_hold(scope, &delivery.id, Move::Refuse, doc! {"$set": set})
            .await?;
        self.note_last(&delivery.feed, delivery.received_at, Status::Refused)
            .await
    }

    /// Releases a held delivery: it is about to be taken in. `Conflict` when it does not wait
    /// for that any more.
    pub async fn ask_release(&self, id: &DeliveryId, ruling: &Ruling) -> Result<()> {
        self.move_hold(&Scope::All, id, Move::Release, doc! {"$set": releasing(ruling)?})
            .await
    }

    /// Releases a held delivery and queues the job that takes it in: both or neither. `Conflict`
    /// when it does not wait for that any more.
    pub async fn queue_release(
        &self,
        scope: &Scope,
        id: &DeliveryId,
        ruling: &Ruling,
        job: &Job,
    ) -> Result<()> {
        let query = scope::narrow(held(id, Move::Release), scope, None);
        let change = doc! {"$set": releasing(ruling)?};
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        let moved = self
            .collection::<Document>("deliveries")
            .update_one(query, change)
            .session(&mut session)
            .await;
        if transaction::found(moved)? == 0 {
            session.abort_transaction().await.ok();
            return Err(too_late(id));
        }
        self.insert_job_in(&mut session, job).await?;
        session.commit_transaction().await?;
        Ok(())
    }

    /// Begins to take a released delivery in: from here it is one that is being applied, with
    /// `received` records. `Conflict` when it is not waiting for that.
    pub async fn begin_released(
        &self,
        id: &DeliveryId,
        file: &FileReport,
        received: u64,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let counts = Counts {
            received,
            ..Counts::default()
        };
        let set = doc! {
            "hold.stage": Stage::Released.word(),
            "hold.until": when::bson(now),
            "status": Stage::Released.status().word(),
            "file": to_bson(file)?,
            "counts": to_bson(&counts)?,
        };
        // It is decided no more, until it is.
        let change = doc! {"$set": set, "$unset": {"decided_at": 1}};
        self.move_hold(&Scope::All, id, Move::Begin, change).await
    }

    /// Ends the holds of a feed's files that came before `before`: what `by` brought took
    /// effect first.
    pub async fn supersede_holds(
        &self,
        feed: &FeedId,
        before: DateTime<Utc>,
        by: &DeliveryId,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        let query = doc! {
            "feed": feed.as_str(),
            "status": Status::Held.word(),
            "hold.stage": {"$in": words(Move::Supersede)},
            "received_at": {"$lt": when::bson(before)},
        };
        let set = doc! {
            "hold.stage": Stage::Superseded.word(),
            "hold.superseded_by": by.as_str(),
            "hold.until": when::bson(now),
            "status": Stage::Superseded.status().word(),
            "file.verdict": "refused",
            "decided_at": when::bson(now),
        };
        let done = self
            .collection::<Document>("deliveries")
            .update_many(query, doc! {"$set": set})
            .await?;
        Ok(done.modified_count)
    }

    /// Finds a file of the feed that came after `after` and took effect.
    pub async fn find_newer_accepted(
        &self,
        feed: &FeedId,
        after: DateTime<Utc>,
    ) -> Result<Option<DeliveryId>> {
        let query = doc! {
            "feed": feed.as_str(),
            "status": Status::Accepted.word(),
            "origin.kind": "file",
            "received_at": {"$gt": when::bson(after)},
        };
        let found = self
            .collection::<Document>("deliveries")
            .find_one(query)
            .projection(doc! {"_id": 1})
            .sort(doc! {"received_at": -1})
            .await?;
        Ok(found.and_then(|d| d.get_str("_id").ok().map(DeliveryId::new)))
    }

    async fn move_hold(&self, scope: &Scope, id: &DeliveryId, step: Move, change: Document) -> Result<()> {
        let query = scope::narrow(held(id, step), scope, None);
        let moved = self
            .collection::<Document>("deliveries")
            .update_one(query, change)
            .await?;
        if moved.modified_count == 1 {
            Ok(())
        } else {
            Err(too_late(id))
        }
    }
}
