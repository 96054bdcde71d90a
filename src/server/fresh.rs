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

/// For something that is being written. Nobody can guess it.
pub fn draft() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn id() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}
