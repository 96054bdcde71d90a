//! Changes what people make of an issue, and writes down who did, both or neither.
//!
//! The query names the version that the person saw and the states that the move is legal from,
//! so of two people, or a person and a delivery, one wins and the other is told.

use super::super::{Deed, Error, Result, Store, scope, to_bson, transaction, when};
use super::document::{IssueDoc, TriageDoc};
use crate::domain::account::Scope;
use crate::domain::ids::FeedId;
use crate::domain::issue::triage::{Move, State, Triage};
use crate::domain::issue::{Issue, IssueId};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};

/// What somebody makes of an issue.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// The version of it that they saw.
    pub seen: u32,
    /// The move they make, if any.
    pub step: Option<Move>,
    /// All of it afterwards.
    pub after: Triage,
    /// What they did, for the timeline; several things in one go.
    pub deeds: Vec<Deed>,
}

impl Store {
    /// Changes what people make of an issue. `Conflict` when it has changed since they looked, or
    /// the move is not legal from the state it is in.
    pub async fn rule_on_issue(&self, scope: &Scope, id: &IssueId, ruling: &Ruling) -> Result<()> {
        let mut query = doc! {"_id": id.as_str(), "triage.version": i64::from(ruling.seen)};
        if let Some(step) = ruling.step {
            let legal: Vec<&str> = State::before(step).map(State::word).collect();
            query.insert("triage.state", doc! {"$in": legal});
        }
        let query = scope::narrow(query, scope, None);
        let change = doc! {"$set": {"triage": to_bson(&TriageDoc::from(&ruling.after))?}};
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let done = self
                .rule_in(&mut session, query.clone(), change.clone(), &ruling.deeds)
                .await;
            match transaction::end(&mut session, done).await? {
                Some(true) => return Ok(()),
                Some(false) => break,
                None => {}
            }
        }
        Err(Error::Conflict {
            what: format!("issue {id}"),
        })
    }

    async fn rule_in(
        &self,
        session: &mut ClientSession,
        query: Document,
        change: Document,
        deeds: &[Deed],
    ) -> Result<bool> {
        let done = self
            .issues()
            .update_one(query, change)
            .session(&mut *session)
            .await?;
        if done.matched_count == 0 {
            return Ok(false);
        }
        for deed in deeds {
            self.insert_deed_in(session, deed).await?;
        }
        Ok(true)
    }

    /// Lists the issues of a feed that have a tag.
    pub(in super::super) async fn list_tagged(&self, feed: &FeedId, tag: &str) -> Result<Vec<Issue>> {
        let tagged = doc! {"feed": feed.as_str(), "triage.tags": tag};
        let found: Vec<IssueDoc> = self.issues().find(tagged).await?.try_collect().await?;
        Ok(found.into_iter().map(|document| document.into_kept().0).collect())
    }

    /// Opens the ignored issues again whose day has come, and says how many. Several may do so at
    /// once: of one issue one wins.
    pub async fn wake_issues(&self, now: DateTime<Utc>) -> Result<u64> {
        let due = doc! {"triage.state": State::Ignored.word(), "triage.until": {"$lte": when::bson(now)}};
        let found: Vec<IssueDoc> = self.issues().find(due).await?.try_collect().await?;
        let mut woken = 0;
        for document in found {
            let (issue, _) = document.into_kept();
            let records = issue.last.as_ref().map_or(0, |last| last.records);
            let Some(why) = issue.triage.wakes(records, now) else {
                continue;
            };
            let mut after = issue.triage.clone();
            after.step(Move::Wake);
            let ruling = Ruling {
                seen: issue.triage.version,
                step: Some(Move::Wake),
                after,
                deeds: vec![Deed {
                    at: now,
                    actor_id: None,
                    actor_name: "worker".to_owned(),
                    action: "issue.woke".to_owned(),
                    object: format!("issue:{}", issue.id),
                    partner: Some(issue.partner),
                    what: format!("opened it again: {why}"),
                }],
            };
            match self.rule_on_issue(&Scope::All, &issue.id, &ruling).await {
                Ok(()) => woken += 1,
                // Somebody was faster.
                Err(Error::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(woken)
    }
}
