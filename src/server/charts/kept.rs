//! Remembers the charts that were drawn last, so that many who look at the same figures cost one
//! drawing.
//!
//! A drawing is found by everything that it is made of, and so is never out of date: other figures,
//! another clock or another word make another drawing.

use super::frame::{Bucket, Frame};
use super::{latency, rejection, volume};
use crate::api::overview::Charts;
use crate::domain::rollup::Rollup;
use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use xxhash_rust::xxh3::Xxh3;

/// Drawings that are remembered, some hundred kilobytes each; with more, the one goes that nobody has
/// asked for the longest.
pub(super) const KEPT: usize = 48;

/// The charts drawn last. Clones share them.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What was asked for last comes last.
    drawn: Arc<Mutex<VecDeque<Drawing>>>,
    /// Nobody can choose words that lead to the drawing of other words.
    seed: u64,
}

#[derive(Debug)]
struct Drawing {
    made: Made,
    charts: Arc<Charts>,
}

/// What a drawing is made of, in 128 bits: that two of a million million are taken for one has a
/// probability of 2 in 10¹⁵.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Made(u128);

impl Made {
    fn of(buckets: &[Bucket], frame: &Frame, seed: u64) -> Self {
        let Frame {
            stretch,
            // A bucket knows of itself whether it is still filling,
            now: _,
            // where it leads
            query: _,
            // and how much is to be expected in it.
            history: _,
            table,
            before,
            happenings,
        } = frame;
        let mut hash = Xxh3::with_seed(seed);
        buckets.hash(&mut hash);
        // Its ends are in what the buckets are called; the last of them may be now.
        stretch.cuts.hash(&mut hash);
        (stretch.unit, stretch.stride, stretch.calendar.name()).hash(&mut hash);
        // Whatever else somebody asks for is no table.
        let table = [volume::NAME, rejection::NAME, latency::NAME]
            .iter()
            .position(|name| name == table);
        (table, happenings).hash(&mut hash);
        before.as_ref().map(|before| before.name).hash(&mut hash);
        Self(hash.digest128())
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            drawn: Arc::default(),
            seed: RandomState::new().hash_one(()),
        }
    }
}

impl Kept {
    /// All three charts of a range. `rollups` may come in any order, with or without empty ones, and
    /// finer than the frame's buckets.
    pub fn all<'a>(&self, rollups: impl IntoIterator<Item = &'a Rollup>, frame: &Frame) -> Charts {
        let buckets = frame.buckets(rollups);
        let made = Made::of(&buckets, frame, self.seed);
        let charts = self.find(made).unwrap_or_else(|| {
            let charts = Arc::new(super::all(&buckets, frame));
            self.keep(made, Arc::clone(&charts));
            charts
        });
        Charts::clone(&charts)
    }

    fn drawn(&self) -> MutexGuard<'_, VecDeque<Drawing>> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, made: Made) -> Option<Arc<Charts>> {
        let mut drawn = self.drawn();
        let place = drawn.iter().position(|drawing| drawing.made == made)?;
        let found = drawn.remove(place)?;
        let charts = Arc::clone(&found.charts);
        drawn.push_back(found);
        Some(charts)
    }

    fn keep(&self, made: Made, charts: Arc<Charts>) {
        let mut drawn = self.drawn();
        // Two that missed it at once have both drawn it.
        if drawn.iter().any(|drawing| drawing.made == made) {
            return;
        }
        drawn.push_back(Drawing { made, charts });
        let forgotten = (drawn.len() > KEPT).then(|| drawn.pop_front());
        drop(drawn);
        drop(forgotten);
    }

    /// How many drawings are remembered.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.drawn().len()
    }
}
