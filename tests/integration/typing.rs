//! What staff type for a held record: as JSON or in fields, with what customers see left alone or
//! changed on purpose.

use crate::pages::{borrowed, editor, one_held, state};
use crate::support::app::{Actor, Answer, App};
use axum::http::StatusCode;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::ids::RecordId;
use feedgate::domain::quarantine::{HeldRecord, State};
use feedgate::domain::record::Attributes;

async fn read(app: &App, id: &RecordId) -> HeldRecord {
    let found = app.store.find_held(&Scope::All, id).await.expect("a look");
    found.expect("a record")
}

/// The page of the record, opened to type JSON or in fields, and what stands in its text.
async fn typed(staff: &Actor<'_>, held: &HeldRecord, how: &str) -> (String, Option<String>) {
    let page = staff
        .get(&format!("/quarantine/{}?edit={how}", held.id))
        .await
        .body;
    let text = page.split("name=\"json\"").nth(1).map(|rest| {
        let rest = rest.split_once('>').expect("the end of a tag").1;
        let text = rest.split("</textarea>").next().unwrap_or_default();
        // A browser leaves the first line break out.
        let text = text.strip_prefix('\n').expect("a line break");
        text.replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    });
    (page, text)
}

async fn send(staff: &Actor<'_>, held: &HeldRecord, json: &str, then: &str) -> Answer {
    let fields = [
        ("id", held.id.as_str()),
        ("revision", "0"),
        ("json", json),
        ("reason", "typed it anew"),
        ("then", then),
    ];
    staff.post("/api/edit_record", &fields).await
}

#[tokio::test]
async fn a_record_is_mended_as_json_and_keeps_every_other_value() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let (_, text) = typed(&staff, &held, "json").await;
    let text = text.expect("a text");
    assert_eq!(Attributes::from_json(&text).as_ref(), Ok(&held.attributes));
    let mended = text.replace("\"4006381333932\"", "4006381333931");
    assert_ne!(mended, text);
    let saved = send(&staff, &held, &mended, "replay").await;
    assert_eq!(saved.location, Some(format!("/quarantine/{}", held.id)));
    let after = read(&app, &held.id).await;
    assert_eq!(after.state, State::Queued);
    let expected: Vec<(String, String)> = held.attributes.0.clone();
    let expected = expected.into_iter().map(|(name, value)| match &*name {
        "gtin" => (name, "4006381333931".to_owned()),
        _ => (name, value),
    });
    assert_eq!(after.current().0, expected.collect::<Vec<_>>());
    assert_eq!(after.attributes, held.attributes, "what was sent stays");
}

#[tokio::test]
async fn json_that_is_no_record_is_refused_with_its_place_and_comes_back_as_it_was_typed() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let broken = "{\n  \"id\": \"SKU2\"\n  \"title\": \"</textarea><script>x()</script>\"\n}";
    for then in ["", "replay", "check", "fields"] {
        // Another one each time, so that none is shown that was kept before.
        let broken = &*broken.replace("SKU2", &format!("SKU2 {then}"));
        let refused = send(&staff, &held, broken, then).await;
        assert_eq!(refused.status, StatusCode::FOUND, "{then}: {}", refused.body);
        let (page, text) = typed(&staff, &held, "1").await;
        assert_eq!(text.as_deref(), Some(broken), "{then}");
        assert!(
            page.contains("Line 3, column 3: expected `,` or `}`."),
            "{then}: {page}"
        );
        assert!(!page.contains("<script>x()"), "a value became a script");
    }
    let fields = [
        ("id", held.id.as_str()),
        ("revision", "0"),
        ("json", broken),
        ("reason", "x"),
    ];
    let refused = staff.call("edit_record", &fields).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.body
    );
    let nothing = send(&staff, &held, "{}", "").await;
    assert!(
        nothing.body.contains("A record has 1 to 500 attributes."),
        "{}",
        nothing.body
    );
    let after = read(&app, &held.id).await;
    assert!(after.state == State::Quarantined && after.revisions.is_empty());
}

#[tokio::test]
async fn what_is_typed_goes_with_whoever_would_rather_type_it_the_other_way() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let fields = editor(&held, "0", "title", "Tasse, blau", "a better title", "json");
    let to_json = staff.post("/api/edit_record", &borrowed(&fields)).await.location;
    assert_eq!(to_json, Some(format!("/quarantine/{}?edit=json", held.id)));
    let (page, text) = typed(&staff, &held, "json").await;
    let text = text.expect("a text");
    assert!(text.contains("\"title\": \"Tasse, blau\""), "{text}");
    assert!(page.contains("value=\"a better title\""), "the reason goes too");
    let other = text.replace("Tasse, blau", "Tasse, rot");
    let to_fields = send(&staff, &held, &other, "fields").await.location;
    assert_eq!(to_fields, Some(format!("/quarantine/{}?edit=1", held.id)));
    let (page, text) = typed(&staff, &held, "1").await;
    assert_eq!(text, None, "it is in fields now");
    assert!(page.contains("value=\"Tasse, rot\""), "{page}");
    assert_eq!(state(&app, &held.id).await, State::Quarantined);
}

#[tokio::test]
async fn a_price_that_was_right_is_changed_only_by_who_says_that_it_is_meant() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let price = held.attributes.get("price").expect("a price").to_owned();
    let fields = editor(&held, "0", "price", "0.01 EUR", "they called", "");
    let refused = staff.call("edit_record", &borrowed(&fields)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused
            .body
            .contains("You change price, of which no rule complains"),
        "{}",
        refused.body
    );
    assert!(read(&app, &held.id).await.revisions.is_empty());
    // The page that comes back asks, beside what was typed.
    let (page, _) = typed(&staff, &held, "1").await;
    assert!(
        page.contains("name=\"sure\"") && page.contains("value=\"0.01 EUR\""),
        "{page}"
    );
    // The same price in other words is no change, and what fails is there to be mended.
    let spaced = editor(&held, "0", "price", &format!(" {price} "), "spaces", "check");
    staff.post("/api/edit_record", &borrowed(&spaced)).await;
    assert!(!typed(&staff, &held, "1").await.0.contains("name=\"sure\""));

    let mut sure = fields;
    sure.push(("sure".to_owned(), "link".to_owned()));
    let refused = staff.call("edit_record", &borrowed(&sure)).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "that was another question"
    );
    sure.push(("sure".to_owned(), "price".to_owned()));
    sure.retain(|(name, value)| name != "sure" || value != "link");
    let saved = staff.call("edit_record", &borrowed(&sure)).await;
    assert!(saved.status.is_success(), "{}", saved.body);
    let after = read(&app, &held.id).await;
    assert_eq!(after.current().get("price"), Some("0.01 EUR"));
}

#[tokio::test]
async fn json_that_is_no_record_yet_never_covers_what_somebody_else_saved() {
    let app = App::start().await;
    let held = one_held(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let admin = app.sign_in(Role::Admin, None).await;
    let mine = held
        .attributes
        .to_json()
        .replace("4006381333932", "4006381333931");
    let broken = mine.trim_end_matches('}').to_owned();
    send(&staff, &held, &broken, "").await;
    let theirs = editor(&held, "0", "title", "A title of somebody else", "better", "");
    assert!(
        admin
            .call("edit_record", &borrowed(&theirs))
            .await
            .status
            .is_success()
    );

    let (page, text) = typed(&staff, &held, "json").await;
    assert_eq!(text.as_deref(), Some(&*broken));
    assert!(page.contains("name=\"revision\" value=\"0\""), "{page}");
    assert!(!page.contains("They changed no value"), "{page}");
    // Mended, it meets theirs, and both are on the page.
    send(&staff, &held, &mine, "").await;
    assert_eq!(read(&app, &held.id).await.revision(), 1);
    let (page, text) = typed(&staff, &held, "json").await;
    assert!(page.contains("Changed while you were editing"), "{page}");
    let merged = Attributes::from_json(&text.expect("a text")).expect("a record");
    assert_eq!(merged.get("title"), Some("A title of somebody else"));
    assert_eq!(merged.get("gtin"), Some("4006381333931"));
}
