//! Keeps and reads the rollups: what the audit log adds up to, per feed and minute, hour and day.
//!
//! | file | does |
//! |---|---|
//! | `share` | says what one delivery adds, as parts that can be added and taken away |
//! | `lease` | lends the right to change the buckets to one follower at a time |
//! | `follow` | keeps the buckets in step with the log, each entry exactly once |
//! | `prove` | compares the buckets with the log, and adds them up anew |
//!
//! `rollups` has the buckets, `rolled` what each delivery has added to them, `followers` how
//! far the log has been followed and who follows it. Statistics outlive the log: an entry that
//! is deleted takes nothing away.

mod follow;
mod lease;
mod prove;
mod share;

pub use follow::{Changed, Entries};
pub use lease::{Leave, Mark, Progress, Turns};
pub use prove::{Difference, FeedDay};

use super::{Result, Store, scope, when};
use crate::domain::account::Scope;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::Span;
use crate::domain::report::CodeCount;
use crate::domain::rollup::{BucketSize, Rollup};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use std::collections::BTreeMap;

/// Starts of buckets that are named in one question.
const MOST_STARTS: usize = 2_000;

/// A bucket of one feed, as kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Whose.
    pub feed: FeedId,
    /// How long.
    pub size: BucketSize,
    /// What happened in it.
    pub rollup: Rollup,
    /// What failed in it, the most first; nothing where that was not asked for.
    pub codes: Vec<CodeCount>,
}

impl Store {
    /// How many turns the rollups have taken, and until when somebody has said to keep them;
    /// none when nobody ever has.
    pub async fn rollup_turn(&self) -> Result<(i64, Option<DateTime<Utc>>)> {
        let Some(state) = self.follower_state().await? else {
            return Ok((0, None));
        };
        let until = state.get_datetime("until").ok();
        Ok((
            state.get_i64("turn").unwrap_or(0),
            until.and_then(|at| DateTime::from_timestamp_millis(at.timestamp_millis())),
        ))
    }

    /// Lists, of every feed, the buckets that have changed since a turn and begin at or after
    /// the given instant of their size.
    pub async fn list_rolled_since(
        &self,
        turn: i64,
        oldest: &BTreeMap<BucketSize, DateTime<Utc>>,
    ) -> Result<Vec<Kept>> {
        let sizes: Vec<Document> = oldest
            .iter()
            .map(|(size, from)| doc! {"size": size.word(), "start": {"$gte": when::bson(*from)}})
            .collect();
        self.list_kept(doc! {"turn": {"$gt": turn}, "$or": sizes}, doc! {})
            .await
    }

    /// Lists the buckets of a size in the scope in which anything happened, without what failed.
    pub async fn list_rolled(&self, scope: &Scope, span: Span, size: BucketSize) -> Result<Vec<Kept>> {
        let query = scope::narrow(within(span, size), scope, None);
        self.list_kept(query, doc! {"codes": 0}).await
    }

    /// Lists, of every feed, the buckets of a size that begin at the given instants.
    pub async fn list_rolled_at(&self, size: BucketSize, starts: &[DateTime<Utc>]) -> Result<Vec<Kept>> {
        let mut kept = Vec::new();
        for starts in starts.chunks(MOST_STARTS) {
            let starts: Vec<Bson> = starts.iter().map(|at| when::bson(*at).into()).collect();
            kept.extend(
                self.list_kept(doc! {"size": size.word(), "start": {"$in": starts}}, doc! {})
                    .await?,
            );
        }
        Ok(kept)
    }

    async fn list_kept(&self, query: Document, fields: Document) -> Result<Vec<Kept>> {
        let mut found = self
            .collection::<Document>("rollups")
            .find(query)
            .projection(fields)
            .batch_size(10_000)
            .await?;
        let mut kept = Vec::new();
        while let Some(document) = found.try_next().await? {
            kept.extend(read(&document));
        }
        Ok(kept)
    }

    /// Adds up what failed per partner, of one partner and of one feed where they are named.
    pub async fn list_codes(
        &self,
        scope: &Scope,
        (partner, feed): (Option<&PartnerId>, Option<&FeedId>),
        span: Span,
        size: BucketSize,
    ) -> Result<Vec<(PartnerId, Vec<CodeCount>)>> {
        let mut query = scope::narrow(in_few(span, size), scope, partner);
        if let Some(feed) = feed {
            query.insert("feed", feed.as_str());
        }
        let mut found = self
            .collection::<Document>("rollups")
            .find(query)
            .projection(doc! {"codes": 1, "partner": 1})
            .batch_size(10_000)
            .await?;
        let mut sums = BTreeMap::<String, share::Parts>::new();
        while let Some(document) = found.try_next().await? {
            let Ok(partner) = document.get_str("partner") else {
                continue;
            };
            let sum = sums.entry(partner.to_owned()).or_default();
            for (path, n) in share::parts_of(&document) {
                *sum.entry(path).or_default() += n;
            }
        }
        let of = |(partner, sum): (String, share::Parts)| (PartnerId::new(partner), share::codes(&sum));
        Ok(sums.into_iter().map(of).collect())
    }
}

fn within(span: Span, size: BucketSize) -> Document {
    doc! {
        "size": size.word(),
        "start": {"$gte": when::bson(size.floor(span.from)), "$lt": when::bson(span.until)},
    }
}

/// The same stretch in as few buckets as add up to it.
fn in_few(span: Span, size: BucketSize) -> Document {
    doc! {"$or": size.pieces(span).into_iter().map(|(span, size)| within(span, size)).collect::<Vec<_>>()}
}

fn read(document: &Document) -> Option<Kept> {
    let start = document.get_datetime("start").ok()?;
    let start = DateTime::from_timestamp_millis(start.timestamp_millis())?;
    let size = document.get_str("size").ok()?;
    let parts = share::parts_of(document);
    Some(Kept {
        feed: FeedId::new(document.get_str("feed").ok()?),
        size: BucketSize::ALL.into_iter().find(|s| s.word() == size)?,
        rollup: share::rollup(start, &parts),
        codes: share::codes(&parts),
    })
}
