//! Requests that are answered at the same time, on the same thread, have nothing to do with each
//! other: what one of them has found out or set is not in the other's answer.

use crate::support::app::{Answer, App};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use feedgate::domain::account::Role;
use futures::future::join_all;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// What a file that is tried is called, which must be told to nobody else.
const NAME: &str = "only-of-acme.csv";

#[tokio::test]
async fn an_icon_leaves_the_page_beside_it_its_policy_and_its_status() {
    let mut app = App::start_with(|state| state.options.site_root = "public".into()).await;
    app.partner("acme").await;
    app.roll().await;
    app.follows = false;
    let staff = app.sign_in(Role::Staff, None).await;
    for _ in 0..10 {
        let pages = ["/deliveries", "/feeds/acme/main", "/deliveries/none"].map(|path| staff.get(path));
        let icons = (0..200).map(async |_| {
            tokio::task::yield_now().await;
            staff.get("/icon.svg").await
        });
        let (pages, icons) = tokio::join!(join_all(pages), join_all(icons));
        for icon in icons {
            assert_eq!(icon.status, StatusCode::OK);
            assert!(icon.body.contains("<svg"), "{}", icon.body);
            assert!(!policy(&icon).contains("nonce"), "{}", policy(&icon));
        }
        for page in &pages {
            assert!(policy(page).contains("'nonce-"), "{}", policy(page));
        }
        let statuses = pages.iter().map(|page| page.status.as_u16());
        assert_eq!(statuses.collect::<Vec<_>>(), [200, 200, 404]);
    }
}

#[tokio::test]
async fn what_came_of_a_trial_is_told_to_nobody_who_asks_at_the_same_time() {
    let mut app = App::start().await;
    app.partner("acme").await;
    app.partner("beta").await;
    app.roll().await;
    app.follows = false;
    let acme = app.sign_in(Role::Partner, Some("acme")).await;
    let beta = app.sign_in(Role::Partner, Some("beta")).await;
    for _ in 0..5 {
        let is_told = AtomicBool::new(false);
        let tried = async {
            let answer = acme.send(trial()).await;
            assert!(answer.body.contains(NAME), "{}", answer.body);
            is_told.store(true, Ordering::Relaxed);
        };
        let asked = (0..3).map(async |_| {
            while !is_told.load(Ordering::Relaxed) {
                let answer = beta.call("read_trial", &[("feed", "beta/main")]).await;
                assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
                let told: Value = serde_json::from_str(&answer.body).expect("JSON");
                assert_eq!(told["outcome"], Value::Null, "{told}");
            }
        });
        tokio::join!(tried, join_all(asked));
    }
}

#[tokio::test]
async fn requests_that_are_given_up_keep_nobody_waiting() {
    let mut app = App::start().await;
    app.partner("acme").await;
    app.roll().await;
    app.follows = false;
    let staff = app.sign_in(Role::Staff, None).await;
    // More than there are connections to the database, by far.
    let impatient = (0..400).map(|_| timeout(Duration::from_millis(60), staff.get("/deliveries")));
    let given_up = join_all(impatient).await;
    assert!(given_up.iter().filter(|answer| answer.is_err()).count() > 20);
    let answer = staff.get("/deliveries").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

fn policy(answer: &Answer) -> &str {
    let policy = answer.headers.get(header::CONTENT_SECURITY_POLICY);
    policy.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A file that is tried on the page of feed acme/main.
fn trial() -> Request<Body> {
    let file = format!(
        "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{NAME}\"\r\n\r\nid,title\n1,Mug\n\r\n--edge--\r\n"
    );
    Request::post("/feeds/acme/main/try")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(file))
        .expect("a request")
}
