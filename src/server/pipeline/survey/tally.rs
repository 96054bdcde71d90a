//! Counts what the survey of one file finds, and keeps examples of it.

use crate::domain::contract::{Checked, Rule};
use crate::domain::record::RawRecord;
use crate::domain::report::{CodeCount, Counts, FileReport, Refusal, Report, Sample, Verdict};
use crate::domain::violation::Severity;
use crate::server::feed::Summary;
use std::borrow::Cow;
use std::cmp::Reverse;

/// What was counted so far.
#[derive(Default)]
pub(super) struct Tally {
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
    /// Counts one record; to be called in the order of the file.
    pub(super) fn add(&mut self, raw: &RawRecord, checked: &Checked) {
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

    /// The report of the file, without the time it took.
    pub(super) fn report(mut self, name: &str, summary: Summary, refusal: Option<Refusal>) -> Report {
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
