//! MongoDB goes away and comes back: pages say so in time, and recover by themselves.

use crate::support::app::App;
use crate::support::files::{Files, a_record};
use crate::support::mongo;
use axum::http::StatusCode;
use feedgate::domain::account::Role;
use feedgate::server::embedded::Embedded;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Stops (`STOP`) or continues (`CONT`) the server: it keeps its connections and answers nothing.
fn signal(server: &Embedded, name: &str) {
    let done = Command::new("kill")
        .args([&format!("-{name}"), &server.pid().to_string()])
        .status();
    assert!(done.is_ok_and(|s| s.success()));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_say_within_three_seconds_that_the_database_is_away_and_then_recover() {
    let directory = mongo::directory();
    let server = Embedded::start(directory.path(), &mongo::options())
        .await
        .expect("a mongod");
    let mut app = App::start_on(server.uri()).await;
    app.follows = false;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    assert_eq!(staff.get("/deliveries").await.status, StatusCode::OK);
    signal(&server, "STOP");
    for path in ["/deliveries", "/"] {
        let begun = Instant::now();
        let page = staff.get(path).await;
        let took = begun.elapsed();
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(
            page.body.contains("The database does not answer"),
            "{}",
            page.body
        );
        assert!(took < Duration::from_secs(3), "{path} took {took:?}");
    }
    let answer = staff.call("list_deliveries", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
    signal(&server, "CONT");
    let begun = Instant::now();
    while staff.get("/deliveries").await.status != StatusCode::OK {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "the page does not recover"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_the_database_answers_is_never_an_answer_of_before() {
    let directory = mongo::directory();
    let server = Embedded::start(directory.path(), &mongo::options())
        .await
        .expect("a mongod");
    let app = App::start_on(server.uri()).await;
    // Somebody asks and does not wait for the answer.
    let ask = async || timeout(Duration::ZERO, app.store.ping()).await.is_err();
    assert!(ask().await, "it takes longer than nothing");
    tokio::time::sleep(Duration::from_millis(200)).await;
    signal(&server, "STOP");
    assert!(
        app.store.ping().await.is_err(),
        "it has answered before, and is away"
    );
    assert!(ask().await);
    signal(&server, "CONT");
    let begun = Instant::now();
    while app.store.ping().await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it is there again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ingest_waits_for_an_absent_database_and_goes_on() {
    let directory = mongo::directory();
    let server = Embedded::start(directory.path(), &mongo::options())
        .await
        .expect("a mongod");
    let app = App::start_on(server.uri()).await;
    let (feed, files) = (app.partner("acme").await, Files::new());
    let records: Vec<_> = (1..=200).map(a_record).collect();
    let file = files.csv("a.csv", &records);
    signal(&server, "STOP");
    let mut ingest = app.ingest();
    ingest.patience = Duration::from_secs(20);
    let taking = tokio::spawn(async move { ingest.run(&feed, &file, "a.csv").await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!taking.is_finished(), "it waits");
    signal(&server, "CONT");
    let done = taking.await.expect("no panic").expect("it goes on");
    assert_eq!(done.report.records.accepted, 200);
    server.stop().await;
}
