//! Puts single records before a feed's contract: in an ingest, a replay and the editor alike.

use crate::domain::contract::{Checked, Contract, Known, alone};
use crate::domain::feed::Feed;
use crate::domain::record::{Attributes, RawRecord};
use crate::domain::violation::Violation;
use crate::server::store::{Decision, Passed};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The contract of a feed; the default one where the feed is not known any more.
pub fn contract(feed: Option<&Feed>) -> Contract {
    feed.map(|feed| feed.terms().contract).unwrap_or_default()
}

/// What the contract says of attributes as they stand, with what is known beside them.
pub fn violations(
    feed: Option<&Feed>,
    known: &Known,
    attributes: &Attributes,
    now: DateTime<Utc>,
) -> Vec<Violation> {
    let (_, checked) = alone::judge(&contract(feed), known, attributes, now);
    checked.violations().collect()
}

/// Whether attributes pass, and the item they make.
pub fn decide(feed: Option<&Feed>, known: &Known, attributes: &Attributes, now: DateTime<Utc>) -> Decision {
    let (raw, checked) = alone::judge(&contract(feed), known, attributes, now);
    if checked.is_held() {
        Decision::Fails(checked.violations().collect())
    } else {
        Decision::Passes(passed(&raw, &checked))
    }
}

/// The item that a passing record makes.
pub fn passed(raw: &RawRecord, checked: &Checked) -> Passed {
    let record = checked.record(raw);
    Passed {
        key: checked.key().to_owned(),
        item_id: checked.id().to_owned(),
        hash: record.content_hash(),
        record,
    }
}

/// What makes two records the same product: the case-folded id, or, where there is none, what
/// was sent.
pub fn key(raw: &RawRecord, checked: &Checked) -> String {
    if !checked.key().is_empty() {
        return checked.key().to_owned();
    }
    Sha256::digest(raw.original().as_bytes())
        .iter()
        .take(12)
        .fold("#".to_owned(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
