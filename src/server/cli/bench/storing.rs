//! Prints what taking files in takes, and replaying what was held of them.

use super::{MAIN, ONE_IN, PATIENCE, Part, row, run_part};
use crate::server::bench::{self, Measured};
use crate::server::cli::opened::Opened;
use crate::server::config::Database;
use anyhow::Context;
use std::path::Path;

/// The database of held records.
const HELD: &str = "held";

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

/// Replaying what is held: a set frozen, then worked off by one worker and by two.
pub(super) async fn replay(database: &Database, file: &Path) -> anyhow::Result<()> {
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
