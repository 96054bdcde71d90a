//! Writes chrono times as BSON dates, for chrono alone would write text that sorts as text.

use chrono::{DateTime, Utc};
use mongodb::bson;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The BSON date of an instant.
pub(super) fn bson(at: DateTime<Utc>) -> bson::DateTime {
    bson::DateTime::from_millis(at.timestamp_millis())
}

fn chrono(at: bson::DateTime) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or_default()
}

pub(super) fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    bson(*at).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    bson::DateTime::deserialize(deserializer).map(chrono)
}

/// The same for a time that may be missing.
pub(super) mod option {
    use super::{DateTime, Deserialize, Deserializer, Serialize, Serializer, Utc, bson};

    #[expect(clippy::ref_option, reason = "serde asks for this shape")]
    pub(in super::super) fn serialize<S: Serializer>(
        at: &Option<DateTime<Utc>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        at.map(super::bson).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<DateTime<Utc>>, D::Error> {
        Option::<bson::DateTime>::deserialize(deserializer).map(|at| at.map(super::chrono))
    }
}
