//! Remembers what failed in stretches of time until the figures change.
//!
//! Adding up the codes of a year of fifty partners takes a while, and everybody who looks at the
//! overview asks for the same. So each sum is kept with the turn of the
//! figures that it was added up at, and thrown away with the next turn.

use crate::domain::account::Scope;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::Span;
use crate::domain::report::CodeCount;
use crate::server::calendar::Grain;
use crate::server::figures::Figures;
use crate::server::store::Result;
use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// Sums that are kept; with more, the oldest goes.
const KEPT: usize = 64;

/// What failed per partner.
pub type Codes = Arc<Vec<(PartnerId, Vec<CodeCount>)>>;

/// Whose codes, from which buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Question {
    scope: Scope,
    partner: Option<PartnerId>,
    feed: Option<FeedId>,
    span: Span,
    grain: Grain,
}

/// The sums of the present turn. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Reasons {
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    turn: i64,
    /// The oldest first.
    sums: Vec<(Question, Codes)>,
}

impl Known {
    fn find(&self, turn: i64, question: &Question) -> Option<Codes> {
        let found = self.sums.iter().find(|(asked, _)| asked == question);
        found
            .filter(|_| self.turn == turn)
            .map(|(_, codes)| Arc::clone(codes))
    }

    fn keep(&mut self, turn: i64, question: Question, codes: Codes) {
        if turn > self.turn {
            self.turn = turn;
            self.sums.clear();
        }
        if turn == self.turn {
            if self.sums.len() >= KEPT {
                self.sums.remove(0);
            }
            self.sums.push((question, codes));
        }
    }
}

impl Reasons {
    /// What failed per partner in the scope, of one partner and of one feed where they are named,
    /// from the buckets of a grain that a stretch touches, as of the turn that the figures have.
    pub async fn list(
        &self,
        figures: &Figures,
        (turn, now): (i64, DateTime<Utc>),
        scope: &Scope,
        (partner, feed): (Option<&PartnerId>, Option<&FeedId>),
        (span, grain): (Span, Grain),
    ) -> Result<Codes> {
        let question = Question {
            scope: scope.clone(),
            partner: partner.cloned(),
            feed: feed.cloned(),
            // A stretch that ends now ends with its bucket, so that a second later it is the same one.
            span: grain.around(span),
            grain,
        };
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .find(turn, &question);
        if let Some(codes) = known {
            return Ok(codes);
        }
        let codes = figures
            .codes(scope, (partner, feed), question.span, grain, now)
            .await?;
        let codes = Arc::new(codes);
        // Added up after the turn was asked for: it may be of a later one, and is then added up once more.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.keep(turn, question, Arc::clone(&codes));
        Ok(codes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rollup::BucketSize;
    use chrono::TimeDelta;

    fn question(hours: i64) -> Question {
        Question {
            scope: Scope::All,
            partner: None,
            feed: None,
            span: Span {
                from: DateTime::UNIX_EPOCH,
                until: DateTime::UNIX_EPOCH + TimeDelta::hours(hours),
            },
            grain: Grain::Of(BucketSize::Hour),
        }
    }

    #[test]
    fn a_sum_is_good_for_its_turn_alone_and_for_its_question_alone() {
        let mut known = Known::default();
        let codes: Codes = Arc::new(vec![(PartnerId::new("a"), Vec::new())]);
        known.keep(7, question(1), Arc::clone(&codes));
        assert_eq!(known.find(7, &question(1)), Some(codes));
        assert_eq!(known.find(7, &question(2)), None);
        assert_eq!(known.find(8, &question(1)), None);
        let other = Question {
            scope: Scope::Only(vec![PartnerId::new("b")]),
            ..question(1)
        };
        assert_eq!(known.find(7, &other), None, "somebody else sees something else");
        known.keep(8, question(2), Arc::new(Vec::new()));
        known.keep(7, question(1), Arc::new(Vec::new()));
        assert_eq!(known.find(8, &question(1)), None, "an old sum is not kept");
        for hours in 0..1000 {
            known.keep(8, question(hours), Arc::new(Vec::new()));
        }
        assert_eq!(known.sums.len(), KEPT);
    }
}
