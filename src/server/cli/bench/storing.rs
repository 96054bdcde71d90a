//! Prints what taking files in takes, replaying what was held of them, and listing it.

use super::{Args, MAIN, ONE_IN, Part, row, run_part, run_part_with};
use crate::domain::format::count;
use crate::server::bench::{self, Measured, Visit};
use crate::server::child::Child;
use crate::server::cli::opened::Opened;
use anyhow::Context;
use futures::future::join_all;
use std::path::Path;
use std::time::Duration;

/// The database of held records.
const HELD: &str = "held";
/// A worker is at work this long after its start.
const READY_AFTER: Duration = Duration::from_secs(3);

/// Storing, beside inserting the same documents bare.
pub(super) fn store(opened: &Opened, folder: &Path, file: &Path) -> anyhow::Result<()> {
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

/// Lists of held records, and one of them; each is opened among all that is held.
pub(super) const HELD_PAGES: [&str; 8] = [
    "/issues",
    "/quarantine",
    "/quarantine?partner=bench",
    "/quarantine?feed=bench/main&state=any",
    "/quarantine?code=GTIN_CHECK",
    "/quarantine?partner=bench&code=GTIN_CHECK",
    "/quarantine?delivery=held0003",
    "/quarantine/held0003-0050000",
];
/// Searches that have to look at each record.
pub(super) const SEARCHES: [&str; 2] = ["/quarantine?text=nowhere", "/quarantine?text=gtin&partner=bench"];

impl Args {
    /// Replaying what is held: a set frozen, then worked off by one worker and by two. Gives what
    /// the pages take that list it, to be printed as tables of their own.
    pub(super) async fn replay(&self, file: &Path) -> anyhow::Result<[(String, Vec<Visit>); 2]> {
        let opened = self.opened(HELD).await?;
        let part = |part, file| {
            let held = format!("--held={}", self.held);
            run_part_with::<Measured>(&opened, HELD, part, None, file, &[&held])
        };
        let held = part(Part::HoldMany, Some(file))?;
        row("held records written (to have some)", &held, None);
        row(
            "a set frozen of all that is held of one feed",
            &part(Part::Freeze, None)?,
            None,
        );
        let one = replay_with(1, &opened, 0).await?;
        row("bulk replay, one worker", &one, None);
        let two = replay_with(2, &opened, 1).await?;
        row("bulk replay, two workers (of one)", &two, Some(&one));
        let lists: Vec<Visit> = run_part(&opened, HELD, Part::HeldPages, Some(&self.web), None)?;
        let searches: Vec<Visit> = run_part(&opened, HELD, Part::Searches, Some(&self.web), None)?;
        opened.close().await;
        let of = count(held.records);
        Ok([
            (
                format!("{of} held records, limit of p95 60 ms, of one record 30 ms"),
                lists,
            ),
            (format!("a search through {of}, limit 1,000 ms"), searches),
        ])
    }
}

/// Replays the records of one delivery with so many workers, each a process of its own.
async fn replay_with(workers: usize, opened: &Opened, of: u64) -> anyhow::Result<Measured> {
    let mut running = Vec::new();
    for _ in 0..workers {
        let mut command = opened.program("worker", HELD)?;
        command.env("FEEDGATE_LOG", "warn");
        running.push(Child::spawn(command).context("starting a worker")?);
    }
    tokio::time::sleep(READY_AFTER).await;
    let measured = bench::replay(&opened.store, of).await;
    let peaks = running.iter().map(|worker| bench::peak_memory_of(worker.pid()));
    let peak_memory = peaks.max().unwrap_or(0);
    join_all(running.into_iter().map(Child::end)).await;
    Ok(Measured {
        peak_memory,
        ..measured?
    })
}
