//! Names the things the product speaks of, so that one id cannot be passed for another.
//!
//! Ids are opaque strings to everybody but the code that makes them. Partner and feed names
//! are slugs that people type on a command line; the other ids are made by the server.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text of an id that was made before.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A business we exchange feeds with: a slug such as `acme`.
    PartnerId
}
id! {
    /// One feed of one partner, written `partner/feed`, such as `acme/main`.
    FeedId
}
id! {
    /// One file received or sent. Ids sort by the time they were made.
    DeliveryId
}
id! {
    /// One held record: its delivery's id and its number in the file, so that a repeated
    /// ingest names the same record alike.
    RecordId
}
id! {
    /// A person who signs in.
    UserId
}
id! {
    /// A piece of work for the worker.
    JobId
}

/// What is wrong with a slug that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” is not a name: use 1 to 40 lower-case letters, digits, “-” and “_”, beginning with a letter or digit"
)]
pub struct NotASlug(pub String);

fn slug(text: &str) -> Result<&str, NotASlug> {
    let fits = (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        && text.as_bytes()[0].is_ascii_alphanumeric();
    if fits {
        Ok(text)
    } else {
        Err(NotASlug(text.to_owned()))
    }
}

impl PartnerId {
    /// Reads a partner's slug as a person typed it.
    pub fn parse(text: &str) -> Result<Self, NotASlug> {
        slug(text).map(Self::new)
    }
}

impl FeedId {
    /// Joins a partner and the feed's own slug, as typed.
    pub fn of(partner: &PartnerId, feed: &str) -> Result<Self, NotASlug> {
        Ok(Self(format!("{partner}/{}", slug(feed)?)))
    }

    /// The partner that the feed belongs to.
    pub fn partner(&self) -> PartnerId {
        PartnerId::new(self.0.split('/').next().unwrap_or_default())
    }

    /// The feed's own slug, without its partner.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(_, name)| name)
    }
}

impl RecordId {
    /// Names record `index` (counted from 1) of a delivery.
    pub fn of(delivery: &DeliveryId, index: u64) -> Self {
        Self(format!("{delivery}-{index:07}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_knows_its_partner_and_its_own_name() {
        let feed = FeedId::of(&PartnerId::new("acme"), "main").expect("a slug");
        assert_eq!(
            (feed.as_str(), feed.partner().as_str(), feed.name()),
            ("acme/main", "acme", "main")
        );
    }

    #[test]
    fn slugs_refuse_what_a_url_or_a_key_would_trip_over() {
        for bad in ["", "Acme", "a/b", "a b", "-a", "ä", "../x", &"a".repeat(41)] {
            assert_eq!(PartnerId::parse(bad), Err(NotASlug(bad.to_owned())));
        }
    }
}
