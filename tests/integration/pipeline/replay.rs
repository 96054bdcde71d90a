//! Held records sent through the contract again.

use crate::support::app::App;
use crate::support::files::{Files, a_record};
use chrono::TimeDelta;
use feedgate::domain::account::Scope;
use feedgate::domain::delivery::Origin;
use feedgate::domain::ids::{DeliveryId, JobId, RecordId};
use feedgate::domain::job::Kind;
use feedgate::domain::quarantine::{HeldRecord, State};
use feedgate::domain::query::QuarantineFilter;
use feedgate::server::store::{Error, Job, Work};

async fn one_held(app: &App, files: &Files) -> HeldRecord {
    let feed = app.partner("acme").await;
    app.take_in(
        &feed,
        &files.csv("a.csv", &[a_record(1), a_record(2).with("gtin", "4006381333932")]),
    )
    .await;
    app.store
        .list_held(&Scope::All, &QuarantineFilter::default(), "", 1)
        .await
        .expect("a list")
        .rows
        .remove(0)
}

fn job_for(app: &App, held: &HeldRecord, id: &str) -> Job {
    Job {
        id: JobId::new(id),
        partner: held.partner.clone(),
        feed: held.feed.clone(),
        work: Work::Replay {
            records: vec![held.id.clone()],
        },
        asked_by: "Sam".into(),
        asked_at: app.clock.now(),
    }
}

async fn state(app: &App, id: &RecordId) -> State {
    app.store
        .find_held(&Scope::All, id)
        .await
        .expect("a look")
        .expect("a record")
        .state
}

#[tokio::test]
async fn a_file_after_a_replay_meets_the_item_that_it_wrote() {
    let (app, files) = (App::start().await, Files::new());
    let held = one_held(&app, &files).await;
    let outline = || async { app.store.find_outline(&held.feed).await.expect("a look").1 };
    assert!(outline().await.is_some());
    app.mend(&held, "gtin", "4006381333931").await;
    app.store
        .queue_replay(&Scope::All, &job_for(&app, &held, "j1"))
        .await
        .expect("queued");
    app.work().await;
    assert_eq!(outline().await, None);
    app.clock.advance(TimeDelta::days(1));
    let feed = app.store.find_feed(&Scope::All, &held.feed).await;
    let feed = feed.expect("a look").expect("a feed").feed;
    let mended = files.csv("b.csv", &[a_record(1), a_record(2).with("gtin", "4006381333931")]);
    let counts = app.take_in(&feed, &mended).await.report.records;
    assert_eq!((counts.accepted, counts.unchanged), (0, 2));
    assert!(outline().await.is_some());
}

#[tokio::test]
async fn a_mended_record_becomes_an_item_and_the_replay_is_logged_as_its_own_delivery() {
    let (app, files) = (App::start().await, Files::new());
    let held = one_held(&app, &files).await;
    app.mend(&held, "gtin", "4006381333931").await;
    app.store
        .queue_replay(&Scope::All, &job_for(&app, &held, "j1"))
        .await
        .expect("queued");
    assert_eq!(state(&app, &held.id).await, State::Queued);
    app.work().await;
    assert_eq!(state(&app, &held.id).await, State::Accepted);
    let item = app
        .store
        .find_item(&Scope::All, &held.feed, "sku2")
        .await
        .expect("a look")
        .expect("an item");
    assert!(
        item.attributes
            .0
            .contains(&("gtin".to_owned(), "4006381333931".to_owned())),
        "{item:?}"
    );
    let (replay, _) = app
        .store
        .find_delivery(&Scope::All, &DeliveryId::new("j1"))
        .await
        .expect("a look")
        .expect("logged");
    assert_eq!(
        replay.origin,
        Origin::Replay {
            job: JobId::new("j1")
        }
    );
    assert_eq!((replay.counts.received, replay.counts.accepted), (1, 1));
    let (first, _) = app
        .store
        .find_delivery(&Scope::All, &held.delivery)
        .await
        .expect("a look")
        .expect("logged");
    assert_eq!(
        (first.counts.accepted, first.counts.quarantined),
        (1, 1),
        "history is not rewritten"
    );
}

#[tokio::test]
async fn a_record_that_still_fails_is_rejected_again_and_can_be_mended_further() {
    let (app, files) = (App::start().await, Files::new());
    let held = one_held(&app, &files).await;
    app.store
        .queue_replay(&Scope::All, &job_for(&app, &held, "j1"))
        .await
        .expect("queued");
    app.work().await;
    let after = app
        .store
        .find_held(&Scope::All, &held.id)
        .await
        .expect("a look")
        .expect("a record");
    assert_eq!((after.state, after.attempts), (State::RejectedAgain, 1));
    app.mend(&after, "gtin", "4006381333931").await;
    app.store
        .queue_replay(&Scope::All, &job_for(&app, &held, "j2"))
        .await
        .expect("queued");
    app.work().await;
    assert_eq!(state(&app, &held.id).await, State::Accepted);
}

#[tokio::test]
async fn a_replay_never_overwrites_a_newer_accepted_version() {
    let (app, files) = (App::start().await, Files::new());
    let held = one_held(&app, &files).await;
    app.mend(&held, "gtin", "4006381333931").await;
    app.store
        .queue_replay(&Scope::All, &job_for(&app, &held, "j1"))
        .await
        .expect("queued");
    // Before a worker gets to it, the partner sends the product anew, at another price.
    app.clock.advance(TimeDelta::minutes(1));
    let feed = app.partner("acme").await;
    app.take_in(
        &feed,
        &files.csv("b.csv", &[a_record(2).with("price", "1.00 EUR")]),
    )
    .await;
    app.work().await;
    assert_eq!(state(&app, &held.id).await, State::Superseded);
    let item = app
        .store
        .find_item(&Scope::All, &feed.id, "sku2")
        .await
        .expect("a look")
        .expect("an item");
    assert!(
        item.attributes
            .0
            .contains(&("price".to_owned(), "1.00 EUR".to_owned())),
        "{item:?}"
    );
}

#[tokio::test]
async fn a_job_that_runs_twice_has_one_effect() {
    let (app, files) = (App::start().await, Files::new());
    let held = one_held(&app, &files).await;
    app.mend(&held, "gtin", "4006381333931").await;
    let job = job_for(&app, &held, "j1");
    app.store.queue_replay(&Scope::All, &job).await.expect("queued");
    // The first worker did the work and died before it said so; the second begins anew.
    feedgate::server::pipeline::replay::run(
        &app.store,
        &app.clock,
        None,
        &job,
        std::slice::from_ref(&held.id),
    )
    .await
    .expect("a run");
    let (two, three) = (app.worker(), app.worker());
    let (one, two) = tokio::join!(two.do_one(&Kind::ALL), three.do_one(&Kind::ALL));
    assert!(one.is_ok() && two.is_ok());
    let (replay, _) = app
        .store
        .find_delivery(&Scope::All, &DeliveryId::new("j1"))
        .await
        .expect("a look")
        .expect("logged");
    assert_eq!((replay.counts.received, replay.counts.accepted), (1, 1));
    let after = app
        .store
        .find_held(&Scope::All, &held.id)
        .await
        .expect("a look")
        .expect("a record");
    assert_eq!((after.state, after.attempts), (State::Accepted, 1));
    let deeds = app
        .store
        .list_deeds(&Scope::All, &format!("record:{}", held.id))
        .await
        .expect("a list");
    assert_eq!(deeds.iter().filter(|d| d.action == "record.replayed").count(), 1);
}

#[tokio::test]
async fn a_record_is_queued_once_however_many_ask() {
    let (app, files) = (App::start().await, Files::new());
    let held = one_held(&app, &files).await;
    let (one, two) = (job_for(&app, &held, "j1"), job_for(&app, &held, "j2"));
    let (first, second) = tokio::join!(
        app.store.queue_replay(&Scope::All, &one),
        app.store.queue_replay(&Scope::All, &two)
    );
    let refused = [&first, &second]
        .into_iter()
        .filter(|r| matches!(r, Err(Error::Conflict { .. })))
        .count();
    assert_eq!(refused, 1, "{first:?} {second:?}");
    assert_eq!(app.store.count_unfinished_jobs().await.expect("a count"), 1);
}
