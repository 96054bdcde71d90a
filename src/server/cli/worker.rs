//! `feedgate worker`: does jobs until it is told to stop.

use super::opened::{Opened, told_to_stop};
use crate::server::clock::Clock;
use crate::server::config::{Database, Working};
use crate::server::worker::Worker;
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a job waits for a database that has no primary, before it is tried again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Do what takes time: files that were sent or are to be fetched, replays, the figures of charts
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    working: Working,
    #[command(flatten)]
    database: Database,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let opened = Opened::open(&self.database, PATIENCE).await?;
        let stop = CancellationToken::new();
        let worker = Worker::new(opened.store.clone(), Clock::system(), self.working)?;
        let working = tokio::spawn(worker.run(stop.clone()));
        told_to_stop().await;
        stop.cancel();
        working.await?;
        opened.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
