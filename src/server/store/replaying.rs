//! Decides one replayed record in one transaction: the item, the record's state, the replay's
//! delivery and the history change together or not at all, so a worker may die at any instant
//! and the next one repeats nothing.

use super::deliveries::DeliveryDoc;
use super::items::{Passed, item_document, item_key};
use super::quarantine::error_codes;
use super::transaction::is_transient;
use super::{Deed, Error, Job, Result, Store, to_bson, when};
use crate::domain::delivery::Delivery;
use crate::domain::ids::DeliveryId;
use crate::domain::quarantine::{HeldRecord, Move, State};
use crate::domain::violation::Violation;
use chrono::{DateTime, Utc};
use mongodb::ClientSession;
use mongodb::bson::{Document, RawDocumentBuf, doc};

/// What the contract of today says of a record.
#[derive(Debug, Clone)]
pub enum Decision {
    /// It passes; this is the item.
    Passes(Passed),
    /// It fails for these.
    Fails(Vec<Violation>),
}

/// What became of a replayed record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// Its item was written.
    Accepted,
    /// It passes and says what the catalogue says already.
    Unchanged,
    /// It failed again.
    RejectedAgain,
    /// A newer version had been accepted; the older one did not overwrite it.
    Superseded,
    /// It was not queued for this job any more, so nothing was done.
    Gone,
}

impl Store {
    /// Applies the decision on one record of a job. `delivery` is the replay's log entry, which
    /// the first record of the job writes.
    pub async fn decide_replayed(
        &self,
        job: &Job,
        held: &HeldRecord,
        delivery: &Delivery,
        decision: &Decision,
        now: DateTime<Utc>,
    ) -> Result<Replayed> {
        let mut session = self.client.start_session().await?;
        // The driver's own convenience cannot borrow what we need over its retries; this is it.
        for _ in 0..10 {
            session.start_transaction().await?;
            match self
                .decide_in(&mut session, job, held, delivery, decision, now)
                .await
            {
                Ok(replayed) => match session.commit_transaction().await {
                    Ok(()) => return Ok(replayed),
                    Err(error) if is_transient(&error) => {}
                    Err(error) => return Err(error.into()),
                },
                Err(Failure::Driver(error)) if is_transient(&error) => {
                    session.abort_transaction().await.ok();
                }
                Err(Failure::Gone) => {
                    session.abort_transaction().await.ok();
                    return Ok(Replayed::Gone);
                }
                Err(failure) => {
                    session.abort_transaction().await.ok();
                    return Err(failure.into());
                }
            }
        }
        Err(Error::Conflict {
            what: format!("record {}", held.id),
        })
    }

    async fn decide_in(
        &self,
        session: &mut ClientSession,
        job: &Job,
        held: &HeldRecord,
        delivery: &Delivery,
        decision: &Decision,
        now: DateTime<Utc>,
    ) -> std::result::Result<Replayed, Failure> {
        let (replayed, step) = match decision {
            Decision::Fails(_) => (Replayed::RejectedAgain, Move::RejectAgain),
            Decision::Passes(passed) => match self.write_item(session, held, &delivery.id, passed).await? {
                Replayed::Superseded => (Replayed::Superseded, Move::Supersede),
                written => (written, Move::Accept),
            },
        };
        let Some(to) = State::Queued.after(step) else {
            return Ok(Replayed::Gone);
        };
        let mut set = doc! {"state": to.word()};
        let mut codes = None;
        if let Decision::Fails(violations) = decision {
            set.insert("violations", to_bson(violations)?);
            set.insert("codes", error_codes(violations));
            codes = Some(error_codes(violations));
        }
        let queued = doc! {"_id": held.id.as_str(), "state": State::Queued.word(), "job": job.id.as_str()};
        let change = doc! {"$set": set, "$inc": {"attempts": 1}};
        if !self.change_in(session, queued, change, (to, codes)).await? {
            // Decided by an earlier try of this job. Whatever was written above goes with the
            // transaction.
            return Err(Failure::Gone);
        }
        self.log(session, delivery, replayed, now).await?;
        let what = match replayed {
            Replayed::Accepted => "accepted in a replay; its item is in the catalogue".to_owned(),
            Replayed::Unchanged => "accepted in a replay; the catalogue said the same already".to_owned(),
            Replayed::RejectedAgain => "rejected again in a replay".to_owned(),
            Replayed::Superseded => "superseded: a newer version of the item had been accepted".to_owned(),
            Replayed::Gone => return Ok(replayed),
        };
        let deed = Deed {
            at: now,
            actor_id: None,
            actor_name: format!("worker, for {}", job.asked_by),
            action: "record.replayed".to_owned(),
            object: format!("record:{}", held.id),
            partner: Some(held.partner.clone()),
            what,
        };
        self.insert_deed_in(session, &deed).await?;
        Ok(replayed)
    }

    /// Writes the item unless a newer version of it is there.
    async fn write_item(
        &self,
        session: &mut ClientSession,
        held: &HeldRecord,
        delivery: &DeliveryId,
        passed: &Passed,
    ) -> mongodb::error::Result<Replayed> {
        let items = self.collection::<RawDocumentBuf>("items");
        let id = item_key(&held.feed, &passed.key);
        let stored = items
            .find_one(doc! {"_id": &id})
            .projection(doc! {"received_at": 1, "hash": 1, "withdrawn.by": 1})
            .session(&mut *session)
            .await?;
        if let Some(stored) = stored {
            let newer = stored
                .get_datetime("received_at")
                .is_ok_and(|at| at > when::bson(held.received_at));
            if newer {
                return Ok(Replayed::Superseded);
            }
            // A withdrawn product comes back with what is replayed.
            if stored.get_document("withdrawn").is_err()
                && stored
                    .get_binary("hash")
                    .is_ok_and(|hash| hash.bytes == passed.hash)
            {
                return Ok(Replayed::Unchanged);
            }
        }
        self.touch_items_in(&mut *session, &held.feed).await?;
        let item = item_document(&held.feed, delivery, held.received_at, passed);
        items
            .replace_one(doc! {"_id": &id}, item)
            .upsert(true)
            .session(session)
            .await?;
        Ok(Replayed::Accepted)
    }

    /// Counts the outcome in the replay's log entry, and makes that entry if it is the first.
    async fn log(
        &self,
        session: &mut ClientSession,
        delivery: &Delivery,
        replayed: Replayed,
        now: DateTime<Utc>,
    ) -> std::result::Result<(), Failure> {
        let bson = to_bson(&DeliveryDoc::from(delivery))?;
        let mut entry = bson.as_document().cloned().unwrap_or_default();
        entry.remove("counts");
        entry.remove("decided_at");
        let field = match replayed {
            Replayed::Accepted => "counts.accepted",
            Replayed::Unchanged | Replayed::Superseded | Replayed::Gone => "counts.unchanged",
            Replayed::RejectedAgain => "counts.quarantined",
        };
        let mut counts = doc! {"counts.received": 1_i64, "counts.accepted": 0_i64, "counts.unchanged": 0_i64, "counts.quarantined": 0_i64, "counts.warned": 0_i64};
        counts.insert(field, 1_i64);
        let change = doc! {"$setOnInsert": entry, "$inc": counts, "$set": {"decided_at": when::bson(now)}};
        self.collection::<Document>("deliveries")
            .update_one(doc! {"_id": delivery.id.as_str()}, change)
            .upsert(true)
            .session(session)
            .await?;
        Ok(())
    }
}

enum Failure {
    Driver(mongodb::error::Error),
    Store(Error),
    Gone,
}

impl From<mongodb::error::Error> for Failure {
    fn from(error: mongodb::error::Error) -> Self {
        Self::Driver(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            // Such as a conflict with another transaction, which is worth another try.
            Error::Database(cause) | Error::Unavailable(cause) => Self::Driver(cause),
            error => Self::Store(error),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Driver(error) => error.into(),
            Failure::Store(error) => error,
            Failure::Gone => Self::Conflict {
                what: "the replayed record".to_owned(),
            },
        }
    }
}
