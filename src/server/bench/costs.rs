//! Measures what each check of the rule book costs, by leaving it out.
//!
//! The records are in memory, so that nothing but the rules is measured; each check is left out
//! in turn, again and again, and the best times are compared, for the least disturbed run says
//! most. A cost is told as a share of the whole check of a file on one core.

use crate::domain::contract::{Across, Checked, Contract, Currency, Rules, Sound, checks};
use crate::domain::profile::Profile;
use crate::domain::record::RawRecord;
use crate::server::clock::Clock;
use crate::server::feed::{self, Limits};
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::fs::File;
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
    let mut without: Vec<_> = (0..checks::CHECKS.len())
        .map(|place| (all.clone().without(place), Duration::MAX))
        .collect();
    let mut whole = Duration::MAX;
    let mut checked = Checked::default();
    for _ in 0..ROUNDS {
        whole = whole.min(time(&records, &all, &mut checked));
        for (rules, best) in &mut without {
            *best = (*best).min(time(&records, rules, &mut checked));
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand records")]
    let each = |time: Duration| time.as_secs_f64() * 1e9 / records.len() as f64;
    let mut costs: Vec<_> = checks::CHECKS
        .iter()
        .zip(without)
        .map(|(check, (_, rest))| Cost {
            check: check.name.to_owned(),
            rules: check.rules.len(),
            nanoseconds: each(whole) - each(rest),
        })
        .collect();
    costs.sort_by(|a, b| b.nanoseconds.total_cmp(&a.nanoseconds));
    Ok(costs)
}

fn time(records: &[RawRecord], rules: &Rules, checked: &mut Checked) -> Duration {
    let (mut across, mut sound) = (Across::default(), Sound::default());
    let begun = Instant::now();
    for raw in records {
        rules.look_knowing(raw, &mut sound, checked);
        across.settle(rules, raw, checked);
    }
    begun.elapsed()
}

fn read(path: &Path) -> anyhow::Result<Vec<RawRecord>> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let (mut reader, opened) = feed::open(file, Limits::default(), &Profile::default());
    opened.context("reading the file's head")?;
    let mut records = Vec::with_capacity(RECORDS);
    let mut raw = RawRecord::default();
    while records.len() < RECORDS && reader.read(&mut raw).context("reading a record")? {
        records.push(raw.clone());
    }
    ensure!(!records.is_empty(), "{} holds no records", path.display());
    Ok(records)
}
