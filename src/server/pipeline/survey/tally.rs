//! Counts what the survey of one file finds, and keeps examples of it.

use super::sitting::Sitting;
use crate::domain::contract::{Across, AtEnd, Checked, Columns, Rule, Rules};
use crate::domain::issue::shape;
use crate::domain::record::RawRecord;
use crate::domain::report::{CodeCount, Counts, FileReport, Refusal, Report, Sample, Shadow, Verdict};
use crate::domain::violation::{Severity, Violation};
use crate::server::feed::Summary;
use std::borrow::Cow;
use std::cmp::Reverse;

/// What was counted so far.
#[derive(Default)]
pub(super) struct Tally {
    records: Counts,
    codes: Vec<Line>,
    shadows: Vec<Line>,
    sitting: Sitting,
    columns: Columns,
}

struct Line {
    rule: &'static Rule,
    severity: Severity,
    records: u64,
    /// Of a rule on trial: the records that it alone would have held.
    rejected: u64,
    occurrences: u64,
    /// The last record that it was counted for.
    last: u64,
    samples: Vec<(u64, Sample)>,
    /// What the values of the samples look like, once there are as many as are kept.
    shapes: Vec<String>,
}

/// Failures of one rule that are all looked at for shapes that no sample has yet.
const LOOKED_AT: u64 = 2000;
/// Of those that follow one in so many is.
const ONE_IN: u64 = 64;

impl Tally {
    /// Counts one record; to be called in the order of the file.
    pub(super) fn add(&mut self, raw: &RawRecord, checked: &Checked) {
        self.records.received += 1;
        self.sitting.add(checked);
        self.columns.add(raw, checked);
        if checked.failed_in_shadow().next().is_some() {
            self.try_out(raw, checked);
        }
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
        for (place, (rule, severity)) in checked.failed().enumerate() {
            let line = line(&mut self.codes, rule, severity);
            if !line.count(raw) {
                continue;
            }
            if line.samples.len() < Report::SAMPLES_PER_CODE {
                line.keep(raw, checked, checked.placed(raw, place));
            } else if line.looks_again() {
                line.swap(raw, checked, checked.placed(raw, place));
            }
        }
    }

    /// Counts what the rules on trial would have done with a record.
    fn try_out(&mut self, raw: &RawRecord, checked: &Checked) {
        for (place, (rule, severity)) in checked.failed_in_shadow().enumerate() {
            let line = line(&mut self.shadows, rule, severity);
            if line.count(raw) {
                line.rejected += u64::from(severity == Severity::Error && !checked.is_held());
                if line.samples.len() < Shadow::SAMPLES {
                    line.keep(raw, checked, checked.shadow_placed(raw, place));
                }
            }
        }
    }

    /// Counts what only the end of the file could tell.
    fn add_at_end(&mut self, told: AtEnd) {
        let lines = if told.is_trial {
            &mut self.shadows
        } else {
            &mut self.codes
        };
        let line = line(lines, told.rule, told.severity);
        line.records = told.records;
        line.occurrences = told.records;
        line.samples = told
            .examples
            .into_iter()
            .map(|(position, id, violation)| {
                let sample = Sample {
                    id,
                    index: position.index,
                    line: position.line,
                    offset: position.offset,
                    violation,
                };
                (position.index, sample)
            })
            .collect();
    }

    /// The report of the file, without the time it took.
    pub(super) fn report(
        mut self,
        name: &str,
        summary: Summary,
        refusal: Option<Refusal>,
        across: &Across,
        rules: &Rules,
    ) -> Report {
        let mut unknown_columns = Vec::new();
        if refusal.is_none() {
            let (told, columns) = self.columns.at_end(rules);
            unknown_columns = columns;
            for told in across.at_end(rules).into_iter().chain(told) {
                self.add_at_end(told);
            }
        }
        let portrait = refusal
            .is_none()
            .then(|| std::mem::take(&mut self.sitting).portrait(across.ids()));
        self.codes
            .sort_by_key(|line| (Reverse(line.records), line.rule.code, line.severity));
        self.shadows
            .sort_by_key(|line| (Reverse(line.rejected), Reverse(line.records), line.rule.code));
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
        let shadow = self
            .shadows
            .into_iter()
            .map(|line| Shadow {
                code: Cow::Borrowed(line.rule.code),
                severity: line.severity,
                attribute: line.rule.attribute.map(Cow::Borrowed),
                records: line.records,
                rejected: line.rejected,
                samples: line.samples.into_iter().map(|(_, sample)| sample).collect(),
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
            shadow,
            unknown_columns,
            portrait,
            gate: None,
            elapsed_ms: 0,
        }
    }
}

impl Line {
    /// Counts one failure; true when it is the record's first of this rule.
    fn count(&mut self, raw: &RawRecord) -> bool {
        self.occurrences += 1;
        let index = raw.position().index;
        if self.last == index {
            return false;
        }
        self.last = index;
        self.records += 1;
        true
    }

    /// Whether this failure may take the place of a sample: bounded, for a rule may fail on every
    /// record of a large file.
    fn looks_again(&self) -> bool {
        self.records <= LOOKED_AT || self.records.is_multiple_of(ONE_IN)
    }

    /// Puts a failure whose value looks like that of no sample in the place of one of which there
    /// are the most alike.
    fn swap(&mut self, raw: &RawRecord, checked: &Checked, violation: Option<Violation>) {
        let Some(violation) = violation else {
            return;
        };
        if self.shapes.is_empty() {
            let shapes = self.samples.iter().map(|(_, s)| shape::of(&s.violation.value));
            self.shapes = shapes.collect();
        }
        let shape = shape::of(&violation.value);
        if self.shapes.contains(&shape) {
            return;
        }
        let alike = |at: &usize| self.shapes.iter().filter(|s| **s == self.shapes[*at]).count();
        let Some(at) = (0..self.shapes.len())
            .max_by_key(alike)
            .filter(|at| alike(at) > 1)
        else {
            return;
        };
        self.samples.remove(at);
        self.shapes.remove(at);
        self.keep(raw, checked, Some(violation));
        self.shapes.push(shape);
    }

    fn keep(&mut self, raw: &RawRecord, checked: &Checked, violation: Option<Violation>) {
        let position = raw.position();
        if let Some(violation) = violation {
            let sample = Sample {
                id: checked.id().to_owned(),
                index: position.index,
                line: position.line,
                offset: position.offset,
                violation,
            };
            self.samples.push((position.index, sample));
        }
    }
}

fn line<'a>(lines: &'a mut Vec<Line>, rule: &'static Rule, severity: Severity) -> &'a mut Line {
    let found = lines
        .iter()
        .position(|l| std::ptr::eq(l.rule, rule) && l.severity == severity);
    let index = found.unwrap_or_else(|| {
        lines.push(Line {
            rule,
            severity,
            records: 0,
            rejected: 0,
            occurrences: 0,
            last: 0,
            samples: Vec::new(),
            shapes: Vec::new(),
        });
        lines.len() - 1
    });
    &mut lines[index]
}
