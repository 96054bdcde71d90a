//! Lends the right to change the rollups to one follower at a time, and keeps how far it has come.
//!
//! Both are one document, which every transaction on the rollups writes: a follower whose lease
//! has gone to another fails there, and no two transactions happen at once.

use crate::domain::ids::PartnerId;
use crate::server::store::{Result, Store, is_duplicate_key, to_bson, when};
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::{ChangeStreamEvent, ResumeToken};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The one document in `followers`.
const WHO: &str = "rollups";
/// Its field with the partners that a turn has brought something of.
const TOUCHED: &str = "touched";

/// The turns of the rollups as they are taken.
pub struct Turns {
    stream: ChangeStream<ChangeStreamEvent<Document>>,
}

impl std::fmt::Debug for Turns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turns").finish_non_exhaustive()
    }
}

impl Turns {
    /// Waits for a turn that brought something, and gives the partners whose entries it brought.
    /// None when there is no more to wait for: watch anew.
    pub async fn next(&mut self) -> Result<Option<BTreeSet<PartnerId>>> {
        let Some(event) = self.stream.next().await.transpose()? else {
            return Ok(None);
        };
        let touched = event
            .update_description
            .and_then(|update| {
                let touched = update.updated_fields.get_document(TOUCHED).ok()?;
                touched.get_array("partners").ok().cloned()
            })
            .unwrap_or_default();
        Ok(Some(
            touched
                .iter()
                .filter_map(|partner| partner.as_str())
                .map(PartnerId::new)
                .collect(),
        ))
    }
}

/// How far the log has been followed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The place in the change stream; none before the first.
    pub(super) token: Option<ResumeToken>,
    /// The last entry of the scan that comes before following: entries written while nobody
    /// followed.
    pub(super) scanned: Option<String>,
    /// Whether that scan has come to its end.
    pub(super) whole: bool,
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
#[derive(Debug, Clone)]
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
        let token = |token: &Option<ResumeToken>| to_bson(token);
        Ok(match self {
            Self::Begun(at) => doc! {"token": token(at)?, "scanned": Bson::Null, "whole": false},
            Self::Scanned(id) => doc! {"scanned": id},
            Self::Whole => doc! {"scanned": Bson::Null, "whole": true},
            Self::Followed(at) => doc! {"token": token(&Some(at.clone()))?},
            Self::Same => Document::new(),
        })
    }
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

    /// Renews the lease, leaves the mark, and gives the number of this turn, by which readers
    /// see what has changed. None when the lease is another's.
    pub(super) async fn take_turn(
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

    /// Says whose entries this turn has brought, for those who wait for that. The turn stands
    /// beside them: a change to what was there before would be no change, and nobody told of it.
    pub(super) async fn note_touched(
        &self,
        session: &mut ClientSession,
        turn: i64,
        partners: &BTreeSet<PartnerId>,
    ) -> Result<()> {
        let partners: Vec<&str> = partners.iter().map(PartnerId::as_str).collect();
        self.collection::<Document>("followers")
            .update_one(
                doc! {"_id": WHO},
                doc! {"$set": {TOUCHED: {"turn": turn, "partners": partners}}},
            )
            .session(session)
            .await?;
        Ok(())
    }

    /// Waits from now on for turns that bring something.
    pub async fn watch_turns(&self) -> Result<Turns> {
        let touched = format!("updateDescription.updatedFields.{TOUCHED}");
        let pipeline = [
            doc! {"$match": {"operationType": "update", "documentKey._id": WHO, touched.as_str(): {"$exists": true}}},
        ];
        let stream = self
            .collection::<Document>("followers")
            .watch()
            .pipeline(pipeline)
            .await?;
        Ok(Turns { stream })
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
}
