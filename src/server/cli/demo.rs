//! `feedgate demo`: a whole feedgate with an invented business in it, behind one command.
//!
//! It starts what an operator would start: a database, `serve` and `worker`, each a process of
//! its own. It ends with a signal, or when one of them ends, and leaves none of them behind.

use super::opened::{Opened, told_to_stop};
use crate::server::child::Child;
use crate::server::clock::Clock;
use crate::server::config::{Database, Web};
use crate::server::demo::seed::{Demo, Person};
use crate::server::pipeline::ingest::Ingest;
use anyhow::{Context, bail};
use std::fmt::Write;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::process::{Command, ExitCode};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How long to wait for a database that does not answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the pages may take to answer for the first time.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Run everything with an invented business in it: database, pages, worker, deliveries
#[derive(Debug, clap::Args)]
#[command(
    after_help = "52 partners with 30 days of deliveries, one account for each role, and new deliveries every \
                        few seconds. The data stays in the data directory, and the next start goes on from there. \
                        Ctrl-C ends everything."
)]
pub(super) struct Args {
    /// A few partners, and no deliveries but those that are there: for tests
    #[arg(long)]
    small: bool,

    #[command(flatten)]
    web: Web,

    #[command(flatten)]
    database: Database,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let mut stop = pin!(told_to_stop());
        self.ensure_that_nobody_listens()?;
        let opened = tokio::select! {
            () = &mut stop => return Ok(ExitCode::SUCCESS),
            opened = Opened::open(&self.database, PATIENCE) => opened?,
        };
        let mut running = Running::default();
        let outcome = tokio::select! {
            () = &mut stop => Ok(()),
            ended = self.show(&opened, &mut running) => ended,
        };
        running.end().await;
        opened.close().await;
        outcome.map(|()| ExitCode::SUCCESS)
    }

    /// Fails before anything is started when the address is taken.
    fn ensure_that_nobody_listens(&self) -> anyhow::Result<()> {
        let address = self.web.listen;
        TcpListener::bind(address).map(drop).with_context(|| {
            format!(
                "listening on {address}; is another feedgate running there? --listen takes another address"
            )
        })
    }

    /// Seeds, starts the parts, and returns when one of them ends.
    async fn show(&self, opened: &Opened, running: &mut Running) -> anyhow::Result<()> {
        let ingest = Ingest {
            store: opened.store.clone(),
            clock: Clock::system(),
            patience: PATIENCE,
            taxonomy: self.web.knowing.load()?,
        };
        let demo = Demo {
            ingest,
            dir: self.database.data_dir.clone(),
            small: self.small,
        };
        demo.sow().await.context("putting in partners and deliveries")?;
        let people = demo.people().await.context("putting in accounts")?;
        for (name, command) in [("serve", self.serve(opened)?), ("worker", self.worker(opened)?)] {
            let child = Child::spawn(command).with_context(|| format!("starting {name}"))?;
            running.parts.push((name, child));
        }
        tokio::select! {
            answers = answering(self.web.listen) => answers?,
            ended = running.first_end() => return ended,
        }
        println!("{}", self.welcome(&people));
        if !self.small {
            let stop = CancellationToken::new();
            let stream = tokio::spawn({
                let stop = stop.clone();
                async move { demo.stream(stop).await }
            });
            running.stream = Some((stop, stream));
        }
        running.first_end().await
    }

    fn serve(&self, opened: &Opened) -> anyhow::Result<Command> {
        let mut command = opened.program("serve", &self.database.database)?;
        command
            .arg("--listen")
            .arg(self.web.listen.to_string())
            .arg("--site")
            .arg(&self.web.site)
            .arg("--file-max-mb")
            .arg(self.web.intake.file_max_mb.to_string());
        if let Some(taxonomy) = &self.web.knowing.taxonomy {
            command.arg("--taxonomy").arg(taxonomy);
        }
        if let Some(url) = &self.web.public_url {
            command.arg("--public-url").arg(url);
        }
        if self.web.intake.pull_private {
            command.arg("--pull-private");
        }
        if self.web.secure_cookies {
            command.arg("--secure-cookies");
        }
        Ok(command)
    }

    fn worker(&self, opened: &Opened) -> anyhow::Result<Command> {
        let mut command = opened.program("worker", &self.database.database)?;
        if let Some(taxonomy) = &self.web.knowing.taxonomy {
            command.arg("--taxonomy").arg(taxonomy);
        }
        if self.web.intake.pull_private {
            command.arg("--pull-private");
        }
        Ok(command)
    }

    fn welcome(&self, people: &[Person]) -> String {
        let mut text = format!("\nfeedgate is at http://{}\n\n", self.web.listen);
        for person in people {
            let _ = writeln!(
                text,
                "  {:<8}  {:<26}  {}",
                person.role.word(),
                person.email,
                person.password
            );
        }
        let dir = self.database.data_dir.display();
        let _ = write!(text, "\nThe data is in {dir}. Ctrl-C ends everything.");
        text
    }
}

/// What the demo has started, beside the database.
#[derive(Default)]
struct Running {
    parts: Vec<(&'static str, Child)>,
    stream: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Running {
    /// Waits for the first part to end, which none should.
    async fn first_end(&mut self) -> anyhow::Result<()> {
        let ends = self.parts.iter_mut().map(|(name, child)| {
            Box::pin(async move {
                let status = child.ended().await;
                anyhow::anyhow!("{name} ended by itself: {status}")
            })
        });
        Err(futures::future::select_all(ends).await.0)
    }

    /// Ends everything and waits for it.
    async fn end(self) {
        if let Some((stop, stream)) = self.stream {
            stop.cancel();
            let _ = stream.await;
        }
        futures::future::join_all(self.parts.into_iter().map(|(_, child)| child.end())).await;
    }
}

/// Waits until somebody answers at the address.
async fn answering(address: SocketAddr) -> anyhow::Result<()> {
    let begun = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        if begun.elapsed() > ANSWER_WITHIN {
            bail!("nobody answers at {address} after {} s", ANSWER_WITHIN.as_secs());
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
