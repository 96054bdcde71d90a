//! Keeps what was seen of the pictures of a feed's products, and how far looking at them has come.
//!
//! A picture is kept under its feed and the hash of its address ([`Pictures::key`]), so that what
//! is looked at is never more than what the catalogue shows. Of them, the engine is handed those that a
//! contract might complain of and nothing else. Fetching is
//! [`crate::server::intake`]'s business, when to do so the worker's.

use super::items::of_feed;
use super::{Deed, Error, Result, Store, scope, transaction, when};
use crate::domain::account::Scope;
use crate::domain::contract::{Picture, Pictures};
use crate::domain::ids::FeedId;
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Items whose addresses are read together.
const TOGETHER: u32 = 10_000;

#[derive(Serialize, Deserialize)]
struct PictureDoc {
    #[serde(rename = "_id")]
    id: String,
    feed: String,
    url: String,
    #[serde(with = "when")]
    looked_at: DateTime<Utc>,
    width: i64,
    height: i64,
    bytes: i64,
    /// See [`Picture::side`]; none where nothing was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    side: Option<i64>,
    /// See [`Picture::is_large`].
    large: bool,
    /// Why nothing was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

/// What came of looking at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The address.
    pub url: String,
    /// What was seen, or why nothing was.
    pub seen: std::result::Result<Picture, String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// When an address was looked at, and whether something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookedAt {
    /// When.
    pub at: DateTime<Utc>,
    /// Whether nothing was seen.
    pub failed: bool,
}

/// How far looking at the pictures of a feed has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looking {
    /// The feed.
    #[serde(rename = "_id")]
    pub feed: String,
    /// When it goes on, or when the worker that is at it is given up.
    #[serde(with = "when")]
    pub due_at: DateTime<Utc>,
    /// Addresses that the catalogue shows, when it was last gone through.
    #[serde(default)]
    pub shown: u64,
    /// Those of them that were not looked at yet.
    #[serde(default)]
    pub left: u64,
    /// Those at which nothing was seen.
    #[serde(default)]
    pub failed: u64,
    /// When it was last gone through; none before the first time.
    #[serde(default, with = "when::option", skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

fn key(feed: &FeedId, key: u64) -> String {
    format!("{feed}#{key:016x}")
}

fn hashed(id: &str) -> Option<u64> {
    u64::from_str_radix(id.rsplit_once('#')?.1, 16).ok()
}

fn picture(doc: &PictureDoc) -> Option<(u64, Picture)> {
    let picture = Picture {
        width: u32::try_from(doc.width).ok()?,
        height: u32::try_from(doc.height).ok()?,
        bytes: u64::try_from(doc.bytes).ok()?,
    };
    Some((hashed(&doc.id)?, picture))
}

impl Store {
    pub(super) async fn index_pictures(&self) -> Result<()> {
        self.index(
            "pictures",
            &[doc! {"feed": 1, "side": 1}, doc! {"feed": 1, "large": 1}],
        )
        .await?;
        self.index("looking", &[doc! {"due_at": 1}]).await
    }

    async fn find_pictures(&self, query: Document) -> Result<Pictures> {
        let mut found = self.collection::<PictureDoc>("pictures").find(query).await?;
        let mut pictures = Vec::new();
        while let Some(doc) = found.try_next().await? {
            pictures.extend(picture(&doc));
        }
        Ok(pictures.into_iter().collect())
    }

    /// The pictures of a feed that are too large, or have a side of fewer than so many pixels, as far as
    /// they had been looked at by a time.
    pub async fn odd_pictures(&self, feed: &FeedId, side: u32, by: DateTime<Utc>) -> Result<Pictures> {
        let odd = vec![doc! {"side": {"$lt": i64::from(side)}}, doc! {"large": true}];
        let looked = doc! {"$lte": when::bson(by)};
        self.find_pictures(doc! {"feed": feed.as_str(), "$or": odd, "looked_at": looked})
            .await
    }

    /// What was seen at some addresses.
    pub async fn pictures_at<'a>(
        &self,
        feed: &FeedId,
        urls: impl Iterator<Item = &'a str>,
    ) -> Result<Pictures> {
        let ids: Vec<String> = urls.map(|url| key(feed, Pictures::key(url))).collect();
        if ids.is_empty() {
            return Ok(Pictures::default());
        }
        self.find_pictures(doc! {"_id": {"$in": ids}, "side": {"$exists": true}})
            .await
    }

    /// What was looked at of a feed.
    pub async fn looked_at(&self, feed: &FeedId) -> Result<HashMap<u64, LookedAt>> {
        #[derive(Deserialize)]
        struct Doc {
            #[serde(rename = "_id")]
            id: String,
            #[serde(with = "when")]
            looked_at: DateTime<Utc>,
            #[serde(default)]
            side: Option<i64>,
        }
        let mut found = self
            .collection::<Doc>("pictures")
            .find(doc! {"feed": feed.as_str()})
            .projection(doc! {"looked_at": 1, "side": 1})
            .await?;
        let mut all = HashMap::new();
        while let Some(doc) = found.try_next().await? {
            let looked = LookedAt {
                at: doc.looked_at,
                failed: doc.side.is_none(),
            };
            all.extend(hashed(&doc.id).map(|key| (key, looked)));
        }
        Ok(all)
    }

    /// Shows `see` the address of each picture that the catalogue of a feed shows now; a picture of several
    /// products comes several times.
    pub async fn walk_pictures(&self, feed: &FeedId, mut see: impl FnMut(&str)) -> Result<()> {
        let live = doc! {"_id": of_feed(feed), "withdrawn.by": {"$exists": false}};
        let mut found = self
            .collection::<Document>("items")
            .find(live)
            .projection(doc! {"_id": 0, "attributes.image_link": 1})
            .batch_size(TOGETHER)
            .await?;
        while found.advance().await? {
            let attributes = found.current().get_document("attributes");
            // An item without a picture, or with several, is not ours to speak of.
            if let Ok(url) = attributes.and_then(|attributes| attributes.get_str("image_link")) {
                see(url);
            }
        }
        Ok(())
    }

    /// Keeps what came of looking at an address.
    pub async fn keep_picture(&self, feed: &FeedId, looked: &Looked) -> Result<()> {
        let seen = looked.seen.as_ref().ok().copied();
        let Picture { width, height, bytes } = seen.unwrap_or(Picture {
            width: 0,
            height: 0,
            bytes: 0,
        });
        let doc = PictureDoc {
            id: key(feed, Pictures::key(&looked.url)),
            feed: feed.to_string(),
            url: looked.url.clone(),
            looked_at: looked.at,
            width: width.into(),
            height: height.into(),
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
            side: seen.map(|seen| seen.side().into()),
            large: seen.is_some_and(Picture::is_large),
            fault: looked.seen.as_ref().err().cloned(),
        };
        self.collection::<PictureDoc>("pictures")
            .replace_one(doc! {"_id": &doc.id}, &doc)
            .upsert(true)
            .await?;
        Ok(())
    }

    /// Forgets pictures of a feed that nothing shows any more.
    pub async fn forget_pictures(&self, feed: &FeedId, keys: &[u64]) -> Result<()> {
        for some in keys.chunks(1_000) {
            let ids: Vec<String> = some.iter().map(|k| key(feed, *k)).collect();
            self.collection::<Document>("pictures")
                .delete_many(doc! {"_id": {"$in": ids}})
                .await?;
        }
        Ok(())
    }

    /// How many pictures of a feed are too large, or have a side of fewer than so many pixels.
    pub async fn count_odd_pictures(&self, feed: &FeedId, side: u32) -> Result<u64> {
        let pictures = self.collection::<Document>("pictures");
        let of = |odd: Document| {
            let mut query = doc! {"feed": feed.as_str()};
            query.extend(odd);
            pictures.count_documents(query)
        };
        // Those that are both are few, and small, and are counted where they are small.
        let small = of(doc! {"side": {"$lt": i64::from(side)}}).await?;
        let large = of(doc! {"large": true, "side": {"$gte": i64::from(side)}}).await?;
        Ok(small + large)
    }

    /// The first addresses of a feed at which nothing was seen, each with the reason.
    pub async fn list_picture_faults(&self, feed: &FeedId, most: u32) -> Result<Vec<(String, String)>> {
        let unseen = doc! {"feed": feed.as_str(), "side": null};
        let found: Vec<PictureDoc> = self
            .collection("pictures")
            .find(unseen)
            .limit(most.into())
            .await?
            .try_collect()
            .await?;
        let faults = found
            .into_iter()
            .map(|doc| (doc.url, doc.fault.unwrap_or_default()));
        Ok(faults.collect())
    }

    /// Has the pictures of a feed looked at from now on, or not; the feed and the deed are written
    /// together or not at all. What was seen is forgotten with the switch. `Conflict` when that is
    /// so already, or when there is no such feed in the scope.
    pub async fn switch_pictures(
        &self,
        scope: &Scope,
        feed: &FeedId,
        on: bool,
        deed: &Deed,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let other = if on {
            doc! {"$ne": true}
        } else {
            doc! {"$eq": true}
        };
        let query = doc! {"_id": feed.as_str(), "pictures": other};
        let query = scope::narrow(query, scope, Some(&feed.partner()));
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        let written = self
            .collection::<Document>("feeds")
            .update_one(query, doc! {"$set": {"pictures": on}})
            .session(&mut session)
            .await;
        if transaction::found(written)? != 1 {
            session.abort_transaction().await.ok();
            return Err(Error::Conflict {
                what: format!("Whether the pictures of {feed} are looked at"),
            });
        }
        let looking = self.collection::<Document>("looking");
        let of = doc! {"_id": feed.as_str()};
        if on {
            let begin = doc! {"$set": {"due_at": when::bson(now)}};
            looking
                .update_one(of, begin)
                .upsert(true)
                .session(&mut session)
                .await?;
        } else {
            looking.delete_one(of).session(&mut session).await?;
        }
        self.insert_deed_in(&mut session, deed).await?;
        session.commit_transaction().await?;
        if !on {
            self.collection::<Document>("pictures")
                .delete_many(doc! {"feed": feed.as_str()})
                .await?;
        }
        Ok(())
    }

    /// How far looking at the pictures of a feed has come; none where nobody looks.
    pub async fn find_looking(&self, feed: &FeedId) -> Result<Option<Looking>> {
        let looking = self.collection::<Looking>("looking");
        Ok(looking.find_one(doc! {"_id": feed.as_str()}).await?)
    }

    /// Takes the feed whose pictures have waited longest, for `length`; none when none is due.
    pub async fn take_looking(&self, now: DateTime<Utc>, length: TimeDelta) -> Result<Option<Looking>> {
        let due = doc! {"due_at": {"$lte": when::bson(now)}};
        let taken = self
            .collection::<Looking>("looking")
            .find_one_and_update(due, doc! {"$set": {"due_at": when::bson(now + length)}})
            .sort(doc! {"due_at": 1})
            .return_document(ReturnDocument::After)
            .await?;
        Ok(taken)
    }

    /// Notes how far it has come, and when it goes on.
    pub async fn note_looking(&self, looking: &Looking) -> Result<()> {
        // It may have been switched off meanwhile.
        self.collection::<Looking>("looking")
            .replace_one(doc! {"_id": &looking.feed}, looking)
            .await?;
        Ok(())
    }
}
