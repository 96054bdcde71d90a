//! Opens the database a command works on, and closes what it started.

use crate::server::config::Database;
use crate::server::embedded::{Embedded, Options};
use crate::server::store::Store;
use anyhow::Context;
use std::process::Command;
use std::time::Duration;

/// A database that is ready, and the private `mongod` behind it if there is one.
pub(super) struct Opened {
    pub(super) store: Store,
    uri: String,
    embedded: Option<Embedded>,
}

impl Opened {
    /// This program again, doing something else on the same server.
    pub(super) fn program(&self, name: &str, database: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("finding this program")?);
        // The address may hold a password, which everybody could read among the arguments.
        command
            .arg(name)
            .env("FEEDGATE_MONGODB_URI", &self.uri)
            .arg("--database")
            .arg(database);
        Ok(command)
    }

    /// Connects, starts a private `mongod` where none is named, and makes indexes. Operations
    /// find no primary for `patience` before they fail.
    pub(super) async fn open(database: &Database, patience: Duration) -> anyhow::Result<Self> {
        let embedded = if database.mongodb_uri.is_some() {
            None
        } else {
            let options = Options {
                binary: database.mongod.clone(),
                ..Options::default()
            };
            Some(Embedded::start(&database.data_dir, &options).await?)
        };
        let uri = database
            .mongodb_uri
            .as_deref()
            .or(embedded.as_ref().map(Embedded::uri))
            .unwrap_or_default()
            .to_owned();
        let opened = Self {
            store: Store::connect(&uri, &database.database, patience).await?,
            uri,
            embedded,
        };
        match opened.store.migrate().await.context("preparing the database") {
            Ok(()) => Ok(opened),
            Err(error) => {
                opened.close().await;
                Err(error)
            }
        }
    }

    /// Stops the private `mongod`, if this process started one.
    pub(super) async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// Waits for Ctrl-C or SIGTERM.
pub(super) async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
