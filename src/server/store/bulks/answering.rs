//! Answers partners who asked for the held records of an issue to be checked again, when a replay
//! has checked them: a line in the conversation, and the request is off the board, both or neither.
//!
//! A replay that ends twice, because its worker was killed at the end, answers once: the request is
//! gone by then.

use super::{Bulk, SetDoc, part_id};
use crate::domain::account::Scope;
use crate::domain::ids::{FeedId, RecordId};
use crate::domain::issue::{Issue, SAID, recheck};
use crate::domain::quarantine::State;
use crate::server::store::{Deed, Error, IssueChange, Result, Store};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};

/// How often an answer is tried that others change the issue under.
const TRIES: u32 = 5;

impl Store {
    /// Answers what was asked of the issues of a feed whose records a job has checked: those that
    /// have no record left that waits, and those that have one which the job found to fail.
    pub(super) async fn answer_rechecks_of(&self, bulk: &Bulk, now: DateTime<Utc>) -> Result<()> {
        for issue in self.list_tagged(&bulk.feed, recheck::ASKED).await? {
            let mut checked = issue.open == 0;
            let parts = doc! {"_id": {"$gte": part_id(&bulk.id, 0), "$lte": part_id(&bulk.id, 9_999_999)}};
            let mut sets = self.collection::<SetDoc>("bulk_sets").find(parts).await?;
            while !checked && let Some(set) = sets.try_next().await? {
                checked = self.any_fails(&issue, &set.ids).await?;
            }
            if checked {
                self.answer_recheck(&issue, now).await?;
            }
        }
        Ok(())
    }

    /// The same where a single record was checked: it is an answer only when no other waits.
    pub async fn answer_rechecks_by(
        &self,
        feed: &FeedId,
        record: &RecordId,
        now: DateTime<Utc>,
    ) -> Result<()> {
        for issue in self.list_tagged(feed, recheck::ASKED).await? {
            let alone = issue.open == 1 && self.any_fails(&issue, &[record.to_string()]).await?;
            if issue.open == 0 || alone {
                self.answer_recheck(&issue, now).await?;
            }
        }
        Ok(())
    }

    /// Whether one of these records fails for the issue as it stands now.
    async fn any_fails(&self, issue: &Issue, ids: &[String]) -> Result<bool> {
        let query = doc! {"_id": {"$in": ids}, "codes": &issue.code, "state": State::RejectedAgain.word()};
        Ok(self
            .collection::<Document>("quarantine")
            .find_one(query)
            .await?
            .is_some())
    }

    async fn answer_recheck(&self, asked: &Issue, now: DateTime<Utc>) -> Result<()> {
        for _ in 0..TRIES {
            let found = self.find_issue(&Scope::All, &asked.id).await?;
            let Some((issue, _)) = found else { return Ok(()) };
            let mut after = issue.triage.clone();
            after.tags.retain(|tag| tag != recheck::ASKED);
            if after.tags.len() == issue.triage.tags.len() {
                return Ok(());
            }
            after.recheck = 0;
            after.version += 1;
            let change = IssueChange {
                seen: issue.triage.version,
                step: None,
                after,
                deeds: vec![Deed {
                    at: now,
                    actor_id: None,
                    actor_name: "feedgate".to_owned(),
                    action: SAID.to_owned(),
                    object: format!("issue:{}", issue.id),
                    partner: Some(issue.partner),
                    what: recheck::answer(issue.triage.recheck, issue.open),
                }],
            };
            match self.rule_on_issue(&Scope::All, &issue.id, &change).await {
                Err(Error::Conflict { .. }) => {}
                done => return done,
            }
        }
        tracing::warn!(issue.id = %asked.id, "what came of a recheck could not be written down");
        Ok(())
    }
}
