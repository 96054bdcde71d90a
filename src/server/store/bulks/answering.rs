//! Answers partners who asked for the held records of an issue to be checked again, when a replay
//! has checked them: a line in the conversation, and the request is off the board, both or neither.
//!
//! A replay that ends twice, because its worker was killed at the end, answers once: the request is
//! gone by then.

use crate::domain::account::Scope;
use crate::domain::ids::{FeedId, JobId};
use crate::domain::issue::{Issue, IssueId, SAID, recheck};
use crate::domain::quarantine::State;
use crate::server::store::{Deed, Error, IssueChange, Result, Store, places};
use chrono::{DateTime, Utc};
use mongodb::bson::{Document, doc};

/// How often an answer is tried that others change the issue under.
const TRIES: u32 = 5;

impl Store {
    /// Answers what was asked of the issues of a feed when a job has checked records of it: of those
    /// that have no record left that waits, and of those that have one which the job found to fail.
    /// Where it was no set but a single record, that is an answer only when no other waits.
    pub async fn answer_rechecks(
        &self,
        feed: &FeedId,
        job: &JobId,
        of_set: bool,
        now: DateTime<Utc>,
    ) -> Result<()> {
        for issue in self.list_tagged(feed, recheck::ASKED).await? {
            let counts = of_set || issue.open == 1;
            if issue.open == 0 || (counts && self.has_failed(&issue, job).await?) {
                self.answer_recheck(&issue.id, now).await?;
            }
        }
        Ok(())
    }

    /// Whether a record of an issue failed in a job and has not moved since.
    async fn has_failed(&self, issue: &Issue, job: &JobId) -> Result<bool> {
        let query = doc! {
            "places": places::of_code(&issue.partner, &issue.code, State::RejectedAgain),
            "feed": issue.feed.as_str(),
            "job": job.as_str(),
        };
        let held = self.collection::<Document>("quarantine");
        let found = held.find_one(query).hint(places::hint()).await?;
        Ok(found.is_some())
    }

    async fn answer_recheck(&self, id: &IssueId, now: DateTime<Utc>) -> Result<()> {
        for _ in 0..TRIES {
            let found = self.find_issue(&Scope::All, id).await?;
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
                    object: format!("issue:{id}"),
                    partner: Some(issue.partner),
                    what: recheck::answer(issue.triage.recheck, issue.open),
                }],
            };
            match self.rule_on_issue(&Scope::All, id, &change).await {
                Err(Error::Conflict { .. }) => {}
                done => return done,
            }
        }
        tracing::warn!(issue.id = %id, "what came of a recheck could not be written down");
        Ok(())
    }
}
