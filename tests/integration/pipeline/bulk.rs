//! Work on many held records at once: the set that was frozen is the set that is run, each record
//! once, whatever happens to the workers meanwhile.

use crate::support::app::App;
use crate::support::files::{ARecord, Files, a_record};
use crate::support::mongo;
use chrono::TimeDelta;
use feedgate::domain::account::Scope;
use feedgate::domain::bulk::{Action, Move, Outcome, Pace, State, Tally};
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::{FeedId, JobId, PartnerId, RecordId};
use feedgate::domain::quarantine::{self, HeldRecord};
use feedgate::domain::query::{QuarantineFilter, StateFilter};
use feedgate::server::store::{Asked, Bulk, Error};
use mongodb::bson::{Document, doc};

/// Records that are held for their price.
pub async fn held(app: &App, records: u32) -> Feed {
    let feed = app.partner("acme").await;
    let records: Vec<ARecord> = (1..=records)
        .map(|n| a_record(n).with("price", "0 EUR"))
        .collect();
    app.take_in(&feed, &Files::new().csv("a.csv", &records)).await;
    feed
}

pub async fn plan(app: &App, feed: &Feed, id: &str, action: Action) -> u64 {
    let filter = QuarantineFilter {
        state: StateFilter::Any,
        ..QuarantineFilter::default()
    };
    plan_of(app, feed, &Scope::All, &JobId::new(id), action, &filter).await
}

/// Plans what is to be done to all that a filter has in a scope.
async fn plan_of(
    app: &App,
    feed: &Feed,
    scope: &Scope,
    id: &JobId,
    action: Action,
    filter: &QuarantineFilter,
) -> u64 {
    let asked = Asked {
        id: id.clone(),
        feed: feed.id.clone(),
        action,
        filter,
        selected: None,
        address: String::new(),
        asked_by: "Sam".to_owned(),
        asked_at: app.clock.now(),
        until: None,
        started: None,
    };
    app.store.plan_bulk(scope, &asked).await.expect("a plan")
}

pub async fn start(app: &App, id: &str, pace: Pace) {
    app.store
        .start_bulk(&Scope::All, &JobId::new(id), &pace, "no use", app.clock.now())
        .await
        .expect("a start");
}

pub async fn job(app: &App, id: &str) -> Bulk {
    app.store
        .find_bulk(&Scope::All, &JobId::new(id))
        .await
        .expect("a look")
        .expect("a job")
}

pub async fn tally(app: &App, id: &str) -> Tally {
    app.store
        .read_standing(&JobId::new(id))
        .await
        .expect("a sum")
        .tally
}

pub async fn records(app: &App) -> Vec<HeldRecord> {
    let filter = QuarantineFilter {
        state: StateFilter::Any,
        ..QuarantineFilter::default()
    };
    app.store
        .list_held(&Scope::All, &filter, "", 100_000)
        .await
        .expect("a list")
        .rows
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test looks at and mends what no page can"
)]
pub async fn raw(app: &App, name: &str) -> mongodb::Collection<Document> {
    let client = mongodb::Client::with_uri_str(mongo::uri())
        .await
        .expect("a connection");
    client.database(&app.database).collection(name)
}

/// Mends nine records of ten, as if each had been edited.
pub async fn mend_nine_of_ten(app: &App) {
    let mend = doc! {"$set": {"attributes.$[p].1": "10.00 EUR"}};
    raw(app, "quarantine")
        .await
        .update_many(doc! {"item_id": {"$not": {"$regex": "7$"}}}, mend)
        .array_filters(vec![doc! {"p.0": "price"}])
        .await
        .expect("mended");
}

#[tokio::test]
async fn what_arrives_after_the_click_is_not_in_the_set() {
    let app = App::start().await;
    let feed = held(&app, 3).await;
    assert_eq!(plan(&app, &feed, "j1", Action::Discard).await, 3);
    app.clock.advance(TimeDelta::minutes(1));
    let more = [a_record(9).with("price", "0 EUR")];
    app.take_in(&feed, &Files::new().csv("b.csv", &more)).await;
    start(&app, "j1", Pace::default()).await;
    app.work().await;
    assert_eq!(tally(&app, "j1").await.total(), 3);
    let later = records(&app).await.into_iter().find(|r| r.item_id == "SKU9");
    assert_eq!(later.expect("a record").state, quarantine::State::Quarantined);
}

#[tokio::test]
async fn a_plan_says_what_would_become_of_its_records_and_changes_none() {
    let app = App::start().await;
    let feed = held(&app, 30).await;
    mend_nine_of_ten(&app).await;
    plan(&app, &feed, "j1", Action::Replay).await;
    app.work().await;
    let standing = app.store.read_standing(&JobId::new("j1")).await.expect("a sum");
    assert_eq!((standing.rehearsed, standing.would_pass), (30, 27));
    assert_eq!(
        standing.would_fail.values().sum::<u64>(),
        3,
        "{:?}",
        standing.would_fail
    );
    assert_eq!(standing.tally.total(), 0);
    let untouched = records(&app).await;
    assert!(
        untouched
            .iter()
            .all(|r| r.state == quarantine::State::Quarantined && r.attempts == 0)
    );
}

#[tokio::test]
async fn a_ramp_stops_by_itself_at_the_first_step_that_fails_and_goes_on_when_told() {
    let app = App::start().await;
    let feed = held(&app, 200).await;
    plan(&app, &feed, "j1", Action::Replay).await;
    start(&app, "j1", Pace::default()).await;
    app.work().await;
    let stopped = job(&app, "j1").await;
    assert_eq!(stopped.state, State::Paused);
    assert!(
        stopped
            .why
            .is_some_and(|why| why.contains("of the 1 record of step 1, 1 failed"))
    );
    assert_eq!(tally(&app, "j1").await.total(), 1, "the canary alone");
    for _ in 0..3 {
        let id = JobId::new("j1");
        let moved = app
            .store
            .move_bulk(&Scope::All, &id, Move::Resume, app.clock.now())
            .await;
        moved.expect("resumed");
        app.work().await;
    }
    assert_eq!(tally(&app, "j1").await.rejected_again, 200);
}

#[tokio::test]
async fn a_cancelled_job_leaves_the_rest_of_its_set_alone() {
    let app = App::start().await;
    let feed = held(&app, 120).await;
    plan(&app, &feed, "j1", Action::Discard).await;
    start(&app, "j1", Pace::default()).await;
    let worker = app.worker();
    for _ in 0..2 {
        assert!(worker.do_part().await.expect("a part"));
    }
    let id = JobId::new("j1");
    let moved = app
        .store
        .move_bulk(&Scope::All, &id, Move::Cancel, app.clock.now())
        .await;
    assert_eq!(moved.expect("cancelled"), Some(State::Cancelling));
    app.work().await;
    assert_eq!(job(&app, "j1").await.state, State::Cancelled);
    assert_eq!(tally(&app, "j1").await.discarded, 11);
    let waiting = records(&app).await;
    let waiting = waiting
        .iter()
        .filter(|r| r.state == quarantine::State::Quarantined);
    assert_eq!(waiting.count(), 109);
    let again = app
        .store
        .move_bulk(&Scope::All, &id, Move::Resume, app.clock.now())
        .await;
    assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");
}

#[tokio::test]
async fn an_edited_record_goes_out_once_and_in_its_newest_revision() {
    let app = App::start().await;
    let feed = held(&app, 2).await;
    plan(&app, &feed, "j1", Action::Replay).await;
    // Between the click and the run somebody mends them, one of them twice.
    for record in records(&app).await {
        app.mend(&record, "price", "11.00 EUR").await;
    }
    let again = records(&app).await.into_iter().find(|r| r.item_id == "SKU2");
    app.mend(&again.expect("a record"), "price", "12.00 EUR").await;
    start(&app, "j1", Pace::default()).await;
    app.work().await;
    assert_eq!(tally(&app, "j1").await.accepted, 2);
    for (key, price) in [("sku1", "11.00 EUR"), ("sku2", "12.00 EUR")] {
        let item = app
            .store
            .find_item(&Scope::All, &feed.id, key)
            .await
            .expect("a look");
        assert!(
            item.expect("an item")
                .attributes
                .0
                .contains(&("price".to_owned(), price.to_owned()))
        );
    }
}

#[tokio::test]
async fn what_was_dealt_with_meanwhile_is_told_apart_and_left_alone() {
    let app = App::start().await;
    let feed = held(&app, 4).await;
    mend_nine_of_ten(&app).await;
    plan(&app, &feed, "j1", Action::Replay).await;
    let all = records(&app).await;
    let of = |item: &str| {
        all.iter()
            .find(|r| r.item_id == item)
            .expect("a record")
            .id
            .clone()
    };
    app.store
        .move_held(
            &Scope::All,
            &of("SKU1"),
            quarantine::Move::Discard,
            app.clock.now(),
        )
        .await
        .expect("discarded");
    // And the partner sends another product anew, at a price of its own.
    app.clock.advance(TimeDelta::minutes(1));
    app.take_in(
        &feed,
        &Files::new().csv("b.csv", &[a_record(2).with("price", "1.00 EUR")]),
    )
    .await;
    start(&app, "j1", Pace::default()).await;
    app.work().await;
    let ended = app
        .store
        .list_outcomes(&JobId::new("j1"), 1)
        .await
        .expect("a look")
        .expect("a part");
    let first = app
        .store
        .list_outcomes(&JobId::new("j1"), 0)
        .await
        .expect("a look")
        .expect("a part");
    let ended: std::collections::HashMap<RecordId, Option<Outcome>> =
        first.into_iter().chain(ended).collect();
    assert_eq!(ended[&of("SKU1")], Some(Outcome::Gone));
    assert_eq!(
        ended[&of("SKU2")],
        Some(Outcome::Gone),
        "a newer file set it aside"
    );
    assert_eq!(ended[&of("SKU3")], Some(Outcome::Accepted));
    let item = app
        .store
        .find_item(&Scope::All, &feed.id, "sku2")
        .await
        .expect("a look");
    assert!(
        item.expect("an item")
            .attributes
            .0
            .contains(&("price".to_owned(), "1.00 EUR".to_owned()))
    );
}

#[tokio::test]
async fn a_selection_of_which_one_vanished_is_refused_whole() {
    let app = App::start().await;
    let feed = held(&app, 2).await;
    let ids: Vec<RecordId> = records(&app).await.into_iter().map(|r| r.id).collect();
    app.store
        .move_held(&Scope::All, &ids[0], quarantine::Move::Discard, app.clock.now())
        .await
        .expect("discarded");
    let filter = QuarantineFilter::default();
    let asked = Asked {
        id: JobId::new("j1"),
        feed: feed.id.clone(),
        action: Action::Replay,
        filter: &filter,
        selected: Some(&ids),
        address: String::new(),
        asked_by: "Sam".to_owned(),
        asked_at: app.clock.now(),
        until: None,
        started: None,
    };
    let refused = app.store.plan_bulk(&Scope::All, &asked).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    assert!(
        app.store
            .find_bulk(&Scope::All, &JobId::new("j1"))
            .await
            .expect("a look")
            .is_none()
    );
}

#[tokio::test]
async fn a_record_that_cannot_be_read_does_not_keep_the_others_from_their_replay() {
    let app = App::start().await;
    let feed = held(&app, 5).await;
    mend_nine_of_ten(&app).await;
    plan(&app, &feed, "j1", Action::Replay).await;
    let poison = doc! {"$set": {"attributes": "not a list"}};
    let quarantine = raw(&app, "quarantine").await;
    quarantine
        .update_one(doc! {"item_id": "SKU3"}, poison)
        .await
        .expect("poisoned");
    let pace = Pace {
        stop_above: None,
        ..Pace::default()
    };
    start(&app, "j1", pace).await;
    app.work().await;
    let standing = app.store.read_standing(&JobId::new("j1")).await.expect("a sum");
    assert_eq!((standing.tally.accepted, standing.tally.failed), (4, 1));
    assert!(standing.failure.is_some_and(|why| why.contains("cannot be read")));
    assert_eq!(job(&app, "j1").await.state, State::Done);
}

#[tokio::test]
async fn no_outline_is_used_while_a_job_may_write_items_and_none_that_is_older() {
    let app = App::start().await;
    let feed = held(&app, 3).await;
    mend_nine_of_ten(&app).await;
    let outline = || async { app.store.find_outline(&feed.id).await.expect("a look").1 };
    assert!(outline().await.is_some());
    plan(&app, &feed, "j1", Action::Replay).await;
    assert!(outline().await.is_some(), "a plan writes nothing");
    start(&app, "j1", Pace::default()).await;
    assert!(outline().await.is_none());
    app.work().await;
    assert_eq!(job(&app, "j1").await.state, State::Done);
    assert!(outline().await.is_none(), "it says nothing of what was replayed");
}

/// The ids of a set that is frozen for a filter, in its order.
async fn frozen(app: &App, feed: &Feed, scope: &Scope, filter: &QuarantineFilter) -> Vec<RecordId> {
    let id = feedgate::server::fresh::job();
    let total = plan_of(app, feed, scope, &id, Action::Discard, filter).await;
    let mut ids = Vec::new();
    for part in 0.. {
        let before = ids.len();
        let set = if ids.len() as u64 == total {
            Vec::new()
        } else {
            app.store.read_set(&id, part).await.expect("a part")
        };
        let mut part: Vec<RecordId> = set.into_iter().map(|record| record.id).collect();
        // A part is read as it lies; which records are in it is what matters.
        part.sort_unstable_by(|a, b| b.cmp(a));
        ids.extend(part);
        if ids.len() == before {
            break;
        }
    }
    ids
}

#[tokio::test]
async fn a_set_has_the_records_that_the_list_of_its_filter_shows_the_newest_first() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let side = Feed::new(FeedId::new("acme/side"));
    app.store.insert_feed(&side).await.expect("a second feed");
    let free = |n| a_record(n).with("price", "0 EUR");
    let wrong = |n| a_record(n).with("gtin", "4006381333932");
    for (feed, name, from) in [(&feed, "a.csv", 1), (&side, "s.csv", 1), (&feed, "b.csv", 20)] {
        let records = [free(from), wrong(from + 1), free(from + 2), wrong(from + 3)];
        app.take_in(feed, &files.csv(name, &records)).await;
        app.clock.advance(TimeDelta::minutes(1));
    }
    let all = records(&app).await;
    app.store
        .move_held(
            &Scope::All,
            &all[0].id,
            quarantine::Move::Discard,
            app.clock.now(),
        )
        .await
        .expect("one is given up");
    let all = records(&app).await;
    let own = Scope::Only(vec![feed.id.partner()]);
    let others = Scope::Only(vec![PartnerId::new("beta")]);
    for code in [None, Some("PRICE_ZERO"), Some("GTIN_CHECK"), Some("NO_SUCH")] {
        for delivery in [
            None,
            Some(all[1].delivery.clone()),
            Some(all[all.len() - 1].delivery.clone()),
        ] {
            for item in [None, Some("SKU1".to_owned())] {
                for state in [StateFilter::Open, StateFilter::Any] {
                    let filter = QuarantineFilter {
                        code: code.map(str::to_owned),
                        delivery: delivery.clone(),
                        item: item.clone(),
                        state,
                        ..QuarantineFilter::default()
                    };
                    let shown = all.iter().filter(|r| {
                        r.feed == feed.id
                            && r.state == quarantine::State::Quarantined
                            && code.is_none_or(|code| r.violations.iter().any(|v| v.code == code))
                            && delivery.as_ref().is_none_or(|delivery| r.delivery == *delivery)
                            && item.as_ref().is_none_or(|item| r.item_id == *item)
                    });
                    let shown: Vec<RecordId> = shown.map(|r| r.id.clone()).collect();
                    assert_eq!(frozen(&app, &feed, &own, &filter).await, shown, "{filter:?}");
                    let none: [RecordId; 0] = [];
                    assert_eq!(frozen(&app, &feed, &others, &filter).await, none, "{filter:?}");
                }
            }
        }
    }
}
