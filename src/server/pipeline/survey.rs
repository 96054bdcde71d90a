//! Reads and checks a whole file, touching nothing.
//!
//! The survey counts, keeps samples and decides what becomes of the file; what is to be done
//! with single records is the sink's business. `check` passes a sink that does nothing, an
//! ingest one that writes.

use crate::domain::contract::{Across, Checked, Contract, Rule, Rules};
use crate::domain::record::RawRecord;
use crate::domain::report::{CodeCount, Counts, FileReport, Refusal, Report, Sample, Verdict};
use crate::domain::violation::Severity;
use crate::server::feed::{self, Limits, Stop, Summary};
use anyhow::Context;
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::io::Read;
use std::time::Instant;

/// Surveys a file that came as `name`; `sink` sees every record, in the order of the file.
///
/// A damaged file is an outcome, in the report. What the sink saw of it before the damage was
/// met must not take effect: survey first with a sink that does nothing, then once more. An
/// error means that the source or the sink failed, and says nothing about the file.
pub fn survey(
    source: impl Read + Send + 'static,
    name: &str,
    contract: &Contract,
    now: DateTime<Utc>,
    sink: &mut (dyn FnMut(&RawRecord, &Checked) -> anyhow::Result<()> + Send),
) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let rules = Rules::new(contract, now);
    let (mut reader, opened) = feed::open(source, Limits::default());
    let mut tally = Tally::default();
    let outcome = opened
        .map_err(Ended::from)
        .and_then(|()| run(&mut reader, &rules, &mut tally, sink));
    let refusal = match outcome {
        Ok(()) => None,
        Err(Ended::Refused(refusal)) => Some(refusal),
        Err(Ended::Failed(error)) => return Err(error),
    };
    let summary = reader.summary().context("reading the rest of the file")?;
    let mut report = tally.report(name, summary, refusal);
    report.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

enum Ended {
    Refused(Refusal),
    Failed(anyhow::Error),
}

impl From<Stop> for Ended {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refusal) => Self::Refused(refusal),
            failed @ Stop::Failed(_) => Self::Failed(failed.into()),
        }
    }
}

fn run(
    reader: &mut feed::Reader,
    rules: &Rules,
    tally: &mut Tally,
    sink: &mut (dyn FnMut(&RawRecord, &Checked) -> anyhow::Result<()> + Send),
) -> Result<(), Ended> {
    let mut across = Across::default();
    let (mut raw, mut checked) = (RawRecord::default(), Checked::default());
    while reader.read(&mut raw)? {
        rules.look(&raw, &mut checked);
        across.settle(rules, &raw, &mut checked);
        tally.add(&raw, &checked);
        sink(&raw, &checked).map_err(Ended::Failed)?;
    }
    Ok(())
}

/// What was counted so far.
#[derive(Default)]
struct Tally {
    records: Counts,
    codes: Vec<Line>,
}

struct Line {
    rule: &'static Rule,
    severity: Severity,
    records: u64,
    occurrences: u64,
    /// The last record that it was counted for.
    last: u64,
    samples: Vec<(u64, Sample)>,
}

impl Tally {
    fn add(&mut self, raw: &RawRecord, checked: &Checked) {
        self.records.received += 1;
        if checked.is_clean() {
            self.records.accepted += 1;
            return;
        }
        if checked.is_held() {
            self.records.quarantined += 1;
        } else {
            self.records.accepted += 1;
            self.records.warned += u64::from(checked.has_warning());
        }
        let position = raw.position();
        for (place, (rule, severity)) in checked.failed().enumerate() {
            let line = self.line(rule, severity);
            line.occurrences += 1;
            if line.last == position.index {
                continue;
            }
            line.last = position.index;
            line.records += 1;
            if line.samples.len() < Report::SAMPLES_PER_CODE
                && let Some(violation) = checked.violations().nth(place)
            {
                let sample = Sample {
                    id: checked.id().to_owned(),
                    line: position.line,
                    offset: position.offset,
                    violation,
                };
                line.samples.push((position.index, sample));
            }
        }
    }

    fn line(&mut self, rule: &'static Rule, severity: Severity) -> &mut Line {
        let found = self
            .codes
            .iter()
            .position(|l| std::ptr::eq(l.rule, rule) && l.severity == severity);
        let index = found.unwrap_or_else(|| {
            self.codes.push(Line {
                rule,
                severity,
                records: 0,
                occurrences: 0,
                last: 0,
                samples: Vec::new(),
            });
            self.codes.len() - 1
        });
        &mut self.codes[index]
    }

    fn report(mut self, name: &str, summary: Summary, refusal: Option<Refusal>) -> Report {
        self.codes
            .sort_by_key(|line| (Reverse(line.records), line.rule.code, line.severity));
        let codes = self
            .codes
            .iter()
            .map(|line| CodeCount {
                code: Cow::Borrowed(line.rule.code),
                severity: line.severity,
                attribute: line.rule.attribute.map(Cow::Borrowed),
                records: line.records,
                occurrences: line.occurrences,
            })
            .collect();
        let mut samples: Vec<_> = self.codes.into_iter().flat_map(|line| line.samples).collect();
        samples.sort_by_key(|(index, _)| *index);
        let (verdict, code, message, offset) = match refusal {
            None => (Verdict::Accepted, None, None, None),
            Some(r) => (Verdict::Refused, Some(r.code), Some(r.message), r.offset),
        };
        Report {
            file: FileReport {
                name: name.to_owned(),
                verdict,
                code,
                message,
                offset,
                format: summary.format,
                encoding: summary.encoding,
                bytes: summary.bytes,
                sha256: summary.sha256,
            },
            records: self.records,
            codes,
            samples: samples.into_iter().map(|(_, sample)| sample).collect(),
            elapsed_ms: 0,
        }
    }
}
