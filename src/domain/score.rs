//! Scores how good what a partner sent was, from 0 to 100, by a formula that stands on the page.
//!
//! Records that pass count whole, those that pass with a warning nine tenths, those that are held
//! not at all; and a file that cannot be read is one of those that should have brought records.

use super::report::Counts;
use serde::{Deserialize, Serialize};

/// A score with everything that it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// From 0 to 100, rounded down: only what is perfect has 100.
    pub value: u32,
    /// Records that pass without a word.
    pub clean: u64,
    /// Records that pass with a warning.
    pub warned: u64,
    /// Records that are held.
    pub held: u64,
    /// Files that came.
    pub files: u64,
    /// Those of them that could not be read.
    pub unread: u64,
}

impl Score {
    /// The formula, as the page tells it.
    pub const FORMULA: &'static str = "(records without a word + 0.9 × records with a warning) ÷ records received × files read ÷ files sent × 100";

    /// The score of these records and files; none when no record was received.
    pub fn of(counts: &Counts, files: u64, unread: u64) -> Option<Self> {
        if counts.received == 0 && unread == 0 {
            return None;
        }
        let passed = counts.accepted + counts.unchanged;
        let warned = counts.warned.min(passed);
        let clean = passed - warned;
        let read = files.saturating_sub(unread);
        // In tenths, so that nothing is rounded before the end.
        let tenths = u128::from(clean) * 10 + u128::from(warned) * 9;
        let whole = u128::from(counts.received.max(1)) * 10 * u128::from(files.max(1));
        let files_read = if files == 0 { 1 } else { u128::from(read) };
        let value = tenths * files_read * 100 / whole;
        Some(Self {
            value: u32::try_from(value).unwrap_or(100).min(100),
            clean,
            warned,
            held: counts.quarantined,
            files,
            unread,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(accepted: u64, warned: u64, quarantined: u64) -> Counts {
        Counts {
            received: accepted + quarantined,
            accepted,
            quarantined,
            warned,
            ..Counts::default()
        }
    }

    #[test]
    fn only_what_is_perfect_has_a_hundred() {
        for (counts, files, unread, value) in [
            (counts(100, 0, 0), 1, 0, Some(100)),
            (counts(9_999, 0, 1), 1, 0, Some(99)),
            (counts(100, 100, 0), 1, 0, Some(90)),
            (counts(50, 0, 50), 1, 0, Some(50)),
            (counts(100, 0, 0), 4, 1, Some(75)),
            (counts(0, 0, 0), 1, 1, Some(0)),
            (counts(0, 0, 0), 0, 0, None),
            (counts(0, 0, 5), 1, 0, Some(0)),
        ] {
            let score = Score::of(&counts, files, unread);
            assert_eq!(score.map(|score| score.value), value, "{counts:?}");
        }
    }
}
