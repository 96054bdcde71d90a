//! Describes the worker's jobs: what kinds there are, and what becomes of one that fails.
//!
//! A job that fails is tried again after a pause that grows, and is set aside after
//! [`ATTEMPTS`]: it waits for a person then, with the last error beside it, rather than keep a
//! worker busy for ever. Where jobs are kept and leased is the store's business.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// How often a job is tried before it is set aside.
pub const ATTEMPTS: u32 = 6;

/// Pause after the first failure; each further one is four times as long.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(5);
/// Longest pause.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(30);

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Send held records through today's contract again.
    Replay,
    /// Take a file in that was received.
    Ingest,
    /// Take a file in that a gate held, because somebody released it.
    Release,
    /// Fetch a feed's file from its address.
    Pull,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Replay, Self::Ingest, Self::Release, Self::Pull];

    /// The word for it in documents and on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Ingest => "ingest",
            Self::Release => "release",
            Self::Pull => "pull",
        }
    }

    /// Whether it writes a feed's catalogue as a whole: such jobs of one feed are done one by
    /// one, in the order they were asked for.
    pub fn takes_the_feed(self) -> bool {
        matches!(self, Self::Ingest | Self::Release)
    }
}

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for a worker, or for its pause to pass.
    Queued,
    /// A worker has it.
    Running,
    /// It was done.
    Done,
    /// It failed too often and waits for a person.
    Aside,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Running, Self::Done, Self::Aside];

    /// The word for it in documents and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Aside => "aside",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Aside => "set aside",
            other => other.word(),
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// How long to wait before the next attempt, after `failed` attempts; none when it is time to
/// set the job aside.
pub fn pause_after(failed: u32) -> Option<TimeDelta> {
    if failed >= ATTEMPTS {
        return None;
    }
    let times = 4_i32.saturating_pow(failed.saturating_sub(1));
    Some(
        FIRST_PAUSE
            .checked_mul(times)
            .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_job_that_keeps_failing_is_tried_over_most_of_an_hour_and_then_set_aside() {
        let pauses: Vec<_> = (1..).map_while(pause_after).collect();
        let seconds: Vec<i64> = pauses.iter().map(TimeDelta::num_seconds).collect();
        assert_eq!(seconds, [5, 20, 80, 320, 1280]);
        assert_eq!(pause_after(ATTEMPTS), None);
    }

    proptest! {
        #[test]
        fn pauses_never_shrink_and_always_end(failed in any::<u32>()) {
            match pause_after(failed) {
                None => prop_assert!(failed >= ATTEMPTS),
                Some(pause) => {
                    prop_assert!(pause >= FIRST_PAUSE && pause <= LONGEST_PAUSE);
                    if let Some(next) = pause_after(failed + 1) {
                        prop_assert!(next >= pause);
                    }
                }
            }
        }
    }

    #[test]
    fn every_state_is_read_back_from_its_word() {
        for state in State::ALL {
            assert_eq!(State::parse(state.word()), Some(state));
        }
    }
}
