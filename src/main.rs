//! The `feedgate` binary: everything is in the library.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A page is thousands of small pieces of text; the system's allocator took a quarter of its time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    feedgate::server::cli::run()
}
