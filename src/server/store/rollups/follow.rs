//! Keeps the rollups in step with the audit log, each entry exactly once.
//!
//! What an entry adds is remembered beside it (`rolled`), and one transaction changes that
//! memory, the buckets and the place in the change stream together. So an entry that is seen
//! twice, changed, or seen late adds the difference and nothing else, whoever wrote it, and a
//! follower may die at any instant. One follower works at a time: it holds a lease, and every
//! transaction of it fails when the lease has gone to another.

use super::share::{Changes, Share, bucket_key, field};
use crate::domain::delivery::Delivery;
use crate::server::store::deliveries::DeliveryDoc;
use crate::server::store::{Error, Result, Store, is_duplicate_key, when};
use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::ReadyChunks;
use futures::{StreamExt, TryStreamExt};
use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::{ChangeStreamEvent, ResumeToken};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Entries rolled in one transaction.
pub(super) const BATCH: usize = 2_000;
/// Statements sent in one command.
const STATEMENTS: usize = 1_000;
/// The one document in `followers`.
const WHO: &str = "rollups";
/// The server's code for a place in the stream that its oplog has left behind.
const HISTORY_LOST: i32 = 286;

/// How far the log has been followed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The place in the change stream; none before the first.
    token: Option<ResumeToken>,
    /// The last entry of the scan that comes before following: entries written while nobody
    /// followed.
    scanned: Option<String>,
    /// Whether that scan has come to its end.
    whole: bool,
}

impl Progress {
    /// Whether every entry that was there before following began has been rolled.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Takes note of a mark that has been left.
    pub fn note(&mut self, mark: Mark) {
        match mark {
            Mark::Begun(token) => {
                *self = Self {
                    token,
                    ..Self::default()
                }
            }
            Mark::Scanned(id) => self.scanned = Some(id),
            Mark::Whole => self.whole = true,
            Mark::Followed(token) => self.token = Some(token),
            Mark::Same => {}
        }
    }

    /// Forgets the scan, so that it begins at the first entry.
    pub fn begin_again(&mut self) {
        self.scanned = None;
        self.whole = false;
    }
}

/// The right to change the rollups, for as long as the lease is renewed.
#[derive(Debug, Clone)]
pub struct Leave {
    /// Who has it.
    pub owner: String,
    /// How long each step renews it for.
    pub length: TimeDelta,
}

/// Where a step leaves off.
#[derive(Debug)]
pub enum Mark {
    /// At this place in the stream, with a scan of the log still to be done.
    Begun(Option<ResumeToken>),
    /// The scan has come to this entry.
    Scanned(String),
    /// The scan has come to its end.
    Whole,
    /// At this place in the stream.
    Followed(ResumeToken),
    /// Where it was.
    Same,
}

impl Mark {
    fn change(&self) -> Result<Document> {
        let token = |token: &Option<ResumeToken>| {
            mongodb::bson::serialize_to_bson(token).map_err(|e| Error::Corrupt(e.to_string()))
        };
        Ok(match self {
            Self::Begun(at) => doc! {"token": token(at)?, "scanned": Bson::Null, "whole": false},
            Self::Scanned(id) => doc! {"scanned": id},
            Self::Whole => doc! {"scanned": Bson::Null, "whole": true},
            Self::Followed(at) => doc! {"token": token(&Some(at.clone()))?},
            Self::Same => Document::new(),
        })
    }
}

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
    /// Asks for the right to change the rollups, or renews it; none while another has it.
    pub async fn lead_rollups(&self, leave: &Leave, now: DateTime<Utc>) -> Result<Option<Progress>> {
        let free = doc! {"_id": WHO, "$or": [{"owner": &leave.owner}, {"until": {"$lte": when::bson(now)}}]};
        let mine = doc! {"$set": {"owner": &leave.owner, "until": when::bson(now + leave.length)}};
        let found = self
            .collection::<Progress>("followers")
            .find_one_and_update(free, mine)
            .upsert(true)
            .return_document(ReturnDocument::After)
            .await;
        match found {
            Ok(progress) => Ok(Some(progress.unwrap_or_default())),
            // It is there and another's.
            Err(error) if is_duplicate_key(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// How far following has come and who does it; none before the first.
    pub(super) async fn follower_state(&self) -> Result<Option<Document>> {
        let found = self
            .collection::<Document>("followers")
            .find_one(doc! {"_id": WHO})
            .projection(doc! {"turn": 1, "until": 1})
            .await?;
        Ok(found)
    }

    /// Gives the right back.
    pub async fn leave_rollups(&self, leave: &Leave, now: DateTime<Utc>) -> Result<()> {
        self.collection::<Document>("followers")
            .update_one(
                doc! {"_id": WHO, "owner": &leave.owner},
                doc! {"$set": {"until": when::bson(now)}},
            )
            .await?;
        Ok(())
    }

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
        // As in `replaying`: the driver's convenience cannot borrow over its retries.
        for _ in 0..20 {
            session.start_transaction().await?;
            match self.roll_in(&mut session, leave, ids, mark, now).await {
                Ok(false) => {
                    session.abort_transaction().await.ok();
                    return Ok(false);
                }
                Ok(true) => match session.commit_transaction().await {
                    Ok(()) => return Ok(true),
                    Err(error) if is_transient(&error) => {}
                    Err(error) => return Err(error.into()),
                },
                Err(Error::Database(error)) if is_transient(&error) => {
                    session.abort_transaction().await.ok();
                }
                Err(error) => {
                    session.abort_transaction().await.ok();
                    return Err(error);
                }
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
        let mut shares = BTreeMap::new();
        while let Some(entry) = entries.next(session).await.transpose()? {
            let delivery = Delivery::from(entry);
            shares.insert(delivery.id.to_string(), Share::of(&delivery));
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
        Ok(true)
    }

    /// Renews the lease, leaves the mark, and gives the number of this turn, by which readers
    /// see what has changed. None when the lease is another's.
    async fn take_turn(
        &self,
        session: &mut ClientSession,
        leave: &Leave,
        mark: &Mark,
        now: DateTime<Utc>,
    ) -> Result<Option<i64>> {
        let mut set = mark.change()?;
        set.insert("until", when::bson(now + leave.length));
        let mine = doc! {"_id": WHO, "owner": &leave.owner};
        self.turn(session, mine, doc! {"$set": set}).await
    }

    /// The same for one who follows nothing and changes the rollups between two turns of the
    /// follower: both write the one document, so no two of them happen at once.
    pub(super) async fn take_turn_between(&self, session: &mut ClientSession) -> Result<i64> {
        let turn = self.turn(session, doc! {"_id": WHO}, Document::new()).await?;
        Ok(turn.unwrap_or(0))
    }

    async fn turn(
        &self,
        session: &mut ClientSession,
        who: Document,
        mut change: Document,
    ) -> Result<Option<i64>> {
        change.insert("$inc", doc! {"turn": 1_i64});
        let turned = self
            .collection::<Document>("followers")
            .find_one_and_update(who, change)
            .return_document(ReturnDocument::After)
            .session(session)
            .await?;
        Ok(turned.map(|t| t.get_i64("turn").unwrap_or(0)))
    }

    /// Sends updates, several in a command.
    pub(super) async fn update_many_in(
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

pub(super) fn is_transient(error: &mongodb::error::Error) -> bool {
    error.contains_label(mongodb::error::TRANSIENT_TRANSACTION_ERROR)
        || error.contains_label(mongodb::error::UNKNOWN_TRANSACTION_COMMIT_RESULT)
}
