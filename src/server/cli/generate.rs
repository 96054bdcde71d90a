//! `feedgate generate`: writes feeds to try things on.

use super::history;
use crate::server::generate::{self, Plan};
use anyhow::{Context, bail};
use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write feeds to try things on
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// A CSV feed as a partner would send it; the same seed writes the same bytes
    Feed(Feed),
    /// Years of deliveries of an invented business, in the audit log
    History(history::Args),
}

#[derive(Debug, clap::Args)]
struct Feed {
    /// How many records
    #[arg(long, value_name = "N")]
    records: u64,

    /// Where to write it; an existing file is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Another seed, another catalogue
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    seed: u64,

    /// Share of records that break a rule, from 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    faults: f64,

    /// Exactly so many records for each fault there is, those among several records too
    #[arg(long, default_value_t = 0, value_name = "N")]
    each: u64,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Feed(feed) => feed.run(),
            What::History(history) => history.run().await,
        }
    }
}

impl Feed {
    fn run(self) -> anyhow::Result<ExitCode> {
        let feed = self;
        if !(0.0..=1.0).contains(&feed.faults) {
            bail!("--faults is a share from 0 to 1, not {}", feed.faults);
        }
        let plan = Plan {
            records: feed.records,
            seed: feed.seed,
            faults: feed.faults,
            each: feed.each,
        };
        if plan.records < plan.least() {
            bail!(
                "--each {} needs room for its faults: --records {} or more, not {}",
                plan.each,
                plan.least(),
                plan.records
            );
        }
        let place = || format!("writing {}", feed.out.display());
        let mut file = File::create(&feed.out).with_context(place)?;
        let written = generate::write(&plan, &mut file).with_context(place)?;
        println!(
            "{}: {} records, {} bytes",
            feed.out.display(),
            feed.records,
            written.bytes
        );
        for (code, records) in written.faults {
            println!("  {records:>10}  {code}");
        }
        Ok(ExitCode::SUCCESS)
    }
}
