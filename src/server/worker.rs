//! Takes jobs and does them, apart from the web.
//!
//! Any number of workers may run. A job is leased; a worker that dies loses its lease and
//! another begins the job again, which is harmless because every record of it is decided in a
//! transaction that happens once.

use super::clock::Clock;
use super::pipeline::replay;
use super::store::Store;
use anyhow::Context;
use chrono::TimeDelta;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a worker may be silent before its job goes to another.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// Pause before looking again when there was nothing to do.
const IDLE: Duration = Duration::from_millis(300);
/// Pause after an error, lest a broken database be asked without end.
const BACK_OFF: Duration = Duration::from_secs(2);

/// Works until told to stop; a job that has begun is finished first.
pub async fn run(store: Store, clock: Clock, stop: CancellationToken) {
    let name = format!("{}-{}", std::process::id(), uuid::Uuid::new_v4().simple());
    tracing::info!(worker.name = %name, "the worker is ready");
    while !stop.is_cancelled() {
        let pause = match work_once(&store, &clock, &name).await {
            Ok(true) => continue,
            Ok(false) => IDLE,
            Err(error) => {
                tracing::warn!("a job could not be done, it will be tried again: {error:#}");
                BACK_OFF
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Does one job, if there is one.
pub async fn work_once(store: &Store, clock: &Clock, name: &str) -> anyhow::Result<bool> {
    let Some(job) = store
        .take_job(name, clock.now(), LEASE)
        .await
        .context("asking for a job")?
    else {
        return Ok(false);
    };
    replay::run(store, clock, &job)
        .await
        .with_context(|| format!("replaying for job {}", job.id))?;
    store.finish_job(&job.id, clock.now()).await?;
    Ok(true)
}
