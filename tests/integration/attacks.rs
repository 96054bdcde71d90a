//! What somebody might try who means harm.

use crate::pages::{borrowed, editor, one_held};
use crate::rights::{MARKER, the_issue, with_two_partners};
use crate::support::app::{App, PASSWORD};
use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, header};
use feedgate::domain::account::Role;
use feedgate::domain::issue::IssueId;

/// Written into every field that takes text.
const SCRIPT: &str = "</textarea></title><script>alert(1)</script><img src=x onerror=alert(1)>";

#[tokio::test]
async fn operators_and_paths_in_parameters_are_nothing_but_text() {
    let mut app = App::start().await;
    with_two_partners(&app).await;
    app.roll().await;
    // Nothing comes any more.
    app.follows = false;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let values = [
        "{\"$ne\":\"\"}",
        "{\"$gt\":\"\"}",
        "$where",
        "../beta",
        "..%2f..%2fbeta",
        "beta\0",
        "beta\r\nSet-Cookie: a=b",
        ".*",
        "\u{202e}beta",
        SCRIPT,
    ];
    for list in [
        "/deliveries",
        "/quarantine",
        "/issues",
        "/reasons",
        "/export/failures.csv",
        "/export/deliveries.csv",
    ] {
        for name in [
            "partner",
            "feed",
            "code",
            "state",
            "q",
            "delivery",
            "range",
            "after",
            "partner[$ne]",
            "feed[$regex]",
        ] {
            for value in values {
                let query = url::form_urlencoded::Serializer::new(String::new())
                    .append_pair(name, value)
                    .finish();
                let answer = partner.get(&format!("{list}?{query}")).await;
                assert!(
                    !answer.status.is_server_error(),
                    "{list}?{query}: {}",
                    answer.body
                );
                assert!(!answer.body.contains(MARKER), "{list}?{query} tells of partner B");
                assert!(
                    !answer.body.contains("<script>alert"),
                    "{list}?{query} writes a script"
                );
            }
        }
    }
    for (function, form) in [
        ("sign_in", [("email[$ne]", "x"), ("password[$ne]", "x")]),
        (
            "sign_in",
            [("email", "{\"$ne\":\"\"}"), ("password", "{\"$ne\":\"\"}")],
        ),
        ("read_partner", [("partner[$ne]", "acme"), ("x", "y")]),
        ("read_delivery", [("id", "{\"$ne\":\"\"}"), ("x", "y")]),
    ] {
        let answer = partner.call(function, &form).await;
        assert!(
            answer.status.is_client_error(),
            "{function} {form:?}: {}",
            answer.status
        );
        assert!(!answer.body.contains(MARKER));
    }
}

#[tokio::test]
async fn a_script_that_is_stored_stays_text_wherever_it_is_shown() {
    let app = App::start().await;
    with_two_partners(&app).await;
    app.partner_called("evil", SCRIPT).await;
    let (staff, manager) = (
        app.sign_in(Role::Staff, None).await,
        app.sign_in(Role::Manager, None).await,
    );
    let issue = the_issue();
    let id = issue.as_str();
    let triage = [
        ("id", id),
        ("wish[version]", "0"),
        ("wish[tags]", "<script>alert(1)</script>"),
        ("wish[note]", SCRIPT),
    ];
    assert_eq!(staff.call("triage_issue", &triage).await.status, StatusCode::OK);
    let said = manager
        .call("say_on_issue", &[("id", id), ("text", SCRIPT)])
        .await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let partner = app.sign_in(Role::Partner, Some("beta")).await;
    for (actor, path) in [
        (&staff, format!("/issues/{id}")),
        (&staff, "/issues?q=%3Cscript%3E".to_owned()),
        (&staff, "/".to_owned()),
        (&staff, "/partners/evil/report".to_owned()),
        (&manager, "/partners/evil".to_owned()),
        (&partner, format!("/issues/{id}")),
    ] {
        let body = actor.get(&path).await.body;
        assert!(
            !body.contains("<script>alert") && !body.contains("<img src=x"),
            "{path}: {body}"
        );
    }
    let page = partner.get(&format!("/issues/{id}")).await.body;
    assert!(
        page.contains("&lt;script&gt;alert(1)"),
        "the partner does not read what was said: {page}"
    );
    assert_eq!(
        page.matches("alert(1)").count(),
        2,
        "a note of ours reaches the partner: {page}"
    );
}

#[tokio::test]
async fn what_stands_in_a_field_of_several_lines_does_not_leave_it() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    // Longer than what is shown on one line.
    let long = format!("{SCRIPT} {SCRIPT}");
    let issue = IssueId::held(&held.feed, "GTIN_CHECK");
    let typed = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("text", &long)
        .append_pair("note", &long)
        .append_pair("tags", &long)
        .finish();
    let record = |then: &str| {
        let mut fields = editor(&held, "0", "title", &long, "", then);
        fields.extend(
            [("names[]", "note"), ("values[]", "a &amp; b")].map(|(n, v)| (n.to_owned(), v.to_owned())),
        );
        fields
    };
    let profile = [
        ("feed", "acme/main"),
        ("version", "1"),
        ("wish[text]", &*long),
        ("wish[sample]", &long),
        ("wish[deed]", "preview"),
    ];
    let mut pages = vec![format!("/issues/{issue}?{typed}")];
    for form in [record("check"), record("json")] {
        let sent = staff.post("/api/edit_record", &borrowed(&form)).await;
        let address = sent.location.expect("an address");
        assert!(address.contains("?edit="), "{address}");
        let page = staff.get(&address).await.body;
        assert!(
            page.contains("a &amp;amp; b"),
            "it is shown as it was sent: {page}"
        );
        pages.push(address);
    }
    let drafted = staff.post("/api/write_profile", &profile).await;
    let address = drafted.location.expect("an address");
    pages.push(address.trim_end_matches("#preview").to_owned());
    for path in pages {
        let page = staff.get(&path).await.body;
        assert!(
            page.contains("&lt;/textarea&gt;"),
            "{path} does not show it: {page}"
        );
        assert!(
            !page.contains("</textarea></title>")
                && !page.contains("<script>alert")
                && !page.contains("<img src=x"),
            "{path}: {page}"
        );
    }
}

#[tokio::test]
async fn a_page_lets_no_script_run_but_its_own() {
    let app = App::start_secure().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let policy = |answer: &crate::support::app::Answer| {
        let value = answer
            .headers
            .get(header::CONTENT_SECURITY_POLICY)
            .expect("a policy");
        value.to_str().expect("text").to_owned()
    };
    let mut nonces = Vec::new();
    for path in ["/", "/feeds/acme/main/profile", "/no/such/page", "/sign-in"] {
        let answer = if path == "/sign-in" {
            app.anonymous().get(path).await
        } else {
            staff.get(path).await
        };
        let policy = policy(&answer);
        let (_, nonce) = policy
            .split_once("'nonce-")
            .unwrap_or_else(|| panic!("{path}: {policy}"));
        let nonce = nonce.split('\'').next().unwrap_or_default().to_owned();
        for script in answer.body.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap_or_default();
            let is_ours = tag.contains("src=\"/") || tag.contains(&format!("nonce=\"{nonce}\""));
            assert!(is_ours, "{path} has <script{tag}>");
        }
        assert!(
            !answer.body.contains(" style=\"") && !answer.body.contains(" onclick="),
            "{path}"
        );
        nonces.push(nonce);
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 4, "a nonce is used twice");
    for path in [
        "/export/reasons.csv",
        "/api/v1/openapi.json",
        "/healthz",
        "/export/nothing.csv",
    ] {
        let answer = staff.get(path).await;
        assert!(policy(&answer).starts_with("default-src 'none'"), "{path}");
        for (name, value) in [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::REFERRER_POLICY, "same-origin"),
            (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        ] {
            assert_eq!(
                answer.headers.get(&name).map(HeaderValue::as_bytes),
                Some(value.as_bytes()),
                "{path}: {name}"
            );
        }
    }
    let form = [("email", "staff-all@example.com"), ("password", PASSWORD)];
    let answer = app.anonymous().post("/api/sign_in", &form).await;
    let cookie = answer
        .headers
        .get(header::SET_COOKIE)
        .and_then(|v| v.to_str().ok())
        .expect("a cookie");
    for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let app = App::start().await;
    let staff = app.sign_in(Role::Staff, None).await;
    for path in ["/api/sign_in", "/api/edit_record", "/access/invite", "/token/a/b"] {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_LENGTH, "3000000")
            .body(Body::from(vec![b'a'; 3_000_000]))
            .expect("a request");
        let answer = staff.send(request).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

#[tokio::test]
async fn whoever_looks_on_as_a_partner_sees_what_it_sees_and_changes_nothing() {
    let app = App::start().await;
    let (_, record) = with_two_partners(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let limited = app.sign_in(Role::Manager, Some("acme")).await;
    assert_eq!(
        limited.call("view_as", &[("partner", "beta")]).await.status,
        StatusCode::NOT_FOUND
    );
    let begun = staff.post("/api/view_as", &[("partner", "acme")]).await;
    assert_eq!(begun.location.as_deref(), Some("/partners/acme/report"));
    let page = staff.get("/partners/acme/report").await;
    assert!(
        page.status.is_success() && page.body.contains("Nothing can be changed meanwhile"),
        "{}",
        page.body
    );
    for path in [
        "/partners/beta",
        "/jobs",
        "/heat",
        &format!("/quarantine/{record}"),
    ] {
        let answer = staff.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.body.contains(MARKER), "{path}");
    }
    for (function, form) in [
        ("replay_record", [("id", record.as_str()), ("x", "")]),
        ("view_as", [("partner", "beta"), ("x", "")]),
        ("say_on_issue", [("id", "x"), ("text", "y")]),
        ("end_sessions", [("id", ""), ("x", "")]),
    ] {
        let status = staff.call(function, &form).await.status;
        assert!(status.is_client_error(), "{function}: {status}");
    }
    let feed = staff.get("/feeds/acme/main").await.body;
    assert!(!feed.contains("/upload/"), "a form that does nothing");
    staff.post("/api/end_view", &[]).await;
    assert_eq!(staff.get("/jobs").await.status, StatusCode::OK);
    let account = app
        .store
        .find_user_by_email("staff-all@example.com")
        .await
        .expect("a look")
        .expect("it");
    let object = format!("user:{}", account.viewer.id);
    let deeds = app
        .store
        .list_deeds(&feedgate::domain::account::Scope::All, &object)
        .await
        .expect("a list");
    let what: Vec<_> = deeds.iter().map(|deed| deed.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "signed in",
            "began to look on as the partner does: acme",
            "was themselves again: acme"
        ]
    );
}

#[tokio::test]
async fn another_site_cannot_make_a_browser_write() {
    let app = App::start().await;
    let (_, record) = with_two_partners(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let answer = staff
        .post_from_elsewhere("/api/replay_record", &[("id", &record)])
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(app.store.count_unfinished_jobs().await.expect("a count"), 0);
}
