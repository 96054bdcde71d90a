//! Says what came of what was asked for: the stretch of time that a page shows, in words and as
//! addresses carry it. The server fills it in, for it alone knows the world's time zones.

use super::Span;
use serde::{Deserialize, Serialize};

/// The stretch of time a page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its fixed ends.
    pub span: Span,
    /// The range as asked for, or what was made of it: `7d`.
    pub range: String,
    /// The same between fixed ends, for links that must always mean this time.
    pub fixed: String,
    /// The time zone's name: `Europe/Berlin`.
    pub zone: String,
    /// Both ends on that zone's clock: `17 Nov 13:00 – 24 Nov 2026 13:41`.
    pub ends: String,
    /// Its beginning as a form's field holds it: `2026-11-17T13:00`.
    pub from: String,
    /// Its end likewise.
    pub until: String,
    /// As much time before it, as a range.
    pub earlier: String,
    /// As much time after it; none when that has not come yet.
    pub later: Option<String>,
    /// Twice as much time around it; none when it is the most that can be shown.
    pub wider: Option<String>,
    /// What was made of it that was not asked for, in sentences.
    pub said: Vec<String>,
}
