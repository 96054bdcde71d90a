//! Narrows, sorts, pages and groups issues. There are thousands, so what has no index is sorted
//! in memory; examples stay behind.

use super::super::literal::literal;
use super::super::{Result, Store, scope, when};
use super::document::IssueDoc;
use super::told;
use crate::domain::account::Scope;
use crate::domain::contract::rules;
use crate::domain::ids::{FeedId, PartnerId, UserId};
use crate::domain::issue::triage::State;
use crate::domain::issue::{Issue, Standing};
use crate::domain::query::{IssueFilter, IssueGroup, IssueSort, IssueStates, Page};
use crate::domain::violation::Severity;
use chrono::DateTime;
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use std::collections::BTreeMap;

/// Groups shown, the largest first.
const GROUPS: i64 = 200;

/// What issues that are put together come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuesOf {
    /// What they have in common; empty for an attribute that is none.
    pub key: String,
    /// How many they are.
    pub issues: u64,
    /// Records that the last deliveries have of them.
    pub affected: u64,
    /// Records of them that wait.
    pub open: u64,
}

fn field(sort: IssueSort) -> &'static str {
    match sort {
        IssueSort::Impact => "weight",
        IssueSort::Waiting => "open",
        IssueSort::Occurrences => "occurrences",
        IssueSort::Share => "share",
        IssueSort::LastSeen => "last_seen",
        IssueSort::FirstSeen => "first_seen",
    }
}

fn query(scope: &Scope, filter: &IssueFilter) -> Document {
    let mut all = vec![told()];
    let mut query = scope::narrow(doc! {}, scope, filter.partner.as_ref());
    match filter.state {
        IssueStates::Active => {
            let active: Vec<&str> = State::ACTIVE.into_iter().map(State::word).collect();
            query.insert("triage.state", doc! {"$in": active});
        }
        IssueStates::Regressed => {
            query.insert("triage.regressed", true);
        }
        IssueStates::Is(state) => {
            query.insert("triage.state", state.word());
        }
        IssueStates::Any => {}
    }
    for (field, value) in [
        ("feed", filter.feed.as_ref().map(FeedId::as_str)),
        ("code", filter.code.as_deref()),
        ("severity", filter.severity.map(Severity::word)),
        ("standing", filter.standing.map(Standing::word)),
        ("triage.assignee.id", filter.assignee.as_ref().map(UserId::as_str)),
        ("triage.asked.id", filter.asks.as_ref().map(UserId::as_str)),
        ("last.delivery", filter.delivery.as_deref()),
        ("shapes", filter.shape.as_deref()),
    ] {
        if let Some(value) = value {
            query.insert(field, value);
        }
    }
    match filter.attribute.as_deref() {
        Some("") => {
            query.insert("attribute", Bson::Null);
        }
        Some(attribute) => {
            query.insert("attribute", attribute);
        }
        None => {}
    }
    if let Some(actor) = &filter.actor {
        let theirs: Vec<&str> = rules()
            .filter(|rule| rule.actor.word() == actor)
            .map(|rule| rule.code)
            .collect();
        all.push(doc! {"code": {"$in": theirs}});
    }
    if let Some(text) = &filter.text {
        let lower = text.to_lowercase();
        let named: Vec<&str> = rules()
            .filter(|rule| rule.title.to_lowercase().contains(&lower))
            .map(|rule| rule.code)
            .collect();
        let like = doc! {"$regex": literal(text), "$options": "i"};
        let mut any = vec![doc! {"code": {"$in": named}}];
        any.extend(["code", "attribute", "feed"].map(|field| doc! {field: like.clone()}));
        if filter.in_tags {
            any.push(doc! {"triage.tags": like});
        }
        all.push(doc! {"$or": any});
    }
    query.insert("$and", all);
    query
}

impl Store {
    /// Lists issues in the scope, `limit` at a time. `after` is the `next` of the page before;
    /// whatever else is typed there begins at the first.
    pub async fn list_issues(
        &self,
        scope: &Scope,
        filter: &IssueFilter,
        sort: IssueSort,
        after: &str,
        limit: u32,
    ) -> Result<Page<Issue>> {
        let mut query = query(scope, filter);
        let field = field(sort);
        let collection = self.collection::<Document>("issues");
        let total = collection.count_documents(query.clone()).await?;
        let of_time = matches!(sort, IssueSort::LastSeen | IssueSort::FirstSeen);
        if let Some((key, id)) = after_key(after) {
            let key: Bson = match DateTime::from_timestamp_millis(key) {
                Some(at) if of_time => when::bson(at).into(),
                _ => key.into(),
            };
            let behind = vec![
                doc! {field: {"$lt": &key}},
                doc! {field: &key, "_id": {"$gt": id}},
            ];
            query = doc! {"$and": [query, {"$or": behind}]};
        }
        let mut rows: Vec<Document> = collection
            .find(query)
            .projection(doc! {"examples": 0, "shapes": 0})
            .sort(doc! {field: -1, "_id": 1})
            .limit(i64::from(limit) + 1)
            .await?
            .try_collect()
            .await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).and_then(|last| {
            let key = match last.get(field)? {
                Bson::DateTime(at) => at.timestamp_millis(),
                other => other.as_i64()?,
            };
            Some(format!("{key}_{}", last.get_str("_id").ok()?))
        });
        let read = |row| {
            mongodb::bson::deserialize_from_document::<IssueDoc>(row)
                .map(|doc| doc.into_kept().0)
                .map_err(|error| super::super::Error::Corrupt(error.to_string()))
        };
        Ok(Page {
            rows: rows.into_iter().map(read).collect::<Result<_>>()?,
            next,
            total,
        })
    }

    /// Counts the issues of a filter by severity, its own severity left out.
    pub async fn count_issue_levels(
        &self,
        scope: &Scope,
        filter: &IssueFilter,
    ) -> Result<BTreeMap<Severity, u64>> {
        let filter = IssueFilter {
            severity: None,
            ..filter.clone()
        };
        let counted = self.count_issues(query(scope, &filter), "$severity").await?;
        let read = |(word, n): (String, u64)| Some((Severity::parse(&word)?, n));
        Ok(counted.into_iter().filter_map(read).collect())
    }

    /// Counts the issues of each partner in the scope that somebody should look at; a partner
    /// without one is left out.
    pub async fn count_active_issues(
        &self,
        scope: &Scope,
        partner: Option<&PartnerId>,
    ) -> Result<BTreeMap<PartnerId, u64>> {
        let filter = IssueFilter {
            partner: partner.cloned(),
            ..IssueFilter::default()
        };
        let counted = self.count_issues(query(scope, &filter), "$partner").await?;
        Ok(counted
            .into_iter()
            .map(|(partner, n)| (PartnerId::new(partner), n))
            .collect())
    }

    async fn count_issues(&self, query: Document, by: &str) -> Result<Vec<(String, u64)>> {
        let stages = [
            doc! {"$match": query},
            doc! {"$group": {"_id": by, "issues": {"$sum": 1_i64}}},
        ];
        let found: Vec<Document> = self
            .collection::<Document>("issues")
            .aggregate(stages)
            .await?
            .try_collect()
            .await?;
        let read = |d: &Document| {
            let issues = u64::try_from(d.get_i64("issues").ok()?).ok()?;
            Some((d.get_str("_id").ok()?.to_owned(), issues))
        };
        Ok(found.iter().filter_map(read).collect())
    }

    /// Puts the issues of a filter together, the groups with the most records first.
    pub async fn group_issues(
        &self,
        scope: &Scope,
        filter: &IssueFilter,
        by: IssueGroup,
    ) -> Result<Vec<IssuesOf>> {
        let key = match by {
            IssueGroup::Code => "$code",
            IssueGroup::Attribute => "$attribute",
            IssueGroup::Partner => "$partner",
            IssueGroup::Delivery => "$last.delivery",
            IssueGroup::Shape => "$shapes",
        };
        let mut stages = vec![doc! {"$match": query(scope, filter)}];
        if by == IssueGroup::Shape {
            stages.push(doc! {"$unwind": "$shapes"});
        }
        stages.extend([
            doc! {"$group": {
                "_id": key,
                "issues": {"$sum": 1_i64},
                "affected": {"$sum": "$last.records"},
                "open": {"$sum": "$open"},
            }},
            doc! {"$sort": {"affected": -1, "issues": -1, "_id": 1}},
            doc! {"$limit": GROUPS},
        ]);
        let found: Vec<Document> = self
            .collection::<Document>("issues")
            .aggregate(stages)
            .await?
            .try_collect()
            .await?;
        let count = |d: &Document, field| match d.get(field) {
            Some(Bson::Int64(n)) => u64::try_from(*n).unwrap_or(0),
            Some(Bson::Int32(n)) => u64::try_from(*n).unwrap_or(0),
            _ => 0,
        };
        Ok(found
            .iter()
            .map(|d| IssuesOf {
                key: d.get_str("_id").unwrap_or_default().to_owned(),
                issues: count(d, "issues"),
                affected: count(d, "affected"),
                open: count(d, "open"),
            })
            .collect())
    }
}

fn after_key(after: &str) -> Option<(i64, &str)> {
    let (key, id) = after.split_once('_')?;
    Some((key.parse().ok()?, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_that_somebody_made_up_begins_at_the_first() {
        for typed in ["", "x", "12", "x_y"] {
            assert_eq!(after_key(typed), None);
        }
        assert_eq!(after_key("-12_ab"), Some((-12, "ab")));
    }
}
