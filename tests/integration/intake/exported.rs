//! Products of exports: who exports tells of single products, and their records' histories show it,
//! each thing once and to nobody whom it does not concern.

use super::audit::{NDJSON, entry, lines, send, token};
use crate::reconciliation::reach;
use crate::support::app::App;
use crate::support::files::{Files, a_record};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::{DateTime, TimeDelta, Utc};
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::delivery::Direction;
use feedgate::domain::export::Exported;
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::{FeedId, PartnerId};
use feedgate::domain::query::QuarantineFilter;
use mongodb::bson::doc;
use serde_json::{Value, json};

/// An export to the shop, which counts ten products and names none.
fn export(id: &str, at: DateTime<Utc>) -> Value {
    let mut export = entry(id, at, 10, 1);
    export["partner"] = json!("shop");
    export["direction"] = json!("export");
    export
}

fn products(entry: &str, sent: &[&str], rejected: &[(&str, &str)]) -> Value {
    let rejected: Vec<Value> = rejected
        .iter()
        .map(|(product, code)| json!({"product": product, "code": code}))
        .collect();
    json!({
        "entry": entry, "partner": "shop", "feed": "main", "of": "acme/main",
        "sent": sent, "rejected": rejected,
    })
}

async fn known(app: &App, scope: &Scope, key: &str) -> Vec<Exported> {
    let of = FeedId::new("acme/main");
    let known = app.store.list_exported(scope, &of, key).await;
    known.expect("what is known")
}

/// The entry that a product went out with first, the last, and the last that left it out and why.
fn told(known: &[Exported]) -> (Option<&str>, Option<&str>, Option<(&str, &str)>) {
    let [one] = known else {
        panic!("one feed has it: {known:?}");
    };
    (
        one.first.as_ref().map(|p| p.entry.as_str()),
        one.last.as_ref().map(|p| p.entry.as_str()),
        one.rejected
            .as_ref()
            .map(|(p, code)| (p.entry.as_str(), code.as_str())),
    )
}

#[tokio::test]
async fn a_record_tells_which_exports_had_its_product_and_which_left_it_out_and_why() {
    let (app, files) = (App::start().await, Files::new());
    let acme = app.partner("acme").await;
    let shop = app.partner("shop").await;
    let free = a_record(1).with("price", "0 EUR");
    app.take_in(&acme, &files.csv("a.csv", &[free, a_record(2)]))
        .await;
    let token = token(&app, &shop, None, true).await;
    let at = |hours| app.clock.now() - TimeDelta::hours(hours);
    let told_of = [
        export("x1", at(30)),
        products("x1", &["SKU1", "SKU2"], &[]),
        export("x2", at(20)),
        products("x2", &["SKU2"], &[("SKU1", "PRICE_ZERO")]),
        export("x3", at(10)),
        // The same product, otherwise written.
        products("x3", &[" sku1 "], &[]),
        products("x3", &["SKU2"], &[]),
    ];
    let (status, answer) = send(&app, &token, NDJSON, lines(&told_of)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&answer["taken"], &answer["products"], &answer["rejected"]),
        (&json!(3), &json!(6), &json!(0)),
        "{answer}"
    );
    let expected = (Some("shop:x1"), Some("shop:x3"), Some(("shop:x2", "PRICE_ZERO")));
    assert_eq!(told(&known(&app, &Scope::All, "sku1").await), expected);

    // Told again, in another order, it is the same.
    let again: Vec<&Value> = told_of.iter().rev().collect();
    let (_, answer) = send(&app, &token, NDJSON, lines(again)).await;
    assert_eq!(
        (&answer["already"], &answer["products"]),
        (&json!(3), &json!(6)),
        "{answer}"
    );
    assert_eq!(told(&known(&app, &Scope::All, "sku1").await), expected);

    let held = app
        .store
        .list_held(&Scope::All, &QuarantineFilter::default(), "", 10)
        .await;
    let [record] = held.expect("a list").rows.try_into().expect("one is held");
    let path = format!("/quarantine/{}", record.id);
    let page = app.sign_in(Role::Staff, None).await.get(&path).await;
    for said in [
        "export shop/main",
        "had the product for the first time",
        "had the product, the last so far",
        "left the product out: PRICE_ZERO",
        "/deliveries/shop:x2",
    ] {
        assert!(page.body.contains(said), "“{said}” is missing: {}", page.body);
    }
    // Whose export it was is no business of the partner whose product it is.
    let own = Scope::Only(vec![PartnerId::new("acme")]);
    assert_eq!(known(&app, &own, "sku1").await, []);
    let theirs = Scope::Only(vec![PartnerId::new("shop")]);
    assert_eq!(known(&app, &theirs, "sku1").await.len(), 1);
}

#[tokio::test]
async fn products_of_what_is_not_there_are_named_with_their_line_and_nothing_is_noted() {
    let app = App::start().await;
    app.partner("acme").await;
    let shop = app.partner("shop").await;
    let token = token(&app, &shop, None, true).await;
    let now = app.clock.now();
    let mut ingest = export("in", now);
    ingest["direction"] = json!("ingest");
    let with = |field: &str, value: Value| {
        let mut line = products("x1", &["SKU1"], &[]);
        line[field] = value;
        line
    };
    let mut failed = export("x2", now);
    failed["status"] = json!("refused");
    for field in ["records", "codes"] {
        failed[field] = Value::Null;
    }
    let other = export("x1", now - TimeDelta::hours(1));
    let ahead = export("x3", now + TimeDelta::days(2));
    let wrong = [
        (with("entry", json!("x9")), "entry"),
        (with("entry", json!("in")), "entry"),
        (with("entry", json!("x2")), "entry"),
        (with("entry", json!("x3")), "entry"),
        (with("of", json!("acme/other")), "of"),
        (with("of", json!("nobody/main")), "of"),
        (with("partner", json!("acme")), "partner"),
        (with("sent", json!([])), "sent"),
    ];
    let all = [ingest, export("x1", now), failed, ahead];
    let all = all.iter().chain(wrong.iter().map(|(line, _)| line));
    let (_, answer) = send(&app, &token, NDJSON, lines(all)).await;
    assert_eq!(
        (&answer["taken"], &answer["products"], &answer["rejected"]),
        (&json!(4), &json!(0), &json!(wrong.len())),
        "{answer}"
    );
    let named = answer["entries"].as_array().expect("what is named");
    let rejected: Vec<&Value> = named
        .iter()
        .filter(|named| named["outcome"] == "rejected")
        .collect();
    for (at, (_, field)) in wrong.iter().enumerate() {
        let named = rejected[at];
        assert_eq!(
            (&named["line"], &named["field"]),
            (&json!(5 + at), &json!(field)),
            "{named}"
        );
    }
    assert_eq!(known(&app, &Scope::All, "sku1").await, []);

    // What belongs to an entry that did not go in does not go to the one that has its id.
    let (_, answer) = send(&app, &token, NDJSON, lines(&[other, with("entry", json!("x1"))])).await;
    assert_eq!(
        (&answer["conflicts"], &answer["rejected"]),
        (&json!(1), &json!(1)),
        "{answer}"
    );
    assert_eq!(known(&app, &Scope::All, "sku1").await, []);

    let alone = with("entry", json!("x9")).to_string();
    let (status, _) = send(&app, &token, "application/json", alone).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let alone = products("x1", &["SKU1"], &[]).to_string();
    let (status, answer) = send(&app, &token, "application/json", alone).await;
    assert_eq!(
        (status, &answer["products"]),
        (StatusCode::OK, &json!(1)),
        "{answer}"
    );
}

#[tokio::test]
async fn a_product_whose_id_goes_on_where_anothers_ends_is_not_taken_for_it() {
    let app = App::start().await;
    app.partner("acme").await;
    let shop = app.partner("shop").await;
    let token = token(&app, &shop, None, true).await;
    let told_of = [
        export("x1", app.clock.now()),
        products("x1", &["A>B", "A?B", "A", "A B"], &[]),
    ];
    send(&app, &token, NDJSON, lines(&told_of)).await;
    for key in ["a", "a>b", "a?b", "a b"] {
        assert_eq!(known(&app, &Scope::All, key).await.len(), 1, "{key}");
    }
    assert_eq!(known(&app, &Scope::All, "a>").await, []);
}

#[tokio::test]
async fn a_feed_that_goes_out_is_judged_and_shown_by_its_exports() {
    let app = App::start().await;
    app.partner("acme").await;
    let shop = app.partner("shop").await;
    let out = Feed {
        direction: Direction::Export,
        expected_every_hours: Some(24),
        ..Feed::new(FeedId::of(&shop.id.partner(), "out").expect("a slug"))
    };
    app.store.insert_feed(&out).await.expect("a feed");
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/feeds/shop/out").await.body;
    for said in [
        "Export out",
        "nothing has ever gone out",
        "Nothing has gone out yet",
    ] {
        assert!(page.contains(said), "“{said}” is missing: {page}");
    }
    for absent in ["Try a file", "Products in the catalogue", "Contract"] {
        assert!(!page.contains(absent), "“{absent}” is none of an export: {page}");
    }

    let token = token(&app, &shop, None, true).await;
    let going = |id: &str, hours| {
        let mut export = export(id, app.clock.now() - TimeDelta::hours(hours));
        export["feed"] = json!("out");
        export
    };
    let mut failed = going("x1", 30);
    failed["status"] = json!("refused");
    failed["records"] = Value::Null;
    failed["codes"] = json!([]);
    send(&app, &token, NDJSON, lines(&[failed.clone()])).await;
    let page = staff.get("/feeds/shop/out").await.body;
    assert!(page.contains("the last export did not arrive"), "{page}");
    // No file comes in for a feed that goes out.
    let mut other = going("in", 1);
    other["direction"] = json!("ingest");
    let (_, answer) = send(&app, &token, NDJSON, lines(&[going("x2", 2), other])).await;
    assert_eq!(
        (&answer["taken"], &answer["rejected"]),
        (&json!(1), &json!(1)),
        "{answer}"
    );
    assert_eq!(answer["entries"][0]["field"], "direction", "{answer}");
    app.roll().await;
    let page = staff.get("/feeds/shop/out").await.body;
    for said in [
        "exports go out in time",
        "It arrived; 1 of 10 records left out.",
        "It did not arrive.",
        "Left out",
        "1 arrived",
    ] {
        assert!(page.contains(said), "“{said}” is missing: {page}");
    }
    // Nothing of it is held here, and nobody is asked to send it again.
    let page = staff.get("/deliveries/shop:x2").await.body;
    for said in [
        "Export of",
        "Arrived: 9 of 10 records went out, 1 (10.0 %) left out.",
        "chosen",
    ] {
        assert!(page.contains(said), "“{said}” is missing: {page}");
    }
    let page = staff.get("/deliveries/shop:x1").await.body;
    assert!(page.contains("Failed: it did not arrive."), "{page}");
    assert!(!page.contains("Ask the partner"), "{page}");
    let list = staff.get("/deliveries?direction=export").await.body;
    assert!(list.contains(">arrived") && list.contains(">failed"), "{list}");
    assert!(!list.contains("/quarantine?delivery="), "{list}");
    let partner = staff.get("/partners/shop").await.body;
    assert!(partner.contains("goes out"), "{partner}");
    let exports = staff.get("/exports?range=7d").await.body;
    assert!(exports.contains("/feeds/shop/out"), "{exports}");
}

#[tokio::test]
async fn a_feed_that_goes_out_takes_no_file_and_one_from_before_knows_its_newest_export() {
    let app = App::start().await;
    let shop = app.partner("shop").await;
    let out = Feed {
        direction: Direction::Export,
        ..Feed::new(FeedId::of(&shop.id.partner(), "out").expect("a slug"))
    };
    app.store.insert_feed(&out).await.expect("a feed");
    let token = token(&app, &shop, None, true).await;
    let request = Request::post("/api/v1/feeds/out/deliveries?name=a.csv")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from("id,title\n1,A\n"))
        .expect("a request");
    let answer = app.anonymous().send(request).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    assert!(answer.body.contains("shop/out goes out"), "{}", answer.body);

    let mut gone = export("x1", app.clock.now() - TimeDelta::hours(3));
    gone["feed"] = json!("out");
    let mut ahead = export("x2", app.clock.now() + TimeDelta::days(9_000));
    ahead["feed"] = json!("out");
    send(&app, &token, NDJSON, lines(&[gone, ahead])).await;
    let feeds = reach(&app, "feeds").await;
    let of_it = doc! {"_id": "shop/out"};
    feeds
        .update_one(of_it, doc! {"$set": {"last": null}})
        .await
        .expect("as an earlier version left it");
    app.store.migrate().await.expect("an upgrade");
    let found = app.store.find_feed(&Scope::All, &out.id).await;
    let last = found.expect("a look").expect("the feed").last;
    assert_eq!(
        last.map(|(at, _)| at),
        Some(app.clock.now() - TimeDelta::hours(3))
    );
}
