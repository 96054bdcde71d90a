//! Every page, download, stream and route against everybody, from one table. A page or a route that
//! is missing from the table fails the test.

use crate::rights::{MARKER, OTHER, the_issue, with_two_partners};
use crate::support::app::{Actor, Answer, App};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use feedgate::domain::account::Role;
use feedgate::server::http::FILES;
use std::collections::BTreeSet;

/// Status for: nobody, partner A, partner B, a manager of A's, a manager, staff, admin.
pub(crate) type Statuses = [u16; 7];

/// Everybody who is signed in.
const OPEN: Statuses = [303, 200, 200, 200, 200, 200, 200];
/// Whoever may see partner B.
const OF_B: Statuses = [303, 404, 200, 404, 200, 200, 200];
/// Those who mend, of every partner.
const STAFF: Statuses = [303, 404, 404, 403, 403, 200, 200];
/// The same, of what is not there.
const STAFF_NONE: Statuses = [303, 404, 404, 403, 403, 404, 404];
/// Programs have tokens; a session means nothing to them.
const TOKEN: Statuses = [401; 7];
/// A file that anybody may take who is signed in, with what is theirs in it.
const FILE: Statuses = [401, 200, 200, 200, 200, 200, 200];
/// One of partner B.
const FILE_OF_B: Statuses = [401, 404, 200, 404, 200, 200, 200];
/// One that compares partners.
const FILE_OF_ALL: Statuses = [401, 404, 404, 200, 200, 200, 200];

/// Verb, route as it is written in the code, an address of it that points at partner B's things, and
/// the statuses.
pub(crate) const TABLE: &[(&str, &str, &str, Statuses)] = &[
    ("GET", "/", "/", [303, 303, 303, 200, 200, 200, 200]),
    ("GET", "/sign-in", "/sign-in", [200, 303, 303, 303, 303, 303, 303]),
    ("GET", "/password/{link}", "/password/x", [404; 7]),
    ("GET", "/account", "/account", OPEN),
    ("GET", "/access", "/access", [303, 404, 404, 403, 403, 403, 200]),
    (
        "GET",
        "/activity",
        "/activity",
        [303, 404, 404, 403, 403, 403, 200],
    ),
    (
        "GET",
        "/access/{person}",
        "/access/x",
        [303, 404, 404, 403, 403, 403, 404],
    ),
    ("GET", "/partners/{partner}", "/partners/beta", OF_B),
    ("GET", "/partners/{partner}/report", "/partners/beta/report", OF_B),
    ("GET", "/feeds/{partner}/{feed}", "/feeds/beta/main", OF_B),
    (
        "GET",
        "/feeds/{partner}/{feed}/contract",
        "/feeds/beta/main/contract",
        OF_B,
    ),
    (
        "GET",
        "/feeds/{partner}/{feed}/gates",
        "/feeds/beta/main/gates",
        OF_B,
    ),
    (
        "GET",
        "/feeds/{partner}/{feed}/profile",
        "/feeds/beta/main/profile",
        OF_B,
    ),
    ("GET", "/feeds/{partner}/{feed}/try", "/feeds/beta/main/try", OF_B),
    ("GET", "/deliveries", "/deliveries?partner=beta", OPEN),
    ("GET", "/deliveries/{delivery}", "/deliveries/{delivery}", OF_B),
    ("GET", "/issues", "/issues?partner=beta", OPEN),
    ("GET", "/issues/{issue}", "/issues/{issue}", OF_B),
    ("GET", "/quarantine", "/quarantine?partner=beta&state=any", OPEN),
    ("GET", "/quarantine/{record}", "/quarantine/{record}", OF_B),
    ("GET", "/jobs", "/jobs", STAFF),
    ("GET", "/jobs/{job}", "/jobs/x", STAFF_NONE),
    ("GET", "/reasons", "/reasons?partner=beta", OPEN),
    ("GET", "/exports", "/exports", OPEN),
    ("GET", "/reconciliation", "/reconciliation?partner=beta", STAFF),
    ("GET", "/heat", "/heat", [303, 404, 404, 200, 200, 200, 200]),
    ("GET", "/rules", "/rules", OPEN),
    ("GET", "/rules/{code}", "/rules/GTIN_CHARS", OPEN),
    // Beside the pages.
    ("GET", "/live", "/live", [204, 200, 200, 200, 200, 200, 200]),
    (
        "POST",
        "/token/{partner}/{feed}",
        "/token/beta/main",
        [401, 404, 404, 403, 403, 422, 422],
    ),
    (
        "POST",
        "/access/invite",
        "/access/invite",
        [401, 404, 404, 403, 403, 403, 422],
    ),
    (
        "POST",
        "/access/{person}/link",
        "/access/x/link",
        [401, 404, 404, 403, 403, 403, 404],
    ),
    (
        "POST",
        "/upload/{partner}/{feed}",
        "/upload/beta/main",
        [401, 404, 422, 403, 403, 422, 422],
    ),
    (
        "POST",
        "/feeds/{partner}/{feed}/try",
        "/feeds/beta/main/try",
        [401, 404, 422, 404, 422, 422, 422],
    ),
    (
        "GET",
        "/feeds/{partner}/{feed}/try/progress",
        "/feeds/beta/main/try/progress?ticket=none",
        [303, 404, 404, 404, 404, 404, 404],
    ),
    ("GET", "/healthz", "/healthz", [200; 7]),
    ("GET", "/readyz", "/readyz", [200; 7]),
    (
        "POST",
        "/feeds/{feed}/deliveries",
        "/api/v1/feeds/main/deliveries",
        TOKEN,
    ),
    (
        "GET",
        "/deliveries/{delivery}",
        "/api/v1/deliveries/{delivery}",
        TOKEN,
    ),
    ("POST", "/check", "/api/v1/check?feed=main", TOKEN),
    ("POST", "/audit", "/api/v1/audit", TOKEN),
    ("GET", "/openapi.json", "/api/v1/openapi.json", [200; 7]),
    // Downloads, which are one route.
    (
        "GET",
        "/export/{file}",
        "/export/volume.csv?partner=beta",
        FILE_OF_B,
    ),
    ("GET", "/export/{file}", "/export/volume.csv", FILE_OF_ALL),
    (
        "GET",
        "/export/{file}",
        "/export/rejection.svg?partner=beta",
        FILE_OF_B,
    ),
    (
        "GET",
        "/export/{file}",
        "/export/latency.png?partner=beta",
        FILE_OF_B,
    ),
    (
        "GET",
        "/export/{file}",
        "/export/volume.svg?partner=beta",
        FILE_OF_B,
    ),
    (
        "GET",
        "/export/{file}",
        "/export/volume.png?partner=beta",
        FILE_OF_B,
    ),
    (
        "GET",
        "/export/{file}",
        "/export/rejection.csv?partner=beta",
        FILE_OF_B,
    ),
    (
        "GET",
        "/export/{file}",
        "/export/rejection.png?partner=beta",
        FILE_OF_B,
    ),
    (
        "GET",
        "/export/{file}",
        "/export/latency.csv?partner=beta",
        FILE_OF_B,
    ),
    (
        "GET",
        "/export/{file}",
        "/export/latency.svg?partner=beta",
        FILE_OF_B,
    ),
    ("GET", "/export/{file}", "/export/heat.csv", FILE_OF_ALL),
    ("GET", "/export/{file}", "/export/heat.svg", FILE_OF_ALL),
    ("GET", "/export/{file}", "/export/heat.png", FILE_OF_ALL),
    ("GET", "/export/{file}", "/export/partners.csv", FILE_OF_ALL),
    (
        "GET",
        "/export/{file}",
        "/export/feeds.csv?partner=beta",
        FILE_OF_B,
    ),
    (
        "GET",
        "/export/{file}",
        "/export/codes.csv?delivery={delivery}",
        FILE_OF_B,
    ),
    ("GET", "/export/{file}", "/export/reasons.csv?partner=beta", FILE),
    ("GET", "/export/{file}", "/export/exports.csv", FILE),
    ("GET", "/export/{file}", "/export/issues.csv?partner=beta", FILE),
    ("GET", "/export/{file}", "/export/failures.csv?partner=beta", FILE),
    (
        "GET",
        "/export/{file}",
        "/export/failures.csv?delivery={delivery}",
        FILE,
    ),
    (
        "GET",
        "/export/{file}",
        "/export/quarantine.csv?partner=beta&state=any",
        FILE,
    ),
    (
        "GET",
        "/export/{file}",
        "/export/deliveries.csv?partner=beta",
        FILE,
    ),
    (
        "GET",
        "/export/{file}",
        "/export/reconciliation.csv",
        [401, 404, 404, 403, 403, 200, 200],
    ),
    (
        "GET",
        "/export/{file}",
        "/export/outcomes.csv?job=x",
        [401, 404, 404, 403, 403, 404, 404],
    ),
    ("GET", "/export/{file}", "/export/nothing.csv", [404; 7]),
];

async fn everybody(app: &App) -> [Actor<'_>; 7] {
    [
        app.anonymous(),
        app.sign_in(Role::Partner, Some("acme")).await,
        app.sign_in(Role::Partner, Some(OTHER)).await,
        app.sign_in(Role::Manager, Some("acme")).await,
        app.sign_in(Role::Manager, None).await,
        app.sign_in(Role::Staff, None).await,
        app.sign_in(Role::Admin, None).await,
    ]
}

/// A request with nothing in it.
fn bare(verb: &str, address: &str) -> Request<Body> {
    let kind = if address.starts_with("/upload/") || address.ends_with("/try") {
        "multipart/form-data; boundary=edge"
    } else {
        "application/x-www-form-urlencoded"
    };
    let body = match (verb, kind.starts_with("multipart")) {
        ("POST", true) => "--edge--\r\n",
        _ => "",
    };
    Request::builder()
        .method(verb)
        .uri(address)
        .header(header::CONTENT_TYPE, kind)
        .header(header::ACCEPT, "text/html")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .expect("a request")
}

#[tokio::test]
async fn every_page_and_route_gives_everybody_just_what_is_theirs() {
    let app = App::start().await;
    let (delivery, record) = with_two_partners(&app).await;
    let everybody = everybody(&app).await;
    for (verb, _, address, expected) in TABLE {
        let address = address
            .replace("{delivery}", &delivery)
            .replace("{record}", &record)
            .replace("{issue}", the_issue().as_str());
        for (index, actor) in everybody.iter().enumerate() {
            let request = bare(verb, &address);
            if address == "/live" {
                assert_eq!(
                    actor.status(request).await,
                    expected[index],
                    "{address} as actor {index}"
                );
                continue;
            }
            let answer = actor.send(request).await;
            assert_eq!(
                answer.status.as_u16(),
                expected[index],
                "{verb} {address} as actor {index}: {}",
                answer.body
            );
            // Nobody, partner A and the manager of partner A's.
            if [0, 1, 3].contains(&index) {
                assert!(
                    !answer.body.contains(MARKER),
                    "{address} tells actor {index} of partner B: {}",
                    answer.body
                );
            }
        }
    }
}

#[tokio::test]
async fn what_is_anothers_answers_to_the_letter_like_what_is_not_there() {
    let app = App::start().await;
    let (delivery, record) = with_two_partners(&app).await;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let issue = the_issue();
    for (there, invented) in [
        (format!("/deliveries/{delivery}"), "/deliveries/never".to_owned()),
        (format!("/quarantine/{record}"), "/quarantine/never".to_owned()),
        (format!("/issues/{issue}"), "/issues/never".to_owned()),
        ("/partners/beta".to_owned(), "/partners/never".to_owned()),
        (
            "/partners/beta/report".to_owned(),
            "/partners/never/report".to_owned(),
        ),
        (
            "/feeds/beta/main/try".to_owned(),
            "/feeds/never/main/try".to_owned(),
        ),
        (
            format!("/export/codes.csv?delivery={delivery}"),
            "/export/codes.csv?delivery=never".to_owned(),
        ),
        (
            "/export/feeds.csv?partner=beta".to_owned(),
            "/export/feeds.csv?partner=never".to_owned(),
        ),
    ] {
        let (one, other) = (partner.get(&there).await, partner.get(&invented).await);
        // Each answer has its own nonce, and the address that was typed may stand in it.
        let plain = |answer: &Answer, address: &str| {
            let id = address.rsplit(['/', '=']).next().unwrap_or_default();
            let policy = answer.headers.get(header::CONTENT_SECURITY_POLICY);
            let policy = policy.and_then(|value| value.to_str().ok()).unwrap_or_default();
            let nonce = policy
                .split("'nonce-")
                .nth(1)
                .and_then(|rest| rest.split('\'').next());
            let text = answer.body.replace(nonce.unwrap_or("\0"), "");
            let text = text.replace(address, "").replace(id, "");
            text.replace("beta", "").replace("never", "")
        };
        assert_eq!(
            (one.status, other.status),
            (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
        );
        assert_eq!(plain(&one, &there), plain(&other, &invented), "{there}");
    }
}

#[tokio::test]
async fn the_table_has_every_page_and_every_route() {
    let listed: BTreeSet<String> = TABLE.iter().map(|(_, route, ..)| (*route).to_owned()).collect();
    let pages: Vec<&str> = feedgate::server::http::pages().collect();
    for page in &pages {
        assert!(listed.contains(*page), "the page {page} is not in the table");
    }
    let sources = [
        include_str!("../../src/server/http/mod.rs"),
        include_str!("../../src/server/http/v1/mod.rs"),
    ];
    let mut routes = 0;
    for route in sources.iter().flat_map(|source| source.split(".route(").skip(1)) {
        let path = route.split('"').nth(1).expect("a path");
        assert!(listed.contains(path), "the route {path} is not in the table");
        routes += 1;
    }
    for (name, kinds) in FILES {
        for kind in *kinds {
            let file = format!("/export/{name}.{kind}");
            let asks = |address: &str| address.split('?').next() == Some(&file);
            assert!(
                TABLE.iter().any(|(_, _, address, _)| asks(address)),
                "the file {file} is not in the table"
            );
        }
    }
    assert!(
        pages.len() > 20 && routes > 10,
        "{} pages and {routes} routes",
        pages.len()
    );
}

#[tokio::test]
async fn a_file_for_another_partners_feed_meets_the_same_answer_as_one_for_no_feed() {
    let app = App::start().await;
    with_two_partners(&app).await;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let mut answers = Vec::new();
    for feed in ["beta/main", "never/heard"] {
        let request = Request::post(format!("/upload/{feed}"))
            .header("content-type", "multipart/form-data; boundary=edge")
            .header("accept", "application/json")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from("--edge--\r\n"))
            .expect("a request");
        let answer = partner.send(request).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{feed}");
        answers.push(answer.body);
    }
    assert_eq!(answers[0], answers[1]);
}
