//! Keeps an outline of each feed's items beside them: what the next file is compared by, packed
//! into a few large documents, so that a catalogue is not read item by item to find that nothing
//! has changed. What is in it is the pipeline's business.
//!
//! An outline is true of one version of the items. Whoever is about to write items, or writes
//! them in a transaction, first gives them another version ([`Store::touch_items`]); an outline
//! of an older one is not used any more, and the items are read themselves. So whatever is
//! killed in between, an outline is never trusted that does not say what the items say. A job on
//! many held records gives them another version when it rests, and while it is at work no outline
//! is used.

use super::items::of_feed;
use super::{Error, Result, Store, to_bson};
use crate::domain::ids::FeedId;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Document, RawDocumentBuf, doc};
use mongodb::options::ReturnDocument;
use mongodb::{ClientSession, Collection};
use serde::{Deserialize, Serialize};

/// What is known of an outline: a document of `outlines`.
#[derive(Debug, Deserialize)]
struct OutlineDoc {
    /// Of the items.
    version: i64,
    #[serde(default)]
    outline: Option<Outline>,
}

/// Where an outline is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// The version of the items that it is true of.
    version: i64,
    /// What its parts are called.
    name: String,
    /// How many there are.
    parts: u32,
}

impl Outline {
    /// An outline without parts, to be true of this version of the items.
    pub fn of(version: i64) -> Self {
        Self {
            version,
            name: ObjectId::new().to_hex(),
            parts: 0,
        }
    }
}

impl Store {
    fn outlines(&self) -> Collection<OutlineDoc> {
        self.collection("outlines")
    }

    fn parts(&self) -> Collection<RawDocumentBuf> {
        self.collection("outline_parts")
    }

    /// The version of a feed's items as they are now, and their outline, if it is true of them.
    /// To be called under the feed's lease, before the items are read.
    pub async fn find_outline(&self, feed: &FeedId) -> Result<(i64, Option<Outline>)> {
        let found = self
            .outlines()
            .find_one_and_update(
                doc! {"_id": feed.as_str()},
                doc! {"$setOnInsert": {"version": 0_i64}},
            )
            .upsert(true)
            .return_document(ReturnDocument::After)
            .await?;
        let Some(OutlineDoc { version, outline }) = found else {
            return Ok((0, None));
        };
        let Some(outline) = outline.filter(|outline| outline.version == version) else {
            return Ok((version, None));
        };
        if self.has_bulk_at_work(feed).await? {
            return Ok((version, None));
        }
        let parts = self
            .parts()
            .count_documents(doc! {"_id": keys(feed, &outline.name)})
            .await?;
        Ok((version, (parts == u64::from(outline.parts)).then_some(outline)))
    }

    /// Gives the items of a feed another version, and says which; to be called before any of
    /// them is written.
    pub async fn touch_items(&self, feed: &FeedId) -> Result<i64> {
        let found = self
            .outlines()
            .find_one_and_update(doc! {"_id": feed.as_str()}, doc! {"$inc": {"version": 1_i64}})
            .upsert(true)
            .return_document(ReturnDocument::After)
            .await?;
        Ok(found.map_or(0, |found| found.version))
    }

    /// The same in the transaction that writes an item. Items that no ingest has looked for an
    /// outline of have none.
    pub(super) async fn touch_items_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
    ) -> mongodb::error::Result<()> {
        self.outlines()
            .update_one(doc! {"_id": feed.as_str()}, doc! {"$inc": {"version": 1_i64}})
            .session(session)
            .await?;
        Ok(())
    }

    /// Reads the parts of an outline in their order, leaving out the first `skip`.
    pub async fn read_outline(
        &self,
        feed: &FeedId,
        outline: &Outline,
        skip: u64,
        mut see: impl FnMut(&[u8]),
    ) -> Result<()> {
        let mut found = self
            .parts()
            .find(doc! {"_id": keys(feed, &outline.name)})
            .sort(doc! {"_id": 1})
            .skip(skip)
            .batch_size(2)
            .await?;
        while found.advance().await? {
            let bytes = found.current().get_binary("bytes");
            see(bytes.map_err(|error| Error::Corrupt(error.to_string()))?.bytes);
        }
        Ok(())
    }

    /// Adds a part to an outline that is not used yet.
    pub async fn add_outline_part(&self, feed: &FeedId, outline: &mut Outline, bytes: &[u8]) -> Result<()> {
        let part = doc! {
            "_id": format!("{feed}/{}/{:06}", outline.name, outline.parts),
            "bytes": Binary { subtype: BinarySubtype::Generic, bytes: bytes.to_vec() },
        };
        self.collection::<Document>("outline_parts")
            .replace_one(doc! {"_id": part.get("_id")}, &part)
            .upsert(true)
            .await?;
        outline.parts += 1;
        Ok(())
    }

    /// Lets an outline be used from now on, if it is still true of the items, and forgets every
    /// other of the feed; false when the items have another version by now.
    pub async fn publish_outline(&self, feed: &FeedId, outline: &Outline) -> Result<bool> {
        let untouched = doc! {"_id": feed.as_str(), "version": outline.version};
        let published = self
            .outlines()
            .update_one(untouched, doc! {"$set": {"outline": to_bson(outline)?}})
            .await?;
        let is_used = published.matched_count == 1;
        let mut others = vec![doc! {"_id": of_feed(feed)}];
        let own = doc! {"_id": keys(feed, &outline.name)};
        others.push(if is_used {
            doc! {"$nor": [own]}
        } else {
            own
        });
        self.parts().delete_many(doc! {"$and": others}).await?;
        Ok(is_used)
    }
}

/// Keys of the parts of an outline.
fn keys(feed: &FeedId, name: &str) -> Document {
    doc! {"$gte": format!("{feed}/{name}/"), "$lt": format!("{feed}/{name}0")}
}
