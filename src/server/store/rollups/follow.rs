//! Keeps the rollups in step with the audit log, each entry exactly once.
//!
//! What an entry adds is remembered beside it (`rolled`), and one transaction changes that
//! memory, the buckets and the place in the change stream together. So an entry that is seen
//! twice, changed, or seen late adds the difference and nothing else, whoever wrote it, and a
//! follower may die at any instant. One follower works at a time: it holds a lease, and every
//! transaction of it fails when the lease has gone to another.
//!
//! An entry that is new is rolled as it was when it was seen, without reading it once more: had it
//! changed since, that change is seen next. One that was rolled before is always read anew.

use super::lease::{Leave, Mark, Progress};
use super::share::{Changes, Parts, Share, bucket_key, field, fields_of};
use crate::domain::delivery::Delivery;
use crate::domain::ids::PartnerId;
use crate::domain::rollup::BucketSize;
use crate::server::store::deliveries::DeliveryDoc;
use crate::server::store::{Error, Result, Store, transaction, when};
use chrono::{DateTime, Utc};
use futures::StreamExt;
use mongodb::ClientSession;
use mongodb::bson::{self, Bson, Document, RawDocumentBuf, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::{ChangeStreamEvent, ResumeToken};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Entries rolled in one transaction.
pub(super) const BATCH: usize = 5_000;
/// Statements sent in one command.
const STATEMENTS: usize = 1_000;
/// Events that are read ahead while others are rolled, in pieces of at most [`PIECE`].
const AHEAD: usize = 8;
const PIECE: usize = 1_000;
/// The server's code for a place in the stream that its oplog has left behind.
const HISTORY_LOST: i32 = 286;

/// Entries of the log that are to be rolled: by their ids, each as it was seen, or none where it
/// is to be read.
#[derive(Debug, Default)]
pub struct Entries(BTreeMap<String, Option<Seen>>);

/// An entry as far as rolling it asks.
#[derive(Debug, Clone)]
struct Seen {
    partner: PartnerId,
    /// What it adds; none while nothing of it is final.
    share: Option<Share>,
}

impl Seen {
    fn of(entry: DeliveryDoc) -> Self {
        let delivery = Delivery::from(entry);
        Self {
            share: Share::of(&delivery),
            partner: delivery.partner,
        }
    }
}

impl Entries {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what an event tells of: one that is told of twice has changed, and is read.
    fn put(&mut self, id: String, seen: Option<Seen>) {
        self.0.entry(id).and_modify(|known| *known = None).or_insert(seen);
    }

    /// Takes in what was told later.
    fn extend(&mut self, later: Self) {
        for (id, seen) in later.0 {
            self.put(id, seen);
        }
    }
}

/// What a piece of the stream told: entries, and the place after them.
type Told = Result<Option<(Entries, ResumeToken)>>;

/// Entries of the log as they are written or changed.
pub struct Changed {
    told: mpsc::Receiver<Told>,
    /// What came with entries that were wanted, and is not to be joined to them.
    then: Option<Told>,
    _reading: AbortOnDropHandle<()>,
}

impl std::fmt::Debug for Changed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Changed").finish_non_exhaustive()
    }
}

impl Changed {
    /// Reads ahead in the stream from now on.
    fn of(stream: ChangeStream<ChangeStreamEvent<RawDocumentBuf>>) -> Self {
        let (tell, told) = mpsc::channel(AHEAD);
        let reading = tokio::spawn(async move {
            let mut pieces = stream.ready_chunks(PIECE);
            while let Some(events) = pieces.next().await {
                let read = read(events);
                let is_last = !matches!(read, Ok(Some(_)));
                if tell.send(read).await.is_err() || is_last {
                    return;
                }
            }
        });
        Self {
            told,
            then: None,
            _reading: AbortOnDropHandle::new(reading),
        }
    }

    /// Waits for changes, and gives the entries and the place after them. None when the stream
    /// has ended or its place is lost: follow anew. Waiting may be cut off; nothing is lost by it.
    pub async fn next(&mut self) -> Told {
        let first = match self.then.take() {
            Some(told) => told,
            None => self.told.recv().await.unwrap_or(Ok(None)),
        };
        let Some((mut entries, mut place)) = first? else {
            return Ok(None);
        };
        while entries.0.len() + PIECE <= BATCH {
            match self.told.try_recv() {
                Ok(Ok(Some((more, later)))) => {
                    entries.extend(more);
                    place = later;
                }
                Ok(other) => {
                    self.then = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        Ok(Some((entries, place)))
    }
}

/// Reads what some events tell.
fn read(events: Vec<mongodb::error::Result<ChangeStreamEvent<RawDocumentBuf>>>) -> Told {
    let mut entries = Entries::default();
    let mut last = None;
    for event in events {
        match event {
            Ok(event) => {
                let id = event
                    .document_key
                    .and_then(|key| key.get_str("_id").map(str::to_owned).ok());
                let seen = event.full_document.and_then(|entry| {
                    let entry: DeliveryDoc = bson::deserialize_from_slice(entry.as_bytes()).ok()?;
                    Some(Seen::of(entry))
                });
                if let Some(id) = id {
                    entries.put(id, seen);
                }
                last = Some(event.id);
            }
            // What came before the error is worth keeping; the error comes again.
            Err(_) if last.is_some() => break,
            Err(error) if is_history_lost(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(last.map(|place| (entries, place)))
}

fn is_history_lost(error: &mongodb::error::Error) -> bool {
    matches!(error.kind.as_ref(), mongodb::error::ErrorKind::Command(c) if c.code == HISTORY_LOST)
}

/// What is to be added to one bucket: feed, size and start, the partner, the parts.
type Sum = ((String, BucketSize, DateTime<Utc>), String, Parts);

impl Store {
    /// Follows the log from where progress left off. When that place is lost, or there is none
    /// yet, the stream begins now and the log has to be scanned: [`Progress::is_whole`] of what
    /// comes back says so.
    pub async fn follow_deliveries(
        &self,
        leave: &Leave,
        progress: Progress,
        now: DateTime<Utc>,
    ) -> Result<(Changed, Progress)> {
        // That the issues of its feed know of an entry changes nothing of it.
        let folded = doc! {"operationType": "update", "updateDescription.updatedFields": {"folded": true}};
        let interesting = [
            doc! {"$match": {
                "operationType": {"$in": ["insert", "update", "replace"]},
                "$nor": [folded],
            }},
            doc! {"$project": {"ns": 0, "updateDescription": 0, "fullDocument.samples": 0}},
        ];
        let deliveries = self.collection::<RawDocumentBuf>("deliveries");
        if let Some(token) = progress.token.clone() {
            match deliveries
                .watch()
                .pipeline(interesting.clone())
                .resume_after(token)
                .await
            {
                Ok(stream) => return Ok((Changed::of(stream), progress)),
                Err(error) if is_history_lost(&error) => {
                    tracing::warn!(
                        "the log's changes reach less far back than the rollups do; reading the whole log"
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
        let stream = deliveries.watch().pipeline(interesting).await?;
        let begun = Progress {
            token: stream.resume_token(),
            ..Progress::default()
        };
        self.roll(leave, &Entries::default(), &Mark::Begun(begun.token.clone()), now)
            .await?;
        Ok((Changed::of(stream), begun))
    }

    /// The log's next entries after one, in the order of ids, and the mark they end at.
    pub async fn scan_deliveries(&self, progress: &Progress) -> Result<(Entries, Mark)> {
        let query = progress
            .scanned
            .as_ref()
            .map_or_else(Document::new, |last| doc! {"_id": {"$gt": last}});
        let mut found = self
            .collection::<RawDocumentBuf>("deliveries")
            .find(query)
            .projection(doc! {"samples": 0})
            .sort(doc! {"_id": 1})
            .limit(i64::try_from(BATCH).unwrap_or(i64::MAX))
            .batch_size(u32::try_from(BATCH).unwrap_or(u32::MAX))
            .await?;
        let mut entries = Entries::default();
        while found.advance().await? {
            let raw = found.current();
            let id = raw.get_str("_id").map_err(|e| Error::Corrupt(e.to_string()))?;
            let entry = bson::deserialize_from_slice(raw.as_bytes()).ok();
            entries.put(id.to_owned(), entry.map(Seen::of));
        }
        let last = entries.0.last_key_value();
        let mark = last.map_or(Mark::Whole, |(last, _)| Mark::Scanned(last.clone()));
        Ok((entries, mark))
    }

    /// Rolls these entries and leaves the mark. False when the right to do so has gone to
    /// another; nothing has changed then.
    pub async fn roll(
        &self,
        leave: &Leave,
        entries: &Entries,
        mark: &Mark,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let rolled = self.roll_in(&mut session, leave, entries, mark, now).await;
            if let Some(rolled) = transaction::end(&mut session, rolled).await? {
                return Ok(rolled);
            }
        }
        Err(Error::Conflict {
            what: "the rollups".to_owned(),
        })
    }

    async fn roll_in(
        &self,
        session: &mut ClientSession,
        leave: &Leave,
        entries: &Entries,
        mark: &Mark,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let Some(turn) = self.take_turn(session, leave, mark, now).await? else {
            return Ok(false);
        };
        if entries.is_empty() {
            return Ok(true);
        }
        let before = self.remembered_in(session, entries).await?;
        let anew: Vec<&str> = entries
            .0
            .iter()
            .filter(|(id, seen)| seen.is_none() || before.contains_key(*id))
            .map(|(id, _)| id.as_str())
            .collect();
        let anew = self.seen_in(session, &anew).await?;
        let seen = entries
            .0
            .iter()
            .filter_map(|(id, seen)| Some((id, anew.get(id).or(seen.as_ref())?)));
        let mut sums = Changes::default();
        let mut touched = BTreeSet::new();
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for (id, entry) in seen {
            touched.insert(entry.partner.clone());
            let (old, share) = (before.get(id), entry.share.as_ref());
            if old == share {
                continue;
            }
            if let Some(old) = old {
                sums.add(old, -1);
            }
            match (share, old) {
                (Some(share), None) => new.push(share.document(id)),
                (Some(share), Some(_)) => {
                    changed.push(doc! {"q": {"_id": id}, "u": share.document(id)});
                }
                // It was decided and is being applied again: nothing of it counts now.
                (None, _) => {
                    let nothing = doc! {"$set": {"parts": ""}};
                    changed.push(doc! {"q": {"_id": id}, "u": nothing});
                }
            }
            if let Some(share) = share {
                sums.add(share, 1);
            }
        }
        self.insert_many_in(session, "rolled", new).await?;
        self.update_many_in(session, "rolled", changed).await?;
        self.add_in(session, turn, sums).await?;
        self.note_touched(session, turn, &touched).await?;
        Ok(true)
    }

    /// What these entries have added already.
    async fn remembered_in(
        &self,
        session: &mut ClientSession,
        entries: &Entries,
    ) -> Result<BTreeMap<String, Share>> {
        let ids: Vec<&str> = entries.0.keys().map(String::as_str).collect();
        let mut found = self
            .collection::<Document>("rolled")
            .find(doc! {"_id": {"$in": ids}})
            .session(&mut *session)
            .await?;
        let mut remembered = BTreeMap::new();
        while let Some(document) = found.next(session).await.transpose()? {
            let (id, share) = Share::read(&document)?;
            remembered.insert(id, share);
        }
        Ok(remembered)
    }

    /// These entries as they stand.
    async fn seen_in(&self, session: &mut ClientSession, ids: &[&str]) -> Result<BTreeMap<String, Seen>> {
        let mut seen = BTreeMap::new();
        if ids.is_empty() {
            return Ok(seen);
        }
        let mut found = self
            .collection::<DeliveryDoc>("deliveries")
            .find(doc! {"_id": {"$in": ids}})
            .projection(doc! {"samples": 0})
            .session(&mut *session)
            .await?;
        while let Some(entry) = found.next(session).await.transpose()? {
            seen.insert(entry.id().to_owned(), Seen::of(entry));
        }
        Ok(seen)
    }

    /// Adds sums to their buckets. One that is not there yet is written whole, which costs a tenth
    /// of having its figures added to nothing one by one.
    async fn add_in(&self, session: &mut ClientSession, turn: i64, sums: Changes) -> Result<()> {
        let sums: Vec<(String, Sum)> = sums
            .into_buckets()
            .map(|(of, (partner, parts))| (bucket_key(&of.0, of.1, of.2), (of, partner, parts)))
            .collect();
        let there = self.buckets_there_in(session, &sums).await?;
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for (key, ((feed, size, start), partner, parts)) in sums {
            if there.contains(&key) {
                let by: Document = parts
                    .iter()
                    .map(|(path, n)| (field(path), Bson::Int64(*n)))
                    .collect();
                changed.push(doc! {"q": {"_id": key}, "u": {"$inc": by, "$set": {"turn": turn}}});
            } else {
                let mut bucket = doc! {
                    "_id": key,
                    "feed": feed,
                    "partner": partner,
                    "size": size.word(),
                    "start": when::bson(start),
                    "turn": turn,
                };
                bucket.extend(fields_of(&parts));
                new.push(bucket);
            }
        }
        self.insert_many_in(session, "rollups", new).await?;
        self.update_many_in(session, "rollups", changed).await
    }

    /// Which of these buckets there are.
    async fn buckets_there_in(
        &self,
        session: &mut ClientSession,
        sums: &[(String, Sum)],
    ) -> Result<HashSet<String>> {
        let keys: Vec<&str> = sums.iter().map(|(key, _)| key.as_str()).collect();
        let mut found = self
            .collection::<Document>("rollups")
            .find(doc! {"_id": {"$in": keys}})
            .projection(doc! {"_id": 1})
            .session(&mut *session)
            .await?;
        let mut there = HashSet::new();
        while let Some(bucket) = found.next(session).await.transpose()? {
            there.extend(bucket.get_str("_id").map(str::to_owned));
        }
        Ok(there)
    }

    async fn insert_many_in(
        &self,
        session: &mut ClientSession,
        collection: &str,
        documents: Vec<Document>,
    ) -> Result<()> {
        if !documents.is_empty() {
            self.collection::<Document>(collection)
                .insert_many(documents)
                .session(session)
                .await?;
        }
        Ok(())
    }

    /// Sends updates, several in a command.
    pub(in crate::server::store) async fn update_many_in(
        &self,
        session: &mut ClientSession,
        collection: &str,
        statements: Vec<Document>,
    ) -> Result<()> {
        for some in statements.chunks(STATEMENTS) {
            let command = doc! {"update": collection, "updates": some.to_vec(), "ordered": false};
            let answer = self.db.run_command(command).session(&mut *session).await?;
            if let Ok(errors) = answer.get_array("writeErrors") {
                return Err(Error::Corrupt(format!("{collection}: {errors:?}")));
            }
        }
        Ok(())
    }
}
