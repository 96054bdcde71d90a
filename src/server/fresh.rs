//! Makes ids that nothing else has and that sort by the time they were made.

use crate::domain::ids::{DeliveryId, JobId};

/// For a delivery that is to come.
pub fn delivery() -> DeliveryId {
    DeliveryId::new(id())
}

/// For a job that is to be asked for.
pub fn job() -> JobId {
    JobId::new(id())
}

fn id() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}
