//! `feedgate token`: makes, lists and revokes the tokens that partners' programs send files with.

use super::opened::Opened;
use crate::domain::account::Scope;
use crate::domain::format;
use crate::domain::ids::{FeedId, PartnerId};
use crate::server::clock::Clock;
use crate::server::config::Database;
use crate::server::store::{Deed, Token};
use crate::server::tokens::{self, Wanted};
use anyhow::bail;
use std::process::ExitCode;
use std::time::Duration;

/// Manage the tokens that partners' programs send files with
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    database: Database,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Make a token and print it; it is shown this once and kept nowhere
    Add {
        /// Whose files it may send
        #[arg(long, value_name = "PARTNER")]
        partner: String,
        /// The one feed it may send files of; without it every feed of the partner
        #[arg(long, value_name = "FEED")]
        feed: Option<String>,
        /// Let it write entries of the audit log too, for a system that checks files itself
        #[arg(long)]
        log: bool,
        /// What it is for, so that one knows later which to revoke
        #[arg(long, value_name = "WORDS", default_value = "")]
        label: String,
    },
    /// List tokens by their first characters
    List,
    /// Revoke a token; whoever sends with it is refused from then on
    Revoke {
        /// Its first characters, as `list` shows them
        prefix: String,
    },
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let opened = Opened::open(&self.database, Duration::from_secs(10)).await?;
        let done = match &self.verb {
            Verb::Add {
                partner,
                feed,
                log,
                label,
            } => add(&opened, partner, feed.as_deref(), *log, label).await,
            Verb::List => list(&opened).await,
            Verb::Revoke { prefix } => revoke(&opened, prefix).await,
        };
        opened.close().await;
        done.map(|()| ExitCode::SUCCESS)
    }
}

async fn add(
    opened: &Opened,
    partner: &str,
    feed: Option<&str>,
    may_log: bool,
    label: &str,
) -> anyhow::Result<()> {
    let store = &opened.store;
    let partner = PartnerId::parse(partner)?;
    let feed = feed.map(|feed| FeedId::of(&partner, feed)).transpose()?;
    if store.find_partner(&Scope::All, &partner).await?.is_none() {
        bail!("there is no partner {partner}; `feedgate partner add {partner}` adds it");
    }
    if let Some(feed) = &feed
        && store.find_feed(&Scope::All, feed).await?.is_none()
    {
        bail!("there is no feed {feed}; `feedgate partner list` lists them");
    }
    let wanted = Wanted {
        partner,
        feed,
        may_log,
        label: label.to_owned(),
        by: "command line".to_owned(),
    };
    let (token, text) = tokens::make(store, wanted, Clock::system().now()).await?;
    note(opened, &token, "token.add", "made").await?;
    println!("{text}");
    eprintln!(
        "It is shown this once. Sent as “Authorization: Bearer …”, it sends files of {}{}.",
        of(&token),
        if token.may_log {
            " and writes entries of the log"
        } else {
            ""
        }
    );
    Ok(())
}

async fn list(opened: &Opened) -> anyhow::Result<()> {
    for token in opened.store.list_tokens(&Scope::All).await? {
        let used = match (token.revoked_at, token.used_at) {
            (Some(at), _) => format!("revoked {}", format::instant(at)),
            (None, Some(at)) => format!("last used {}", format::instant(at)),
            (None, None) => "never used".to_owned(),
        };
        let log = if token.may_log { ", writes the log" } else { "" };
        println!(
            "{}…  {:<32} {used}{log}  {}",
            token.prefix,
            of(&token),
            token.label
        );
    }
    Ok(())
}

async fn revoke(opened: &Opened, prefix: &str) -> anyhow::Result<()> {
    let prefix = prefix.trim_end_matches('…');
    let now = Clock::system().now();
    let Some(token) = opened.store.revoke_token(&Scope::All, prefix, now).await? else {
        bail!("no token that is in use begins with “{prefix}”; `feedgate token list` lists them");
    };
    note(opened, &token, "token.revoke", "revoked").await?;
    println!("{}… is revoked", token.prefix);
    Ok(())
}

/// What a token is for.
fn of(token: &Token) -> String {
    token
        .feed
        .as_ref()
        .map_or_else(|| format!("{}, every feed", token.partner), ToString::to_string)
}

async fn note(opened: &Opened, token: &Token, action: &str, verb: &str) -> anyhow::Result<()> {
    let deed = Deed {
        at: Clock::system().now(),
        actor_id: None,
        actor_name: "command line".to_owned(),
        action: action.to_owned(),
        object: format!("token:{}", token.prefix),
        partner: Some(token.partner.clone()),
        what: format!("{verb} the token {}… for {}", token.prefix, of(token)),
    };
    Ok(opened.store.insert_deed(&deed).await?)
}
