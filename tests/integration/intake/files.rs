//! Received files in the store.

use crate::support::app::App;
use chrono::TimeDelta;
use feedgate::domain::account::Scope;
use feedgate::domain::ids::{DeliveryId, FeedId, PartnerId};
use feedgate::server::store::{Receiving, StoredFile};

const KEEP: TimeDelta = TimeDelta::days(30);

async fn begin(app: &App, id: &str) -> Receiving {
    app.store
        .begin_file(
            &DeliveryId::new(id),
            &FeedId::new("acme/main"),
            "products.csv",
            app.clock.now(),
        )
        .await
        .expect("an upload")
}

async fn keep(app: &App, id: &str, bytes: &[u8]) -> StoredFile {
    let mut file = begin(app, id).await;
    for piece in bytes.chunks(70_000) {
        file.write(piece, app.clock.now()).await.expect("written");
    }
    let ended = file.end(app.clock.now()).await.expect("all of it");
    app.store.keep_file(ended).await.expect("kept")
}

fn noise(length: usize) -> Vec<u8> {
    (0..length as u64)
        .map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
        .collect()
}

#[tokio::test]
async fn a_file_comes_out_as_it_went_in_whatever_its_size() {
    let app = App::start().await;
    for length in [0, 1, 1024 * 1024 - 1, 1024 * 1024, 3 * 1024 * 1024 + 17] {
        let (id, bytes) = (format!("d{length}"), noise(length));
        let kept = keep(&app, &id, &bytes).await;
        assert_eq!(kept.bytes, length as u64);
        let found = app
            .store
            .find_file(&Scope::All, &DeliveryId::new(&id))
            .await
            .expect("a look")
            .expect("the file");
        assert_eq!(found, kept);
        let mut out = Vec::new();
        app.store.copy_file(&found, &mut out).await.expect("the bytes");
        assert!(
            out == bytes,
            "{length} bytes came out otherwise than they went in"
        );
    }
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let file = app.store.find_file(&Scope::All, &DeliveryId::new("d0")).await;
    assert_eq!(file.expect("a look").expect("the file").sha256, empty);
}

#[tokio::test]
async fn a_file_on_a_disk_is_kept_under_its_delivery_unless_it_has_changed() {
    let app = App::start().await;
    let files = crate::support::files::Files::new();
    let path = files.bytes("products.csv", &noise(1_500_000));
    let (id, feed) = (DeliveryId::new("d1"), FeedId::new("acme/main"));
    let sha256 = keep(&app, "twin", &noise(1_500_000)).await.sha256;
    let keep = async |id: &DeliveryId, sha256: &str| {
        feedgate::server::intake::keep(&app.store, &app.clock, (id, &feed), "products.csv", sha256, &path)
            .await
    };
    keep(&id, &sha256).await.expect("kept");
    let kept = app
        .store
        .find_file(&Scope::All, &id)
        .await
        .expect("a look")
        .expect("the file");
    assert_eq!((kept.bytes, kept.sha256.as_str()), (1_500_000, sha256.as_str()));
    let (other, wrong) = (DeliveryId::new("d2"), "0".repeat(64));
    assert!(
        keep(&other, &wrong).await.is_err(),
        "another file was kept in its place"
    );
    assert_eq!(
        app.store.find_file(&Scope::All, &other).await.expect("a look"),
        None
    );
}

#[tokio::test]
async fn a_file_that_is_still_coming_or_is_anothers_cannot_be_found() {
    let app = App::start().await;
    let mut coming = begin(&app, "d1").await;
    coming
        .write(b"id,title\n", app.clock.now())
        .await
        .expect("written");
    let find = async |scope: Scope, id: &str| {
        app.store
            .find_file(&scope, &DeliveryId::new(id))
            .await
            .expect("a look")
    };
    assert_eq!(find(Scope::All, "d1").await, None);
    keep(&app, "d2", b"x").await;
    let of = |partner: &str| Scope::Only(vec![PartnerId::new(partner)]);
    assert!(find(of("acme"), "d2").await.is_some());
    assert_eq!(find(of("beta"), "d2").await, None);
    coming.abandon().await.expect("gone");
}

#[tokio::test]
async fn an_upload_that_is_given_up_or_dropped_leaves_no_bytes() {
    let app = App::start().await;
    let mut given_up = begin(&app, "d1").await;
    given_up
        .write(&noise(2_500_000), app.clock.now())
        .await
        .expect("written");
    given_up.abandon().await.expect("gone");
    assert_eq!(app.store.count_files().await.expect("a count"), (0, 0));

    let mut dropped = begin(&app, "d2").await;
    dropped
        .write(&noise(2_500_000), app.clock.now())
        .await
        .expect("written");
    assert_eq!(app.store.count_files().await.expect("a count"), (1, 2));
    drop(dropped);
    let mut chunks = 2;
    for _ in 0..100 {
        chunks = app.store.count_files().await.expect("a count").1;
        if chunks == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(chunks, 0, "a dropped upload keeps its bytes");
    app.clock.advance(TimeDelta::hours(2));
    app.store
        .sweep_files(app.clock.now(), KEEP)
        .await
        .expect("a sweep");
    assert_eq!(app.store.count_files().await.expect("a count"), (0, 0));
}

#[tokio::test]
async fn what_a_crash_left_behind_is_swept_and_a_slow_upload_is_not() {
    let app = App::start().await;
    let mut crashed = begin(&app, "d1").await;
    crashed
        .write(&noise(1_500_000), app.clock.now())
        .await
        .expect("written");
    // A process that dies runs no destructor.
    std::mem::forget(crashed);
    let mut slow = begin(&app, "d2").await;
    app.clock.advance(TimeDelta::minutes(50));
    slow.write(&noise(1_500_000), app.clock.now())
        .await
        .expect("written");
    app.clock.advance(TimeDelta::minutes(50));
    let swept = app
        .store
        .sweep_files(app.clock.now(), KEEP)
        .await
        .expect("a sweep");
    assert_eq!(swept, 1);
    assert_eq!(app.store.count_files().await.expect("a count"), (1, 1));
    let ended = slow.end(app.clock.now()).await.expect("all of it");
    app.store.keep_file(ended).await.expect("kept");
}

#[tokio::test]
async fn an_upload_that_was_swept_cannot_go_on() {
    let app = App::start().await;
    let mut late = begin(&app, "d1").await;
    app.clock.advance(TimeDelta::hours(2));
    app.store
        .sweep_files(app.clock.now(), KEEP)
        .await
        .expect("a sweep");
    let refused = late.write(&noise(1_500_000), app.clock.now()).await;
    assert!(refused.is_err(), "bytes of a file that is gone were taken");
    drop(late);
    assert_eq!(app.store.count_files().await.expect("a count"), (0, 0));
}

#[tokio::test]
async fn a_file_is_kept_for_its_days_and_no_longer() {
    let app = App::start().await;
    keep(&app, "d1", &noise(1_200_000)).await;
    app.clock.advance(TimeDelta::days(29));
    assert_eq!(
        app.store
            .sweep_files(app.clock.now(), KEEP)
            .await
            .expect("a sweep"),
        0
    );
    app.clock.advance(TimeDelta::days(2));
    assert_eq!(
        app.store
            .sweep_files(app.clock.now(), KEEP)
            .await
            .expect("a sweep"),
        1
    );
    assert_eq!(app.store.count_files().await.expect("a count"), (0, 0));
}
