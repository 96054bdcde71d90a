//! What the first reading of a file found out is what takes effect, whatever is read again.
//!
//! A whole catalogue is read again only where something is to be written; of a file of changes
//! everything is read and checked again. Both must end alike.

use crate::support::app::App;
use crate::support::files::{ARecord, Files, a_record};
use chrono::TimeDelta;
use feedgate::domain::account::Scope;
use feedgate::domain::feed::{Feed, Mode};
use feedgate::domain::hold::Ruling;
use feedgate::domain::quarantine::State;
use feedgate::domain::query::{QuarantineFilter, StateFilter};
use feedgate::domain::record::{Attributes, Position};
use feedgate::domain::report::Counts;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// A product of a few, so that ids repeat, and what is the matter with it.
type Sent = (u8, u8);

fn record((product, fault): Sent) -> ARecord {
    let record = a_record(u32::from(product));
    match fault {
        0 => record.with("price", "0.00 EUR"),
        1 => record.with("id", ""),
        2 => record.with("gtin", "4006381333932"),
        3 => record.with("title", "GREAT HOSES FOR SALE"),
        4 => record.with("price", "9999.00 EUR"),
        5 => record.with("price", "0.95 EUR"),
        _ => record,
    }
}

/// A held record: which it was, what was found, what was sent and where it stands.
type Held = (Position, String, Vec<String>, String, State);
/// An item: its id and its values.
type Kept = (u8, Option<Attributes>);

/// How files are compared with the catalogue.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// By the outline that the last file left.
    Outlined,
    /// Item by item, for no outline is true.
    Scanned,
    /// Only where they name a product.
    Delta,
}

/// What the files leave behind: counts and codes of each, held records and items.
async fn left_by(way: Way, files: &[Vec<Sent>]) -> (Vec<(Counts, String)>, Vec<Held>, Vec<Kept>) {
    let mode = if way == Way::Delta {
        Mode::Delta
    } else {
        Mode::Snapshot
    };
    let (app, folder) = (App::start().await, Files::new());
    let feed = Feed {
        mode,
        ..app.partner("acme").await
    };
    let mut counted = Vec::new();
    for sent in files {
        let records: Vec<ARecord> = sent.iter().copied().map(record).collect();
        // Gates judge a whole catalogue by more than a file of changes.
        let ruling = Ruling {
            by: "Ada".to_owned(),
            at: app.clock.now(),
            reason: "a test".to_owned(),
        };
        let file = folder.csv("a.csv", &records);
        if way == Way::Scanned {
            app.store.touch_items(&feed.id).await.expect("another version");
        }
        let ingest = app.ingest();
        let ingested = ingest.run_anyway(&feed, &file, "a.csv", Some(ruling)).await;
        let report = ingested.expect("an ingest").report;
        let mut codes: Vec<_> = report
            .codes
            .iter()
            .filter(|c| c.records > 0)
            .map(|c| (c.code.clone(), c.records))
            .collect();
        codes.sort();
        counted.push((report.records, format!("{codes:?}")));
        let (_, outline) = app.store.find_outline(&feed.id).await.expect("a look");
        assert_eq!(outline.is_some(), mode == Mode::Snapshot);
        app.clock.advance(TimeDelta::days(1));
    }
    let all = QuarantineFilter {
        state: StateFilter::Any,
        ..QuarantineFilter::default()
    };
    let page = app.store.list_held(&Scope::All, &all, "", 1000).await;
    let mut held: Vec<Held> = page
        .expect("a list")
        .rows
        .into_iter()
        .map(|r| {
            let found = r.violations.iter().map(|v| format!("{v:?}")).collect();
            (
                r.position,
                r.original,
                found,
                format!("{:?}", r.attributes),
                r.state,
            )
        })
        .collect();
    held.sort_by_key(|held| format!("{held:?}"));
    let mut items = Vec::new();
    for product in 1..=12 {
        let key = format!("sku{product}");
        let item = app.store.find_item(&Scope::All, &feed.id, &key).await;
        items.push((product, item.expect("a look").map(|item| item.attributes)));
    }
    (counted, held, items)
}

#[test]
fn a_catalogue_read_in_part_ends_as_one_that_is_checked_again_from_end_to_end() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let file = || prop::collection::vec((1u8..=12, 0u8..14), 1..40);
    let config = ProptestConfig {
        cases: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(&(file(), file()), |(first, second)| {
            // The same file again in between: what is held is held again, and nothing else is done.
            let files = [first.clone(), first, second];
            runtime.block_on(async {
                let mut whole = left_by(Way::Outlined, &files).await;
                let changes = left_by(Way::Delta, &files).await;
                for (counts, _) in &mut whole.0 {
                    // What is not named any more is withdrawn by a whole catalogue alone.
                    counts.withdrawn = 0;
                }
                prop_assert_eq!(whole.0, changes.0);
                prop_assert_eq!(whole.1, changes.1);
                prop_assert_eq!(whole.2, changes.2);
                Ok(())
            })
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_file_finds_by_the_outline_of_the_catalogue_what_it_finds_item_by_item() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let file = prop::collection::vec((1u8..=12, 0u8..14), 1..20);
    let config = ProptestConfig {
        cases: 8,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(&prop::collection::vec(file, 3..6), |files| {
            runtime.block_on(async {
                let outlined = left_by(Way::Outlined, &files).await;
                let scanned = left_by(Way::Scanned, &files).await;
                prop_assert_eq!(outlined, scanned);
                Ok(())
            })
        })
        .unwrap_or_else(|error| panic!("{error}"));
}
