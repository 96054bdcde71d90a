//! A replay whose workers are killed at any instant ends as if nobody had been.

use super::bulk::{held, job, mend_nine_of_ten, plan, raw, start, tally};
use crate::support::app::App;
use crate::support::worker::Worker;
use chrono::TimeDelta;
use feedgate::domain::account::Scope;
use feedgate::domain::bulk::{Action, PART, Pace, State};
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::DeliveryId;
use feedgate::domain::quarantine;
use feedgate::domain::query::Span;
use feedgate::server::pipeline::reconcile;
use mongodb::bson::doc;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::{Duration, Instant};

/// Records of each replay.
const RECORDS: u32 = 20_000;
/// Rounds of one replay, each over its share of the records.
const TOGETHER: u32 = 10;
/// How long a replay may stand still before it is given up.
const PATIENCE: Duration = Duration::from_mins(4);

/// How many rounds; `FEEDGATE_TEST_ROUNDS` asks for another number.
fn rounds() -> u32 {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests have no configuration of their own"
    )]
    let asked = std::env::var("FEEDGATE_TEST_ROUNDS");
    asked.ok().and_then(|n| n.parse().ok()).unwrap_or(20)
}

/// A round is a kill, of one worker of the two or of both, while a replay of all the records
/// runs: at a share of them that chance picks, and then at any instant of the next part's life.
/// Several rounds share a replay, and as many replays follow one another as the rounds need.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_20_000_records_ends_once_for_each_however_often_its_workers_are_killed() {
    let app = App::start().await;
    let feed = held(&app, RECORDS).await;
    mend_nine_of_ten(&app).await;
    let mut chance = StdRng::seed_from_u64(5);
    let (mut kills, mut replays) = (0, 0);
    while kills < rounds() {
        let id = format!("replay-{replays}");
        assert_eq!(plan(&app, &feed, &id, Action::Replay).await, u64::from(RECORDS));
        let pace = Pace {
            stop_above: None,
            ..Pace::default()
        };
        start(&app, &id, pace).await;
        kills += kill_and_kill_again(&app, &id, &mut chance).await;
        replays += 1;
        ensure_each_ended_once(&app, &feed, &id).await;
        begin_again(&app, &feed).await;
    }
}

/// Lets two workers replay, kills them again and again, and says how often that was.
async fn kill_and_kill_again(app: &App, id: &str, chance: &mut StdRng) -> u32 {
    let mut workers = [Worker::start(app), Worker::start(app)];
    let share = u64::from(RECORDS / (TOGETHER + 1));
    let mut kills = 0;
    for round in 0..u64::from(TOGETHER) {
        let begun = Instant::now();
        let from = tally(app, id).await.total();
        let next = round * share + chance.random_range(0..share);
        let Some(decided) = reach(app, id, next).await else {
            break;
        };
        // About as long as a part takes, whatever that is on this machine.
        let parts = u32::try_from((decided - from) / PART as u64).unwrap_or(0);
        let part = begun.elapsed() / parts.max(1);
        tokio::time::sleep(part.mul_f64(chance.random_range(0.0..1.0))).await;
        if job(app, id).await.state == State::Done {
            break;
        }
        match chance.random_range(0..3) {
            2 => workers = [Worker::start(app), Worker::start(app)],
            one => workers[one] = Worker::start(app),
        }
        kills += 1;
    }
    reach(app, id, u64::MAX).await;
    kills
}

/// Waits until so many records are decided, and says how many there are; none when the job is done.
async fn reach(app: &App, id: &str, wanted: u64) -> Option<u64> {
    let (mut last, mut moved) = (0, Instant::now());
    while job(app, id).await.state != State::Done {
        let decided = tally(app, id).await.total();
        if decided >= wanted {
            return Some(decided);
        }
        if decided != last {
            (last, moved) = (decided, Instant::now());
        }
        assert!(moved.elapsed() < PATIENCE, "{id} stands still at {decided}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    None
}

async fn ensure_each_ended_once(app: &App, feed: &Feed, id: &str) {
    let records = u64::from(RECORDS);
    let tally = tally(app, id).await;
    assert_eq!(tally.total(), records);
    assert_eq!(
        (tally.accepted, tally.rejected_again),
        (records * 9 / 10, records / 10)
    );
    let quarantine = raw(app, "quarantine").await;
    for (state, count) in [
        (quarantine::State::Accepted, tally.accepted),
        (quarantine::State::RejectedAgain, tally.rejected_again),
    ] {
        let found = quarantine.count_documents(doc! {"state": state.word(), "attempts": 1, "job": id});
        assert_eq!(found.await.expect("a count"), count, "{state:?}");
    }
    let items = raw(app, "items").await;
    let written = items.count_documents(doc! {"delivery": id});
    assert_eq!(written.await.expect("a count"), tally.accepted);
    let items = app.store.count_items(&Scope::All, &feed.id).await;
    assert_eq!(items.expect("a count"), tally.accepted);
    let told = doc! {"decided": {"$size": 1}, "decided.job": id};
    let told = quarantine.count_documents(told).await.expect("a count");
    assert_eq!(told, records, "each record keeps what became of it, once");
    let ends = doc! {"object": format!("job:{id}"), "action": "bulk.done"};
    let ends = raw(app, "activity").await.count_documents(ends).await;
    assert_eq!(ends.expect("a count"), 1, "the end of the job is logged once");
    let (replay, _) = app
        .store
        .find_delivery(&Scope::All, &DeliveryId::new(id))
        .await
        .expect("a look")
        .expect("logged");
    let counts = replay.counts;
    assert_eq!(
        (counts.received, counts.accepted, counts.quarantined),
        (records, tally.accepted, tally.rejected_again)
    );
    let faults = app.store.verify_issues(&feed.id).await.expect("a proof");
    let misplaced = app.store.count_misplaced().await.expect("a count");
    assert!(misplaced.is_empty(), "{misplaced:?}");
    assert_eq!(faults, [], "issues after {id}");
    ensure_nothing_is_lost(app).await;
}

/// What was received is accounted for by what was decided of it and by what is held.
async fn ensure_nothing_is_lost(app: &App) {
    app.roll().await;
    let now = app.clock.now();
    let span = Span {
        from: now - TimeDelta::days(1),
        until: now + TimeDelta::days(1),
    };
    let proof = reconcile::reconcile(&app.store, &Scope::All, None, Some(span))
        .await
        .expect("a proof");
    assert_eq!(proof.differences, []);
    assert_eq!(proof.total().received, u64::from(RECORDS));
    assert_eq!(proof.files_counted, 1);
}

/// Holds every record again, as before the replay.
async fn begin_again(app: &App, feed: &Feed) {
    let of_state = doc! {"$substrBytes": ["$$place", {"$strLenBytes": "$state"}, -1]};
    let place = doc! {"$concat": ["quarantined", of_state]};
    let places = doc! {"$map": {"input": "$places", "as": "place", "in": place}};
    let again = doc! {"$set": {"places": places, "state": "quarantined", "attempts": 0, "decided": []}};
    raw(app, "quarantine")
        .await
        .update_many(doc! {}, vec![again])
        .await
        .expect("reset");
    for name in ["items", "activity"] {
        raw(app, name).await.delete_many(doc! {}).await.expect("emptied");
    }
    app.store
        .recount_issues(&feed.id, app.clock.now())
        .await
        .expect("issues as they were");
}
