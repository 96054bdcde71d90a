//! Says what a stretch of time is compared with.

use serde::{Deserialize, Serialize};

/// An earlier stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compare {
    /// As much time just before.
    Previous,
    /// The same times a day before.
    Day,
    /// A week before.
    Week,
    /// 52 weeks before, so that weekdays meet weekdays.
    Year,
}

impl Compare {
    /// Every one with its word in addresses and its name.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Previous, "previous", "the time before"),
        (Self::Day, "day", "a day before"),
        (Self::Week, "week", "a week before"),
        (Self::Year, "year", "52 weeks before"),
    ];

    /// Reads a word; none when nothing is to be compared.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, w, _)| *w == word)
            .map(|(c, ..)| c)
    }

    /// What it is called in a sentence.
    pub fn name(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(c, ..)| *c == self)
            .map_or("", |(_, _, name)| name)
    }

    /// How many days before; none for as much time just before.
    pub fn days(self) -> Option<i64> {
        match self {
            Self::Previous => None,
            Self::Day => Some(1),
            Self::Week => Some(7),
            Self::Year => Some(364),
        }
    }
}
