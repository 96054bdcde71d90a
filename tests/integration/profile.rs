//! The profile of a feed as people write it: on its page, tried on a file before it counts, with a
//! reason, in versions, and with effect on the next file.

use crate::support::app::{Actor, Answer, App};
use crate::support::files::{Files, a_record};
use axum::http::StatusCode;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::{DeliveryId, FeedId};
use feedgate::server::intake;
use sha2::{Digest, Sha256};
use std::path::Path;

const PAGE: &str = "/feeds/acme/main/profile";

/// A shop's own words.
const GERMAN: &str = "Artikelnummer;Produktname;Beschreibung;Preis;Adresse;Bild;Lager;Marke;EAN;Intern\n\
    A1;Enamel mug;Blue, holds 350 ml.;12,50;https://shop.example/1;https://shop.example/1.jpg;ja;Gardenia;4006381333931;x\n\
    A2;Steel jug;Holds a litre.;1.144,00;https://shop.example/2;https://shop.example/2.jpg;nein;Gardenia;4006381333931;x\n";

/// What they mean.
const MEANT: &str = "# as their export of today has it\n\
    decimal = \",\"\n\
    [map]\n\
    Artikelnummer = \"id\"\n\
    Produktname = \"title\"\n\
    Beschreibung = \"description\"\n\
    Preis = \"price\"\n\
    Adresse = \"link\"\n\
    Bild = \"image_link\"\n\
    Lager = \"availability\"\n\
    Marke = \"brand\"\n\
    EAN = \"gtin\"\n\
    Intern = \"\"\n\
    [values.availability]\n\
    ja = \"in_stock\"\n\
    nein = \"out_of_stock\"\n";

/// Keeps a file as if it had come for the feed.
async fn kept(app: &App, feed: &FeedId, name: &str, path: &Path) -> DeliveryId {
    let id = DeliveryId::new(format!("kept-{name}"));
    let bytes = std::fs::read(path).expect("a file");
    let sha256 = format!("{:x}", Sha256::digest(bytes));
    intake::keep(&app.store, &app.clock, (&id, feed), name, &sha256, path)
        .await
        .expect("kept");
    id
}

/// Writes as a script's form does.
async fn write(staff: &Actor<'_>, version: &str, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("feed", "acme/main"), ("version", version)];
    all.extend_from_slice(fields);
    staff.call("write_profile", &all).await
}

/// Previews as a browser without a script does, and gives the page it is led to.
async fn preview(staff: &Actor<'_>, fields: &[(&str, &str)]) -> (String, Answer) {
    let mut all = vec![("feed", "acme/main"), ("version", "1"), ("wish[deed]", "preview")];
    all.extend_from_slice(fields);
    let answer = staff.post("/api/write_profile", &all).await;
    assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
    let location = answer.location.expect("a way on");
    let page = staff.get(location.trim_end_matches("#preview")).await;
    assert_eq!(page.status, StatusCode::OK, "{location}");
    (location, page)
}

async fn find(app: &App) -> Feed {
    let found = app.store.find_feed(&Scope::All, &FeedId::new("acme/main")).await;
    found.expect("a database").expect("a feed").feed
}

fn expect_all(page: &Answer, parts: &[&str]) {
    for part in parts {
        assert!(page.body.contains(part), "no “{part}” in {}", page.body);
    }
}

#[tokio::test]
async fn a_draft_is_tried_on_the_newest_file_beside_the_profile_in_force_and_changes_nothing() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let id = kept(
        &app,
        &feed.id,
        "shop.csv",
        &files.bytes("shop.csv", GERMAN.as_bytes()),
    )
    .await;
    let staff = app.sign_in(Role::Staff, None).await;
    // Browsers end the lines of a form in their own way.
    let (location, page) = preview(&staff, &[("wish[text]", &MEANT.replace('\n', "\r\n"))]).await;
    assert!(location.starts_with(&format!("{PAGE}?draft=")), "{location}");
    expect_all(
        &page,
        &[
            "A draft; version 1 is in force",
            "shop.csv",
            &format!("/deliveries/{id}"),
            "Version 1, in force",
            "FILE_HEADER",
            "Record 1: A1",
            "1144.00 EUR",
            "in_stock",
            "left out",
            "comma: 12,50 is 12.50",
        ],
    );
    assert_eq!(find(&app).await.profile_version, 1);
    assert!(
        app.store
            .list_revisions(&Scope::All, &feed.id)
            .await
            .expect("a list")
            .is_empty()
    );
}

#[tokio::test]
async fn what_is_put_in_force_reads_the_next_file_and_the_history_says_who_and_why_and_what() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let file = files.bytes("shop.csv", GERMAN.as_bytes());
    assert_eq!(
        app.take_in(&feed, &file).await.report.file.code.as_deref(),
        Some("FILE_HEADER")
    );
    let staff = app.sign_in(Role::Staff, None).await;
    let saved = staff
        .post(
            "/api/write_profile",
            &[
                ("feed", "acme/main"),
                ("version", "1"),
                ("wish[text]", MEANT),
                ("wish[reason]", "their own words"),
                ("wish[deed]", "save"),
            ],
        )
        .await;
    assert_eq!(saved.location.as_deref(), Some(&*format!("{PAGE}?saved=2")));
    let feed = find(&app).await;
    let done = app.take_in(&feed, &file).await.report.records;
    assert_eq!((done.accepted, done.quarantined), (2, 0));

    let page = staff.get(&format!("{PAGE}?saved=2")).await;
    expect_all(
        &page,
        &[
            "Version 2 is in force",
            "their own words",
            "staff of all",
            "# as their export of today has it",
            "Take version 1 up again",
            "No file of this feed is kept",
        ],
    );
    let deeds = app
        .store
        .list_deeds(&Scope::All, "feed:acme/main")
        .await
        .expect("a list");
    assert_eq!(deeds.len(), 1);
    assert_eq!(deeds[0].action, "feed.profile");

    let again = staff.get(&format!("{PAGE}?start=1")).await;
    expect_all(
        &again,
        &["A draft; version 2 is in force", "value=\"version 1 again\""],
    );
    let answer = write(
        &staff,
        "2",
        &[
            ("wish[text]", ""),
            ("wish[reason]", "version 1 again"),
            ("wish[deed]", "save"),
        ],
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let feed = find(&app).await;
    assert_eq!((feed.profile_version, feed.profile.is_empty()), (3, true));
}

#[tokio::test]
async fn what_cannot_be_put_in_force_is_refused_with_the_reason_and_changes_nothing() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let save = ("wish[deed]", "save");
    let why = ("wish[reason]", "because");
    let large = "#".repeat(70_000);
    for (version, fields, status, part) in [
        (
            "1",
            vec![("wish[text]", "decimal = \";\""), why, save],
            422,
            "line 1: decimal",
        ),
        (
            "1",
            vec![("wish[text]", "[map]\nPreis = price"), why, save],
            422,
            "line 2",
        ),
        (
            "1",
            vec![("wish[text]", "[map]\nPreis = \"prise\""), why, save],
            422,
            "prise",
        ),
        ("1", vec![("wish[text]", "decimal = \",\""), save], 422, "Say why"),
        ("1", vec![("wish[text]", ""), why, save], 422, "already"),
        ("1", vec![("wish[text]", &large), why, save], 422, "at most"),
        (
            "7",
            vec![("wish[text]", "decimal = \",\""), why, save],
            409,
            "version 1 now",
        ),
    ] {
        let answer = write(&staff, version, &fields).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{version} {part}: {}",
            answer.body
        );
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert_eq!(find(&app).await.profile_version, 1);
    assert!(
        app.store
            .list_revisions(&Scope::All, &feed.id)
            .await
            .expect("a list")
            .is_empty()
    );
}

#[tokio::test]
async fn without_a_script_nothing_that_was_typed_is_lost_when_it_is_refused() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let answer = staff
        .post(
            "/api/write_profile",
            &[
                ("feed", "acme/main"),
                ("version", "1"),
                ("wish[text]", "decimal = \";\" # half done\n"),
                ("wish[reason]", "so they say"),
                ("wish[deed]", "save"),
            ],
        )
        .await;
    let location = answer.location.expect("a way on");
    let page = staff.get(location.trim_end_matches("#preview")).await;
    expect_all(
        &page,
        &[
            "It is not in force.",
            "# half done",
            "so they say",
            "Line 1",
            "is not a decimal mark",
        ],
    );
    // The address of a draft is nothing to those who may not change the profile.
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let theirs = partner.get(location.trim_end_matches("#preview")).await;
    assert!(!theirs.body.contains("half done"), "{}", theirs.body);
}

#[tokio::test]
async fn somebody_who_saved_in_between_is_not_overwritten() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let fields = |text| {
        [
            ("wish[text]", text),
            ("wish[reason]", "because"),
            ("wish[deed]", "save"),
        ]
    };
    let (comma, point) = (fields("decimal = \",\""), fields("decimal = \".\""));
    let (first, second) = tokio::join!(write(&staff, "1", &comma), write(&staff, "1", &point));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{first:?} {second:?}");
    assert_eq!(find(&app).await.profile_version, 2);
}

#[tokio::test]
async fn a_draft_is_tried_on_pasted_records_where_no_file_is_kept_and_says_why_it_is_refused() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get(PAGE).await;
    expect_all(
        &page,
        &["No file of this feed is kept", "ceneo", "idealo", "trovaprezzi"],
    );
    let (_, page) = preview(&staff, &[("wish[text]", MEANT), ("wish[sample]", GERMAN)]).await;
    expect_all(
        &page,
        &[
            "Of the pasted records",
            "All of the first 2 records would be accepted.",
        ],
    );
    let xml = "<shop><offer><id>1</id></offer></shop>";
    let fields = [("wish[text]", "record = \"/shop/item\"\n"), ("wish[sample]", xml)];
    let (_, page) = preview(&staff, &fields).await;
    expect_all(&page, &["The file is refused: ", "/shop/item", "FILE_EMPTY"]);
    let start = staff.get(&format!("{PAGE}?start=ceneo")).await;
    expect_all(&start, &["base = &quot;ceneo&quot;", "attrs/a[Producent]"]);
}

#[tokio::test]
async fn a_file_of_another_delivery_can_be_chosen_and_one_of_another_feed_cannot() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let other = app.partner("beta").await;
    let old = files.csv("old.csv", &[a_record(1)]);
    let old = kept(&app, &feed.id, "old.csv", &old).await;
    app.clock.advance(chrono::TimeDelta::hours(1));
    kept(&app, &feed.id, "new.csv", &files.csv("new.csv", &[a_record(2)])).await;
    let theirs = kept(
        &app,
        &other.id,
        "theirs.csv",
        &files.csv("theirs.csv", &[a_record(3)]),
    )
    .await;
    let staff = app.sign_in(Role::Staff, None).await;
    for (delivery, id) in [("", "SKU2"), (old.as_str(), "SKU1"), (theirs.as_str(), "SKU2")] {
        let fields = [("wish[text]", "decimal = \".\""), ("wish[delivery]", delivery)];
        let (_, page) = preview(&staff, &fields).await;
        expect_all(&page, &[&format!("Record 1: {id}")]);
        assert!(!page.body.contains("SKU3"));
    }
}

#[tokio::test]
async fn a_partner_reads_its_profile_with_the_preview_and_changes_nothing() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    app.partner("beta").await;
    kept(
        &app,
        &feed.id,
        "a.csv",
        &files.csv("a.csv", &[a_record(1), a_record(2).with("gtin", "1234")]),
    )
    .await;
    for (role, partner) in [(Role::Partner, Some("acme")), (Role::Manager, None)] {
        let reader = app.sign_in(role, partner).await;
        let page = reader.get(PAGE).await;
        assert_eq!(page.status, StatusCode::OK);
        expect_all(
            &page,
            &[
                "Record 1: SKU1",
                "1 of the first 2 records would be accepted.",
                "GTIN_LENGTH",
            ],
        );
        assert!(!page.body.contains("Put it in force"), "{role} reads only");
    }
    let stranger = app.sign_in(Role::Partner, Some("beta")).await;
    assert_eq!(stranger.get(PAGE).await.status, StatusCode::NOT_FOUND);
}
