//! Folds deliveries into the issues of their feed, each once.
//!
//! A delivery of ours is folded in the transaction that decides it: before, nothing of it counts;
//! after, all of it does, and no second try finds it undecided. What other systems logged is
//! marked as folded in the transaction that folds it.

use super::super::deliveries::DeliveryDoc;
use super::super::{Deed, Error, Result, Store, to_bson, transaction, when};
use super::document::{self, IssueDoc};
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::feed::Mode;
use crate::domain::ids::{DeliveryId, FeedId};
use crate::domain::issue::fold::{Board, Found, Kept, sums};
use crate::domain::issue::{Issue, IssueId};
use crate::domain::report::{CodeCount, Counts, Sample};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, doc};
use std::collections::BTreeMap;

/// What is known of a delivery at its end.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// The delivery as it was begun.
    pub delivery: &'a Delivery,
    /// Its counts, final.
    pub counts: Counts,
    /// What failed in it.
    pub codes: &'a [CodeCount],
    /// Examples of that.
    pub samples: &'a [Sample],
    /// Whether an earlier try of it, or of a file before it, was cut off: then what waits is
    /// counted anew, for nobody knows what that try wrote.
    pub was_cut_off: bool,
}

/// Deliveries folded in one transaction.
const TOGETHER: i64 = 500;

/// Whether a log entry is one that issues are made of.
fn counts(delivery: &Delivery) -> bool {
    delivery.status == Status::Accepted
        && delivery.direction == Direction::Ingest
        && delivery.origin == Origin::File
}

impl Store {
    /// Marks a delivery decided and folds it into the issues of its feed, both or neither. The
    /// counts are final from here. Once decided it stays so: false when it was already.
    pub async fn decide_delivery(&self, ending: &Ending<'_>, decided_at: DateTime<Utc>) -> Result<bool> {
        let mut session = self.client.start_session().await?;
        let mut decided = None;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let done = self.end_in(&mut session, ending, decided_at).await;
            decided = transaction::end(&mut session, done).await?;
            if decided.is_some() {
                break;
            }
        }
        let id = &ending.delivery.id;
        let Some(decided) = decided else {
            return Err(Error::Conflict {
                what: format!("delivery {id}"),
            });
        };
        let found = self
            .find_delivery(&crate::domain::account::Scope::All, id)
            .await?;
        if let Some((delivery, _)) = found {
            self.note_last(&delivery.feed, delivery.received_at, delivery.status)
                .await?;
        }
        Ok(decided)
    }

    async fn end_in(
        &self,
        session: &mut ClientSession,
        ending: &Ending<'_>,
        decided_at: DateTime<Utc>,
    ) -> Result<bool> {
        let delivery = ending.delivery;
        let undecided = doc! {"_id": delivery.id.as_str(), "status": Status::Processing.word()};
        let decided = doc! {
            "status": Status::Accepted.word(),
            "counts": to_bson(&ending.counts)?,
            "decided_at": when::bson(decided_at),
            "folded": true,
        };
        let done = self
            .collection::<DeliveryDoc>("deliveries")
            .update_one(undecided, doc! {"$set": decided})
            .session(&mut *session)
            .await?;
        if done.modified_count == 0 {
            return Ok(false);
        }
        let of = OfDelivery {
            id: &delivery.id,
            at: delivery.received_at,
            received: ending.counts.received,
            held: ending.counts.quarantined,
            codes: ending.codes,
            samples: ending.samples,
        };
        let held = if ending.was_cut_off {
            Held::Recount
        } else {
            Held::Add
        };
        self.fold_in(session, &delivery.feed, &[of], held, decided_at)
            .await?;
        Ok(true)
    }

    /// Writes new log entries of one feed, in the order of time, and folds them in: all or none.
    pub(in super::super) async fn insert_folded(&self, feed: &FeedId, entries: &[&Delivery]) -> Result<()> {
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let done = self.insert_folded_in(&mut session, feed, entries).await;
            if transaction::end(&mut session, done).await?.is_some() {
                return Ok(());
            }
        }
        Err(Error::Conflict {
            what: format!("the issues of {feed}"),
        })
    }

    async fn insert_folded_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
        entries: &[&Delivery],
    ) -> Result<()> {
        let docs = entries.iter().map(|entry| {
            let mut doc = DeliveryDoc::from(*entry);
            doc.folded = counts(entry);
            doc
        });
        self.collection::<DeliveryDoc>("deliveries")
            .insert_many(docs)
            .session(&mut *session)
            .await?;
        let of: Vec<OfDelivery<'_>> = entries
            .iter()
            .filter(|entry| counts(entry))
            .map(|entry| OfDelivery::logged(entry))
            .collect();
        // There is no other present than that of the log.
        match of.last().map(|last| last.at) {
            Some(now) => self.fold_in(session, feed, &of, Held::Elsewhere, now).await,
            None => Ok(()),
        }
    }

    /// Folds log entries of other systems in, those that are not yet. What they held is with them,
    /// so nothing of it waits here.
    pub(in super::super) async fn fold_logged<'a>(
        &self,
        entries: impl Iterator<Item = &'a Delivery>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut by_feed = BTreeMap::<&FeedId, Vec<&Delivery>>::new();
        for entry in entries.filter(|entry| counts(entry)) {
            by_feed.entry(&entry.feed).or_default().push(entry);
        }
        for (feed, mut entries) in by_feed {
            entries.sort_by_key(|entry| entry.received_at);
            self.fold_logged_of(feed, &entries, now).await?;
        }
        Ok(())
    }

    /// Folds in what was logged before there were issues, or by somebody who was cut off before it
    /// was folded, and says how many deliveries that were. What they held is counted apart.
    pub async fn fold_forgotten(&self, feed: &FeedId, now: DateTime<Utc>) -> Result<u64> {
        let mut folded = 0;
        loop {
            let forgotten = doc! {
                "feed": feed.as_str(),
                "status": Status::Accepted.word(),
                "direction": Direction::Ingest.word(),
                "origin.kind": "file",
                "folded": {"$ne": true},
                "received_at": {"$lte": when::bson(now)},
            };
            let found: Vec<DeliveryDoc> = self
                .collection::<DeliveryDoc>("deliveries")
                .find(forgotten)
                .projection(doc! {"samples": 0})
                .sort(doc! {"received_at": 1})
                .limit(TOGETHER)
                .await?
                .try_collect()
                .await?;
            if found.is_empty() {
                return Ok(folded);
            }
            let found: Vec<Delivery> = found.into_iter().map(Delivery::from).collect();
            folded += found.len() as u64;
            self.fold_logged(found.iter(), now).await?;
        }
    }

    async fn fold_logged_of(&self, feed: &FeedId, entries: &[&Delivery], now: DateTime<Utc>) -> Result<()> {
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let folded = self.fold_unfolded_in(&mut session, feed, entries, now).await;
            if transaction::end(&mut session, folded).await?.is_some() {
                return Ok(());
            }
        }
        Err(Error::Conflict {
            what: format!("the issues of {feed}"),
        })
    }

    async fn fold_unfolded_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
        entries: &[&Delivery],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        let unfolded = doc! {"_id": {"$in": ids}, "folded": {"$ne": true}};
        let deliveries = self.collection::<Document>("deliveries");
        let mut found = deliveries
            .find(unfolded.clone())
            .projection(doc! {"_id": 1})
            .session(&mut *session)
            .await?;
        let mut missing = std::collections::HashSet::new();
        while let Some(document) = found.next(session).await.transpose()? {
            missing.extend(document.get_str("_id").map(str::to_owned).ok());
        }
        if missing.is_empty() {
            return Ok(());
        }
        let of: Vec<OfDelivery<'_>> = entries
            .iter()
            .filter(|entry| missing.contains(entry.id.as_str()))
            .map(|entry| OfDelivery::logged(entry))
            .collect();
        self.fold_in(session, feed, &of, Held::Elsewhere, now).await?;
        deliveries
            .update_many(unfolded, doc! {"$set": {"folded": true}})
            .session(session)
            .await?;
        Ok(())
    }

    /// Folds deliveries of one feed, in the order of time.
    async fn fold_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
        deliveries: &[OfDelivery<'_>],
        held: Held,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let is_whole = self.is_of_whole_catalogues(session, feed).await?;
        let mut board = self.read_board(session, feed).await?;
        let mut moves = BTreeMap::<IssueId, i64>::new();
        let (mut told, mut held_now) = (Vec::new(), 0);
        for delivery in deliveries {
            let found = Found {
                delivery: delivery.id,
                feed,
                at: delivery.at,
                received: delivery.received,
                is_whole,
                codes: delivery.codes,
                samples: delivery.samples,
            };
            told.extend(board.fold(&found, now));
            if held == Held::Add {
                held_now += i64::try_from(delivery.held).unwrap_or(i64::MAX);
                for ((code, attribute), sum) in sums(delivery.codes) {
                    *moves.entry(IssueId::of(feed, code, attribute)).or_default() +=
                        i64::try_from(sum.held).unwrap_or(i64::MAX);
                }
            }
        }
        let statements = board
            .issues
            .values()
            .filter(|kept| kept.is_changed)
            .map(|kept| document::written(kept, moves.get(&kept.issue.id).copied().unwrap_or(0)))
            .collect::<Result<Vec<_>>>()?;
        self.update_many_in(session, "issues", statements).await?;
        match held {
            Held::Elsewhere => {}
            Held::Add if self.is_counted_in(session, feed).await? => {
                self.add_held_in(session, feed, held_now).await?;
            }
            Held::Add | Held::Recount => self.recount_in(session, feed, now).await?,
        }
        let turn = doc! {
            "$inc": {"turn": 1_i64},
            "$set": {"newest": board.newest.map_or(Bson::Null, |at| when::bson(at).into())},
        };
        self.collection::<Document>("issue_turns")
            .update_one(doc! {"_id": feed.as_str()}, turn)
            .upsert(true)
            .session(&mut *session)
            .await?;
        for told in told {
            let deed = Deed {
                at: now,
                actor_id: None,
                actor_name: "intake".to_owned(),
                action: told.action.to_owned(),
                object: format!("issue:{}", told.issue),
                partner: Some(feed.partner()),
                what: told.what,
            };
            self.insert_deed_in(session, &deed).await?;
        }
        Ok(())
    }

    async fn is_of_whole_catalogues(&self, session: &mut ClientSession, feed: &FeedId) -> Result<bool> {
        let found = self
            .collection::<Document>("feeds")
            .find_one(doc! {"_id": feed.as_str()})
            .projection(doc! {"mode": 1})
            .session(session)
            .await?;
        let of_changes = to_bson(&Mode::Delta)?;
        Ok(found.is_none_or(|feed| feed.get("mode") != Some(&of_changes)))
    }

    pub(super) async fn read_board(&self, session: &mut ClientSession, feed: &FeedId) -> Result<Board> {
        let mut board = Board::default();
        let turn = self
            .collection::<Document>("issue_turns")
            .find_one(doc! {"_id": feed.as_str()})
            .session(&mut *session)
            .await?;
        board.newest = turn
            .and_then(|turn| turn.get_datetime("newest").ok().copied())
            .and_then(|at| DateTime::from_timestamp_millis(at.timestamp_millis()));
        let mut found = self
            .issues()
            .find(doc! {"feed": feed.as_str()})
            .session(&mut *session)
            .await?;
        while let Some(found) = found.next(session).await.transpose()? {
            let (issue, examples) = IssueDoc::into_kept(found);
            let kept = Kept {
                examples,
                is_changed: false,
                issue,
            };
            board.issues.insert(kept.issue.id.clone(), kept);
        }
        Ok(board)
    }

    /// Counts anew what waits, of every issue of a feed. Each is written, so that a move of a
    /// record at the same instant is a conflict and one of the two is tried again.
    pub(super) async fn recount_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut waiting = self.count_waiting_in(session, feed).await?;
        let board = self.read_board(session, feed).await?;
        let mut statements: Vec<Document> = board
            .issues
            .keys()
            .map(|id| {
                let open = waiting.remove(id).map_or(0, |(_, records)| records);
                doc! {
                    "q": {"_id": id.as_str()},
                    "u": {"$set": {"open": open}, "$inc": {"recounts": 1_i64}},
                }
            })
            .collect();
        for (code, records) in waiting.into_values() {
            let issue = Issue::begin(feed, &code, crate::domain::issue::attribute_of(&code), now);
            statements.push(document::moved(&issue, records)?);
        }
        self.update_many_in(session, "issues", statements).await?;
        self.recount_held_in(session, feed).await
    }
}

/// A delivery as far as issues are made of it.
struct OfDelivery<'a> {
    id: &'a DeliveryId,
    at: DateTime<Utc>,
    received: u64,
    held: u64,
    codes: &'a [CodeCount],
    samples: &'a [Sample],
}

impl<'a> OfDelivery<'a> {
    /// A delivery as another system logged it.
    fn logged(entry: &'a Delivery) -> Self {
        Self {
            id: &entry.id,
            at: entry.received_at,
            received: entry.counts.received,
            held: 0,
            codes: &entry.codes,
            samples: &[],
        }
    }
}

/// What is to be done about the records that a delivery held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// They wait from now on.
    Add,
    /// They are to be counted, with all others.
    Recount,
    /// Another system has them.
    Elsewhere,
}
