//! Files taken in through the real pipeline.

use crate::support::app::App;
use crate::support::files::{ARecord, Files, a_record};
use chrono::TimeDelta;
use feedgate::domain::account::Scope;
use feedgate::domain::delivery::Status;
use feedgate::domain::ids::{DeliveryId, PartnerId};
use feedgate::domain::quarantine::State;
use feedgate::domain::query::{QuarantineFilter, StateFilter};
use feedgate::domain::report::Verdict;
use feedgate::server::profile;
use feedgate::server::store::{Deed, Error, Revision};

/// Ten records, the last two of which must be held.
fn ten() -> Vec<ARecord> {
    let mut records: Vec<ARecord> = (1..=8).map(a_record).collect();
    records.push(a_record(9).with("gtin", "4006381333932"));
    records.push(a_record(10).with("price", "0.00 EUR"));
    records
}

async fn states_of(app: &App, delivery: &DeliveryId) -> Vec<State> {
    let filter = QuarantineFilter {
        delivery: Some(delivery.clone()),
        state: StateFilter::Any,
        ..QuarantineFilter::default()
    };
    let page = app
        .store
        .list_held(&Scope::All, &filter, "", 100)
        .await
        .expect("a list");
    page.rows.iter().map(|r| r.state).collect()
}

#[tokio::test]
async fn a_feed_is_read_by_its_profile_from_the_next_file_on() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let rows = b"Artikelnummer im Shop;Produktname;Produktbeschreibung;Preis;Produkt-URL;Bild-URL_1\n\
                 A1;Garden hose;Green, with two fittings.;12,50;https://shop.example/1;https://shop.example/1.jpg\n";
    let file = files.bytes("idealo.csv", rows);
    let refused = app.take_in(&feed, &file).await.report.file;
    assert_eq!(refused.code.as_deref(), Some("FILE_HEADER"));

    let text = "base = \"idealo\"\ndecimal = \",\" # as in Germany\n[map]\n\"a.b$c\" = \"color\"\n";
    let profile = profile::read(text).expect("sound");
    let revision = Revision {
        feed: feed.id.clone(),
        version: 2,
        text: text.to_owned(),
        before: String::new(),
        at: app.clock.now(),
        by: "Jana".to_owned(),
        reason: "their words".to_owned(),
    };
    let deed = Deed {
        at: revision.at,
        actor_id: None,
        actor_name: revision.by.clone(),
        action: "feed.profile".to_owned(),
        object: format!("feed:{}", feed.id),
        partner: Some(feed.id.partner()),
        what: revision.deed(),
    };
    let revise = async |scope: &Scope| app.store.revise_profile(scope, &revision, &profile, &deed).await;
    let elsewhere = Scope::Only(vec![PartnerId::new("beta")]);
    for (scope, is_done) in [(&elsewhere, false), (&Scope::All, true), (&Scope::All, false)] {
        match revise(scope).await {
            Ok(()) => assert!(is_done, "it is somebody else's, or there already"),
            Err(error) => assert!(matches!(error, Error::Conflict { .. }) && !is_done, "{error}"),
        }
    }
    let kept = app
        .store
        .list_revisions(&Scope::All, &feed.id)
        .await
        .expect("a list");
    assert_eq!(kept, [revision], "as it was written, comments and all");
    let feed = app
        .store
        .find_feed(&Scope::All, &feed.id)
        .await
        .expect("asked")
        .expect("there")
        .feed;
    assert_eq!(feed.profile, profile, "dots and dollars in names are kept");
    let ingested = app.take_in(&feed, &file).await;
    let done = ingested.report;
    assert_eq!(
        (done.records.accepted, done.records.quarantined),
        (1, 0),
        "{:?}",
        done.codes
    );
    let (delivery, _) = app
        .store
        .find_delivery(&Scope::All, &ingested.delivery)
        .await
        .expect("asked")
        .expect("there");
    assert_eq!(delivery.profile_version, 2, "the log says by which it was read");
}

#[tokio::test]
async fn good_records_become_items_and_bad_ones_are_held_with_what_was_sent() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let done = app.take_in(&feed, &files.csv("a.csv", &ten())).await;
    let records = done.report.records;
    assert_eq!(
        (
            records.received,
            records.accepted,
            records.unchanged,
            records.quarantined
        ),
        (10, 8, 0, 2)
    );
    assert_eq!(
        app.store
            .count_items(&Scope::All, &feed.id)
            .await
            .expect("a count"),
        8
    );
    let item = app
        .store
        .find_item(&Scope::All, &feed.id, "sku1")
        .await
        .expect("a look")
        .expect("an item");
    assert!(
        item.attributes
            .0
            .contains(&("title".to_owned(), "Garden hose number 1".to_owned())),
        "{item:?}"
    );

    let page = app
        .store
        .list_held(&Scope::All, &QuarantineFilter::default(), "", 10)
        .await
        .expect("a list");
    assert_eq!(page.rows.len(), 2);
    let gtin = page
        .rows
        .iter()
        .find(|r| r.item_id == "SKU9")
        .expect("the bad GTIN is held");
    assert_eq!(gtin.violations[0].code, "GTIN_CHECK");
    assert!(
        gtin.violations[0].message.contains("4006381333931"),
        "{}",
        gtin.violations[0].message
    );
    assert_eq!(gtin.position.line, 10);
    assert!(
        gtin.original.starts_with("SKU9,") && gtin.original.contains("4006381333932"),
        "{}",
        gtin.original
    );

    let (delivery, samples) = app
        .store
        .find_delivery(&Scope::All, &done.delivery)
        .await
        .expect("a look")
        .expect("logged");
    assert_eq!((delivery.status, delivery.counts), (Status::Accepted, records));
    assert!(delivery.counts.conserved());
    assert_eq!(samples.len(), 2);
}

#[tokio::test]
async fn the_same_file_again_writes_no_item_and_leaves_each_product_held_once() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let file = files.csv("a.csv", &ten());
    let first = app.take_in(&feed, &file).await;
    app.clock.advance(TimeDelta::hours(1));
    let second = app.take_in(&feed, &file).await;
    let records = second.report.records;
    assert_eq!(
        (
            records.received,
            records.accepted,
            records.unchanged,
            records.quarantined
        ),
        (10, 0, 8, 2)
    );
    let (delivery, _) = app
        .store
        .find_delivery(&Scope::All, &second.delivery)
        .await
        .expect("a look")
        .expect("logged");
    assert_eq!(
        delivery.repeat_of.as_ref(),
        Some(&first.delivery),
        "the repeat is recognised"
    );
    assert_eq!(states_of(&app, &first.delivery).await, [State::Superseded; 2]);
    assert_eq!(states_of(&app, &second.delivery).await, [State::Quarantined; 2]);
}

#[tokio::test]
async fn only_what_changed_is_written() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    app.take_in(&feed, &files.csv("a.csv", &ten())).await;
    let mut changed = ten();
    changed[2] = a_record(3).with("price", "3.50 EUR");
    changed.push(a_record(11));
    let done = app.take_in(&feed, &files.csv("b.csv", &changed)).await;
    let records = done.report.records;
    assert_eq!(
        (
            records.received,
            records.accepted,
            records.unchanged,
            records.quarantined
        ),
        (11, 2, 7, 2)
    );
    let item = app
        .store
        .find_item(&Scope::All, &feed.id, "sku3")
        .await
        .expect("a look")
        .expect("an item");
    assert!(
        item.attributes
            .0
            .contains(&("price".to_owned(), "3.50 EUR".to_owned())),
        "{item:?}"
    );
}

#[tokio::test]
async fn a_product_that_comes_mended_sets_its_held_version_aside() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let first = app.take_in(&feed, &files.csv("a.csv", &ten())).await;
    let mended: Vec<ARecord> = (1..=9).map(a_record).collect();
    let second = app.take_in(&feed, &files.csv("b.csv", &mended)).await;
    let mut states = states_of(&app, &first.delivery).await;
    states.sort_by_key(|s| s.word());
    // The tenth did not come again, so it still waits.
    assert_eq!(states, [State::Quarantined, State::Superseded]);
    assert_eq!(second.report.records.accepted, 1);
}

#[tokio::test]
async fn a_damaged_file_is_refused_whole_and_takes_nothing_down() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    app.take_in(&feed, &files.csv("a.csv", &ten())).await;
    let cases: [(&str, &[u8], &str); 4] = [
        ("empty.csv", b"", "FILE_EMPTY"),
        ("page.csv", b"<!DOCTYPE html><html><body>Not found</body></html>", "FILE_HTML"),
        ("cut.xml", b"<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\"><channel><item><g:id>1</g:id>", "FILE_TRUNCATED"),
        ("latin.csv", b"id,title\n1,caf\xe9 noir et blanc\n", "FILE_ENCODING"),
    ];
    for (name, bytes, code) in cases {
        let done = app.take_in(&feed, &files.bytes(name, bytes)).await;
        let file = &done.report.file;
        assert_eq!(
            (file.verdict, file.code.as_deref()),
            (Verdict::Refused, Some(code)),
            "{name}: {:?}",
            file.message
        );
        let (delivery, _) = app
            .store
            .find_delivery(&Scope::All, &done.delivery)
            .await
            .expect("a look")
            .expect("logged");
        assert_eq!(delivery.status, Status::Refused);
        assert_eq!(delivery.counts.received, 0);
    }
    assert_eq!(
        app.store
            .count_items(&Scope::All, &feed.id)
            .await
            .expect("a count"),
        8
    );
}

#[tokio::test]
async fn another_ingest_of_the_feed_waits_and_then_says_so() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let other = DeliveryId::new("other");
    app.store
        .lease_feed(&feed.id, &other, app.clock.now(), TimeDelta::minutes(5))
        .await
        .expect("a lease");
    let mut ingest = app.ingest();
    ingest.patience = std::time::Duration::from_millis(300);
    let refusal = ingest
        .run(&feed, &files.csv("a.csv", &ten()), "a.csv")
        .await
        .expect_err("the feed is taken");
    assert!(
        refusal
            .to_string()
            .contains("another file of acme/main is being taken in"),
        "{refusal}"
    );
    app.store
        .release_feed(&feed.id, &other)
        .await
        .expect("given back");
    app.take_in(&feed, &files.csv("a.csv", &ten())).await;
}
