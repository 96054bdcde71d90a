//! Says what became of a delivery.

use super::bearer::Bearer;
use super::problem::Problem;
use crate::domain::account::Scope;
use crate::domain::delivery::Status;
use crate::domain::ids::{DeliveryId, JobId};
use crate::domain::job;
use crate::server::context::AppState;
use crate::server::intake::{Verdict, verdict};
use axum::Json;
use axum::extract::{Path, State};

/// `GET /api/v1/deliveries/{delivery}`
pub(super) async fn read(
    State(state): State<AppState>,
    bearer: Bearer,
    Path(id): Path<String>,
) -> Result<Json<Verdict>, Problem> {
    let id = DeliveryId::new(id);
    let found = state.store.find_delivery(&bearer.scope(), &id).await?;
    let (delivery, samples) = found
        .filter(|(delivery, _)| bearer.may(&delivery.feed))
        .ok_or_else(|| Problem::not_found("delivery"))?;
    let unfinished = matches!(delivery.status, Status::Queued | Status::Processing);
    let said = verdict(delivery, samples);
    if unfinished {
        let job = state
            .store
            .find_job(&Scope::All, &JobId::new(id.as_str()))
            .await?;
        return Ok(Json(match job {
            Some(job) if job.state == job::State::Running => said.running(),
            Some(job) if job.state == job::State::Aside => said.failed(job.attempts),
            _ => said,
        }));
    }
    Ok(Json(said))
}
