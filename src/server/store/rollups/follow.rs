//! Keeps the rollups in step with the audit log, each entry exactly once.
//!
//! What an entry adds is remembered beside it (`rolled`), and one transaction changes that
//! memory, the buckets and the place in the change stream together. So an entry that is seen
//! twice, changed, or seen late adds the difference and nothing else, whoever wrote it, and a
//! follower may die at any instant. One follower works at a time: it holds a lease, and every
//! transaction of it fails when the lease has gone to another.

use super::lease::{Leave, Mark, Progress};
use super::share::{Changes, Share, bucket_key, field};
use crate::domain::delivery::Delivery;
use crate::server::store::deliveries::DeliveryDoc;
use crate::server::store::{Error, Result, Store, transaction, when};
use chrono::{DateTime, Utc};
use futures::stream::ReadyChunks;
use futures::{StreamExt, TryStreamExt};
use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::{ChangeStreamEvent, ResumeToken};
use std::collections::{BTreeMap, BTreeSet};

/// Entries rolled in one transaction.
pub(super) const BATCH: usize = 2_000;
/// Statements sent in one command.
const STATEMENTS: usize = 1_000;
/// The server's code for a place in the stream that its oplog has left behind.
const HISTORY_LOST: i32 = 286;

/// Entries of the log as they are written or changed.
pub struct Changed {
    chunks: ReadyChunks<ChangeStream<ChangeStreamEvent<Document>>>,
}

impl std::fmt::Debug for Changed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Changed").finish_non_exhaustive()
    }
}

impl Changed {
    /// Waits for changes, and gives the entries' ids and the place after them. None when the
    /// stream has ended or its place is lost: follow anew.
    pub async fn next(&mut self) -> Result<Option<(BTreeSet<String>, ResumeToken)>> {
        let Some(events) = self.chunks.next().await else {
            return Ok(None);
        };
        let mut ids = BTreeSet::new();
        let mut last = None;
        for event in events {
            match event {
                Ok(event) => {
                    ids.extend(
                        event
                            .document_key
                            .and_then(|key| key.get_str("_id").map(str::to_owned).ok()),
                    );
                    last = Some(event.id);
                }
                // What came before the error is worth keeping; the error comes again.
                Err(_) if last.is_some() => break,
                Err(error) if is_history_lost(&error) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(last.map(|token| (ids, token)))
    }
}

fn is_history_lost(error: &mongodb::error::Error) -> bool {
    matches!(error.kind.as_ref(), mongodb::error::ErrorKind::Command(c) if c.code == HISTORY_LOST)
}

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
        let interesting = [
            doc! {"$match": {"operationType": {"$in": ["insert", "update", "replace"]}}},
            doc! {"$project": {"operationType": 1, "documentKey": 1}},
        ];
        let deliveries = self.collection::<Document>("deliveries");
        if let Some(token) = progress.token.clone() {
            match deliveries
                .watch()
                .pipeline(interesting.clone())
                .resume_after(token)
                .await
            {
                Ok(stream) => return Ok((changed(stream), progress)),
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
        self.roll(leave, &BTreeSet::new(), &Mark::Begun(begun.token.clone()), now)
            .await?;
        Ok((changed(stream), begun))
    }

    /// The ids of the log's next entries after one, in the order of ids, and the mark they end at.
    pub async fn scan_deliveries(&self, progress: &Progress) -> Result<(BTreeSet<String>, Mark)> {
        let query = progress
            .scanned
            .as_ref()
            .map_or_else(Document::new, |last| doc! {"_id": {"$gt": last}});
        let found: Vec<Document> = self
            .collection::<Document>("deliveries")
            .find(query)
            .projection(doc! {"_id": 1})
            .sort(doc! {"_id": 1})
            .limit(i64::try_from(BATCH).unwrap_or(i64::MAX))
            .await?
            .try_collect()
            .await?;
        let ids: BTreeSet<String> = found
            .iter()
            .filter_map(|d| d.get_str("_id").ok())
            .map(str::to_owned)
            .collect();
        let mark = ids.last().map_or(Mark::Whole, |last| Mark::Scanned(last.clone()));
        Ok((ids, mark))
    }

    /// Rolls these entries as they stand now and leaves the mark. False when the right to do so
    /// has gone to another; nothing has changed then.
    pub async fn roll(
        &self,
        leave: &Leave,
        ids: &BTreeSet<String>,
        mark: &Mark,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut session = self.client.start_session().await?;
        for _ in 0..transaction::TRIES {
            session.start_transaction().await?;
            let rolled = self.roll_in(&mut session, leave, ids, mark, now).await;
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
        ids: &BTreeSet<String>,
        mark: &Mark,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let Some(turn) = self.take_turn(session, leave, mark, now).await? else {
            return Ok(false);
        };
        if ids.is_empty() {
            return Ok(true);
        }
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let named = doc! {"_id": {"$in": ids}};
        let mut entries = self
            .collection::<DeliveryDoc>("deliveries")
            .find(named.clone())
            .projection(doc! {"samples": 0})
            .session(&mut *session)
            .await?;
        let (mut shares, mut touched) = (BTreeMap::new(), BTreeSet::new());
        while let Some(entry) = entries.next(session).await.transpose()? {
            let delivery = Delivery::from(entry);
            shares.insert(delivery.id.to_string(), Share::of(&delivery));
            touched.insert(delivery.partner);
        }
        let mut remembered = self
            .collection::<Document>("rolled")
            .find(named)
            .session(&mut *session)
            .await?;
        let mut before = BTreeMap::new();
        while let Some(document) = remembered.next(session).await.transpose()? {
            let (id, share) = Share::read(&document)?;
            before.insert(id, share);
        }
        let mut sums = Changes::default();
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for (id, share) in shares {
            let old = before.get(&id);
            if old == share.as_ref() {
                continue;
            }
            if let Some(old) = old {
                sums.add(old, -1);
            }
            match (&share, old) {
                (Some(share), None) => new.push(share.document(&id)),
                (Some(share), Some(_)) => {
                    changed.push(doc! {"q": {"_id": &id}, "u": share.document(&id)});
                }
                // It was decided and is being applied again: nothing of it counts now.
                (None, _) => {
                    let nothing = doc! {"$set": {"parts": {}}};
                    changed.push(doc! {"q": {"_id": &id}, "u": nothing});
                }
            }
            if let Some(share) = &share {
                sums.add(share, 1);
            }
        }
        if !new.is_empty() {
            self.collection::<Document>("rolled")
                .insert_many(new)
                .session(&mut *session)
                .await?;
        }
        self.update_many_in(session, "rolled", changed).await?;
        let statements = sums
            .into_buckets()
            .map(|((feed, size, start), (partner, parts))| {
                let by: Document = parts
                    .iter()
                    .map(|(path, n)| (field(path), Bson::Int64(*n)))
                    .collect();
                doc! {
                    "q": {"_id": bucket_key(&feed, size, start)},
                    "u": {
                        "$inc": by,
                        "$set": {"turn": turn},
                        "$setOnInsert": {"feed": feed, "partner": partner, "size": size.word(), "start": when::bson(start)},
                    },
                    "upsert": true,
                }
            })
            .collect();
        self.update_many_in(session, "rollups", statements).await?;
        self.note_touched(session, turn, &touched).await?;
        Ok(true)
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

fn changed(stream: ChangeStream<ChangeStreamEvent<Document>>) -> Changed {
    Changed {
        chunks: stream.ready_chunks(BATCH),
    }
}
