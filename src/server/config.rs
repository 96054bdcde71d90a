//! Says what an operator can set, and is the only reader of the environment.
//!
//! Every setting is a flag with an environment variable beside it (clap reads both); its doc
//! comment is what `--help` prints and what the README's table is checked against.

use super::mail::Mailer;
use super::taxonomy;
use crate::domain::contract::Taxonomy;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// How to reach the database.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// MongoDB to use, a replica set. Without it feedgate runs a private mongod of its own
    #[arg(
        long,
        global = true,
        env = "FEEDGATE_MONGODB_URI",
        hide_env_values = true,
        value_name = "URI"
    )]
    pub mongodb_uri: Option<String>,

    /// Name of the database in it
    #[arg(
        long,
        global = true,
        env = "FEEDGATE_DATABASE",
        default_value = "feedgate",
        value_name = "NAME"
    )]
    pub database: String,

    /// Where the private mongod keeps its data
    #[arg(
        long,
        global = true,
        env = "FEEDGATE_DATA_DIR",
        default_value = "data",
        value_name = "DIR"
    )]
    pub data_dir: PathBuf,

    /// The mongod to run privately. Without it: .tools/mongod, then the one on PATH
    #[arg(long, global = true, env = "FEEDGATE_MONGOD", value_name = "FILE")]
    pub mongod: Option<PathBuf>,
}

/// What files are taken in.
#[derive(Debug, Clone, Args)]
pub struct Intake {
    /// Largest file taken in, in millions of bytes as it comes, packed if it is packed
    #[arg(long, env = "FEEDGATE_FILE_MAX_MB", default_value_t = 4000, value_name = "MB")]
    pub file_max_mb: u32,

    /// Let scheduled pulls and looks at pictures reach private addresses, such as those of your own network
    #[arg(long, env = "FEEDGATE_PULL_PRIVATE")]
    pub pull_private: bool,
}

impl Intake {
    /// The same in bytes.
    pub fn file_max(&self) -> u64 {
        u64::from(self.file_max_mb) * 1_000_000
    }
}

/// What the rules know beside the rule book.
#[derive(Debug, Clone, Default, Args)]
pub struct Knowing {
    /// File with the taxonomy that categories are to be in, a line for each, such as `1604 - A > B`
    #[arg(long, env = "FEEDGATE_TAXONOMY", value_name = "FILE")]
    pub taxonomy: Option<PathBuf>,
}

impl Knowing {
    /// Reads the taxonomy, where one is named.
    pub fn load(&self) -> anyhow::Result<Option<Arc<Taxonomy>>> {
        self.taxonomy.as_deref().map(taxonomy::load).transpose()
    }
}

/// How to do the jobs.
#[derive(Debug, Clone, Args)]
pub struct Working {
    /// Days a received file is kept; one whose delivery is not decided stays until it is
    #[arg(
        long,
        env = "FEEDGATE_KEEP_FILES_DAYS",
        default_value_t = 30,
        value_name = "DAYS"
    )]
    pub keep_files_days: u32,
    /// Days a held record waits for somebody to act before it is discarded, to be taken back at any time; 0 for ever
    #[arg(
        long,
        env = "FEEDGATE_KEEP_HELD_DAYS",
        default_value_t = 90,
        value_name = "DAYS",
        value_parser = clap::value_parser!(u32).range(0..=3650)
    )]
    pub keep_held_days: u32,
    /// Seconds of silence after which another worker keeps the figures of charts, or takes a part of a job
    #[arg(
        long,
        env = "FEEDGATE_FOLLOWER_SILENCE",
        default_value_t = 10,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(1..=3600)
    )]
    pub follower_silence: u32,

    /// Folder to watch: a file laid into its PARTNER/FEED/ is taken in
    #[arg(long, env = "FEEDGATE_WATCH", value_name = "DIR")]
    pub watch: Option<PathBuf>,

    /// Seconds a file in that folder has to stand still before it counts
    #[arg(
        long,
        env = "FEEDGATE_WATCH_STILL_SECONDS",
        default_value_t = 10,
        value_name = "SECONDS"
    )]
    pub watch_still_seconds: u32,

    /// Longest a scheduled pull may take, in seconds
    #[arg(
        long,
        env = "FEEDGATE_PULL_SECONDS",
        default_value_t = 900,
        value_name = "SECONDS"
    )]
    pub pull_seconds: u32,

    /// What files are taken in
    #[command(flatten)]
    pub intake: Intake,

    /// What the rules know
    #[command(flatten)]
    pub knowing: Knowing,
}

/// How to serve pages.
#[derive(Debug, Clone, Args)]
pub struct Web {
    /// Address to listen on
    #[arg(
        long,
        env = "FEEDGATE_LISTEN",
        default_value = "127.0.0.1:4400",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,

    /// Folder with the built style sheet, script and wasm
    #[arg(
        long,
        env = "FEEDGATE_SITE",
        default_value = "target/site",
        value_name = "DIR"
    )]
    pub site: PathBuf,

    /// Address people reach it under, such as `https://feeds.example.com`, when a proxy stands before it
    #[arg(long, env = "FEEDGATE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Server that links to set a password are mailed by, such as `smtps://name:password@mail.example.com`
    #[arg(
        long,
        env = "FEEDGATE_SMTP_URL",
        hide_env_values = true,
        value_name = "URL",
        requires_all = ["mail_from", "public_url"]
    )]
    pub smtp_url: Option<String>,

    /// Who that mail is from, such as `feedgate <feeds@example.com>`
    #[arg(long, env = "FEEDGATE_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,

    /// Send the session cookie over https only; set it wherever https is used
    #[arg(long, env = "FEEDGATE_SECURE_COOKIES")]
    pub secure_cookies: bool,

    /// What files are taken in
    #[command(flatten)]
    pub intake: Intake,

    /// What the rules know
    #[command(flatten)]
    pub knowing: Knowing,
}

impl Web {
    /// What sends mail, where a server and a sender are named.
    pub fn mailer(&self) -> anyhow::Result<Option<Mailer>> {
        let named = self.smtp_url.as_deref().zip(self.mail_from.as_deref());
        named.map(|(server, from)| Mailer::new(server, from)).transpose()
    }
}
