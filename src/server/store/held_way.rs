//! Finds the way through held records: a query that one index answers in the order of ids, so that
//! a page costs what it shows, however many records there are.
//!
//! | asked for | index |
//! |---|---|
//! | a product id | `item_id, _id` |
//! | a delivery, whose id its records' ids begin with | `feed, state, _id` |
//! | a feed | `feed, state, _id` |
//! | a rule | `partner, state, codes, _id`, of the partners that have one |
//! | a partner or a state | `state, partner, _id`, of the partners that have one |
//! | anything | `_id` |
//!
//! Where several partners or states are asked for, the database goes through each and merges them
//! by id; of more than [`MERGED`] it would sort instead, and then all go by `_id`.

use super::quarantine::{held_query, set_feed};
use super::{Result, Store};
use crate::domain::account::Scope;
use crate::domain::ids::{DeliveryId, FeedId};
use crate::domain::quarantine::State;
use crate::domain::query::{QuarantineFilter, StateFilter};
use mongodb::bson::{Document, doc};
use mongodb::options::Hint;
use serde::Deserialize;

/// Runs of an index that the database merges at most (its `internalQueryMaxScansToExplode`).
const MERGED: usize = 200;

/// A way: the query and the index that answers it.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub query: Document,
    index: Document,
}

#[derive(Deserialize)]
struct OfFeed {
    feed: String,
}

impl Way {
    /// The index, for the database to take no other.
    pub fn hint(&self) -> Hint {
        Hint::Keys(self.index.clone())
    }

    /// The part of it behind `after`, newest first, up to `last`, both as far as they are given.
    pub fn between(&self, after: &str, last: Option<&str>) -> Document {
        let mut query = self.query.clone();
        if !after.is_empty() {
            narrow_ids(&mut query, "$lt", after);
        }
        if let Some(last) = last {
            narrow_ids(&mut query, "$gte", last);
        }
        query
    }

    /// All of it before `id`, newest first.
    pub fn before(&self, id: &str) -> Document {
        let mut query = self.query.clone();
        narrow_ids(&mut query, "$gt", id);
        query
    }
}

/// Sets a limit of the ids of a query, which may have others.
fn narrow_ids(query: &mut Document, limit: &str, id: &str) {
    let mut ids = query.get_document("_id").cloned().unwrap_or_default();
    if limit == "$gt" {
        ids.remove("$gte");
    }
    ids.insert(limit, id);
    query.insert("_id", ids);
}

/// The ids of a delivery's records ([`crate::domain::ids::RecordId::of`]).
pub(super) fn ids_of(delivery: &DeliveryId) -> Document {
    // A point comes right behind a hyphen.
    doc! {"$gte": format!("{delivery}-"), "$lt": format!("{delivery}.")}
}

/// The states of a filter, each named: only so an index on states gives the order of ids.
pub(super) fn named(states: StateFilter) -> Vec<&'static str> {
    let states: Vec<State> = match states {
        StateFilter::Open => State::OPEN.to_vec(),
        StateFilter::Any => State::ALL.to_vec(),
        StateFilter::Is(state) => vec![state],
    };
    states.into_iter().map(State::word).collect()
}

impl Store {
    /// The way of a filter, with or without the rule that it names.
    pub(super) async fn way(&self, scope: &Scope, filter: &QuarantineFilter, with_code: bool) -> Result<Way> {
        let mut query = held_query(scope, filter, with_code);
        let states = named(filter.state);
        let by_feed = doc! {"feed": 1, "state": 1, "_id": 1};
        if filter.item.is_some() {
            let index = doc! {"item_id": 1, "_id": -1};
            return Ok(Way { query, index });
        }
        if let Some(delivery) = &filter.delivery {
            let found = self
                .collection::<OfFeed>("deliveries")
                .find_one(doc! {"_id": delivery.as_str()})
                .projection(doc! {"feed": 1})
                .await?;
            if let (Some(found), None) = (found, &filter.feed) {
                let feed = FeedId::new(found.feed);
                set_feed(&mut query, scope, filter.partner.as_ref(), &feed);
            }
            query.insert("state", doc! {"$in": states});
            let index = if query.contains_key("feed") {
                by_feed
            } else {
                doc! {"_id": 1}
            };
            return Ok(Way { query, index });
        }
        let has_code = query.contains_key("codes");
        if filter.feed.is_some() && !has_code {
            query.insert("state", doc! {"$in": states});
            return Ok(Way {
                query,
                index: by_feed,
            });
        }
        if let Some(feed) = filter.feed.as_ref().filter(|_| !query.contains_key("partner")) {
            query.insert("partner", feed.partner().as_str());
        }
        let partners = match scope {
            _ if filter.feed.is_some() || filter.partner.is_some() => 1,
            Scope::Only(partners) => partners.len(),
            // Newest first is the order of all of them.
            Scope::All if filter.state == StateFilter::Any && !has_code => 0,
            Scope::All => {
                let partners = self.list_partners_of_held(scope, filter.state).await?;
                let count = partners.len();
                query.insert("partner", doc! {"$in": partners});
                count
            }
        };
        if partners == 0 && !query.contains_key("partner") || partners * states.len() > MERGED {
            let index = doc! {"_id": 1};
            return Ok(Way { query, index });
        }
        query.insert("state", doc! {"$in": states});
        let index = if has_code {
            doc! {"partner": 1, "state": 1, "codes": 1, "_id": -1}
        } else {
            doc! {"state": 1, "partner": 1, "_id": -1}
        };
        Ok(Way { query, index })
    }
}
