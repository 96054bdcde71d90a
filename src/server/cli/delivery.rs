//! `feedgate delivery`: rules on deliveries that a gate holds.

use super::opened::Opened;
use crate::domain::account::Scope;
use crate::domain::hold::{NoReason, Ruling, reason};
use crate::domain::ids::DeliveryId;
use crate::server::clock::Clock;
use crate::server::config::{Database, Knowing};
use crate::server::pipeline::hold;
use crate::server::pipeline::ingest::Ingest;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How long to wait for an absent database or an ingest of the feed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Rule on deliveries that a gate holds
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Let a held delivery take effect after all
    #[command(
        after_help = "Exit codes: 0 released, 1 records quarantined or it could not be released, 2 misuse. \
                            Interrupted, it can be run again."
    )]
    Release {
        /// The delivery, as `feedgate ingest` named it
        id: String,

        /// The file that was held, byte for byte
        file: PathBuf,

        #[command(flatten)]
        knowing: Knowing,

        #[command(flatten)]
        why: Why,
    },
    /// Refuse a held delivery for good
    Refuse {
        /// The delivery, as `feedgate ingest` named it
        id: String,

        #[command(flatten)]
        why: Why,
    },
}

#[derive(Debug, clap::Args)]
struct Why {
    /// Why, for whoever asks later
    #[arg(long)]
    reason: String,

    #[command(flatten)]
    database: Database,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let (Command::Release { why, .. } | Command::Refuse { why, .. }) = &self.command;
        let ruling = ruling(&why.reason)?;
        let opened = Opened::open(&why.database, PATIENCE).await?;
        let done = self.command.rule(&opened, &ruling).await;
        opened.close().await;
        done
    }
}

impl Command {
    async fn rule(&self, opened: &Opened, ruling: &Ruling) -> anyhow::Result<ExitCode> {
        match self {
            Self::Release {
                id, file, knowing, ..
            } => {
                let ingest = Ingest {
                    store: opened.store.clone(),
                    clock: Clock::system(),
                    patience: PATIENCE,
                    taxonomy: knowing.load()?,
                };
                let id = DeliveryId::new(id);
                let done = hold::release(&ingest, &Scope::All, &id, file, ruling).await?;
                print!("{}", super::report::readable(&done.report));
                println!("delivery {} released", done.delivery);
                Ok(ExitCode::from(done.report.exit_code()))
            }
            Self::Refuse { id, .. } => {
                hold::refuse(&opened.store, &Scope::All, &DeliveryId::new(id), ruling).await?;
                println!("delivery {id} refused");
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// The ruling of whoever sits at the command line.
pub(super) fn ruling(why: &str) -> Result<Ruling, NoReason> {
    Ok(Ruling {
        by: "command line".to_owned(),
        at: Clock::system().now(),
        reason: reason(why)?,
    })
}
