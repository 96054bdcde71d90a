//! Reads the command line and runs the command.
//!
//! A command is a file with `Args` and `run`. Exit codes, which scripts rely on: 0 done and
//! clean, 1 failed or records quarantined, 2 misuse, 3 file refused, 4 file held.

mod bench;
mod check;
mod delivery;
mod demo;
mod doctor;
mod generate;
mod history;
mod ingest;
mod issue;
mod log;
mod opened;
mod partner;
mod pull;
mod report;
mod rollup;
mod serve;
mod token;
mod user;
mod worker;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Checks product feeds at both gates, keeps the audit log, and shows the quality of it all.
///
/// Partners send feeds; feedgate checks every record against a contract, keeps what passes,
/// holds what fails in quarantine, and logs every delivery. `serve` shows it to people in a
/// browser; `worker` does what takes time. Both share nothing but MongoDB, and any number of
/// each may run. Without --mongodb-uri a private mongod is started, or shared with the feedgate
/// that runs it already.
#[derive(Debug, Parser)]
#[command(
    name = "feedgate",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything with an invented business in it, to see what feedgate does
    Demo(demo::Args),
    /// Serve the pages
    Serve(serve::Args),
    /// Do what takes time: files that were sent or are to be fetched, replays, the figures of charts
    Worker(worker::Args),
    /// Check files against the contract, without a database
    Check(check::Args),
    /// Take files of a partner's feed in
    Ingest(ingest::Args),
    /// Write entries that another system kept into the audit log
    Log(log::Args),
    /// Rule on deliveries that a gate holds
    Delivery(delivery::Args),
    /// Write feeds to try things on
    Generate(generate::Args),
    /// Manage partners and their feeds
    Partner(partner::Args),
    /// Manage what is fetched from partners by schedule
    Pull(pull::Args),
    /// Manage the people who sign in
    User(user::Args),
    /// Manage the tokens that partners' programs send files with
    Token(token::Args),
    /// Measure checking, storing and showing, each beside what it is held against
    Bench(bench::Args),
    /// Compare the figures of charts with the audit log, or add them up anew
    Rollup(rollup::Args),
    /// Compare issues with the log and the quarantine, or set them right
    Issue(issue::Args),
    /// Prove that nothing was lost or counted twice
    Doctor(doctor::Args),
}

/// Runs the command that was typed.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own exit code for misuse is 2, and 0 when help was asked for.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    log_to_stderr();
    let outcome = match cli.command {
        Command::Demo(args) => block_on(args.run()),
        Command::Serve(args) => block_on(args.run()),
        Command::Worker(args) => block_on(args.run()),
        Command::Check(args) => args.run(),
        Command::Ingest(args) => block_on(args.run()),
        Command::Log(args) => block_on(args.run()),
        Command::Delivery(args) => block_on(args.run()),
        Command::Generate(args) => block_on(args.run()),
        Command::Partner(args) => block_on(args.run()),
        Command::Pull(args) => block_on(args.run()),
        Command::User(args) => block_on(args.run()),
        Command::Token(args) => block_on(args.run()),
        Command::Bench(args) => block_on(args.run()),
        Command::Rollup(args) => block_on(args.run()),
        Command::Issue(args) => block_on(args.run()),
        Command::Doctor(args) => block_on(args.run()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("feedgate: {error:#}");
        ExitCode::FAILURE
    })
}

fn block_on(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(command)
}

fn log_to_stderr() {
    use tracing_subscriber::EnvFilter;
    let filter =
        EnvFilter::try_from_env("FEEDGATE_LOG").unwrap_or_else(|_| EnvFilter::new("warn,feedgate=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn where_the_database_is_may_be_said_before_and_behind_what_to_do() {
        for words in [
            "user list",
            "partner list",
            "token list",
            "pull list",
            "rollup verify",
            "issue verify",
        ] {
            let (command, what) = words.split_once(' ').expect("two words");
            for line in [
                ["feedgate", command, "--data-dir", "here", what],
                ["feedgate", command, what, "--data-dir", "here"],
            ] {
                let parsed = super::Cli::try_parse_from(line);
                let parsed = parsed.unwrap_or_else(|error| panic!("{line:?}: {error}"));
                assert!(format!("{parsed:?}").contains("\"here\""), "{line:?}: {parsed:?}");
            }
        }
    }
}
