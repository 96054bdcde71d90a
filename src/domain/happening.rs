//! Describes what people and the worker did to a feed's files and terms, as charts mark it.

use super::format::{count, counted};
use super::ids::{DeliveryId, FeedId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What kind of thing happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum What {
    /// Held records went through the contract again.
    Replay {
        /// The replay's own entry in the log.
        delivery: DeliveryId,
        /// Records sent.
        sent: u64,
        /// Records that passed.
        passed: u64,
    },
    /// The feed's contract was changed.
    Contract {
        /// The version from then on.
        version: u32,
        /// Why, in the words of whoever did it.
        reason: String,
    },
    /// The feed's profile was changed.
    Profile {
        /// The version from then on.
        version: u32,
        /// Why, in the words of whoever did it.
        reason: String,
    },
    /// A gate held a file.
    Held {
        /// The file.
        delivery: DeliveryId,
        /// The gate's code.
        code: String,
    },
    /// Somebody let a held file take effect.
    Released {
        /// The file.
        delivery: DeliveryId,
        /// Why, in their words.
        reason: String,
    },
    /// Somebody refused a held file.
    Refused {
        /// The file.
        delivery: DeliveryId,
        /// Why, in their words.
        reason: String,
    },
}

/// One thing that happened, and when.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Happening {
    /// When.
    pub at: DateTime<Utc>,
    /// To which feed.
    pub feed: FeedId,
    /// What.
    pub what: What,
}

impl Happening {
    /// One sentence without its end, the feed left out.
    pub fn said(&self) -> String {
        match &self.what {
            What::Replay { sent, passed, .. } => format!(
                "replay of {}, {} passed",
                counted(*sent, "record", "records"),
                count(*passed)
            ),
            What::Contract { version, reason } => format!("contract version {version}: {reason}"),
            What::Profile { version, reason } => format!("profile version {version}: {reason}"),
            What::Held { code, .. } if code.is_empty() => "a file was held".to_owned(),
            What::Held { code, .. } => format!("a file was held, {code}"),
            What::Released { reason, .. } => format!("a held file was released: {reason}"),
            What::Refused { reason, .. } => format!("a held file was refused: {reason}"),
        }
    }

    /// The file it is about, if it is about one.
    pub fn delivery(&self) -> Option<&DeliveryId> {
        match &self.what {
            What::Replay { delivery, .. }
            | What::Held { delivery, .. }
            | What::Released { delivery, .. }
            | What::Refused { delivery, .. } => Some(delivery),
            What::Contract { .. } | What::Profile { .. } => None,
        }
    }

    /// The page of what it happened to.
    pub fn href(&self) -> String {
        let feed = super::format::url_value(self.feed.as_str());
        match (&self.what, self.delivery()) {
            (_, Some(delivery)) => {
                format!("/deliveries/{}", super::format::url_value(delivery.as_str()))
            }
            (What::Profile { .. }, None) => format!("/feeds/{feed}/profile"),
            (_, None) => format!("/feeds/{feed}/contract"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_says_what_it_was_and_leads_to_its_object() {
        let of = |what| Happening {
            at: DateTime::from_timestamp(1_764_000_000, 0).expect("a time"),
            feed: FeedId::new("acme/main"),
            what,
        };
        let replay = of(What::Replay {
            delivery: DeliveryId::new("d1"),
            sent: 1200,
            passed: 1,
        });
        assert_eq!(replay.said(), "replay of 1,200 records, 1 passed");
        assert_eq!(replay.href(), "/deliveries/d1");
        let contract = of(What::Contract {
            version: 3,
            reason: "Caps are fine".to_owned(),
        });
        assert_eq!(contract.said(), "contract version 3: Caps are fine");
        assert_eq!(contract.href(), "/feeds/acme/main/contract");
    }
}
