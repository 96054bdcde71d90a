//! `feedgate user`: adds people, lists them, sets passwords.

use super::opened::Opened;
use crate::domain::account::{Role, Scope};
use crate::domain::ids::PartnerId;
use crate::server::auth::{self, PASSWORD_MIN};
use crate::server::clock::Clock;
use crate::server::config::Database;
use crate::server::store::{Deed, Error as StoreError};
use anyhow::{Context, bail};
use std::io::{IsTerminal, Read};
use std::process::ExitCode;
use std::time::Duration;

/// Manage the people who sign in
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    database: Database,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Add a person; the password is asked for, or read from standard input
    Add {
        /// The address they sign in with
        email: String,
        /// admin, staff, manager or partner
        #[arg(long)]
        role: Role,
        /// What they are called; the address when not given
        #[arg(long)]
        name: Option<String>,
        /// Limit them to this partner; required for the role partner, may be repeated for a manager
        #[arg(long = "partner", value_name = "PARTNER")]
        partners: Vec<String>,
    },
    /// List everybody
    List,
    /// Set a password and end every session of the account
    Password {
        /// The address they sign in with
        email: String,
    },
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let opened = Opened::open(&self.database, Duration::from_secs(10)).await?;
        let done = match &self.verb {
            Verb::Add {
                email,
                role,
                name,
                partners,
            } => add(&opened, email, *role, name.as_deref(), partners).await,
            Verb::List => list(&opened).await,
            Verb::Password { email } => set_password(&opened, email).await,
        };
        opened.close().await;
        done.map(|()| ExitCode::SUCCESS)
    }
}

async fn add(
    opened: &Opened,
    email: &str,
    role: Role,
    name: Option<&str>,
    partners: &[String],
) -> anyhow::Result<()> {
    if !email.contains('@') {
        bail!("“{email}” is not an address to sign in with");
    }
    let partners: Vec<PartnerId> = partners
        .iter()
        .map(|p| PartnerId::parse(p))
        .collect::<Result<_, _>>()?;
    match role {
        Role::Partner if partners.len() != 1 => {
            bail!("a partner account belongs to one partner: give --partner once")
        }
        Role::Admin | Role::Staff if !partners.is_empty() => {
            bail!("{role} sees every partner; leave --partner out")
        }
        _ => {}
    }
    for partner in &partners {
        if opened.store.find_partner(&Scope::All, partner).await?.is_none() {
            bail!("there is no partner {partner}");
        }
    }
    let account = auth::new_account(email, name.unwrap_or(email), role, partners, ask_password()?).await?;
    let now = Clock::system().now();
    match opened.store.insert_user(&account, now).await {
        Err(StoreError::Conflict { .. }) => {
            bail!("{email} has an account already; `feedgate user password {email}` sets its password")
        }
        other => other?,
    }
    note(
        opened,
        &account.viewer.id,
        "user.add",
        format!("added {email} as {role}"),
    )
    .await?;
    println!("{email} can sign in as {role}");
    Ok(())
}

async fn list(opened: &Opened) -> anyhow::Result<()> {
    for account in opened.store.list_users().await? {
        let v = account.viewer;
        let partners: Vec<&str> = v.partners.iter().map(PartnerId::as_str).collect();
        println!(
            "{:<32} {:<8} {:<24} {}",
            v.email,
            v.role.word(),
            v.name,
            partners.join(",")
        );
    }
    Ok(())
}

async fn set_password(opened: &Opened, email: &str) -> anyhow::Result<()> {
    let account = opened
        .store
        .find_user_by_email(email)
        .await?
        .with_context(|| format!("{email} has no account"))?;
    let hash = auth::hash_password(ask_password()?).await?;
    opened.store.update_password(email, &hash).await?;
    note(
        opened,
        &account.viewer.id,
        "user.password",
        "set the password; every session ended".to_owned(),
    )
    .await?;
    println!("the password of {email} is set, and every session of it has ended");
    Ok(())
}

async fn note(
    opened: &Opened,
    user: &crate::domain::ids::UserId,
    action: &str,
    what: String,
) -> anyhow::Result<()> {
    let deed = Deed {
        at: Clock::system().now(),
        actor_id: None,
        actor_name: "command line".to_owned(),
        action: action.to_owned(),
        object: format!("user:{user}"),
        partner: None,
        what,
    };
    Ok(opened.store.insert_deed(&deed).await?)
}

/// Asks at the terminal, unseen, or takes the first line of standard input.
fn ask_password() -> anyhow::Result<String> {
    let password = if std::io::stdin().is_terminal() {
        rpassword::prompt_password("Password: ").context("reading the password")?
    } else {
        let mut text = String::new();
        std::io::stdin()
            .take(1024)
            .read_to_string(&mut text)
            .context("reading the password")?;
        text.lines().next().unwrap_or_default().to_owned()
    };
    if password.chars().count() < PASSWORD_MIN {
        bail!("a password has at least {PASSWORD_MIN} characters");
    }
    Ok(password)
}
