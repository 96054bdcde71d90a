//! Describes a feed: one named stream of one partner in one direction, as it is set up.
//!
//! What its files are held to is its [`Terms`], which is all that a reader and the engine are
//! told. What came of its files is in [`super::delivery`].

use super::contract::{Contract, Currency};
use super::delivery::Direction;
use super::gate::Gates;
use super::ids::FeedId;
use serde::{Deserialize, Serialize};

/// What a file says of the products it does not name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A file is the whole catalogue: what it does not name is withdrawn.
    #[default]
    Snapshot,
    /// A file is what changed: what it does not name stays.
    Delta,
}

/// What a file is read and judged by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// What its records must meet.
    pub contract: Contract,
}

impl Terms {
    /// The default terms, with prices in `currency`.
    pub fn in_currency(currency: Option<Currency>) -> Self {
        Self {
            contract: Contract {
                currency,
                ..Contract::default()
            },
        }
    }
}

/// One named stream of one partner in one direction, as it is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its id, `partner/feed`.
    pub id: FeedId,
    /// Which way its files go.
    pub direction: Direction,
    /// How often a file is expected, in hours.
    pub expected_every_hours: Option<u32>,
    /// The currency its prices are in, as an ISO 4217 code.
    pub currency: Option<String>,
    /// Whether its files are whole catalogues.
    pub mode: Mode,
    /// What its records must meet, besides the currency.
    pub contract: Contract,
    /// Where its gates stand.
    pub gates: Gates,
}

impl Feed {
    /// A feed that takes whole catalogues in, with nothing else set.
    pub fn new(id: FeedId) -> Self {
        Self {
            id,
            direction: Direction::Ingest,
            expected_every_hours: None,
            currency: None,
            mode: Mode::default(),
            contract: Contract::default(),
            gates: Gates::default(),
        }
    }

    /// What its files are read and judged by. The feed's currency goes before the contract's.
    pub fn terms(&self) -> Terms {
        let own = self.currency.as_deref().and_then(Currency::of);
        let currency = own.or(self.contract.currency);
        Terms {
            contract: Contract {
                currency,
                ..self.contract.clone()
            },
        }
    }
}
