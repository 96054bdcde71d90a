//! Who gets in, who stays in, and who looks after that.

use crate::support::app::{Actor, Answer, App, PASSWORD};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use chrono::TimeDelta;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::ids::UserId;
use feedgate::server::auth;
use std::net::SocketAddr;

/// What stands between two pieces of a page.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).expect("an end").0
}

async fn id_of(app: &App, email: &str) -> String {
    let found = app.store.find_user_by_email(email).await.expect("a look");
    found.expect("an account").viewer.id.to_string()
}

async fn told(app: &App, email: &str) -> Vec<(String, String)> {
    let object = format!("user:{}", id_of(app, email).await);
    let deeds = app.store.list_deeds(&Scope::All, &object).await.expect("a list");
    deeds
        .into_iter()
        .map(|deed| (deed.actor_name, deed.what))
        .collect()
}

async fn try_in(app: &App, email: &str, password: &str) -> Answer {
    let form = [("email", email), ("password", password)];
    app.anonymous().call("sign_in", &form).await
}

#[tokio::test]
async fn somebody_is_invited_by_a_link_that_works_once() {
    let app = App::start().await;
    app.partner("acme").await;
    let admin = app.sign_in(Role::Admin, None).await;
    let wish = |email: &'static str, role: &'static str, partners: &'static str| {
        [
            ("email", email),
            ("name", "Zoë"),
            ("role", role),
            ("partners", partners),
        ]
    };
    for (wish, told) in [
        (wish("zoe", "partner", "acme"), "no address to sign in with"),
        (wish("zoe@example.com", "king", "acme"), "is not a role"),
        (wish("zoe@example.com", "partner", ""), "belongs to one partner"),
        (wish("zoe@example.com", "staff", "acme"), "see every partner"),
        (
            wish("zoe@example.com", "partner", "nobody"),
            "There is no partner",
        ),
    ] {
        let answer = admin.post("/access/invite", &wish).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
    }
    let invited = admin
        .post("/access/invite", &wish("Zoe@Example.com", "partner", "acme"))
        .await;
    assert_eq!(
        (invited.status, invited.cache.as_deref()),
        (StatusCode::OK, Some("no-store"))
    );
    let link = between(&invited.body, "<code id=\"link\">", "</code>").to_owned();
    let text = link.rsplit('/').next().expect("a link").to_owned();
    let again = admin
        .post("/access/invite", &wish("zoe@example.com", "partner", "acme"))
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let people = admin.get("/access").await.body;
    assert!(people.contains("zoe@example.com") && people.contains("invited") && !people.contains(&text));
    assert_eq!(
        try_in(&app, "zoe@example.com", "").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );

    let zoe = app.anonymous();
    let page = zoe.get(&format!("/password/{text}")).await;
    assert!(
        page.status.is_success() && page.body.contains("zoe@example.com"),
        "{}",
        page.body
    );
    let set = async |password: &str| {
        let form = [("link", text.as_str()), ("password", password)];
        zoe.post("/api/set_password", &form).await
    };
    let short = set("short").await.location.expect("back to the form");
    assert!(short.starts_with("/password/"), "{short}");
    assert!(zoe.get(&short).await.body.contains("at least 10 characters"));
    assert_eq!(
        set(PASSWORD).await.location.as_deref(),
        Some("/sign-in?set=1&email=zoe%40example.com")
    );
    let used = zoe.get(&format!("/password/{text}")).await;
    assert!(used.status == StatusCode::NOT_FOUND && used.body.contains("works no more"));
    let form = [("link", text.as_str()), ("password", "another password")];
    assert_eq!(
        zoe.call("set_password", &form).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        try_in(&app, "zoe@example.com", PASSWORD).await.status,
        StatusCode::OK
    );

    let id = id_of(&app, "zoe@example.com").await;
    let reset = admin.post(&format!("/access/{id}/link"), &[]).await;
    let late = between(&reset.body, "/password/", "</code>").to_owned();
    app.clock.advance(TimeDelta::hours(24));
    let answer = zoe.get(&format!("/password/{late}")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "a link outlives its day");
    let told = told(&app, "zoe@example.com").await;
    let what: Vec<&str> = told.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!(
        what,
        [
            "invited zoe@example.com as partner of acme",
            "set a password by a link",
            "signed in",
            "made a link that sets a password",
        ]
    );
}

#[tokio::test]
async fn whoever_tries_too_many_passwords_waits_and_is_told_how_long() {
    let app = App::start().await;
    app.sign_in(Role::Staff, None).await;
    let email = "staff-all@example.com";
    for unknown in [false, true] {
        let email = if unknown { "nobody@example.com" } else { email };
        for _ in 0..10 {
            let answer = try_in(&app, email, "wrong").await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        app.clock.advance(TimeDelta::minutes(5));
        let answer = try_in(&app, email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.body);
        assert!(answer.body.contains("Wait 10 minutes"), "{}", answer.body);
        app.clock.advance(TimeDelta::minutes(-5));
    }
    let form = [("email", email), ("password", PASSWORD), ("next", "/issues")];
    let plain = app
        .anonymous()
        .post("/api/sign_in", &form)
        .await
        .location
        .expect("a page");
    let page = app.anonymous().get(&plain).await.body;
    assert!(
        page.contains("Wait 15 minutes") && page.contains(email),
        "{plain}: {page}"
    );
    let told = told(&app, email).await;
    assert_eq!(told.last().expect("a deed").0, "somebody");
    app.clock.advance(TimeDelta::minutes(16));
    assert_eq!(try_in(&app, email, PASSWORD).await.status, StatusCode::OK);

    let from = async |host: u8, n: usize| {
        let mut request = Request::post("/api/sign_in")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("x-forwarded-for", format!("198.51.100.{n}"))
            .body(Body::from(format!("email=u{n}%40example.com&password=wrong")))
            .expect("a request");
        let address = SocketAddr::from(([203, 0, 113, host], 4400));
        request.extensions_mut().insert(ConnectInfo(address));
        app.anonymous().send(request).await.status
    };
    for n in 0..50 {
        assert_eq!(from(1, n).await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(from(1, 50).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(from(2, 51).await, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_session_ends_with_idleness_with_age_and_when_somebody_ends_it() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let in_ =
        async |actor: &crate::support::app::Actor<'_>| actor.get("/account").await.status == StatusCode::OK;
    app.clock.advance(TimeDelta::hours(23));
    assert!(in_(&staff).await);
    app.clock.advance(TimeDelta::hours(24));
    assert!(!in_(&staff).await, "an idle session lives");
    let staff = app.sign_in(Role::Staff, None).await;
    for _ in 0..8 {
        app.clock.advance(TimeDelta::hours(20));
        assert!(in_(&staff).await);
    }
    app.clock.advance(TimeDelta::hours(9));
    assert!(!in_(&staff).await, "a session of more than 7 days lives");

    let (one, two) = (
        app.sign_in(Role::Staff, None).await,
        app.sign_in(Role::Staff, None).await,
    );
    let page = one.get("/account").await.body;
    assert!(page.contains("this one") && page.contains("Sign out everywhere"));
    let handle = between(&page, "name=\"handle\" value=\"", "\"").to_owned();
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let staff_id = id_of(&app, "staff-all@example.com").await;
    for form in [
        &[("handle", handle.as_str())][..],
        &[("handle", &handle), ("id", &staff_id)],
    ] {
        let foreign = partner.call("end_session", form).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    }
    let foreign = partner.call("end_sessions", &[("id", &staff_id)]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert!(in_(&two).await);
    one.post("/api/end_session", &[("handle", &handle)]).await;
    assert!(in_(&one).await && !in_(&two).await);
    let three = app.sign_in(Role::Staff, None).await;
    let answer = one.post("/api/end_sessions", &[]).await;
    assert_eq!(answer.location.as_deref(), Some("/sign-in"));
    assert!(!in_(&one).await && !in_(&three).await && in_(&partner).await);
}

#[tokio::test]
async fn a_closed_account_is_out_at_once_and_the_last_admin_stays() {
    let app = App::start().await;
    app.partner("acme").await;
    let admin = app.sign_in(Role::Admin, None).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let (staff_id, admin_id) = (
        id_of(&app, "staff-all@example.com").await,
        id_of(&app, "admin-all@example.com").await,
    );
    let page = admin.get(&format!("/access/{staff_id}")).await.body;
    assert!(page.contains("Close the account") && page.contains("wish[role]"));
    let changed = [
        ("id", staff_id.as_str()),
        ("wish[name]", "Sam"),
        ("wish[role]", "partner"),
        ("wish[partners]", "acme"),
    ];
    assert_eq!(admin.call("change_person", &changed).await.status, StatusCode::OK);
    assert_eq!(
        staff.get("/jobs").await.status,
        StatusCode::NOT_FOUND,
        "it counts at once"
    );
    admin.call("close_person", &[("id", &staff_id)]).await;
    assert_eq!(staff.get("/account").await.status, StatusCode::SEE_OTHER);
    let closed = try_in(&app, "staff-all@example.com", PASSWORD).await;
    let unknown = try_in(&app, "nobody@example.com", PASSWORD).await;
    assert_eq!((closed.status, closed.body), (unknown.status, unknown.body));
    admin
        .call("close_person", &[("id", &staff_id), ("open", "true")])
        .await;
    assert_eq!(
        try_in(&app, "staff-all@example.com", PASSWORD).await.status,
        StatusCode::OK
    );

    let demoted = [
        ("id", admin_id.as_str()),
        ("wish[name]", "A"),
        ("wish[role]", "staff"),
    ];
    for (function, form) in [("close_person", &demoted[..1]), ("change_person", &demoted[..])] {
        let answer = admin.call(function, form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{function}: {}", answer.body);
    }
    let told = told(&app, "staff-all@example.com").await;
    let did = (
        "admin of all".to_owned(),
        "made partner of acme of what was staff".to_owned(),
    );
    assert!(told.contains(&did), "{told:?}");
}

#[tokio::test]
async fn people_change_their_password_with_the_one_of_now_and_are_signed_out_elsewhere() {
    let app = App::start().await;
    let email = "staff-all@example.com";
    let (here, there) = (
        app.sign_in(Role::Staff, None).await,
        app.sign_in(Role::Staff, None).await,
    );
    let change = async |current: &str, password: &str| {
        let form = [("current", current), ("password", password)];
        here.post("/api/change_password", &form).await
    };
    for (current, password, told) in [
        ("wrong", "another sentence", "not the password you sign in with"),
        (PASSWORD, "short", "at least 10 characters"),
    ] {
        let back = change(current, password).await.location.expect("back");
        assert!(
            back.starts_with("/account?") && !back.contains("sentence"),
            "{back}"
        );
        assert!(here.get(&back).await.body.contains(told), "{told}");
    }
    let done = change(PASSWORD, "another sentence").await;
    assert_eq!(done.location.as_deref(), Some("/account?changed=1"));
    // The session of old is nobody's, here as well: it goes on under another id.
    let fresh = app.with_cookie(&done.cookie.expect("a cookie"));
    let page = fresh.get("/account?changed=1").await;
    assert!(page.body.contains("The password is changed"), "{}", page.body);
    for old in [&here, &there] {
        assert_eq!(old.get("/account").await.status, StatusCode::SEE_OTHER);
    }
    let told = told(&app, email).await;
    assert_eq!(
        told.last().expect("a deed").1,
        "changed the password; 1 other session ended"
    );
    let with = async |password| try_in(&app, email, password).await.status;
    assert_eq!(with(PASSWORD).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(with("another sentence").await, StatusCode::OK);
    // Whoever sits down at somebody's browser may not try for ever.
    let form = [("current", "wrong"), ("password", "one more sentence")];
    for _ in 0..10 {
        fresh.call("change_password", &form).await;
    }
    let answer = fresh.call("change_password", &form).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.body);
}

#[tokio::test]
async fn of_two_admins_who_put_each_other_out_at_once_one_stays() {
    let mut app = App::start().await;
    // Nothing stands between the two requests.
    app.follows = false;
    app.partner("acme").await;
    let emails = ["admin-all@example.com", "admin-acme@example.com"];
    let one = app.sign_in(Role::Admin, None).await;
    let second = auth::new_account(emails[1], "B", Role::Admin, vec![], PASSWORD.to_owned()).await;
    let second = second.expect("an account");
    app.store
        .insert_user(&second, app.clock.now())
        .await
        .expect("added");
    let cookie = app
        .anonymous()
        .post("/api/sign_in", &[("email", emails[1]), ("password", PASSWORD)])
        .await
        .cookie;
    let other = app.with_cookie(&cookie.expect("a cookie"));
    let (first, second) = (id_of(&app, emails[0]).await, id_of(&app, emails[1]).await);
    let demote = async |by: &Actor<'_>, id: &str| {
        let wish = [("id", id), ("wish[name]", "A"), ("wish[role]", "staff")];
        by.call("change_person", &wish).await
    };
    let close = async |by: &Actor<'_>, id: &str| by.call("close_person", &[("id", id)]).await;
    for _ in 0..20 {
        let (a, b) = tokio::join!(demote(&one, &second), demote(&other, &first));
        let mut admins = app.store.list_users().await.expect("accounts");
        admins.retain(|account| account.is_open() && account.viewer.role == Role::Admin);
        assert_eq!(admins.len(), 1, "{} and {}", a.status, b.status);
        for id in [&first, &second] {
            let found = app.store.find_user(&UserId::new(id.as_str())).await;
            let mut person = found.expect("a look").expect("an account").viewer;
            person.role = Role::Admin;
            app.store.update_user(&person).await.expect("changed");
        }
    }
    let (a, b) = tokio::join!(close(&one, &second), close(&other, &first));
    let mut admins = app.store.list_users().await.expect("accounts");
    admins.retain(feedgate::server::store::Account::is_open);
    assert_eq!(admins.len(), 1, "{} and {}", a.status, b.status);
}

#[tokio::test]
async fn a_cookie_that_somebody_brings_along_is_nobodys() {
    let app = App::start().await;
    let staff = app.sign_in(Role::Staff, None).await;
    let own = staff.cookie().expect("a cookie").to_owned();
    // Of the right shape, and known to nobody; its owner signs in with it in the browser.
    for planted in ["feedgate=AAAAAAAAAAAAAAAAAAAAAA", "feedgate=x", "feedgate="] {
        let actor = app.with_cookie(planted);
        assert_eq!(
            actor.get("/account").await.status,
            StatusCode::SEE_OTHER,
            "{planted}"
        );
        let form = [("email", "staff-all@example.com"), ("password", PASSWORD)];
        let given = actor.post("/api/sign_in", &form).await.cookie.expect("a cookie");
        assert_ne!(given, planted, "a planted session was taken over");
        assert_eq!(
            app.with_cookie(planted).get("/account").await.status,
            StatusCode::SEE_OTHER
        );
    }
    let mut forged = own.clone().into_bytes();
    let last = forged.len() - 2;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).expect("text");
    assert_eq!(
        app.with_cookie(&forged).get("/account").await.status,
        StatusCode::SEE_OTHER
    );
    // Replayed after signing out it is nobody's, too.
    staff.post("/api/sign_out", &[]).await;
    assert_eq!(
        app.with_cookie(&own).get("/account").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let app = App::start().await;
    let staff = app.sign_in(Role::Staff, None).await;
    assert_eq!(staff.get("/deliveries").await.status, StatusCode::OK);
    app.store
        .update_password("staff-all@example.com", "$argon2id$nobody")
        .await
        .expect("changed");
    let answer = staff.get("/deliveries").await;
    assert_eq!(
        (answer.status, answer.location.as_deref()),
        (StatusCode::SEE_OTHER, Some("/sign-in?next=/deliveries"))
    );
}
