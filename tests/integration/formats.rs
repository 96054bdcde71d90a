//! The same content makes the same records and the same findings, however it is written down.

use feedgate::domain::contract::{Contract, Currency};
use feedgate::domain::feed::Terms;
use feedgate::domain::report::{CodeCount, Counts, Format};
use feedgate::server::clock::Clock;
use feedgate::server::pipeline::survey::survey;
use feedgate::server::profile;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{Cursor, Write};

const NAMES: [&str; 11] = [
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "additional_image_link",
    "additional_image_link",
    "availability",
    "price",
    "gtin",
    "shipping",
];

/// Sound records, and records with faults of several kinds.
fn records() -> Vec<[String; 11]> {
    let record = |id: &str, title: &str, price: &str, gtin: &str, availability: &str| {
        let base = "https://shop.example";
        [
            id.to_owned(),
            title.to_owned(),
            "Holds 0.3 l & more; \u{201c}dishwasher\u{201d} safe".to_owned(),
            format!("{base}/{}", id.trim()),
            format!("{base}/{}.jpg", id.trim()),
            format!("{base}/{}-2.jpg", id.trim()),
            format!("{base}/{}-3.jpg", id.trim()),
            availability.to_owned(),
            price.to_owned(),
            gtin.to_owned(),
            "PT::Standard:3.50 EUR".to_owned(),
        ]
    };
    vec![
        record(
            "A1",
            "Mug, \"blue\" | 0.3 l",
            "15.00 EUR",
            "4006381333931",
            "in_stock",
        ),
        record(
            "A2",
            "Caneca <azul> & Größe \u{1f600}",
            "1,5",
            "4006381333932",
            "in stock",
        ),
        record("a1", "MUG MUG MUG MUG", "0.00 EUR", "", "soon"),
        record("A 3", "Cup", "EUR 7.50", "9999", "out_of_stock"),
        record("", "", "15.00 XXX", "2001234567893", ""),
    ]
}

fn rows(delimiter: u8, end: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let quote = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let mut line = |cells: &[&str]| {
        let cells: Vec<String> = cells.iter().map(|cell| quote(cell)).collect();
        out.extend_from_slice(cells.join(&char::from(delimiter).to_string()).as_bytes());
        out.extend_from_slice(end.as_bytes());
    };
    line(&NAMES);
    for record in records() {
        line(&record.each_ref().map(String::as_str));
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn elements(item: &str, name: impl Fn(&str) -> String) -> String {
    let element = |record: [String; 11]| {
        let fields: Vec<String> = NAMES
            .iter()
            .zip(&record)
            .map(|(column, value)| format!("<{0}>{1}</{0}>", name(column), escape(value)))
            .collect();
        format!("<{item}>{}</{item}>\n", fields.concat())
    };
    let items: Vec<String> = records().into_iter().map(element).collect();
    items.concat()
}

fn objects() -> Vec<String> {
    let object = |record: [String; 11]| {
        let text = |value: &str| serde_json::to_string(value).expect("a text");
        let members: Vec<String> = NAMES
            .iter()
            .zip(&record)
            .filter(|(name, _)| **name != "additional_image_link")
            .map(|(name, value)| format!("\"{name}\": {}", text(value)))
            .collect();
        // The list stands where the columns stand in rows, so that the order is the same.
        let images = format!(
            "\"additional_image_link\": [{}, {}]",
            text(&record[5]),
            text(&record[6])
        );
        format!(
            "{{{}, {images}, {}}}",
            members[..5].join(", "),
            members[5..].join(", ")
        )
    };
    records().into_iter().map(object).collect()
}

/// Every format, with the profile it needs.
fn files() -> Vec<(Format, Vec<u8>, &'static str)> {
    let google = "xmlns:g=\"http://base.google.com/ns/1.0\"";
    let g = |name: &str| format!("g:{name}");
    let rss = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\" {google}><channel><title>Shop</title>{}</channel></rss>",
        elements("item", g)
    );
    let rdf = format!(
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" {google}>\
         <channel rdf:about=\"x\"><title>Shop</title></channel>{}</rdf:RDF>",
        elements("item", g)
    );
    let atom = format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" {google}><title>Shop</title>{}</feed>",
        elements("entry", g)
    );
    let xml = format!(
        "<shop><offers>{}</offers></shop>",
        elements("offer", str::to_owned)
    );
    let list = format!("[{}]", objects().join(",\n"));
    vec![
        (Format::Csv, rows(b',', "\n"), ""),
        (Format::Csv, rows(b';', "\r\n"), ""),
        (Format::Csv, rows(b'|', "\n"), ""),
        (Format::Tsv, rows(b'\t', "\n"), ""),
        (Format::Rss, rss.into_bytes(), ""),
        (Format::Rss, rdf.into_bytes(), ""),
        (Format::Atom, atom.into_bytes(), ""),
        (Format::Xml, xml.into_bytes(), "record = \"/shop/offers/offer\"\n"),
        (Format::Json, list.clone().into_bytes(), ""),
        (Format::Json, format!("{{\"products\": {list}}}").into_bytes(), ""),
        (
            Format::Json,
            format!("{{\"shop\": {{\"rows\": {list}}}}}").into_bytes(),
            "record = \"/shop/rows\"\n",
        ),
        (Format::Ndjson, objects().join("\n").into_bytes(), ""),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("data", options).expect("memory");
    writer.write_all(bytes).expect("memory");
    writer.finish().expect("memory").into_inner()
}

fn wide(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect()
}

/// What is to be the same: counts, codes, the findings of each record, each record as understood.
type Outcome = (Counts, Vec<CodeCount>, Vec<String>);

fn outcome(bytes: Vec<u8>, profile: &str) -> (Format, Outcome) {
    let profile = profile::read(profile).expect("sound");
    let terms = Terms::of(profile, Contract::default(), Currency::of("EUR"));
    let mut seen = Vec::new();
    let report = survey(
        Cursor::new(bytes),
        "data",
        &terms,
        Clock::system().now(),
        &mut |raw, checked| {
            let violations: Vec<_> = checked.violations().collect();
            seen.push(format!(
                "{:?} {violations:?}",
                checked.record(raw).to_attributes()
            ));
            Ok(())
        },
    )
    .expect("memory does not fail");
    assert_eq!(report.file.message, None);
    (
        report.file.format.expect("known"),
        (report.records, report.codes, seen),
    )
}

#[test]
fn the_same_content_has_the_same_outcome_in_every_format_encoding_and_packing() {
    let (_, expected) = outcome(rows(b',', "\n"), "");
    assert_eq!(
        (expected.0.received, expected.0.quarantined),
        (5, 4),
        "{expected:#?}"
    );
    for (format, bytes, profile) in files() {
        for (packing, bytes) in [
            ("plain", bytes.clone()),
            ("gzip", gzip(&bytes)),
            ("zip", zip(&bytes)),
            ("utf-16", wide(&bytes)),
            ("utf-16 in zip", zip(&wide(&bytes))),
        ] {
            let shown = String::from_utf8_lossy(&bytes)
                .chars()
                .take(60)
                .collect::<String>();
            let (told, seen) = outcome(bytes, profile);
            assert_eq!(told, format, "{packing}: {shown}");
            assert_eq!(seen, expected, "{format:?} as {packing}: {shown}");
        }
    }
}
