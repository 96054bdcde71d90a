//! Entries of the audit log as another writer leaves them.

use chrono::{DateTime, TimeDelta, Utc};
use feedgate::domain::delivery::{Delivery, Direction, Origin, Status};
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::DeliveryId;
use feedgate::domain::report::{CodeCount, Counts, FileReport, Verdict};
use feedgate::domain::violation::Severity;

/// A decided file of a feed, received at an instant and decided two seconds later; of its records
/// so many were quarantined, all for one reason.
pub fn entry(feed: &Feed, id: &str, received_at: DateTime<Utc>, received: u64, quarantined: u64) -> Delivery {
    Delivery {
        id: DeliveryId::new(id),
        partner: feed.id.partner(),
        feed: feed.id.clone(),
        direction: Direction::Ingest,
        origin: Origin::File,
        status: Status::Accepted,
        file: FileReport {
            name: format!("{id}.csv"),
            verdict: Verdict::Accepted,
            code: None,
            message: None,
            offset: None,
            format: None,
            encoding: None,
            bytes: 1000,
            sha256: String::new(),
        },
        counts: Counts {
            received,
            accepted: received - quarantined,
            quarantined,
            ..Counts::default()
        },
        codes: match quarantined {
            0 => vec![],
            records => vec![CodeCount {
                code: "GTIN_CHECK".into(),
                severity: Severity::Error,
                attribute: Some("gtin".into()),
                records,
                occurrences: records,
            }],
        },
        received_at,
        decided_at: Some(received_at + TimeDelta::seconds(2)),
        repeat_of: None,
        contract_version: 1,
        profile_version: 1,
        gate: None,
        hold: None,
    }
}
