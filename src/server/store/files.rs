//! Keeps the files that partners sent, byte for byte, for as long as they may be needed again.
//!
//! They lie as `GridFS` lays files, in the bucket `received`, so that MongoDB's own tools read
//! them; what we know beside that is in the same document. A file has the id of its delivery.
//! Its document is written before its first byte and removed after its last, so that whatever
//! a crash leaves behind has a document that [`Store::sweep_files`] finds: nothing dangles.
//! Only a file that was finished can be found, and finishing it is one change.

use super::{Error, Result, Store, is_duplicate_key, when};
use crate::domain::account::Scope;
use crate::domain::ids::{DeliveryId, FeedId};
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Document, doc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// The bucket's two collections.
pub(super) const FILES: &str = "received.files";
pub(super) const CHUNKS: &str = "received.chunks";
/// Bytes kept in one document.
const CHUNK: usize = 1024 * 1024;
/// Chunks asked for at once when reading.
const READ_AHEAD: u32 = 4;
/// How long an upload may be silent before it is taken for dead.
const DEAD_AFTER: TimeDelta = TimeDelta::hours(1);

/// A file as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The delivery it is of; its own id too.
    pub delivery: DeliveryId,
    /// The feed it was sent to.
    pub feed: FeedId,
    /// The name it came with.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// When its last byte had come.
    pub received_at: DateTime<Utc>,
}

/// How far a stored file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Bytes are coming in.
    Receiving,
    /// All bytes are here. Nothing else can be found.
    Complete,
    /// Its bytes are being removed, or have been.
    Leaving,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Complete => "complete",
            Self::Leaving => "leaving",
        }
    }
}

/// The fields in camel case are those of `GridFS`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileDoc {
    #[serde(rename = "_id")]
    id: String,
    filename: String,
    length: i64,
    chunk_size: i32,
    #[serde(with = "when")]
    upload_date: DateTime<Utc>,
    feed: String,
    state: State,
    sha256: String,
    /// When something last happened to it.
    #[serde(rename = "touched_at", with = "when")]
    touched_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct ChunkDoc {
    files_id: String,
    n: i32,
    data: Binary,
}

impl From<FileDoc> for StoredFile {
    fn from(d: FileDoc) -> Self {
        Self {
            delivery: DeliveryId::new(d.id),
            feed: FeedId::new(d.feed),
            name: d.filename,
            bytes: u64::try_from(d.length).unwrap_or_default(),
            sha256: d.sha256,
            received_at: d.upload_date,
        }
    }
}

/// A file that is coming in. Dropped before it is finished, it removes what had come.
#[derive(Debug)]
pub struct Receiving {
    store: Store,
    file: StoredFile,
    chunks: i32,
    rest: Vec<u8>,
    hash: Sha256,
    over: bool,
}

impl Receiving {
    /// Takes the next bytes, in the order of the file; `now` keeps the upload from being taken
    /// for dead. Holds up to one chunk, 1 MiB, in memory.
    pub async fn write(&mut self, mut bytes: &[u8], now: DateTime<Utc>) -> Result<()> {
        self.hash.update(bytes);
        self.file.bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            let fits = bytes.len().min(CHUNK - self.rest.len());
            self.rest.extend_from_slice(&bytes[..fits]);
            bytes = &bytes[fits..];
            if self.rest.len() == CHUNK {
                self.flush(now).await?;
            }
        }
        Ok(())
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.file.bytes
    }

    /// Writes the last bytes. The file still cannot be found; [`Store::keep_file`], or the queue
    /// that takes it, makes it complete.
    pub async fn end(mut self, now: DateTime<Utc>) -> Result<Ended> {
        if !self.rest.is_empty() {
            self.flush(now).await?;
        }
        let hash = std::mem::take(&mut self.hash).finalize();
        self.file.sha256 = hash.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        self.file.received_at = now;
        Ok(Ended(self))
    }

    /// Removes everything of it.
    pub async fn abandon(mut self) -> Result<()> {
        self.over = true;
        self.store.remove_file(self.file.delivery.as_str()).await
    }

    async fn flush(&mut self, now: DateTime<Utc>) -> Result<()> {
        let id = self.file.delivery.as_str();
        // Asked before each chunk, so that none comes after the sweep has removed the others.
        let alive = doc! {"_id": id, "state": State::Receiving.word()};
        let touched = self
            .store
            .collection::<FileDoc>(FILES)
            .update_one(alive, doc! {"$set": {"touched_at": when::bson(now)}})
            .await?;
        if touched.matched_count == 0 {
            return Err(gone(id));
        }
        let chunk = ChunkDoc {
            files_id: id.to_owned(),
            n: self.chunks,
            data: Binary {
                subtype: BinarySubtype::Generic,
                bytes: std::mem::replace(&mut self.rest, Vec::with_capacity(CHUNK)),
            },
        };
        self.store
            .collection::<ChunkDoc>(CHUNKS)
            .insert_one(chunk)
            .await?;
        self.chunks += 1;
        Ok(())
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let (store, id) = (self.store.clone(), self.file.delivery.to_string());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // A chunk may be on its way at this instant, so the document stays for the sweep.
                if let Err(error) = store.empty_file(&id).await {
                    tracing::warn!(file.id = %id, "an upload that broke off is left to the sweep: {error}");
                }
            });
        }
    }
}

/// A file whose bytes are all here and which cannot be found yet.
#[derive(Debug)]
pub struct Ended(Receiving);

impl Ended {
    /// What it is.
    pub fn file(&self) -> &StoredFile {
        &self.0.file
    }

    /// Removes everything of it.
    pub async fn abandon(self) -> Result<()> {
        self.0.abandon().await
    }

    /// The file, for whoever has made it complete.
    pub(super) fn kept(mut self) -> StoredFile {
        self.0.over = true;
        self.0.file.clone()
    }
}

fn gone(id: &str) -> Error {
    Error::Conflict {
        what: format!("the upload of file {id}"),
    }
}

impl Store {
    /// Begins to receive a file for a delivery that is to come. `Conflict` when one has begun
    /// under this id.
    pub async fn begin_file(
        &self,
        delivery: &DeliveryId,
        feed: &FeedId,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<Receiving> {
        let doc = FileDoc {
            id: delivery.to_string(),
            filename: name.to_owned(),
            length: 0,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_possible_wrap,
                reason = "a MiB"
            )]
            chunk_size: CHUNK as i32,
            upload_date: now,
            feed: feed.to_string(),
            state: State::Receiving,
            sha256: String::new(),
            touched_at: now,
        };
        match self.collection::<FileDoc>(FILES).insert_one(doc).await {
            Err(error) if is_duplicate_key(&error) => return Err(gone(delivery.as_str())),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        Ok(Receiving {
            store: self.clone(),
            file: StoredFile {
                delivery: delivery.clone(),
                feed: feed.clone(),
                name: name.to_owned(),
                bytes: 0,
                sha256: String::new(),
                received_at: now,
            },
            chunks: 0,
            rest: Vec::new(),
            hash: Sha256::new(),
            over: false,
        })
    }

    /// Makes a file complete: from here it can be found.
    pub async fn keep_file(&self, ended: Ended) -> Result<StoredFile> {
        let mut session = self.client.start_session().await?;
        self.complete_file(&mut session, ended.file()).await?;
        Ok(ended.kept())
    }

    /// The same as part of something larger; `Conflict` when the sweep took it for dead.
    pub(super) async fn complete_file(&self, session: &mut ClientSession, file: &StoredFile) -> Result<()> {
        let id = file.delivery.as_str();
        let at = when::bson(file.received_at);
        let complete = doc! {
            "state": State::Complete.word(),
            "length": i64::try_from(file.bytes).unwrap_or(i64::MAX),
            "sha256": &file.sha256,
            "uploadDate": at,
            "touched_at": at,
        };
        let done = self
            .collection::<FileDoc>(FILES)
            .update_one(
                doc! {"_id": id, "state": State::Receiving.word()},
                doc! {"$set": complete},
            )
            .session(session)
            .await?;
        if done.matched_count == 0 {
            return Err(gone(id));
        }
        Ok(())
    }

    /// Finds the file of a delivery in the scope; none when it was never kept here or has been
    /// swept.
    pub async fn find_file(&self, scope: &Scope, delivery: &DeliveryId) -> Result<Option<StoredFile>> {
        let complete = doc! {"_id": delivery.as_str(), "state": State::Complete.word()};
        let found = self.collection::<FileDoc>(FILES).find_one(complete).await?;
        Ok(found
            .map(StoredFile::from)
            .filter(|file| scope.covers(&file.feed.partner())))
    }

    /// Lists the files of a feed in the scope that are kept, the newest first.
    pub async fn list_files(&self, scope: &Scope, feed: &FeedId, limit: u32) -> Result<Vec<StoredFile>> {
        if !scope.covers(&feed.partner()) {
            return Ok(Vec::new());
        }
        let found: Vec<FileDoc> = self
            .collection(FILES)
            .find(doc! {"feed": feed.as_str(), "state": State::Complete.word()})
            .sort(doc! {"uploadDate": -1, "_id": -1})
            .limit(i64::from(limit))
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(StoredFile::from).collect())
    }

    /// Reads one piece of a file's bytes, of up to 1 MiB, counted from 0; none behind the last.
    pub async fn read_piece(&self, file: &StoredFile, place: u32) -> Result<Option<Vec<u8>>> {
        let found = self
            .collection::<ChunkDoc>(CHUNKS)
            .find_one(doc! {"files_id": file.delivery.as_str(), "n": place})
            .await?;
        Ok(found.map(|chunk| chunk.data.bytes))
    }

    /// Writes a file's bytes out. Holds a few MiB in memory, whatever its size.
    pub async fn copy_file(&self, file: &StoredFile, out: &mut (impl AsyncWrite + Unpin)) -> Result<()> {
        let broken = |what: String| Error::Corrupt(format!("file {}: {what}", file.delivery));
        let mut chunks = self
            .collection::<ChunkDoc>(CHUNKS)
            .find(doc! {"files_id": file.delivery.as_str()})
            .sort(doc! {"n": 1})
            .batch_size(READ_AHEAD)
            .await?;
        let (mut next, mut bytes) = (0, 0_u64);
        while let Some(chunk) = chunks.try_next().await? {
            if chunk.n != next {
                return Err(broken(format!("chunk {next} is missing")));
            }
            next += 1;
            bytes += chunk.data.bytes.len() as u64;
            out.write_all(&chunk.data.bytes)
                .await
                .map_err(|error| broken(format!("it could not be written out: {error}")))?;
        }
        if bytes != file.bytes {
            return Err(broken(format!("{bytes} of its {} bytes are here", file.bytes)));
        }
        out.flush()
            .await
            .map_err(|error| broken(format!("it could not be written out: {error}")))
    }

    /// Removes files that are older than `keep` and whose delivery is decided, uploads that have
    /// been silent for an hour, and what an earlier sweep left half-way. Gives their number.
    pub async fn sweep_files(&self, now: DateTime<Utc>, keep: TimeDelta) -> Result<u64> {
        let dead = when::bson(now - DEAD_AFTER);
        let left = doc! {"state": {"$ne": State::Complete.word()}, "touched_at": {"$lt": dead}};
        let mut swept = 0;
        for id in self.list_file_ids(vec![doc! {"$match": left}]).await? {
            self.remove_file(&id).await?;
            swept += 1;
        }
        let old = doc! {"state": State::Complete.word(), "uploadDate": {"$lt": when::bson(now - keep)}};
        let needed = doc! {"delivery.status": {"$in": ["queued", "processing", "held"]}};
        let outlived = vec![
            doc! {"$match": old},
            doc! {"$lookup": {"from": "deliveries", "localField": "_id", "foreignField": "_id", "as": "delivery"}},
            doc! {"$match": {"$nor": [needed]}},
        ];
        for id in self.list_file_ids(outlived).await? {
            self.remove_file(&id).await?;
            swept += 1;
        }
        Ok(swept)
    }

    async fn list_file_ids(&self, mut pipeline: Vec<Document>) -> Result<Vec<String>> {
        pipeline.push(doc! {"$project": {"_id": 1}});
        let found: Vec<Document> = self
            .collection::<Document>(FILES)
            .aggregate(pipeline)
            .await?
            .try_collect()
            .await?;
        Ok(found
            .iter()
            .filter_map(|d| d.get_str("_id").ok())
            .map(str::to_owned)
            .collect())
    }

    /// Removes a file's bytes, and hides it.
    async fn empty_file(&self, id: &str) -> Result<()> {
        self.collection::<FileDoc>(FILES)
            .update_one(doc! {"_id": id}, doc! {"$set": {"state": State::Leaving.word()}})
            .await?;
        self.collection::<ChunkDoc>(CHUNKS)
            .delete_many(doc! {"files_id": id})
            .await?;
        Ok(())
    }

    /// Removes the file of a delivery; the delivery stays.
    pub async fn drop_file(&self, delivery: &DeliveryId) -> Result<()> {
        self.remove_file(delivery.as_str()).await
    }

    async fn remove_file(&self, id: &str) -> Result<()> {
        self.empty_file(id).await?;
        self.collection::<FileDoc>(FILES)
            .delete_one(doc! {"_id": id})
            .await?;
        Ok(())
    }

    /// Counts the stored files, complete or not, and their chunks, for whoever proves that
    /// nothing dangles.
    pub async fn count_files(&self) -> Result<(u64, u64)> {
        let files = self.collection::<FileDoc>(FILES).count_documents(doc! {}).await?;
        let chunks = self
            .collection::<ChunkDoc>(CHUNKS)
            .count_documents(doc! {})
            .await?;
        Ok((files, chunks))
    }
}
