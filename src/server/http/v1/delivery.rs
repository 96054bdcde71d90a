//! Says what became of a delivery, in the words that `feedgate ingest --json` has for it.

use super::bearer::Bearer;
use super::problem::Problem;
use crate::domain::account::Scope;
use crate::domain::delivery::{Delivery, Status};
use crate::domain::ids::{DeliveryId, JobId};
use crate::domain::job;
use crate::domain::report::{CodeCount, Counts, Sample};
use crate::server::context::AppState;
use crate::server::store;
use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// How far a delivery has come, as programs ask.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    /// It waits for a worker.
    Queued,
    /// It is being taken in.
    Running,
    /// Its verdict stands.
    Decided,
}

#[derive(Serialize)]
pub(super) struct Answer {
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
}

/// `GET /api/v1/deliveries/{delivery}`
pub(super) async fn read(
    State(state): State<AppState>,
    bearer: Bearer,
    Path(id): Path<String>,
) -> Result<Json<Answer>, Problem> {
    let id = DeliveryId::new(id);
    let found = state.store.find_delivery(&bearer.scope(), &id).await?;
    let (delivery, samples) = found
        .filter(|(delivery, _)| bearer.may(&delivery.feed))
        .ok_or_else(|| Problem::not_found("delivery"))?;
    let reached = stage(&state, &delivery).await?;
    let mut file = serde_json::to_value(&delivery.file).unwrap_or_default();
    if !matches!(reached, Stage::Decided) {
        file["verdict"] = serde_json::Value::Null;
    }
    Ok(Json(Answer {
        id: delivery.id.to_string(),
        feed: delivery.feed.name().to_owned(),
        state: reached,
        status: delivery.status,
        received_at: delivery.received_at,
        decided_at: delivery.decided_at,
        elapsed_ms: delivery.latency_ms(),
        file,
        records: delivery.counts,
        codes: delivery.codes,
        samples,
    }))
}

async fn stage(state: &AppState, delivery: &Delivery) -> store::Result<Stage> {
    match delivery.status {
        Status::Processing => Ok(Stage::Running),
        Status::Accepted | Status::Held | Status::Refused => Ok(Stage::Decided),
        // A worker may be reading it, with nothing written yet.
        Status::Queued => {
            let job = JobId::new(delivery.id.as_str());
            let found = state.store.find_job(&Scope::All, &job).await?;
            let running = found.is_some_and(|found| found.state == job::State::Running);
            Ok(if running { Stage::Running } else { Stage::Queued })
        }
    }
}
