//! Files that programs send with a token, and what they are told became of them.

use crate::support::app::{App, FILE_MAX};
use crate::support::files::{Files, a_record};
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::delivery::Status;
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::{DeliveryId, FeedId};
use feedgate::server::tokens::{self, Wanted};
use futures::StreamExt;
use serde_json::Value;
use std::collections::BTreeSet;
use tokio::io::AsyncWriteExt;

async fn token(app: &App, feed: &Feed, only: Option<&FeedId>) -> String {
    let made = tokens::make(
        &app.store,
        Wanted {
            partner: feed.id.partner(),
            feed: only.cloned(),
            may_log: false,
            label: "export server".to_owned(),
            by: String::new(),
        },
        app.clock.now(),
    )
    .await;
    made.expect("a token").1
}

fn feed_file() -> Vec<u8> {
    let records = [a_record(1), a_record(2).with("gtin", "1234"), a_record(3)];
    std::fs::read(Files::new().csv("f.csv", &records)).expect("a file")
}

/// Status, `Location` and body of a request with a token.
async fn ask(
    app: &App,
    request: axum::http::request::Builder,
    token: &str,
    body: Body,
) -> (StatusCode, Option<String>, Value) {
    let request = request
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(body)
        .expect("a request");
    let answer = app.anonymous().send(request).await;
    let json = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
    (answer.status, answer.location, json)
}

async fn send(app: &App, token: &str, feed: &str, body: Body) -> (StatusCode, Option<String>, Value) {
    let path = format!("/api/v1/feeds/{feed}/deliveries?name=spring.csv");
    ask(app, Request::post(path), token, body).await
}

async fn read(app: &App, token: &str, path: &str) -> (StatusCode, Value) {
    let (status, _, json) = ask(app, Request::get(path), token, Body::empty()).await;
    (status, json)
}

#[tokio::test]
async fn a_file_is_sent_queued_taken_in_by_the_worker_and_its_fate_can_be_asked() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None).await;
    let (status, location, queued) = send(&app, &token, "main", Body::from(feed_file())).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{queued}");
    let location = location.expect("an address");
    assert_eq!(queued["state"], "queued");
    assert_eq!(
        location,
        format!("/api/v1/deliveries/{}", queued["id"].as_str().expect("an id"))
    );

    let (status, waiting) = read(&app, &token, &location).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&waiting["state"], &waiting["status"]),
        (&"queued".into(), &"queued".into())
    );
    assert_eq!(
        waiting["file"]["verdict"],
        Value::Null,
        "a verdict before anybody read it"
    );
    assert_eq!(waiting["file"]["name"], "spring.csv");

    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff
        .get(&format!("/deliveries/{}", queued["id"].as_str().expect("an id")))
        .await;
    assert!(page.body.contains("Queued: the file is here"), "{}", page.body);
    assert!(
        staff
            .get("/feeds/acme/main")
            .await
            .body
            .contains("waits for a worker")
    );
    assert!(staff.get("/jobs").await.body.contains("ingest"));

    app.work().await;
    let (_, decided) = read(&app, &token, &location).await;
    assert_eq!(
        (&decided["state"], &decided["status"]),
        (&"decided".into(), &"accepted".into())
    );
    assert_eq!(decided["file"]["verdict"], "accepted");
    assert_eq!(decided["file"]["format"], "csv");
    assert_eq!(decided["file"]["sha256"], queued["sha256"]);
    let records = &decided["records"];
    assert_eq!(
        (
            &records["received"],
            &records["accepted"],
            &records["quarantined"]
        ),
        (&3.into(), &2.into(), &1.into())
    );
    assert!(decided["codes"].as_array().is_some_and(|codes| !codes.is_empty()));
    assert!(
        decided["samples"]
            .as_array()
            .is_some_and(|samples| !samples.is_empty())
    );
    let held = app
        .store
        .count_held_of(
            &Scope::All,
            &DeliveryId::new(queued["id"].as_str().expect("an id")),
        )
        .await;
    assert_eq!(held.expect("a count"), (1, 1));
}

#[tokio::test]
async fn a_file_whose_digest_is_another_than_announced_leaves_nothing_behind() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None).await;
    let path = "/api/v1/feeds/main/deliveries";
    let announced =
        |digest: &str| Request::post(path).header("content-digest", format!("sha-256=:{digest}:"));
    // The digest of no byte at all, and the one of the bytes that are sent.
    let other = announced("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    let (status, _, problem) = ask(&app, other, &token, Body::from("abc")).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &"FILE_DIGEST".into())
    );
    let detail = problem["detail"].as_str().expect("a sentence");
    assert!(
        detail.contains("ba7816bf") && detail.contains("e3b0c442"),
        "{detail}"
    );
    let (status, _, _) = ask(&app, announced("no digest"), &token, Body::from("abc")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let own = announced("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    let (status, _, queued) = ask(&app, own, &token, Body::from("abc")).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{queued}");
    let staff = app.sign_in(Role::Staff, None).await;
    let list = staff.get("/deliveries").await.body;
    let links = list.split("href=\"/deliveries/").skip(1);
    let ids: BTreeSet<_> = links.filter_map(|rest| rest.split(['"', '?']).next()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[tokio::test]
async fn a_damaged_file_is_refused_by_the_worker_under_the_id_it_was_given() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None).await;
    let (_, location, _) = send(&app, &token, "main", Body::from("\u{1f}\u{8b}not gzip at all")).await;
    app.work().await;
    let (_, decided) = read(&app, &token, &location.expect("an address")).await;
    assert_eq!(
        (&decided["state"], &decided["file"]["verdict"]),
        (&"decided".into(), &"refused".into())
    );
    assert!(decided["file"]["message"].is_string());
}

#[tokio::test]
async fn without_a_token_that_is_valid_nobody_sends_or_asks_anything() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let good = token(&app, &feed, None).await;
    let path = "/api/v1/feeds/main/deliveries";
    let bare = Request::post(path).body(Body::from("x")).expect("a request");
    let answer = app.anonymous().send(bare).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let mut wrong = good.clone();
    let last = if wrong.pop() == Some('0') { '1' } else { '0' };
    wrong.push(last);
    for token in [wrong.as_str(), "fg_", "", "Bearer", &good[..11]] {
        let (status, _, problem) = send(&app, token, "main", Body::from("x")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{token}");
        assert_eq!(problem["status"], 401);
        let (status, _) = read(&app, token, "/api/v1/deliveries/any").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{token}");
    }
    app.store
        .revoke_token(&Scope::All, &good[..11], app.clock.now())
        .await
        .expect("asked")
        .expect("revoked");
    let (status, ..) = send(&app, &good, "main", Body::from("x")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "a revoked token still works");
    assert_eq!(app.store.count_files().await.expect("a count"), (0, 0));
}

#[tokio::test]
async fn what_is_another_partners_answers_like_what_does_not_exist() {
    let app = App::start().await;
    let mine = app.partner("acme").await;
    let theirs = app.partner("beta").await;
    let other = Feed::new(FeedId::of(&theirs.id.partner(), "secret").expect("a slug"));
    app.store.insert_feed(&other).await.expect("a feed");
    let (ours, beta) = (token(&app, &mine, None).await, token(&app, &theirs, None).await);
    let (_, location, _) = send(&app, &beta, "secret", Body::from(feed_file())).await;
    let location = location.expect("an address");
    let exists = read(&app, &ours, &location).await;
    let invented = read(&app, &ours, "/api/v1/deliveries/0123456789").await;
    assert_eq!(exists, invented);
    assert_eq!(exists.0, StatusCode::NOT_FOUND);
    let exists = send(&app, &ours, "secret", Body::from("x")).await;
    let invented = send(&app, &ours, "never-heard-of", Body::from("x")).await;
    let typed = send(&app, &ours, "beta%2Fsecret", Body::from("x")).await;
    assert_eq!((exists.0, &exists.2), (invented.0, &invented.2));
    assert_eq!((exists.0, &exists.2), (typed.0, &typed.2));
    assert_eq!(exists.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_token_for_one_feed_has_nothing_to_do_with_the_partners_others() {
    let app = App::start().await;
    let main = app.partner("acme").await;
    let second = Feed::new(FeedId::of(&main.id.partner(), "second").expect("a slug"));
    app.store.insert_feed(&second).await.expect("a feed");
    let only = token(&app, &main, Some(&main.id)).await;
    let all = token(&app, &main, None).await;
    let (status, ..) = send(&app, &only, "second", Body::from("x")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, location, _) = send(&app, &all, "second", Body::from("x")).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let (status, _) = read(&app, &only, &location.expect("an address")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_announced_or_not_and_leaves_nothing() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None).await;
    let announced =
        Request::post("/api/v1/feeds/main/deliveries").header(header::CONTENT_LENGTH, FILE_MAX + 1);
    let (status, _, problem) = ask(&app, announced, &token, Body::from("x")).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|words| words.contains("larger than 3 MB")),
        "{problem}"
    );
    let piece = Bytes::from(vec![b'x'; 100_000]);
    let endless = futures::stream::repeat(piece).map(Ok::<_, std::io::Error>);
    let (status, _, problem) = send(&app, &token, "main", Body::from_stream(endless)).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &"FILE_TOO_LARGE".into())
    );
    assert_eq!(app.store.count_files().await.expect("a count"), (0, 0));
    assert_eq!(app.store.count_unfinished_jobs().await.expect("a count"), 0);
}

#[tokio::test]
async fn a_file_that_breaks_off_leaves_nothing() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None).await;
    let piece = || Ok(Bytes::from(vec![b'x'; 700_000]));
    let broken = futures::stream::iter([piece(), piece(), Err(std::io::Error::other("the line is dead"))]);
    let (status, _, problem) = send(&app, &token, "main", Body::from_stream(broken)).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &"FILE_TRUNCATED".into())
    );
    let short = Request::post("/api/v1/feeds/main/deliveries").header(header::CONTENT_LENGTH, 2_000);
    let (status, _, problem) = ask(
        &app,
        short,
        &token,
        Body::from_stream(futures::stream::iter([piece()]).boxed()),
    )
    .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &"FILE_TRUNCATED".into())
    );
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|words| words.contains("2000 bytes were announced")),
        "{problem}"
    );
    assert_eq!(app.store.count_files().await.expect("a count"), (0, 0));
    assert_eq!(app.store.count_unfinished_jobs().await.expect("a count"), 0);
}

#[tokio::test]
async fn a_sender_who_hangs_up_in_the_middle_leaves_nothing() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("an address");
    let address = listener.local_addr().expect("an address");
    let router = app.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut line = tokio::net::TcpStream::connect(address).await.expect("a line");
    let head = format!(
        "POST /api/v1/feeds/main/deliveries HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: 2900000\r\n\r\n"
    );
    line.write_all(head.as_bytes()).await.expect("sent");
    line.write_all(&vec![b'x'; 1_500_000]).await.expect("sent");
    let chunks = async |wanted: u64| {
        for _ in 0..250 {
            if app.store.count_files().await.expect("a count").1 == wanted {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        false
    };
    assert!(chunks(1).await, "nothing came");
    drop(line);
    assert!(chunks(0).await, "bytes of a file that broke off stay behind");
    assert_eq!(app.store.count_unfinished_jobs().await.expect("a count"), 0);
}

#[tokio::test]
async fn files_of_one_feed_are_taken_in_one_by_one_in_the_order_they_came() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None).await;
    let mut ids = Vec::new();
    for price in ["1.00 EUR", "2.00 EUR", "3.00 EUR"] {
        let file =
            std::fs::read(Files::new().csv("f.csv", &[a_record(1).with("price", price)])).expect("a file");
        let (_, _, queued) = send(&app, &token, "main", Body::from(file)).await;
        ids.push(DeliveryId::new(queued["id"].as_str().expect("an id")));
        app.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let kinds = feedgate::domain::job::Kind::ALL;
    let lease = chrono::TimeDelta::seconds(30);
    let first = app
        .store
        .take_job(&kinds, "a", app.clock.now(), lease)
        .await
        .expect("asked")
        .expect("a job");
    assert_eq!(first.job.id.as_str(), ids[0].as_str());
    let second = app
        .store
        .take_job(&kinds, "b", app.clock.now(), lease)
        .await
        .expect("asked");
    assert_eq!(second, None, "two files of one feed are taken in at a time");
    // The worker of the first dies; all three are taken in all the same.
    app.clock.advance(lease);
    app.work().await;
    let item = app
        .store
        .find_item(&Scope::All, &feed.id, "sku1")
        .await
        .expect("a look")
        .expect("an item");
    assert!(
        item.attributes
            .0
            .contains(&("price".to_owned(), "3.00 EUR".to_owned())),
        "{item:?}"
    );
    for id in &ids {
        let (delivery, _) = app
            .store
            .find_delivery(&Scope::All, id)
            .await
            .expect("a look")
            .expect("logged");
        assert_eq!(delivery.status, Status::Accepted);
    }
}

#[tokio::test]
async fn a_file_that_is_not_kept_any_more_sets_its_job_aside() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None).await;
    let (_, _, queued) = send(&app, &token, "main", Body::from(feed_file())).await;
    app.store
        .drop_file(&DeliveryId::new(queued["id"].as_str().expect("an id")))
        .await
        .expect("dropped");
    for _ in 0..7 {
        app.work().await;
        app.clock.advance(chrono::TimeDelta::hours(1));
    }
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/jobs?state=aside").await;
    assert!(page.body.contains("is not kept any more"), "{}", page.body);
}

#[tokio::test]
async fn a_token_is_kept_as_its_hash_and_its_last_use_is_noted() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let text = token(&app, &feed, None).await;
    assert_eq!(text.len(), 3 + 64, "{text}");
    let kept = app
        .store
        .list_tokens(&Scope::All)
        .await
        .expect("a list")
        .remove(0);
    assert!(text.starts_with(&kept.prefix) && kept.prefix.len() == 11);
    assert_eq!(kept.used_at, None);
    read(&app, &text, "/api/v1/deliveries/any").await;
    let kept = app
        .store
        .list_tokens(&Scope::All)
        .await
        .expect("a list")
        .remove(0);
    assert_eq!(kept.used_at, Some(app.clock.now()));
}

#[tokio::test]
async fn the_description_names_every_route_and_no_other() {
    let app = App::start().await;
    let answer = app.anonymous().get("/api/v1/openapi.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    let document: Value = serde_json::from_str(&answer.body).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(
        paths.len(),
        5,
        "a route was added or removed: describe it, and probe it here"
    );
    for (path, operations) in paths {
        for method in ["get", "post", "put", "delete"] {
            let at = path.replace("{feed}", "main").replace("{delivery}", "d1");
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(&at)
                .body(Body::empty());
            let answer = app.anonymous().send(request.expect("a request")).await;
            let described = operations.get(method).is_some();
            assert_eq!(
                answer.status != StatusCode::METHOD_NOT_ALLOWED,
                described,
                "{method} {path}: {}",
                answer.status
            );
            assert_ne!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
    let nowhere = app.anonymous().get("/api/v1/nowhere").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert!(nowhere.body.contains("\"status\":404"), "{}", nowhere.body);
}

#[tokio::test]
async fn a_file_that_waited_while_a_newer_one_took_effect_does_not_undo_it() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None).await;
    let (_, location, _) = send(&app, &token, "main", Body::from(feed_file())).await;
    app.clock.advance(chrono::TimeDelta::minutes(1));
    let files = Files::new();
    let newer = files.csv("newer.csv", &[a_record(1).with("price", "9.99 EUR"), a_record(4)]);
    app.take_in(&feed, &newer).await;
    app.work().await;
    let (_, decided) = read(&app, &token, &location.expect("an address")).await;
    assert_eq!(decided["status"], "refused");
    assert!(
        decided["file"]["message"]
            .as_str()
            .is_some_and(|words| words.contains("newer file took effect")),
        "{decided}"
    );
    let item = app
        .store
        .find_item(&Scope::All, &feed.id, "sku1")
        .await
        .expect("a look")
        .expect("an item");
    assert!(
        item.attributes
            .0
            .contains(&("price".to_owned(), "9.99 EUR".to_owned())),
        "{item:?}"
    );
}
