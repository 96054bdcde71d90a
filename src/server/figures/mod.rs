//! Holds the rollups in memory and answers every page's figures from there.
//!
//! A page asks the database one small question: has a turn of the rollups passed since what is
//! held was read? If so, the buckets that have changed are fetched, and only those. Days are
//! held for ever, hours and minutes for as long as the quick ranges reach; a page that asks for
//! older hours reads them from the store and forgets them again. What a bucket holds is
//! [`crate::domain::rollup`]'s to say, and who may see it the scope's: nothing is handed out
//! without one.
//!
//! | file | does |
//! |---|---|
//! | `bucket` | puts what failed beside the figures it failed in |
//! | `mirror` | holds the buckets of UTC, and adds up |
//! | `clocks` | adds up the days of other clocks from them |

mod bucket;
mod clocks;
mod mirror;

use self::bucket::{Change, Codes, Names};
use self::clocks::Clock;
use self::mirror::Mirror;
use super::calendar::{Calendar, Grain};
use super::store::{Result, Store};
use crate::domain::account::Scope;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::Span;
use crate::domain::report::CodeCount;
use crate::domain::rollup::{BucketSize, Rollup};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedRwLockReadGuard, RwLock};

/// Buckets by their start.
pub type Buckets = BTreeMap<DateTime<Utc>, Rollup>;

/// Clocks whose days are kept at a time; the one that was asked for first gives way.
const MOST_CLOCKS: usize = 4;

/// The rollups in memory. Clones share them.
#[derive(Debug, Clone)]
pub struct Figures {
    store: Store,
    held: Arc<RwLock<Held>>,
    /// Whose it is reads the days of a clock; others who want one wait for it.
    reading_days: Arc<Mutex<()>>,
}

/// Everything that is held.
#[derive(Debug, Default)]
struct Held {
    mirror: Mirror,
    clocks: Vec<Clock>,
    names: Names,
}

impl Held {
    /// The turn since which all has to be fetched that has changed.
    fn turn(&self) -> i64 {
        let clocks = self.clocks.iter().map(Clock::turn);
        clocks.fold(self.mirror.turn(), i64::min)
    }

    fn clock(&self, calendar: Calendar) -> Option<&Clock> {
        self.clocks.iter().find(|clock| clock.is_of(calendar))
    }
}

/// What one caller may read of them, as of one instant.
#[derive(Debug)]
pub struct Reading {
    held: OwnedRwLockReadGuard<Held>,
    /// What is older than what is held, read for this caller.
    aside: Option<Mirror>,
    grain: Grain,
    scope: Scope,
    /// The turn that they are as of.
    pub turn: i64,
    /// Whether somebody keeps the rollups in step with the log.
    pub followed: bool,
}

impl Figures {
    /// Nothing yet: the first question reads everything.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            held: Arc::default(),
            reading_days: Arc::default(),
        }
    }

    /// Brings what is held up to the store, so that the next page need not, and gives its turn.
    pub async fn refresh(&self, now: DateTime<Utc>) -> Result<i64> {
        self.bring_up(now).await.map(|(turn, _)| turn)
    }

    /// Brings what is held up to the store, and opens it for figures of a grain within the given
    /// stretches. Nobody can bring it further while the reading is kept, so it is asked for last
    /// and nothing is waited for with it in hand.
    pub async fn read(
        &self,
        scope: &Scope,
        spans: &[Span],
        grain: Grain,
        now: DateTime<Utc>,
    ) -> Result<Reading> {
        let (turn, until) = self.bring_up(now).await?;
        let spans: Vec<Span> = spans
            .iter()
            .filter(|span| span.from < span.until)
            .copied()
            .collect();
        let from = spans.iter().map(|span| span.from).min();
        let mut aside = None;
        let held = match grain {
            Grain::Days(calendar) => self.by_clock(calendar, from.unwrap_or(now), now).await?,
            Grain::Of(size) => {
                if !from.is_none_or(|from| is_at_hand(grain, from, now)) {
                    let mut old = Vec::new();
                    for span in &spans {
                        old.extend(self.store.list_rolled(scope, *span, size).await?);
                    }
                    let old = Change::read(old, &mut Names::default());
                    let read: &mut Mirror = aside.insert(Mirror::default());
                    read.take_in(&old, turn, DateTime::UNIX_EPOCH);
                }
                Arc::clone(&self.held).read_owned().await
            }
        };
        Ok(Reading {
            held,
            aside,
            grain,
            scope: scope.clone(),
            turn,
            followed: until.is_some_and(|until| until > now),
        })
    }

    /// What failed per partner in the scope, of one partner and of one feed where they are named, in
    /// the buckets of a grain that a stretch touches, the most records first.
    pub async fn codes(
        &self,
        scope: &Scope,
        (partner, feed): (Option<&PartnerId>, Option<&FeedId>),
        span: Span,
        grain: Grain,
        now: DateTime<Utc>,
    ) -> Result<Vec<(PartnerId, Vec<CodeCount>)>> {
        let wanted = |other: &FeedId| {
            let of = other.partner();
            scope.covers(&of)
                && partner.is_none_or(|partner| *partner == of)
                && feed.is_none_or(|feed| feed == other)
        };
        let codes = match grain {
            Grain::Of(size) => {
                let pieces = size.pieces(span);
                let is_held = |(piece, size): &(Span, _)| is_at_hand(Grain::Of(*size), piece.from, now);
                if !pieces.iter().all(is_held) {
                    return self.store.list_codes(scope, (partner, feed), span, size).await;
                }
                self.bring_up(now).await?;
                self.held.read().await.mirror.codes(wanted, &pieces)
            }
            Grain::Days(calendar) => {
                let days = [(clocks::under_dates(calendar, span), BucketSize::Day)];
                let reading = self.read(scope, &[span], grain, now).await?;
                reading.mirror().codes(wanted, &days)
            }
        };
        Ok(codes
            .into_iter()
            .map(|(partner, codes)| (partner, Codes::counts(&codes)))
            .collect())
    }

    /// Opens what is held when a clock's days since `from` are among it.
    async fn by_clock(
        &self,
        calendar: Calendar,
        from: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<OwnedRwLockReadGuard<Held>> {
        // Nothing is older than the log.
        let since = |held: &Held| {
            let begins = held.mirror.begins(|_| true).unwrap_or(now);
            clocks::since(calendar, from.max(begins))
        };
        let reaches = |held: &Held| {
            let since = since(held);
            held.clocks.iter().any(|clock| clock.reaches(calendar, since))
        };
        let held = Arc::clone(&self.held).read_owned().await;
        if reaches(&held) {
            return Ok(held);
        }
        drop(held);
        let _mine = self.reading_days.lock().await;
        let held = Arc::clone(&self.held).read_owned().await;
        if reaches(&held) {
            return Ok(held);
        }
        let (turn, since) = (held.mirror.turn(), since(&held));
        drop(held);
        let mut beside = Vec::new();
        for (size, starts) in clocks::edges(calendar, since, now) {
            beside.extend(self.store.list_rolled_at(size, &starts).await?);
        }
        let beside = Change::read(beside, &mut self.held.write().await.names);
        // What changes meanwhile is of a later turn, and taken in with that.
        let clock = Clock::new(
            (calendar, since),
            turn,
            &self.held.read().await.mirror,
            &beside,
            now,
        );
        let mut held = Arc::clone(&self.held).write_owned().await;
        held.clocks.retain(|other| !other.is_of(calendar));
        if held.clocks.len() >= MOST_CLOCKS {
            held.clocks.remove(0);
        }
        held.clocks.push(clock);
        Ok(held.downgrade())
    }

    /// Gives the turn that is held now, and until when somebody has said to keep the rollups.
    async fn bring_up(&self, now: DateTime<Utc>) -> Result<(i64, Option<DateTime<Utc>>)> {
        let (turn, until) = self.store.rollup_turn().await?;
        let held = self.held.read().await;
        let behind = held.turn();
        if turn <= behind {
            return Ok((turn, until));
        }
        let mut oldest = mirror::horizons(now);
        // A clock's days are as old as they are, and hours say which of them have changed.
        if let Some(begins) = held.clocks.iter().map(Clock::begins).min() {
            oldest
                .entry(BucketSize::Hour)
                .and_modify(|oldest| *oldest = begins.min(*oldest));
        }
        drop(held);
        let changed = self.store.list_rolled_since(behind, &oldest).await?;
        let (changed, wanted) = {
            let mut held = self.held.write().await;
            let changed = Change::read(changed, &mut held.names);
            let wants = held.clocks.iter().filter_map(|clock| clock.wants(&changed, now));
            let wanted = wants.reduce(Span::with);
            (changed, wanted)
        };
        let mut found = Vec::new();
        if let Some(span) = wanted {
            for size in BucketSize::ALL {
                found.extend(self.store.list_rolled(&Scope::All, span, size).await?);
            }
        }
        let held = &mut *self.held.write().await;
        let mut old = Mirror::default();
        old.take_in(&Change::read(found, &mut held.names), turn, DateTime::UNIX_EPOCH);
        held.mirror.take_in(&changed, turn, now);
        held.clocks.retain_mut(|clock| {
            // One that came meanwhile may want more than was read; whoever asks next reads it anew.
            let wants = clock.wants(&changed, now);
            let is_read = wants.is_none_or(|span| wanted.is_some_and(|read| read.with(span) == read));
            if is_read {
                clock.take_in(&changed, turn, (&held.mirror, &old), now);
            }
            is_read
        });
        Ok((turn, until))
    }
}

/// Whether figures of a grain are at hand as far back as `from`, or would be read first.
pub fn is_at_hand(grain: Grain, from: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    match grain {
        Grain::Days(_) => true,
        Grain::Of(size) => from >= mirror::horizon(size, now),
    }
}

impl Reading {
    /// The first day on which anything happened, of a partner or of everything in the scope.
    pub fn begins(&self, partner: Option<&PartnerId>) -> Option<DateTime<Utc>> {
        self.held.mirror.begins(|feed| {
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
        let days = match self.grain {
            Grain::Days(calendar) => self.held.clock(calendar).map(Clock::days),
            Grain::Of(_) => self.aside.as_ref(),
        };
        days.unwrap_or(&self.held.mirror)
    }

    /// A stretch as it is kept, and in buckets of which size.
    fn kept(&self, span: Span) -> (Span, BucketSize) {
        match self.grain {
            Grain::Days(calendar) => (clocks::under_dates(calendar, span), BucketSize::Day),
            Grain::Of(size) => (span, size),
        }
    }

    /// When a bucket begins that is kept under this.
    fn begun(&self, kept: DateTime<Utc>) -> DateTime<Utc> {
        match self.grain {
            Grain::Days(calendar) => clocks::at_midnight(calendar, kept),
            Grain::Of(_) => kept,
        }
    }

    /// Buckets under the instants at which they begin.
    fn out(&self, kept: Buckets) -> Buckets {
        if let Grain::Of(_) = self.grain {
            return kept;
        }
        let begun = |(at, rollup): (_, Rollup)| {
            let start = self.begun(at);
            (start, Rollup { start, ..rollup })
        };
        kept.into_iter().map(begun).collect()
    }

    /// The buckets of everything in the scope together.
    pub fn all(&self, span: Span) -> Buckets {
        let (span, size) = self.kept(span);
        self.out(match &self.scope {
            Scope::All => self.mirror().all(span, size),
            Scope::Only(_) => self
                .mirror()
                .together(|feed| self.scope.covers(&feed.partner()), span, size),
        })
    }

    /// What everything in the scope adds up to.
    pub fn total(&self, span: Span) -> Rollup {
        let (span, size) = self.kept(span);
        match &self.scope {
            Scope::All => self.mirror().total(span, size),
            Scope::Only(_) => self
                .mirror()
                .sum(|feed| self.scope.covers(&feed.partner()), span, size),
        }
    }

    /// The buckets of a partner's feeds together; none of one that is not in the scope.
    pub fn of_partner(&self, partner: &PartnerId, span: Span) -> Buckets {
        if !self.scope.covers(partner) {
            return Buckets::new();
        }
        let (span, size) = self.kept(span);
        self.out(self.mirror().of_partner(partner, span, size))
    }

    /// The buckets of a partner's feeds, or of everything in the scope, together.
    pub fn buckets(&self, partner: Option<&PartnerId>, span: Span) -> Buckets {
        match partner {
            Some(partner) => self.of_partner(partner, span),
            None => self.all(span),
        }
    }

    /// Records received per bucket of the same, the oldest first, without empty ones.
    pub fn history(&self, partner: Option<&PartnerId>, span: Span) -> Vec<(DateTime<Utc>, u64)> {
        let (span, size) = self.kept(span);
        let mirror = self.mirror();
        let mut history = match (partner, &self.scope) {
            (None, Scope::All) => mirror.history_of_all(span, size),
            (partner, scope) => mirror.history(
                |feed| {
                    let of = feed.partner();
                    scope.covers(&of) && partner.is_none_or(|partner| *partner == of)
                },
                span,
                size,
            ),
        };
        for (at, _) in &mut history {
            *at = self.begun(*at);
        }
        history
    }

    /// Records that a partner's feeds received, bucket by bucket, empty ones too; nothing of a
    /// partner that is not in the scope.
    pub fn received(&self, partner: &PartnerId, span: Span) -> Vec<u64> {
        if !self.scope.covers(partner) {
            return Vec::new();
        }
        let (span, size) = self.kept(span);
        self.mirror().received(partner, span, size)
    }

    /// The buckets of one feed; none of one that is not in the scope.
    pub fn buckets_of_feed(&self, feed: &FeedId, span: Span) -> Buckets {
        if !self.scope.covers(&feed.partner()) {
            return Buckets::new();
        }
        let (span, size) = self.kept(span);
        self.out(self.mirror().together(|other| other == feed, span, size))
    }

    /// What one feed adds up to; nothing of one that is not in the scope.
    pub fn of_feed(&self, feed: &FeedId, span: Span) -> Rollup {
        if !self.scope.covers(&feed.partner()) {
            return Rollup::empty(span.from);
        }
        let (span, size) = self.kept(span);
        self.mirror().of_feed(feed, span, size)
    }
}
