//! Says what an operator can set, and is the only reader of the environment.
//!
//! Every setting is a flag with an environment variable beside it (clap reads both); its doc
//! comment is what `--help` prints and what the README's table is checked against.

use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// How to reach the database.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// MongoDB to use, a replica set. Without it feedgate runs a private mongod of its own
    #[arg(
        long,
        env = "FEEDGATE_MONGODB_URI",
        hide_env_values = true,
        value_name = "URI"
    )]
    pub mongodb_uri: Option<String>,

    /// Name of the database in it
    #[arg(
        long,
        env = "FEEDGATE_DATABASE",
        default_value = "feedgate",
        value_name = "NAME"
    )]
    pub database: String,

    /// Where the private mongod keeps its data
    #[arg(long, env = "FEEDGATE_DATA_DIR", default_value = "data", value_name = "DIR")]
    pub data_dir: PathBuf,

    /// The mongod to run privately. Without it: .tools/mongod, then the one on PATH
    #[arg(long, env = "FEEDGATE_MONGOD", value_name = "FILE")]
    pub mongod: Option<PathBuf>,
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
    /// Seconds of silence after which another worker keeps the figures of charts
    #[arg(
        long,
        env = "FEEDGATE_FOLLOWER_SILENCE",
        default_value_t = 10,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(1..=3600)
    )]
    pub follower_silence: u32,
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

    /// Send the session cookie over https only; set it wherever https is used
    #[arg(long, env = "FEEDGATE_SECURE_COOKIES")]
    pub secure_cookies: bool,
}
