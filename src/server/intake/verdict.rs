//! Says what became of a delivery, in the words that `feedgate ingest --json` has for it.

use crate::domain::delivery::{Delivery, Status};
use crate::domain::report::{CodeCount, Counts, Sample};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// How far a delivery has come, as programs ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    /// It waits for a worker.
    Queued,
    /// It is being taken in.
    Running,
    /// Its verdict stands.
    Decided,
    /// It could not be taken in, and nobody works on it any more.
    Failed,
}

/// What became of a delivery: `/api/v1/deliveries/ID`, and the file beside one that was laid
/// into a watched folder. Programs rely on its shape: add to it, never rename.
#[derive(Debug, Serialize)]
pub struct Verdict {
    id: String,
    feed: String,
    state: Stage,
    status: Status,
    received_at: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
    file: serde_json::Value,
    records: Counts,
    codes: Vec<CodeCount>,
    samples: Vec<Sample>,
    elapsed_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The verdict on a delivery, as far as its log entry goes.
pub fn verdict(delivery: Delivery, samples: Vec<Sample>) -> Verdict {
    let state = match delivery.status {
        Status::Queued => Stage::Queued,
        Status::Processing => Stage::Running,
        Status::Accepted | Status::Held | Status::Refused => Stage::Decided,
    };
    let mut file = serde_json::to_value(&delivery.file).unwrap_or_default();
    if state != Stage::Decided {
        file["verdict"] = serde_json::Value::Null;
    }
    Verdict {
        id: delivery.id.to_string(),
        feed: delivery.feed.name().to_owned(),
        state,
        status: delivery.status,
        received_at: delivery.received_at,
        decided_at: delivery.decided_at,
        elapsed_ms: delivery.latency_ms(),
        file,
        records: delivery.counts,
        codes: delivery.codes,
        samples,
        message: None,
    }
}

impl Verdict {
    /// The same, when a worker is known to have begun with nothing written yet.
    pub fn running(self) -> Self {
        Self {
            state: Stage::Running,
            ..self
        }
    }

    /// The same, when a worker gave it up after so many attempts. The cause is ours and may name
    /// machines of ours, so it is not told here.
    pub fn failed(self, attempts: u32) -> Self {
        Self {
            state: Stage::Failed,
            message: Some(format!(
                "The file could not be taken in; {attempts} attempts failed and nobody works on it any more. Whoever \
                 runs feedgate can have it tried again; or send the file once more."
            )),
            ..self
        }
    }
}
