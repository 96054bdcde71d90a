//! `feedgate bench`: measures, and prints the README's table.
//!
//! | file | prints |
//! |---|---|
//! | this one | what checking a file takes, and what it is held against |
//! | [`prices`] | what each rule costs |
//! | [`storing`] | what taking files in takes, replaying, and the lists of what is held |
//! | [`reporting`] | what a partner's downloads take, and trying a file |
//! | [`showing`] | what pages, figures and a crowd take |

mod prices;
mod reporting;
mod showing;
mod storing;

use super::opened::Opened;
use super::serve;
use crate::domain::format::{bytes, count};
use crate::domain::ids::PartnerId;
use crate::server::bench::{self, Cost, Measured, Whose};
use crate::server::config::{Database, Web};
use crate::server::generate::{self, Plan};
use crate::server::pipeline::survey::all_cores;
use crate::server::store::Store;
use anyhow::{Context, ensure};
use chrono::TimeDelta;
use serde::de::DeserializeOwned;
use showing::visit_rows;
use std::fs::File;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

/// Measure checking, storing, reporting and showing, each beside what it is held against
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Records of the CSV file that is checked and stored
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    records: u64,

    /// Held records of the database that is replayed from, and whose lists are opened
    #[arg(long, default_value_t = 10_000_000, value_name = "N")]
    held: u64,

    /// Entries of the burst that the figures have to follow
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    entries: u64,

    /// Held records whose lists are downloaded; the file that is tried has 21 records for every 10 of them
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    rows: u64,

    /// Python that has polars, pandera and pointblank, to measure them on the same file
    #[arg(long, value_name = "PYTHON")]
    compare: Option<PathBuf>,

    /// Measure storing alone (the bare insert, and the three ingests beside it), replaying alone, reporting alone (trying a file, and downloads), or showing alone
    #[arg(long, value_name = "WHAT")]
    only: Option<Only>,

    /// Measure one part in this process and print it as JSON
    #[arg(long, hide = true, value_name = "PART")]
    part: Option<Part>,

    /// The partner whose report a part opens
    #[arg(long, hide = true, value_name = "PARTNER", default_value = "")]
    partner: String,

    /// The file that a part reads
    #[arg(long, hide = true, value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    web: Web,

    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    CsvPass,
    CheckOneCore,
    Costs,
    Check,
    BareInsert,
    Ingest,
    Pages,
    YearPages,
    ReportPages,
    Hold,
    HoldMany,
    HeldPages,
    Searches,
    Freeze,
    Crowd,
    Burst,
    News,
    Try,
    Download,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Only {
    Storing,
    Replaying,
    Reporting,
    Showing,
}

/// What is opened of years: the ranges that people choose, and one on another clock than UTC's.
const YEAR_PAGES: [&str; 6] = [
    "/?range=24h",
    "/?range=7d",
    "/?range=30d",
    "/?range=90d",
    "/?range=365d",
    "/?range=365d&tz=Europe/Berlin",
];

/// Requests per page, one after another.
const REQUESTS: usize = 200;
/// The same of pages that look at many records.
const SEARCHES: usize = 20;

/// How long an operation waits for the database.
const PATIENCE: Duration = Duration::from_mins(1);

/// Of so many records one is changed in the file that comes next: 5 %.
const ONE_IN: usize = 20;

/// The database of the private server for what is stored; each other part has its own.
const MAIN: &str = "feedgate";

impl Args {
    pub(super) async fn run(mut self) -> anyhow::Result<ExitCode> {
        if let Some(part) = self.part {
            Box::pin(self.measure(part)).await?;
            return Ok(ExitCode::SUCCESS);
        }
        // Its own database, thrown away: a benchmark must not meet anybody's data.
        let folder = tempfile::Builder::new().prefix("feedgate-bench-").tempdir()?;
        self.database.mongodb_uri = None;
        folder.path().clone_into(&mut self.database.data_dir);
        let opened = Opened::open(&self.database, PATIENCE).await?;
        let printed = self.table(&opened, folder.path()).await;
        opened.close().await;
        printed.map(|()| ExitCode::SUCCESS)
    }

    async fn measure(&self, part: Part) -> anyhow::Result<()> {
        let file = || self.file.as_deref().context("--file is missing");
        let line = match part {
            Part::CsvPass => serde_json::to_string(&bench::csv_pass(file()?)?)?,
            Part::CheckOneCore => serde_json::to_string(&bench::check(file()?, NonZero::<usize>::MIN)?)?,
            Part::Costs => serde_json::to_string(&bench::costs(file()?)?)?,
            Part::Check => serde_json::to_string(&bench::check(file()?, all_cores())?)?,
            _ => {
                let opened = Opened::open(&self.database, PATIENCE).await?;
                match part {
                    Part::BareInsert => {
                        serde_json::to_string(&bench::bare_insert(&opened.store, file()?).await?)?
                    }
                    Part::Ingest => serde_json::to_string(&bench::ingest(&opened.store, file()?).await?)?,
                    Part::Hold => serde_json::to_string(&bench::hold(&opened.store, file()?, None).await?)?,
                    Part::HoldMany => {
                        serde_json::to_string(&bench::hold(&opened.store, file()?, Some(self.held)).await?)?
                    }
                    Part::Freeze => serde_json::to_string(&bench::freeze(&opened.store).await?)?,
                    Part::Burst => serde_json::to_string(&bench::burst(&opened.store, self.entries).await?)?,
                    _ => self.measure_served(part, opened.store.clone()).await?,
                }
            }
        };
        println!("{line}");
        Ok(())
    }

    /// The parts that ask the router.
    async fn measure_served(&self, part: Part, store: Store) -> anyhow::Result<String> {
        let state = serve::state(&self.web, store)?;
        let line = match part {
            Part::Crowd => serde_json::to_string(&bench::crowd(state, "/?range=7d").await?)?,
            Part::News => serde_json::to_string(&bench::news(state).await?)?,
            Part::Try => {
                let file = self.file.as_deref().context("--file is missing")?;
                serde_json::to_string(&bench::attempt(state, file).await?)?
            }
            Part::Download => serde_json::to_string(&bench::downloads(state).await?)?,
            Part::HeldPages => {
                let visits = bench::pages(state, &Whose::Admin, &storing::HELD_PAGES, REQUESTS).await?;
                serde_json::to_string(&visits)?
            }
            Part::Searches => {
                let visits = bench::pages(state, &Whose::Admin, &storing::SEARCHES, SEARCHES).await?;
                serde_json::to_string(&visits)?
            }
            Part::ReportPages => {
                let partner = PartnerId::parse(&self.partner)?;
                let address = format!("/partners/{partner}/report");
                let month = (state.clock.now() - TimeDelta::days(40)).format("%Y-%m");
                let paths = [format!("{address}?month={month}"), address];
                let visits = bench::moving_pages(state, &Whose::Partner(partner), &paths, REQUESTS).await?;
                serde_json::to_string(&visits)?
            }
            Part::YearPages => {
                let paths = YEAR_PAGES;
                let visits = bench::moving_pages(state, &Whose::Admin, &paths, REQUESTS).await?;
                serde_json::to_string(&visits)?
            }
            _ => {
                let paths = ["/?range=7d", "/?range=30d"];
                let visits = bench::moving_pages(state, &Whose::Admin, &paths, REQUESTS).await?;
                serde_json::to_string(&visits)?
            }
        };
        Ok(line)
    }

    async fn table(&self, opened: &Opened, folder: &Path) -> anyhow::Result<()> {
        let file = folder.join("bench.csv");
        let plan = Plan {
            records: self.records,
            seed: 1,
            faults: 0.02,
            each: 0,
        };
        let written = generate::write(&plan, &mut File::create(&file)?).context("writing the feed")?;
        println!(
            "{} records, {} of CSV, 2 % faulty\n",
            count(self.records),
            bytes(written.bytes)
        );
        println!("| what | records/s | share of its anchor | peak memory |");
        println!("|---|---:|---:|---:|");
        if self.only == Some(Only::Showing) {
            return self.show(folder).await;
        }
        if self.only == Some(Only::Storing) {
            return storing::store(opened, folder, &file);
        }
        if self.only == Some(Only::Reporting) {
            self.try_out(folder).await?;
            return self.download(folder).await;
        }
        if self.only == Some(Only::Replaying) {
            for (of, visits) in self.replay(&file).await? {
                visit_rows(&of, &visits);
            }
            return Ok(());
        }
        let pass: Measured = run_part(opened, MAIN, Part::CsvPass, None, Some(&file))?;
        row("csv crate alone (anchor)", &pass, None);
        let one: Measured = run_part(opened, MAIN, Part::CheckOneCore, None, Some(&file))?;
        row("check, every rule, one core", &one, Some(&pass));
        row(
            "check, every rule, all cores",
            &run_part(opened, MAIN, Part::Check, None, Some(&file))?,
            Some(&pass),
        );
        self.compare(&file, &pass)?;
        storing::store(opened, folder, &file)?;
        let listed = self.replay(&file).await?;
        self.try_out(folder).await?;
        prices::print(
            &run_part::<Vec<Cost>>(opened, MAIN, Part::Costs, None, Some(&file))?,
            &one,
        );
        self.download(folder).await?;
        for (of, visits) in listed {
            visit_rows(&of, &visits);
        }
        self.show(folder).await
    }

    /// What others make of the same file, each at its best.
    fn compare(&self, file: &Path, pass: &Measured) -> anyhow::Result<()> {
        let Some(python) = &self.compare else {
            eprintln!("polars, pandera and pointblank are left out; `make bench` has them.");
            return Ok(());
        };
        for (tool, what) in bench::TOOLS {
            row(what, &bench::compare(python, tool, file)?, Some(pass));
        }
        Ok(())
    }
}

fn row(what: &str, measured: &Measured, anchor: Option<&Measured>) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate, shown whole"
    )]
    let rate = count(measured.rate() as u64);
    let share = anchor.map_or_else(String::new, |a| format!("{:.2}", measured.rate() / a.rate()));
    println!("| {what} | {rate} | {share} | {} |", bytes(measured.peak_memory));
}

/// Runs one part as a process of its own and reads what it measured.
fn run_part<T: DeserializeOwned>(
    opened: &Opened,
    database: &str,
    part: Part,
    web: Option<&Web>,
    file: Option<&Path>,
) -> anyhow::Result<T> {
    run_part_with(opened, database, part, web, file, &[])
}

/// The same with what else it is to be told.
fn run_part_with<T: DeserializeOwned>(
    opened: &Opened,
    database: &str,
    part: Part,
    web: Option<&Web>,
    file: Option<&Path>,
    more: &[&str],
) -> anyhow::Result<T> {
    use clap::ValueEnum;
    let name = part.to_possible_value().context("a part has a name")?;
    let mut command = opened.program("bench", database)?;
    command.args(["--part", name.get_name()]).args(more);
    if let Some(file) = file {
        command.arg("--file").arg(file);
    }
    if let Some(web) = web {
        command.arg("--site").arg(&web.site);
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context("starting a part")?;
    ensure!(output.status.success(), "measuring {} failed", name.get_name());
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("reading what {} measured", name.get_name()))
}
