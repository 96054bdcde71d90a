//! Measures reading and checking a CSV file, beside a pass of the csv crate alone.

use super::Measured;
use crate::domain::contract::Currency;
use crate::domain::feed::Terms;
use crate::server::clock::Clock;
use crate::server::pipeline::survey::survey_on;
use anyhow::Context;
use std::fs::File;
use std::num::NonZero;
use std::path::Path;
use std::time::Instant;

/// The csv crate alone: every record into one reused `ByteRecord`.
pub fn csv_pass(path: &Path) -> anyhow::Result<Measured> {
    let begun = Instant::now();
    // Some of the faulty rows have a field too few, which the crate would refuse.
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(path)
        .with_context(|| format!("opening {}", path.display()))?;
    let (mut record, mut records) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record)? {
        records += 1;
    }
    Ok(Measured::since(begun, records))
}

/// The whole check, every rule on every record, on so many cores.
pub fn check(path: &Path, cores: NonZero<usize>) -> anyhow::Result<Measured> {
    let begun = Instant::now();
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let report = survey_on(
        cores,
        file,
        "bench.csv",
        &Terms::in_currency(Currency::of("EUR")),
        Clock::system().now(),
        &mut |_, _| Ok(()),
    )?;
    anyhow::ensure!(
        report.records.received > 0,
        "the file was refused: {:?}",
        report.file.message
    );
    Ok(Measured::since(begun, report.records.received))
}
