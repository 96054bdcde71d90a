//! Keeps what was seen of the pictures of a feed's products, and how far looking at them has come.
//!
//! A picture is kept under its feed and the hash of its address ([`Pictures::key`]) from when the
//! catalogue first shows it until it has not for a while: records that are held with it are judged
//! meanwhile. What was seen stays until something else is seen. Fetching is
//! [`crate::server::intake`]'s business, when to do so the worker's.

use super::items::of_feed;
use super::{Deed, Error, Result, Store, scope, transaction, when};
use crate::domain::account::Scope;
use crate::domain::contract::{Picture, Pictures};
use crate::domain::ids::FeedId;
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ReturnDocument;
use serde::Deserialize;
use std::collections::HashMap;

/// Items whose addresses are read together.
const TOGETHER: u32 = 10_000;
/// Documents that are written together.
const WRITTEN: usize = 1_000;

/// What is to be said of an address; `looking` has its counts under these names.
const NEW: &str = "new";
const SEEN: &str = "seen";
const UNSEEN: &str = "unseen";

/// A document of `pictures`, as far as it is read. Beside it there are the feed, `due_at`, when it is to be
/// looked at, `gone_at`, since when the catalogue does not show it, `state`, and `side`, by which those are
/// found that a contract may complain of: see [`side`].
#[derive(Deserialize)]
struct PictureDoc {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    width: Option<i64>,
    #[serde(default)]
    height: Option<i64>,
    #[serde(default)]
    bytes: Option<i64>,
}

#[derive(Deserialize)]
struct AddressDoc {
    url: String,
    #[serde(default)]
    fault: String,
    #[serde(default)]
    answered: bool,
}

/// Why nothing was seen at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub why: String,
    /// Whether the server there said so. Otherwise it is what our own network says of the address.
    pub answered: bool,
}

/// What came of looking at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The address.
    pub url: String,
    /// What was seen, or why nothing was.
    pub seen: std::result::Result<Picture, Fault>,
    /// When.
    pub at: DateTime<Utc>,
    /// When it is to be looked at again.
    pub due_at: DateTime<Utc>,
}

/// Whose turn it is to look at the pictures of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The feed.
    pub feed: FeedId,
    /// When its catalogue was last gone through; none before the first time.
    pub walked_at: Option<DateTime<Utc>>,
    /// What had come for the feed by then, in a word that is another when something else has.
    pub walked_for: String,
    /// Whoever takes the feed next has another.
    token: String,
}

/// What is known of the pictures of a feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PictureTally {
    /// When the catalogue was last gone through; none before the first time.
    pub walked_at: Option<DateTime<Utc>>,
    /// Addresses at which something was seen the last time.
    pub seen: u64,
    /// Those at which nothing was.
    pub unseen: u64,
    /// Those that were not looked at yet.
    pub new: u64,
}

#[derive(Deserialize)]
struct LookingDoc {
    #[serde(rename = "_id")]
    feed: String,
    #[serde(default, with = "when::option")]
    walked_at: Option<DateTime<Utc>>,
    #[serde(default)]
    walked_for: String,
    #[serde(default)]
    seen: u64,
    #[serde(default)]
    unseen: u64,
    #[serde(default)]
    new: u64,
}

fn key(feed: &FeedId, key: u64) -> String {
    format!("{feed}#{key:016x}")
}

fn hashed(id: &str) -> Option<u64> {
    u64::from_str_radix(id.rsplit_once('#')?.1, 16).ok()
}

/// The shorter side, and 0 of what is too large: so one query finds whatever a contract may complain of.
fn side(picture: Picture) -> i64 {
    if picture.is_large() {
        0
    } else {
        picture.side().into()
    }
}

fn picture(doc: &PictureDoc) -> Option<(u64, Picture)> {
    let picture = Picture {
        width: u32::try_from(doc.width?).ok()?,
        height: u32::try_from(doc.height?).ok()?,
        bytes: u64::try_from(doc.bytes?).ok()?,
    };
    Some((hashed(&doc.id)?, picture))
}

impl Store {
    pub(super) async fn index_pictures(&self) -> Result<()> {
        let keys = [
            doc! {"feed": 1, "side": 1},
            doc! {"feed": 1, "state": 1},
            doc! {"feed": 1, "due_at": 1},
            doc! {"feed": 1, "gone_at": 1},
        ];
        self.index("pictures", &keys).await?;
        self.index("looking", &[doc! {"due_at": 1}]).await
    }

    async fn find_pictures(&self, query: Document) -> Result<Pictures> {
        let mut found = self
            .collection::<PictureDoc>("pictures")
            .find(query)
            .projection(doc! {"width": 1, "height": 1, "bytes": 1})
            .await?;
        let mut pictures = Vec::new();
        while let Some(doc) = found.try_next().await? {
            pictures.extend(picture(&doc));
        }
        Ok(pictures.into_iter().collect())
    }

    /// The pictures of a feed that are too large, or have a side of fewer than so many pixels, as far as
    /// that had been seen by a time.
    pub async fn odd_pictures(&self, feed: &FeedId, side: u32, by: DateTime<Utc>) -> Result<Pictures> {
        let (side, seen) = (doc! {"$lt": i64::from(side)}, doc! {"$lte": when::bson(by)});
        self.find_pictures(doc! {"feed": feed.as_str(), "side": side, "seen_at": seen})
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
        self.find_pictures(doc! {"_id": {"$in": ids}}).await
    }

    /// Goes through the catalogue of a feed: what it shows for the first time is to be looked at, and what it
    /// has not shown for `keep` is forgotten.
    pub async fn walk_pictures(&self, feed: &FeedId, now: DateTime<Utc>, keep: TimeDelta) -> Result<()> {
        // Of each that is kept, whether the catalogue did not show it the last time.
        let mut kept = self.kept_pictures(feed).await?;
        let (mut back, mut new) = (Vec::new(), Vec::new());
        let mut found = self
            .collection::<Document>("items")
            .find(doc! {"_id": of_feed(feed), "withdrawn.by": {"$exists": false}})
            .projection(doc! {"_id": 0, "attributes.image_link": 1})
            .batch_size(TOGETHER)
            .await?;
        while found.advance().await? {
            let attributes = found.current().get_document("attributes");
            // An item without a picture, or with several, is not ours to speak of.
            let Ok(url) = attributes.and_then(|attributes| attributes.get_str("image_link")) else {
                continue;
            };
            let hash = Pictures::key(url);
            match kept.get_mut(&hash) {
                Some(Shown::Now) => {}
                Some(shown) => {
                    if *shown == Shown::NotLately {
                        back.push(hash);
                    }
                    *shown = Shown::Now;
                }
                None => {
                    kept.insert(hash, Shown::Now);
                    new.push((hash, url.to_owned()));
                    if new.len() == WRITTEN {
                        self.insert_pictures(feed, std::mem::take(&mut new), now).await?;
                    }
                }
            }
        }
        self.insert_pictures(feed, new, now).await?;
        let gone: Vec<u64> = kept
            .into_iter()
            .filter(|(_, shown)| *shown == Shown::Lately)
            .map(|(hash, _)| hash)
            .collect();
        self.mark_pictures(feed, &gone, doc! {"$set": {"gone_at": when::bson(now)}})
            .await?;
        self.mark_pictures(feed, &back, doc! {"$unset": {"gone_at": ""}})
            .await?;
        let long = doc! {"feed": feed.as_str(), "gone_at": {"$lt": when::bson(now - keep)}};
        self.collection::<Document>("pictures").delete_many(long).await?;
        Ok(())
    }

    async fn kept_pictures(&self, feed: &FeedId) -> Result<HashMap<u64, Shown>> {
        #[derive(Deserialize)]
        struct Doc {
            #[serde(rename = "_id")]
            id: String,
            #[serde(default)]
            gone_at: Option<mongodb::bson::DateTime>,
        }
        let mut found = self
            .collection::<Doc>("pictures")
            .find(doc! {"feed": feed.as_str()})
            .projection(doc! {"gone_at": 1})
            .batch_size(TOGETHER)
            .await?;
        let mut kept = HashMap::new();
        while let Some(doc) = found.try_next().await? {
            let shown = if doc.gone_at.is_some() {
                Shown::NotLately
            } else {
                Shown::Lately
            };
            kept.extend(hashed(&doc.id).map(|hash| (hash, shown)));
        }
        Ok(kept)
    }

    async fn insert_pictures(
        &self,
        feed: &FeedId,
        new: Vec<(u64, String)>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        let docs = new.into_iter().map(|(hash, url)| {
            doc! {
                "_id": key(feed, hash), "feed": feed.as_str(), "url": url, "state": NEW,
                "due_at": when::bson(now),
            }
        });
        let inserted = self
            .collection::<Document>("pictures")
            .insert_many(docs)
            .ordered(false)
            .await;
        match inserted {
            Err(error) if !super::items::only_duplicates(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }

    async fn mark_pictures(&self, feed: &FeedId, hashes: &[u64], change: Document) -> Result<()> {
        for some in hashes.chunks(WRITTEN) {
            let ids: Vec<String> = some.iter().map(|hash| key(feed, *hash)).collect();
            self.collection::<Document>("pictures")
                .update_many(doc! {"_id": {"$in": ids}}, change.clone())
                .await?;
        }
        Ok(())
    }

    /// Addresses of a feed that are to be looked at now, those that have waited longest first.
    pub async fn due_pictures(&self, feed: &FeedId, now: DateTime<Utc>, most: u32) -> Result<Vec<String>> {
        let due = doc! {"feed": feed.as_str(), "due_at": {"$lte": when::bson(now)}, "gone_at": null};
        let found: Vec<AddressDoc> = self
            .collection("pictures")
            .find(due)
            .sort(doc! {"due_at": 1})
            .limit(most.into())
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(|doc| doc.url).collect())
    }

    /// Keeps what came of looking at an address that is kept. Where nothing is seen, what was seen before
    /// stays; where the same is, so does the time from which it is known.
    pub async fn keep_picture(&self, feed: &FeedId, looked: &Looked) -> Result<()> {
        let pictures = self.collection::<Document>("pictures");
        let id = key(feed, Pictures::key(&looked.url));
        let due_at = when::bson(looked.due_at);
        let picture = match &looked.seen {
            Err(Fault { why, answered }) => {
                let unseen = doc! {"state": UNSEEN, "fault": why, "answered": answered, "due_at": due_at};
                let unseen = doc! {"$set": unseen};
                pictures.update_one(doc! {"_id": id}, unseen).await?;
                return Ok(());
            }
            Ok(picture) => *picture,
        };
        let sizes = doc! {
            "width": i64::from(picture.width),
            "height": i64::from(picture.height),
            "bytes": i64::try_from(picture.bytes).unwrap_or(i64::MAX),
        };
        let mut same = doc! {"_id": &id};
        same.extend(sizes.clone());
        let again = doc! {"$set": {"state": SEEN, "due_at": due_at}, "$unset": {"fault": "", "answered": ""}};
        if pictures.update_one(same, again).await?.matched_count == 1 {
            return Ok(());
        }
        let mut seen = sizes;
        seen.extend(doc! {
            "state": SEEN, "due_at": due_at, "side": side(picture), "seen_at": when::bson(looked.at),
        });
        let change = doc! {"$set": seen, "$unset": {"fault": "", "answered": ""}};
        pictures.update_one(doc! {"_id": id}, change).await?;
        Ok(())
    }

    /// What is known of the pictures of a feed in the scope, as the worker counted them last.
    pub async fn tally_pictures(&self, scope: &Scope, feed: &FeedId) -> Result<PictureTally> {
        if !scope.covers(&feed.partner()) {
            return Ok(PictureTally::default());
        }
        let looking = self.collection::<LookingDoc>("looking");
        let found = looking.find_one(doc! {"_id": feed.as_str()}).await?;
        Ok(found.map_or_else(PictureTally::default, |doc| PictureTally {
            walked_at: doc.walked_at,
            seen: doc.seen,
            unseen: doc.unseen,
            new: doc.new,
        }))
    }

    /// Some addresses of a feed in the scope at which nothing was seen the last time, each with the reason.
    pub async fn list_picture_faults(
        &self,
        scope: &Scope,
        feed: &FeedId,
        most: u32,
    ) -> Result<Vec<(String, Fault)>> {
        if !scope.covers(&feed.partner()) {
            return Ok(Vec::new());
        }
        let found: Vec<AddressDoc> = self
            .collection("pictures")
            .find(doc! {"feed": feed.as_str(), "state": UNSEEN})
            .limit(most.into())
            .await?
            .try_collect()
            .await?;
        let faults = found.into_iter().map(|doc| {
            (
                doc.url,
                Fault {
                    why: doc.fault,
                    answered: doc.answered,
                },
            )
        });
        Ok(faults.collect())
    }

    /// Forgets the pictures of feeds where nobody looks any more: what a switch that was killed, or a
    /// worker that was at it, has left. Says of how many feeds.
    pub async fn forget_unlooked(&self) -> Result<u64> {
        let kept = self
            .collection::<Document>("pictures")
            .distinct("feed", doc! {})
            .await?;
        let mut forgotten = 0;
        for feed in kept.iter().filter_map(Bson::as_str).map(FeedId::new) {
            let is_looked_at = self
                .collection::<Document>("looking")
                .find_one(doc! {"_id": feed.as_str()})
                .await?
                .is_some();
            if !is_looked_at {
                self.forget_pictures(&feed).await?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    /// Forgets all pictures of a feed.
    pub async fn forget_pictures(&self, feed: &FeedId) -> Result<()> {
        self.collection::<Document>("pictures")
            .delete_many(doc! {"feed": feed.as_str()})
            .await?;
        Ok(())
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
            let begin = doc! {"_id": feed.as_str(), "due_at": when::bson(now)};
            looking
                .replace_one(of, begin)
                .upsert(true)
                .session(&mut session)
                .await?;
        } else {
            looking.delete_one(of).session(&mut session).await?;
        }
        self.insert_deed_in(&mut session, deed).await?;
        session.commit_transaction().await?;
        if !on {
            self.forget_pictures(feed).await?;
        }
        Ok(())
    }

    /// Takes the feed whose pictures have waited longest, for `length`; none when none is due.
    pub async fn take_looking(&self, now: DateTime<Utc>, length: TimeDelta) -> Result<Option<Turn>> {
        let due = doc! {"due_at": {"$lte": when::bson(now)}};
        let token = ObjectId::new().to_hex();
        let take = doc! {"due_at": when::bson(now + length), "token": &token};
        let found = self
            .collection::<LookingDoc>("looking")
            .find_one_and_update(due, doc! {"$set": take})
            .sort(doc! {"due_at": 1})
            .return_document(ReturnDocument::After)
            .await?;
        Ok(found.map(|doc| Turn {
            feed: FeedId::new(doc.feed),
            walked_at: doc.walked_at,
            walked_for: doc.walked_for,
            token,
        }))
    }

    /// Notes when the catalogue was gone through, how many pictures were seen by now, for no page to count
    /// them, and when the feed is to be taken next; false when it is
    /// another's turn by now, or nobody's.
    pub async fn note_looking(&self, turn: &Turn, due_at: DateTime<Utc>) -> Result<bool> {
        let mut noted = doc! {"due_at": when::bson(due_at), "walked_for": &turn.walked_for};
        for state in [SEEN, UNSEEN, NEW] {
            let of = doc! {"feed": turn.feed.as_str(), "state": state};
            let count = self
                .collection::<Document>("pictures")
                .count_documents(of)
                .await?;
            noted.insert(state, i64::try_from(count).unwrap_or(i64::MAX));
        }
        if let Some(at) = turn.walked_at {
            noted.insert("walked_at", when::bson(at));
        }
        let own = doc! {"_id": turn.feed.as_str(), "token": &turn.token};
        let changed = self
            .collection::<Document>("looking")
            .update_one(own, doc! {"$set": noted})
            .await?;
        Ok(changed.matched_count == 1)
    }
}

/// Whether the catalogue shows a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// It does.
    Now,
    /// It did, when it was last gone through.
    Lately,
    /// It did not even then.
    NotLately,
}
