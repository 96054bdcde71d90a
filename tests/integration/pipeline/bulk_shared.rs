//! How workers share a job on many held records: who has which part, at what pace, and what becomes
//! of the parts of one that stops or is silent.

use super::bulk::{held, job, plan, raw, start, tally};
use crate::support::app::App;
use chrono::TimeDelta;
use feedgate::domain::bulk::{Action, Outcome, Pace, State};
use feedgate::domain::ids::JobId;
use feedgate::domain::quarantine::HeldRecord;
use feedgate::server::store::{Decision, Slice, Taken};
use mongodb::bson::doc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Every part at once, so many records a second.
fn paced(per_second: Option<u32>) -> Pace {
    Pace {
        ramp: false,
        stop_above: None,
        per_second,
    }
}

/// Waits until so many records of a job are decided.
async fn reach(app: &App, id: &str, records: u64) {
    let begun = Instant::now();
    while tally(app, id).await.total() < records {
        assert!(begun.elapsed() < Duration::from_secs(30), "{id} does not go on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A part as a worker of this name takes it.
async fn take(app: &App, worker: &str) -> Option<Taken> {
    app.store
        .take_part(worker, app.clock.now(), TimeDelta::seconds(10))
        .await
        .expect("a look")
}

#[tokio::test]
async fn the_pause_after_a_step_that_failed_is_not_lost_with_the_worker_that_decided_it() {
    let app = App::start().await;
    let feed = held(&app, 200).await;
    for (id, is_unwritten) in [("judged", false), ("unwritten", true)] {
        plan(&app, &feed, id, Action::Replay).await;
        start(&app, id, Pace::default()).await;
        let taken = take(&app, "one").await.expect("the first step");
        assert_eq!((taken.bulk.id.as_str(), taken.records.len()), (id, 1));
        let slice = Slice {
            taken: &taken,
            before: &[],
            records: &taken.records,
        };
        let (now, lease) = (app.clock.now(), TimeDelta::seconds(10));
        // The last that is heard of this worker.
        if is_unwritten {
            let kept = app.store.fail_slice(slice, "no room".into(), now, lease).await;
            assert!(kept.expect("a decision"));
        } else {
            let fails = |record: &HeldRecord| Decision::Fails(record.violations.clone());
            let decided = app.store.decide_slice(slice, &fails, now, lease).await;
            assert_eq!(decided.expect("a decision"), Some(vec![Outcome::RejectedAgain]));
        }
        let stopped = job(&app, id).await;
        assert_eq!(stopped.state, State::Pausing);
        assert!(stopped.why.is_some_and(|why| why.contains("of step 1, 1 failed")));
        let next = take(&app, "two").await;
        assert!(next.is_none(), "{next:?}");
        assert_eq!(job(&app, id).await.state, State::Paused);
    }
}

#[tokio::test]
async fn a_part_goes_to_another_worker_only_when_nothing_is_heard_of_the_one_that_has_it() {
    let app = App::start().await;
    let feed = held(&app, 3).await;
    plan(&app, &feed, "j1", Action::Replay).await;
    start(&app, "j1", Pace::default()).await;
    let first = take(&app, "one").await.expect("a part");
    let lease = TimeDelta::seconds(10);
    app.clock.advance(lease * 2);
    let beat = app.store.beat_bulk("one", app.clock.now() + lease).await;
    beat.expect("a word");
    assert!(take(&app, "two").await.is_none(), "the first is still there");
    app.clock.advance(lease * 2);
    let second = take(&app, "two").await.expect("the same part");
    assert_eq!((second.number, &second.records), (first.number, &first.records));
    let slice = Slice {
        taken: &first,
        before: &[],
        records: &first.records,
    };
    let fails = |record: &HeldRecord| Decision::Fails(record.violations.clone());
    let late = app
        .store
        .decide_slice(slice, &fails, app.clock.now(), lease)
        .await;
    assert_eq!(
        late.expect("an answer"),
        None,
        "what comes too late is not written"
    );
    assert_eq!(tally(&app, "j1").await.total(), 0);
}

#[tokio::test]
async fn a_pace_of_so_many_a_second_is_kept_over_all_workers() {
    let app = App::start().await;
    let feed = held(&app, 60).await;
    plan(&app, &feed, "j1", Action::Discard).await;
    start(&app, "j1", paced(Some(20))).await;
    let bulk = job(&app, "j1").await;
    let now = app.clock.now();
    let mut turns = Vec::new();
    for _ in 0..4 {
        turns.push(
            app.store
                .book_turn(&bulk, 10, now)
                .await
                .expect("a turn")
                .expect("it runs"),
        );
    }
    let after: Vec<i64> = turns.iter().map(|at| (*at - now).num_milliseconds()).collect();
    assert_eq!(after, [0, 500, 1000, 1500]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_somebody_holds_keeps_no_other_part_waiting() {
    let app = App::start().await;
    let feed = held(&app, 120).await;
    plan(&app, &feed, "j1", Action::Discard).await;
    let first = app.store.read_set(&JobId::new("j1"), 0).await.expect("a part");
    let [first] = first.as_slice() else {
        panic!("the first part is one record: {first:?}");
    };
    let quarantine = raw(&app, "quarantine").await;
    let mut holder = quarantine.client().start_session().await.expect("a session");
    holder.start_transaction().await.expect("a transaction");
    quarantine
        .update_one(doc! {"_id": first.id.as_str()}, doc! {"$set": {"touched": true}})
        .session(&mut holder)
        .await
        .expect("held");
    start(&app, "j1", paced(None)).await;
    let stop = CancellationToken::new();
    let working = tokio::spawn(app.worker().run(stop.clone()));
    reach(&app, "j1", 119).await;
    let decided = tally(&app, "j1").await.total();
    assert_eq!(decided, 119, "all but the one that is held");
    holder.abort_transaction().await.expect("let go");
    reach(&app, "j1", 120).await;
    stop.cancel();
    working.await.expect("it ends");
}

#[tokio::test]
async fn a_job_of_a_slow_pace_leaves_the_other_workers_to_other_jobs() {
    let app = App::start().await;
    let feed = held(&app, 30).await;
    plan(&app, &feed, "slow", Action::Discard).await;
    start(&app, "slow", paced(Some(1))).await;
    app.clock.advance(TimeDelta::seconds(1));
    plan(&app, &feed, "quick", Action::Discard).await;
    start(&app, "quick", paced(None)).await;
    let slow = take(&app, "one").await.expect("a part");
    assert_eq!(slow.bulk.id, JobId::new("slow"));
    for worker in ["two", "three"] {
        let quick = take(&app, worker).await.expect("a part");
        assert_eq!(quick.bulk.id, JobId::new("quick"), "worker {worker}");
    }
    // Nothing is heard of the one that has it.
    app.clock.advance(TimeDelta::minutes(1));
    let again = take(&app, "four").await.expect("a part");
    assert_eq!((again.bulk.id, again.number), (slow.bulk.id, slow.number));
}

#[tokio::test]
async fn a_worker_that_stops_gives_a_slow_part_back_as_far_as_it_has_come() {
    let app = App::start().await;
    let feed = held(&app, 30).await;
    plan(&app, &feed, "j1", Action::Discard).await;
    start(&app, "j1", paced(Some(2))).await;
    let stop = CancellationToken::new();
    let working = tokio::spawn(app.worker().run(stop.clone()));
    reach(&app, "j1", 3).await;
    stop.cancel();
    let begun = Instant::now();
    working.await.expect("it ends");
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(8), "it took {took:?} to stop");
    let left = doc! {"bulk": "j1", "stage": "running"};
    let left = raw(&app, "bulk_parts").await.count_documents(left).await;
    assert_eq!(
        left.expect("a count"),
        0,
        "a part is left to a worker that is gone"
    );
    let next = take(&app, "next").await.expect("a part");
    assert_eq!((next.number, next.records.len()), (1, 10));
    assert!(next.left().len() < 10, "what it decided is decided");
}
