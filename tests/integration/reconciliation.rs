//! What was received is what became of it, per partner and day; what is not is named on the page
//! and by the doctor, with both figures.

use crate::support::app::App;
use crate::support::files::{Files, a_record};
use crate::support::html::{count, table, text};
use crate::support::log::entry;
use crate::support::mongo;
use chrono::TimeDelta;
use feedgate::domain::account::Role;
use feedgate::domain::delivery::Status;
use feedgate::domain::ids::DeliveryId;
use mongodb::bson::{Document, doc};
use std::process::{Command, Output};

/// Somebody who changes documents behind our back.
pub(crate) async fn reach(app: &App, collection: &str) -> mongodb::Collection<Document> {
    let client = mongodb::Client::with_uri_str(mongo::uri())
        .await
        .expect("a connection");
    #[expect(
        clippy::disallowed_methods,
        reason = "somebody who knows nothing of our store"
    )]
    client.database(&app.database).collection::<Document>(collection)
}

async fn tamper(app: &App, collection: &str, query: Document, change: Document) {
    let collection = reach(app, collection).await;
    let done = collection.update_one(query, change).await.expect("a change");
    assert_eq!(done.modified_count, 1);
}

fn doctor(app: &App) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_feedgate"))
        .args([
            "doctor",
            "--mongodb-uri",
            mongo::uri(),
            "--database",
            &app.database,
        ])
        .output()
        .expect("the doctor");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, said)
}

/// Two files of one partner through the real pipeline, and another writer's of a second.
async fn with_files(app: &App) -> DeliveryId {
    let files = Files::new();
    let acme = app.partner("acme").await;
    let records = [
        a_record(1),
        a_record(2),
        a_record(3).with("gtin", "4006381333932"),
    ];
    let first = app.take_in(&acme, &files.csv("a.csv", &records)).await;
    app.take_in(&acme, &files.csv("b.csv", &records[..2])).await;
    let bolt = app.partner("bolt").await;
    let yesterday = app.clock.now() - TimeDelta::days(1);
    let entries = [
        entry(&bolt, "b1", yesterday, 500, 20),
        entry(&bolt, "b2", app.clock.now(), 700, 0),
    ];
    app.store.insert_deliveries(&entries).await.expect("entries");
    first.delivery
}

#[tokio::test]
async fn what_was_received_is_accounted_for_and_the_page_says_how_much_that_was() {
    let app = App::start().await;
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/reconciliation").await;
    assert!(
        page.body.contains("Nothing was received in this time"),
        "{}",
        page.body
    );
    with_files(&app).await;
    let page = staff.get("/reconciliation").await;
    assert!(
        text(&page.body).contains("Everything adds up: 1,205 records accounted for."),
        "{}",
        page.body
    );
    let rows = table(&page.body, "Sums");
    let cells: Vec<Vec<u64>> = rows
        .iter()
        .map(|row| row.cells[1..].iter().map(|cell| count(cell)).collect())
        .collect();
    assert_eq!(cells, [[5, 2, 2, 1, 0, 0], [1200, 1180, 0, 20, 0, 0]]);
    let days = table(&staff.get(&rows[1].href).await.body, "Sums");
    let days: Vec<&str> = days.iter().map(|row| row.cells[0].as_str()).collect();
    assert_eq!(days, ["24 Nov 2026", "23 Nov 2026"]);
    let csv = staff.get("/export/reconciliation.csv").await.body;
    assert!(
        csv.contains("2026-11-23,bolt,Partner bolt,500,480,0,20,0,0"),
        "{csv}"
    );
    let (output, said) = doctor(&app);
    assert!(output.status.success() && said.contains("0 faults"), "{said}");
    assert!(said.contains("3 partners' days: 1,205 received"), "{said}");
}

#[tokio::test]
async fn a_file_that_is_being_taken_in_is_in_flight_and_not_missing() {
    let app = App::start().await;
    let acme = app.partner("acme").await;
    let mut half = entry(&acme, "half", app.clock.now(), 100, 0);
    half.status = Status::Processing;
    half.decided_at = None;
    half.counts.accepted = 30;
    app.store.insert_deliveries(&[half]).await.expect("an entry");
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/reconciliation").await;
    assert!(page.body.contains("Everything adds up"), "{}", page.body);
    let row = &table(&page.body, "Sums")[0];
    assert_eq!(row.cells[1..], ["100", "30", "0", "0", "70", "0"]);
    let (output, said) = doctor(&app);
    assert!(
        output.status.success() && said.contains("70 records in flight"),
        "{said}"
    );
}

#[tokio::test]
async fn a_delivery_whose_counts_do_not_add_up_is_named_on_the_page_and_by_the_doctor() {
    let app = App::start().await;
    with_files(&app).await;
    let one_more = doc! {"$inc": {"counts.received": 1_i64}};
    tamper(&app, "deliveries", doc! {"_id": "b1"}, one_more).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/reconciliation").await;
    assert!(page.body.contains("1 thing does not add up"), "{}", page.body);
    let rows = table(&page.body, "Differences");
    assert_eq!((rows.len(), rows[0].href.as_str()), (1, "/deliveries/b1"));
    let cells = &rows[0].cells;
    assert!(
        cells[0].contains("bolt/main") && cells[1] == "23 Nov 2026",
        "{cells:?}"
    );
    assert!(
        cells[2].starts_with("501") && cells[3].starts_with("500"),
        "{cells:?}"
    );
    assert_eq!(cells[4], "+1");
    assert!(cells[5].contains("send the entry again"), "{cells:?}");
    let sums = table(&page.body, "Sums");
    assert_eq!(
        (sums[0].cells[0].as_str(), sums[0].cells[6].as_str()),
        ("Partner bolt", "+1")
    );
    // Another time is not troubled by it, and neither is another partner.
    for elsewhere in [
        "/reconciliation?range=2026-11-24..2026-11-25",
        "/reconciliation?partner=acme",
    ] {
        let page = staff.get(elsewhere).await;
        assert!(
            page.body.contains("Everything adds up"),
            "{elsewhere}: {}",
            page.body
        );
    }
    let (output, said) = doctor(&app);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("delivery b1 of bolt/main, 23 Nov 2026: 501 received, 500 accepted"),
        "{said}"
    );
    assert!(said.contains("1 fault"), "{said}");
}

#[tokio::test]
async fn two_deliveries_of_a_day_that_make_up_for_one_another_do_not_deceive_the_doctor() {
    let app = App::start().await;
    let acme = app.partner("acme").await;
    let entries = ["d1", "d2"].map(|id| entry(&acme, id, app.clock.now(), 100, 0));
    app.store.insert_deliveries(&entries).await.expect("entries");
    for (id, by) in [("d1", 5_i64), ("d2", -5)] {
        tamper(
            &app,
            "deliveries",
            doc! {"_id": id},
            doc! {"$inc": {"counts.received": by}},
        )
        .await;
    }
    app.roll().await;
    let (output, said) = doctor(&app);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("delivery d1") && said.contains("delivery d2") && said.contains("2 faults"),
        "{said}"
    );
}

#[tokio::test]
async fn a_delivery_that_held_other_than_the_quarantine_has_is_named() {
    let app = App::start().await;
    let first = with_files(&app).await;
    let held = doc! {"delivery": first.as_str()};
    let lost = reach(&app, "quarantine").await.delete_one(held).await;
    assert_eq!(lost.expect("a loss").deleted_count, 1);
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/reconciliation").await;
    let rows = table(&page.body, "Differences");
    assert_eq!(rows.len(), 1);
    let cells = &rows[0].cells;
    assert!(
        cells[2].starts_with('1') && cells[2].contains("by the log"),
        "{cells:?}"
    );
    assert!(
        cells[3].starts_with('0') && cells[3].contains("in the quarantine"),
        "{cells:?}"
    );
    let (output, said) = doctor(&app);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("1 quarantined by the log, 0 in the quarantine"),
        "{said}"
    );
}

#[tokio::test]
async fn figures_that_the_log_does_not_bear_out_are_told_from_a_delivery_that_does_not_add_up() {
    let app = App::start().await;
    with_files(&app).await;
    app.roll().await;
    let day = doc! {"partner": "bolt", "size": "day", "n.received": 500_i64};
    tamper(&app, "rollups", day, doc! {"$inc": {"n.accepted": 3_i64}}).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/reconciliation").await;
    let rows = table(&page.body, "Differences");
    assert_eq!((rows.len(), rows[0].href.as_str()), (1, "/partners/bolt"));
    assert_eq!(rows[0].cells[4], "−3");
    assert!(rows[0].cells[5].contains("rollup rebuild"), "{:?}", rows[0].cells);
}

#[tokio::test]
async fn an_issue_that_says_other_than_its_records_do_is_named_by_the_doctor() {
    let app = App::start().await;
    with_files(&app).await;
    app.roll().await;
    let (output, said) = doctor(&app);
    assert!(
        output.status.success() && said.contains("issues of 2 feeds compared, 0 faults"),
        "{said}"
    );
    let one = doc! {"code": "GTIN_CHECK"};
    tamper(&app, "issues", one, doc! {"$inc": {"open": 1_i64}}).await;
    let (output, said) = doctor(&app);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("it says 2 waiting, and 1 were counted"), "{said}");
}
