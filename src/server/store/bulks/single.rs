//! Decides a single record that somebody queued for replay: the item, the record's state, the
//! replay's log entry, the history and the issues change in one transaction or not at all, so a
//! worker may die at any instant and the next one repeats nothing.
//!
//! What becomes of the record is worked out as it is of one of a set ([`super::writes`]); only it
//! has no part that remembers it, and is recognised by being queued for this job.

use super::writes::{Decision, Order, Writes};
use crate::domain::bulk::{Outcome, Tally};
use crate::domain::ids::RecordId;
use crate::domain::quarantine::{HeldRecord, State};
use crate::server::store::{Deed, Error, Job, Result, Store, transaction};
use chrono::{DateTime, Utc};
use mongodb::ClientSession;
use std::collections::HashMap;
use std::slice;

impl Store {
    /// Decides a record by `judge`; [`Outcome::Gone`] when it is not queued for this job.
    pub async fn decide_queued(
        &self,
        job: &Job,
        id: &RecordId,
        judge: &(impl Fn(&HeldRecord) -> Decision + Sync),
        now: DateTime<Utc>,
    ) -> Result<Outcome> {
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let decided = self.decide_queued_in(&mut session, job, id, judge, now).await;
            if let Some(outcome) = transaction::end(&mut session, decided).await? {
                return Ok(outcome);
            }
        }
        Err(Error::Conflict {
            what: format!("record {id}"),
        })
    }

    async fn decide_queued_in(
        &self,
        session: &mut ClientSession,
        job: &Job,
        id: &RecordId,
        judge: &(impl Fn(&HeldRecord) -> Decision + Sync),
        now: DateTime<Utc>,
    ) -> Result<Outcome> {
        let (mut records, failure) = self.read_slice(session, slice::from_ref(id)).await?;
        if let Some(failure) = failure {
            return Err(Error::Corrupt(failure));
        }
        let record = records.remove(id.as_str()).flatten();
        let is_queued = |r: &HeldRecord| r.state == State::Queued && r.job.as_ref() == Some(&job.id);
        let Some(record) = record.filter(is_queued) else {
            return Ok(Outcome::Gone);
        };
        let order = Order::from(job);
        let decision = judge(&record);
        let mut there: HashMap<_, _> = self
            .read_there(session, order.feed, [&decision].into_iter())
            .await?;
        let mut writes = Writes::default();
        let outcome = writes.replay(&order, &record, Some(decision), &mut there)?;
        if !writes.items.is_empty() {
            self.touch_items_in(session, order.feed).await?;
        }
        self.write(session, &order, &writes, now).await?;
        self.insert_deed_in(session, &replayed(&order, &record, outcome, now))
            .await?;
        self.move_issues_in(session, &writes.issues).await?;
        self.log_replayed_in(session, &order, &Tally::of([outcome]), now)
            .await?;
        Ok(outcome)
    }
}

/// The job's end in the activity log, where that of a set has its own
/// ([`super::parts`]): what became of its one record.
fn replayed(order: &Order<'_>, record: &HeldRecord, outcome: Outcome, now: DateTime<Utc>) -> Deed {
    Deed {
        at: now,
        actor_id: None,
        actor_name: format!("worker, for {}", order.asked_by),
        action: Deed::REPLAYED.to_owned(),
        object: format!("record:{}", record.id),
        partner: Some(record.partner.clone()),
        what: format!("{} in a replay", outcome.label()),
    }
}
