//! Compares rollups with the log they were added up from, and adds them up anew.
//!
//! Both go day by day of each feed, in a transaction each, so they see the log and the buckets
//! of one instant and disturb nobody for long.

use super::share::{Changes, Share, bucket_key, fields_of, parts_of};
use crate::domain::delivery::Delivery;
use crate::domain::ids::FeedId;
use crate::domain::rollup::BucketSize;
use crate::server::store::deliveries::DeliveryDoc;
use crate::server::store::{Error, Result, Store, transaction, when};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::options::{ReadConcern, TransactionOptions};
use std::collections::{BTreeMap, BTreeSet};

/// A feed and a day of it, from midnight UTC.
pub type FeedDay = (FeedId, DateTime<Utc>);

/// A figure of a bucket that is not what the log adds up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The bucket, such as `acme/main hour 1764000000`.
    pub bucket: String,
    /// Which figure, such as `n/received`.
    pub figure: String,
    /// What the log adds up to.
    pub log: i64,
    /// What the bucket says.
    pub bucket_says: i64,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "bucket {}: {} is {}, the log adds up to {}",
            self.bucket, self.figure, self.bucket_says, self.log
        )
    }
}

type Buckets = BTreeMap<String, ((BucketSize, DateTime<Utc>), String, super::share::Parts)>;

impl Store {
    /// Every feed's days in which the log or a bucket has anything.
    pub async fn list_feed_days(&self) -> Result<BTreeSet<FeedDay>> {
        let day = |field: &str| doc! {"$dateTrunc": {"date": field, "unit": "day"}};
        let of_log = [doc! {"$group": {"_id": {"feed": "$feed", "day": day("$received_at")}}}];
        let of_buckets = [
            doc! {"$match": {"size": BucketSize::Day.word()}},
            doc! {"$group": {"_id": {"feed": "$feed", "day": "$start"}}},
        ];
        let mut days = BTreeSet::new();
        for (collection, stages) in [("deliveries", of_log.to_vec()), ("rollups", of_buckets.to_vec())] {
            let mut found = self.collection::<Document>(collection).aggregate(stages).await?;
            while let Some(group) = found.try_next().await? {
                let key = group.get_document("_id").map_err(corrupt)?;
                let at = key.get_datetime("day").map_err(corrupt)?;
                days.insert((
                    FeedId::new(key.get_str("feed").map_err(corrupt)?),
                    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or_default(),
                ));
            }
        }
        Ok(days)
    }

    /// Compares every bucket of a feed's day with the log.
    pub async fn verify_rollups(&self, (feed, day): &FeedDay) -> Result<Vec<Difference>> {
        let mut session = self.client.start_session().await?;
        session.start_transaction().with_options(at_one_instant()).await?;
        let shares = self.shares_in(&mut session, feed, *day).await;
        let kept = self.buckets_in(&mut session, feed, *day).await;
        session.abort_transaction().await.ok();
        let (expected, kept) = (expected(&shares?), kept?);
        let mut differences = Vec::new();
        let keys: BTreeSet<&String> = expected.keys().chain(kept.keys()).collect();
        let none = super::share::Parts::new();
        for key in keys {
            let log = expected.get(key).map_or(&none, |(_, _, parts)| parts);
            let says = kept.get(key).unwrap_or(&none);
            let figures: BTreeSet<&String> = log.keys().chain(says.keys()).collect();
            for figure in figures {
                let of = |parts: &super::share::Parts| parts.get(figure).copied().unwrap_or(0);
                if of(log) != of(says) {
                    differences.push(Difference {
                        bucket: key.clone(),
                        figure: figure.clone(),
                        log: of(log),
                        bucket_says: of(says),
                    });
                }
            }
        }
        Ok(differences)
    }

    /// Adds the log of a feed's day up anew and puts its buckets in the place of those that are
    /// there, between two turns of whoever follows the log.
    pub async fn rebuild_rollups(&self, day: &FeedDay) -> Result<()> {
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().with_options(at_one_instant()).await?;
            let rebuilt = self.rebuild_in(&mut session, day).await;
            if transaction::end(&mut session, rebuilt).await?.is_some() {
                return Ok(());
            }
        }
        Err(Error::Conflict {
            what: "the rollups".to_owned(),
        })
    }

    async fn rebuild_in(&self, session: &mut ClientSession, (feed, day): &FeedDay) -> Result<()> {
        let turn = self.take_turn_between(session).await?;
        let shares = self.shares_in(session, feed, *day).await?;
        let kept = self.buckets_in(session, feed, *day).await?;
        let expected = expected(&shares);
        let within = doc! {
            "feed": feed.as_str(),
            "minute": {"$gte": when::bson(*day), "$lt": when::bson(*day + BucketSize::Day.length())},
        };
        let rolled = self.collection::<Document>("rolled");
        rolled.delete_many(within).session(&mut *session).await?;
        let remember = shares
            .iter()
            .map(|(id, share)| doc! {"q": {"_id": id}, "u": share.document(id), "upsert": true})
            .collect();
        self.update_many_in(session, "rolled", remember).await?;
        let mut statements: Vec<Document> = expected
            .iter()
            .filter(|(key, (_, _, parts))| kept.get(*key) != Some(parts))
            .map(|(key, ((size, start), partner, parts))| {
                let mut document = doc! {
                    "feed": feed.as_str(),
                    "partner": partner,
                    "size": size.word(),
                    "start": when::bson(*start),
                    "turn": turn,
                };
                document.extend(fields_of(parts));
                doc! {"q": {"_id": key}, "u": document, "upsert": true}
            })
            .collect();
        // A bucket that the log does not know of stays, empty, so that readers see it change.
        statements.extend(kept.keys().filter(|key| !expected.contains_key(*key)).map(|key| {
            let nothing =
                doc! {"$unset": {"n": "", "lat": "", "xlat": "", "codes": ""}, "$set": {"turn": turn}};
            doc! {"q": {"_id": key}, "u": nothing}
        }));
        self.update_many_in(session, "rollups", statements).await
    }

    async fn shares_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
        day: DateTime<Utc>,
    ) -> Result<BTreeMap<String, Share>> {
        let query = doc! {
            "feed": feed.as_str(),
            "received_at": {"$gte": when::bson(day), "$lt": when::bson(day + BucketSize::Day.length())},
        };
        let mut entries = self
            .collection::<DeliveryDoc>("deliveries")
            .find(query)
            .projection(doc! {"samples": 0})
            .session(&mut *session)
            .await?;
        let mut shares = BTreeMap::new();
        while let Some(entry) = entries.next(session).await.transpose()? {
            let delivery = Delivery::from(entry);
            if let Some(share) = Share::of(&delivery) {
                shares.insert(delivery.id.to_string(), share);
            }
        }
        Ok(shares)
    }

    async fn buckets_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
        day: DateTime<Utc>,
    ) -> Result<BTreeMap<String, super::share::Parts>> {
        let query = doc! {
            "feed": feed.as_str(),
            "start": {"$gte": when::bson(day), "$lt": when::bson(day + BucketSize::Day.length())},
        };
        let mut found = self
            .collection::<Document>("rollups")
            .find(query)
            .session(&mut *session)
            .await?;
        let mut kept = BTreeMap::new();
        while let Some(document) = found.next(session).await.transpose()? {
            let key = document.get_str("_id").map_err(corrupt)?.to_owned();
            kept.insert(key, parts_of(&document));
        }
        Ok(kept)
    }
}

fn expected(shares: &BTreeMap<String, Share>) -> Buckets {
    let mut changes = Changes::default();
    for share in shares.values() {
        changes.add(share, 1);
    }
    changes
        .into_buckets()
        .map(|((feed, size, start), (partner, parts))| {
            (bucket_key(&feed, size, start), ((size, start), partner, parts))
        })
        .collect()
}

/// A transaction that reads everything as of one instant.
fn at_one_instant() -> TransactionOptions {
    TransactionOptions::builder()
        .read_concern(ReadConcern::snapshot())
        .build()
}

fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(format!("a rollup: {error}"))
}
