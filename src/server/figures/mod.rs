//! Holds the rollups in memory and answers every page's figures from there.
//!
//! A page asks the database one small question: has a turn of the rollups passed since what is
//! held was read? If so, the buckets that have changed are fetched, and only those. Days are
//! held for ever, hours and minutes for as long as the quick ranges reach; a page that asks for
//! older hours reads them from the store and forgets them again. What a bucket holds is
//! [`crate::domain::rollup`]'s to say, and who may see it the scope's: nothing is handed out
//! without one.

mod mirror;

pub use mirror::Mirror;

use super::store::{Result, Store};
use crate::domain::account::Scope;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::Span;
use crate::domain::rollup::{BucketSize, Rollup};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

/// Buckets by their start.
pub type Buckets = BTreeMap<DateTime<Utc>, Rollup>;

/// The rollups in memory. Clones share them.
#[derive(Debug, Clone)]
pub struct Figures {
    store: Store,
    mirror: Arc<RwLock<Mirror>>,
}

/// What one caller may read of them, as of one instant.
#[derive(Debug)]
pub struct Reading {
    held: OwnedRwLockReadGuard<Mirror>,
    /// What is older than what is held, read for this caller.
    aside: Option<Mirror>,
    scope: Scope,
    /// Whether somebody keeps the rollups in step with the log.
    pub followed: bool,
}

impl Figures {
    /// Nothing yet: the first question reads everything.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            mirror: Arc::default(),
        }
    }

    /// Brings what is held up to the store, so that the next page need not.
    pub async fn refresh(&self, now: DateTime<Utc>) -> Result<()> {
        self.bring_up(now).await.map(drop)
    }

    /// Brings what is held up to the store, and opens it for figures in buckets of `size` within
    /// the given stretches. Nobody can bring it further while the reading is kept, so it is asked for last
    /// and nothing is waited for with it in hand.
    pub async fn read(
        &self,
        scope: &Scope,
        spans: &[Span],
        size: BucketSize,
        now: DateTime<Utc>,
    ) -> Result<Reading> {
        let (turn, until) = self.bring_up(now).await?;
        let mut aside = None;
        let horizon = mirror::horizon(size, now);
        if spans
            .iter()
            .any(|span| span.from < span.until && span.from < horizon)
        {
            let mut old = Vec::new();
            for span in spans {
                old.extend(self.store.list_rolled(scope, *span, size).await?);
            }
            let read: &mut Mirror = aside.insert(Mirror::default());
            read.take_in(old, turn, DateTime::UNIX_EPOCH);
        }
        Ok(Reading {
            held: Arc::clone(&self.mirror).read_owned().await,
            aside,
            scope: scope.clone(),
            followed: until.is_some_and(|until| until > now),
        })
    }
}

/// The start of the oldest bucket of a size that is held, and so is at hand without a read.
pub fn horizon(size: BucketSize, now: DateTime<Utc>) -> DateTime<Utc> {
    mirror::horizon(size, now)
}

impl Figures {
    /// Gives the turn that is held now, and until when somebody has said to keep the rollups.
    async fn bring_up(&self, now: DateTime<Utc>) -> Result<(i64, Option<DateTime<Utc>>)> {
        let (turn, until) = self.store.rollup_turn().await?;
        let held = self.mirror.read().await.turn();
        if turn > held {
            let changed = self.store.list_rolled_since(held, &mirror::horizons(now)).await?;
            self.mirror.write().await.take_in(changed, turn, now);
        }
        Ok((turn, until))
    }
}

impl Reading {
    /// The first day on which anything happened, of a partner or of everything in the scope.
    pub fn begins(&self, partner: Option<&PartnerId>) -> Option<DateTime<Utc>> {
        self.held.begins(|feed| {
            let of = feed.partner();
            self.scope.covers(&of) && partner.is_none_or(|partner| *partner == of)
        })
    }

    /// The stretch to compare with, of a partner or of everything in the scope: `before`, unless
    /// the log begins within it, for then it would be compared with a part of it. Then nothing.
    pub fn comparable(&self, partner: Option<&PartnerId>, before: Span) -> Span {
        let until = match self.begins(partner) {
            Some(first) if first <= before.from => before.until,
            _ => before.from,
        };
        Span { until, ..before }
    }

    fn mirror(&self) -> &Mirror {
        self.aside.as_ref().unwrap_or(&self.held)
    }

    /// The buckets of everything in the scope together.
    pub fn all(&self, span: Span, size: BucketSize) -> Buckets {
        match &self.scope {
            Scope::All => self.mirror().all(span, size),
            Scope::Only(_) => self
                .mirror()
                .together(|feed| self.scope.covers(&feed.partner()), span, size),
        }
    }

    /// What everything in the scope adds up to.
    pub fn total(&self, span: Span, size: BucketSize) -> Rollup {
        match &self.scope {
            Scope::All => self.mirror().total(span, size),
            Scope::Only(_) => self
                .mirror()
                .sum(|feed| self.scope.covers(&feed.partner()), span, size),
        }
    }

    /// The buckets of a partner's feeds together; none of one that is not in the scope.
    pub fn of_partner(&self, partner: &PartnerId, span: Span, size: BucketSize) -> Buckets {
        if self.scope.covers(partner) {
            self.mirror().of_partner(partner, span, size)
        } else {
            Buckets::new()
        }
    }

    /// The buckets of a partner's feeds, or of everything in the scope, together.
    pub fn buckets(&self, partner: Option<&PartnerId>, span: Span, size: BucketSize) -> Buckets {
        match partner {
            Some(partner) => self.of_partner(partner, span, size),
            None => self.all(span, size),
        }
    }

    /// Records received per bucket of the same, the oldest first, without empty ones.
    pub fn history(
        &self,
        partner: Option<&PartnerId>,
        span: Span,
        size: BucketSize,
    ) -> Vec<(DateTime<Utc>, u64)> {
        let mirror = self.mirror();
        match (partner, &self.scope) {
            (None, Scope::All) => mirror.history_of_all(span, size),
            (partner, scope) => mirror.history(
                |feed| {
                    let of = feed.partner();
                    scope.covers(&of) && partner.is_none_or(|partner| *partner == of)
                },
                span,
                size,
            ),
        }
    }

    /// Records that a partner's feeds received, bucket by bucket, empty ones too; nothing of a
    /// partner that is not in the scope.
    pub fn received(&self, partner: &PartnerId, span: Span, size: BucketSize) -> Vec<u64> {
        if self.scope.covers(partner) {
            self.mirror().received(partner, span, size)
        } else {
            Vec::new()
        }
    }

    /// The buckets of one feed; none of one that is not in the scope.
    pub fn buckets_of_feed(&self, feed: &FeedId, span: Span, size: BucketSize) -> Buckets {
        if self.scope.covers(&feed.partner()) {
            self.mirror().together(|other| other == feed, span, size)
        } else {
            Buckets::new()
        }
    }

    /// What one feed adds up to; nothing of one that is not in the scope.
    pub fn of_feed(&self, feed: &FeedId, span: Span, size: BucketSize) -> Rollup {
        if self.scope.covers(&feed.partner()) {
            self.mirror().of_feed(feed, span, size)
        } else {
            Rollup::empty(span.from)
        }
    }
}
