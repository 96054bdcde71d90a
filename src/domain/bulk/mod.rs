//! Describes bulk work: one action on a frozen set of held records of one feed.
//!
//! The set is frozen when somebody asks for it, so the number that they are shown is the number
//! that is run; [`State::after`] is the whole machine of a job, and [`Pace`] says how fast and how
//! far it may go by itself. What becomes of each record is an [`Outcome`]; their sums are a
//! [`Tally`]. Where sets are kept and who works on them is the store's and the worker's business.

pub mod fix;
mod pattern;

use super::format::count;
use super::quarantine::{self, Move as Step};
use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign};

/// Most records of one part of a set, which are decided together.
pub const PART: usize = 1000;
/// The first parts of every set: a ramp goes up by these, one after the other.
pub const RAMP: [usize; 3] = [1, 10, 100];
/// Fewest and most records a second that a pace may ask for.
pub const PER_SECOND: (u32, u32) = (1, 100_000);

/// What is done to each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Send it through today's contract again.
    Replay,
    /// Give it up, for a reason.
    Discard,
    /// Take it back into the quarantine.
    Restore,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Replay, Self::Discard, Self::Restore];

    /// The word for it in documents and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Discard => "discard",
            Self::Restore => "restore",
        }
    }

    /// The word at the beginning of a button.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Replay => "Replay",
            Self::Discard => "Discard",
            Self::Restore => "Restore",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.word() == word)
    }

    /// The first move of a record that it is done to: who may not make it is not in the set.
    pub fn step(self) -> Step {
        match self {
            Self::Replay => Step::Queue,
            Self::Discard => Step::Discard,
            Self::Restore => Step::Restore,
        }
    }

    /// Whether a record in this state can be in a set.
    pub fn takes(self, state: quarantine::State) -> bool {
        state.allows(self.step())
    }
}

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its set is frozen; it waits for somebody to start it.
    Planned,
    /// Workers take its parts.
    Running,
    /// It is to pause: what is being decided is finished first.
    Pausing,
    /// It rests until somebody goes on with it.
    Paused,
    /// It is to end: what is being decided is finished first.
    Cancelling,
    /// It ended before it was done.
    Cancelled,
    /// Every record of the set was decided.
    Done,
}

/// What can happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// Somebody starts it.
    Start,
    /// Somebody, or its own pace, has it pause.
    Pause,
    /// Somebody goes on with it.
    Resume,
    /// Somebody ends it.
    Cancel,
    /// No part of it is being worked on any more.
    Settle,
    /// No part of it is left.
    Finish,
}

impl State {
    /// Every state, in the order of a job's life.
    pub const ALL: [Self; 7] = [
        Self::Planned,
        Self::Running,
        Self::Pausing,
        Self::Paused,
        Self::Cancelling,
        Self::Cancelled,
        Self::Done,
    ];

    /// The state after `step`, or none when that move is not legal from here.
    pub fn after(self, step: Move) -> Option<Self> {
        use State::{Cancelled, Cancelling, Done, Paused, Pausing, Planned, Running};
        match (self, step) {
            (Planned, Move::Start) | (Paused | Pausing, Move::Resume) => Some(Running),
            (Running, Move::Pause) => Some(Pausing),
            (Pausing, Move::Settle) => Some(Paused),
            // Nothing of it is being worked on.
            (Planned | Paused, Move::Cancel) | (Cancelling, Move::Settle) => Some(Cancelled),
            (Running | Pausing, Move::Cancel) => Some(Cancelling),
            (Running | Pausing | Cancelling, Move::Finish) => Some(Done),
            _ => None,
        }
    }

    /// Whether `step` is legal from here.
    pub fn allows(self, step: Move) -> bool {
        self.after(step).is_some()
    }

    /// Whether a worker may be writing for it.
    pub fn is_working(self) -> bool {
        matches!(self, Self::Running | Self::Pausing | Self::Cancelling)
    }

    /// The word for it in documents and on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Pausing => "pausing",
            Self::Paused => "paused",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// How fast a job goes and when it stops by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Go up by steps of 1, 10 and 100 records before the rest, each after the one before.
    pub ramp: bool,
    /// Pause when more than this share of a part, in per cent, was rejected again.
    pub stop_above: Option<u8>,
    /// At most so many records a second, over all workers.
    pub per_second: Option<u32>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            ramp: true,
            stop_above: Some(20),
            per_second: None,
        }
    }
}

impl Pace {
    /// Whether part `number` may be begun while part `first` is the first that is not done.
    pub fn may_begin(self, number: usize, first: usize) -> bool {
        !self.ramp || number <= first || first >= RAMP.len()
    }

    /// Whether a part that ended so is a reason to pause.
    pub fn stops(self, part: &Tally) -> bool {
        let decided = part.total() - part.gone;
        self.stop_above
            .is_some_and(|most| part.failed() * 100 > u64::from(most) * decided)
    }

    /// Whether it is so slow that one worker keeps it, and others do better with other jobs.
    pub fn is_kept_by_one(self) -> bool {
        self.per_second.is_some_and(|n| (n as usize) < PART)
    }

    /// How many records of a part of this size are decided together: what a second allows.
    pub fn slice(self, size: usize) -> usize {
        let most = self.per_second.map_or(PART, |n| n as usize);
        size.min(most.clamp(1, PART))
    }
}

/// The size of part `number` of a set that fills it.
pub fn part_size(number: usize) -> usize {
    RAMP.get(number).copied().unwrap_or(PART)
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// It passed; its item was written.
    Accepted,
    /// It passed and says what the catalogue says already.
    Unchanged,
    /// It failed again.
    RejectedAgain,
    /// A newer version of its item had been accepted, and was not overwritten.
    Superseded,
    /// It was given up.
    Discarded,
    /// It was taken back into the quarantine.
    Restored,
    /// It was dealt with otherwise before its turn came; nothing was done to it.
    Gone,
    /// It could not be read or written; nothing was done to it.
    Failed,
}

impl Outcome {
    /// Every outcome, in the order in which pages name them.
    pub const ALL: [Self; 8] = [
        Self::Accepted,
        Self::Unchanged,
        Self::RejectedAgain,
        Self::Superseded,
        Self::Discarded,
        Self::Restored,
        Self::Gone,
        Self::Failed,
    ];

    /// Its letter, as sets remember it.
    pub fn letter(self) -> u8 {
        match self {
            Self::Accepted => b'a',
            Self::Unchanged => b'u',
            Self::RejectedAgain => b'r',
            Self::Superseded => b's',
            Self::Discarded => b'd',
            Self::Restored => b'b',
            Self::Gone => b'g',
            Self::Failed => b'f',
        }
    }

    /// Reads the letter back.
    pub fn of_letter(letter: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.letter() == letter)
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unchanged => "unchanged",
            Self::RejectedAgain => "rejected again",
            Self::Superseded => "superseded",
            Self::Discarded => "discarded",
            Self::Restored => "restored",
            Self::Gone => "dealt with before its turn",
            Self::Failed => "failed",
        }
    }
}

/// How many records ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// [`Outcome::Accepted`].
    pub accepted: u64,
    /// [`Outcome::Unchanged`].
    pub unchanged: u64,
    /// [`Outcome::RejectedAgain`].
    pub rejected_again: u64,
    /// [`Outcome::Superseded`].
    pub superseded: u64,
    /// [`Outcome::Discarded`].
    pub discarded: u64,
    /// [`Outcome::Restored`].
    pub restored: u64,
    /// [`Outcome::Gone`].
    pub gone: u64,
    /// [`Outcome::Failed`].
    pub failed: u64,
}

impl Tally {
    /// Sums outcomes up.
    pub fn of(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            *tally.of_mut(outcome) += 1;
        }
        tally
    }

    fn of_mut(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Accepted => &mut self.accepted,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::RejectedAgain => &mut self.rejected_again,
            Outcome::Superseded => &mut self.superseded,
            Outcome::Discarded => &mut self.discarded,
            Outcome::Restored => &mut self.restored,
            Outcome::Gone => &mut self.gone,
            Outcome::Failed => &mut self.failed,
        }
    }

    /// How many ended so.
    pub fn get(mut self, outcome: Outcome) -> u64 {
        *self.of_mut(outcome)
    }

    /// How many have an outcome.
    pub fn total(&self) -> u64 {
        self.accepted
            + self.unchanged
            + self.rejected_again
            + self.superseded
            + self.discarded
            + self.restored
            + self.gone
            + self.failed
    }

    /// It in words: `20 accepted, 3 rejected again`.
    pub fn told(&self) -> String {
        let told: Vec<String> = Outcome::ALL
            .into_iter()
            .filter(|&outcome| self.get(outcome) > 0)
            .map(|outcome| format!("{} {}", count(self.get(outcome)), outcome.label()))
            .collect();
        if told.is_empty() {
            return "nothing was done".to_owned();
        }
        told.join(", ")
    }

    /// How many did not end as they were meant to: rejected again or failed.
    pub fn failed(&self) -> u64 {
        self.rejected_again + self.failed
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            accepted: self.accepted + other.accepted,
            unchanged: self.unchanged + other.unchanged,
            rejected_again: self.rejected_again + other.rejected_again,
            superseded: self.superseded + other.superseded,
            discarded: self.discarded + other.discarded,
            restored: self.restored + other.restored,
            gone: self.gone + other.gone,
            failed: self.failed + other.failed,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOVES: [Move; 6] = [
        Move::Start,
        Move::Pause,
        Move::Resume,
        Move::Cancel,
        Move::Settle,
        Move::Finish,
    ];

    #[test]
    fn done_and_cancelled_are_final() {
        for step in MOVES {
            assert_eq!(State::Done.after(step), None);
            assert_eq!(State::Cancelled.after(step), None);
        }
    }

    #[test]
    fn words_and_letters_are_read_back() {
        for state in State::ALL {
            assert_eq!(State::parse(state.word()), Some(state));
        }
        for action in Action::ALL {
            assert_eq!(Action::parse(action.word()), Some(action));
        }
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::of_letter(outcome.letter()), Some(outcome));
            assert_eq!(Tally::of([outcome]).get(outcome), 1);
        }
    }

    #[test]
    fn a_ramp_goes_up_one_step_at_a_time_and_then_lets_go() {
        let pace = Pace::default();
        assert!(pace.may_begin(0, 0) && !pace.may_begin(1, 0));
        assert!(pace.may_begin(2, 2) && !pace.may_begin(3, 2));
        assert!(pace.may_begin(3, 3) && pace.may_begin(90, 3));
        let flat = Pace { ramp: false, ..pace };
        assert!(flat.may_begin(90, 0));
    }

    #[test]
    fn a_part_stops_the_job_only_when_more_than_the_share_failed() {
        let pace = Pace::default();
        let part = |accepted, rejected_again, gone| Tally {
            accepted,
            rejected_again,
            gone,
            ..Tally::default()
        };
        assert!(!pace.stops(&part(80, 20, 0)) && pace.stops(&part(79, 21, 0)));
        assert!(!pace.stops(&part(0, 0, 100)), "nothing was decided");
        assert!(pace.stops(&part(3, 1, 900)), "what was gone is no success");
    }

    proptest! {
        #[test]
        fn nothing_runs_that_nobody_started(steps in prop::collection::vec(0usize..6, 0..40)) {
            let (mut state, mut started) = (State::Planned, false);
            for step in steps {
                let step = MOVES[step];
                if let Some(next) = state.after(step) {
                    started |= step == Move::Start;
                    state = next;
                }
                prop_assert!(started || !state.is_working());
            }
        }
    }
}
