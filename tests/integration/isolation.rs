//! What a partner is shown does not depend on others: every page, file, function and answer to its
//! programs is the same to the letter whether there is another partner or not.

use crate::rights::{self, MARKER, the_issue_of_a, with_partner_a, with_partner_b};
use crate::routes;
use crate::support::app::{Actor, Answer, App};
use axum::body::Body;
use axum::http::{Request, header};
use feedgate::domain::account::Role;
use feedgate::domain::ids::PartnerId;
use feedgate::server::tokens::{self, Wanted};

/// An answer without what is another one each time.
fn plain(answer: &Answer) -> String {
    let policy = answer.headers.get(header::CONTENT_SECURITY_POLICY);
    let policy = policy.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .and_then(|rest| rest.split('\'').next());
    let body = answer.body.replace(nonce.unwrap_or("\0"), "");
    format!("{} {body}", answer.status)
}

/// Every address of the table that is only read, with what is partner A's in it, and once more
/// without its parameters.
fn addresses(put: impl Fn(&str) -> String) -> Vec<String> {
    let mut all: Vec<String> = routes::TABLE
        .iter()
        // What is told as it happens has no end.
        .filter(|(verb, _, address, _)| *verb == "GET" && *address != "/live")
        .flat_map(|(_, _, address, _)| {
            let whole = put(address);
            let bare = whole.split('?').next().unwrap_or_default().to_owned();
            [whole, bare]
        })
        .collect();
    all.extend(
        [
            "/partners/acme/report?month=2026-11",
            "/partners/acme?range=365d&compare=previous",
            "/deliveries?partner=&range=30d",
            "/quarantine?state=any",
            "/quarantine?code=GTIN_LENGTH",
            "/issues?state=any&group=shape",
            "/issues?state=any&group=partner",
            "/reasons?direction=ingest&range=30d",
            "/export/volume.csv?partner=acme&range=30d",
        ]
        .map(str::to_owned),
    );
    all.sort();
    all.dedup();
    all
}

/// What is answered under addresses.
async fn open(actor: &Actor<'_>, addresses: Vec<String>) -> Vec<(String, String)> {
    let mut met = Vec::new();
    for address in addresses {
        let answer = actor.get(&address).await;
        met.push((address, plain(&answer)));
    }
    met
}

/// What every function that reads answers.
async fn call(actor: &Actor<'_>, put: impl Fn(&str) -> String) -> Vec<(String, String)> {
    let mut met = Vec::new();
    let reads = |name: &str| name.starts_with("read_") || name.starts_with("list_");
    for (function, arguments, _) in rights::TABLE.iter().filter(|(name, ..)| reads(name)) {
        let arguments: Vec<(&str, String)> = arguments.iter().map(|(n, v)| (*n, put(v))).collect();
        let arguments: Vec<(&str, &str)> = arguments.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let answer = actor.call(function, &arguments).await;
        met.push((format!("{function} {arguments:?}"), plain(&answer)));
    }
    met
}

/// That nothing has changed, of which most was given at all.
fn hold_the_same(before: &[(String, String)], after: &[(String, String)]) {
    for ((what, before), (_, after)) in before.iter().zip(after) {
        assert!(
            !after.contains(MARKER),
            "{what} tells of another partner: {after}"
        );
        assert!(before == after, "{what} was\n{before}\nand is\n{after}");
    }
    let given = after.iter().filter(|(_, text)| text.starts_with("200")).count();
    assert!(given * 2 > after.len(), "{given} of {} are given", after.len());
}

/// What partner A's program is told with its token.
async fn ask(app: &App, token: &str, delivery: &str) -> String {
    let request = Request::get(format!("/api/v1/deliveries/{delivery}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .expect("a request");
    plain(&app.anonymous().send(request).await)
}

#[tokio::test]
async fn nothing_that_a_partner_is_shown_depends_on_another() {
    let mut app = App::start().await;
    let (delivery, record) = with_partner_a(&app).await;
    let issue = the_issue_of_a();
    let put = &|text: &str| {
        text.replace("{delivery}", &delivery)
            .replace("{record}", &record)
            .replace("{issue}", issue.as_str())
            .replace("beta", "acme")
    };
    let wanted = Wanted {
        partner: PartnerId::new("acme"),
        feed: None,
        may_log: true,
        label: String::new(),
        by: "test".to_owned(),
    };
    let (_, token) = tokens::make(&app.store, wanted, app.clock.now())
        .await
        .expect("a token");
    app.roll().await;
    // Nothing comes by itself.
    app.follows = false;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let manager = app.sign_in(Role::Manager, Some("acme")).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let (pages, told) = (open(&partner, addresses(put)).await, call(&partner, put).await);
    let (to_manager, to_staff) = (call(&manager, put).await, call(&staff, put).await);
    let to_program = ask(&app, &token, &delivery).await;
    let (others, _) = with_partner_b(&app).await;
    app.roll().await;

    hold_the_same(&pages, &open(&partner, addresses(put)).await);
    hold_the_same(&told, &call(&partner, put).await);
    hold_the_same(&to_manager, &call(&manager, put).await);
    assert_eq!(ask(&app, &token, &delivery).await, to_program);
    assert!(to_program.starts_with("200"), "{to_program}");
    assert!(ask(&app, &token, &others).await.starts_with("404"));
    // Those who see both are shown something else in many places.
    let with_both = call(&staff, put).await;
    let differ = to_staff.iter().zip(&with_both).filter(|(a, b)| a != b);
    assert!(differ.count() > 5, "partner B makes no difference to anybody");
}
