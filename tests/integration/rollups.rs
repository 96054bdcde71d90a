//! The rollups are what the audit log adds up to, whoever writes the log and however often
//! those who follow it are killed.

use crate::support::app::App;
use crate::support::mongo;
use crate::support::worker::Worker;
use chrono::{DateTime, TimeDelta, Utc};
use feedgate::domain::delivery::{Delivery, Direction, Origin, Status};
use feedgate::domain::ids::{DeliveryId, FeedId, JobId, PartnerId};
use feedgate::domain::report::{CodeCount, Counts, FileReport, Verdict};
use feedgate::domain::violation::Severity;
use feedgate::server::pipeline::rollup;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::{Duration, Instant};

fn begin() -> DateTime<Utc> {
    "2026-11-20T22:00:00Z".parse().expect("a time")
}

/// An entry as some writer may leave it.
fn an_entry(n: u64, chance: &mut StdRng) -> Delivery {
    let partner = PartnerId::new(["acme", "bolt", "chic"][chance.random_range(0..3)]);
    let received_at = begin() + TimeDelta::seconds(chance.random_range(0..200_000));
    let received = chance.random_range(0..500);
    let quarantined = chance.random_range(0..=received);
    let status = match chance.random_range(0..10) {
        0 => Status::Refused,
        1 => Status::Held,
        2 => Status::Processing,
        _ => Status::Accepted,
    };
    let origin = if chance.random_bool(0.1) {
        Origin::Replay {
            job: JobId::new(format!("job-{n}")),
        }
    } else {
        Origin::File
    };
    Delivery {
        id: DeliveryId::new(format!("d{n:06}")),
        feed: FeedId::of(&partner, "main").expect("a slug"),
        partner,
        direction: if chance.random_bool(0.2) {
            Direction::Export
        } else {
            Direction::Ingest
        },
        origin,
        status,
        file: FileReport {
            name: "products.csv".to_owned(),
            verdict: Verdict::Accepted,
            code: None,
            message: None,
            offset: None,
            format: None,
            encoding: None,
            bytes: chance.random_range(0..1_000_000),
            sha256: String::new(),
        },
        counts: Counts {
            received,
            accepted: received - quarantined,
            unchanged: 0,
            quarantined,
            ..Counts::default()
        },
        codes: vec![CodeCount {
            code: "GTIN_CHECK".into(),
            severity: Severity::Error,
            attribute: Some("g.tin$".into()),
            records: quarantined,
            occurrences: quarantined,
        }],
        received_at,
        decided_at: (status != Status::Processing)
            .then(|| received_at + TimeDelta::milliseconds(chance.random_range(1..90_000))),
        repeat_of: None,
        contract_version: 1,
        profile_version: 1,
        gate: None,
        hold: None,
    }
}

/// Another system that writes the log as it pleases: corrects an entry, or moves it in time.
async fn correct(app: &App, n: u64, chance: &mut StdRng) {
    use mongodb::bson::{DateTime as BsonTime, doc};
    let client = mongodb::Client::with_uri_str(mongo::uri())
        .await
        .expect("a connection");
    #[expect(
        clippy::disallowed_methods,
        reason = "another system knows nothing of our store"
    )]
    let log = client
        .database(&app.database)
        .collection::<mongodb::bson::Document>("deliveries");
    let correction = match chance.random_range(0..3) {
        0 => doc! {"$set": {"counts.received": chance.random_range(0..500_i64)}},
        1 => {
            let at = begin() + TimeDelta::seconds(chance.random_range(0..200_000));
            doc! {"$set": {"received_at": BsonTime::from_millis(at.timestamp_millis())}}
        }
        _ => doc! {"$set": {"status": "accepted", "file.bytes": 7_i64}},
    };
    log.update_one(doc! {"_id": format!("d{n:06}")}, correction)
        .await
        .expect("a correction");
}

async fn ensure_they_verify(app: &App) {
    let begun = Instant::now();
    loop {
        let days = app.store.list_feed_days().await.expect("days");
        let differences = rollup::verify(&app.store, &days).await.expect("a comparison");
        if differences.is_empty() {
            return;
        }
        // A transaction of a process that was killed in it is given up after 15 s.
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "{} differences, such as {}",
            differences.len(),
            differences[0]
        );
    }
}

/// How many write at once.
const WRITERS: usize = 4;

/// How many rounds; `FEEDGATE_TEST_ROUNDS` asks for more.
fn rounds() -> u32 {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests have no configuration of their own"
    )]
    let asked = std::env::var("FEEDGATE_TEST_ROUNDS");
    asked.ok().and_then(|n| n.parse().ok()).unwrap_or(50)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bucket_verifies_after_workers_were_killed_at_random_while_several_wrote() {
    let app = App::start().await;
    let mut chance = StdRng::seed_from_u64(7);
    let mut workers = [Worker::start(&app), Worker::start(&app)];
    let mut n = 0;
    for round in 0..rounds() {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let before = n;
                let entries: Vec<_> = (0..chance.random_range(1..15))
                    .map(|_| {
                        n += 1;
                        an_entry(n, &mut chance)
                    })
                    .collect();
                let corrections = (before > 0).then(|| chance.random_range(1..=before));
                (entries, corrections, StdRng::from_rng(&mut chance))
            })
            .collect();
        let writing = writers.into_iter().map(|(entries, earlier, mut chance)| {
            let app = &app;
            async move {
                app.store.insert_deliveries(&entries).await.expect("entries");
                if let Some(earlier) = earlier {
                    correct(app, earlier, &mut chance).await;
                }
            }
        });
        futures::future::join_all(writing).await;
        tokio::time::sleep(Duration::from_millis(chance.random_range(0..250))).await;
        if round % 2 == 0 {
            let victim = chance.random_range(0..workers.len());
            workers[victim] = Worker::start(&app);
        }
    }
    ensure_they_verify(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_while_nobody_followed_is_rolled_when_somebody_does() {
    let app = App::start().await;
    let mut chance = StdRng::seed_from_u64(8);
    let entries: Vec<_> = (0..3000).map(|n| an_entry(n, &mut chance)).collect();
    app.store.insert_deliveries(&entries).await.expect("entries");
    let days = app.store.list_feed_days().await.expect("days");
    let missing = rollup::verify(&app.store, &days.into_iter().take(1).collect()).await;
    assert!(!missing.expect("a comparison").is_empty(), "nothing follows yet");
    let worker = Worker::start(&app);
    ensure_they_verify(&app).await;
    drop(worker);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_was_tampered_with_is_found_and_a_rebuild_mends_it() {
    use mongodb::bson::{Document, doc};
    let app = App::start().await;
    let mut chance = StdRng::seed_from_u64(9);
    let entries: Vec<_> = (0..200).map(|n| an_entry(n, &mut chance)).collect();
    app.store.insert_deliveries(&entries).await.expect("entries");
    app.roll().await;
    ensure_they_verify(&app).await;
    let client = mongodb::Client::with_uri_str(mongo::uri())
        .await
        .expect("a connection");
    #[expect(clippy::disallowed_methods, reason = "somebody who tampers")]
    let rollups = client.database(&app.database).collection::<Document>("rollups");
    let by_one = doc! {"$inc": {"n.received": 1_i64}};
    let query = doc! {"size": "hour", "n.received": {"$gt": 0}};
    let tampered = rollups.update_one(query, by_one).await.expect("tampering");
    assert_eq!(tampered.modified_count, 1);
    let days = app.store.list_feed_days().await.expect("days");
    let differences = rollup::verify(&app.store, &days).await.expect("a comparison");
    assert_eq!(differences.len(), 1, "{differences:?}");
    assert_eq!(differences[0].bucket_says, differences[0].log + 1);
    for day in &days {
        app.store.rebuild_rollups(day).await.expect("a rebuild");
    }
    ensure_they_verify(&app).await;
    // Following goes on from what was rebuilt, and adds nothing twice.
    app.roll().await;
    ensure_they_verify(&app).await;
}

#[tokio::test]
async fn a_stretch_in_which_the_log_begins_is_nothing_to_compare_with() {
    use feedgate::domain::account::Role;
    let app = App::start().await;
    app.partner("acme").await;
    let now = app.clock.now();
    let mut chance = StdRng::seed_from_u64(10);
    let mut write = async |id: u64, days_ago: i64| {
        let acme = PartnerId::new("acme");
        let entry = Delivery {
            feed: FeedId::of(&acme, "main").expect("a slug"),
            partner: acme,
            direction: Direction::Ingest,
            origin: Origin::File,
            status: Status::Accepted,
            counts: Counts {
                received: 100,
                accepted: 100,
                ..Counts::default()
            },
            codes: vec![],
            received_at: now - TimeDelta::days(days_ago),
            decided_at: Some(now - TimeDelta::days(days_ago)),
            ..an_entry(id, &mut chance)
        };
        app.store.insert_deliveries(&[entry]).await.expect("an entry");
    };
    let staff = app.sign_in(Role::Staff, None).await;
    write(1, 3).await;
    write(2, 31).await;
    for path in ["/?range=30d", "/partners/acme?range=30d"] {
        let page = staff.get(path).await;
        assert!(
            page.body.contains("none before"),
            "the log begins a day before, {path}"
        );
    }
    write(3, 70).await;
    for path in ["/?range=30d", "/partners/acme?range=30d"] {
        let page = staff.get(path).await;
        assert!(
            page.body.contains("as many as before"),
            "the log reaches back, {path}"
        );
    }
}
