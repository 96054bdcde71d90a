//! Gives a planned replay a fix, which its records go through first.

use super::{Bulk, Stage};
use crate::domain::account::Scope;
use crate::domain::bulk::fix::Mend;
use crate::domain::bulk::{Action, State};
use crate::domain::ids::JobId;
use crate::domain::quarantine::{HeldRecord, Revision};
use crate::server::store::{Error, Result, Store, scope, to_bson};
use chrono::{DateTime, Utc};
use mongodb::bson::{Bson, doc};

impl Bulk {
    /// The revision that the job's fix makes of a record; none when it changes nothing.
    pub fn mended(&self, record: &HeldRecord, now: DateTime<Utc>) -> Option<Revision> {
        let mend = self.mend.as_ref()?;
        Some(Revision {
            number: record.revision() + 1,
            attributes: mend.fix.apply(record.current())?,
            violations: Vec::new(),
            by: mend.by.clone(),
            at: now,
            reason: mend.why.clone(),
        })
    }
}

impl Store {
    /// Gives a planned replay another fix, or none, and has it tried anew. `Conflict` when it is
    /// not planned any more; none when there is no such job in the scope.
    pub async fn mend_bulk(&self, scope: &Scope, id: &JobId, mend: Option<&Mend>) -> Result<Option<()>> {
        let planned = doc! {
            "_id": id.as_str(),
            "state": State::Planned.word(),
            "action": Action::Replay.word(),
        };
        let change = doc! {"$set": {"mend": to_bson(&mend)?}};
        let changed = self
            .bulks()
            .update_one(scope::narrow(planned, scope, None), change)
            .await?;
        if changed.matched_count == 0 {
            return match self.find_bulk(scope, id).await? {
                None => Ok(None),
                Some(_) => Err(Error::Conflict {
                    what: format!("job {id}"),
                }),
            };
        }
        // Behind the job: a part that is lent from now on is tried with the new fix, and what a
        // worker makes of one that it has still is not taken any more.
        let anew = doc! {"$set": {"stage": Stage::New.word(), "worker": Bson::Null, "would": Bson::Null}};
        let tried = [Stage::Rehearsing.word(), Stage::Waiting.word()];
        self.bulk_parts()
            .update_many(doc! {"bulk": id.as_str(), "stage": {"$in": tried.to_vec()}}, anew)
            .await?;
        Ok(Some(()))
    }
}
