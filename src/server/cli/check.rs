//! `feedgate check`: says what is wrong with a file, without a database.

use crate::domain::contract::{Currency, Known};
use crate::domain::feed::Terms;
use crate::server::clock::Clock;
use crate::server::config::Knowing;
use crate::server::contract;
use crate::server::pipeline::survey::survey;
use crate::server::profile;
use anyhow::Context;
use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check files against the contract, without a database
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 clean, 1 records quarantined (or a file could not be opened), 2 misuse, 3 a file was \
                  refused. Of several files, the highest."
)]
pub(super) struct Args {
    /// Files to check: CSV or TSV, RSS, Atom or other XML, JSON or NDJSON, plain, gzip or zip; told apart by
    /// their content
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The currency prices are to be in; a bare number is then read as an amount of it
    #[arg(long, value_name = "CODE", value_parser = Currency::parse)]
    currency: Option<Currency>,

    /// How the files are written, where they do not use Google's names: a TOML file, or one of ceneo, idealo and
    /// trovaprezzi
    #[arg(long, value_name = "FILE|NAME")]
    profile: Option<String>,

    /// What becomes of single rules, where that is not as in the rule book: a TOML file with the currency, the domains
    /// of links and a table for each rule that is set otherwise
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,

    #[command(flatten)]
    knowing: Knowing,

    /// Print one JSON object per file
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let profile = self.profile.as_deref().map(profile::load).transpose();
        let profile = match profile {
            Ok(profile) => profile.unwrap_or_default(),
            Err(error) => {
                eprintln!("feedgate: {error:#}");
                return Ok(ExitCode::from(2));
            }
        };
        let contract = match self.contract.as_deref().map(contract::load).transpose() {
            Ok(contract) => contract.unwrap_or_default(),
            Err(error) => {
                eprintln!("feedgate: {error:#}");
                return Ok(ExitCode::from(2));
            }
        };
        let taxonomy = match self.knowing.load() {
            Ok(taxonomy) => taxonomy,
            Err(error) => {
                eprintln!("feedgate: {error:#}");
                return Ok(ExitCode::from(2));
            }
        };
        let terms = Terms::of(profile, contract, self.currency).knowing(Known::categories(taxonomy));
        let mut code = 0;
        for path in &self.files {
            let name = path.file_name().map_or_else(
                || path.display().to_string(),
                |n| n.to_string_lossy().into_owned(),
            );
            let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
            let report = survey(file, &name, &terms, Clock::system().now(), &mut |_, _| Ok(()))
                .with_context(|| format!("reading {}", path.display()))?;
            code = code.max(report.exit_code());
            if self.json {
                println!("{}", serde_json::to_string(&report)?);
            } else {
                print!("{}", super::report::readable(&report));
            }
        }
        Ok(ExitCode::from(code))
    }
}
