//! Pages and forms as a browser without a script sees them.

use crate::support::app::{App, PASSWORD};
use crate::support::files::{Files, a_record};
use axum::http::StatusCode;
use chrono::TimeDelta;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::ids::RecordId;
use feedgate::domain::quarantine::{HeldRecord, State};
use feedgate::domain::query::QuarantineFilter;

pub async fn one_held(app: &App) -> HeldRecord {
    let files = Files::new();
    let feed = app.partner("acme").await;
    let records = [a_record(1), a_record(2).with("gtin", "4006381333932")];
    app.take_in(&feed, &files.csv("products.csv", &records)).await;
    app.store
        .list_held(&Scope::All, &QuarantineFilter::default(), "", 1)
        .await
        .expect("a list")
        .rows
        .remove(0)
}

pub async fn state(app: &App, id: &RecordId) -> State {
    app.store
        .find_held(&Scope::All, id)
        .await
        .expect("a look")
        .expect("a record")
        .state
}

/// The fields of the editor's form, with one value changed.
pub fn editor(
    held: &HeldRecord,
    revision: &str,
    name: &str,
    value: &str,
    reason: &str,
    then: &str,
) -> Vec<(String, String)> {
    let mut fields = vec![
        ("id".to_owned(), held.id.to_string()),
        ("revision".to_owned(), revision.to_owned()),
        ("reason".to_owned(), reason.to_owned()),
        ("then".to_owned(), then.to_owned()),
    ];
    for (n, v) in held.current().iter() {
        fields.push(("names[]".to_owned(), n.to_owned()));
        fields.push((
            "values[]".to_owned(),
            if n == name { value } else { v }.to_owned(),
        ));
    }
    fields
}

pub fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect()
}

#[tokio::test]
async fn every_page_is_whole_without_a_script() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    for (path, words) in [
        ("/".to_owned(), "Partner acme"),
        ("/?range=24h".to_owned(), "Partner acme"),
        ("/partners/acme".to_owned(), "acme/main"),
        ("/deliveries".to_owned(), "products.csv"),
        ("/feeds/acme/main".to_owned(), "1 of 2 records passed"),
        (format!("/deliveries/{}", held.delivery), "GTIN_CHECK"),
        ("/quarantine".to_owned(), "SKU2"),
        (format!("/quarantine/{}", held.id), "4006381333931"),
        ("/rules".to_owned(), "PRICE_FORMAT"),
        ("/rules/GTIN_CHECK".to_owned(), "1 held record"),
    ] {
        let page = staff.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(
            page.body.contains(words),
            "{path} has no “{words}”: {}",
            page.body
        );
        assert_eq!(
            page.body.matches("<h1").count(),
            1,
            "{path} has one heading of the first order"
        );
        assert!(page.body.contains("</html>"), "{path} is whole");
    }
}

#[tokio::test]
async fn a_page_that_is_asked_for_while_another_site_is_put_together_is_answered() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let state = app.state.clone();
    let here = tokio::runtime::Handle::current();
    let (enough, told) = std::sync::mpsc::channel::<()>();
    let building = std::thread::spawn(move || {
        let _here = here.enter();
        while told.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            drop(feedgate::server::http::router(state.clone(), false));
        }
    });
    for _ in 0..20 {
        assert_eq!(staff.get("/partners/acme").await.status, StatusCode::OK);
    }
    drop(enough);
    building.join().expect("no site failed");
}

#[tokio::test]
async fn an_unknown_page_partner_or_record_is_a_page_of_its_own_with_a_way_back() {
    let app = App::start().await;
    let staff = app.sign_in(Role::Staff, None).await;
    for path in [
        "/nowhere",
        "/partners/nobody",
        "/deliveries/none",
        "/quarantine/none",
        "/rules/NO_SUCH_RULE",
        "/feeds/nobody/main",
    ] {
        let page = staff.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            page.body.contains("<h1") && page.body.contains("href=\"/\""),
            "{path} has no way back"
        );
    }
}

#[tokio::test]
async fn a_refused_sign_in_keeps_the_address_and_says_what_to_do() {
    let app = App::start().await;
    app.sign_in(Role::Staff, None).await;
    let nobody = app.anonymous();
    let fields = [
        ("email", "staff-all@example.com"),
        ("password", "not it"),
        ("next", "/quarantine"),
    ];
    let answer = nobody.post("/api/sign_in", &fields).await;
    let location = answer.location.expect("back to the form");
    assert!(answer.cookie.is_none());
    let page = nobody.get(&location).await;
    assert!(page.body.contains("staff-all@example.com"), "{}", page.body);
    assert!(
        page.body.contains("No account has this address and password"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("/quarantine"),
        "the way on is kept: {}",
        page.body
    );
}

#[tokio::test]
async fn signing_in_leads_on_and_signing_out_ends_it() {
    let app = App::start().await;
    app.partner("acme").await;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    assert_eq!(
        partner.get("/").await.location.as_deref(),
        Some("/partners/acme/report")
    );
    let fields = [
        ("email", "partner-acme@example.com"),
        ("password", PASSWORD),
        ("next", "//evil.example"),
    ];
    assert_eq!(
        app.anonymous()
            .post("/api/sign_in", &fields)
            .await
            .location
            .as_deref(),
        Some("/partners/acme/report")
    );
    let answer = partner.post("/api/sign_out", &[]).await;
    assert_eq!(answer.location.as_deref(), Some("/sign-in"));
    assert_eq!(
        partner.get("/deliveries").await.status,
        StatusCode::SEE_OTHER,
        "the cookie is worth nothing now"
    );
}

#[tokio::test]
async fn staff_mend_a_record_replay_it_and_see_who_did_what() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let fields = editor(&held, "0", "gtin", "4006381333931", "barcode misread", "replay");
    let answer = staff.post("/api/edit_record", &borrowed(&fields)).await;
    assert_eq!(answer.location, Some(format!("/quarantine/{}", held.id)));
    assert_eq!(state(&app, &held.id).await, State::Queued);
    app.work().await;
    let page = staff.get(&format!("/quarantine/{}", held.id)).await;
    for words in ["accepted", "barcode misread", "staff of all"] {
        assert!(page.body.contains(words), "no “{words}” in {}", page.body);
    }
    let item = app
        .store
        .find_item(&Scope::All, &held.feed, "sku2")
        .await
        .expect("a look")
        .expect("an item");
    assert!(
        item.attributes
            .0
            .contains(&("gtin".to_owned(), "4006381333931".to_owned()))
    );
}

#[tokio::test]
async fn a_held_record_stands_beside_the_version_that_the_catalogue_has() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let sound = [a_record(1), a_record(2)];
    app.take_in(&feed, &files.csv("a.csv", &sound)).await;
    app.clock.advance(TimeDelta::minutes(10));
    let broken = a_record(2)
        .with("gtin", "4006381333932")
        .with("price", "EUR 7,50")
        .with("description", "");
    let unknown = a_record(3).with("gtin", "4006381333932");
    app.take_in(&feed, &files.csv("b.csv", &[a_record(1), broken, unknown]))
        .await;
    let held = app
        .store
        .list_held(&Scope::All, &QuarantineFilter::default(), "", 10)
        .await;
    let held = held.expect("a list").rows;
    let page = async |item: &str| {
        let record = held.iter().find(|r| r.item_id == item).expect("it is held");
        staff.get(&format!("/quarantine/{}", record.id)).await.body
    };
    let known = page("SKU2").await;
    let known = known.split("Beside the catalogue").nth(1).expect("a section");
    let section = known.split("</section>").next().expect("its end");
    for words in [
        "3 values differ",
        "4006381333932",
        "7.50 EUR",
        "two brass fittings",
        "not there",
    ] {
        assert!(section.contains(words), "no “{words}” in {section}");
    }
    assert!(
        !section.contains("EUR 7,50"),
        "it is compared as understood: {section}"
    );
    let unknown = page("SKU3").await;
    assert!(unknown.contains("accepting this record adds one"), "{unknown}");

    app.clock.advance(TimeDelta::minutes(10));
    app.take_in(&feed, &files.csv("c.csv", &[a_record(1)])).await;
    let withdrawn = page("SKU2").await;
    assert!(
        withdrawn.contains("accepting this record brings it back"),
        "{withdrawn}"
    );
}

#[tokio::test]
async fn an_edit_that_cannot_be_saved_comes_back_as_it_was_typed() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let fields = editor(&held, "0", "title", "A title typed with care", "", "");
    let answer = staff.post("/api/edit_record", &borrowed(&fields)).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let page = staff.get(&format!("/quarantine/{}", held.id)).await;
    assert!(page.body.contains("Go on editing"), "{}", page.body);
    let page = staff.get(&format!("/quarantine/{}?edit=1", held.id)).await;
    assert!(page.body.contains("A title typed with care"), "{}", page.body);
    assert_eq!(state(&app, &held.id).await, State::Quarantined);
}

#[tokio::test]
async fn what_is_typed_is_judged_as_if_it_were_saved_and_nothing_is_saved() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let ask = async |value: &str| {
        let fields = editor(&held, "0", "gtin", value, "", "check");
        let judged = staff.call("judge_draft", &borrowed(&fields)).await;
        let back = staff.post("/api/edit_record", &borrowed(&fields)).await.location;
        assert_eq!(back, Some(format!("/quarantine/{}?edit=1", held.id)));
        let page = staff.get(&back.expect("an address")).await;
        (judged, page.body)
    };
    let (judged, page) = ask("4006381333931").await;
    assert!(judged.body.contains("\"violations\":[]"), "{}", judged.body);
    assert!(page.contains("they are not saved. Would pass"), "{page}");
    let (judged, page) = ask("4006381333933").await;
    assert!(judged.body.contains("GTIN_CHECK"), "{}", judged.body);
    assert!(
        page.contains("they are not saved. Still fails: GTIN_CHECK."),
        "{page}"
    );
    assert_eq!(state(&app, &held.id).await, State::Quarantined);
    let many: Vec<_> = std::iter::repeat_n([("names[]", "a"), ("values[]", "b")], 501)
        .flatten()
        .collect();
    let fields: Vec<_> = [("id", held.id.as_str())].into_iter().chain(many).collect();
    let refused = staff.call("judge_draft", &fields).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn the_second_of_two_editors_gets_a_conflict_and_loses_nothing() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let (staff, admin) = (
        app.sign_in(Role::Staff, None).await,
        app.sign_in(Role::Admin, None).await,
    );
    let first = editor(&held, "0", "title", "First", "first", "");
    assert_eq!(
        staff.call("edit_record", &borrowed(&first)).await.status,
        StatusCode::OK
    );
    let second = editor(&held, "0", "title", "Second", "second", "");
    let answer = admin.call("edit_record", &borrowed(&second)).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    assert!(
        answer.body.contains("saved revision 1 while you were editing"),
        "{}",
        answer.body
    );
    let page = admin.get(&format!("/quarantine/{}", held.id)).await;
    assert!(page.body.contains("First"), "{}", page.body);
    // The editor shows theirs beside what was typed, and is ready to save on top of theirs.
    let page = admin.get(&format!("/quarantine/{}?edit=1", held.id)).await.body;
    for words in [
        "Changed while you were editing",
        "staff of all saved revision 1: first",
        "value=\"Second\"",
        "Theirs: ",
        "Save over revision 1",
    ] {
        assert!(page.contains(words), "no “{words}” in {page}");
    }
    // A third who saves meanwhile is met in turn; on top of that one, it is saved.
    let third = editor(&held, "1", "brand", "Third", "third", "");
    assert_eq!(
        staff.call("edit_record", &borrowed(&third)).await.status,
        StatusCode::OK
    );
    let answer = admin
        .call(
            "edit_record",
            &borrowed(&editor(&held, "1", "title", "Second", "second", "")),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    let over = editor(&held, "2", "title", "Second", "second", "");
    assert_eq!(
        admin.call("edit_record", &borrowed(&over)).await.status,
        StatusCode::OK
    );
    // What was typed into a record that is then taken out of one's hands is still there to read.
    let late = editor(&held, "2", "title", "Too late", "late", "");
    assert_eq!(
        staff.call("edit_record", &borrowed(&late)).await.status,
        StatusCode::CONFLICT
    );
    let id = held.id.to_string();
    assert_eq!(
        admin.call("replay_record", &[("id", &id)]).await.status,
        StatusCode::OK
    );
    let page = staff.get(&format!("/quarantine/{id}")).await.body;
    assert!(
        page.contains("Too late") && page.contains("was not saved"),
        "{page}"
    );
    // Whoever keeps theirs drops what they typed.
    let drop = editor(&held, "2", "title", "Too late", "late", "theirs");
    staff.call("edit_record", &borrowed(&drop)).await;
    let page = staff.get(&format!("/quarantine/{id}")).await.body;
    assert!(!page.contains("Too late"), "{page}");
}

#[tokio::test]
async fn a_discarded_record_leaves_the_list_and_can_come_back() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let id = held.id.to_string();
    assert_eq!(
        staff.call("discard_record", &[("id", &id)]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    staff
        .post("/api/discard_record", &[("id", &id), ("reason", "test data")])
        .await;
    assert_eq!(state(&app, &held.id).await, State::Discarded);
    assert!(!staff.get("/quarantine").await.body.contains("SKU2"));
    assert!(
        staff
            .get("/quarantine?state=discarded")
            .await
            .body
            .contains("SKU2")
    );
    staff.post("/api/restore_record", &[("id", &id)]).await;
    assert_eq!(state(&app, &held.id).await, State::Quarantined);
}

#[tokio::test]
async fn who_of_ours_looked_at_a_partners_records_is_in_the_activity_log_once_an_hour() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let admin = app.sign_in(Role::Admin, None).await;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let page = format!("/quarantine/{}", held.id);
    let looks = async || {
        let log = admin.get("/activity?what=record.look").await.body;
        (
            log.matches("looked at the record").count(),
            log.matches("took a list of held records along").count(),
        )
    };
    assert_eq!(partner.get(&page).await.status, StatusCode::OK);
    assert_eq!(looks().await, (0, 0));
    for _ in 0..2 {
        let seen = staff.get(&page).await;
        assert!(!seen.body.contains("looked at the record"), "{}", seen.body);
        staff.get("/export/quarantine.csv?partner=acme").await;
    }
    assert_eq!(looks().await, (1, 1));
    app.clock.advance(chrono::TimeDelta::minutes(61));
    staff.get(&page).await;
    assert_eq!(looks().await, (2, 1));
}

#[tokio::test]
async fn text_from_a_partner_is_text_on_every_page() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let record = a_record(1)
        .with("title", evil)
        .with("brand", evil)
        .with("gtin", evil)
        .with("id", "<b>1</b>");
    let done = app.take_in(&feed, &files.csv("a.csv", &[record])).await;
    let held = app
        .store
        .list_held(&Scope::All, &QuarantineFilter::default(), "", 1)
        .await
        .expect("a list")
        .rows
        .remove(0);
    let staff = app.sign_in(Role::Staff, None).await;
    for path in [
        "/quarantine".to_owned(),
        format!("/quarantine/{}", held.id),
        format!("/deliveries/{}", done.delivery),
    ] {
        let page = staff.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        for broken_out in ["<script>alert", "<img src=x", "<b>1</b>"] {
            assert!(
                !page.body.contains(broken_out),
                "{path} lets {broken_out} through"
            );
        }
    }
}

#[tokio::test]
async fn whatever_is_typed_into_an_address_gives_a_page() {
    let app = App::start().await;
    let staff = app.sign_in(Role::Staff, None).await;
    for path in [
        "/?range=%F0%9F%A6%93",
        "/?range=99999999999999999999d",
        "/?range=2026-01-01..2025-01-01",
        "/quarantine?after=zzz&state=nope&code=%24ne",
        "/quarantine?partner[$ne]=x",
        "/deliveries?after=1_2_3&status=x&partner=..%2F..",
        "/deliveries?range=0001-01-01..9999-12-31",
        "/partners/%00",
        "/quarantine/%2e%2e",
    ] {
        let page = staff.get(path).await;
        assert!(page.status.as_u16() < 500, "{path} gives {}", page.status);
    }
}
