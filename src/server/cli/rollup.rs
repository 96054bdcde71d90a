//! `feedgate rollup verify|rebuild`: compares the figures of charts with the log, and adds them
//! up anew. Both may run while everything works.

use super::opened::Opened;
use crate::domain::format::{count, counted};
use crate::server::config::Database;
use crate::server::pipeline::rollup;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How many differences are printed one by one.
const PRINTED: usize = 50;

/// Compare the figures of charts with the audit log, or add them up anew
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    database: Database,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Compare every bucket with the log
    #[command(after_help = "Exit codes: 0 every bucket is what the log adds up to, 1 some are not.")]
    Verify,
    /// Add every bucket up anew from the log
    Rebuild,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let opened = Opened::open(&self.database, Duration::from_secs(10)).await?;
        let outcome = match self.command {
            Command::Verify => verify(&opened).await,
            Command::Rebuild => rebuild(&opened).await,
        };
        opened.close().await;
        outcome
    }
}

async fn verify(opened: &Opened) -> anyhow::Result<ExitCode> {
    let days = opened.store.list_feed_days().await?;
    let differences = rollup::verify(&opened.store, &days).await?;
    for difference in differences.iter().take(PRINTED) {
        println!("{difference}");
    }
    if differences.len() > PRINTED {
        println!("and {} more", count((differences.len() - PRINTED) as u64));
    }
    println!(
        "{} of feeds compared with the log, {}",
        counted(days.len() as u64, "day", "days"),
        counted(differences.len() as u64, "difference", "differences"),
    );
    if differences.is_empty() {
        Ok(ExitCode::SUCCESS)
    } else {
        println!("`feedgate rollup rebuild` adds them up anew.");
        Ok(ExitCode::FAILURE)
    }
}

async fn rebuild(opened: &Opened) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let days = opened.store.list_feed_days().await?;
    for day in &days {
        opened.store.rebuild_rollups(day).await?;
    }
    println!(
        "{} of feeds added up anew in {:.1} s",
        counted(days.len() as u64, "day", "days"),
        begun.elapsed().as_secs_f64()
    );
    Ok(ExitCode::SUCCESS)
}
