//! How a feed's file is fetched, as staff set it on the feed's page, from a server of the test's own.

use crate::support::app::{Actor, Answer, App};
use crate::support::files::{Files, a_record};
use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use chrono::TimeDelta;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::ids::FeedId;
use feedgate::domain::pull::{Limits, Pulling};
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// A partner's server with a file that has a version; gone with the test.
async fn shop() -> SocketAddr {
    let file = std::fs::read(Files::new().csv("f.csv", &[a_record(1), a_record(2)])).expect("a file");
    let answer = async move |headers: HeaderMap| {
        if headers.contains_key(header::IF_NONE_MATCH) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::ETAG, "\"spring\"")], file.clone()).into_response()
        }
    };
    let router = Router::new().route("/f.csv", get(answer)).route(
        "/slow.csv",
        get(async || {
            tokio::time::sleep(std::time::Duration::from_secs(30)).await;
            "late"
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn tick(app: &App) {
    app.worker().queue_due_pulls().await.expect("queued");
    app.work().await;
}

async fn pulling(app: &App) -> Option<Pulling> {
    let feed = FeedId::new("acme/main");
    app.store.find_pull(&Scope::All, &feed).await.expect("a look")
}

/// Sets it as a browser without a script does: address, minutes, seconds, megabytes.
async fn set(staff: &Actor<'_>, [url, every, seconds, megabytes]: [&str; 4]) -> Answer {
    let fields = [
        ("feed", "acme/main"),
        ("wish[url]", url),
        ("wish[every_minutes]", every),
        ("wish[seconds]", seconds),
        ("wish[megabytes]", megabytes),
    ];
    staff.post("/api/set_pull", &fields).await
}

#[tokio::test]
async fn staff_have_a_file_fetched_see_how_that_stands_change_it_and_end_it() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/feeds/acme/main").await.body;
    assert!(page.contains("Nothing is fetched for this feed"), "{page}");
    let url = format!("http://{}/f.csv?key=geheim", shop().await);
    let done = set(&staff, [&url, "60", "", "2"]).await;
    assert_eq!(
        done.location.as_deref(),
        Some("/feeds/acme/main#pull"),
        "{done:?}"
    );
    tick(&app).await;
    app.clock.advance(TimeDelta::minutes(60));
    tick(&app).await;
    let page = staff.get("/feeds/acme/main").await.body;
    for part in [
        "HTTP 304",
        "spring",
        "nothing new",
        "2 MB",
        "f.csv?…",
        "Fetch it no more",
    ] {
        assert!(page.contains(part), "no “{part}” in {page}");
    }
    assert!(!page.contains("geheim"), "the key in the address is shown");
    // An address that is not typed again stays, with what is known of its file.
    set(&staff, ["", "5", "30", ""]).await;
    let now = pulling(&app).await.expect("a pull");
    assert_eq!((&*now.url, now.every_minutes), (&*url, 5));
    let limits = Limits {
        seconds: Some(30),
        megabytes: None,
    };
    assert_eq!((now.limits, now.etag.as_deref()), (limits, Some("\"spring\"")));
    assert_eq!(now.due_at, app.clock.now() + TimeDelta::minutes(5));
    staff.post("/api/stop_pull", &[("feed", "acme/main")]).await;
    assert_eq!(pulling(&app).await, None);
    let deeds = app.store.list_deeds(&Scope::All, "feed:acme/main").await;
    let deeds: Vec<_> = deeds.expect("a list").into_iter().map(|deed| deed.what).collect();
    assert!(
        deeds
            .iter()
            .any(|what| what.ends_with("every 60 min, at most 2 MB")),
        "{deeds:?}"
    );
    assert!(!deeds.concat().contains("geheim"), "{deeds:?}");
}

#[tokio::test]
async fn a_fetch_keeps_to_the_limits_of_its_feed() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let address = shop().await;
    set(&staff, [&format!("http://{address}/slow.csv"), "60", "1", ""]).await;
    tick(&app).await;
    let last = pulling(&app).await.expect("a pull").last.expect("an outcome").1;
    assert_eq!(last, "it was not done after 1 s");
    let page = staff.get("/feeds/acme/main").await.body;
    assert!(page.contains("1 in a row, of 5 that pause it"), "{page}");
}

#[tokio::test]
async fn what_pulls_may_not_reach_is_refused_where_it_is_typed_and_what_was_typed_comes_back() {
    let app = App::start_guarded().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let inside = "is a private address, which feedgate may not reach";
    let leads = "localhost leads to a private address, which feedgate may not reach";
    for (typed, sentence) in [
        (["http://127.0.0.1:9/f.csv", "60", "", ""], inside),
        (["http://0x7f.1/f.csv", "60", "", ""], inside),
        (["http://[::1]/f.csv", "60", "", ""], inside),
        (["http://169.254.169.254/f.csv", "60", "", ""], inside),
        (["http://localhost/f.csv", "60", "", ""], leads),
        (
            ["ftp://shop.example.com/f.csv", "60", "", ""],
            "“ftp:” cannot be pulled from",
        ),
        (["", "60", "", ""], "Say where the file is"),
        (["https://1.1.1.1/f.csv", "4", "", ""], "4 minutes is no rhythm"),
        (
            ["https://1.1.1.1/f.csv", "soon", "", ""],
            "“soon” is no whole number",
        ),
        (["https://1.1.1.1/f.csv", "60", "0", ""], "0 is out of range"),
        (
            ["https://1.1.1.1/f.csv", "60", "", "200000"],
            "200000 is out of range",
        ),
    ] {
        let refused = set(&staff, typed).await;
        let back = refused.location.expect("a way back");
        assert!(back.starts_with("/feeds/acme/main?"), "{back}");
        let page = staff.get(&back).await.body;
        assert!(page.contains(sentence), "{typed:?}: no “{sentence}” in {page}");
        assert!(
            page.contains(&format!("value=\"{}\"", typed[0])),
            "{typed:?} is to be typed again"
        );
    }
    let secret = set(&staff, ["ftp://shop.example.com/f.csv?key=geheim", "60", "", ""]).await;
    assert!(!secret.location.expect("a way back").contains("geheim"));
    assert_eq!(pulling(&app).await, None);
}

#[tokio::test]
async fn a_change_that_somebody_was_faster_with_is_a_conflict() {
    let app = App::start().await;
    let feed = app.partner("acme").await.id;
    let first = Pulling::new("https://a.example/f.csv".to_owned(), 60, app.clock.now());
    app.store.amend_pull(&feed, None, &first).await.expect("set");
    assert!(
        app.store.amend_pull(&feed, None, &first).await.is_err(),
        "it is set up twice"
    );
    let other = first
        .clone()
        .set(first.url.clone(), 30, Limits::default(), app.clock.now());
    app.store
        .amend_pull(&feed, Some(&first), &other)
        .await
        .expect("set");
    let late = app.store.amend_pull(&feed, Some(&first), &first).await;
    assert!(late.is_err(), "the change of another is lost");
}
