//! Lists of held records against a count by hand, for every filter: what is kept or found by an
//! index is what there is, and what is walked page by page is all of it, each once.

use crate::reconciliation::reach;
use crate::support::app::App;
use crate::support::files::{Files, a_record};
use chrono::TimeDelta;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::{DeliveryId, FeedId, PartnerId, RecordId};
use feedgate::domain::quarantine::{HeldRecord, State};
use feedgate::domain::query::{QuarantineFilter, StateFilter, Total};
use feedgate::domain::violation::Severity;
use futures::StreamExt;
use mongodb::bson::{Document, doc};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

async fn everything(app: &App) -> Vec<HeldRecord> {
    let filter = QuarantineFilter {
        state: StateFilter::Any,
        ..QuarantineFilter::default()
    };
    let all = app.store.list_held(&Scope::All, &filter, "", 1000).await;
    all.expect("a list").rows
}

/// The rules that a record is held for, each once.
fn codes_of(record: &HeldRecord) -> impl Iterator<Item = &str> {
    let errors = record.violations.iter().filter(|v| v.severity == Severity::Error);
    let codes: BTreeSet<&str> = errors.map(|v| &*v.code).collect();
    codes.into_iter()
}

fn fits(record: &HeldRecord, filter: &QuarantineFilter) -> bool {
    filter.state.has(record.state)
        && filter.partner.as_ref().is_none_or(|p| *p == record.partner)
        && filter.feed.as_ref().is_none_or(|f| *f == record.feed)
        && filter.delivery.as_ref().is_none_or(|d| *d == record.delivery)
        && filter.item.as_ref().is_none_or(|i| *i == record.item_id)
        && filter
            .code
            .as_ref()
            .is_none_or(|c| codes_of(record).any(|code| code == *c))
}

/// Every combination of one of each, or none.
fn filters(all: &[HeldRecord]) -> Vec<QuarantineFilter> {
    let some = |of: &dyn Fn(&HeldRecord) -> String| {
        let mut values: Vec<Option<String>> = all.iter().map(|r| Some(of(r))).collect();
        values.sort_unstable();
        values.dedup();
        values.insert(0, None);
        values
    };
    let mut states = vec![StateFilter::Open, StateFilter::Any];
    states.extend(State::ALL.map(StateFilter::Is));
    let mut filters = Vec::new();
    for partner in some(&|r| r.partner.to_string()) {
        for feed in some(&|r| r.feed.to_string()) {
            for code in [None, Some("GTIN_CHECK"), Some("PRICE_ZERO"), Some("NO_SUCH")] {
                for state in &states {
                    let filter = QuarantineFilter {
                        partner: partner.clone().map(PartnerId::new),
                        feed: feed.clone().map(FeedId::new),
                        code: code.map(str::to_owned),
                        state: *state,
                        ..QuarantineFilter::default()
                    };
                    filters.push(filter);
                }
            }
        }
    }
    for delivery in some(&|r| r.delivery.to_string()) {
        for item in some(&|r| r.item_id.clone()) {
            for state in &states {
                filters.push(QuarantineFilter {
                    delivery: delivery.clone().map(DeliveryId::new),
                    item: item.clone(),
                    state: *state,
                    ..QuarantineFilter::default()
                });
            }
        }
        for code in ["GTIN_CHECK", "PRICE_ZERO"] {
            for partner in [None, Some("acme"), Some("beta")] {
                for item in [None, Some("SKU3")] {
                    filters.push(QuarantineFilter {
                        partner: partner.map(PartnerId::new),
                        delivery: delivery.clone().map(DeliveryId::new),
                        item: item.map(str::to_owned),
                        code: Some(code.to_owned()),
                        state: StateFilter::Any,
                        ..QuarantineFilter::default()
                    });
                }
            }
        }
    }
    filters
}

/// Compares every list and number with what is counted by hand.
async fn compare(app: &App, scope: &Scope, all: &[HeldRecord]) {
    for filter in filters(all) {
        let mut expected: Vec<&HeldRecord> = all
            .iter()
            .filter(|r| scope.covers(&r.partner) && fits(r, &filter))
            .collect();
        expected.sort_by(|a, b| b.id.cmp(&a.id));
        let total = app.store.count_held(scope, &filter).await.expect("a count");
        assert_eq!(total, Total::Exactly(expected.len() as u64), "{filter:?}");
        let mut codes = BTreeMap::<String, u64>::new();
        let but_code = QuarantineFilter {
            code: None,
            ..filter.clone()
        };
        for record in all
            .iter()
            .filter(|r| scope.covers(&r.partner) && fits(r, &but_code))
        {
            for code in codes_of(record) {
                *codes.entry(code.to_owned()).or_default() += 1;
            }
        }
        let told = app.store.count_held_codes(scope, &filter).await.expect("codes");
        let told: BTreeMap<String, u64> = told.into_iter().map(|(c, n)| (c, n.unwrap_or(0))).collect();
        assert_eq!(told, codes, "{filter:?}");
        let (mut walked, mut after) = (Vec::new(), String::new());
        loop {
            let page = app
                .store
                .list_held(scope, &filter, &after, 2)
                .await
                .expect("a list");
            walked.extend(page.rows.into_iter().map(|r| r.id));
            match page.next {
                Some(next) if walked.len() < 100 => after = next,
                _ => break,
            }
        }
        let expected: Vec<_> = expected.into_iter().map(|r| r.id.clone()).collect();
        assert_eq!(walked, expected, "{filter:?}");
        let told = whole(app, scope, &filter).await;
        let as_they_came = expected.iter().rev().map(RecordId::as_str);
        assert_eq!(told, as_they_came.collect::<Vec<_>>(), "{filter:?}");
    }
}

/// The ids of a list that goes out whole, in its order.
async fn whole(app: &App, scope: &Scope, filter: &QuarantineFilter) -> Vec<String> {
    let mut ids = Vec::new();
    let mut parts = pin!(app.store.walk_held(scope, filter));
    while let Some(part) = parts.next().await {
        let part = part.expect("a part of the list");
        part.each(|line| ids.push(line.id.to_owned())).expect("records");
    }
    ids
}

#[tokio::test]
async fn a_list_that_goes_out_whole_has_each_record_once_however_they_lie_in_their_deliveries() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let free = a_record(1).with("price", "0 EUR");
    app.take_in(&feed, &files.csv("a.csv", &[free])).await;
    let all = everything(&app).await;
    let held = reach(&app, "quarantine").await;
    let one = held.find_one(doc! {"_id": all[0].id.as_str()}).await;
    let one = one.expect("a look").expect("the record");

    // More than are read together, next to one another and far apart, and numbers that have grown longer than others.
    let lie: [(&str, Vec<u64>); 6] = [
        ("0000", vec![3]),
        ("0001", (1..=2_500).collect()),
        ("0002", (1..=1_400).map(|n| n * 37).collect()),
        (
            "0003",
            (1..=4_000).chain((10..=1_100).map(|n| n * 1_000)).collect(),
        ),
        ("0004", vec![1, 9_999_999]),
        ("0005", (9_998_900..10_001_100).collect()),
    ];
    let mut expected = vec![all[0].id.as_str().to_owned()];
    for (delivery, numbers) in &lie {
        let delivery = DeliveryId::new(*delivery);
        let records = numbers.iter().map(|n| {
            let mut record = one.clone();
            record.insert("_id", RecordId::of(&delivery, *n).as_str());
            record.insert("delivery", delivery.as_str());
            record
        });
        let records: Vec<Document> = records.collect();
        expected.extend(
            records
                .iter()
                .map(|r| r.get_str("_id").expect("an id").to_owned()),
        );
        held.insert_many(records).await.expect("the records");
    }
    expected.sort_unstable();
    for filter in [
        QuarantineFilter::default(),
        QuarantineFilter {
            partner: Some(PartnerId::new("acme")),
            ..QuarantineFilter::default()
        },
        QuarantineFilter {
            code: Some("PRICE_ZERO".to_owned()),
            state: StateFilter::Any,
            ..QuarantineFilter::default()
        },
    ] {
        let told = whole(&app, &Scope::All, &filter).await;
        assert!(
            told == expected,
            "{filter:?}: {} of {}",
            told.len(),
            expected.len()
        );
    }
    let nobody = Scope::Only(vec![PartnerId::new("beta")]);
    assert!(
        whole(&app, &nobody, &QuarantineFilter::default())
            .await
            .is_empty()
    );
}

/// Takes files of two partners in, some of whose records end up in each state.
async fn hold_in_every_state(app: &App) -> Vec<HeldRecord> {
    let files = Files::new();
    let checked = |n| a_record(n).with("gtin", "4006381333932");
    let free = |n| a_record(n).with("price", "0 EUR");
    let side = Feed::new(FeedId::new("acme/side"));
    for slug in ["acme", "beta"] {
        let feed = app.partner(slug).await;
        if slug == "acme" {
            app.store.insert_feed(&side).await.expect("a second feed");
            app.take_in(&side, &files.csv("s.csv", &[a_record(9), checked(8), free(7)]))
                .await;
        }
        let file = files.csv("a.csv", &[a_record(9), checked(1), free(2), checked(3), free(4)]);
        app.take_in(&feed, &file).await;
        app.clock.advance(TimeDelta::minutes(1));
        // The first comes again and sound, the third broken again, the rest not at all.
        let file = files.csv("b.csv", &[a_record(9), a_record(1), checked(3), free(5)]);
        app.take_in(&feed, &file).await;
    }
    let staff = app.sign_in(Role::Staff, None).await;
    let all = everything(app).await;
    let of = |item: &str, slug: &str| {
        let found = all
            .iter()
            .find(|r| r.item_id == item && r.partner.as_str() == slug && r.state.is_open());
        found.expect("it is held").id.clone()
    };
    for slug in ["acme", "beta"] {
        let gone = [
            ("id", of("SKU2", slug).to_string()),
            ("reason", "no use".to_owned()),
        ];
        let gone = gone.each_ref().map(|(n, v)| (*n, v.as_str()));
        assert!(staff.call("discard_record", &gone).await.status.is_success());
    }
    // One waits for a worker, one was mended and accepted, one rejected again.
    let again = of("SKU3", "acme");
    assert!(
        staff
            .call("replay_record", &[("id", again.as_str())])
            .await
            .status
            .is_success()
    );
    app.work().await;
    let mended = all.iter().find(|r| r.id == of("SKU5", "acme")).expect("held");
    app.mend(mended, "price", "5 EUR").await;
    let mended = mended.id.clone();
    assert!(
        staff
            .call("replay_record", &[("id", mended.as_str())])
            .await
            .status
            .is_success()
    );
    app.work().await;
    let waits = of("SKU4", "beta");
    assert!(
        staff
            .call("replay_record", &[("id", waits.as_str())])
            .await
            .status
            .is_success()
    );

    let all = everything(app).await;
    let states: BTreeSet<&str> = all.iter().map(|r| r.state.word()).collect();
    assert_eq!(states.len(), State::ALL.len(), "one in each state: {states:?}");
    all
}

#[tokio::test]
async fn every_list_has_the_records_that_it_says_it_has() {
    let app = App::start().await;
    let all = hold_in_every_state(&app).await;
    compare(&app, &Scope::All, &all).await;
    compare(&app, &Scope::Only(vec![PartnerId::new("beta")]), &all).await;
    compare(&app, &Scope::Only(vec![]), &all).await;
    let both = ["acme", "beta"].map(PartnerId::new).to_vec();
    compare(&app, &Scope::Only(both), &all).await;
    for slug in ["acme", "beta"] {
        let feed = FeedId::new(format!("{slug}/main"));
        assert_eq!(app.store.verify_issues(&feed).await.expect("a proof"), []);
        let of = |state: &dyn Fn(State) -> bool| {
            let of = all.iter().filter(|r| r.feed == feed && state(r.state));
            i64::try_from(of.count()).expect("few")
        };
        let open = of(&State::is_open);
        assert!(open > 0, "there is something to keep count of");
        assert_eq!(kept(&app, &feed).await, (true, open), "{slug}");
    }
    let staff = app.sign_in(Role::Staff, None).await;
    let list = staff.get("/export/quarantine.csv?state=any").await.body;
    let ids: Vec<&str> = list
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    let mut came: Vec<&str> = all.iter().map(|r| r.id.as_str()).collect();
    came.sort_unstable();
    assert_eq!(ids, came, "as they came: {list}");
}

#[tokio::test]
async fn records_of_an_earlier_version_stand_in_every_list_once_it_is_upgraded() {
    let app = App::start().await;
    let all = hold_in_every_state(&app).await;
    let held = reach(&app, "quarantine").await;
    let none = doc! {"$unset": {"places": ""}};
    let wrong = doc! {"$set": {"places": ["quarantined", "quarantined/acme/main", "queued/beta NO_SUCH"]}};
    // What the version before had, what one long ago had, a database restored without its indexes,
    // and one that went back to the version before for a while.
    let newest = vec![
        doc! {"state": 1, "_id": -1},
        doc! {"partner": 1, "state": 1, "codes": 1, "_id": -1},
        doc! {"feed": 1, "state": 1, "_id": 1},
    ];
    let oldest = vec![
        doc! {"state": 1, "partner": 1, "_id": -1},
        doc! {"delivery": 1, "_id": -1},
    ];
    for (before, change) in [
        (newest.clone(), none.clone()),
        (oldest, none.clone()),
        (Vec::new(), none),
        (newest, wrong.clone()),
    ] {
        held.update_many(doc! {}, change).await.expect("as they were");
        held.drop_index("places_1__id_-1").await.expect("as it was");
        for keys in before {
            let index = mongodb::IndexModel::builder().keys(keys).build();
            held.create_index(index).await.expect("an index");
        }
        let (one, other) = tokio::join!(app.store.migrate(), app.store.migrate());
        one.and(other).expect("an upgrade, by two at once");
        let mut indexes = held.list_index_names().await.expect("indexes");
        indexes.sort_unstable();
        assert_eq!(indexes, ["_id_", "item_id_1__id_-1", "places_1__id_-1"]);
        let misplaced = app.store.count_misplaced().await.expect("a count");
        assert!(misplaced.is_empty(), "{misplaced:?}");
        compare(&app, &Scope::All, &all).await;
    }

    held.update_one(doc! {"state": "discarded"}, wrong)
        .await
        .expect("a change");
    let misplaced = app.store.count_misplaced().await.expect("a count");
    assert_eq!(misplaced.into_values().sum::<u64>(), 1);
    assert_eq!(app.store.mend_places().await.expect("mended"), 1);
    compare(&app, &Scope::All, &all).await;
}

/// Whether a feed is counted, and how many of its records are kept as open.
async fn kept(app: &App, feed: &FeedId) -> (bool, i64) {
    let counts = reach(app, "held_counts").await;
    let found = counts
        .find_one(doc! {"_id": feed.as_str()})
        .await
        .expect("a look");
    let found = found.expect("the counts of the feed");
    let n = found.get_document("n").cloned().unwrap_or_default();
    (
        found.get_bool("counted").unwrap_or(false),
        n.get_i64("open").unwrap_or(0),
    )
}

#[tokio::test]
async fn a_feed_from_before_there_were_counts_is_counted_with_its_next_file() {
    let (app, files) = (App::start().await, Files::new());
    let (feed, idle) = (app.partner("acme").await, app.partner("idle").await);
    let free = |n| a_record(n).with("price", "0 EUR");
    app.take_in(&feed, &files.csv("a.csv", &[a_record(9), free(1), free(2)]))
        .await;
    reach(&app, "held_counts")
        .await
        .delete_many(doc! {})
        .await
        .expect("none left");
    app.store.migrate().await.expect("the new version");
    assert_eq!(kept(&app, &feed.id).await, (false, 0), "nobody knows");
    assert_eq!(kept(&app, &idle.id).await, (true, 0), "there is nothing to know");
    compare(&app, &Scope::All, &everything(&app).await).await;
    let open = app.store.count_open(&Scope::All, None).await.expect("a count");
    assert_eq!(open.into_values().collect::<Vec<_>>(), [2]);

    app.clock.advance(TimeDelta::minutes(1));
    app.take_in(
        &feed,
        &files.csv("b.csv", &[a_record(9), free(1), free(2), free(3)]),
    )
    .await;
    assert_eq!(kept(&app, &feed.id).await, (true, 3));
    compare(&app, &Scope::All, &everything(&app).await).await;
    assert_eq!(app.store.verify_issues(&feed.id).await.expect("a proof"), []);
    app.store.migrate().await.expect("the same again");
    assert_eq!(kept(&app, &feed.id).await, (true, 3));
}
