//! Compares issues with what they count: the log's deliveries and the quarantine's records.

use super::super::deliveries::DeliveryDoc;
use super::super::{Error, Result, Store, places, transaction};
use crate::domain::delivery::{Delivery, Direction, Status};
use crate::domain::ids::FeedId;
use crate::domain::issue::IssueId;
use crate::domain::issue::fold::sums;
use crate::domain::quarantine::State;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use std::collections::BTreeMap;

/// A figure of an issue that is not what there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueFault {
    /// The issue, such as `acme/main GTIN_CHECK`.
    pub issue: String,
    /// Which figure, such as `waiting`.
    pub figure: &'static str,
    /// What was counted.
    pub counted: i64,
    /// What the issue says.
    pub says: i64,
}

impl std::fmt::Display for IssueFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "issue {}: it says {} {}, and {} were counted",
            self.issue, self.says, self.figure, self.counted
        )
    }
}

/// What there is of one issue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Figures {
    name: String,
    records: i64,
    occurrences: i64,
    deliveries: i64,
    waiting: i64,
}

impl Store {
    /// Compares every issue of a feed with the log and the quarantine, in one transaction, so
    /// that both are of one instant. Reads the whole log of the feed: for proofs, not for pages.
    pub async fn verify_issues(&self, feed: &FeedId) -> Result<Vec<IssueFault>> {
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let compared = self.compare_issues_in(&mut session, feed).await;
            if let Some(faults) = transaction::end(&mut session, compared).await? {
                return Ok(faults);
            }
        }
        Err(Error::Conflict {
            what: format!("the issues of {feed}"),
        })
    }

    async fn compare_issues_in(&self, session: &mut ClientSession, feed: &FeedId) -> Result<Vec<IssueFault>> {
        let counted = self.count_issues_in(session, feed).await?;
        let mut found = self
            .collection::<Document>("issues")
            .find(doc! {"feed": feed.as_str()})
            .session(&mut *session)
            .await?;
        let mut said = BTreeMap::<String, Figures>::new();
        while let Some(issue) = found.next(session).await.transpose()? {
            let get = |field| issue.get_i64(field).unwrap_or(0);
            let figures = Figures {
                name: format!("{feed} {}", issue.get_str("code").unwrap_or_default()),
                records: get("records"),
                occurrences: get("occurrences"),
                deliveries: get("deliveries"),
                waiting: get("open"),
            };
            said.insert(issue.get_str("_id").unwrap_or_default().to_owned(), figures);
        }
        let mut faults = Vec::new();
        let none = Figures::default();
        let ids: std::collections::BTreeSet<&String> = counted.keys().chain(said.keys()).collect();
        for id in ids {
            let (counted, says) = (counted.get(id).unwrap_or(&none), said.get(id).unwrap_or(&none));
            let name = if says.name.is_empty() {
                &counted.name
            } else {
                &says.name
            };
            for (figure, counted, says) in [
                ("records", counted.records, says.records),
                ("occurrences", counted.occurrences, says.occurrences),
                ("deliveries", counted.deliveries, says.deliveries),
                ("waiting", counted.waiting, says.waiting),
            ] {
                if counted != says {
                    faults.push(IssueFault {
                        issue: name.clone(),
                        figure,
                        counted,
                        says,
                    });
                }
            }
        }
        for (class, counted, says) in self.compare_held_in(session, feed).await? {
            faults.push(IssueFault {
                issue: format!("{feed}, all rules"),
                figure: class,
                counted,
                says,
            });
        }
        Ok(faults)
    }

    async fn count_issues_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
    ) -> Result<BTreeMap<String, Figures>> {
        let mut counted = BTreeMap::<String, Figures>::new();
        let query = doc! {
            "feed": feed.as_str(),
            "status": Status::Accepted.word(),
            "direction": Direction::Ingest.word(),
            "origin.kind": "file",
        };
        let mut found = self
            .collection::<DeliveryDoc>("deliveries")
            .find(query)
            .projection(doc! {"samples": 0})
            .session(&mut *session)
            .await?;
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        while let Some(entry) = found.next(session).await.transpose()? {
            let delivery = Delivery::from(entry);
            for ((code, attribute), sum) in sums(&delivery.codes) {
                let id = IssueId::of(feed, code, attribute);
                let figures = counted.entry(id.to_string()).or_default();
                figures.name = format!("{feed} {code}");
                figures.records += signed(sum.records);
                figures.occurrences += signed(sum.occurrences);
                figures.deliveries += 1;
            }
        }
        // A delivery that is being applied is not folded yet, and its records neither.
        for (id, (code, records)) in self.count_waiting_in(session, feed).await? {
            let figures = counted.entry(id.to_string()).or_default();
            figures.name = format!("{feed} {code}");
            figures.waiting += records;
        }
        Ok(counted)
    }

    /// Counts the records of a feed that wait, by issue, as they were before what jobs did to them
    /// and have not added up yet.
    pub(super) async fn count_waiting_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
    ) -> Result<BTreeMap<IssueId, (String, i64)>> {
        let stages = [
            doc! {"$match": {"places": places::in_feed(feed, &State::OPEN)}},
            doc! {"$unwind": "$codes"},
            doc! {"$group": {"_id": "$codes", "records": {"$sum": 1_i64}}},
        ];
        let mut found = self
            .collection::<Document>("quarantine")
            .aggregate(stages)
            .hint(places::hint())
            .session(&mut *session)
            .await?;
        let mut waiting = BTreeMap::new();
        while let Some(group) = found.next(session).await.transpose()? {
            let code = group.get_str("_id").unwrap_or_default().to_owned();
            let records = group.get_i64("records").unwrap_or(0);
            waiting.insert(IssueId::held(feed, &code), (code, records));
        }
        let pending = self.pending_moves_in(session, feed).await?;
        for code in pending.codes_of(feed) {
            let of = waiting
                .entry(IssueId::held(feed, code))
                .or_insert_with(|| (code.to_owned(), 0));
            of.1 -= pending.of_code(feed, code);
        }
        Ok(waiting)
    }

    /// Counts anew what waits, of every issue of a feed.
    pub async fn recount_issues(&self, feed: &FeedId, now: DateTime<Utc>) -> Result<()> {
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let done = self.recount_in(&mut session, feed, now).await;
            if transaction::end(&mut session, done).await?.is_some() {
                return Ok(());
            }
        }
        Err(Error::Conflict {
            what: format!("the issues of {feed}"),
        })
    }

    /// The feeds that have an issue.
    pub async fn list_feeds_with_issues(&self) -> Result<Vec<FeedId>> {
        let stages = [doc! {"$group": {"_id": "$feed"}}, doc! {"$sort": {"_id": 1}}];
        let found: Vec<Document> = self
            .collection::<Document>("issues")
            .aggregate(stages)
            .await?
            .try_collect()
            .await?;
        Ok(found
            .iter()
            .filter_map(|d| d.get_str("_id").ok())
            .map(FeedId::new)
            .collect())
    }
}
