//! Whole catalogues that shrink, by plan or by accident: what is withdrawn, held, released and
//! refused.

use crate::support::app::App;
use crate::support::files::{ARecord, Files, a_record};
use chrono::TimeDelta;
use feedgate::domain::account::Scope;
use feedgate::domain::delivery::{Delivery, Status};
use feedgate::domain::feed::{Feed, Mode};
use feedgate::domain::gate::Outcome;
use feedgate::domain::hold::{Ruling, Stage};
use feedgate::domain::ids::DeliveryId;
use feedgate::domain::query::Span;
use feedgate::domain::report::Verdict;
use feedgate::domain::rollup::BucketSize;
use feedgate::server::pipeline::hold;
use feedgate::server::pipeline::ingest::Ingested;
use feedgate::server::store::Stored;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

fn records(numbers: RangeInclusive<u32>) -> Vec<ARecord> {
    numbers.map(a_record).collect()
}

fn ruling(app: &App, reason: &str) -> Ruling {
    Ruling {
        by: "Ines".to_owned(),
        at: app.clock.now(),
        reason: reason.to_owned(),
    }
}

async fn live(app: &App, feed: &Feed) -> u64 {
    app.store
        .count_items(&Scope::All, &feed.id)
        .await
        .expect("a count")
}

async fn withdrawn(app: &App, feed: &Feed) -> u64 {
    let count = app.store.count_withdrawn(&Scope::All, &feed.id).await;
    count.expect("a count")
}

async fn logged(app: &App, id: &DeliveryId) -> Delivery {
    let found = app.store.find_delivery(&Scope::All, id).await.expect("a look");
    found.expect("logged").0
}

/// Takes in the next day's file.
async fn next(app: &App, feed: &Feed, file: &Path) -> Ingested {
    app.clock.advance(TimeDelta::days(1));
    app.take_in(feed, file).await
}

async fn release(app: &App, id: &DeliveryId, file: &Path) -> anyhow::Result<Ingested> {
    let ruling = ruling(app, "the range was halved on purpose");
    hold::release(&app.ingest(), &Scope::All, id, file, &ruling).await
}

/// A catalogue of 100, and a file that names half of it, held.
async fn halved(app: &App, files: &Files) -> (Feed, PathBuf, DeliveryId) {
    let feed = app.partner("acme").await;
    app.take_in(&feed, &files.csv("a.csv", &records(1..=100))).await;
    let half = files.csv("half.csv", &records(1..=50));
    let done = next(app, &feed, &half).await;
    assert_eq!(done.report.file.verdict, Verdict::Held);
    (feed, half, done.delivery)
}

#[tokio::test]
async fn what_a_whole_catalogue_does_not_name_is_withdrawn_and_comes_back_when_it_is_named() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let all = files.csv("a.csv", &records(1..=100));
    app.take_in(&feed, &all).await;
    let done = next(&app, &feed, &files.csv("b.csv", &records(6..=100))).await;
    let counts = logged(&app, &done.delivery).await.counts;
    assert_eq!((counts.received, counts.unchanged, counts.withdrawn), (95, 95, 5));
    assert!(counts.conserved(), "what was withdrawn is no record of the file");
    assert_eq!((live(&app, &feed).await, withdrawn(&app, &feed).await), (95, 5));
    let back = next(&app, &feed, &all).await.report.records;
    assert_eq!((back.accepted, back.unchanged, back.withdrawn), (5, 95, 0));
    assert_eq!((live(&app, &feed).await, withdrawn(&app, &feed).await), (100, 0));
}

#[tokio::test]
async fn a_held_version_of_a_product_keeps_its_item_alive() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    app.take_in(&feed, &files.csv("a.csv", &records(1..=100))).await;
    let mut broken = records(1..=100);
    broken[6] = a_record(7).with("price", "0 EUR");
    let done = next(&app, &feed, &files.csv("b.csv", &broken)).await;
    assert_eq!(
        (done.report.records.quarantined, done.report.records.withdrawn),
        (1, 0)
    );
    assert_eq!(live(&app, &feed).await, 100);
}

#[tokio::test]
async fn a_file_of_changes_withdraws_nothing() {
    let (app, files) = (App::start().await, Files::new());
    let feed = Feed {
        mode: Mode::Delta,
        ..app.partner("acme").await
    };
    app.take_in(&feed, &files.csv("a.csv", &records(1..=100))).await;
    let done = next(&app, &feed, &files.csv("b.csv", &records(1..=2))).await;
    assert_eq!(done.report.file.verdict, Verdict::Accepted);
    assert_eq!(done.report.records.unchanged, 2);
    assert_eq!(live(&app, &feed).await, 100);
}

#[tokio::test]
async fn half_a_catalogue_is_held_with_the_numbers_side_by_side() {
    let (app, files) = (App::start().await, Files::new());
    let (feed, half, id) = halved(&app, &files).await;
    assert_eq!((live(&app, &feed).await, withdrawn(&app, &feed).await), (100, 0));
    let delivery = logged(&app, &id).await;
    assert_eq!(delivery.status, Status::Held);
    assert_eq!(delivery.file.code.as_deref(), Some("FILE_DROP"));
    let gate = delivery.gate.expect("the gates were asked");
    assert_eq!(gate.outcome, Outcome::Hold);
    let figures = serde_json::to_value(&gate.findings[0].figures).expect("JSON");
    assert_eq!(figures[0]["before"], 100);
    assert_eq!(figures[0]["now"], 50);
    assert_eq!(app.take_in(&feed, &half).await.report.exit_code(), 4);
}

#[tokio::test]
async fn a_released_file_takes_effect_and_is_the_new_normal() {
    let (app, files) = (App::start().await, Files::new());
    let (feed, half, id) = halved(&app, &files).await;
    let other = files.csv("other.csv", &records(1..=51));
    let refusal = release(&app, &id, &other).await.expect_err("another file");
    assert!(
        refusal.to_string().contains("is not the file of delivery"),
        "{refusal}"
    );
    let done = release(&app, &id, &half).await.expect("released");
    assert_eq!(done.delivery, id, "it keeps its place in the log");
    let delivery = logged(&app, &id).await;
    let held = delivery.hold.expect("it was held");
    assert_eq!((delivery.status, held.stage), (Status::Accepted, Stage::Released));
    assert_eq!(held.ruling.map(|ruling| ruling.by).as_deref(), Some("Ines"));
    assert_eq!((delivery.counts.unchanged, delivery.counts.withdrawn), (50, 50));
    assert_eq!((live(&app, &feed).await, withdrawn(&app, &feed).await), (50, 50));
    let again = release(&app, &id, &half)
        .await
        .expect_err("it is released already");
    assert!(again.to_string().contains("released already, by Ines"), "{again}");
    let next = next(&app, &feed, &files.csv("c.csv", &records(1..=48))).await;
    assert_eq!(next.report.file.verdict, Verdict::Accepted);
    assert_eq!(next.report.records.withdrawn, 2);
}

#[tokio::test]
async fn a_refused_file_never_takes_effect() {
    let (app, files) = (App::start().await, Files::new());
    let (feed, half, id) = halved(&app, &files).await;
    let why = ruling(&app, "the export broke off");
    hold::refuse(&app.store, &Scope::All, &id, &why)
        .await
        .expect("refused");
    let delivery = logged(&app, &id).await;
    assert_eq!(delivery.status, Status::Refused);
    assert_eq!(delivery.hold.map(|hold| hold.stage), Some(Stage::Refused));
    for again in [
        hold::refuse(&app.store, &Scope::All, &id, &why).await.err(),
        release(&app, &id, &half).await.err(),
    ] {
        let again = again.expect("somebody was faster").to_string();
        assert!(again.contains("refused already, by Ines"), "{again}");
    }
    assert_eq!(live(&app, &feed).await, 100);
}

#[tokio::test]
async fn a_newer_file_that_takes_effect_ends_the_hold() {
    let (app, files) = (App::start().await, Files::new());
    let (feed, half, id) = halved(&app, &files).await;
    let newer = next(&app, &feed, &files.csv("c.csv", &records(1..=101))).await;
    assert_eq!(newer.report.file.verdict, Verdict::Accepted);
    let held = logged(&app, &id).await.hold.expect("it was held");
    assert_eq!(
        (held.stage, held.superseded_by),
        (Stage::Superseded, Some(newer.delivery))
    );
    let refusal = release(&app, &id, &half).await.expect_err("superseded");
    assert!(
        refusal.to_string().contains("a newer file took effect"),
        "{refusal}"
    );
    assert_eq!(live(&app, &feed).await, 101);
}

#[tokio::test]
async fn somebody_may_let_a_file_through_beforehand() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    app.take_in(&feed, &files.csv("a.csv", &records(1..=100))).await;
    app.clock.advance(TimeDelta::days(1));
    let half = files.csv("half.csv", &records(1..=50));
    let why = ruling(&app, "the range was halved on purpose");
    let done = app
        .ingest()
        .run_anyway(&feed, &half, "half.csv", Some(why))
        .await
        .expect("an ingest");
    assert_eq!(done.report.file.verdict, Verdict::Accepted);
    assert_eq!(
        done.report.gate.map(|gate| gate.outcome),
        Some(Outcome::Hold),
        "what was overruled is still told"
    );
    assert_eq!(live(&app, &feed).await, 50);
}

#[tokio::test]
async fn the_time_that_a_delivery_waited_for_people_is_not_counted_as_ours() {
    let (app, files) = (App::start().await, Files::new());
    let (feed, half, id) = halved(&app, &files).await;
    app.clock.advance(TimeDelta::hours(20));
    release(&app, &id, &half).await.expect("released");
    let delivery = logged(&app, &id).await;
    assert_eq!(
        delivery.hold.as_ref().map(|hold| hold.waited().num_hours()),
        Some(20)
    );
    assert_eq!(delivery.latency_ms(), Some(0), "the clock stands while we work");
    let span = Span {
        from: app.clock.now() - TimeDelta::days(2),
        until: app.clock.now() + TimeDelta::days(1),
    };
    app.roll().await;
    let rolled = app
        .store
        .list_rolled(&Scope::All, span, BucketSize::Hour)
        .await
        .expect("rollups");
    let slowest = rolled
        .iter()
        .filter(|kept| kept.feed == feed.id)
        .filter_map(|kept| kept.rollup.latency.percentile(1.0))
        .max();
    assert!(slowest.is_some_and(|ms| ms < 60_000), "{slowest:?}");
}

#[tokio::test]
async fn a_scan_of_the_catalogue_that_broke_off_goes_on_behind_the_last_key() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    app.take_in(&feed, &files.csv("a.csv", &records(1..=100))).await;
    let keys = async |after: Option<&str>| {
        let mut keys = Vec::new();
        let see = |item: Stored<'_>| keys.push(item.key.to_owned());
        app.store.scan_items(&feed.id, after, see).await.expect("a scan");
        keys
    };
    let all = keys(None).await;
    assert_eq!(all.len(), 100);
    assert!(all.is_sorted());
    assert_eq!(keys(Some(&all[41])).await, all[42..]);
}
