//! Keeps the scheduled pulls: one document per feed that has one.
//!
//! A pull that is due is queued as a job, and its next time set, in one transaction: of any
//! number of workers exactly one queues it.

use super::{Error, Job, Result, Store, Work, is_duplicate_key, transaction, when};
use crate::domain::account::Scope;
use crate::domain::ids::FeedId;
use crate::domain::job::Kind;
use crate::domain::pull::{Limits, Pulling};
use crate::server::fresh;
use chrono::{DateTime, TimeDelta, Utc};
use mongodb::bson::doc;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct PullDoc {
    #[serde(rename = "_id")]
    feed: String,
    partner: String,
    url: String,
    every_minutes: u32,
    seconds: Option<u32>,
    megabytes: Option<u32>,
    #[serde(with = "when")]
    due_at: DateTime<Utc>,
    etag: Option<String>,
    last_modified: Option<String>,
    failures: u32,
    last: Option<LastDoc>,
    status: Option<u16>,
    paused: bool,
    paused_by: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct LastDoc {
    #[serde(with = "when")]
    at: DateTime<Utc>,
    said: String,
}

impl PullDoc {
    fn of(feed: &FeedId, p: &Pulling) -> Self {
        Self {
            feed: feed.to_string(),
            partner: feed.partner().to_string(),
            url: p.url.clone(),
            every_minutes: p.every_minutes,
            seconds: p.limits.seconds,
            megabytes: p.limits.megabytes,
            due_at: p.due_at,
            etag: p.etag.clone(),
            last_modified: p.last_modified.clone(),
            failures: p.failures,
            last: p.last.clone().map(|(at, said)| LastDoc { at, said }),
            status: p.status,
            paused: p.paused,
            paused_by: p.paused_by.clone(),
        }
    }
}

impl From<PullDoc> for Pulling {
    fn from(d: PullDoc) -> Self {
        Self {
            url: d.url,
            every_minutes: d.every_minutes,
            limits: Limits {
                seconds: d.seconds,
                megabytes: d.megabytes,
            },
            due_at: d.due_at,
            etag: d.etag,
            last_modified: d.last_modified,
            failures: d.failures,
            last: d.last.map(|l| (l.at, l.said)),
            status: d.status,
            paused: d.paused,
            paused_by: d.paused_by,
        }
    }
}

impl Store {
    /// Sets a feed's pull up, or anew.
    pub async fn set_pull(&self, feed: &FeedId, pulling: &Pulling) -> Result<()> {
        self.collection::<PullDoc>("pulls")
            .replace_one(doc! {"_id": feed.as_str()}, PullDoc::of(feed, pulling))
            .upsert(true)
            .await?;
        Ok(())
    }

    /// Sets a feed's pull up, when it has none `before`, or otherwise; a fetch that ends meanwhile
    /// loses nothing of what it learns of the same address. A conflict when somebody else has set it
    /// since.
    pub async fn amend_pull(&self, feed: &FeedId, before: Option<&Pulling>, after: &Pulling) -> Result<()> {
        let pulls = self.collection::<PullDoc>("pulls");
        let doc = PullDoc::of(feed, after);
        let conflict = || Error::Conflict {
            what: format!("How the file of {feed} is fetched"),
        };
        let Some(before) = before else {
            return match pulls.insert_one(doc).await {
                Err(error) if is_duplicate_key(&error) => Err(conflict()),
                other => Ok(other.map(drop)?),
            };
        };
        let seen = doc! {
            "_id": feed.as_str(),
            "url": &before.url,
            "every_minutes": before.every_minutes,
            "seconds": before.limits.seconds,
            "megabytes": before.limits.megabytes,
        };
        let matched = if before.url == after.url {
            let change = doc! {
                "$set": {
                    "every_minutes": after.every_minutes,
                    "seconds": after.limits.seconds,
                    "megabytes": after.limits.megabytes,
                },
                "$min": {"due_at": when::bson(after.due_at)},
            };
            pulls.update_one(seen, change).await?.matched_count
        } else {
            pulls.replace_one(seen, doc).await?.matched_count
        };
        if matched == 1 { Ok(()) } else { Err(conflict()) }
    }

    /// Writes down how a pull stands after a fetch, unless it was set up anew meanwhile. The time
    /// of the next fetch is written only when the fetch moved it, and a pause only when the fetch
    /// made it, so that one made by hand meanwhile stays.
    pub async fn note_pull(&self, feed: &FeedId, before: &Pulling, after: &Pulling) -> Result<()> {
        let doc = PullDoc::of(feed, after);
        let bson = mongodb::bson::serialize_to_document(&doc)
            .map_err(|error| super::Error::Corrupt(error.to_string()))?;
        let mut set = bson;
        for kept in [
            "_id",
            "partner",
            "url",
            "every_minutes",
            "seconds",
            "megabytes",
            "paused_by",
        ] {
            set.remove(kept);
        }
        if before.due_at == after.due_at {
            set.remove("due_at");
        }
        if before.paused == after.paused {
            set.remove("paused");
        }
        self.collection::<PullDoc>("pulls")
            .update_one(
                doc! {"_id": feed.as_str(), "url": &before.url},
                doc! {"$set": set},
            )
            .await?;
        Ok(())
    }

    /// Takes a feed's pull away. False when it has none.
    pub async fn drop_pull(&self, feed: &FeedId) -> Result<bool> {
        let dropped = self
            .collection::<PullDoc>("pulls")
            .delete_one(doc! {"_id": feed.as_str()})
            .await?;
        Ok(dropped.deleted_count == 1)
    }

    /// Finds a feed's pull in the scope.
    pub async fn find_pull(&self, scope: &Scope, feed: &FeedId) -> Result<Option<Pulling>> {
        let query = super::scope::narrow(doc! {"_id": feed.as_str()}, scope, None);
        let found = self.collection::<PullDoc>("pulls").find_one(query).await?;
        Ok(found.map(Pulling::from))
    }

    /// Makes a feed's pull due now, paused or not, with its failures forgotten. False when the
    /// feed has none in the scope.
    pub async fn resume_pull(&self, scope: &Scope, feed: &FeedId, now: DateTime<Utc>) -> Result<bool> {
        let query = super::scope::narrow(doc! {"_id": feed.as_str()}, scope, None);
        let change =
            doc! {"$set": {"paused": false, "paused_by": null, "failures": 0, "due_at": when::bson(now)}};
        let resumed = self
            .collection::<PullDoc>("pulls")
            .update_one(query, change)
            .await?;
        Ok(resumed.matched_count == 1)
    }

    /// Pauses a feed's pull in somebody's name until it is resumed. False when the feed has none in the scope.
    pub async fn pause_pull(&self, scope: &Scope, feed: &FeedId, by: &str) -> Result<bool> {
        let query = super::scope::narrow(doc! {"_id": feed.as_str()}, scope, None);
        let paused = self
            .collection::<PullDoc>("pulls")
            .update_one(query, doc! {"$set": {"paused": true, "paused_by": by}})
            .await?;
        Ok(paused.matched_count == 1)
    }

    /// Queues one pull that is due, if there is one, and sets its next time. False when none is.
    pub async fn queue_due_pull(&self, now: DateTime<Utc>) -> Result<bool> {
        let pulls = self.collection::<PullDoc>("pulls");
        let due = doc! {"paused": false, "due_at": {"$lte": when::bson(now)}};
        let Some(pull) = pulls.find_one(due).sort(doc! {"due_at": 1}).await? else {
            return Ok(false);
        };
        let feed = FeedId::new(pull.feed);
        let job = Job {
            id: fresh::job(),
            partner: feed.partner(),
            feed: feed.clone(),
            work: Work::Pull,
            asked_by: "schedule".to_owned(),
            asked_at: now,
        };
        let next = now + TimeDelta::minutes(i64::from(pull.every_minutes));
        let slot = doc! {"_id": feed.as_str(), "paused": false, "due_at": when::bson(pull.due_at)};
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        let claimed = pulls
            .update_one(slot, doc! {"$set": {"due_at": when::bson(next)}})
            .session(&mut session)
            .await;
        if transaction::found(claimed)? == 0 {
            session.abort_transaction().await.ok();
            return Ok(true);
        }
        // One that is still under way stands for this slot too.
        if !self.has_unfinished(&feed, Kind::Pull).await? {
            self.insert_job_in(&mut session, &job).await?;
        }
        session.commit_transaction().await?;
        Ok(true)
    }
}
