//! `feedgate bench`: measures, and prints the README's table.

use super::opened::Opened;
use super::serve;
use crate::domain::contract::checks::file::COLUMNS;
use crate::domain::format::{bytes, count};
use crate::server::bench::{self, Cost, Measured, Visit};
use crate::server::clock::Clock;
use crate::server::config::{Database, Web};
use crate::server::demo::long::Long;
use crate::server::demo::seed::Demo;
use crate::server::generate::{self, Plan};
use crate::server::pipeline::ingest::Ingest;
use crate::server::pipeline::rollup;
use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Measure checking, storing and showing, each beside what it is held against
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Records of the CSV file that is checked and stored
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    records: u64,

    /// Python that has polars, pandera and pointblank, to measure them on the same file
    #[arg(long, value_name = "PYTHON")]
    compare: Option<PathBuf>,

    /// Measure storing alone (the bare insert, and the three ingests beside it), or replaying alone
    #[arg(long, value_name = "WHAT")]
    only: Option<Only>,

    /// Measure one part in this process and print it as JSON
    #[arg(long, hide = true, value_name = "PART")]
    part: Option<Part>,

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
    Hold,
    Freeze,
    Replay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Only {
    Storing,
    Replaying,
}

/// How long an operation waits for the database.
const PATIENCE: Duration = Duration::from_mins(1);

/// Of so many records one is changed in the file that comes next: 5 %.
const ONE_IN: usize = 20;

/// Databases of the private server: one for what is stored, two for what is shown.
const MAIN: &str = "feedgate";
const PAGES: &str = "pages";
const YEAR: &str = "year";
const HELD: &str = "held";

impl Args {
    pub(super) async fn run(mut self) -> anyhow::Result<ExitCode> {
        if let Some(part) = self.part {
            self.measure(part).await?;
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
            Part::Check => {
                serde_json::to_string(&bench::check(file()?, std::thread::available_parallelism()?)?)?
            }
            _ => {
                let opened = Opened::open(&self.database, PATIENCE).await?;
                match part {
                    Part::BareInsert => {
                        serde_json::to_string(&bench::bare_insert(&opened.store, file()?).await?)?
                    }
                    Part::Ingest => serde_json::to_string(&bench::ingest(&opened.store, file()?).await?)?,
                    Part::Hold => serde_json::to_string(&bench::hold(&opened.store, file()?).await?)?,
                    Part::Freeze => serde_json::to_string(&bench::freeze(&opened.store).await?)?,
                    Part::Replay => serde_json::to_string(&bench::work_off(&opened.store).await?)?,
                    _ => {
                        let paths: &[&str] = if part == Part::YearPages {
                            &["/?range=7d", "/?range=30d", "/?range=365d"]
                        } else {
                            &["/?range=7d", "/?range=30d"]
                        };
                        let state = serve::state(&self.web, opened.store.clone())?;
                        serde_json::to_string(&bench::pages(state, paths).await?)?
                    }
                }
            }
        };
        println!("{line}");
        Ok(())
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
        if self.only == Some(Only::Storing) {
            return store(opened, folder, &file);
        }
        if self.only == Some(Only::Replaying) {
            return replay(&self.database, &file).await;
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
        store(opened, folder, &file)?;
        replay(&self.database, &file).await?;
        prices(
            &run_part::<Vec<Cost>>(opened, MAIN, Part::Costs, None, Some(&file))?,
            &one,
        );
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

    /// Pages are measured on the demo's business, in a database of their own.
    async fn show(&self, folder: &Path) -> anyhow::Result<()> {
        let database = Database {
            database: PAGES.to_owned(),
            ..self.database.clone()
        };
        let opened = Opened::open(&database, PATIENCE).await?;
        let ingest = Ingest {
            store: opened.store.clone(),
            clock: Clock::system(),
            patience: PATIENCE,
            taxonomy: None,
        };
        Demo {
            ingest,
            dir: folder.to_owned(),
            small: false,
        }
        .sow()
        .await?;
        rollup::catch_up(&opened.store, &Clock::system(), "bench").await?;
        let visits: Vec<Visit> = run_part(&opened, PAGES, Part::Pages, Some(&self.web), None)?;
        opened.close().await;
        println!("\n| page, 52 partners, 30 days | p50 | p95 | HTML, brotli |");
        println!("|---|---:|---:|---:|");
        visit_rows(&visits);
        self.show_a_year().await?;
        println!("\n| first visit | brotli |");
        println!("|---|---:|");
        for (name, size) in bench::weights(&self.web.site) {
            println!(
                "| {name} | {} |",
                size.map_or_else(|| "not built".to_owned(), bytes)
            );
        }
        Ok(())
    }
}

impl Args {
    /// The overview over a year of five million records a day, beside adding the log up directly.
    async fn show_a_year(&self) -> anyhow::Result<()> {
        let database = Database {
            database: YEAR.to_owned(),
            ..self.database.clone()
        };
        let opened = Opened::open(&database, PATIENCE).await?;
        let (store, clock) = (&opened.store, Clock::system());
        let long = Long {
            days: 365,
            partners: 52,
            records_per_day: 5_000_000,
        };
        let begun = Instant::now();
        let written = long.write(store, clock.now()).await?;
        let wrote = begun.elapsed();
        let begun = Instant::now();
        rollup::catch_up(store, &clock, "bench").await?;
        let rolled = begun.elapsed();
        let begun = Instant::now();
        let groups = store.add_up_bare().await?;
        let bare = begun.elapsed();
        let visits: Vec<Visit> = run_part(&opened, YEAR, Part::YearPages, Some(&self.web), None)?;
        opened.close().await;
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = written.deliveries as f64 / rolled.as_secs_f64();
        println!(
            "\nA year of {} deliveries, {} records: written in {:.1} s, rolled up in {:.1} s ({rate:.0} entries/s)\n",
            count(written.deliveries),
            count(written.records),
            wrote.as_secs_f64(),
            rolled.as_secs_f64(),
        );
        println!("| page, 52 partners, one year | p50 | p95 | HTML, brotli |");
        println!("|---|---:|---:|---:|");
        visit_rows(&visits);
        println!(
            "| the log added up directly, {} figures (anchor) | {:.0} ms | | |",
            count(groups),
            bare.as_secs_f64() * 1000.0
        );
        Ok(())
    }
}

/// Storing, beside inserting the same documents bare.
fn store(opened: &Opened, folder: &Path, file: &Path) -> anyhow::Result<()> {
    let bare: Measured = run_part(opened, MAIN, Part::BareInsert, None, Some(file))?;
    row("insert_many of the same documents (anchor)", &bare, None);
    row(
        "first ingest, end to end",
        &run_part(opened, MAIN, Part::Ingest, None, Some(file))?,
        Some(&bare),
    );
    row(
        "unchanged ingest",
        &run_part(opened, MAIN, Part::Ingest, None, Some(file))?,
        Some(&bare),
    );
    let changed = folder.join("changed.csv");
    bench::change(file, &changed, ONE_IN).context("changing the feed")?;
    row(
        "5 % changed ingest",
        &run_part(opened, MAIN, Part::Ingest, None, Some(&changed))?,
        Some(&bare),
    );
    Ok(())
}

/// Replaying what is held: a set frozen, then worked off by one worker and by two.
async fn replay(database: &Database, file: &Path) -> anyhow::Result<()> {
    let database = Database {
        database: HELD.to_owned(),
        ..database.clone()
    };
    let opened = Opened::open(&database, PATIENCE).await?;
    let part = |part, file| run_part::<Measured>(&opened, HELD, part, None, file);
    row(
        "held records written (to have some)",
        &part(Part::Hold, Some(file))?,
        None,
    );
    row(
        "a set frozen of all that is held",
        &part(Part::Freeze, None)?,
        None,
    );
    bench::start_replay(&opened.store, 0).await?;
    let one = part(Part::Replay, None)?;
    row("bulk replay, one worker", &one, None);
    bench::start_replay(&opened.store, 1).await?;
    let two = std::thread::scope(|scope| -> anyhow::Result<Measured> {
        let [one, two] = [(), ()].map(|()| scope.spawn(|| part(Part::Replay, None)));
        let joined = |worker: std::thread::ScopedJoinHandle<'_, anyhow::Result<Measured>>| {
            worker
                .join()
                .map_err(|_| anyhow::anyhow!("a worker of the benchmark panicked"))?
        };
        let (one, two) = (joined(one)?, joined(two)?);
        Ok(Measured {
            records: one.records + two.records,
            seconds: one.seconds.max(two.seconds),
            peak_memory: one.peak_memory.max(two.peak_memory),
        })
    })?;
    row("bulk replay, two workers (of one)", &two, Some(&one));
    opened.close().await;
    Ok(())
}

fn visit_rows(visits: &[Visit]) {
    for v in visits {
        println!(
            "| overview {} | {:.1} ms | {:.1} ms | {} |",
            v.path,
            v.p50_ms,
            v.p95_ms,
            bytes(v.html_br)
        );
    }
}

/// What each check costs, as a share of the whole check on one core; those that cost next to
/// nothing together, but for the columns, which are asked after.
fn prices(costs: &[Cost], one: &Measured) {
    const SHOWN: f64 = 0.5;
    let share = |cost: &Cost| cost.nanoseconds * one.rate() / 1e9 * 100.0;
    println!("\n| rules | how many | a record | of check, one core |");
    println!("|---|---:|---:|---:|");
    let (shown, rest): (Vec<_>, Vec<_>) = costs
        .iter()
        .partition(|cost| share(cost) >= SHOWN || cost.check == COLUMNS.name);
    for cost in shown {
        println!(
            "| {} | {} | {:.0} ns | {:.1} % |",
            cost.check,
            cost.rules,
            cost.nanoseconds,
            share(cost)
        );
    }
    let rules: usize = rest.iter().map(|cost| cost.rules).sum();
    println!(
        "| each of {} others | {rules} in all | | below {SHOWN} % |",
        rest.len()
    );
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
    use clap::ValueEnum;
    let name = part.to_possible_value().context("a part has a name")?;
    let mut command = Command::new(std::env::current_exe().context("finding this program")?);
    command
        .args(["bench", "--part", name.get_name(), "--database", database])
        .env("FEEDGATE_MONGODB_URI", opened.uri());
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
