//! `feedgate log`: writes entries that another system kept into the audit log, as
//! `POST /api/v1/audit` does.

use super::opened::Opened;
use crate::domain::account::Scope;
use crate::domain::format::counted;
use crate::domain::ids::PartnerId;
use crate::server::clock::Clock;
use crate::server::config::Database;
use crate::server::intake::{Taken, Writer, take_log};
use anyhow::{Context, bail};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

/// Write entries that another system kept into the audit log
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 every entry is in the log, 1 some are not. It can be run again: what is there stays."
)]
pub(super) struct Args {
    /// The partner whose entries they are
    #[arg(long, value_name = "PARTNER")]
    partner: String,

    /// Entries as NDJSON, one a line; “-” reads them from the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print what became of them as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: Database,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let opened = Opened::open(&self.database, Duration::from_secs(10)).await?;
        let taken = self.take(&opened).await;
        opened.close().await;
        let taken = taken?;
        if self.json {
            println!("{}", serde_json::to_string(&taken)?);
        } else {
            print(&taken);
        }
        Ok(if taken.rejected + taken.conflicts == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    async fn take(&self, opened: &Opened) -> anyhow::Result<Taken> {
        let partner = PartnerId::parse(&self.partner)?;
        let feeds = opened.store.list_feeds(&Scope::All, Some(&partner)).await?;
        if feeds.is_empty() {
            bail!("there is no partner {partner} with feeds; `feedgate partner add` makes one");
        }
        let writer = Writer::of(partner, feeds, None);
        let input = if self.file.as_os_str() == "-" {
            File::from_std(std::io::stdin().as_fd().try_clone_to_owned()?.into())
        } else {
            let file = File::open(&self.file).await;
            file.with_context(|| format!("opening {}", self.file.display()))?
        };
        let lines = ReaderStream::with_capacity(input, 1 << 16);
        Ok(take_log(&opened.store, &Clock::system(), &writer, u64::MAX, lines).await?)
    }
}

fn print(taken: &Taken) {
    for remark in &taken.entries {
        let field = if remark.field.is_empty() {
            String::new()
        } else {
            format!(", {}", remark.field)
        };
        println!(
            "line {}{field}: {}: {}",
            remark.line, remark.outcome, remark.message
        );
    }
    if taken.not_named > 0 {
        println!("and {} more that are not named", taken.not_named);
    }
    if taken.products > 0 {
        println!(
            "noted what became of {}",
            counted(taken.products, "product", "products")
        );
    }
    println!(
        "{} written, {} there already, {}, {} rejected",
        counted(taken.taken, "entry", "entries"),
        taken.already,
        counted(taken.conflicts, "conflict", "conflicts"),
        taken.rejected
    );
}
