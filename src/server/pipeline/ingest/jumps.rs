//! Looks at the price of every record that takes the place of an item, and counts those that
//! jumped. Whether one did is [`crate::domain::jump`]'s business.

use crate::domain::contract::checks::time::TIME_PRICE_JUMP;
use crate::domain::contract::{Checked, Contract};
use crate::domain::jump::{Price, jump};
use crate::domain::record::RawRecord;
use crate::domain::report::{CodeCount, Report, Sample};
use crate::domain::violation::{Severity, Violation};
use chrono::{DateTime, Utc};
use std::borrow::Cow;

/// As much of a record as can be said of its price.
#[derive(Debug)]
pub(super) struct Seen {
    id: String,
    index: u64,
    line: u64,
    offset: u64,
    sent: String,
    price: Option<Price>,
    has_warning: bool,
}

impl Seen {
    /// What is seen of a record that passed, and whether something is told of it already.
    pub(super) fn of(raw: &RawRecord, checked: &Checked, has_warning: bool) -> Self {
        let position = raw.position();
        Self {
            id: checked.id().to_owned(),
            index: position.index,
            line: position.line,
            offset: position.offset,
            sent: raw.get("price").unwrap_or_default().to_owned(),
            price: checked.price().map(|(currency, cents)| Price { currency, cents }),
            has_warning,
        }
    }
}

/// Prices that jumped, and how they are judged.
#[derive(Debug, Clone)]
pub(super) struct Jumps {
    /// None when the contract does not ask.
    severity: Option<Severity>,
    percent: u32,
    version: u32,
    records: u64,
    /// Those of them that nothing else is said of.
    warned: u64,
    samples: Vec<Sample>,
}

impl Jumps {
    /// None yet, to be judged by a contract as it stands at `at`.
    pub(super) fn under(contract: &Contract, at: DateTime<Utc>) -> Self {
        let standing = contract.standing(&TIME_PRICE_JUMP, at);
        Self {
            // Both prices are at hand only when the record is as good as written: too late to
            // hold it.
            severity: standing.live.map(|severity| severity.max(Severity::Warning)),
            percent: standing.threshold,
            version: contract.version,
            records: 0,
            warned: 0,
            samples: Vec::new(),
        }
    }

    /// Looks at a record beside the price before it; true when that jumped.
    pub(super) fn look(&mut self, before: Price, seen: &Seen) -> bool {
        let (Some(severity), Some(now)) = (self.severity, seen.price) else {
            return false;
        };
        let Some(message) = jump(before, now, self.percent) else {
            return false;
        };
        self.records += 1;
        self.warned += u64::from(severity == Severity::Warning && !seen.has_warning);
        if self.samples.len() < Report::SAMPLES_PER_CODE {
            self.samples.push(Sample {
                id: seen.id.clone(),
                index: seen.index,
                line: seen.line,
                offset: seen.offset,
                violation: Violation {
                    code: Cow::Borrowed(TIME_PRICE_JUMP.code),
                    severity,
                    attribute: TIME_PRICE_JUMP.attribute.map(Cow::Borrowed),
                    value: seen.sent.chars().take(Violation::VALUE_LIMIT).collect(),
                    message,
                    suggestion: None,
                    contract_version: self.version,
                    place: None,
                },
            });
        }
        true
    }

    /// Takes others in.
    pub(super) fn add(&mut self, other: Self) {
        self.records += other.records;
        self.warned += other.warned;
        self.samples.extend(other.samples);
    }

    /// Says in the report of the file what jumped; false when nothing did.
    pub(super) fn tell(mut self, report: &mut Report) -> bool {
        let Some(severity) = self.severity.filter(|_| self.records > 0) else {
            return false;
        };
        report.records.warned += self.warned;
        report.codes.push(CodeCount {
            code: Cow::Borrowed(TIME_PRICE_JUMP.code),
            severity,
            attribute: TIME_PRICE_JUMP.attribute.map(Cow::Borrowed),
            records: self.records,
            occurrences: self.records,
        });
        self.samples.sort_by_key(|sample| sample.offset);
        self.samples.truncate(Report::SAMPLES_PER_CODE);
        report.samples.extend(self.samples);
        report.samples.sort_by_key(|sample| sample.offset);
        true
    }
}
