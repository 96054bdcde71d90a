//! Prices that jump: told with both prices, counted once, and taken over all the same.

use crate::support::app::App;
use crate::support::files::{ARecord, Files, a_record};
use chrono::TimeDelta;
use feedgate::domain::account::Scope;
use feedgate::domain::contract::{Contract, Level, Override};
use feedgate::domain::feed::{Feed, Mode};
use feedgate::domain::report::Report;

/// Thirty records; in the second file one costs a hundredth, one nine tenths, one as before.
async fn repriced(app: &App, feed: &Feed) -> (Report, u64) {
    let files = Files::new();
    let records: Vec<ARecord> = (1..=30).map(a_record).collect();
    let of = |prices: [&str; 3]| {
        let mut records = records.clone();
        for (record, price) in records.iter_mut().zip(prices) {
            *record = record.clone().with("price", price);
        }
        records
    };
    let first = of(["120.00 EUR", "100.00 EUR", "5.00 EUR"]);
    app.take_in(feed, &files.csv("a.csv", &first)).await;
    app.clock.advance(TimeDelta::days(1));
    let second = files.csv("b.csv", &of(["1.20 EUR", "90.00 EUR", "5.00 EUR"]));
    let done = app.take_in(feed, &second).await;
    let logged = app.store.find_delivery(&Scope::All, &done.delivery).await;
    let (delivery, samples) = logged.expect("a look").expect("logged");
    assert_eq!(
        delivery.codes, done.report.codes,
        "the log says what the report says"
    );
    assert_eq!(delivery.counts.warned, done.report.records.warned);
    let kept = samples.iter().filter(|s| s.violation.code == "TIME_PRICE_JUMP");
    let kept = kept.count() as u64;
    (done.report, kept)
}

fn jumps(report: &Report) -> u64 {
    let mut codes = report.codes.iter();
    codes
        .find(|code| code.code == "TIME_PRICE_JUMP")
        .map_or(0, |code| code.records)
}

#[tokio::test]
async fn a_price_that_fell_to_a_hundredth_is_told_with_both_prices_and_taken_over() {
    for mode in [Mode::Snapshot, Mode::Delta] {
        let app = App::start().await;
        let feed = Feed {
            mode,
            ..app.partner("acme").await
        };
        let (report, kept) = repriced(&app, &feed).await;
        assert_eq!(
            (jumps(&report), kept, report.records.warned),
            (1, 1, 1),
            "{mode:?}"
        );
        assert_eq!(
            (report.records.accepted, report.records.unchanged),
            (2, 28),
            "{mode:?}"
        );
        let sample = &report.samples[0];
        assert_eq!((sample.id.as_str(), sample.line), ("SKU1", 2));
        assert_eq!(
            sample.violation.message,
            "The price is 1.20 EUR where it was 120.00 EUR: a hundredth, so its decimal mark has probably slipped."
        );
        let item = app.store.find_item(&Scope::All, &feed.id, "sku1").await;
        let item = item.expect("a look").expect("an item");
        assert!(
            item.attributes
                .0
                .contains(&("price".to_owned(), "1.20 EUR".to_owned())),
            "{item:?}"
        );
    }
}

#[tokio::test]
async fn a_contract_may_not_ask_after_prices_or_ask_earlier() {
    for (own, expected) in [
        (Override::level(Level::Off), 0),
        (
            Override {
                threshold: Some(5),
                ..Override::default()
            },
            2,
        ),
    ] {
        let app = App::start().await;
        let feed = Feed {
            contract: Contract {
                rules: [("TIME_PRICE_JUMP".to_owned(), own)].into(),
                ..Contract::default()
            },
            ..app.partner("acme").await
        };
        let (report, _) = repriced(&app, &feed).await;
        assert_eq!(jumps(&report), expected);
    }
}
