//! Entries of the log that other systems send: each counts once, and whatever is wrong with one
//! keeps none of the others out.

use crate::support::app::{App, FILE_MAX};
use crate::support::mongo;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use chrono::{DateTime, TimeDelta, Utc};
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::{DeliveryId, FeedId};
use feedgate::domain::query::DeliveryFilter;
use feedgate::server::pipeline::rollup;
use feedgate::server::tokens::{self, Wanted};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

pub(super) const NDJSON: &str = "application/x-ndjson";

pub(super) async fn token(app: &App, feed: &Feed, only: Option<&FeedId>, may_log: bool) -> String {
    let made = tokens::make(
        &app.store,
        Wanted {
            partner: feed.id.partner(),
            feed: only.cloned(),
            may_log,
            label: String::new(),
            by: String::new(),
        },
        app.clock.now(),
    )
    .await;
    made.expect("a token").1
}

pub(super) async fn send(app: &App, token: &str, kind: &str, body: impl Into<Body>) -> (StatusCode, Value) {
    let request = Request::post("/api/v1/audit")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, kind)
        .body(body.into())
        .expect("a request");
    let answer = app.anonymous().send(request).await;
    (
        answer.status,
        serde_json::from_str(&answer.body).unwrap_or(Value::Null),
    )
}

pub(super) fn entry(id: &str, at: DateTime<Utc>, received: u64, quarantined: u64) -> Value {
    json!({
        "id": id, "partner": "acme", "feed": "main", "direction": "ingest", "status": "accepted",
        "received_at": at, "decided_at": at + TimeDelta::seconds(3),
        "file": {"name": format!("{id}.csv"), "bytes": 1200},
        "records": {"received": received, "accepted": received - quarantined, "quarantined": quarantined},
        "codes": [{"code": "GTIN_CHECK", "severity": "error", "attribute": "gtin", "records": quarantined}],
    })
}

pub(super) fn lines<'a>(entries: impl IntoIterator<Item = &'a Value>) -> String {
    entries
        .into_iter()
        .fold(String::new(), |text, entry| format!("{text}{entry}\n"))
}

async fn logged(app: &App) -> u64 {
    let found = app
        .store
        .list_deliveries(&Scope::All, &DeliveryFilter::default(), "", 1)
        .await;
    found.expect("a list").total
}

async fn ensure_rollups_verify(app: &App) {
    app.roll().await;
    let days = app.store.list_feed_days().await.expect("days");
    let differences = rollup::verify(&app.store, &days).await.expect("a comparison");
    assert_eq!(differences, []);
}

#[tokio::test]
async fn one_entry_goes_in_once_and_another_with_its_id_is_a_conflict() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None, true).await;
    let first = entry("erp-1", app.clock.now() - TimeDelta::hours(2), 10, 3);
    let (status, answer) = send(&app, &token, "application/json", format!("{first:#}")).await;
    assert_eq!(
        (status, &answer["taken"]),
        (StatusCode::CREATED, &json!(1)),
        "{answer}"
    );
    let (status, answer) = send(&app, &token, "application/json", first.to_string()).await;
    assert_eq!(
        (status, &answer["already"]),
        (StatusCode::OK, &json!(1)),
        "{answer}"
    );

    let other = entry("erp-1", app.clock.now() - TimeDelta::hours(1), 10, 4);
    let (status, answer) = send(&app, &token, "application/json", other.to_string()).await;
    assert_eq!(
        (status, &answer["conflicts"]),
        (StatusCode::CONFLICT, &json!(1)),
        "{answer}"
    );
    let named = &answer["entries"][0];
    assert_eq!(
        (&named["id"], &named["outcome"]),
        (&json!("erp-1"), &json!("conflict"))
    );
    let kept = app
        .store
        .find_delivery(&Scope::All, &DeliveryId::new("acme:erp-1"))
        .await;
    let kept = kept.expect("a look").expect("it is logged").0;
    assert_eq!(kept.counts.quarantined, 3, "the first stays");
    let state = app.store.find_feed(&Scope::All, &feed.id).await;
    let newest = state.expect("a look").expect("a feed").last;
    assert_eq!(
        newest.map(|(at, _)| at),
        Some(kept.received_at),
        "and is the newest"
    );

    let mut wrong = first.clone();
    wrong["records"]["received"] = json!(11);
    wrong["id"] = json!("erp-2");
    let (status, answer) = send(&app, &token, "application/json", wrong.to_string()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    assert_eq!(answer["entries"][0]["field"], "records");
    assert_eq!(logged(&app).await, 1);
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/deliveries/acme:erp-1").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("erp-1.csv"), "{}", page.body);
    let doctor = Command::new(env!("CARGO_BIN_EXE_feedgate"))
        .args([
            "doctor",
            "--mongodb-uri",
            mongo::uri(),
            "--database",
            &app.database,
        ])
        .output()
        .expect("the doctor");
    assert!(
        doctor.status.success(),
        "{}",
        String::from_utf8_lossy(&doctor.stdout)
    );
}

#[tokio::test]
async fn in_a_batch_what_is_wrong_is_named_with_its_line_and_field_and_the_rest_goes_in_and_counts() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    app.partner("bolt").await;
    let token = token(&app, &feed, None, true).await;
    let now = app.clock.now();
    let good: Vec<_> = (0..2_500)
        .map(|n| {
            entry(
                &format!("g{n}"),
                now - TimeDelta::minutes(n % 400),
                10,
                n.unsigned_abs() % 4,
            )
        })
        .collect();
    let with = |field: &str, value: Value| {
        let mut wrong = entry("wrong", now, 5, 0);
        wrong[field] = value;
        wrong.to_string()
    };
    let wrong = [
        ("not json".to_owned(), ""),
        (with("partner", json!("bolt")), "partner"),
        (with("partner", json!("nobody")), "partner"),
        (with("feed", json!("other")), "feed"),
        (with("received_at", json!("yesterday")), "received_at"),
        (with("sent_by", json!("me")), "sent_by"),
        (format!("{{\"id\": \"{}\"}}", "x".repeat(300_000)), ""),
    ];
    let mut text = lines(&good[..1_200]);
    text.push('\n');
    for (line, _) in &wrong {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text.push_str(&lines(&good[1_200..]));
    // The last line need not end.
    let text = text.trim_end().to_owned();
    let chunks: Vec<_> = text
        .as_bytes()
        .chunks(7_001)
        .map(|chunk| Ok::<_, std::io::Error>(Bytes::copy_from_slice(chunk)))
        .collect();
    let body = Body::from_stream(futures::stream::iter(chunks));
    let (status, answer) = send(&app, &token, NDJSON, body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(
        (
            &answer["taken"],
            &answer["rejected"],
            &answer["conflicts"],
            &answer["future"]
        ),
        (&json!(2_500), &json!(wrong.len()), &json!(0), &json!(0)),
        "{}",
        answer["entries"]
    );
    for (at, (_, field)) in wrong.iter().enumerate() {
        let named = &answer["entries"][at];
        assert_eq!(named["line"], json!(1_202 + at), "{named}");
        assert_eq!(named["field"], json!(field), "{named}");
        assert!(
            named["message"].as_str().is_some_and(|m| m.ends_with('.')),
            "{named}"
        );
    }
    let bolt = &answer["entries"][1]["message"];
    assert!(
        bolt.as_str()
            .is_some_and(|m| m.contains("writes for acme, not for bolt")),
        "{bolt}"
    );
    assert_eq!(logged(&app).await, 2_500);
    ensure_rollups_verify(&app).await;

    // Sent again, with one of them changed, everything stays as it is.
    let mut again = good.clone();
    again[7] = entry("g7", now - TimeDelta::minutes(7), 11, 0);
    let (_, answer) = send(&app, &token, NDJSON, lines(&again)).await;
    assert_eq!(
        (&answer["taken"], &answer["already"], &answer["conflicts"]),
        (&json!(0), &json!(2_499), &json!(1)),
        "{answer}"
    );
    assert_eq!(answer["entries"][0]["line"], 8);
    ensure_rollups_verify(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/partners/acme?range=24h").await;
    assert!(
        page.body.contains("25,000"),
        "what was sent stands in the figures"
    );
}

#[tokio::test]
async fn an_entry_from_the_future_goes_in_is_shown_as_such_and_breaks_no_chart() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None, true).await;
    let now = app.clock.now();
    let far = "9999-12-31T12:00:00Z".parse().expect("a time");
    let ahead = [
        entry("past", now - TimeDelta::hours(1), 10, 1),
        entry("soon", now + TimeDelta::days(3), 20, 2),
        entry("far", far, 40, 4),
    ];
    let (_, answer) = send(&app, &token, NDJSON, lines(&ahead)).await;
    assert_eq!(
        (&answer["taken"], &answer["future"]),
        (&json!(3), &json!(2)),
        "{answer}"
    );
    assert_eq!(answer["entries"][0]["outcome"], "future");
    ensure_rollups_verify(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let list = staff.get("/deliveries").await;
    assert_eq!(list.body.matches("badge ahead").count(), 2);
    assert!(list.body.contains("in 3 days"), "{}", list.body);
    let page = staff.get("/deliveries/acme:soon").await;
    assert!(page.body.contains("From the future"), "{}", page.body);
    for path in [
        "/",
        "/?range=30d",
        "/?range=9998-01-01/9999-12-31",
        "/partners/acme?range=7d",
        "/feeds/acme/main",
        "/reasons?range=7d",
        "/heat",
    ] {
        let page = staff.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
    }
    let state = app.store.find_feed(&Scope::All, &feed.id).await;
    let newest = state
        .expect("a look")
        .expect("a feed")
        .last
        .expect("a newest file");
    assert_eq!(
        newest.0,
        now - TimeDelta::hours(1),
        "its newest file is not from the future"
    );
    app.clock.advance(TimeDelta::days(3) + TimeDelta::minutes(5));
    let page = staff.get("/deliveries/acme:soon").await;
    assert!(!page.body.contains("From the future"), "its time has come");
}

#[tokio::test]
async fn a_token_writes_only_where_it_may() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let other = Feed::new(FeedId::of(&feed.id.partner(), "other").expect("a slug"));
    app.store.insert_feed(&other).await.expect("a feed");
    let one = entry("e1", app.clock.now(), 1, 0).to_string();
    let sends = token(&app, &feed, None, false).await;
    let (status, problem) = send(&app, &sends, "application/json", one.clone()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        problem["detail"].as_str().is_some_and(|d| d.contains("--log")),
        "{problem}"
    );
    let narrow = token(&app, &feed, Some(&other.id), true).await;
    let (status, answer) = send(&app, &narrow, "application/json", one.clone()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer["entries"][0]["field"], "feed", "{answer}");
    let (status, _) = send(&app, "fg_nobody", "application/json", one.clone()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let wide = token(&app, &feed, None, true).await;
    let (status, problem) = send(&app, &wide, "text/plain", one).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{problem}");
    assert_eq!(logged(&app).await, 0);
}

#[tokio::test]
async fn a_batch_that_breaks_off_or_is_too_large_can_be_sent_again() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let token = token(&app, &feed, None, true).await;
    let now = app.clock.now();
    let all: Vec<_> = (0..10).map(|n| entry(&format!("e{n}"), now, 3, 1)).collect();
    let text = lines(&all);
    let half = text.len() / 2;
    let chunks = [
        Ok(Bytes::copy_from_slice(&text.as_bytes()[..half])),
        Err(std::io::Error::other("the line was cut")),
    ];
    let body = Body::from_stream(futures::stream::iter(chunks));
    let (status, problem) = send(&app, &token, NDJSON, body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    let before = logged(&app).await;
    assert!((1..10).contains(&before), "{before} went in before");
    let (_, answer) = send(&app, &token, NDJSON, text.clone()).await;
    assert_eq!(
        (&answer["taken"], &answer["already"]),
        (&json!(10 - before), &json!(before)),
        "{answer}"
    );
    let blank = "\n".repeat(usize::try_from(FILE_MAX).expect("it fits"));
    let (status, problem) = send(&app, &token, NDJSON, format!("{text}{blank}")).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{problem}");
    assert_eq!(logged(&app).await, 10);
    ensure_rollups_verify(&app).await;
}

#[tokio::test]
async fn the_command_line_writes_the_same_entries() {
    let app = App::start().await;
    app.partner("acme").await;
    let now = app.clock.now();
    let mut wrong = entry("w", now, 3, 1);
    wrong["status"] = json!("done");
    let text = lines(&[entry("a", now, 3, 1), wrong, entry("b", now, 5, 0)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_feedgate"))
        .args(["log", "--partner", "acme", "-", "--mongodb-uri", mongo::uri()])
        .args(["--database", &app.database])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command");
    let mut input = child.stdin.take().expect("an input");
    input.write_all(text.as_bytes()).expect("written");
    drop(input);
    let output = child.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("line 2, status: rejected"), "{said}");
    assert!(
        said.contains("2 entries written, 0 there already, 0 conflicts, 1 rejected"),
        "{said}"
    );
    assert_eq!(logged(&app).await, 2);
}
