//! `feedgate pull`: says which feeds are fetched from their partner by schedule.

use super::opened::Opened;
use crate::domain::account::Scope;
use crate::domain::format;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::pull::{Pulling, rhythm, shown};
use crate::server::clock::Clock;
use crate::server::config::Database;
use crate::server::intake;
use crate::server::store::Deed;
use anyhow::bail;
use std::process::ExitCode;
use std::time::Duration;

/// Manage what is fetched from partners by schedule
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    database: Database,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The partner's slug
    #[arg(long, value_name = "PARTNER")]
    partner: String,
    /// The feed's own slug
    #[arg(long, value_name = "FEED")]
    feed: String,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Have a feed's file fetched from an address, from now on; replaces what was set before
    Set {
        #[command(flatten)]
        which: Which,
        /// Where the file is, https:// or http://; a name and password in it are sent along
        url: String,
        /// How often, in minutes
        #[arg(long, value_name = "MINUTES", default_value_t = 60)]
        every_minutes: u32,
    },
    /// Fetch a feed's file no more
    Stop {
        #[command(flatten)]
        which: Which,
    },
    /// Fetch a feed's file now, also when failures have paused it
    Resume {
        #[command(flatten)]
        which: Which,
    },
    /// List what is fetched, and how it stands
    List,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let opened = Opened::open(&self.database, Duration::from_secs(10)).await?;
        let done = match &self.verb {
            Verb::Set {
                which,
                url,
                every_minutes,
            } => set(&opened, which, url, *every_minutes).await,
            Verb::Stop { which } => stop(&opened, which).await,
            Verb::Resume { which } => resume(&opened, which).await,
            Verb::List => list(&opened).await,
        };
        opened.close().await;
        done.map(|()| ExitCode::SUCCESS)
    }
}

async fn find(opened: &Opened, which: &Which) -> anyhow::Result<FeedId> {
    let id = FeedId::of(&PartnerId::parse(&which.partner)?, &which.feed)?;
    if opened.store.find_feed(&Scope::All, &id).await?.is_none() {
        bail!("there is no feed {id}; `feedgate partner list` lists them");
    }
    Ok(id)
}

async fn set(opened: &Opened, which: &Which, url: &str, every_minutes: u32) -> anyhow::Result<()> {
    let id = find(opened, which).await?;
    let url = intake::check(url).map_err(anyhow::Error::msg)?;
    let every_minutes = rhythm(every_minutes)?;
    let pulling = Pulling::new(url.to_string(), every_minutes, Clock::system().now());
    opened.store.set_pull(&id, &pulling).await?;
    let from = shown(url.as_str());
    note(
        opened,
        &id,
        "pull.set",
        format!("had the file fetched from {from} every {every_minutes} min"),
    )
    .await?;
    println!(
        "{id} is fetched from {from} every {every_minutes} min, the first time as soon as a worker runs"
    );
    Ok(())
}

async fn stop(opened: &Opened, which: &Which) -> anyhow::Result<()> {
    let id = find(opened, which).await?;
    if !opened.store.drop_pull(&id).await? {
        bail!("{id} is not fetched by schedule");
    }
    note(
        opened,
        &id,
        "pull.stop",
        "had the file fetched no more".to_owned(),
    )
    .await?;
    println!("{id} is fetched no more");
    Ok(())
}

async fn resume(opened: &Opened, which: &Which) -> anyhow::Result<()> {
    let id = find(opened, which).await?;
    let now = Clock::system().now();
    if !opened.store.resume_pull(&Scope::All, &id, now).await? {
        bail!("{id} is not fetched by schedule; `feedgate pull set` has it fetched");
    }
    note(opened, &id, "pull.resume", "had the file fetched anew".to_owned()).await?;
    println!("{id} is fetched as soon as a worker is free");
    Ok(())
}

async fn list(opened: &Opened) -> anyhow::Result<()> {
    for state in opened.store.list_feeds(&Scope::All, None).await? {
        let id = state.feed.id;
        let Some(pull) = opened.store.find_pull(&Scope::All, &id).await? else {
            continue;
        };
        let next = if pull.paused {
            "paused".to_owned()
        } else {
            format!("next {}", format::instant(pull.due_at))
        };
        let last = pull
            .last
            .map_or_else(|| "not fetched yet".to_owned(), |(_, said)| said);
        println!(
            "{id:<24} every {} min  {next}  {last}  {}",
            pull.every_minutes,
            shown(&pull.url)
        );
    }
    Ok(())
}

async fn note(opened: &Opened, id: &FeedId, action: &str, what: String) -> anyhow::Result<()> {
    let deed = Deed {
        at: Clock::system().now(),
        actor_id: None,
        actor_name: "command line".to_owned(),
        action: action.to_owned(),
        object: format!("feed:{id}"),
        partner: Some(id.partner()),
        what,
    };
    Ok(opened.store.insert_deed(&deed).await?)
}
