//! Files that are fetched by schedule, from a server of the test's own.

use crate::support::app::App;
use crate::support::files::{Files, a_record};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use chrono::TimeDelta;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::ids::FeedId;
use feedgate::domain::pull::Pulling;
use feedgate::domain::query::DeliveryFilter;
use feedgate::server::worker::Worker;
use futures::StreamExt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn feed_file() -> Vec<u8> {
    std::fs::read(Files::new().csv("f.csv", &[a_record(1), a_record(2)])).expect("a file")
}

/// A partner's server; gone with the test.
pub async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Sets the feed's pull up, due at once.
async fn set(app: &App, url: String) -> FeedId {
    let feed = app.partner("acme").await.id;
    let pulling = Pulling::new(url, 60, app.clock.now());
    app.store.set_pull(&feed, &pulling).await.expect("set");
    feed
}

/// What a running worker does when the time has come.
async fn tick(app: &App) {
    app.worker().queue_due_pulls().await.expect("queued");
    app.work().await;
}

async fn pull(app: &App, feed: &FeedId) -> Pulling {
    let found = app.store.find_pull(&Scope::All, feed).await.expect("a look");
    found.expect("a pull")
}

async fn said(app: &App, feed: &FeedId) -> String {
    pull(app, feed).await.last.expect("an outcome").1
}

async fn deliveries(app: &App) -> u64 {
    let all = DeliveryFilter::default();
    let list = app.store.list_deliveries(&Scope::All, &all, "", 1).await;
    list.expect("a list").total
}

#[tokio::test]
async fn a_pull_that_is_due_brings_the_file_in_and_one_with_nothing_new_is_no_delivery() {
    let app = App::start().await;
    let file = feed_file();
    let router = Router::new().route(
        "/spring.csv",
        get(async move |headers: HeaderMap| {
            let known = headers
                .get(header::IF_NONE_MATCH)
                .is_some_and(|tag| tag == "\"v1\"");
            let dated = headers.get(header::IF_MODIFIED_SINCE).is_some();
            if known && dated {
                return StatusCode::NOT_MODIFIED.into_response();
            }
            let about = [
                (header::ETAG, "\"v1\""),
                (header::LAST_MODIFIED, "Tue, 24 Nov 2026 10:00:00 GMT"),
            ];
            (about, file.clone()).into_response()
        }),
    );
    let address = serve(router).await;
    let feed = set(&app, format!("http://{address}/spring.csv?key=geheim")).await;
    let staff = app.sign_in(Role::Staff, None).await;
    assert!(
        staff
            .get("/feeds/acme/main")
            .await
            .body
            .contains("not fetched yet")
    );
    tick(&app).await;
    assert!(
        said(&app, &feed).await.starts_with("spring.csv"),
        "{}",
        said(&app, &feed).await
    );
    assert_eq!(
        app.store.count_items(&Scope::All, &feed).await.expect("a count"),
        2
    );
    assert_eq!(deliveries(&app).await, 1);
    tick(&app).await;
    assert_eq!(deliveries(&app).await, 1, "it was fetched before its time");
    app.clock.advance(TimeDelta::minutes(60));
    tick(&app).await;
    assert_eq!(said(&app, &feed).await, "nothing new");
    assert_eq!(deliveries(&app).await, 1);
    let page = staff.get("/feeds/acme/main").await.body;
    assert!(page.contains("nothing new") && page.contains("/spring.csv?…"));
    assert!(!page.contains("geheim"), "the key in the address is shown");
}

#[tokio::test]
async fn of_many_workers_one_queues_a_pull_that_is_due() {
    let app = App::start().await;
    let address = serve(Router::new().route("/f.csv", get(async || feed_file()))).await;
    set(&app, format!("http://{address}/f.csv")).await;
    let workers: Vec<_> = (0..8).map(|_| app.worker()).collect();
    let all = workers.iter().map(Worker::queue_due_pulls);
    for done in futures::future::join_all(all).await {
        done.expect("queued");
    }
    assert_eq!(app.store.count_unfinished_jobs().await.expect("a count"), 1);
    app.clock.advance(TimeDelta::minutes(61));
    app.worker().queue_due_pulls().await.expect("queued");
    assert_eq!(
        app.store.count_unfinished_jobs().await.expect("a count"),
        1,
        "the same pull is queued twice"
    );
}

#[tokio::test]
async fn a_server_that_fails_is_asked_less_and_less_then_paused_until_staff_resume_it() {
    let app = App::start().await;
    let well = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&well);
    let router = Router::new().route(
        "/f.csv",
        get(async move || {
            if state.load(Ordering::Relaxed) {
                feed_file().into_response()
            } else {
                StatusCode::BAD_GATEWAY.into_response()
            }
        }),
    );
    let address = serve(router).await;
    let feed = set(&app, format!("http://{address}/f.csv")).await;
    for minutes in [1, 4, 16, 60] {
        tick(&app).await;
        let after = pull(&app, &feed).await;
        assert!(!after.paused);
        assert_eq!((after.due_at - app.clock.now()).num_minutes(), minutes);
        app.clock.advance(TimeDelta::minutes(minutes));
    }
    tick(&app).await;
    assert!(pull(&app, &feed).await.paused);
    app.clock.advance(TimeDelta::days(1));
    tick(&app).await;
    assert_eq!(pull(&app, &feed).await.failures, 5, "a paused pull is fetched");
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/feeds/acme/main").await.body;
    for words in [
        "Paused after 5 failures",
        "502 Bad Gateway",
        "Resume and fetch it now",
    ] {
        assert!(page.contains(words), "the page does not say “{words}”");
    }
    let manager = app
        .sign_in(Role::Manager, None)
        .await
        .get("/feeds/acme/main")
        .await
        .body;
    assert!(manager.contains("Paused after") && !manager.contains("Resume and fetch"));
    well.store(true, Ordering::Relaxed);
    let pressed = staff.post("/api/resume_pull", &[("feed", "acme/main")]).await;
    assert_eq!(pressed.location.as_deref(), Some("/feeds/acme/main#pull"));
    tick(&app).await;
    let after = pull(&app, &feed).await;
    assert_eq!((after.paused, after.failures), (false, 0));
    assert_eq!(deliveries(&app).await, 1);
}

#[tokio::test]
async fn private_addresses_are_not_fetched_from_by_number_name_or_redirect() {
    let app = App::start().await;
    let address = serve(Router::new().route("/f.csv", get(async || feed_file()))).await;
    let port = address.port();
    let guarded = app.worker_with(false);
    for url in [
        format!("http://127.0.0.1:{port}/f.csv"),
        format!("http://localhost:{port}/f.csv"),
        format!("http://[::ffff:127.0.0.1]:{port}/f.csv"),
        format!("http://2130706433:{port}/f.csv"),
        format!("http://0x7f.1:{port}/f.csv"),
    ] {
        let feed = set(&app, url.clone()).await;
        guarded.queue_due_pulls().await.expect("queued");
        while guarded
            .do_one(&feedgate::domain::job::Kind::ALL)
            .await
            .expect("a job")
        {}
        let why = said(&app, &feed).await;
        assert!(why.contains("private address"), "{url}: {why}");
    }
    assert_eq!(deliveries(&app).await, 0);
}

#[tokio::test]
async fn a_redirect_is_followed_and_a_circle_is_not() {
    let app = App::start().await;
    let router = Router::new()
        .route("/old.csv", get(async || Redirect::permanent("/new/file.csv")))
        .route("/new/file.csv", get(async || feed_file()))
        .route("/circle", get(async || Redirect::temporary("/circle")))
        .route("/away", get(async || Redirect::temporary("file:///etc/passwd")));
    let address = serve(router).await;
    let feed = set(&app, format!("http://{address}/old.csv")).await;
    tick(&app).await;
    assert!(
        said(&app, &feed).await.starts_with("file.csv"),
        "{}",
        said(&app, &feed).await
    );
    set(&app, format!("http://{address}/circle")).await;
    tick(&app).await;
    assert_eq!(said(&app, &feed).await, "it was redirected more than 5 times");
    set(&app, format!("http://{address}/away")).await;
    tick(&app).await;
    assert!(said(&app, &feed).await.contains("“file:” cannot be pulled from"));
    assert_eq!(deliveries(&app).await, 1);
}

#[tokio::test]
async fn a_file_that_is_too_large_too_slow_or_cut_short_leaves_nothing() {
    let app = App::start().await;
    let piece = || Bytes::from(vec![b'x'; 100_000]);
    let endless = move || futures::stream::repeat(piece()).map(Ok::<_, std::io::Error>);
    let router = Router::new()
        .route("/endless", get(async move || Body::from_stream(endless())))
        .route(
            "/silent",
            get(async || Body::from_stream(futures::stream::pending::<std::io::Result<Bytes>>())),
        );
    let address = serve(router).await;
    let feed = set(&app, format!("http://{address}/endless?key=geheim")).await;
    tick(&app).await;
    assert!(
        said(&app, &feed).await.contains("larger than 3 MB"),
        "{}",
        said(&app, &feed).await
    );
    set(&app, format!("http://{address}/silent")).await;
    tick(&app).await;
    assert_eq!(said(&app, &feed).await, "it was not done after 2 s");
    let cut = cut_short().await;
    set(&app, format!("http://{cut}/f.csv?key=geheim")).await;
    tick(&app).await;
    let why = said(&app, &feed).await;
    assert!(
        why.contains("broke off after byte") && !why.contains("geheim"),
        "{why}"
    );
    assert_eq!(deliveries(&app).await, 0);
    for _ in 0..100 {
        if app.store.count_files().await.expect("a count").1 == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(
        app.store.count_files().await.expect("a count").1,
        0,
        "bytes stay behind"
    );
}

/// A server that announces more than it sends.
async fn cut_short() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\nid,title\n")
                .await;
        }
    });
    address
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_an_outcome_without_secrets() {
    let app = App::start().await;
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("an address")
        .local_addr()
        .expect("an address")
        .port();
    let feed = set(
        &app,
        format!("http://name:geheim@127.0.0.1:{port}/f.csv?key=geheim"),
    )
    .await;
    tick(&app).await;
    let why = said(&app, &feed).await;
    assert!(why.starts_with("the server could not be reached"), "{why}");
    assert!(!why.contains("geheim"), "{why}");
}

#[tokio::test]
async fn a_pull_that_staff_pause_rests_until_they_resume_it_and_the_log_says_who() {
    let app = App::start().await;
    let address = serve(Router::new().route("/f.csv", get(async || feed_file()))).await;
    let feed = set(&app, format!("http://{address}/f.csv")).await;
    app.worker().queue_due_pulls().await.expect("queued");
    let staff = app.sign_in(Role::Staff, None).await;
    let pressed = staff.post("/api/pause_pull", &[("feed", "acme/main")]).await;
    assert_eq!(pressed.location.as_deref(), Some("/feeds/acme/main#pull"));
    // What was queued before is not fetched either.
    app.work().await;
    app.clock.advance(TimeDelta::days(1));
    tick(&app).await;
    let rests = pull(&app, &feed).await;
    assert_eq!((rests.paused, rests.last), (true, None));
    // A session ends when it has rested for a day.
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/feeds/acme/main").await.body;
    assert!(
        page.contains("Paused by staff of all.") && !page.contains("Pause fetching"),
        "{page}"
    );
    staff.post("/api/resume_pull", &[("feed", "acme/main")]).await;
    tick(&app).await;
    assert!(!pull(&app, &feed).await.paused);
    assert_eq!(deliveries(&app).await, 1);
    let deeds = app
        .store
        .list_deeds(&Scope::All, "feed:acme/main")
        .await
        .expect("a list");
    let deeds: Vec<_> = deeds
        .iter()
        .map(|deed| (&*deed.action, &*deed.actor_name))
        .collect();
    assert!(deeds.contains(&("pull.pause", "staff of all")), "{deeds:?}");
}

#[tokio::test]
async fn a_pause_made_while_a_fetch_is_under_way_stays() {
    let app = App::start().await;
    let feed = set(&app, "http://127.0.0.1:9/f.csv".to_owned()).await;
    let before = pull(&app, &feed).await;
    app.store
        .pause_pull(&Scope::All, &feed, "Ines")
        .await
        .expect("paused");
    let after = before
        .clone()
        .after(feedgate::domain::pull::Outcome::NothingNew, app.clock.now());
    app.store.note_pull(&feed, &before, &after).await.expect("noted");
    assert!(pull(&app, &feed).await.paused);
}
