//! Describes the accepted version of a product, for a record to be compared with.

use super::ids::DeliveryId;
use super::record::Attributes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A product as the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its normalised values.
    pub attributes: Attributes,
    /// The delivery that brought them.
    pub delivery: DeliveryId,
    /// When that was received.
    pub received_at: DateTime<Utc>,
    /// Whether a later file no longer had the product.
    pub is_withdrawn: bool,
}
