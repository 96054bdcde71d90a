//! Puts the list of deliveries and one delivery's page together.

use crate::api::delivery::{DeliveryList, DeliveryView, GivenUp};
use crate::domain::account::{Right, Viewer};
use crate::domain::delivery::{Delivery, Status};
use crate::domain::ids::{DeliveryId, JobId};
use crate::domain::job;
use crate::domain::query::{Asked, DeliveryFilter};
use crate::error::AppError;
use crate::server::calendar::Stretch;
use crate::server::context;

/// Rows on one page of the list.
const ROWS: u32 = 50;

/// Whether a worker has it before it.
fn is_unfinished(delivery: &Delivery) -> bool {
    matches!(delivery.status, Status::Queued | Status::Processing)
}

/// Lists deliveries in the caller's scope.
pub async fn list(
    viewer: &Viewer,
    mut filter: DeliveryFilter,
    asked: &Asked,
    after: &str,
) -> Result<DeliveryList, AppError> {
    let state = context::state()?;
    let as_of = state.clock.now();
    let shown = (!asked.range.is_empty()).then(|| Stretch::fix(asked, as_of).exact().shown());
    filter.span = shown.as_ref().map(|shown| shown.span);
    let scope = viewer.scope();
    let (page, partners) = tokio::try_join!(
        state.store.list_deliveries(&scope, &filter, after, ROWS),
        state.store.list_partners(&scope),
    )?;
    let unfinished: Vec<_> = page
        .rows
        .iter()
        .filter(|delivery| is_unfinished(delivery))
        .map(|delivery| delivery.id.clone())
        .collect();
    let given_up = match &unfinished[..] {
        [] => Vec::new(),
        ids => state.store.list_given_up(&scope, ids).await?,
    };
    Ok(DeliveryList {
        given_up,
        shown,
        as_of,
        page,
        partners: partners.into_iter().map(|p| (p.id, p.name)).collect(),
    })
}

/// Reads one delivery in the caller's scope.
pub async fn read(viewer: &Viewer, id: &DeliveryId) -> Result<DeliveryView, AppError> {
    let state = context::state()?;
    let scope = viewer.scope();
    let found = state.store.find_delivery(&scope, id).await?;
    let (delivery, samples) = found.ok_or_else(|| AppError::not_found("delivery"))?;
    let (held, open) = state.store.count_held_of(&scope, id).await?;
    let may_rule = viewer.may(Right::RuleOnHold) && delivery.is_waiting();
    let is_kept = may_rule && state.store.find_file(&scope, id).await?.is_some();
    let job = if is_unfinished(&delivery) {
        state.store.find_job(&scope, &JobId::new(id.as_str())).await?
    } else {
        None
    };
    let may_retry = viewer.may(Right::ManageJobs);
    let given_up = job
        .filter(|job| job.state == job::State::Aside)
        .map(|job| GivenUp {
            attempts: job.attempts,
            error: job.error.filter(|_| may_retry),
            may_retry,
        });
    Ok(DeliveryView {
        given_up,
        as_of: state.clock.now(),
        samples,
        open,
        held,
        may_rule,
        is_kept,
        delivery,
    })
}
