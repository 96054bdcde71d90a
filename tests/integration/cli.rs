//! The commands as scripts use them: exit codes, JSON, help.

use crate::support::app::App;
use crate::support::files::{Files, a_record};
use crate::support::mongo;
use serde_json::Value;
use std::process::{Command, Output};

fn feedgate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_feedgate"))
        .args(arguments)
        .output()
        .expect("the binary runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!(
            "{e}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

#[test]
fn check_exits_0_when_clean_1_when_records_are_held_and_3_when_refused() {
    let files = Files::new();
    let clean = files.csv("clean.csv", &[a_record(1), a_record(2)]);
    let held = files.csv("held.csv", &[a_record(1), a_record(2).with("price", "")]);
    let refused = files.bytes("empty.csv", b"");
    for (file, code) in [(clean, 0), (held, 1), (refused, 3)] {
        let output = feedgate(&["check", &file.to_string_lossy(), "--currency", "EUR", "--json"]);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
        let report = json(&output);
        assert!(report["file"]["verdict"].is_string() && report["records"]["received"].is_u64());
    }
    assert_eq!(feedgate(&["check"]).status.code(), Some(2));
    assert_eq!(feedgate(&["check", "--nonsense"]).status.code(), Some(2));
    let missing = feedgate(&["check", "no/such/file.csv"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("no/such/file.csv"));
}

#[test]
fn check_names_line_column_and_field_of_rows_and_record_and_byte_of_other_formats() {
    let files = Files::new();
    let rows = "id;Título;price\n1;\"Café\nMug\";abc\n";
    let xml = "<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\"><channel><item><g:id>1</g:id>\
               <g:price>abc</g:price></item></channel></rss>";
    for (name, content, place) in [
        ("rows.csv", rows, "line 3, column 6, field 3 (price): Price “abc”"),
        ("feed.xml", xml, "record 1, byte 68: Price “abc”"),
    ] {
        let file = files.bytes(name, content.as_bytes());
        let told = feedgate(&["check", &file.to_string_lossy()]);
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.contains(place), "{told}");
        let report = json(&feedgate(&["check", "--json", &file.to_string_lossy()]));
        let samples = report["samples"].as_array().expect("a list");
        let sample = samples.iter().find(|sample| sample["code"] == "PRICE_FORMAT");
        let sample = sample.expect("an example");
        assert_eq!(sample["index"], 1);
        if name == "rows.csv" {
            let place = serde_json::json!({"field": 3, "header": "price", "line": 3, "column": 6});
            assert_eq!(sample["place"], place);
        }
    }
}

#[tokio::test]
async fn the_json_the_partners_page_and_the_database_say_the_same() {
    let (app, files) = (App::start().await, Files::new());
    app.partner("acme").await;
    let file = files.csv(
        "a.csv",
        &[
            a_record(1),
            a_record(2),
            a_record(3).with("gtin", "4006381333932"),
        ],
    );
    let arguments = [
        "ingest",
        "--partner",
        "acme",
        "--feed",
        "main",
        "--json",
        "--mongodb-uri",
        mongo::uri(),
        "--database",
        &app.database,
    ];
    let first = feedgate(&[&arguments[..], &[&file.to_string_lossy()]].concat());
    assert_eq!(first.status.code(), Some(1));
    assert_eq!(json(&first)["records"]["accepted"], 2);
    let second = feedgate(&[&arguments[..], &[&file.to_string_lossy()]].concat());
    let records = &json(&second)["records"];
    assert_eq!(
        (records["accepted"].as_u64(), records["unchanged"].as_u64()),
        (Some(0), Some(2))
    );
    let doctor = feedgate(&[
        "doctor",
        "--mongodb-uri",
        mongo::uri(),
        "--database",
        &app.database,
    ]);
    assert_eq!(
        doctor.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&doctor.stdout)
    );
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("2 deliveries examined"));
}

#[tokio::test]
async fn an_ingest_without_a_database_fails_cleanly_and_can_be_run_again() {
    let files = Files::new();
    let file = files.csv("a.csv", &[a_record(1)]);
    let output = feedgate(&[
        "ingest",
        "--partner",
        "acme",
        "--feed",
        "main",
        "--wait",
        "1",
        "--mongodb-uri",
        "mongodb://127.0.0.1:9/?replicaSet=rs0",
        &file.to_string_lossy(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("the database does not answer"), "{words}");
}

#[tokio::test]
async fn an_ingest_for_a_feed_nobody_set_up_says_which_there_are() {
    let (app, files) = (App::start().await, Files::new());
    app.partner("acme").await;
    let file = files.csv("a.csv", &[a_record(1)]);
    let output = feedgate(&[
        "ingest",
        "--partner",
        "acme",
        "--feed",
        "other",
        "--mongodb-uri",
        mongo::uri(),
        "--database",
        &app.database,
        &file.to_string_lossy(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("it has main"));
}
