//! Finds the way through held records: a query that one index answers in the order of ids, so that
//! a page costs what it shows, however many records there are.
//!
//! | asked for | way |
//! |---|---|
//! | a product id | `item_id, _id` |
//! | a rule | the lists of the rule, of each partner ([`places`]) |
//! | a feed, or the feeds of a few partners | the lists of the feeds |
//! | a delivery, whose id its records' ids begin with | the lists of its feed |
//! | a state | its list |
//! | anything | `_id` |
//!
//! Where there are several lists, one for each state, the database goes through each and merges them
//! by id. Of more than [`MERGED`] it would sort instead; then it goes by state, and looks at each
//! record for the rest. What lists tell of a record the query does not ask again: so it is answered
//! by the index alone where no more is asked.

use super::quarantine::{held_query, set_feed};
use super::{Result, Store, places};
use crate::domain::account::Scope;
use crate::domain::ids::{DeliveryId, FeedId, PartnerId};
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

/// Records that are the same in each of some things: a feed, a rule of a partner.
enum Lists {
    Feeds(Vec<FeedId>),
    Codes(Vec<PartnerId>, String),
}

impl Lists {
    /// Their names in some states; none where they are more than the database merges.
    fn named(&self, states: &[State]) -> Option<Vec<String>> {
        let each =
            |name: &dyn Fn(State) -> String| states.iter().map(|state| name(*state)).collect::<Vec<_>>();
        let named: Vec<String> = match self {
            Self::Feeds(feeds) => feeds
                .iter()
                .flat_map(|feed| each(&|state| places::of_feed(feed, state)))
                .collect(),
            Self::Codes(partners, code) => partners
                .iter()
                .flat_map(|partner| each(&|state| places::of_code(partner, code, state)))
                .collect(),
        };
        (named.len() <= MERGED).then_some(named)
    }

    /// What they say of a record, so that a query need not.
    fn fields(&self) -> &'static [&'static str] {
        match self {
            Self::Feeds(_) => &["state", "partner", "feed"],
            Self::Codes(..) => &["state", "partner", "codes"],
        }
    }
}

impl Store {
    /// The way of a filter, with or without the rule that it names.
    pub(super) async fn way(&self, scope: &Scope, filter: &QuarantineFilter, with_code: bool) -> Result<Way> {
        let shown = State::ALL.into_iter().filter(|state| filter.state.has(*state));
        let states = (filter.state != StateFilter::Any).then(|| shown.collect::<Vec<_>>());
        self.way_in(scope, filter, with_code, states.as_deref()).await
    }

    /// The same in other states than the filter's; none for any.
    pub(super) async fn way_in(
        &self,
        scope: &Scope,
        filter: &QuarantineFilter,
        with_code: bool,
        states: Option<&[State]>,
    ) -> Result<Way> {
        let mut query = held_query(scope, filter, with_code);
        if let Some(states) = states {
            let words: Vec<&str> = states.iter().map(|state| state.word()).collect();
            query.insert("state", doc! {"$in": words});
        }
        if filter.item.is_some() {
            let index = doc! {"item_id": 1, "_id": -1};
            return Ok(Way { query, index });
        }
        let by_id = doc! {"_id": 1};
        if let (Some(delivery), None) = (&filter.delivery, &filter.feed) {
            let Some(feed) = self.feed_of_delivery(delivery).await? else {
                return Ok(Way { query, index: by_id });
            };
            set_feed(&mut query, scope, filter.partner.as_ref(), &feed);
        }
        let lists = self.lists_of(scope, filter, &query).await?;
        let named = lists
            .as_ref()
            .and_then(|lists| lists.named(states.unwrap_or(&State::ALL)));
        let places = match (lists, named, states) {
            (Some(lists), Some(named), _) => {
                for told in lists.fields() {
                    query.remove(told);
                }
                named
            }
            (_, _, Some(states)) => {
                query.remove("state");
                states.iter().map(|state| places::of_state(*state)).collect()
            }
            (_, _, None) => return Ok(Way { query, index: by_id }),
        };
        query.insert("places", doc! {"$in": places});
        let index = places::index();
        Ok(Way { query, index })
    }

    async fn feed_of_delivery(&self, delivery: &DeliveryId) -> Result<Option<FeedId>> {
        let found = self
            .collection::<OfFeed>("deliveries")
            .find_one(doc! {"_id": delivery.as_str()})
            .projection(doc! {"feed": 1})
            .await?;
        Ok(found.map(|found| FeedId::new(found.feed)))
    }

    /// The lists whose records a query asks for, if it names any; all of their records may be seen.
    async fn lists_of(
        &self,
        scope: &Scope,
        filter: &QuarantineFilter,
        query: &Document,
    ) -> Result<Option<Lists>> {
        let feed = query.get_str("feed").ok().map(FeedId::new);
        // A feed is named beside a partner only where nothing is to be found.
        let is_nothing = feed.is_some() && query.contains_key("partner");
        if let Ok(code) = query.get_str("codes") {
            let partners = match (feed, &filter.partner, scope) {
                _ if is_nothing => Vec::new(),
                (Some(feed), ..) => vec![feed.partner()],
                (None, Some(partner), _) if scope.covers(partner) => vec![partner.clone()],
                (None, Some(_), _) => Vec::new(),
                (None, None, Scope::Only(partners)) => partners.clone(),
                (None, None, Scope::All) => {
                    let partners = self.list_partners(scope).await?;
                    partners.into_iter().map(|partner| partner.id).collect()
                }
            };
            return Ok(Some(Lists::Codes(partners, code.to_owned())));
        }
        Ok(match feed {
            _ if is_nothing => Some(Lists::Feeds(Vec::new())),
            Some(feed) => Some(Lists::Feeds(vec![feed])),
            None if query.contains_key("partner") => {
                let feeds = self.list_feeds(scope, filter.partner.as_ref()).await?;
                Some(Lists::Feeds(
                    feeds.into_iter().map(|state| state.feed.id).collect(),
                ))
            }
            None => None,
        })
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
