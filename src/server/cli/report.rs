//! Writes the report of one file for people.

use crate::domain::report::{Report, Verdict};
use crate::domain::violation::Severity;
use std::fmt::Write;

/// A few lines: what the file is, how many records went which way, and each code with one of
/// its sentences.
pub(super) fn readable(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(report, &mut out);
    out
}

fn write(report: &Report, out: &mut String) -> std::fmt::Result {
    let file = &report.file;
    let verdict = match file.verdict {
        Verdict::Accepted if report.records.quarantined > 0 => "read, with records quarantined",
        Verdict::Accepted => "accepted",
        Verdict::Held => "held",
        Verdict::Refused => "refused",
    };
    writeln!(out, "{}: {verdict}", file.name)?;
    if let (Some(code), Some(message)) = (&file.code, &file.message) {
        writeln!(out, "  {code}: {message}")?;
    }
    let format = file.format.map_or("unknown format", |format| format.word());
    let encoding = file.encoding.as_deref().unwrap_or("unknown encoding");
    writeln!(
        out,
        "  {format}, {encoding}, {} bytes, {} ms, sha256 {}",
        grouped(file.bytes),
        grouped(report.elapsed_ms),
        file.sha256
    )?;
    if file.verdict == Verdict::Refused {
        return Ok(());
    }
    let counts = report.records;
    writeln!(out)?;
    for (label, count) in [
        ("received", counts.received),
        ("accepted", counts.accepted),
        ("unchanged", counts.unchanged),
        ("quarantined", counts.quarantined),
        ("warned", counts.warned),
    ] {
        writeln!(out, "  {label:<12}{:>12}", grouped(count))?;
    }
    write_codes(report, out)?;
    write_trials(report, out)
}

fn write_codes(report: &Report, out: &mut String) -> std::fmt::Result {
    if report.codes.is_empty() {
        return Ok(());
    }
    let width = report
        .codes
        .iter()
        .map(|code| code.code.len())
        .max()
        .unwrap_or(0)
        .max(4);
    writeln!(out, "\n  {:>10}  {:<8} {:<width$} example", "records", "", "code")?;
    for code in &report.codes {
        let example = report
            .samples
            .iter()
            .find(|sample| sample.violation.code == code.code && sample.violation.severity == code.severity);
        let severity = if code.severity == Severity::Error {
            "error"
        } else {
            code.severity.word()
        };
        write!(
            out,
            "  {:>10}  {severity:<8} {:<width$} ",
            grouped(code.records),
            code.code
        )?;
        match example {
            Some(sample) => writeln!(out, "{}: {}", sample.place(), sample.violation.message)?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// What the rules on trial would have done; nothing of it counts above.
fn write_trials(report: &Report, out: &mut String) -> std::fmt::Result {
    if report.shadow.is_empty() {
        return Ok(());
    }
    let width = report.shadow.iter().map(|s| s.code.len()).max().unwrap_or(0);
    writeln!(out, "\n  on trial, without effect")?;
    for trial in &report.shadow {
        let would = match trial.severity {
            Severity::Error => format!("would quarantine {} more", grouped(trial.rejected)),
            severity => format!("would be told as {}", severity.word()),
        };
        write!(
            out,
            "  {:>10}  {:<width$}  {would}",
            grouped(trial.records),
            trial.code
        )?;
        match trial.samples.first() {
            Some(sample) => writeln!(out, "; {}: {}", sample.place(), sample.violation.message)?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
