//! Writes feed files for tests: records that pass, to be spoilt one value at a time.

use std::path::PathBuf;
use tempfile::TempDir;

const COLUMNS: [&str; 9] = [
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "availability",
    "price",
    "brand",
    "gtin",
];

/// A record that passes the default contract, as names and values.
#[derive(Debug, Clone)]
pub struct ARecord(Vec<(&'static str, String)>);

/// Record `number`, which passes.
pub fn a_record(number: u32) -> ARecord {
    let body = format!("40063813{number:04}");
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, d)| u32::from(d - b'0') * if i % 2 == 0 { 3 } else { 1 })
        .sum();
    let values = [
        format!("SKU{number}"),
        format!("Garden hose number {number}"),
        format!("Green hose of {number} metres, with two brass fittings."),
        format!("https://shop.example.com/p/{number}"),
        format!("https://img.example.com/{number}.jpg"),
        "in_stock".to_owned(),
        format!("{}.95 EUR", number % 90 + 1),
        "Gardenia".to_owned(),
        format!("{body}{}", (10 - sum % 10) % 10),
    ];
    ARecord(COLUMNS.into_iter().zip(values).collect())
}

impl ARecord {
    /// The same record with another value.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        for (n, v) in &mut self.0 {
            if *n == name {
                value.clone_into(v);
            }
        }
        self
    }
}

/// A folder for files that goes with the test.
pub struct Files(TempDir);

impl Files {
    pub fn new() -> Self {
        Self(super::mongo::directory())
    }

    /// Writes records as CSV.
    pub fn csv(&self, name: &str, records: &[ARecord]) -> PathBuf {
        let path = self.0.path().join(name);
        let mut writer = csv::Writer::from_path(&path).expect("a file");
        writer.write_record(COLUMNS).expect("a header");
        for record in records {
            writer
                .write_record(record.0.iter().map(|(_, v)| v))
                .expect("a record");
        }
        writer.flush().expect("written");
        path
    }

    /// Writes bytes.
    pub fn bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    }
}
