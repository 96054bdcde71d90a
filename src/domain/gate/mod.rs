//! Decides whether a file that was read whole may take effect.
//!
//! A file can be sound in every record and still be an accident: half the catalogue is gone,
//! every id is new, all prices are in another currency. A gate lays the [`Facts`] of the file
//! beside those of the last good ones ([`Past`]) and lets it pass, warns, or holds it. What is
//! held takes no effect until somebody rules on it; that is [`super::hold`].
//!
//! | file | owns |
//! |---|---|
//! | [`facts`] | what is known of a file, and what was normal before it |
//! | [`mod@decide`] | all gates together, levelled by the contract |
//! | `counts` | the gates on numbers of products, failures, ids and repetitions |
//! | [`limits`] | what each limit means, its bounds, and what the last files came to beside it |
//! | `likeness` | the gates on stock, currency, prices and attributes |
//!
//! The thresholds are a feed's own ([`Gates`]). The defaults for dropped records are stricter
//! than the 80 % and 50 % of other gates: a real shop lost 252 of its 1,077 offers, 23 %, in one
//! file by accident. Gates that compare are silent for a feed's first file, which has nothing
//! behind it that could be lost, and never hold where fewer than [`Gates::floor`] products were
//! expected: three products less are no accident of a feed that has ten.

mod counts;
pub mod decide;
pub mod facts;
mod likeness;
pub mod limits;

pub use decide::decide;
pub use facts::{Basis, Facts, Good, Ids, Past};

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Where the gates of one feed stand. All numbers but the floor are percent, or percentage
/// points for shares that move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gates {
    /// With fewer products than this expected, a gate that compares warns instead of holding.
    pub floor: u64,
    /// `FILE_DROP` warns below this share of the products expected.
    pub drop_warn: u64,
    /// `FILE_DROP` holds below this share of the products expected.
    pub drop_hold: u64,
    /// `FILE_ERRSHARE` warns when more than this share of the records is quarantined.
    pub errors_warn: u64,
    /// `FILE_ERRSHARE` holds when more than this share of the records is quarantined.
    pub errors_hold: u64,
    /// `TIME_ID_CHURN` holds when more than this share of ids is new and as much is gone.
    pub churn: u64,
    /// `TIME_STOCK_WIPE` holds when the share of products out of stock rose by more points.
    pub stock_wipe: u64,
    /// `TIME_MEDIAN_PRICE` warns when the median price moved by more than this.
    pub median_price: u64,
    /// `TIME_FILL_DROP` warns when the share of records with a value fell by more points.
    pub fill_drop: u64,
    /// `TIME_STALE` warns when the same bytes came more often than this in a row.
    pub stale: u64,
}

impl Default for Gates {
    fn default() -> Self {
        Self {
            floor: 20,
            drop_warn: 90,
            drop_hold: 80,
            errors_warn: 25,
            errors_hold: 60,
            churn: 30,
            stock_wipe: 30,
            median_price: 20,
            fill_drop: 10,
            stale: 3,
        }
    }
}

/// What a gate makes of a file, mildest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It takes effect.
    #[default]
    Pass,
    /// It takes effect, and somebody should look.
    Warn,
    /// It takes no effect until somebody releases it.
    Hold,
}

impl Outcome {
    /// The word for it on pages and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Hold => "hold",
        }
    }
}

/// A number or a word of a file, to stand beside that of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A count or a percentage.
    Number(u64),
    /// A price or a currency.
    Text(String),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(n) => f.write_str(&super::format::count(*n)),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// One fact of the file beside the same fact of what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is, in words, with its unit: `products`, `quarantined, %`.
    pub name: Cow<'static, str>,
    /// What was expected; none where nothing is known of before.
    pub before: Option<Value>,
    /// What the file says.
    pub now: Value,
}

/// What one gate has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The gate's stable code, such as `FILE_DROP`.
    pub code: Cow<'static, str>,
    /// What it makes of the file. `Pass` is worth knowing and nothing more.
    pub outcome: Outcome,
    /// One sentence with the numbers in it.
    pub message: String,
    /// The numbers side by side.
    pub figures: Vec<Figure>,
}

/// What all gates together make of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// The worst of the findings.
    pub outcome: Outcome,
    /// What they have to say, worst first.
    pub findings: Vec<Finding>,
    /// What was known of the file, which the next file is held against.
    pub facts: Facts,
}

impl Gate {
    /// The finding that decides: the first of the worst.
    pub fn reason(&self) -> Option<&Finding> {
        self.findings
            .first()
            .filter(|finding| finding.outcome == self.outcome)
    }
}
