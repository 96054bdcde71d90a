//! Tokens as staff make and revoke them on a feed's page.

use crate::support::app::{Actor, Answer, App};
use axum::http::StatusCode;
use feedgate::domain::account::{Role, Scope};
use feedgate::server::tokens;

async fn make(actor: &Actor<'_>, feed: &str, label: &str) -> Answer {
    actor.post(&format!("/token/{feed}"), &[("label", label)]).await
}

/// The token on the page that shows it.
fn shown(page: &str) -> String {
    let after = page.split("id=\"token\">").nth(1).expect("a token");
    after.split('<').next().expect("its end").to_owned()
}

#[tokio::test]
async fn a_token_is_shown_once_listed_by_its_beginning_and_counts_until_it_is_revoked() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let made = make(&staff, "acme/main", "export <server>").await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    assert!(made.body.contains("export &lt;server&gt;"), "{}", made.body);
    let text = shown(&made.body);
    let known = tokens::identify(&app.store, &text, app.clock.now())
        .await
        .expect("a look");
    assert_eq!(known.expect("a token").feed, Some(feed.id));
    let page = staff.get("/feeds/acme/main").await.body;
    let prefix = text[..11].to_owned();
    for part in [&*prefix, "staff of all", "Make a token", "Revoke"] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert!(!page.contains(&text), "it is shown again");
    let fields = [("feed", "acme/main"), ("prefix", &*prefix)];
    let revoked = staff.post("/api/revoke_token", &fields).await;
    assert_eq!(revoked.location.as_deref(), Some("/feeds/acme/main#tokens"));
    let gone = tokens::identify(&app.store, &text, app.clock.now())
        .await
        .expect("a look");
    assert!(gone.is_none(), "a revoked token counts");
    assert_eq!(
        staff.call("revoke_token", &fields).await.status,
        StatusCode::CONFLICT
    );
    let log = app
        .store
        .list_deeds(&Scope::All, &format!("token:{prefix}"))
        .await
        .expect("a list");
    let log: Vec<_> = log
        .iter()
        .map(|deed| (&*deed.action, &*deed.actor_name))
        .collect();
    assert_eq!(
        log,
        [("token.add", "staff of all"), ("token.revoke", "staff of all")]
    );
}

#[tokio::test]
async fn only_staff_and_admin_see_make_or_revoke_tokens() {
    let app = App::start().await;
    app.partner("acme").await;
    app.partner("beta").await;
    for (role, partner, expected) in [
        (Role::Admin, None, StatusCode::OK),
        (Role::Staff, None, StatusCode::OK),
        (Role::Manager, None, StatusCode::FORBIDDEN),
        (Role::Partner, Some("acme"), StatusCode::NOT_FOUND),
        (Role::Partner, Some("beta"), StatusCode::NOT_FOUND),
    ] {
        let actor = app.sign_in(role, partner).await;
        let answer = make(&actor, "acme/main", "export").await;
        assert_eq!(answer.status, expected, "{role} of {partner:?}");
        let sees = actor.get("/feeds/acme/main").await.body.contains("Make a token");
        assert_eq!(sees, expected == StatusCode::OK, "{role} of {partner:?}");
    }
    let nobody = make(&app.anonymous(), "acme/main", "export").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let staff = app.sign_in(Role::Staff, None).await;
    assert_eq!(
        make(&staff, "acme/other", "export").await.status,
        StatusCode::NOT_FOUND
    );
    let unnamed = make(&staff, "acme/main", " ").await;
    assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unnamed.body.contains("what the token is for"), "{}", unnamed.body);
    let foreign = staff
        .post_from_elsewhere("/token/acme/main", &[("label", "x")])
        .await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert_eq!(app.store.list_tokens(&Scope::All).await.expect("a list").len(), 2);
}

#[tokio::test]
async fn a_token_that_writes_the_log_is_an_admins_to_make() {
    let app = App::start().await;
    app.partner("acme").await;
    let fields = [("label", "erp"), ("may_log", "true")];
    let staff = app.sign_in(Role::Staff, None).await;
    let refused = staff.post("/token/acme/main", &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    assert!(
        !staff
            .get("/feeds/acme/main")
            .await
            .body
            .contains("name=\"may_log\"")
    );
    let admin = app.sign_in(Role::Admin, None).await;
    let made = admin.post("/token/acme/main", &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let known = tokens::identify(&app.store, &shown(&made.body), app.clock.now()).await;
    assert!(known.expect("a look").expect("a token").may_log);
    let page = admin.get("/feeds/acme/main").await.body;
    assert!(page.contains("files of this feed, entries of the log") && page.contains("name=\"may_log\""));
}

#[tokio::test]
async fn nothing_on_the_way_may_keep_the_page_with_the_token() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let answer = make(&staff, "acme/main", "export").await;
    assert_eq!(answer.cache.as_deref(), Some("no-store"));
}

#[tokio::test]
async fn a_token_of_another_partner_is_none_of_this_feeds() {
    let app = App::start().await;
    app.partner("acme").await;
    app.partner("beta").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let text = shown(&make(&staff, "beta/main", "theirs").await.body);
    let fields = [("feed", "acme/main"), ("prefix", &text[..11])];
    assert_eq!(
        staff.call("revoke_token", &fields).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(!staff.get("/feeds/acme/main").await.body.contains(&text[..11]));
}
