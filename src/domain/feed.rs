//! Describes a feed: one named stream of one partner in one direction, as it is set up.
//!
//! How its files are read is its [`Profile`], what they are held to its [`Contract`]; both
//! together are its [`Terms`], which is all that a reader and the engine are told. What came of
//! its files is in [`super::delivery`].

use super::contract::{Contract, Currency, Known};
use super::delivery::Direction;
use super::gate::Gates;
use super::ids::FeedId;
use super::profile::Profile;
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
    /// How it is read.
    pub profile: Profile,
    /// What its records must meet.
    pub contract: Contract,
    /// What is known beside its records.
    pub known: Known,
}

impl Terms {
    /// The default terms, with prices in `currency`.
    pub fn in_currency(currency: Option<Currency>) -> Self {
        Self::of(Profile::default(), Contract::default(), currency)
    }

    /// The terms of a profile and a contract. The currency that is agreed on goes before the
    /// profile's, and that before the contract's.
    pub fn of(profile: Profile, contract: Contract, agreed: Option<Currency>) -> Self {
        let mut profile = profile.resolved();
        let currency = agreed.or(profile.currency).or(contract.currency);
        // Who says how prices are written says that bare numbers are prices.
        if profile.currency.is_some() || profile.decimal.is_some() {
            profile.currency = currency;
        }
        Self {
            profile,
            contract: Contract { currency, ..contract },
            known: Known::default(),
        }
    }

    /// The same, told what is known beside records.
    #[must_use]
    pub fn knowing(self, known: Known) -> Self {
        Self { known, ..self }
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
    /// How its files are read.
    pub profile: Profile,
    /// Which of its profiles that is, counted from 1: the one it was set up with.
    pub profile_version: u32,
    /// What its records must meet, besides the currency.
    pub contract: Contract,
    /// Where its gates stand.
    pub gates: Gates,
    /// Whether the pictures of its products are looked at.
    pub pictures: bool,
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
            profile: Profile::default(),
            profile_version: 1,
            contract: Contract::default(),
            gates: Gates::default(),
            pictures: false,
        }
    }

    /// What its files are read and judged by. The feed's currency goes before all others.
    pub fn terms(&self) -> Terms {
        let own = self.currency.as_deref().and_then(Currency::of);
        Terms::of(self.profile.clone(), self.contract.clone(), own)
    }
}
