//! Finds the way through held records: a query that one index answers in the order of ids, so that
//! a page costs what it shows, however many records there are.
//!
//! | asked for | index |
//! |---|---|
//! | a product id | `item_id, _id` |
//! | a delivery, whose id its records' ids begin with | `feed, state, _id` |
//! | a feed, or the feeds of a few partners | `feed, state, _id` |
//! | a rule | `partner, state, codes, _id` |
//! | a state | `state, _id` |
//! | anything | `_id` |
//!
//! Where several feeds, partners or states are asked for, the database goes through each and merges
//! them by id. Of more than [`MERGED`] it would sort instead; then it goes by state, and looks at
//! each record for the rest.

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

    /// All of it up to and with the newest that there was, whatever came since.
    pub fn until(&self, newest: &str) -> Document {
        let mut query = self.query.clone();
        narrow_ids(&mut query, "$lte", newest);
        query
    }

    /// All of it before `id`, newest first.
    pub fn before(&self, id: &str) -> Document {
        let mut query = self.query.clone();
        narrow_ids(&mut query, "$gt", id);
        query
    }
}

/// Narrows the ids of a query, which may be narrowed already; the narrower limit stays.
fn narrow_ids(query: &mut Document, limit: &str, id: &str) {
    let mut ids = query.get_document("_id").cloned().unwrap_or_default();
    let wider = |there: &str| match limit {
        "$lt" | "$lte" => there <= id,
        _ => there > id,
    };
    if limit == "$gt" && ids.get_str("$gte").is_ok_and(|there| there <= id) {
        ids.remove("$gte");
    }
    if !ids.get_str(limit).is_ok_and(wider) {
        ids.insert(limit, id);
    }
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
        let by_state = |query: &mut Document| {
            if filter.state == StateFilter::Any {
                return doc! {"_id": 1};
            }
            query.insert("state", doc! {"$in": named(filter.state)});
            doc! {"state": 1, "_id": -1}
        };
        if query.contains_key("codes") {
            let partners = match (&filter.feed, &filter.partner, scope) {
                (Some(feed), _, _) if !query.contains_key("partner") => vec![feed.partner().to_string()],
                (None, None, Scope::All) => {
                    let partners = self.list_partners(scope).await?;
                    partners
                        .into_iter()
                        .map(|partner| partner.id.to_string())
                        .collect()
                }
                (_, Some(_), _) | (Some(_), ..) => Vec::new(),
                (None, None, Scope::Only(partners)) => partners.iter().map(ToString::to_string).collect(),
            };
            if partners.len() * states.len() > MERGED {
                let index = by_state(&mut query);
                return Ok(Way { query, index });
            }
            if !partners.is_empty() {
                query.insert("partner", doc! {"$in": partners});
            }
            query.insert("state", doc! {"$in": states});
            let index = doc! {"partner": 1, "state": 1, "codes": 1, "_id": -1};
            return Ok(Way { query, index });
        }
        if filter.feed.is_none() && query.contains_key("partner") {
            let feeds = self.list_feeds(scope, filter.partner.as_ref()).await?;
            let feeds: Vec<String> = feeds.into_iter().map(|state| state.feed.id.to_string()).collect();
            if feeds.len() * states.len() > MERGED {
                let index = by_state(&mut query);
                return Ok(Way { query, index });
            }
            // Feeds tell their partners.
            query.remove("partner");
            query.insert("feed", doc! {"$in": feeds});
        }
        if query.contains_key("feed") {
            query.insert("state", doc! {"$in": states});
            return Ok(Way {
                query,
                index: by_feed,
            });
        }
        let index = by_state(&mut query);
        Ok(Way { query, index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_goes_on_elsewhere_does_not_leave_the_delivery() {
        let way = Way {
            query: doc! {"_id": ids_of(&DeliveryId::new("b"))},
            index: doc! {"_id": 1},
        };
        let within = doc! {"_id": {"$gte": "b-", "$lt": "b."}};
        assert_eq!(way.between("c-0000001", None), within);
        assert_eq!(way.between("", Some("a-0000001")), within);
        let behind = doc! {"_id": {"$gte": "b-", "$lt": "b-0000002"}};
        assert_eq!(way.between("b-0000002", None), behind);
        let both = doc! {"_id": {"$gte": "b-0000001", "$lt": "b-0000002"}};
        assert_eq!(way.between("b-0000002", Some("b-0000001")), both);
        let before = doc! {"_id": {"$lt": "b.", "$gt": "b-0000002"}};
        assert_eq!(way.before("b-0000002"), before);
        let outside = doc! {"_id": {"$gte": "b-", "$lt": "b.", "$gt": "a-0000001"}};
        assert_eq!(way.before("a-0000001"), outside);
    }
}
