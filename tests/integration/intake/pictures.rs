//! Pictures that a worker looks at, on a server of the test's own, and what the files that follow are told for them.

use super::pulls::serve;
use crate::pipeline::bulk;
use crate::reconciliation::reach;
use crate::support::app::App;
use crate::support::files::{ARecord, Files, a_record};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono::TimeDelta;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::bulk::{Action, Pace};
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::{FeedId, JobId};
use feedgate::domain::quarantine::HeldRecord;
use feedgate::domain::query::{QuarantineFilter, StateFilter};
use futures::StreamExt;
use mongodb::bson::doc;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// As much of a GIF as tells its size.
fn gif(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0; 3]);
    bytes
}

/// `/800x600.gif` is a picture of that size, everything else what it is called.
async fn picture(Path(name): Path<String>) -> Response {
    match name.as_str() {
        "gone.gif" => StatusCode::NOT_FOUND.into_response(),
        "page.gif" => "<!doctype html><title>Welcome</title>".into_response(),
        "moved.gif" => Redirect::temporary("/60x60.gif").into_response(),
        "heavy.gif" => ([(header::CONTENT_LENGTH, "17000000")], heavy()).into_response(),
        sized => {
            let size = sized.strip_suffix(".gif").and_then(|size| size.split_once('x'));
            let (width, height) = size.expect("a size");
            gif(width.parse().expect("a width"), height.parse().expect("a height")).into_response()
        }
    }
}

/// A picture of 17 MB, of which a looker need not take much.
fn heavy() -> Body {
    let begin = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from(gif(2_000, 2_000)))]);
    let rest = futures::stream::iter(std::iter::repeat_with(|| Ok(Bytes::from(vec![0; 16_387]))).take(1_037));
    let last = 17_000_000 - 13 - 16_387 * 1_037;
    let last = futures::stream::iter([Ok(Bytes::from(vec![0; last]))]);
    Body::from_stream(begin.chain(rest).chain(last))
}

async fn shop() -> SocketAddr {
    serve(Router::new().route("/{name}", get(picture))).await
}

fn shows(number: u32, shop: SocketAddr, picture: &str) -> ARecord {
    a_record(number).with("image_link", &format!("http://{shop}/{picture}"))
}

/// Switches it as staff do, and reads the feed anew.
async fn switch(app: &App, feed: &Feed, on: bool) -> Feed {
    let staff = app.sign_in(Role::Staff, None).await;
    let on = on.to_string();
    let switched = staff
        .call("switch_pictures", &[("feed", feed.id.as_str()), ("on", &on)])
        .await;
    assert!(switched.status.is_success(), "{}", switched.body);
    again(app, &feed.id).await
}

async fn again(app: &App, id: &FeedId) -> Feed {
    let found = app.store.find_feed(&Scope::All, id).await.expect("a look");
    found.expect("the feed").feed
}

/// What a running worker does when the time has come.
async fn look(app: &App) {
    let worker = app.worker();
    for _ in 0..20 {
        if !worker
            .look_at_pictures(&CancellationToken::new())
            .await
            .expect("looked at")
        {
            return;
        }
    }
    panic!("looking at a few pictures does not end");
}

async fn held(app: &App) -> Vec<HeldRecord> {
    let open = QuarantineFilter {
        state: StateFilter::Open,
        ..QuarantineFilter::default()
    };
    let found = app.store.list_held(&Scope::All, &open, "", 100).await;
    let mut rows = found.expect("a list").rows;
    rows.sort_by(|a, b| a.item_id.cmp(&b.item_id));
    rows
}

fn codes(held: &[HeldRecord]) -> Vec<(&str, Vec<&str>)> {
    held.iter()
        .map(|r| (&*r.item_id, r.violations.iter().map(|v| &*v.code).collect()))
        .collect()
}

#[tokio::test]
async fn a_picture_is_looked_at_after_its_first_file_and_its_record_held_in_the_next() {
    let (app, files, shop) = (App::start().await, Files::new(), shop().await);
    let feed = app.partner("acme").await;
    let feed = switch(&app, &feed, true).await;
    let records = [
        shows(1, shop, "800x600.gif"),
        shows(2, shop, "99x800.gif"),
        shows(3, shop, "moved.gif"),
        shows(4, shop, "9000x8000.gif"),
        shows(5, shop, "heavy.gif"),
        shows(6, shop, "gone.gif"),
        shows(7, shop, "page.gif"),
    ];
    app.take_in(&feed, &files.csv("a.csv", &records)).await;
    assert!(held(&app).await.is_empty(), "nobody has looked yet");
    look(&app).await;

    // The same records again, unchanged but for what is known of them now.
    app.clock.advance(TimeDelta::minutes(1));
    app.take_in(&feed, &files.csv("b.csv", &records)).await;
    let all = held(&app).await;
    assert_eq!(
        codes(&all),
        [
            ("SKU2", vec!["IMG_SMALL"]),
            ("SKU3", vec!["IMG_SMALL"]),
            ("SKU4", vec!["IMG_LARGE"]),
            ("SKU5", vec!["IMG_LARGE"]),
        ]
    );
    let says = |n: usize| all[n].violations[0].message.as_str();
    assert!(
        says(0).contains("has 99 × 800 pixels; at least 100 × 100 are asked for."),
        "{}",
        says(0)
    );
    assert!(
        says(2).contains("has 9000 × 8000 pixels; at most 64 million are taken."),
        "{}",
        says(2)
    );
    assert!(
        says(3).contains("is a file of 17.0 MB; at most 16 are taken."),
        "{}",
        says(3)
    );

    let page = app
        .sign_in(Role::Staff, None)
        .await
        .get("/feeds/acme/main")
        .await
        .body;
    for said in [
        "7 of 7 pictures",
        "the server answered 404",
        "no picture whose size can be read",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let partner = app
        .sign_in(Role::Partner, Some("acme"))
        .await
        .get("/feeds/acme/main")
        .await
        .body;
    assert!(partner.contains("7 of 7 pictures") && !partner.contains("Look at them no more"));

    // A picture that is mended is one at another address.
    app.clock.advance(TimeDelta::minutes(1));
    let mended = [shows(1, shop, "800x600.gif"), shows(2, shop, "500x800.gif")];
    app.take_in(&feed, &files.csv("c.csv", &mended)).await;
    assert!(held(&app).await.iter().all(|r| r.item_id != "SKU2"));
}

#[tokio::test]
async fn the_editor_and_a_replay_say_of_a_picture_what_the_intake_said() {
    let (app, files, shop) = (App::start().await, Files::new(), shop().await);
    let feed = app.partner("acme").await;
    let feed = switch(&app, &feed, true).await;
    let records = [shows(1, shop, "50x50.gif"), shows(2, shop, "800x600.gif")];
    app.take_in(&feed, &files.csv("a.csv", &records)).await;
    look(&app).await;
    app.clock.advance(TimeDelta::minutes(1));
    app.take_in(&feed, &files.csv("b.csv", &records)).await;
    let record = held(&app).await.remove(0);
    assert_eq!(
        codes(std::slice::from_ref(&record)),
        [("SKU1", vec!["IMG_SMALL"])]
    );

    let staff = app.sign_in(Role::Staff, None).await;
    let replay = [("id", record.id.as_str())];
    assert!(staff.call("replay_record", &replay).await.status.is_success());
    app.work().await;
    let again = app
        .store
        .find_held(&Scope::All, &record.id)
        .await
        .expect("a look");
    assert_eq!(again.expect("the record").state.word(), "rejected_again");

    let page = staff
        .get(&format!("/quarantine/{}?edit=fields", record.id))
        .await
        .body;
    assert!(page.contains("50 × 50 pixels"), "the editor does not say it");
    app.mend(&record, "image_link", &format!("http://{shop}/800x600.gif"))
        .await;
    assert!(staff.call("replay_record", &replay).await.status.is_success());
    app.work().await;
    assert!(held(&app).await.is_empty());
}

#[tokio::test]
async fn what_nothing_shows_any_more_is_forgotten_and_with_the_switch_everything() {
    let (app, files, shop) = (App::start().await, Files::new(), shop().await);
    let feed = app.partner("acme").await;
    let feed = switch(&app, &feed, true).await;
    let both = [shows(1, shop, "50x50.gif"), shows(2, shop, "60x60.gif")];
    app.take_in(&feed, &files.csv("a.csv", &both)).await;
    look(&app).await;
    let pictures = reach(&app, "pictures").await;
    let kept = async || pictures.count_documents(doc! {}).await.expect("a count");
    assert_eq!(kept().await, 2);

    app.clock.advance(TimeDelta::minutes(20));
    let one = [shows(1, shop, "800x600.gif"), shows(2, shop, "800x600.gif")];
    app.take_in(&feed, &files.csv("b.csv", &one)).await;
    look(&app).await;
    assert_eq!(kept().await, 3, "two that were shown, and one of two products");
    app.clock.advance(TimeDelta::days(31));
    look(&app).await;
    assert_eq!(kept().await, 1, "a month later");

    let feed = switch(&app, &feed, false).await;
    assert_eq!(kept().await, 0);
    app.clock.advance(TimeDelta::minutes(20));
    look(&app).await;
    assert_eq!(kept().await, 0, "nobody looks any more");
    app.take_in(&feed, &files.csv("c.csv", &both)).await;
    assert!(held(&app).await.is_empty());
    // What a worker wrote that was at it when it was switched off, and died.
    let late = doc! {"_id": "acme/main#0000000000000000", "feed": "acme/main"};
    pictures.insert_one(late).await.expect("written");
    app.worker().sweep().await;
    assert_eq!(kept().await, 0, "it is swept away");
    let staff = app.sign_in(Role::Staff, None).await;
    let twice = staff
        .call("switch_pictures", &[("feed", feed.id.as_str()), ("on", "false")])
        .await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{}", twice.body);
}

#[tokio::test]
async fn nothing_inside_is_looked_at_unless_the_operator_lets_it() {
    let (app, files, shop) = (App::start().await, Files::new(), shop().await);
    let feed = app.partner("acme").await;
    let feed = switch(&app, &feed, true).await;
    app.take_in(&feed, &files.csv("a.csv", &[shows(1, shop, "50x50.gif")]))
        .await;
    assert!(
        app.worker_with(false)
            .look_at_pictures(&CancellationToken::new())
            .await
            .expect("looked at")
    );
    let pictures = reach(&app, "pictures").await;
    let found = pictures
        .find_one(doc! {})
        .await
        .expect("a look")
        .expect("a picture");
    let fault = found.get_str("fault").expect("a fault");
    assert!(fault.contains("private address"), "{fault}");
    // A partner chooses the addresses, and is not told what our own network says of them.
    let staff = app.sign_in(Role::Staff, None).await;
    assert!(
        staff
            .get("/feeds/acme/main")
            .await
            .body
            .contains("private address")
    );
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let page = partner.get("/feeds/acme/main").await.body;
    assert!(page.contains("it could not be reached") && !page.contains("private address"));
}

#[tokio::test]
async fn a_server_is_asked_for_two_pictures_at_a_time_and_for_none_twice() {
    let (app, files) = (App::start().await, Files::new());
    let (now, most, all) = <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    let counted = (now, most.clone(), all.clone());
    let router = Router::new().route(
        "/{name}",
        get(async move |_: Path<String>| {
            let (now, most, all) = counted;
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            all.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            gif(800, 600)
        }),
    );
    let shop = serve(router).await;
    let feed = app.partner("acme").await;
    let feed = switch(&app, &feed, true).await;
    let records: Vec<_> = (1..=30).map(|n| shows(n, shop, &format!("{n}.gif"))).collect();
    app.take_in(&feed, &files.csv("a.csv", &records)).await;
    look(&app).await;
    app.clock.advance(TimeDelta::days(29));
    look(&app).await;
    assert_eq!(most.load(Ordering::SeqCst), 2);
    assert_eq!(all.load(Ordering::SeqCst), 30);
    app.clock.advance(TimeDelta::days(2));
    look(&app).await;
    assert_eq!(
        all.load(Ordering::SeqCst),
        60,
        "after a month each is looked at again"
    );
}

#[tokio::test]
async fn a_picture_that_the_catalogue_no_longer_shows_is_known_while_records_wait_with_it() {
    let (app, files, shop) = (App::start().await, Files::new(), shop().await);
    let feed = app.partner("acme").await;
    let feed = switch(&app, &feed, true).await;
    app.take_in(&feed, &files.csv("a.csv", &[shows(1, shop, "50x50.gif")]))
        .await;
    look(&app).await;
    let records = [shows(1, shop, "800x600.gif"), shows(2, shop, "50x50.gif")];
    for name in ["b.csv", "c.csv"] {
        app.clock.advance(TimeDelta::minutes(20));
        app.take_in(&feed, &files.csv(name, &records)).await;
        look(&app).await;
        assert_eq!(codes(&held(&app).await), [("SKU2", vec!["IMG_SMALL"])], "{name}");
    }
}

#[tokio::test]
async fn what_was_seen_stays_when_a_server_fails_and_a_busy_one_is_left_alone() {
    let (app, files, asked) = (App::start().await, Files::new(), Arc::new(AtomicUsize::new(0)));
    let counted = asked.clone();
    let router = Router::new().route(
        "/p.gif",
        get(async move || match counted.fetch_add(1, Ordering::SeqCst) {
            0 => gif(50, 50).into_response(),
            1 => (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "7200")]).into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        }),
    );
    let shop = serve(router).await;
    let feed = app.partner("acme").await;
    let feed = switch(&app, &feed, true).await;
    let records = [shows(1, shop, "p.gif"), a_record(2)];
    app.take_in(&feed, &files.csv("a.csv", &records[..1])).await;
    look(&app).await;
    app.clock.advance(TimeDelta::days(31));
    look(&app).await;
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    app.clock.advance(TimeDelta::minutes(119));
    look(&app).await;
    assert_eq!(asked.load(Ordering::SeqCst), 2, "it asked for two hours");
    app.clock.advance(TimeDelta::minutes(2));
    look(&app).await;
    assert_eq!(asked.load(Ordering::SeqCst), 3);

    app.take_in(&feed, &files.csv("b.csv", &records)).await;
    assert_eq!(codes(&held(&app).await), [("SKU1", vec!["IMG_SMALL"])]);
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/feeds/acme/main").await.body;
    assert!(
        page.contains("the server answered 404"),
        "what is wrong now is told"
    );
}

#[tokio::test]
async fn a_replay_of_many_and_its_plan_know_the_pictures_too() {
    let (app, files, shop) = (App::start().await, Files::new(), shop().await);
    let feed = app.partner("acme").await;
    let feed = switch(&app, &feed, true).await;
    let records = [shows(1, shop, "50x50.gif"), shows(2, shop, "60x60.gif")];
    app.take_in(&feed, &files.csv("a.csv", &records)).await;
    look(&app).await;
    app.clock.advance(TimeDelta::minutes(1));
    app.take_in(&feed, &files.csv("b.csv", &records)).await;
    assert_eq!(held(&app).await.len(), 2);
    bulk::plan(&app, &feed, "j1", Action::Replay).await;
    app.work().await;
    let standing = app.store.read_standing(&JobId::new("j1")).await.expect("a sum");
    assert_eq!((standing.rehearsed, standing.would_pass), (2, 0));
    bulk::start(&app, "j1", Pace::default()).await;
    app.work().await;
    let tally = bulk::tally(&app, "j1").await;
    // One is tried before the rest, and with it the job stops by itself.
    assert_eq!((tally.rejected_again, tally.accepted), (1, 0));
    assert_eq!(held(&app).await.len(), 2);
}
