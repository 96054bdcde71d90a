//! Measures what the README claims, each figure beside the one it is to be held against.
//!
//! Every measurement is a process of its own, this program with `bench --part …`, so that its
//! peak memory is its own. The parts print one line of JSON; the parent makes the table. Nothing
//! here is asserted: a figure is read by people, beside its anchor from the same run.

mod burst;
mod compare;
mod costs;
mod crowd;
mod files;
mod holding;
mod pages;
mod replaying;
mod reporting;
mod storing;

pub use burst::{Burst, burst, news};
pub use compare::{TOOLS, compare};
pub use costs::{Cost, costs};
pub use crowd::{Crowd, crowd};
pub use files::{check, csv_pass};
pub use holding::hold;
pub use pages::{Visit, Whose, moving_pages, pages, weights};
pub use replaying::{freeze, replay};
pub use reporting::{Download, attempt, downloads};
pub use storing::{bare_insert, change, ingest};

use serde::{Deserialize, Serialize};
use std::time::Instant;

/// What one part measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// Records it handled.
    pub records: u64,
    /// Wall time of the handling alone, in seconds.
    pub seconds: f64,
    /// Peak resident memory of its process, in bytes.
    pub peak_memory: u64,
}

impl Measured {
    /// Records per second.
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    pub fn rate(&self) -> f64 {
        self.records as f64 / self.seconds.max(1e-9)
    }

    fn since(begun: Instant, records: u64) -> Self {
        Self {
            records,
            seconds: begun.elapsed().as_secs_f64(),
            peak_memory: peak_memory(),
        }
    }
}

/// What so many of a hundred of these do not exceed; they are sorted.
fn share(sorted: &[f64], percent: usize) -> f64 {
    sorted
        .get(sorted.len() * percent / 100)
        .copied()
        .unwrap_or_default()
}

/// Peak resident memory of this process so far, in bytes.
fn peak_memory() -> u64 {
    memory("self", "VmHWM:")
}

/// The same of a process that runs.
pub fn peak_memory_of(process: u32) -> u64 {
    memory(&process.to_string(), "VmHWM:")
}

/// Resident memory of this process, in bytes.
fn resident_memory() -> u64 {
    memory("self", "VmRSS:")
}

fn memory(process: &str, which: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(which));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<u64>().ok())
        .unwrap_or(0)
        * 1024
}
