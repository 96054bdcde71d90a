//! What was answered a moment ago is answered again, and never a moment too long.

use crate::support::app::{Actor, App};
use crate::support::files::{Files, a_record};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use feedgate::domain::account::Role;
use feedgate::domain::feed::Feed;
use std::time::Duration;

/// Longer than any test takes.
const LONG: Duration = Duration::from_mins(10);

/// A file of one record that is new, taken in behind the back of the pages.
async fn something_comes(app: &App, feed: &Feed, n: u32) {
    let files = Files::new();
    app.take_in(feed, &files.csv("products.csv", &[a_record(n)]))
        .await;
    app.roll().await;
}

async fn anew(actor: &Actor<'_>, path: &str) -> String {
    let request = Request::get(path).header(header::CACHE_CONTROL, "no-cache");
    actor
        .send(request.body(Body::empty()).expect("a request"))
        .await
        .body
}

#[tokio::test]
async fn a_page_of_figures_is_answered_again_until_somebody_writes() {
    let app = App::start_ready(LONG).await;
    let feed = app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    something_comes(&app, &feed, 1).await;
    for path in ["/", "/partners/acme", "/reasons"] {
        let first = staff.get(path).await;
        assert_eq!(first.status, StatusCode::OK, "{path}");
        something_comes(&app, &feed, 2).await;
        assert_eq!(
            staff.get(path).await.body,
            first.body,
            "{path}: it was drawn a moment ago"
        );
        // Even a form that is refused may have written something.
        staff
            .post("/api/sign_in", &[("email", "x"), ("password", "x")])
            .await;
        let second = staff.get(path).await;
        assert_eq!(second.status, StatusCode::OK, "{path}");
    }
    let kept = staff.get("/").await.body;
    something_comes(&app, &feed, 3).await;
    assert_eq!(staff.get("/").await.body, kept);
    assert_ne!(anew(&staff, "/").await, kept, "who asks for it anew has it anew");
    let held = staff.get("/quarantine").await.body;
    something_comes(&app, &feed, 4).await;
    assert!(!held.is_empty(), "lists of records are never kept");
}

#[tokio::test]
async fn nobody_is_shown_what_was_drawn_for_another_or_before_they_left() {
    let app = App::start_ready(LONG).await;
    app.partner("acme").await;
    app.partner("borealis").await;
    let acme = app.sign_in(Role::Partner, Some("acme")).await;
    let borealis = app.sign_in(Role::Partner, Some("borealis")).await;
    assert_eq!(acme.get("/partners/acme").await.status, StatusCode::OK);
    assert_eq!(
        borealis.get("/partners/acme").await.status,
        StatusCode::NOT_FOUND,
        "another partner's page is not there, ready or not"
    );
    assert_eq!(
        app.anonymous().get("/partners/acme").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(acme.get("/partners/acme").await.status, StatusCode::OK);
    acme.post("/api/sign_out", &[]).await;
    assert_eq!(
        acme.get("/partners/acme").await.status,
        StatusCode::SEE_OTHER,
        "who has signed out is shown nothing more"
    );
}

#[tokio::test]
async fn what_another_process_writes_is_shown_when_the_moment_is_over() {
    let moment = Duration::from_millis(200);
    let app = App::start_ready(moment).await;
    let feed = app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let before = staff.get("/").await.body;
    something_comes(&app, &feed, 1).await;
    tokio::time::sleep(moment).await;
    assert_ne!(staff.get("/").await.body, before);
}

#[tokio::test]
async fn news_of_a_delivery_end_what_was_ready_before_they_are_told() {
    let mut app = App::start_ready(LONG).await;
    // As between processes: nobody but the stream of turns says that something has come.
    app.follows = false;
    let feed = app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let state = app.state.clone();
    let following = tokio::spawn(async move { state.live.follow(&state).await });
    let before = staff.get("/").await.body;
    let mut moved = false;
    for n in 0..100 {
        // Following may have begun only now, so one delivery might go unseen.
        if n % 20 == 0 {
            something_comes(&app, &feed, n).await;
        }
        moved = staff.get("/").await.body != before;
        if moved {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(moved, "the page stood still");
    app.state.live.close();
    following.await.expect("an end");
}
