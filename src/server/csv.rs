//! Writes tables as CSV that a spreadsheet opens without harm: what would be read as a formula is
//! marked as text, and counts stand without the commas that people read them with.

use crate::api::heat::HeatMap;
use crate::api::outgoing::OutgoingReport;
use crate::api::overview::Overview;
use crate::api::partner::PartnerReport;
use crate::api::reasons::ReasonReport;
use crate::api::reconciliation::Reconciliation;
use crate::domain::bulk::Outcome;
use crate::domain::chart::Chart;
use crate::domain::ids::RecordId;
use crate::domain::query::stamp;
use crate::domain::report::CodeCount;
use std::borrow::Cow;
use std::fmt::Write;

/// Rows as CSV, written cell by cell into one piece of memory, each cell made harmless.
pub struct Rows {
    writer: csv::Writer<Vec<u8>>,
    digits: String,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            writer: csv::WriterBuilder::new().flexible(true).from_writer(Vec::new()),
            digits: String::new(),
        }
    }
}

impl Rows {
    /// The next cell of the row.
    pub fn cell(&mut self, cell: &str) -> &mut Self {
        // Writing to memory cannot fail.
        let _ = self.writer.write_field(harmless(cell).as_bytes());
        self
    }

    /// The next cell, a count.
    pub fn count(&mut self, n: u64) -> &mut Self {
        self.digits.clear();
        let _ = write!(self.digits, "{n}");
        let _ = self.writer.write_field(&self.digits);
        self
    }

    /// Ends the row.
    pub fn end(&mut self) {
        let _ = self.writer.write_record(None::<&[u8]>);
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.writer.into_inner().unwrap_or_default()
    }
}

/// Rows as CSV, each cell made harmless.
pub fn write(rows: &[Vec<String>]) -> String {
    let mut written = Rows::default();
    for row in rows {
        for cell in row {
            written.cell(cell);
        }
        written.end();
    }
    String::from_utf8(written.into_bytes()).unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula.
fn harmless(cell: &str) -> Cow<'_, str> {
    let is_count = |cell: &str| cell.contains(',') && cell.bytes().all(|c| c.is_ascii_digit() || c == b',');
    let is_below_zero = |cell: &str| {
        cell.strip_prefix('-')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|c| c.is_ascii_digit()))
    };
    match cell.bytes().next() {
        Some(b'0'..=b'9' | b',') if is_count(cell) => cell.replace(',', "").into(),
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r') if !is_below_zero(cell) => format!("'{cell}").into(),
        _ => cell.into(),
    }
}

fn texts<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// The table of a chart, the oldest first.
pub fn chart(chart: &Chart) -> String {
    let mut rows = vec![texts(["Time"])];
    rows[0].extend(chart.columns.iter().cloned());
    rows.extend(chart.rows.iter().map(|row| {
        let mut cells = vec![row.label.clone()];
        cells.extend(row.cells.iter().cloned());
        cells
    }));
    write(&rows)
}

/// The table of partners.
pub fn partners(overview: &Overview) -> String {
    let mut rows = vec![texts([
        "partner",
        "name",
        "health",
        "reason",
        "received",
        "accepted",
        "unchanged",
        "quarantined",
        "rejected_share",
        "p50_ms",
        "p95_ms",
        "last_at",
        "open",
    ])];
    rows.extend(overview.partners.iter().map(|p| {
        let (s, c) = (&p.summary, &p.summary.counts);
        vec![
            p.id.to_string(),
            p.name.clone(),
            p.health.lamp.word().to_owned(),
            p.health.reason.clone(),
            c.received.to_string(),
            c.accepted.to_string(),
            c.unchanged.to_string(),
            c.quarantined.to_string(),
            share(c.rejection_rate()),
            number(s.p50_ms),
            number(s.p95_ms),
            p.last_at.map(stamp).unwrap_or_default(),
            p.open.to_string(),
        ]
    }));
    write(&rows)
}

/// The table of a partner's feeds.
pub fn feeds(report: &PartnerReport) -> String {
    let mut rows = vec![texts([
        "feed",
        "direction",
        "health",
        "reason",
        "received",
        "accepted",
        "unchanged",
        "quarantined",
        "rejected_share",
        "p50_ms",
        "p95_ms",
        "last_at",
        "expected_every_hours",
        "items",
    ])];
    rows.extend(report.feeds.iter().map(|f| {
        let (s, c) = (&f.summary, &f.summary.counts);
        vec![
            f.id.to_string(),
            f.direction.word().to_owned(),
            f.health.lamp.word().to_owned(),
            f.health.reason.clone(),
            c.received.to_string(),
            c.accepted.to_string(),
            c.unchanged.to_string(),
            c.quarantined.to_string(),
            share(c.rejection_rate()),
            number(s.p50_ms),
            number(s.p95_ms),
            f.last_at.map(stamp).unwrap_or_default(),
            number(f.expected_every_hours.map(u64::from)),
            f.items.to_string(),
        ]
    }));
    write(&rows)
}

/// What failed in one delivery.
pub fn codes(codes: &[CodeCount]) -> String {
    let mut rows = vec![texts(["code", "severity", "attribute", "records", "occurrences"])];
    rows.extend(codes.iter().map(|code| {
        vec![
            code.code.to_string(),
            code.severity.word().to_owned(),
            code.attribute.as_deref().unwrap_or_default().to_owned(),
            code.records.to_string(),
            code.occurrences.to_string(),
        ]
    }));
    write(&rows)
}

/// The table of reasons.
pub fn reasons(report: &ReasonReport) -> String {
    let mut rows = vec![texts([
        "code",
        "severity",
        "attribute",
        "records",
        "records_before",
        "received",
        "partners",
    ])];
    rows.extend(report.rows.iter().map(|r| {
        let partners: Vec<_> = r.partners.iter().map(|(id, _)| id.as_str()).collect();
        vec![
            r.count.code.to_string(),
            r.count.severity.word().to_owned(),
            r.count.attribute.as_deref().unwrap_or_default().to_owned(),
            r.count.records.to_string(),
            number(r.before),
            report.received.to_string(),
            partners.join(" "),
        ]
    }));
    write(&rows)
}

/// Records of a set with what became of them; the first have the heads above them.
pub fn outcomes(records: &[(RecordId, Option<Outcome>)], first: bool) -> String {
    let mut rows = if first {
        vec![texts(["record", "outcome"])]
    } else {
        Vec::new()
    };
    rows.extend(records.iter().map(|(id, outcome)| {
        let outcome = outcome.map_or("waiting", Outcome::label);
        vec![id.to_string(), outcome.to_owned()]
    }));
    write(&rows)
}

/// The table of exports.
pub fn outgoing(report: &OutgoingReport) -> String {
    let mut rows = vec![texts([
        "feed",
        "partner",
        "delivered",
        "failed",
        "pending",
        "records",
        "p95_ms",
        "last_at",
    ])];
    rows.extend(report.rows.iter().map(|r| {
        vec![
            r.feed.to_string(),
            r.partner_name.clone(),
            r.delivered.to_string(),
            r.failed.to_string(),
            r.pending.to_string(),
            r.records.to_string(),
            number(r.p95_ms),
            r.last_at.map(stamp).unwrap_or_default(),
        ]
    }));
    write(&rows)
}

/// What partners' days add up to, the newest first.
pub fn reconciliation(proof: &Reconciliation) -> String {
    let mut rows = vec![texts([
        "day",
        "partner",
        "name",
        "received",
        "accepted",
        "unchanged",
        "quarantined",
        "in_flight",
        "difference",
    ])];
    rows.extend(proof.lines.iter().map(|line| {
        let s = &line.sums;
        vec![
            line.day
                .map(|day| day.format("%Y-%m-%d").to_string())
                .unwrap_or_default(),
            line.partner.to_string(),
            line.name.clone(),
            s.received.to_string(),
            s.accepted.to_string(),
            s.unchanged.to_string(),
            s.quarantined.to_string(),
            s.in_flight.to_string(),
            s.missing().to_string(),
        ]
    }));
    write(&rows)
}

/// The heat map: a row per partner, a column per time, shares from 0 to 1.
pub fn heat(map: &HeatMap) -> String {
    let mut rows = vec![texts(["partner", "name"])];
    rows[0].extend(map.times.iter().cloned());
    rows.extend(map.rows.iter().map(|r| {
        let mut cells = vec![r.id.to_string(), r.name.clone()];
        cells.extend(r.cells.iter().map(|cell| share(cell.share)));
        cells
    }));
    write(&rows)
}

fn share(share: Option<f64>) -> String {
    share.map(|share| format!("{share:.4}")).unwrap_or_default()
}

fn number(n: Option<u64>) -> String {
    n.map(|n| n.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_counts_are_numbers() {
        let cells = [
            "=1+1",
            "+49",
            "-x",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "12,431",
            "-3",
            "-3+1",
            "a,b",
            "Müller \"&\" Söhne",
            "",
        ];
        let written = write(&[cells.map(str::to_owned).to_vec()]);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(written.as_bytes());
        let record = reader.records().next().expect("a row").expect("CSV");
        let read: Vec<_> = record.iter().collect();
        let expected = [
            "'=1+1",
            "'+49",
            "'-x",
            "'@SUM(A1)",
            "'\tx",
            "'\rx",
            "12431",
            "-3",
            "'-3+1",
            "a,b",
            "Müller \"&\" Söhne",
            "",
        ];
        assert_eq!(read, expected);
    }
}
