//! Sets held records aside for newer versions of the same products, and their issues right with
//! them.

use super::issues::Moves;
use super::places::{self, Placed};
use super::quarantine::states_before;
use super::{Error, Result, Store, held_way, transaction};
use crate::domain::ids::{DeliveryId, FeedId};
use crate::domain::quarantine::{Move, State};
use mongodb::ClientSession;
use mongodb::bson::{RawDocumentBuf, doc};

/// Keys of held records read together.
const READ_TOGETHER: u32 = 10_000;
/// Held records set aside together.
const SUPERSEDED_TOGETHER: usize = 2000;

impl Store {
    /// Lets records of earlier deliveries, which still wait for somebody, give way to a newer
    /// version of the same products: those whose key `is_newer` knows.
    pub async fn supersede_held(
        &self,
        feed: &FeedId,
        by: &DeliveryId,
        is_newer: impl Fn(&str) -> bool,
    ) -> Result<()> {
        let query = doc! {
            "places": places::in_feed(feed, &State::before(Move::Supersede)),
            "delivery": {"$ne": by.as_str()},
        };
        let mut found = self
            .collection::<RawDocumentBuf>("quarantine")
            .find(query)
            .projection(doc! {"key": 1})
            .hint(places::hint())
            .batch_size(READ_TOGETHER)
            .await?;
        let mut ids = Vec::new();
        while found.advance().await? {
            let corrupt = |error: mongodb::bson::error::Error| Error::Corrupt(error.to_string());
            let raw = found.current();
            if is_newer(raw.get_str("key").map_err(corrupt)?) {
                ids.push(raw.get_str("_id").map_err(corrupt)?.to_owned());
            }
            if ids.len() >= SUPERSEDED_TOGETHER {
                self.supersede_records(&std::mem::take(&mut ids), by).await?;
            }
        }
        self.supersede_records(&ids, by).await
    }

    /// Sets records aside, and their issues right, both or neither.
    async fn supersede_records(&self, ids: &[String], by: &DeliveryId) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let done = self.supersede_in(&mut session, ids, by).await;
            if transaction::end(&mut session, done).await?.is_some() {
                return Ok(());
            }
        }
        Err(Error::Conflict {
            what: format!("what delivery {by} replaces"),
        })
    }

    async fn supersede_in(&self, session: &mut ClientSession, ids: &[String], by: &DeliveryId) -> Result<()> {
        // The states again, for somebody may have acted since they were listed.
        let query = doc! {"_id": {"$in": ids}, "state": {"$in": states_before(Move::Supersede)}};
        let (mut moves, mut placed) = (Moves::default(), Placed::default());
        for before in self.find_waiting_in(session, query).await? {
            let after = before.after(State::Superseded, None);
            moves.add(&before, &after);
            placed.add(&after);
        }
        let set = doc! {"superseded_by": by.as_str()};
        self.move_placed_in(session, &placed, State::Superseded, set)
            .await?;
        self.move_issues_in(session, &moves).await
    }

    /// The same for everything that one delivery held that was never decided. What waits for its
    /// issues is counted anew when the delivery `by` is.
    pub(super) async fn supersede_delivery(&self, id: &DeliveryId, by: &DeliveryId) -> Result<()> {
        let query = doc! {"_id": held_way::ids_of(id), "state": {"$in": states_before(Move::Supersede)}};
        let change = places::moving(State::Superseded, doc! {"superseded_by": by.as_str()});
        self.quarantine().update_many(query, change).await?;
        Ok(())
    }
}
