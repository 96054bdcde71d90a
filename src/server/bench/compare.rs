//! Measures other people's checkers on the same file, each in a process of its own.
//!
//! They are run by `.ci/compare/measure.py` in a private Python environment that `make bench`
//! sets up; without one the table leaves them out and says so.

use super::Measured;
use anyhow::{Context, ensure};
use std::path::Path;
use std::process::{Command, Stdio};

/// The tools that are measured, with how they are called in the table.
pub const TOOLS: &[(&str, &str)] = &[
    ("polars", "polars, streaming, six rules by hand, all cores"),
    ("pandera", "pandera on polars, six rules, all cores"),
    ("pointblank", "pointblank on polars, six rules, all cores"),
];

const SCRIPT: &str = ".ci/compare/measure.py";

/// Checks `file` with one of [`TOOLS`], by the Python at `python`.
pub fn compare(python: &Path, tool: &str, file: &Path) -> anyhow::Result<Measured> {
    let output = Command::new(python)
        .arg(SCRIPT)
        .arg(tool)
        .arg(file)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("starting {}", python.display()))?;
    ensure!(output.status.success(), "{tool} failed; what it said is above");
    serde_json::from_slice(&output.stdout).with_context(|| format!("reading what {tool} measured"))
}
