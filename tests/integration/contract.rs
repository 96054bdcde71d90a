//! The contract of a feed as people set it: on its page, with a reason, in versions, and with
//! effect on the next file.

use crate::support::app::{Actor, App};
use crate::support::files::{Files, a_record};
use axum::http::StatusCode;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::contract::Level;
use feedgate::domain::ids::FeedId;

const PAGE: &str = "/feeds/acme/main/contract";

/// Asks for a change of one rule as a browser without a script does.
async fn amend(staff: &Actor<'_>, version: &str, fields: &[(&str, &str)]) -> crate::support::app::Answer {
    let mut all = vec![("feed", "acme/main"), ("version", version)];
    all.extend_from_slice(fields);
    staff.call("amend_contract", &all).await
}

#[tokio::test]
async fn a_rule_that_is_set_to_error_quarantines_the_next_file_and_the_history_says_who_and_why() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let shouted = files.csv(
        "a.csv",
        &[a_record(1).with("title", "GARDEN HOSE NUMBER ONE"), a_record(2)],
    );
    let answer = amend(
        &staff,
        "1",
        &[
            ("wish[code]", "TITLE_CAPS"),
            ("wish[level]", "error"),
            ("wish[reason]", "agreed with Jana"),
        ],
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");

    let feed = app
        .store
        .find_feed(&Scope::All, &feed.id)
        .await
        .expect("a database")
        .expect("a feed")
        .feed;
    assert_eq!(feed.contract.version, 2);
    let done = app.take_in(&feed, &shouted).await;
    assert_eq!(done.report.records.quarantined, 1);
    assert!(
        done.report
            .samples
            .iter()
            .all(|s| s.violation.contract_version == 2)
    );

    let page = staff.get(PAGE).await;
    for part in [
        "Version 2",
        "TITLE_CAPS is an error; it was a warning.",
        "agreed with Jana",
        "staff of all",
    ] {
        assert!(page.body.contains(part), "no “{part}” in {}", page.body);
    }
    let deeds = app
        .store
        .list_deeds(&Scope::All, "feed:acme/main")
        .await
        .expect("a list");
    assert_eq!(deeds.len(), 1);
    assert_eq!(deeds[0].action, "contract.amend");
}

#[tokio::test]
async fn a_day_a_border_and_a_trial_are_kept_and_taken_back_by_empty_fields() {
    let app = App::start().await;
    let id: FeedId = app.partner("acme").await.id;
    let staff = app.sign_in(Role::Staff, None).await;
    let fields = [
        ("wish[code]", "TITLE_LENGTH"),
        ("wish[level]", "error"),
        ("wish[from]", "2027-03-01"),
        ("wish[before]", "info"),
        ("wish[threshold]", "120"),
        ("wish[shadow]", "error"),
        ("wish[reason]", "shop window"),
    ];
    assert_eq!(amend(&staff, "1", &fields).await.status, StatusCode::OK);
    let own = |feed: feedgate::domain::feed::Feed| feed.contract.rules.get("TITLE_LENGTH").copied();
    let find = async || {
        let found = app.store.find_feed(&Scope::All, &id).await.expect("a database");
        found.expect("a feed").feed
    };
    let set = own(find().await).expect("set");
    assert_eq!(
        (set.level, set.before, set.threshold),
        (Some(Level::Error), Some(Level::Info), Some(120))
    );
    let editing = staff.get(&format!("{PAGE}?rule=TITLE_LENGTH")).await;
    assert!(editing.body.contains("value=\"2027-03-01\""), "{}", editing.body);
    let back = [
        ("wish[code]", "TITLE_LENGTH"),
        ("wish[reason]", "it was a mistake"),
    ];
    assert_eq!(amend(&staff, "2", &back).await.status, StatusCode::OK);
    assert_eq!((own(find().await), find().await.contract.version), (None, 3));
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_the_field_and_changes_nothing() {
    let app = App::start().await;
    let id = app.partner("acme").await.id;
    let staff = app.sign_in(Role::Staff, None).await;
    for (version, fields, status, part) in [
        (
            "1",
            &[
                ("wish[code]", "TITLE_CAPS"),
                ("wish[level]", "severe"),
                ("wish[reason]", "because"),
            ][..],
            422,
            "severe",
        ),
        (
            "1",
            &[
                ("wish[code]", "TITLE_CAPS"),
                ("wish[threshold]", "101"),
                ("wish[reason]", "because"),
            ],
            422,
            "from 1 to 100",
        ),
        (
            "1",
            &[
                ("wish[code]", "TITLE_CAPS"),
                ("wish[from]", "tomorrow"),
                ("wish[reason]", "because"),
            ],
            422,
            "2026-03-01",
        ),
        (
            "1",
            &[("wish[code]", "TITLE_CAPS"), ("wish[level]", "error")],
            422,
            "Say why",
        ),
        (
            "1",
            &[("wish[code]", "TITLE_CAPS"), ("wish[reason]", "because")],
            422,
            "already",
        ),
        (
            "1",
            &[
                ("wish[code]", "FILE_EMPTY"),
                ("wish[level]", "off"),
                ("wish[reason]", "because"),
            ],
            422,
            "FILE_EMPTY",
        ),
        (
            "1",
            &[
                ("wish[code]", "GROUP_SINGLE"),
                ("wish[level]", "error"),
                ("wish[reason]", "because"),
            ],
            422,
            "off or info",
        ),
        (
            "7",
            &[
                ("wish[code]", "TITLE_CAPS"),
                ("wish[level]", "error"),
                ("wish[reason]", "because"),
            ],
            409,
            "version 1",
        ),
    ] {
        let answer = amend(&staff, version, fields).await;
        assert_eq!(answer.status.as_u16(), status, "{fields:?}: {}", answer.body);
        assert!(answer.body.contains(part), "{fields:?}: {}", answer.body);
    }
    let feed = app
        .store
        .find_feed(&Scope::All, &id)
        .await
        .expect("a database")
        .expect("a feed")
        .feed;
    assert_eq!(feed.contract.version, 1);
    assert!(
        app.store
            .list_amendments(&Scope::All, &id)
            .await
            .expect("a list")
            .is_empty()
    );
}

#[tokio::test]
async fn a_form_without_a_script_leads_back_to_the_contract_and_says_there_what_is_wrong() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let form = staff.get(&format!("{PAGE}?rule=TITLE_CAPS")).await;
    assert!(form.body.contains("Put it in force"), "{}", form.body);
    let fields = [
        ("feed", "acme/main"),
        ("version", "1"),
        ("wish[code]", "TITLE_CAPS"),
        ("wish[level]", "off"),
    ];
    let mut sound = fields.to_vec();
    sound.push(("wish[reason]", "a shouting shop"));
    let answer = staff.post("/api/amend_contract", &sound).await;
    assert_eq!(
        (answer.status, answer.location.as_deref()),
        (StatusCode::FOUND, Some(PAGE))
    );
    let manager = app.sign_in(Role::Manager, None).await;
    let page = manager.get(&format!("{PAGE}?rule=TITLE_CAPS")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("Put it in force"), "a manager reads only");
}

#[tokio::test]
async fn a_change_that_is_refused_comes_back_as_it_was_typed_with_the_fault_beside_the_field() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let fields = [
        ("feed", "acme/main"),
        ("version", "1"),
        ("wish[code]", "TITLE_LENGTH"),
        ("wish[level]", "error"),
        ("wish[threshold]", "many"),
        ("wish[reason]", "agreed with Jana"),
    ];
    let answer = staff.post("/api/amend_contract", &fields).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let back = answer.location.expect("a way back");
    assert!(back.starts_with(PAGE), "{back}");
    let page = staff.get(&back).await.body;
    let fault = page
        .split("id=\"threshold-error\"")
        .nth(1)
        .expect("a place for the fault");
    let fault = fault.split("</p>").next().expect("its end");
    assert!(fault.contains("“many” is no whole number"), "{fault}");
    for typed in [
        "value=\"many\"",
        "value=\"agreed with Jana\"",
        "value=\"error\" selected",
    ] {
        assert!(page.contains(typed), "no {typed} in {page}");
    }
    let foreign = staff
        .post(
            "/api/amend_contract",
            &[("feed", "//x.example/\n"), ("version", "1")],
        )
        .await;
    assert!(!foreign.location.unwrap_or_default().starts_with("//"));
}

#[tokio::test]
async fn the_rules_of_one_attribute_are_found_by_its_name() {
    let app = App::start().await;
    app.partner("acme").await;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let page = partner.get(&format!("{PAGE}?find=image_link")).await.body;
    assert!(
        page.contains("IMG_PLACEHOLDER") && page.contains("ADDIMG_COUNT"),
        "{page}"
    );
    assert!(!page.contains("TITLE_CAPS"), "{page}");
    assert!(
        page.contains("href=\"/feeds/acme/main/contract?find=image_link\""),
        "{page}"
    );
}

#[tokio::test]
async fn what_fails_in_the_newest_file_stands_first_and_the_rest_is_folded_by_attribute() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let before = staff.get(PAGE).await.body;
    assert!(!before.contains("Failing in the newest file"), "{before}");
    let file = files.csv(
        "spring.csv",
        &[
            a_record(1).with("title", "GARDEN HOSE NUMBER ONE"),
            a_record(2).with("title", "GARDEN HOSE NUMBER TWO"),
            a_record(3).with("price", "abc"),
        ],
    );
    app.take_in(&feed, &file).await;
    let change = [
        ("wish[code]", "DESC_LENGTH"),
        ("wish[level]", "off"),
        ("wish[reason]", "long ones are fine"),
    ];
    assert_eq!(amend(&staff, "1", &change).await.status, StatusCode::OK);
    let page = staff.get(PAGE).await.body;
    let at = |part: &str| page.find(part).unwrap_or_else(|| panic!("no “{part}” in {page}"));
    let parts = [
        "Failing in the newest file",
        "products.csv",
        ">TITLE_CAPS<",
        ">PRICE_FORMAT<",
        "Set otherwise",
        ">DESC_LENGTH<",
        "All other rules, by attribute",
        "<details",
        ">TITLE_LENGTH<",
    ];
    let places = parts.map(at);
    assert!(places.is_sorted(), "{parts:?} stand at {places:?}");
    // What another system says of tomorrow is not what fails now.
    app.clock.advance(chrono::TimeDelta::days(-1));
    let early = staff.get(PAGE).await.body;
    assert!(!early.contains("Failing in the newest file"), "{early}");
    app.clock.advance(chrono::TimeDelta::days(1));
    // A search shows what it finds, and folds nothing away.
    let found = staff.get(&format!("{PAGE}?find=title")).await.body;
    assert!(
        found.contains("TITLE_LENGTH") && !found.contains("<details"),
        "{found}"
    );
}
