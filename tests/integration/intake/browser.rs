//! Files that people send from a feed's page.

use crate::support::app::{Actor, Answer, App, FILE_MAX};
use crate::support::files::{Files, a_record};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::delivery::Status;
use feedgate::domain::ids::DeliveryId;

fn form(field: &str, name: &str, content: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    body
}

async fn post(actor: &Actor<'_>, path: &str, accept: &str, site: &str, body: Vec<u8>) -> Answer {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header(header::ACCEPT, accept)
        .header("sec-fetch-site", site)
        .body(Body::from(body))
        .expect("a request");
    actor.send(request).await
}

async fn plain(actor: &Actor<'_>, path: &str, body: Vec<u8>) -> Answer {
    post(actor, path, "text/html", "same-origin", body).await
}

fn feed_file() -> Vec<u8> {
    std::fs::read(Files::new().csv("f.csv", &[a_record(1), a_record(2)])).expect("a file")
}

#[tokio::test]
async fn staff_send_a_file_from_the_feeds_page_and_land_on_its_delivery() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/feeds/acme/main").await;
    assert!(
        page.body.contains("action=\"/upload/acme/main\""),
        "no form on the feed's page"
    );
    let answer = plain(
        &staff,
        "/upload/acme/main",
        form("file", "spring.csv", &feed_file()),
    )
    .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let to = answer.location.expect("a page");
    let id = DeliveryId::new(to.strip_prefix("/deliveries/").expect("a delivery's page"));
    let page = staff.get(&to).await;
    assert!(
        page.body.contains("spring.csv") && page.body.contains("Queued"),
        "{}",
        page.body
    );
    app.work().await;
    let (delivery, _) = app
        .store
        .find_delivery(&Scope::All, &id)
        .await
        .expect("a look")
        .expect("logged");
    assert_eq!((delivery.status, delivery.counts.accepted), (Status::Accepted, 2));
    let deeds = app
        .store
        .list_deeds(&Scope::All, &format!("delivery:{id}"))
        .await
        .expect("a list");
    assert_eq!(deeds[0].actor_name, "staff of all");
    assert_eq!(deeds[0].what, "sent spring.csv from the feed's page");
}

#[tokio::test]
async fn a_script_is_told_in_json_where_the_delivery_is_or_why_there_is_none() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let json = "application/json";
    let sent = post(
        &staff,
        "/upload/acme/main",
        json,
        "same-origin",
        form("file", "a.csv", &feed_file()),
    )
    .await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    assert!(sent.body.contains("\"href\":\"/deliveries/"), "{}", sent.body);
    let none = post(
        &staff,
        "/upload/acme/main",
        json,
        "same-origin",
        form("other", "a.csv", b"x"),
    )
    .await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.body.contains("No file was chosen"), "{}", none.body);
}

#[tokio::test]
async fn only_those_who_may_send_files_of_the_feed_do() {
    let app = App::start().await;
    app.partner("acme").await;
    app.partner("beta").await;
    let body = || form("file", "a.csv", &feed_file());
    for (role, partner, expected) in [
        (Role::Admin, None, StatusCode::SEE_OTHER),
        (Role::Staff, None, StatusCode::SEE_OTHER),
        (Role::Manager, None, StatusCode::FORBIDDEN),
        (Role::Partner, Some("acme"), StatusCode::SEE_OTHER),
        (Role::Partner, Some("beta"), StatusCode::NOT_FOUND),
    ] {
        let actor = app.sign_in(role, partner).await;
        let answer = plain(&actor, "/upload/acme/main", body()).await;
        assert_eq!(answer.status, expected, "{role} of {partner:?}");
        let sees = actor.get("/feeds/acme/main").await.body.contains("/upload/");
        assert_eq!(
            sees,
            expected == StatusCode::SEE_OTHER,
            "{role} sees a form that does nothing"
        );
    }
    let nobody = plain(&app.anonymous(), "/upload/acme/main", body()).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let staff = app.sign_in(Role::Staff, None).await;
    for nowhere in ["/upload/acme/other", "/upload/acme/..%2Fx", "/upload/nobody/main"] {
        assert_eq!(
            plain(&staff, nowhere, body()).await.status,
            StatusCode::NOT_FOUND,
            "{nowhere}"
        );
    }
    let foreign = post(&staff, "/upload/acme/main", "text/html", "cross-site", body()).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert_eq!(
        app.store.count_files().await.expect("a count").0,
        3,
        "only three may send"
    );
}

#[tokio::test]
async fn a_form_that_is_too_large_or_breaks_off_says_so_and_leaves_nothing() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let large = vec![b'x'; usize::try_from(FILE_MAX).expect("a size") + 1];
    let answer = plain(&staff, "/upload/acme/main", form("file", "a.csv", &large)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("larger than 3 MB") && answer.body.contains("href=\"/feeds/acme/main\""));
    let mut cut = form("file", "a.csv", &large[..2_000_000]);
    cut.truncate(1_500_000);
    let answer = plain(&staff, "/upload/acme/main", cut).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("broke off"), "{}", answer.body);
    assert_eq!(app.store.count_files().await.expect("a count"), (0, 0));
}

#[tokio::test]
async fn a_partner_sends_a_file_of_its_own_feed_and_follows_it_to_the_verdict() {
    let app = App::start().await;
    app.partner("acme").await;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let sent = plain(
        &partner,
        "/upload/acme/main",
        form("file", "spring.csv", &feed_file()),
    )
    .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let page = sent.location.expect("its delivery");
    let before = partner.get(&page).await;
    assert!(
        before.status.is_success() && before.body.contains("queued"),
        "{}",
        before.body
    );
    let waiting = partner.get("/feeds/acme/main").await.body;
    assert!(
        waiting.contains("spring.csv") && waiting.contains("It is here and waits for a worker."),
        "{waiting}"
    );
    // The report ends with the stretch that is filling, and this is its very first instant.
    app.clock.advance(chrono::TimeDelta::minutes(1));
    let report = partner.get("/partners/acme").await.body;
    assert!(
        report.contains("spring.csv") && report.contains("queued"),
        "{report}"
    );
    app.work().await;
    assert!(partner.get(&page).await.body.contains("accepted"));
    let other = app.sign_in(Role::Partner, Some("beta")).await;
    assert_eq!(other.get(&page).await.status, StatusCode::NOT_FOUND);
}
