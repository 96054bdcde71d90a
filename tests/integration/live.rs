//! What open pages are told, and who is told it.

use crate::support::app::App;
use crate::support::files::{Files, a_record};
use axum::body::BodyDataStream;
use axum::http::StatusCode;
use feedgate::domain::account::Role;
use futures::StreamExt;
use std::time::Duration;

/// Longest that news may take in a test.
const SOON: Duration = Duration::from_secs(10);
/// How long silence is listened to.
const A_WHILE: Duration = Duration::from_millis(500);

/// Whether a piece of news comes within this time.
async fn hears(stream: &mut BodyDataStream, within: Duration) -> bool {
    let heard = tokio::time::timeout(within, stream.next()).await;
    match heard {
        Ok(Some(chunk)) => {
            let text = String::from_utf8_lossy(&chunk.expect("a chunk")).into_owned();
            // A browser drops an event that has no data.
            assert!(text.contains("event: news\ndata: "), "{text}");
            true
        }
        Ok(None) => panic!("the stream has ended"),
        Err(_) => false,
    }
}

#[tokio::test]
async fn a_delivery_is_news_to_its_partner_and_to_staff_and_to_no_other_partner() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    app.partner("borealis").await;
    app.roll().await;
    let staff = app.sign_in(Role::Staff, None).await;
    let acme = app.sign_in(Role::Partner, Some("acme")).await;
    let borealis = app.sign_in(Role::Partner, Some("borealis")).await;
    let mut streams = [
        staff.open("/live").await,
        acme.open("/live").await,
        borealis.open("/live").await,
    ];
    let following = {
        let state = app.state.clone();
        tokio::spawn(async move { state.live.follow(&state).await })
    };
    // Following has begun when a first delivery is heard of.
    let (files, mut n) = (Files::new(), 0);
    loop {
        n += 1;
        assert!(n < 50, "nothing was ever heard");
        app.take_in(&feed, &files.csv("one.csv", &[a_record(n)])).await;
        app.roll().await;
        if hears(&mut streams[0], A_WHILE).await {
            break;
        }
    }
    assert!(hears(&mut streams[1], SOON).await, "the partner it is of");
    // The next one of the same partner is news as well.
    app.take_in(&feed, &files.csv("two.csv", &[a_record(99)])).await;
    app.roll().await;
    assert!(
        hears(&mut streams[0], SOON).await,
        "staff hear of a second delivery"
    );
    assert!(hears(&mut streams[1], SOON).await, "and so does its partner");
    assert!(!hears(&mut streams[2], A_WHILE).await, "another partner");
    app.state.live.close();
    following.await.expect("an end");
    for mut stream in streams {
        let last = tokio::time::timeout(SOON, async { while stream.next().await.is_some() {} }).await;
        assert!(last.is_ok(), "a stream ends when the server does");
    }
}

#[tokio::test]
async fn nobody_listens_who_is_not_signed_in() {
    let app = App::start().await;
    let answer = app.anonymous().get("/live").await;
    // A page there would be an error to the browser, and any other answer a reason to ask again.
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
}
