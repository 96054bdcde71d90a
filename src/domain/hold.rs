//! Describes a hold: a whole delivery that a gate keeps from taking effect, and what becomes
//! of it.
//!
//! Somebody releases it or refuses it, with a reason, or a newer file of the feed takes effect
//! and makes it moot. [`Stage::after`] is the whole machine; the store asks it before every
//! change, so that of two people who press at once one is told what the other did.

use super::delivery::Status;
use super::ids::DeliveryId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How far a hold has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It waits for somebody to rule on it.
    Waiting,
    /// Somebody released it; a worker is about to take it in.
    Releasing,
    /// It was let through: it takes effect, or has.
    Released,
    /// Somebody refused it; it never takes effect.
    Refused,
    /// A newer file of the feed took effect first; it never does.
    Superseded,
}

/// What can happen to a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// Somebody releases it.
    Release,
    /// The worker begins to take it in.
    Begin,
    /// Somebody refuses it.
    Refuse,
    /// A newer file takes effect.
    Supersede,
}

impl Stage {
    /// Every stage, in the order of a hold's life.
    pub const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Releasing,
        Self::Released,
        Self::Refused,
        Self::Superseded,
    ];

    /// The stage after `step`, or none when that move is not legal from here.
    pub fn after(self, step: Move) -> Option<Self> {
        match (self, step) {
            (Self::Waiting, Move::Release) => Some(Self::Releasing),
            (Self::Releasing, Move::Begin) => Some(Self::Released),
            (Self::Waiting, Move::Refuse) => Some(Self::Refused),
            (Self::Waiting | Self::Releasing, Move::Supersede) => Some(Self::Superseded),
            _ => None,
        }
    }

    /// The stages from which `step` is legal.
    pub fn before(step: Move) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |stage| stage.after(step).is_some())
    }

    /// What a delivery's status becomes on entering this stage.
    pub fn status(self) -> Status {
        match self {
            Self::Waiting | Self::Releasing => Status::Held,
            Self::Released => Status::Processing,
            Self::Refused | Self::Superseded => Status::Refused,
        }
    }

    /// The word for it in documents and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Releasing => "releasing",
            Self::Released => "released",
            Self::Refused => "refused",
            Self::Superseded => "superseded",
        }
    }
}

/// Who ruled on a hold, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Their name.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, in their words.
    pub reason: String,
}

/// What became of a delivery that a gate held, or would have held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// How far it has come.
    pub stage: Stage,
    /// Who ruled on it; none while it waits and when nobody had to.
    pub ruling: Option<Ruling>,
    /// The newer delivery that took effect first.
    pub superseded_by: Option<DeliveryId>,
    /// When it began to wait; none when somebody let the file through beforehand.
    #[serde(default)]
    pub since: Option<DateTime<Utc>>,
    /// When the waiting ended: when it began to be taken in, was refused, or a newer file came.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
}

impl Hold {
    /// A hold that begins `now`.
    pub fn waiting(now: DateTime<Utc>) -> Self {
        Self {
            stage: Stage::Waiting,
            ruling: None,
            superseded_by: None,
            since: Some(now),
            until: None,
        }
    }

    /// Somebody lets a file through before a gate has even looked at it.
    pub fn released(ruling: Ruling) -> Self {
        Self {
            stage: Stage::Released,
            ruling: Some(ruling),
            superseded_by: None,
            since: None,
            until: None,
        }
    }

    /// How long it waited for people, which is no time that we took; zero while it still waits.
    pub fn waited(&self) -> TimeDelta {
        match (self.since, self.until) {
            (Some(since), Some(until)) => until - since,
            _ => TimeDelta::zero(),
        }
    }
}

/// A reason that says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a ruling needs a reason of 3 to 500 characters, for whoever asks later why the catalogue changed or did not"
)]
pub struct NoReason;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 500;

/// Reads the reason somebody typed.
pub fn reason(text: &str) -> Result<String, NoReason> {
    let text = text.trim();
    if (3..=REASON_MAX).contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err(NoReason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOVES: [Move; 4] = [Move::Release, Move::Begin, Move::Refuse, Move::Supersede];

    proptest! {
        #[test]
        fn whatever_is_tried_a_hold_ends_once_and_stays_ended(steps in prop::collection::vec(0..MOVES.len(), 0..20)) {
            let mut stage = Stage::Waiting;
            let mut ended = None;
            for step in steps {
                if let Some(next) = stage.after(MOVES[step]) {
                    prop_assert_eq!(ended, None, "{:?} moved to {:?}", stage, next);
                    prop_assert_ne!(next, stage);
                    stage = next;
                }
                if MOVES.iter().all(|step| stage.after(*step).is_none()) {
                    ended = Some(stage);
                }
            }
            // It takes effect only if somebody released it and a worker began.
            prop_assert_eq!(stage.status() == Status::Processing, stage == Stage::Released);
        }
    }

    #[test]
    fn only_a_release_leads_to_effect() {
        for stage in Stage::ALL {
            for step in MOVES {
                if stage.after(step) == Some(Stage::Released) {
                    assert_eq!((stage, step), (Stage::Releasing, Move::Begin));
                }
            }
        }
        assert_eq!(
            Stage::before(Move::Release).collect::<Vec<_>>(),
            [Stage::Waiting],
            "of two who press at once one wins"
        );
    }

    #[test]
    fn a_reason_says_something() {
        assert_eq!(reason("  "), Err(NoReason));
        assert_eq!(reason(" sold out \n").as_deref(), Ok("sold out"));
        assert_eq!(reason(&"x".repeat(501)), Err(NoReason));
    }
}
