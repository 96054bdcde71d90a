//! Sets where the gates of a feed stand, with the log of who did and why.

use super::{Deed, Error, Result, Store, scope, to_bson, transaction};
use crate::domain::account::Scope;
use crate::domain::gate::Gates;
use crate::domain::ids::FeedId;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct GatesDoc {
    #[serde(default)]
    gates: Gates,
}

impl Store {
    /// Has the gates of a feed stand elsewhere from the next file on; the feed and the deed are
    /// written together or not at all. `Conflict` when they do not stand where the caller has
    /// `seen` them, or when there is no such feed in the scope.
    pub async fn set_gates(
        &self,
        scope: &Scope,
        feed: &FeedId,
        seen: &Gates,
        gates: &Gates,
        deed: &Deed,
    ) -> Result<()> {
        let query = scope::narrow(doc! {"_id": feed.as_str()}, scope, Some(&feed.partner()));
        let mut session = self.client.start_session().await?;
        session.start_transaction().await?;
        let found = self
            .collection::<GatesDoc>("feeds")
            .find_one(query.clone())
            .projection(doc! {"gates": 1})
            .session(&mut session)
            .await?;
        let mut moved = 0;
        if found.is_some_and(|found| found.gates == *seen) {
            let set = doc! {"$set": {"gates": to_bson(gates)?}};
            let written = self
                .collection::<Document>("feeds")
                .update_one(query, set)
                .session(&mut session)
                .await;
            moved = transaction::found(written)?;
        }
        if moved != 1 {
            session.abort_transaction().await.ok();
            return Err(Error::Conflict {
                what: format!("Where the gates of {feed} stand"),
            });
        }
        self.insert_deed_in(&mut session, deed).await?;
        session.commit_transaction().await?;
        Ok(())
    }
}
