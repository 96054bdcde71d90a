//! Puts the list of jobs together, and has one tried again.

use super::bulk;
use crate::api::job::{JobList, JobRow};
use crate::domain::account::Viewer;
use crate::domain::format::counted;
use crate::domain::ids::{DeliveryId, JobId};
use crate::domain::job::State;
use crate::domain::query::Page;
use crate::error::AppError;
use crate::server::context::{self, go};
use crate::server::store::{Deed, JobState, Work};

/// Rows on one page of the list.
const ROWS: u32 = 50;

/// Lists jobs in the caller's scope.
pub async fn list(viewer: &Viewer, of: Option<State>, after: &str) -> Result<JobList, AppError> {
    let state = context::state()?;
    let scope = viewer.scope();
    let (page, aside) = tokio::try_join!(
        state.store.list_jobs(&scope, of, after, ROWS),
        state.store.list_jobs(&scope, Some(State::Aside), "", 1),
    )?;
    let bulks = if after.is_empty() && of.is_none() {
        bulk::newest(&state, viewer).await?
    } else {
        Vec::new()
    };
    Ok(JobList {
        bulks,
        as_of: state.clock.now(),
        state: of,
        page: Page {
            rows: page.rows.into_iter().map(row).collect(),
            next: page.next,
            total: page.total,
        },
        aside: aside.total,
    })
}

fn row(of: JobState) -> JobRow {
    let JobState {
        job,
        state,
        attempts,
        run_at,
        error,
    } = of;
    let (about, delivery) = match &job.work {
        Work::Replay { records } => (
            counted(records.len() as u64, "record", "records"),
            // A replay's delivery is written with its first record.
            (state == State::Done).then(|| DeliveryId::new(job.id.as_str())),
        ),
        Work::Release { delivery } => ("a held file".to_owned(), Some(delivery.clone())),
        Work::Ingest { delivery } => ("a file that was sent".to_owned(), Some(delivery.clone())),
        Work::Pull => ("the feed's file".to_owned(), None),
    };
    JobRow {
        id: job.id,
        kind: job.work.kind(),
        state,
        feed: job.feed,
        delivery,
        about,
        attempts,
        asked_by: job.asked_by,
        asked_at: job.asked_at,
        next_at: (state == State::Queued && attempts > 0).then_some(run_at),
        error,
    }
}

/// Has a job in the caller's scope tried again.
pub async fn retry(viewer: &Viewer, id: &JobId) -> Result<(), AppError> {
    let state = context::state()?;
    let scope = viewer.scope();
    let found = state.store.find_job(&scope, id).await?;
    let found = found.ok_or_else(|| AppError::not_found("job"))?;
    if found.state != State::Aside {
        return Err(AppError::conflict(format!(
            "This job is {} and was not set aside; there is nothing to try again.",
            found.state.label()
        )));
    }
    let now = state.clock.now();
    state.store.retry_job(&scope, id, now).await?;
    let deed = Deed::of(
        viewer,
        "job.retry",
        format!("job:{id}"),
        Some(found.job.partner.clone()),
        format!("had the {} tried again", found.job.work.kind().word()),
        now,
    );
    state.store.insert_deed(&deed).await?;
    go("/jobs");
    Ok(())
}
