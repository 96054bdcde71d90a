//! Writes an issue as a document and reads it back.
//!
//! Beside what the issue says, the document has what lists are sorted by: `weight`, which is
//! severity first and affected records next, and `share` in millionths.

use super::super::{Result, to_bson, when};
use crate::domain::ids::{DeliveryId, FeedId, PartnerId, UserId};
use crate::domain::issue::fold::Kept;
use crate::domain::issue::triage::{Growth, Person, State, Triage};
use crate::domain::issue::{Day, Example, Issue, IssueId, Last, Standing};
use crate::domain::violation::Severity;
use chrono::{DateTime, Utc};
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};

/// What one more step of severity weighs, more than any number of records.
const STEP: u64 = 1_000_000_000_000;

#[derive(Serialize, Deserialize)]
pub(in super::super) struct IssueDoc {
    #[serde(rename = "_id")]
    id: String,
    partner: String,
    feed: String,
    code: String,
    #[serde(default)]
    attribute: Option<String>,
    severity: Severity,
    #[serde(with = "when")]
    first_seen: DateTime<Utc>,
    #[serde(with = "when")]
    last_seen: DateTime<Utc>,
    #[serde(default)]
    last: Option<LastDoc>,
    records: u64,
    occurrences: u64,
    deliveries: u64,
    days: Vec<Day>,
    standing: Standing,
    /// Below zero only while a delivery is being applied whose records move already.
    #[serde(default)]
    open: i64,
    #[serde(default)]
    weight: i64,
    #[serde(default)]
    share: i64,
    triage: TriageDoc,
    #[serde(default)]
    examples: Vec<Example>,
    /// The shapes of the examples, each once.
    #[serde(default)]
    shapes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct LastDoc {
    delivery: String,
    records: u64,
    occurrences: u64,
    received: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct TriageDoc {
    state: State,
    regressed: bool,
    #[serde(default)]
    assignee: Option<PersonDoc>,
    #[serde(default)]
    asked: Vec<PersonDoc>,
    tags: Vec<String>,
    #[serde(default)]
    ticket: Option<String>,
    #[serde(with = "when::option", default)]
    until: Option<DateTime<Utc>>,
    #[serde(default)]
    growth: Option<Growth>,
    #[serde(default)]
    recheck: u64,
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct PersonDoc {
    id: String,
    name: String,
}

impl From<&Person> for PersonDoc {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id.to_string(),
            name: person.name.clone(),
        }
    }
}

impl From<PersonDoc> for Person {
    fn from(d: PersonDoc) -> Self {
        Self {
            id: UserId::new(d.id),
            name: d.name,
        }
    }
}

impl From<&Triage> for TriageDoc {
    fn from(t: &Triage) -> Self {
        Self {
            state: t.state,
            regressed: t.regressed,
            assignee: t.assignee.as_ref().map(PersonDoc::from),
            asked: t.asked.iter().map(PersonDoc::from).collect(),
            tags: t.tags.clone(),
            ticket: t.ticket.clone(),
            until: t.until,
            growth: t.growth,
            recheck: t.recheck,
            version: t.version,
        }
    }
}

impl From<TriageDoc> for Triage {
    fn from(d: TriageDoc) -> Self {
        Self {
            state: d.state,
            regressed: d.regressed,
            assignee: d.assignee.map(Person::from),
            asked: d.asked.into_iter().map(Person::from).collect(),
            tags: d.tags,
            ticket: d.ticket,
            until: d.until,
            growth: d.growth,
            recheck: d.recheck,
            version: d.version,
        }
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Severity first, then the records that the newest delivery has of it.
fn weight(issue: &Issue) -> i64 {
    let steps = match issue.severity {
        Severity::Fatal => 3,
        Severity::Error => 2,
        Severity::Warning => 1,
        Severity::Info => 0,
    };
    let affected = issue.last.as_ref().filter(|_| issue.standing.is_there());
    signed(steps * STEP + affected.map_or(0, |last| last.records.min(STEP - 1)))
}

fn share(issue: &Issue) -> i64 {
    let last = issue.last.as_ref().filter(|last| last.received > 0);
    last.map_or(0, |last| {
        signed(last.records.saturating_mul(1_000_000) / last.received)
    })
}

impl IssueDoc {
    /// The document of an issue with its examples.
    pub(super) fn of(kept: &Kept) -> Self {
        let (i, examples) = (&kept.issue, &kept.examples);
        let mut shapes: Vec<String> = examples.iter().map(|e| e.shape.clone()).collect();
        shapes.sort_unstable();
        shapes.dedup();
        Self {
            id: i.id.to_string(),
            partner: i.partner.to_string(),
            feed: i.feed.to_string(),
            code: i.code.clone(),
            attribute: i.attribute.clone(),
            severity: i.severity,
            first_seen: i.first_seen,
            last_seen: i.last_seen,
            last: i.last.as_ref().map(|last| LastDoc {
                delivery: last.delivery.to_string(),
                records: last.records,
                occurrences: last.occurrences,
                received: last.received,
            }),
            records: i.records,
            occurrences: i.occurrences,
            deliveries: i.deliveries,
            days: i.days.clone(),
            standing: i.standing,
            open: signed(i.open),
            weight: weight(i),
            share: share(i),
            triage: TriageDoc::from(&i.triage),
            examples: examples.clone(),
            shapes,
        }
    }

    /// The same without what names it and without the number that waits, for that is moved
    /// and never set here.
    pub(super) fn but_open(kept: &Kept) -> Result<Document> {
        let bson = to_bson(&Self::of(kept))?;
        let mut document = bson.as_document().cloned().unwrap_or_default();
        document.remove("_id");
        document.remove("open");
        Ok(document)
    }

    /// The issue and its examples.
    pub(super) fn into_kept(self) -> (Issue, Vec<Example>) {
        let issue = Issue {
            id: IssueId::new(self.id),
            partner: PartnerId::new(self.partner),
            feed: FeedId::new(self.feed),
            code: self.code,
            attribute: self.attribute,
            severity: self.severity,
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            last: self.last.map(|last| Last {
                delivery: DeliveryId::new(last.delivery),
                records: last.records,
                occurrences: last.occurrences,
                received: last.received,
            }),
            records: self.records,
            occurrences: self.occurrences,
            deliveries: self.deliveries,
            days: self.days,
            standing: self.standing,
            open: u64::try_from(self.open).unwrap_or(0),
            triage: self.triage.into(),
        };
        (issue, self.examples)
    }
}

/// The statement that writes what is known of an issue and moves the number that waits by `open`.
pub(super) fn written(kept: &Kept, open: i64) -> Result<Document> {
    Ok(doc! {
        "q": {"_id": kept.issue.id.as_str()},
        "u": {"$set": IssueDoc::but_open(kept)?, "$inc": {"open": open}},
        "upsert": true,
    })
}

/// The statement that moves the number that waits, and begins the issue where there is none.
pub(super) fn moved(issue: &Issue, open: i64) -> Result<Document> {
    let begun = Kept {
        issue: issue.clone(),
        examples: Vec::new(),
        is_changed: true,
    };
    Ok(doc! {
        "q": {"_id": issue.id.as_str()},
        "u": {"$inc": {"open": open}, "$setOnInsert": IssueDoc::but_open(&begun)?},
        "upsert": true,
    })
}
