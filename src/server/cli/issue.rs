//! `feedgate issue verify|mend`: compares what issues say with the log and the quarantine, and sets
//! right what does not agree. Both may run while everything works.

use super::opened::Opened;
use crate::domain::account::Scope;
use crate::domain::format::counted;
use crate::domain::ids::{DeliveryId, FeedId};
use crate::server::clock::Clock;
use crate::server::config::Database;
use crate::server::store::Store;
use std::process::ExitCode;
use std::time::Duration;

/// Compare issues with the log and the quarantine, or set them right
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    database: Database,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Compare every issue with what it counts
    #[command(after_help = "Exit codes: 0 every issue says what there is, 1 some do not.")]
    Verify,
    /// Fold in deliveries that no issue knows of, put held records into their lists, and count anew what waits
    Mend,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let opened = Opened::open(&self.database, Duration::from_secs(10)).await?;
        let outcome = match self.command {
            Command::Verify => verify(&opened).await,
            Command::Mend => mend(&opened).await,
        };
        opened.close().await;
        outcome
    }
}

async fn verify(opened: &Opened) -> anyhow::Result<ExitCode> {
    let (feeds, faults) = examine(&opened.store).await?;
    println!(
        "{} compared, {}",
        counted(feeds, "feed", "feeds"),
        counted(faults, "fault", "faults")
    );
    Ok(if faults == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Compares the issues of every feed with what they are counted from, and prints what differs:
/// how many feeds were compared, and how many faults they had.
pub(super) async fn examine(store: &Store) -> anyhow::Result<(u64, u64)> {
    let (mut feeds, mut faults) = (0, 0);
    for (feed, records) in store.count_misplaced().await? {
        faults += 1;
        println!(
            "feed {feed}: {} in other lists than belong to what became of them; `feedgate issue mend` puts them right",
            counted(records, "held record stands", "held records stand")
        );
    }
    for state in store.list_feeds(&Scope::All, None).await? {
        let feed = state.feed.id;
        if is_applied(store, &feed).await? {
            println!("a file of {feed} is being applied; its issues are not compared");
            continue;
        }
        feeds += 1;
        for fault in store.verify_issues(&feed).await? {
            faults += 1;
            println!("{fault}");
        }
    }
    Ok((feeds, faults))
}

/// Whether a file of a feed is being applied, so that its records are there before they are counted.
async fn is_applied(store: &Store, feed: &FeedId) -> anyhow::Result<bool> {
    let none = DeliveryId::new("");
    Ok(!store.list_interrupted(feed, &none).await?.is_empty())
}

async fn mend(opened: &Opened) -> anyhow::Result<ExitCode> {
    let (store, now) = (&opened.store, Clock::system().now());
    let placed = store.mend_places().await?;
    if placed > 0 {
        println!(
            "{} put into the lists that are right",
            counted(placed, "held record", "held records")
        );
    }
    let mut folded = 0;
    for state in store.list_feeds(&Scope::All, None).await? {
        let feed = state.feed.id;
        folded += store.fold_forgotten(&feed, now).await?;
        if is_applied(store, &feed).await? {
            println!("a file of {feed} is being applied; what waits of it is not counted");
            continue;
        }
        store.recount_issues(&feed, now).await?;
    }
    println!("{} folded in", counted(folded, "delivery", "deliveries"));
    Ok(ExitCode::SUCCESS)
}
