//! Names the places of held records in their lists, and keeps them in step with what a record is.
//!
//! A record stands in the list of its state, of its feed in that state, and of each rule that it
//! failed, of its partner in that state. It carries the names of these lists in one field,
//! `places`, so that one index (`places, _id`) answers all of them in the order of ids, and a
//! change of state changes one index and not one for each kind of list: what a transaction pays
//! for an update grows with the number of a collection's indexes, and faster than it.
//!
//! | list | name |
//! |---|---|
//! | a state | `quarantined` |
//! | a feed | `quarantined/acme/main` |
//! | a rule, of a partner | `quarantined/acme PRICE_ZERO` |
//!
//! Whatever changes a record's feed, state or codes sets its places in the same update. Records of
//! an earlier version, which have none, are given theirs when the database is made ready.

use super::issues::Waiting;
use super::{Result, Store};
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::quarantine::State;
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::options::Hint;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Records that are given their places together.
const PLACED_TOGETHER: u64 = 20_000;
/// Indexes of earlier versions, which places have taken over from.
const BEFORE: [&str; 6] = [
    "feed_1_key_1_state_1",
    "delivery_1__id_-1",
    "state_1_partner_1__id_-1",
    "state_1__id_-1",
    "partner_1_state_1_codes_1__id_-1",
    "feed_1_state_1__id_1",
];

/// The index on places.
pub(super) fn index() -> Document {
    doc! {"places": 1, "_id": -1}
}

/// The same, for the database to take no other.
pub(super) fn hint() -> Hint {
    Hint::Keys(index())
}

/// The list of a state.
pub(super) fn of_state(state: State) -> String {
    state.word().to_owned()
}

/// The list of a feed in a state.
pub(super) fn of_feed(feed: &FeedId, state: State) -> String {
    format!("{}/{feed}", state.word())
}

/// The list of a rule that records of a partner in a state failed.
pub(super) fn of_code(partner: &PartnerId, code: &str, state: State) -> String {
    // No id of a partner has a space in it.
    format!("{}/{partner} {code}", state.word())
}

/// All places of a record.
pub(super) fn of(feed: &FeedId, state: State, codes: &[String]) -> Vec<String> {
    let partner = feed.partner();
    let codes = codes.iter().map(|code| of_code(&partner, code, state));
    [of_state(state), of_feed(feed, state)]
        .into_iter()
        .chain(codes)
        .collect()
}

/// The lists of a feed in these states, as a query asks for them.
pub(super) fn in_feed(feed: &FeedId, states: &[State]) -> Document {
    let places: Vec<String> = states.iter().map(|state| of_feed(feed, *state)).collect();
    doc! {"$in": places}
}

/// What a pipeline of an update sets places to, of the record as the stages before left it.
fn worked_out() -> Document {
    let code = doc! {"$concat": ["$state", "/", "$partner", " ", "$$code"]};
    doc! {"$concatArrays": [
        ["$state", {"$concat": ["$state", "/", "$feed"]}],
        {"$map": {"input": {"$ifNull": ["$codes", []]}, "as": "code", "in": code}},
    ]}
}

/// What finds the records whose places are not what they should be, or that have none.
fn misplaced() -> Document {
    doc! {"$expr": {"$ne": ["$places", worked_out()]}}
}

#[derive(Deserialize)]
struct Misplaced {
    #[serde(rename = "_id")]
    feed: String,
    records: u64,
}

/// An update that moves each record to a state and sets more of it, where nobody has read the
/// records.
pub(super) fn moving(to: State, mut set: Document) -> Vec<Document> {
    set.insert("state", to.word());
    vec![doc! {"$set": set}, doc! {"$set": {"places": worked_out()}}]
}

/// Records that go to a state together, by the places that they have there.
#[derive(Debug, Default)]
pub(super) struct Placed(BTreeMap<Vec<String>, Vec<String>>);

impl Placed {
    /// Adds a record as it is after its move.
    pub fn add(&mut self, after: &Waiting) {
        let of_places = self.0.entry(after.places()).or_default();
        of_places.push(after.id().to_owned());
    }

    /// The updates that set its places in each record, and change more of it.
    pub fn updates(&self, change: &Document) -> Vec<Document> {
        let update = |(places, ids): (&Vec<String>, &Vec<String>)| {
            let change = with_places(change.clone(), places);
            doc! {"q": {"_id": {"$in": ids}}, "u": change, "multi": true}
        };
        self.0.iter().map(update).collect()
    }
}

/// A change that sets the places of a record as well.
pub(super) fn with_places(mut change: Document, places: &[String]) -> Document {
    let mut set = change.get_document("$set").cloned().unwrap_or_default();
    set.insert("places", places);
    change.insert("$set", set);
    change
}

impl Store {
    /// Moves records, which were read in the same transaction, to the state that they have in
    /// `placed`, and sets more of each.
    pub(super) async fn move_placed_in(
        &self,
        session: &mut ClientSession,
        placed: &Placed,
        to: State,
        mut set: Document,
    ) -> Result<()> {
        set.insert("state", to.word());
        let updates = placed.updates(&doc! {"$set": set});
        self.update_many_in(session, "quarantine", updates).await
    }

    /// Makes the index on places, gives theirs to the records that have none or others, and drops the
    /// indexes that were there before. What is ended half-way goes on with the next start.
    pub(super) async fn index_places(&self) -> Result<()> {
        let held = self.quarantine();
        let names = held.list_index_names().await?;
        let is_there = |name: &&str| names.iter().any(|there| there == name);
        let before: Vec<&str> = BEFORE.into_iter().filter(is_there).collect();
        // Whoever made those indexes, or wrote without this one, knew nothing of places.
        if !before.is_empty() || !is_there(&"places_1__id_-1") {
            let placed = self.mend_places().await?;
            if placed > 0 {
                tracing::info!(records = placed, "named the places of held records");
            }
        }
        self.index("quarantine", &[index(), doc! {"item_id": 1, "_id": -1}])
            .await?;
        for unused in before {
            self.drop_index("quarantine", unused).await?;
        }
        Ok(())
    }

    /// Gives every record the places that its state and codes say, so many at a time, in the order of
    /// their ids; how many had none or others. Reads every record.
    pub async fn mend_places(&self) -> Result<u64> {
        let (mut last, mut placed) = (String::new(), 0);
        loop {
            let next = self
                .collection::<Document>("quarantine")
                .find_one(doc! {"_id": {"$gt": &last}})
                .projection(doc! {"_id": 1})
                .sort(doc! {"_id": 1})
                .skip(PLACED_TOGETHER)
                .await?;
            let until = next.as_ref().and_then(|next| next.get_str("_id").ok());
            let mut ids = doc! {"$gt": &last};
            ids.extend(until.map(|until| ("$lte".to_owned(), until.into())));
            let mut some = misplaced();
            some.insert("_id", ids);
            let placing = vec![doc! {"$set": {"places": worked_out()}}];
            placed += self.quarantine().update_many(some, placing).await?.modified_count;
            let Some(until) = until else { return Ok(placed) };
            until.clone_into(&mut last);
        }
    }

    /// Counts the records of each feed that stand in other lists than their state and codes say.
    /// Reads every record: for proofs, not for pages.
    pub async fn count_misplaced(&self) -> Result<BTreeMap<FeedId, u64>> {
        let stages = [
            doc! {"$match": misplaced()},
            doc! {"$group": {"_id": "$feed", "records": {"$sum": 1_i64}}},
        ];
        let held = self.collection::<Document>("quarantine");
        let mut found = held.aggregate(stages).with_type::<Misplaced>().await?;
        let mut counts = BTreeMap::new();
        while let Some(Misplaced { feed, records }) = found.try_next().await? {
            counts.insert(FeedId::new(feed), records);
        }
        Ok(counts)
    }

    /// Whether a feed has any held record.
    pub(super) async fn has_held(&self, feed: &FeedId) -> Result<bool> {
        let found = self
            .collection::<Document>("quarantine")
            .find_one(doc! {"places": in_feed(feed, &State::ALL)})
            .projection(doc! {"_id": 1})
            .hint(hint())
            .await?;
        Ok(found.is_some())
    }
}
