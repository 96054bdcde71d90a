//! Looks at a stretch of time: what a page about one reads of the figures, and how its charts are
//! framed.

use super::summary::{summary, total};
use crate::api::overview::Compared;
use crate::domain::happening::Happening;
use crate::domain::ids::PartnerId;
use crate::domain::query::{Asked, Compare, Span};
use crate::domain::rollup::BucketSize;
use crate::server::calendar::Stretch;
use crate::server::charts::{Before, DAYS_BACK, Frame, History};
use crate::server::figures::{self, Reading};
use chrono::{DateTime, Utc};

/// Happenings of each kind that charts mark; more would be a black bar.
pub(super) const HAPPENINGS: i64 = 60;

/// What is looked at, and what it is held against.
#[derive(Debug)]
pub(super) struct Sight {
    pub stretch: Stretch,
    now: DateTime<Utc>,
    asked: Asked,
    /// What is drawn beside it, if anything.
    compare: Option<Compare>,
    /// What says how much is to be expected; empty when that would have to be read first.
    history: Span,
}

impl Sight {
    pub(super) fn new(asked: &Asked, now: DateTime<Utc>) -> Self {
        let stretch = Stretch::fix(asked, now);
        let mut history = stretch.since(DAYS_BACK);
        let at_hand = figures::is_at_hand(stretch.grain(), history.from, now);
        if !at_hand || stretch.unit == BucketSize::Minute {
            history.from = history.until;
        }
        Self {
            now,
            asked: asked.clone(),
            compare: Compare::parse(&asked.compare),
            history,
            stretch,
        }
    }

    /// What its figures are compared with, whether that is drawn or not.
    pub(super) fn before(&self) -> Span {
        self.stretch.before(self.compare.unwrap_or(Compare::Previous))
    }

    /// Everything that is read of the figures.
    pub(super) fn spans(&self) -> [Span; 3] {
        [self.stretch.span, self.before(), self.history]
    }

    /// The figures of what is over, and of what they are compared with, of a partner or of
    /// everything in the scope.
    pub(super) fn compared(&self, reading: &Reading, partner: Option<&PartnerId>) -> Compared {
        let sum = |span| match partner {
            Some(_) => total(&reading.buckets(partner, span)),
            None => reading.total(span),
        };
        Compared {
            done: summary(&sum(self.stretch.done())),
            before: summary(&sum(reading.comparable(partner, self.before()))),
        }
    }

    /// The frame of its charts. `query` narrows the deliveries that they lead to.
    pub(super) fn frame(
        &self,
        reading: &Reading,
        partner: Option<&PartnerId>,
        query: String,
        happenings: Vec<Happening>,
    ) -> Frame {
        let begins = reading.begins(partner);
        Frame {
            before: self.compare.map(|compare| Before {
                name: compare.name(),
                cuts: self.stretch.cuts_before(compare),
                rollups: reading.buckets(partner, self.before()).into_values().collect(),
                begins,
            }),
            history: History {
                received: reading.history(partner, self.history),
                begins: begins.filter(|_| self.history.from < self.history.until),
            },
            stretch: self.stretch.clone(),
            now: self.now,
            query,
            table: self.asked.table.clone(),
            happenings,
        }
    }
}
