//! Carries what a page about a stretch of time is asked for, word by word as in its address.

use serde::{Deserialize, Serialize};

/// What an address asks for. Every word may be empty, and none is trusted: whoever reads one says
/// what it took it for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The stretch of time, as [`super::Range::understand`] reads it.
    pub range: String,
    /// The time zone, by its IANA name.
    pub tz: String,
    /// What it is compared with, as [`super::Compare::parse`] reads it.
    pub compare: String,
    /// The chart whose table is open: its [`crate::domain::chart::Chart::name`].
    pub table: String,
}

impl Asked {
    /// The same without what belongs to one page alone.
    #[must_use]
    pub fn kept(&self) -> Self {
        Self {
            table: String::new(),
            ..self.clone()
        }
    }

    /// Its words with their names in the address.
    pub fn params(&self) -> [(&'static str, &str); 4] {
        [
            ("range", &self.range),
            ("tz", &self.tz),
            ("compare", &self.compare),
            ("table", &self.table),
        ]
    }
}
