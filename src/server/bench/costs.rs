//! Measures what each check of the rule book costs, by leaving it out.
//!
//! The records are in memory, so that nothing but the rules is measured; each check is left out
//! in turn, again and again, and the best times are compared, for the least disturbed run says
//! most. A cost is told as a share of the whole check of a file on one core. The records have one
//! column that nobody explains, so that counting such columns is measured too.

use crate::domain::contract::{Across, Checked, Columns, Contract, Currency, Rules, Sound, checks};
use crate::domain::profile::Profile;
use crate::domain::record::RawRecord;
use crate::server::clock::Clock;
use crate::server::feed::{self, Limits};
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor};
use std::path::Path;
use std::time::{Duration, Instant};

/// Records that are kept in memory and looked at again and again.
const RECORDS: usize = 2_000;

/// How often all of them are looked at with each check left out.
const ROUNDS: usize = 200;

/// What one check costs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cost {
    /// What the check is about.
    pub check: String,
    /// How many rules it asks.
    pub rules: usize,
    /// Time for one record, in nanoseconds; below zero means too little to be measured.
    pub nanoseconds: f64,
}

/// The cost of every check on the first records of a CSV file, the dearest first.
pub fn costs(path: &Path) -> anyhow::Result<Vec<Cost>> {
    let records = read(path)?;
    let contract = Contract {
        currency: Currency::of("EUR"),
        ..Contract::default()
    };
    let all = Rules::new(&contract, Clock::system().now());
    let mut without: Vec<_> = checks::CHECKS
        .iter()
        .enumerate()
        .map(|(place, check)| {
            // What is counted for the end of the file no record is shown to.
            let counts = !std::ptr::eq(*check, &raw const checks::file::COLUMNS);
            (all.clone().without(place), counts, Duration::MAX)
        })
        .collect();
    let mut whole = Duration::MAX;
    let mut checked = Checked::default();
    for _ in 0..ROUNDS {
        whole = whole.min(time(&records, &all, true, &mut checked));
        for (rules, counts, best) in &mut without {
            *best = (*best).min(time(&records, rules, *counts, &mut checked));
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand records")]
    let each = |time: Duration| time.as_secs_f64() * 1e9 / records.len() as f64;
    let mut costs: Vec<_> = checks::CHECKS
        .iter()
        .zip(without)
        .map(|(check, (_, _, rest))| Cost {
            check: check.name.to_owned(),
            rules: check.rules.len(),
            nanoseconds: each(whole) - each(rest),
        })
        .collect();
    costs.sort_by(|a, b| b.nanoseconds.total_cmp(&a.nanoseconds));
    Ok(costs)
}

/// The time that all records take; `counts` says whether columns that nobody explains are counted.
fn time(records: &[RawRecord], rules: &Rules, counts: bool, checked: &mut Checked) -> Duration {
    let (mut across, mut columns, mut sound) = (Across::default(), Columns::default(), Sound::default());
    let begun = Instant::now();
    for raw in records {
        rules.look_knowing(raw, &mut sound, checked);
        across.settle(rules, raw, checked);
        if counts {
            columns.add(raw, checked);
        }
    }
    begun.elapsed()
}

fn read(path: &Path) -> anyhow::Result<Vec<RawRecord>> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let head = Cursor::new(with_own_column(BufReader::new(file))?);
    let (mut reader, opened) = feed::open(head, Limits::default(), &Profile::default());
    opened.context("reading the file's head")?;
    let mut records = Vec::with_capacity(RECORDS);
    let mut raw = RawRecord::default();
    while reader.read(&mut raw).context("reading a record")? {
        records.push(raw.clone());
    }
    ensure!(!records.is_empty(), "{} holds no records", path.display());
    Ok(records)
}

/// The first lines of a file with one more column. A generated feed has no line breaks within its
/// values.
fn with_own_column(file: impl BufRead) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    for (index, line) in file.split(b'\n').take(RECORDS + 1).enumerate() {
        let line = line?;
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(&line));
        out.extend_from_slice(if index == 0 {
            b",shelf_of_our_own\n"
        } else {
            b",7\n"
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_get_a_column_that_nobody_explains() {
        let lines = with_own_column(&b"id,title\r\n1,Mug\n2,Cup"[..]).expect("lines of memory are read");
        assert_eq!(lines, b"id,title,shelf_of_our_own\n1,Mug,7\n2,Cup,7\n");
    }
}
