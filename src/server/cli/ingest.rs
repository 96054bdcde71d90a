//! `feedgate ingest`: takes files of one feed in, one after another.

use super::opened::Opened;
use crate::domain::account::Scope;
use crate::domain::delivery::Direction;
use crate::domain::feed::Feed;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::report::Verdict;
use crate::server::clock::Clock;
use crate::server::config::{Database, Knowing};
use crate::server::intake::{self, Refused};
use crate::server::pipeline::ingest::{Ingest, Ingested};
use crate::server::store::Deed;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Take files of a partner's feed in
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 clean, 1 records quarantined or the ingest failed, 2 misuse, 3 a file was refused, \
                        4 a file is held. Of several files, the highest. A failed ingest can be run again: it ends as if run once."
)]
pub(super) struct Args {
    /// The partner's slug
    #[arg(long, value_name = "PARTNER")]
    partner: String,

    /// The feed's own slug
    #[arg(long, value_name = "FEED")]
    feed: String,

    /// Files to take in, in this order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Print one JSON object per file
    #[arg(long)]
    json: bool,

    /// Take the files in even if a gate would hold them, for this reason
    #[arg(long, value_name = "REASON")]
    accept_anyway: Option<String>,

    /// Seconds to wait for an absent database or another ingest of the same feed
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    wait: u64,

    #[command(flatten)]
    knowing: Knowing,

    #[command(flatten)]
    database: Database,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let patience = Duration::from_secs(self.wait);
        let opened = Opened::open(&self.database, patience).await?;
        let done = self.take_in(&opened, patience).await;
        opened.close().await;
        done
    }

    async fn take_in(&self, opened: &Opened, patience: Duration) -> anyhow::Result<ExitCode> {
        let feed = self.find_feed(opened).await?;
        let ingest = Ingest {
            store: opened.store.clone(),
            clock: Clock::system(),
            patience,
            taxonomy: self.knowing.load()?,
        };
        let ruling = match self.accept_anyway.as_deref() {
            Some(reason) => Some(super::delivery::ruling(reason)?),
            None => None,
        };
        let mut code = 0;
        for path in &self.files {
            let name = path.file_name().map_or_else(
                || path.display().to_string(),
                |n| n.to_string_lossy().into_owned(),
            );
            let ingested = ingest
                .run_anyway(&feed, path, &name, ruling.clone())
                .await
                .with_context(|| format!("taking in {}", path.display()))?;
            let report = &ingested.report;
            note(opened, &feed, &ingested).await?;
            if report.file.verdict == Verdict::Held {
                keep(opened, &feed, &ingested, path).await;
            }
            code = code.max(report.exit_code());
            if self.json {
                println!("{}", serde_json::to_string(report)?);
            } else {
                print!("{}", super::report::readable(report));
                if report.file.verdict != Verdict::Refused {
                    println!("delivery {}", ingested.delivery);
                }
            }
        }
        Ok(ExitCode::from(code))
    }

    async fn find_feed(&self, opened: &Opened) -> anyhow::Result<Feed> {
        let partner = PartnerId::parse(&self.partner)?;
        let id = FeedId::of(&partner, &self.feed)?;
        if let Some(found) = opened.store.find_feed(&Scope::All, &id).await? {
            if found.feed.direction == Direction::Export {
                bail!("{}", Refused::GoesOut(id));
            }
            return Ok(found.feed);
        }
        let known = opened.store.list_feeds(&Scope::All, Some(&partner)).await?;
        if known.is_empty() {
            bail!("there is no partner {partner} with feeds; `feedgate partner add` makes one");
        }
        let names: Vec<&str> = known.iter().map(|f| f.feed.id.name()).collect();
        bail!(
            "partner {partner} has no feed {}; it has {}",
            self.feed,
            names.join(", ")
        )
    }
}

/// Keeps a held file, so that it can be released from its page; without it the command line still
/// can, for whoever has the file.
async fn keep(opened: &Opened, feed: &Feed, ingested: &Ingested, path: &Path) {
    let file = &ingested.report.file;
    let kept = intake::keep(
        &opened.store,
        &Clock::system(),
        (&ingested.delivery, &feed.id),
        &file.name,
        &file.sha256,
        path,
    )
    .await;
    if let Err(error) = kept {
        tracing::warn!("{} could not be kept for a release: {error:#}", path.display());
    }
}

/// Whoever sat at the command line took the file in; the history says so.
async fn note(opened: &Opened, feed: &Feed, ingested: &Ingested) -> anyhow::Result<()> {
    let file = &ingested.report.file;
    let deed = Deed {
        at: Clock::system().now(),
        actor_id: None,
        actor_name: "command line".to_owned(),
        action: "delivery.ingest".to_owned(),
        object: format!("delivery:{}", ingested.delivery),
        partner: Some(feed.id.partner()),
        what: format!("sent {} to {}", file.name, feed.id),
    };
    Ok(opened.store.insert_deed(&deed).await?)
}
