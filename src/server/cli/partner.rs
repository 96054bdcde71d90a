//! `feedgate partner`: adds partners and their feeds, and lists them.

use super::opened::Opened;
use crate::domain::account::Scope;
use crate::domain::contract::Currency;
use crate::domain::feed::{Feed, Mode};
use crate::domain::gate::limits::{LIMITS, Limit};
use crate::domain::hold;
use crate::domain::ids::{FeedId, PartnerId};
use crate::server::clock::Clock;
use crate::server::config::Database;
use crate::server::desk;
use crate::server::profile;
use crate::server::store::{Deed, Partner, Revision};
use std::process::ExitCode;
use std::time::Duration;

/// Manage partners and their feeds
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    database: Database,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Add a partner, or one more feed to it; what is there stays as it is
    Add {
        /// The partner's slug, such as acme
        partner: String,
        /// What it is called; the slug when not given
        #[arg(long)]
        name: Option<String>,
        /// Slug of a feed it sends us, such as main
        #[arg(long)]
        feed: Option<String>,
        /// ISO 4217 code of the currency that feed's prices are in
        #[arg(long)]
        currency: Option<String>,
        /// How often a file of that feed is expected
        #[arg(long, value_name = "HOURS")]
        every_hours: Option<u32>,
        /// How the files of that feed are written: a TOML file, or one of ceneo, idealo and trovaprezzi
        #[arg(long, value_name = "FILE|NAME")]
        profile: Option<String>,
        /// The files of that feed say what changed; without this, what a file does not name is withdrawn
        #[arg(long)]
        delta: bool,
    },
    /// Say how the files of a feed are written, or show what is said
    Profile {
        /// The partner's slug
        partner: String,
        /// The feed's slug
        feed: String,
        /// A TOML file, or one of ceneo, idealo and trovaprezzi; an empty file says nothing any more. Without it,
        /// the profile is shown
        #[arg(value_name = "FILE|NAME")]
        profile: Option<String>,
        /// Why, in 3 to 500 characters, for whoever reads its history on the feed's page
        #[arg(long, default_value = "set on the command line")]
        reason: String,
    },
    /// Say where the gates of a feed stand, or show where they do
    Gates {
        /// The partner's slug
        partner: String,
        /// The feed's slug
        feed: String,
        /// Limits to set, such as churn=40; without any, all are shown
        #[arg(value_name = "NAME=VALUE")]
        limits: Vec<String>,
        /// Why, in 3 to 500 characters, for whoever reads it on the feed's page
        #[arg(long, default_value = "set on the command line")]
        reason: String,
    },
    /// Have the pictures of a feed's products looked at, or no more; or say whether they are
    Pictures {
        /// The partner's slug
        partner: String,
        /// The feed's slug
        feed: String,
        /// Whether they are looked at from now on; without it, whether they are is said
        #[arg(value_parser = ["on", "off"])]
        switch: Option<String>,
    },
    /// List partners and feeds
    List,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let opened = Opened::open(&self.database, Duration::from_secs(10)).await?;
        let done = match self.verb {
            Verb::List => list(&opened).await,
            Verb::Profile {
                partner,
                feed,
                profile,
                reason,
            } => read_by(&opened, &partner, &feed, profile.as_deref(), &reason).await,
            Verb::Gates {
                partner,
                feed,
                limits,
                reason,
            } => gates(&opened, &partner, &feed, &limits, &reason).await,
            Verb::Pictures {
                partner,
                feed,
                switch,
            } => pictures(&opened, &partner, &feed, switch.as_deref()).await,
            Verb::Add {
                partner,
                name,
                feed,
                currency,
                every_hours,
                profile,
                delta,
            } => {
                let set_up = SetUp {
                    currency,
                    every_hours,
                    profile,
                    mode: if delta { Mode::Delta } else { Mode::Snapshot },
                };
                add(&opened, &partner, name, feed.as_deref(), set_up).await
            }
        };
        opened.close().await;
        done.map(|()| ExitCode::SUCCESS)
    }
}

/// How a new feed is set up.
struct SetUp {
    currency: Option<String>,
    every_hours: Option<u32>,
    profile: Option<String>,
    mode: Mode,
}

async fn add(
    opened: &Opened,
    partner: &str,
    name: Option<String>,
    feed: Option<&str>,
    set_up: SetUp,
) -> anyhow::Result<()> {
    let id = PartnerId::parse(partner)?;
    let feed = feed.map(|feed| FeedId::of(&id, feed)).transpose()?;
    let profile = set_up.profile.as_deref().map(profile::load).transpose()?;
    let currency = set_up
        .currency
        .as_deref()
        .map(Currency::parse)
        .transpose()?
        .map(|c| c.code().to_owned());
    let partner = Partner {
        name: name.unwrap_or_else(|| id.to_string()),
        id,
        edits_off: false,
    };
    opened.store.insert_partner(&partner).await?;
    if let Some(id) = feed {
        println!(
            "{id} takes files in: feedgate ingest --partner {} --feed {} FILE",
            id.partner(),
            id.name()
        );
        let feed = Feed {
            expected_every_hours: set_up.every_hours,
            currency,
            profile: profile.unwrap_or_default(),
            mode: set_up.mode,
            ..Feed::new(id)
        };
        opened.store.insert_feed(&feed).await?;
    }
    Ok(())
}

/// Shows a feed's profile, or puts the next version of it in force and notes who did.
async fn read_by(
    opened: &Opened,
    partner: &str,
    feed: &str,
    named: Option<&str>,
    reason: &str,
) -> anyhow::Result<()> {
    let id = FeedId::of(&PartnerId::parse(partner)?, feed)?;
    let absent = || anyhow::anyhow!("there is no feed {id}; feedgate partner list shows those there are");
    let state = opened.store.find_feed(&Scope::All, &id).await?;
    let feed = state.ok_or_else(absent)?.feed;
    let revisions = opened.store.list_revisions(&Scope::All, &id).await?;
    let before =
        Revision::standing(&revisions, &feed).map_or_else(|| profile::write(&feed.profile), str::to_owned);
    let Some(named) = named else {
        print!("{before}");
        return Ok(());
    };
    let (text, profile) = profile::load_text(named)?;
    if text == before {
        println!("{id} is read by it already, version {}", feed.profile_version);
        return Ok(());
    }
    let revision = Revision {
        version: feed.profile_version.saturating_add(1),
        text,
        before,
        at: Clock::system().now(),
        by: "command line".to_owned(),
        reason: hold::reason(reason)
            .map_err(|_| anyhow::anyhow!("a reason has 3 to 500 characters; “{reason}” has not"))?,
        feed: id,
    };
    let deed = Deed {
        at: revision.at,
        actor_id: None,
        actor_name: revision.by.clone(),
        action: "feed.profile".to_owned(),
        object: format!("feed:{}", revision.feed),
        partner: Some(revision.feed.partner()),
        what: revision.deed(),
    };
    opened
        .store
        .revise_profile(&Scope::All, &revision, &profile, &deed)
        .await?;
    println!(
        "{} is read by it from the next file on, version {}",
        revision.feed, revision.version
    );
    Ok(())
}

/// Shows where a feed's gates stand, or has them stand elsewhere and notes who did.
async fn gates(
    opened: &Opened,
    partner: &str,
    feed: &str,
    limits: &[String],
    reason: &str,
) -> anyhow::Result<()> {
    let id = FeedId::of(&PartnerId::parse(partner)?, feed)?;
    let state = opened.store.find_feed(&Scope::All, &id).await?;
    let seen = state
        .ok_or_else(|| anyhow::anyhow!("there is no feed {id}; feedgate partner list shows those there are"))?
        .feed
        .gates;
    let mut gates = seen;
    for pair in limits {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| anyhow::anyhow!("“{pair}” is no limit; write it as drop_hold=70"))?;
        let limit = Limit::named(name).ok_or_else(|| {
            let names: Vec<&str> = LIMITS.iter().map(|limit| limit.name).collect();
            anyhow::anyhow!("“{name}” is no limit of a gate; there are {}", names.join(", "))
        })?;
        let value = value
            .parse()
            .map_err(|_| anyhow::anyhow!("“{value}” is no whole number for {name}"))?;
        limit.set(&mut gates, value).map_err(anyhow::Error::msg)?;
    }
    if let Some((_, sentence)) = gates.faults() {
        anyhow::bail!(sentence);
    }
    let changes = seen.changes(&gates);
    if !changes.is_empty() {
        let reason = hold::reason(reason)
            .map_err(|_| anyhow::anyhow!("a reason has 3 to 500 characters; “{reason}” has not"))?;
        let deed = Deed {
            at: Clock::system().now(),
            actor_id: None,
            actor_name: "command line".to_owned(),
            action: desk::gates::DEED.to_owned(),
            object: format!("feed:{id}"),
            partner: Some(id.partner()),
            what: desk::gates::told(&changes, &reason),
        };
        opened
            .store
            .set_gates(&Scope::All, &id, &seen, &gates, &deed)
            .await?;
    }
    for limit in &LIMITS {
        println!(
            "{:<13} {:>6}  {} … {}",
            limit.name,
            limit.of(&gates),
            limit.does,
            limit.unit
        );
    }
    Ok(())
}

/// Says whether a feed's pictures are looked at, or switches that and notes who did.
async fn pictures(opened: &Opened, partner: &str, feed: &str, switch: Option<&str>) -> anyhow::Result<()> {
    let id = FeedId::of(&PartnerId::parse(partner)?, feed)?;
    let state = opened.store.find_feed(&Scope::All, &id).await?;
    let mut on = state
        .ok_or_else(|| anyhow::anyhow!("there is no feed {id}; feedgate partner list shows those there are"))?
        .feed
        .pictures;
    if let Some(wanted) = switch.map(|word| word == "on")
        && wanted != on
    {
        on = wanted;
        let now = Clock::system().now();
        let deed = Deed {
            at: now,
            actor_id: None,
            actor_name: "command line".to_owned(),
            action: desk::picture::DEED.to_owned(),
            object: format!("feed:{id}"),
            partner: Some(id.partner()),
            what: desk::picture::told(on).to_owned(),
        };
        opened
            .store
            .switch_pictures(&Scope::All, &id, on, &deed, now)
            .await?;
    }
    let says = if on { "are looked at" } else { "are not looked at" };
    println!("the pictures of {id} {says}");
    Ok(())
}

async fn list(opened: &Opened) -> anyhow::Result<()> {
    let feeds = opened.store.list_feeds(&Scope::All, None).await?;
    for partner in opened.store.list_partners(&Scope::All).await? {
        println!("{:<24} {}", partner.id, partner.name);
        for state in feeds.iter().filter(|f| f.feed.id.partner() == partner.id) {
            let mode = match state.feed.mode {
                Mode::Snapshot => "whole catalogues",
                Mode::Delta => "changes",
            };
            println!(
                "  {:<22} {:<12} {mode}",
                state.feed.id,
                state.feed.currency.as_deref().unwrap_or("any currency")
            );
        }
    }
    Ok(())
}
