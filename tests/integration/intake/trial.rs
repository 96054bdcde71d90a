//! Files that are tried before they are sent: the same report as `check` gives, and no trace.

use crate::support::app::{App, FILE_MAX};
use crate::support::files::{Files, a_record};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::FeedId;
use feedgate::domain::query::{DeliveryFilter, QuarantineFilter};
use feedgate::server::tokens::{self, Wanted};
use serde_json::Value;
use std::process::Command;

fn records() -> Vec<crate::support::files::ARecord> {
    let held = a_record(2)
        .with("gtin", "4006381333932")
        .with("title", "<script>x</script>");
    vec![a_record(1), held, a_record(3).with("price", "12")]
}

async fn token(app: &App, feed: &Feed, only: Option<FeedId>) -> String {
    let wanted = Wanted {
        partner: feed.id.partner(),
        feed: only,
        may_log: false,
        label: String::new(),
        by: String::new(),
    };
    let made = tokens::make(&app.store, wanted, app.clock.now()).await;
    made.expect("a token").1
}

async fn check(app: &App, token: &str, feed: &str, body: impl Into<Body>) -> (StatusCode, Value) {
    let request = Request::post(format!("/api/v1/check?feed={feed}&name=f.csv"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(body.into())
        .expect("a request");
    let answer = app.anonymous().send(request).await;
    (
        answer.status,
        serde_json::from_str(&answer.body).unwrap_or(Value::Null),
    )
}

/// What `feedgate check --json` says of the file.
fn by_command(file: &std::path::Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_feedgate"))
        .args(["check", "--json", "--currency", "EUR"])
        .arg(file)
        .output()
        .expect("feedgate");
    without_time(serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn without_time(mut report: Value) -> Value {
    report["elapsed_ms"] = Value::Null;
    report
}

async fn assert_no_trace(app: &App) {
    assert_eq!(app.store.count_files().await.expect("a count"), (0, 0));
    assert_eq!(app.store.count_unfinished_jobs().await.expect("a count"), 0);
    let all = DeliveryFilter::default();
    let deliveries = app.store.list_deliveries(&Scope::All, &all, "", 10).await;
    assert_eq!(deliveries.expect("a list").total, 0);
    let held = app
        .store
        .list_held(&Scope::All, &QuarantineFilter::default(), "", 10)
        .await;
    assert_eq!(held.expect("a list").rows, []);
}

#[tokio::test]
async fn a_program_is_told_of_a_file_what_the_command_says_and_nothing_is_kept() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    app.partner("beta").await;
    let token = self::token(&app, &feed, None).await;
    let files = Files::new();
    let whole = files.csv("f.csv", &records());
    let bytes = std::fs::read(&whole).expect("a file");
    let (status, report) = check(&app, &token, "main", bytes.clone()).await;
    assert_eq!(status, StatusCode::OK, "{report}");
    assert_eq!(without_time(report), by_command(&whole));

    let refused = files.bytes("f.csv", b"<!doctype html><p>not found");
    let (status, report) = check(&app, &token, "main", std::fs::read(&refused).expect("a file")).await;
    assert_eq!(
        (status, &report["file"]["verdict"]),
        (StatusCode::OK, &"refused".into())
    );
    assert_eq!(without_time(report), by_command(&refused));

    let elsewhere = FeedId::new("acme/other");
    let narrow = self::token(&app, &feed, Some(elsewhere)).await;
    for (token, feed) in [
        (&token, "other"),
        (&token, "beta%2Fmain"),
        (&token, ""),
        (&narrow, "main"),
    ] {
        let (status, _) = check(&app, token, feed, bytes.clone()).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{feed}");
    }
    let (status, _) = check(&app, "fg_00", "main", bytes).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let large = vec![b'x'; usize::try_from(FILE_MAX).expect("a size") + 1];
    let (status, problem) = check(&app, &token, "main", large).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(problem["code"], "FILE_TOO_LARGE");
    assert_no_trace(&app).await;
}

fn form(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, name, content) in parts {
        let name = match *field {
            "file" => format!("; filename=\"{name}\""),
            _ => String::new(),
        };
        body.extend_from_slice(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"{name}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    body
}

#[tokio::test]
async fn people_see_the_report_on_the_page_itself_and_nothing_is_kept() {
    let app = App::start().await;
    app.partner("acme").await;
    app.partner("beta").await;
    let bytes = std::fs::read(Files::new().csv("f.csv", &records())).expect("a file");
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let empty = partner.get("/feeds/acme/main/try").await;
    assert!(empty.status.is_success() && empty.body.contains("enctype=\"multipart/form-data\""));
    let post = async |path: &str, site: &str, body: Vec<u8>| {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .header(header::ACCEPT, "text/html")
            .header("sec-fetch-site", site)
            .body(Body::from(body))
            .expect("a request");
        partner.send(request).await
    };
    let own = "/feeds/acme/main/try";
    let of_file = [("file", "spring.csv", &bytes[..]), ("text", "", b"")];
    let answer = post(own, "same-origin", form(&of_file)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.cache.as_deref(), Some("no-store"));
    for told in [
        "2 of 3 records would pass, 1 (33.3 %) would be quarantined.",
        "spring.csv",
        "href=\"/rules/GTIN_CHECK\"",
        "4006381333931",
        "line 3",
    ] {
        assert!(answer.body.contains(told), "{told} is missing: {}", answer.body);
    }
    assert!(!answer.body.contains("<script>x"), "a value became a script");

    let pasted = [("file", "", &b""[..]), ("text", "", &bytes[..])];
    let answer = post(own, "same-origin", form(&pasted)).await;
    assert!(answer.status.is_success() && answer.body.contains("pasted text"));
    let nothing = [("file", "", &b""[..]), ("text", "", b"")];
    let large = vec![b'x'; usize::try_from(FILE_MAX).expect("a size") + 1];
    let large = [("file", "a.csv", &large[..])];
    for (path, site, body, status, told) in [
        (own, "same-origin", form(&nothing), 422, "Choose a file, or paste"),
        (own, "same-origin", form(&large), 413, "larger than 3 MB"),
        (own, "cross-site", form(&of_file), 403, "another site"),
        (
            "/feeds/beta/main/try",
            "same-origin",
            form(&of_file),
            404,
            "There is no such feed",
        ),
        (
            "/feeds/acme/none/try",
            "same-origin",
            form(&of_file),
            404,
            "There is no such feed",
        ),
    ] {
        let answer = post(path, site, body).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
    }
    assert_no_trace(&app).await;
}

#[tokio::test]
async fn whoever_tries_a_file_sees_how_far_it_is_and_nobody_else_does() {
    let app = App::start().await;
    app.partner("acme").await;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let begun = "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f.csv\"\r\n\r\nid,title\n1,Mug\n";
    let (piece, pieces) = tokio::sync::mpsc::unbounded_channel::<&str>();
    let body = futures::stream::unfold(pieces, async |mut pieces| {
        let piece = pieces.recv().await?;
        Some((Ok::<_, std::io::Error>(piece), pieces))
    });
    let request = Request::post("/feeds/acme/main/try?ticket=mine")
        .header("content-type", "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from_stream(body))
        .expect("a request");
    let progress = "/feeds/acme/main/try/progress?ticket=mine";
    let watching = async {
        piece.send(begun).expect("it is read");
        let mut seen = Value::Null;
        while seen["bytes"].as_u64().is_none_or(|bytes| bytes == 0) {
            let answer = partner.get(progress).await;
            seen = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
            tokio::task::yield_now().await;
        }
        assert_eq!(seen["records"], 0);
        assert_eq!(staff.get(progress).await.status, StatusCode::NOT_FOUND);
        piece.send("2,Cup\n\r\n--edge--\r\n").expect("it is read");
        drop(piece);
    };
    let (answer, ()) = tokio::join!(partner.send(request), watching);
    assert!(answer.body.contains("2 records"), "{}", answer.body);
    assert_eq!(partner.get(progress).await.status, StatusCode::NOT_FOUND);
}
