//! Queues a received file: it is complete, logged and asked to be taken in all at once, or not
//! at all.

use super::deliveries::DeliveryDoc;
use super::{Deed, Ended, Job, Result, Store, StoredFile, when};
use crate::domain::delivery::{Delivery, Status};
use crate::domain::ids::DeliveryId;
use chrono::{DateTime, Utc};
use mongodb::ClientSession;
use mongodb::bson::doc;

impl Store {
    /// Makes the file complete, writes its log entry as queued, and queues the job that takes it
    /// in.
    pub async fn queue_delivery(
        &self,
        ended: Ended,
        delivery: &Delivery,
        job: &Job,
        deed: &Deed,
    ) -> Result<StoredFile> {
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        let queued = self
            .queue_in(&mut session, ended.file(), delivery, job, deed)
            .await;
        if let Err(error) = queued {
            session.abort_transaction().await.ok();
            return Err(error);
        }
        session.commit_transaction().await?;
        let file = ended.kept();
        self.note_last(&delivery.feed, delivery.received_at, delivery.status)
            .await?;
        Ok(file)
    }

    /// Refuses a delivery that was still queued when a newer file of its feed took effect.
    pub async fn close_queued(&self, id: &DeliveryId, newer: &DeliveryId, now: DateTime<Utc>) -> Result<()> {
        let refused = doc! {
            "status": Status::Refused.word(),
            "file.verdict": "refused",
            "file.code": "FILE_INTERRUPTED",
            "file.message": format!(
                "It was still waiting when a newer file took effect, as delivery {newer}; an older catalogue does not \
                 take the place of a newer one."
            ),
            "decided_at": when::bson(now),
        };
        let queued = doc! {"_id": id.as_str(), "status": Status::Queued.word()};
        self.collection::<DeliveryDoc>("deliveries")
            .update_one(queued, doc! {"$set": refused})
            .await?;
        Ok(())
    }

    async fn queue_in(
        &self,
        session: &mut ClientSession,
        file: &StoredFile,
        delivery: &Delivery,
        job: &Job,
        deed: &Deed,
    ) -> Result<()> {
        self.complete_file(session, file).await?;
        self.collection::<DeliveryDoc>("deliveries")
            .insert_one(DeliveryDoc::from(delivery))
            .session(&mut *session)
            .await?;
        self.insert_job_in(session, job).await?;
        self.insert_deed_in(session, deed).await?;
        Ok(())
    }
}
