//! Puts what failed beside the rollup that it failed in, in few bytes, and adds both up.
//!
//! A year of a company's codes is some hundred thousand counts of some hundred names, so the names
//! are shared.

use crate::domain::ids::FeedId;
use crate::domain::report::CodeCount;
use crate::domain::rollup::{BucketSize, Rollup};
use crate::domain::violation::Severity;
use crate::server::store::Kept;
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What was checked: a rule's code on an attribute.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    code: Cow<'static, str>,
    severity: Severity,
    attribute: Option<Cow<'static, str>>,
}

/// Every name there is, once.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<Arc<Name>>);

impl Names {
    fn of(&mut self, count: &CodeCount) -> Arc<Name> {
        let name = Name {
            code: count.code.clone(),
            severity: count.severity,
            attribute: count.attribute.clone(),
        };
        if let Some(known) = self.0.get(&name) {
            return Arc::clone(known);
        }
        let name = Arc::new(name);
        self.0.insert(Arc::clone(&name));
        name
    }
}

/// How often something failed: in how many records, and how many times in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    records: u64,
    occurrences: u64,
}

/// What failed, by name. The store names nothing that no record failed by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Codes(BTreeMap<Arc<Name>, Count>);

impl Codes {
    pub fn merge(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            let sum = self.0.entry(Arc::clone(name)).or_default();
            sum.records += count.records;
            sum.occurrences += count.occurrences;
        }
    }

    fn take_away(&mut self, part: &Self) {
        for (name, count) in &part.0 {
            if let Some(sum) = self.0.get_mut(name) {
                sum.records = sum.records.saturating_sub(count.records);
                sum.occurrences = sum.occurrences.saturating_sub(count.occurrences);
            }
        }
        self.0.retain(|_, count| count.records > 0);
    }

    /// Each with its counts, the most records first.
    pub fn counts(&self) -> Vec<CodeCount> {
        let count = |(name, count): (&Arc<Name>, &Count)| CodeCount {
            code: name.code.clone(),
            severity: name.severity,
            attribute: name.attribute.clone(),
            records: count.records,
            occurrences: count.occurrences,
        };
        let mut counts: Vec<CodeCount> = self.0.iter().map(count).collect();
        counts.sort_by_key(|count| std::cmp::Reverse(count.records));
        counts
    }
}

/// What happened in a bucket, and what failed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    pub rollup: Rollup,
    pub codes: Codes,
}

impl Bucket {
    pub fn empty(start: DateTime<Utc>) -> Self {
        Self {
            rollup: Rollup::empty(start),
            codes: Codes::default(),
        }
    }

    /// Takes in what happened in another stretch.
    pub fn merge(&mut self, other: &Self) {
        self.rollup.merge(&other.rollup);
        self.codes.merge(&other.codes);
    }

    /// Takes away what happened in a part of it.
    pub fn take_away(&mut self, part: &Self) {
        self.rollup.take_away(&part.rollup);
        self.codes.take_away(&part.codes);
    }
}

/// What a feed's bucket holds from now on.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub feed: FeedId,
    pub size: BucketSize,
    pub bucket: Bucket,
}

impl Change {
    /// Buckets as the store keeps them.
    pub fn read(kept: Vec<Kept>, names: &mut Names) -> Vec<Self> {
        let change = |kept: Kept| {
            let codes = kept.codes.iter().map(|count| {
                let counted = Count {
                    records: count.records,
                    occurrences: count.occurrences,
                };
                (names.of(count), counted)
            });
            Self {
                bucket: Bucket {
                    codes: Codes(codes.collect()),
                    rollup: kept.rollup,
                },
                feed: kept.feed,
                size: kept.size,
            }
        };
        kept.into_iter().map(change).collect()
    }
}
