//! Prints what a partner's long downloads take, and trying a file before it is sent.

use super::{Args, Part, row, run_part};
use crate::domain::format::{bytes, count};
use crate::server::bench::{Download, Measured};
use crate::server::generate::{self, Plan};
use anyhow::Context;
use std::fs::File;
use std::path::Path;

/// Databases of what is tried and downloaded.
const TRIED: &str = "tried";
const DOWNLOADED: &str = "downloaded";
/// How often a file is checked and tried, in turns: either takes a moment, in which the machine may be
/// busy.
const TURNS: usize = 5;

impl Args {
    /// Trying a file of about 100 MB, where the rows are 100,000, beside checking it.
    pub(super) async fn try_out(&self, folder: &Path) -> anyhow::Result<()> {
        let file = folder.join("tried.csv");
        let plan = Plan {
            records: self.rows.saturating_mul(21) / 10,
            seed: 2,
            faults: 0.02,
            each: 0,
        };
        let written = generate::write(&plan, &mut File::create(&file)?).context("writing a feed to try")?;
        let opened = self.opened(TRIED).await?;
        let (mut checks, mut attempts) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            checks.push(run_part(&opened, TRIED, Part::Check, None, Some(&file))?);
            attempts.push(run_part(&opened, TRIED, Part::Try, Some(&self.web), Some(&file))?);
        }
        opened.close().await;
        let (check, tried) = (middle(checks)?, middle(attempts)?);
        let size = bytes(written.bytes);
        row(
            &format!("check of {size}, all cores, the middle of {TURNS} (anchor of the next)"),
            &check,
            None,
        );
        row(
            "the same tried before it is sent, `POST /api/v1/check` (limit 0.90)",
            &tried,
            Some(&check),
        );
        Ok(())
    }

    /// The lists of what is held, each record with a fault or more.
    pub(super) async fn download(&self, folder: &Path) -> anyhow::Result<()> {
        let file = folder.join("faulty.csv");
        let plan = Plan {
            records: self.rows,
            seed: 3,
            faults: 1.0,
            each: 0,
        };
        generate::write(&plan, &mut File::create(&file)?).context("writing a faulty feed")?;
        let opened = self.opened(DOWNLOADED).await?;
        let held: Measured = run_part(&opened, DOWNLOADED, Part::Hold, None, Some(&file))?;
        let done: Vec<Download> = run_part(&opened, DOWNLOADED, Part::Download, Some(&self.web), None)?;
        opened.close().await;
        println!(
            "\n| a list of {} held records | lines | size | MB/s (limit 50) | first piece | memory grown, of that after the first tenth (limit: flat) |",
            count(held.records)
        );
        println!("|---|---:|---:|---:|---:|---:|");
        for d in &done {
            let name = d.path.split('?').next().unwrap_or_default();
            let packed = if d.packed.is_empty() {
                String::new()
            } else {
                format!(", packed ({})", d.packed)
            };
            let lines = if d.lines > 0 {
                count(d.lines)
            } else {
                String::new()
            };
            #[expect(clippy::cast_precision_loss, reason = "a rate")]
            let rate = d.whole as f64 / 1e6 / d.seconds.max(1e-9);
            println!(
                "| {name}{packed} | {lines} | {} | {rate:.1} | {:.0} ms | {}, {} |",
                bytes(d.bytes),
                d.first_ms,
                bytes(d.grown),
                bytes(d.grown_late)
            );
        }
        Ok(())
    }
}

/// The one that as many were quicker as slower than.
fn middle(mut all: Vec<Measured>) -> anyhow::Result<Measured> {
    all.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let middle = all.len() / 2;
    all.into_iter().nth(middle).context("nothing was measured")
}
