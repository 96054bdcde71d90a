//! Keeps how many held records each feed has, so that no page counts them.
//!
//! `held_counts` has one document a feed. It changes with the records, in the same transactions as
//! the waiting of their issues ([`super::issues`]): when a delivery is decided, and when a record
//! moves. A feed that is not counted, because its records were held before there were counts or
//! because a file of it was given up half-way, is counted with the next file that it takes in. [`Store::count_held`] answers from here and from issues where they know;
//! else it counts by an index, and no further than [`ENOUGH`].

use super::held_way::Way;
use super::{Result, Store, places, scope};
use crate::domain::account::Scope;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::quarantine::State;
use crate::domain::query::{QuarantineFilter, StateFilter, Total};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::error::ErrorKind;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Records that are counted one by one for a page; where there are more, that is what it says.
const ENOUGH: u64 = 10_000;
/// How long counting them may take.
const COUNTING: Duration = Duration::from_millis(300);
/// What the database answers when something took longer than it may.
const TOOK_TOO_LONG: i32 = 50;

/// What a record counts as: one that waits for somebody, whatever for, or one in a final state.
pub(super) fn class(state: State) -> &'static str {
    if state.is_open() { "open" } else { state.word() }
}

/// Every class.
const CLASSES: [State; 4] = [
    State::Quarantined,
    State::Accepted,
    State::Superseded,
    State::Discarded,
];

#[derive(Deserialize)]
struct CountsDoc {
    #[serde(rename = "_id")]
    feed: String,
    partner: String,
    #[serde(default)]
    counted: bool,
    #[serde(default)]
    n: BTreeMap<String, i64>,
}

impl CountsDoc {
    /// The records of a class. Below zero only while a delivery is being applied whose records
    /// move already.
    fn of(&self, class: &str) -> u64 {
        let n = self.n.get(class).copied().unwrap_or(0);
        u64::try_from(n).unwrap_or(0)
    }
}

/// Counts the matches of a query by an index, up to `most` of them; none when that takes too long.
pub(super) async fn count_up_to(store: &Store, way: &Way, most: Option<u64>) -> Result<Option<u64>> {
    let quarantine = store.quarantine();
    let mut counting = quarantine
        .count_documents(way.query.clone())
        .hint(way.hint())
        .max_time(COUNTING);
    if let Some(most) = most {
        counting = counting.limit(most);
    }
    match counting.await {
        Ok(count) => Ok(Some(count)),
        Err(error) => match error.kind.as_ref() {
            ErrorKind::Command(command) if command.code == TOOK_TOO_LONG => Ok(None),
            _ => Err(error.into()),
        },
    }
}

impl Store {
    /// Makes a document for each feed that has none: counted where it has no record.
    pub(super) async fn begin_held_counts(&self) -> Result<()> {
        let stages = [
            doc! {"$lookup": {
                "from": "held_counts", "localField": "_id", "foreignField": "_id", "as": "there",
                "pipeline": [{"$project": {"_id": 1}}],
            }},
            doc! {"$match": {"there": []}},
            doc! {"$project": {"_id": 1}},
        ];
        let without = self.collection::<Document>("feeds").aggregate(stages).await?;
        for feed in without.try_collect::<Vec<Document>>().await? {
            let feed = FeedId::new(feed.get_str("_id").unwrap_or_default());
            let counted = !self.has_held(&feed).await?;
            let begun = doc! {"partner": feed.partner().as_str(), "counted": counted};
            self.collection::<Document>("held_counts")
                .update_one(doc! {"_id": feed.as_str()}, doc! {"$setOnInsert": begun})
                .upsert(true)
                .await?;
        }
        Ok(())
    }

    /// The counts of feeds in the scope: of one, of one partner's, or of all.
    async fn read_counts(
        &self,
        scope: &Scope,
        partner: Option<&PartnerId>,
        feed: Option<&FeedId>,
    ) -> Result<Vec<CountsDoc>> {
        let mut query = scope::narrow(doc! {}, scope, partner);
        if let Some(feed) = feed {
            query.insert("_id", feed.as_str());
        }
        let found = self.collection::<CountsDoc>("held_counts").find(query).await?;
        Ok(found.try_collect().await?)
    }

    /// Counts the open records of each partner in the scope; a partner without one is left out.
    pub async fn count_open(
        &self,
        scope: &Scope,
        partner: Option<&PartnerId>,
    ) -> Result<BTreeMap<PartnerId, u64>> {
        let mut open = BTreeMap::new();
        for counts in self.read_counts(scope, partner, None).await? {
            let records = if counts.counted {
                counts.of("open")
            } else {
                self.count_open_of(&counts.feed).await?
            };
            if records > 0 {
                *open.entry(PartnerId::new(counts.partner)).or_default() += records;
            }
        }
        Ok(open)
    }

    /// The open records of a feed that was not counted yet.
    async fn count_open_of(&self, feed: &str) -> Result<u64> {
        let query = doc! {"places": places::in_feed(&FeedId::new(feed), &State::OPEN)};
        let held = self.quarantine();
        Ok(held.count_documents(query).hint(places::hint()).await?)
    }

    /// How many held records a filter has, but for what it looks for in each: exactly where that is
    /// kept, else as far as it is counted.
    pub async fn count_held(&self, scope: &Scope, filter: &QuarantineFilter) -> Result<Total> {
        if filter.delivery.is_none()
            && filter.item.is_none()
            && let Some(total) = self.kept_total(scope, filter).await?
        {
            return Ok(Total::Exactly(total));
        }
        let way = self.way(scope, filter, true).await?;
        let counted = count_up_to(self, &way, Some(ENOUGH + 1)).await?;
        Ok(match counted {
            Some(count) if count <= ENOUGH => Total::Exactly(count),
            Some(_) => Total::MoreThan(ENOUGH),
            None => Total::MoreThan(0),
        })
    }

    /// The number that is kept, if one is.
    async fn kept_total(&self, scope: &Scope, filter: &QuarantineFilter) -> Result<Option<u64>> {
        if filter.code.is_some() {
            let open = filter.state == StateFilter::Open;
            return if open {
                let codes = self.count_waiting_by_code(scope, filter).await?;
                let of = codes.iter().find(|(code, _)| Some(code) == filter.code.as_ref());
                Ok(Some(of.map_or(0, |(_, records)| *records)))
            } else {
                Ok(None)
            };
        }
        let classes: Vec<&str> = match filter.state {
            StateFilter::Open => vec![class(State::Quarantined)],
            StateFilter::Any => CLASSES.map(class).to_vec(),
            StateFilter::Is(state) if state.is_open() => return Ok(None),
            StateFilter::Is(state) => vec![class(state)],
        };
        let counts = self
            .read_counts(scope, filter.partner.as_ref(), filter.feed.as_ref())
            .await?;
        if counts.iter().any(|counts| !counts.counted) {
            return Ok(None);
        }
        let sum = |counts: &CountsDoc| classes.iter().map(|class| counts.of(class)).sum::<u64>();
        Ok(Some(counts.iter().map(sum).sum()))
    }

    /// The open records of each code, as their issues know them, the most first.
    async fn count_waiting_by_code(
        &self,
        scope: &Scope,
        filter: &QuarantineFilter,
    ) -> Result<Vec<(String, u64)>> {
        let mut query = scope::narrow(doc! {"open": {"$gt": 0}}, scope, filter.partner.as_ref());
        if let Some(feed) = &filter.feed {
            query.insert("feed", feed.as_str());
        }
        let stages = [
            doc! {"$match": query},
            doc! {"$group": {"_id": "$code", "records": {"$sum": "$open"}}},
            doc! {"$sort": {"records": -1, "_id": 1}},
        ];
        let found: Vec<Counted> = self
            .issues()
            .aggregate(stages)
            .with_type::<Counted>()
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(|c| (c.id, c.records)).collect())
    }

    /// The codes among the records of a filter, its own code left out, the most first; without
    /// their numbers where nobody counted so many.
    pub async fn count_held_codes(
        &self,
        scope: &Scope,
        filter: &QuarantineFilter,
    ) -> Result<Vec<(String, Option<u64>)>> {
        let counted = |codes: Vec<(String, u64)>| codes.into_iter().map(|(code, n)| (code, Some(n)));
        let is_plain = filter.delivery.is_none() && filter.item.is_none();
        if is_plain && filter.state == StateFilter::Open {
            let codes = self.count_waiting_by_code(scope, filter).await?;
            return Ok(counted(codes).collect());
        }
        let way = self.way(scope, filter, false).await?;
        let few = count_up_to(self, &way, Some(ENOUGH + 1)).await?;
        if few.is_some_and(|count| count <= ENOUGH) {
            let stages = [
                doc! {"$match": way.query.clone()},
                doc! {"$unwind": "$codes"},
                doc! {"$group": {"_id": "$codes", "records": {"$sum": 1_i64}}},
                doc! {"$sort": {"records": -1, "_id": 1}},
            ];
            let found: Vec<Counted> = self
                .quarantine()
                .aggregate(stages)
                .hint(way.hint())
                .with_type::<Counted>()
                .await?
                .try_collect()
                .await?;
            let codes = found.into_iter().map(|c| (c.id, c.records)).collect();
            return Ok(counted(codes).collect());
        }
        let mut query = scope::narrow(doc! {}, scope, filter.partner.as_ref());
        if let Some(feed) = &filter.feed {
            query.insert("feed", feed.as_str());
        }
        let codes = self.issues().distinct("code", query).await?;
        let codes = codes.iter().filter_map(|code| code.as_str());
        Ok(codes.map(|code| (code.to_owned(), None)).collect())
    }

    /// Writes by how much the classes of feeds change.
    pub(super) async fn move_counts_in(
        &self,
        session: &mut ClientSession,
        moves: &BTreeMap<String, BTreeMap<String, i64>>,
    ) -> Result<()> {
        let statements = moves
            .iter()
            .filter_map(|(feed, classes)| {
                let by = classes.iter().filter(|(_, by)| **by != 0);
                let by: Document = by
                    .map(|(class, by)| (format!("n.{class}"), (*by).into()))
                    .collect();
                let partner = FeedId::new(feed).partner();
                (!by.is_empty()).then(|| {
                    doc! {
                        "q": {"_id": feed},
                        "u": {"$inc": by, "$setOnInsert": {"partner": partner.as_str()}},
                        "upsert": true,
                    }
                })
            })
            .collect();
        self.update_many_in(session, "held_counts", statements).await
    }

    /// Whether the records of a feed are counted, so that what changes can be added.
    pub(super) async fn is_counted_in(&self, session: &mut ClientSession, feed: &FeedId) -> Result<bool> {
        let counted = self
            .collection::<Document>("held_counts")
            .find_one(doc! {"_id": feed.as_str(), "counted": true})
            .projection(doc! {"_id": 1})
            .session(session)
            .await?;
        Ok(counted.is_some())
    }

    /// Has a feed counted anew with its next file: something of it changes that nobody adds up.
    pub(super) async fn forget_held_counts(&self, feed: &FeedId) -> Result<()> {
        let forget = doc! {"$set": {"counted": false, "partner": feed.partner().as_str()}};
        self.collection::<Document>("held_counts")
            .update_one(doc! {"_id": feed.as_str()}, forget)
            .upsert(true)
            .await?;
        Ok(())
    }

    /// Counts the records that a delivery of the feed held as open from now on.
    pub(super) async fn add_held_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
        held: i64,
    ) -> Result<()> {
        let classes = BTreeMap::from([(class(State::Quarantined).to_owned(), held)]);
        let moves = BTreeMap::from([(feed.to_string(), classes)]);
        self.move_counts_in(session, &moves).await
    }

    /// Counts every record of a feed anew. The document is written in any case, so that what is added
    /// to it at the same instant is a conflict and one of the two is tried again.
    pub(super) async fn recount_held_in(&self, session: &mut ClientSession, feed: &FeedId) -> Result<()> {
        let n = self.count_classes_in(session, feed).await?;
        let n: Document = n.into_iter().map(|(class, n)| (class, n.into())).collect();
        let statement = doc! {
            "q": {"_id": feed.as_str()},
            "u": {
                "$set": {"n": n, "counted": true, "partner": feed.partner().as_str()},
                "$inc": {"recounts": 1_i64},
            },
            "upsert": true,
        };
        self.update_many_in(session, "held_counts", vec![statement]).await
    }

    /// Counts the records of a feed by class, as they were before what jobs did to them and have not
    /// added up yet.
    async fn count_classes_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
    ) -> Result<BTreeMap<String, i64>> {
        let mut n = BTreeMap::<String, i64>::new();
        for state in State::ALL {
            let records = self
                .quarantine()
                .count_documents(doc! {"places": places::of_feed(feed, state)})
                .hint(places::hint())
                .session(&mut *session)
                .await?;
            *n.entry(class(state).to_owned()).or_default() += i64::try_from(records).unwrap_or(i64::MAX);
        }
        n.retain(|_, records| *records > 0);
        let pending = self.pending_moves_in(session, feed).await?;
        for (class, by) in pending.of_classes(feed) {
            *n.entry(class).or_default() -= by;
        }
        Ok(n)
    }

    /// The classes of a feed of which something else is kept than there is: the class, what there
    /// is and what is kept. None where nothing is kept yet.
    pub(super) async fn compare_held_in(
        &self,
        session: &mut ClientSession,
        feed: &FeedId,
    ) -> Result<Vec<(&'static str, i64, i64)>> {
        let kept = self
            .collection::<CountsDoc>("held_counts")
            .find_one(doc! {"_id": feed.as_str()})
            .session(&mut *session)
            .await?;
        let Some(kept) = kept.filter(|kept| kept.counted) else {
            return Ok(Vec::new());
        };
        let there = self.count_classes_in(session, feed).await?;
        let of = |n: &BTreeMap<String, i64>, class: &str| n.get(class).copied().unwrap_or(0);
        let compared = CLASSES
            .map(class)
            .map(|class| (class, of(&there, class), of(&kept.n, class)));
        Ok(compared
            .into_iter()
            .filter(|(_, there, kept)| there != kept)
            .collect())
    }
}

#[derive(Deserialize)]
struct Counted {
    #[serde(rename = "_id")]
    id: String,
    records: u64,
}
