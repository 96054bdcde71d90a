//! The categories that an operator names: in `check` by an option, in an ingest by a setting of the
//! worker.

use crate::support::app::App;
use crate::support::files::Files;
use axum::body::Body;
use axum::http::{Request, header};
use feedgate::domain::account::Scope;
use feedgate::domain::ids::DeliveryId;
use feedgate::domain::job::Kind;
use feedgate::server::tokens::{self, Wanted};
use feedgate::server::worker::Worker;
use serde_json::Value;
use std::process::{Command, Output};

/// Written for these tests.
const TAXONOMY: &str = "# a small shop\n7 - Garden\n71 - Garden > Hoses\n72 - Garden > Hoses > Fittings\n";

const FEED: &str = "id,title,description,link,image_link,availability,price,brand,mpn,google_product_category\n\
    1,Green hose,A hose,https://shop.example.com/1,https://shop.example.com/1.jpg,in_stock,5.00 EUR,Gardenia,A1,71\n\
    2,Blue hose,A hose,https://shop.example.com/2,https://shop.example.com/2.jpg,in_stock,5.00 EUR,Gardenia,A2,Garden > Hose\n\
    3,Red hose,A hose,https://shop.example.com/3,https://shop.example.com/3.jpg,in_stock,5.00 EUR,Gardenia,A3,99\n";

fn check(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_feedgate"))
        .arg("check")
        .args(arguments)
        .output()
        .expect("the binary runs")
}

/// How many records a report says failed the rule.
fn unknown(report: &Value) -> u64 {
    let codes = report["codes"].as_array().expect("codes");
    let of_rule = codes.iter().find(|code| code["code"] == "GPC_UNKNOWN");
    of_rule.map_or(0, |code| code["records"].as_u64().expect("a count"))
}

#[test]
fn check_knows_the_categories_it_is_given_and_the_form_alone_without() {
    let files = Files::new();
    let feed = files.bytes("feed.csv", FEED.as_bytes());
    let taxonomy = files.bytes("taxonomy.txt", TAXONOMY.as_bytes());
    let (feed, taxonomy) = (feed.to_string_lossy(), taxonomy.to_string_lossy());
    let output = check(&[&feed, "--json", "--taxonomy", &taxonomy]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(unknown(&report), 2, "{report}");
    assert!(
        report.to_string().contains("“Garden > Hoses” is the nearest"),
        "{report}"
    );
    let output = check(&[&feed, "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(unknown(&report), 0, "{report}");
    let wrong = files.bytes("wrong.txt", b"7 - Garden\nHoses\n");
    let output = check(&[&feed, "--taxonomy", &wrong.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("line 2: “Hoses” is no category"), "{said}");
}

#[tokio::test]
async fn a_worker_that_is_given_the_categories_warns_of_those_that_are_none() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let wanted = Wanted {
        partner: feed.id.partner(),
        feed: None,
        may_log: false,
        label: String::new(),
        by: String::new(),
    };
    let made = tokens::make(&app.store, wanted, app.clock.now()).await;
    let request = Request::post("/api/v1/feeds/main/deliveries")
        .header(
            header::AUTHORIZATION,
            format!("Bearer {}", made.expect("a token").1),
        )
        .body(Body::from(FEED))
        .expect("a request");
    let sent = app.anonymous().send(request).await.location.expect("an address");
    let files = Files::new();
    let mut settings = App::settings(false);
    settings.knowing.taxonomy = Some(files.bytes("taxonomy.txt", TAXONOMY.as_bytes()));
    let worker = Worker::new(app.store.clone(), app.clock.clone(), settings).expect("a worker");
    while worker.do_one(&Kind::ALL).await.expect("a job") {}
    let id = DeliveryId::new(sent.rsplit('/').next().expect("an id"));
    let found = app.store.find_delivery(&Scope::All, &id).await.expect("a look");
    let delivery = found.expect("the delivery").0;
    let of_rule = delivery.codes.iter().find(|code| code.code == "GPC_UNKNOWN");
    assert_eq!(of_rule.map(|code| code.records), Some(2), "{:?}", delivery.codes);
    assert_eq!(delivery.counts.quarantined, 0);
}
