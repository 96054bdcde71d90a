//! Holds the rollups in memory and answers every page's figures from there.
//!
//! A page asks the database one small question: has a turn of the rollups passed since what is
//! held was read? If so, the buckets that have changed are fetched, and only those, with what failed
//! in them. Days are held for ever, hours and minutes as [`mirror`] says; a page that asks for older
//! hours reads them from the store and forgets them again. What a bucket holds is
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
use self::clocks::{Clock, Starts};
use self::mirror::Mirror;
use super::calendar::{Calendar, Grain};
use super::store::{Kept, Result, Store};
use crate::domain::account::Scope;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::Span;
use crate::domain::report::CodeCount;
use crate::domain::rollup::{BucketSize, Rollup};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use tokio::sync::{Mutex, OwnedRwLockReadGuard, RwLock};

/// Buckets by their start.
pub type Buckets = BTreeMap<DateTime<Utc>, Rollup>;

/// Clocks whose days are kept at a time; the one by which nobody has read for longest gives way.
const MOST_CLOCKS: usize = 4;

/// The rollups in memory. Clones share them.
#[derive(Debug, Clone)]
pub struct Figures {
    store: Store,
    held: Arc<RwLock<Held>>,
    names: Arc<std::sync::Mutex<Names>>,
    /// Whose it is reads the days of a clock; others who want one wait for it.
    reading_days: Arc<Mutex<()>>,
}

/// Everything that is in memory.
#[derive(Debug, Default)]
struct Held {
    /// Shared while the days of a clock are added up from it.
    mirror: Arc<Mirror>,
    clocks: Vec<Clock>,
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
    /// The turn that they are at least as of.
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
            names: Arc::default(),
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
                    let old = self.read_changes(old);
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
        let reached = |held: &Held| {
            let since = since(held);
            let clock = held.clocks.iter().find(|clock| clock.reaches(calendar, since));
            clock.inspect(|clock| clock.ask(now)).is_some()
        };
        let held = Arc::clone(&self.held).read_owned().await;
        if reached(&held) {
            return Ok(held);
        }
        drop(held);
        let _mine = self.reading_days.lock().await;
        let held = Arc::clone(&self.held).read_owned().await;
        if reached(&held) {
            return Ok(held);
        }
        let (mirror, since) = (Arc::clone(&held.mirror), since(&held));
        drop(held);
        let mut beside = Vec::new();
        for (size, starts) in clocks::edges(calendar, since, now) {
            let starts: Vec<_> = starts.into_iter().collect();
            beside.extend(self.store.list_rolled_at(size, &starts).await?);
        }
        let beside = self.read_changes(beside);
        // What was read may be of a later turn than the days; with the next, both are of one.
        let clock = Clock::new((calendar, since), mirror.turn(), &mirror, &beside, now);
        drop(mirror);
        let mut held = Arc::clone(&self.held).write_owned().await;
        held.clocks.retain(|other| !other.is_of(calendar));
        if held.clocks.len() >= MOST_CLOCKS {
            let oldest = held.clocks.iter().map(Clock::asked).min();
            let oldest = held.clocks.iter().position(|clock| Some(clock.asked()) == oldest);
            oldest.map(|oldest| held.clocks.remove(oldest));
        }
        held.clocks.push(clock);
        Ok(held.downgrade())
    }

    fn read_changes(&self, kept: Vec<Kept>) -> Vec<Change> {
        Change::read(
            kept,
            &mut self.names.lock().unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Gives the turn that is held now, and until when somebody has said to keep the rollups.
    async fn bring_up(&self, now: DateTime<Utc>) -> Result<(i64, Option<DateTime<Utc>>)> {
        let (turn, until) = self.store.rollup_turn().await?;
        let behind = self.held.read().await.turn();
        if turn <= behind {
            return Ok((turn, until));
        }
        let changed = self
            .store
            .list_rolled_since(behind, &mirror::horizons(now))
            .await?;
        let changed = self.read_changes(changed);
        let mut wanted = Starts::new();
        let clocks: Vec<(Calendar, i64)> = {
            let held = self.held.read().await;
            let clocks = held.clocks.iter().filter(|clock| clock.turn() >= behind);
            clocks
                .map(|clock| {
                    clock.note_wanted(&changed, now, &mut wanted);
                    clock.state()
                })
                .collect()
        };
        let mut found = Vec::new();
        for (size, starts) in wanted {
            let starts: Vec<_> = starts.into_iter().collect();
            found.extend(self.store.list_rolled_at(size, &starts).await?);
        }
        let mut old = Mirror::default();
        old.take_in(&self.read_changes(found), turn, DateTime::UNIX_EPOCH);
        let held = &mut *self.held.write().await;
        if turn > held.mirror.turn() {
            Arc::make_mut(&mut held.mirror).take_in(&changed, turn, now);
        }
        // One that came meanwhile, or was brought up by another, has its own turn: what it lacks is
        // fetched by whoever asks next.
        for clock in held.clocks.iter_mut().filter(|c| clocks.contains(&c.state())) {
            if clock.turn() < turn {
                clock.take_in(&changed, turn, (&held.mirror, &old), now);
            }
        }
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
