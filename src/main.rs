//! The `feedgate` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    feedgate::server::cli::run()
}
