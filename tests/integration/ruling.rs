//! A held delivery as people see it and rule on it, in a browser without a script.

use crate::support::app::App;
use crate::support::files::{ARecord, Files, a_record};
use axum::http::StatusCode;
use chrono::TimeDelta;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::delivery::{Delivery, Status};
use feedgate::domain::feed::Feed;
use feedgate::domain::hold::Stage;
use feedgate::domain::ids::DeliveryId;
use feedgate::server::pipeline::hold;

const RULE: &str = "/api/rule_on_delivery";

/// A catalogue of 100, and the day after a file of half of it, which a gate holds.
async fn halved(app: &App) -> (Feed, DeliveryId) {
    let (feed, id, _) = halved_file(app).await;
    (feed, id)
}

/// The same, with the bytes of the half.
async fn halved_file(app: &App) -> (Feed, DeliveryId, Vec<u8>) {
    let files = Files::new();
    let feed = app.partner("acme").await;
    let records: Vec<ARecord> = (1..=100).map(a_record).collect();
    app.take_in(&feed, &files.csv("a.csv", &records)).await;
    app.clock.advance(TimeDelta::days(1));
    let half = files.csv("b.csv", &records[..50]);
    let done = app.take_in(&feed, &half).await;
    let bytes = std::fs::read(&half).expect("the half");
    (feed, done.delivery, bytes)
}

/// Keeps the file of a delivery, as the intake does.
async fn keep(app: &App, feed: &Feed, id: &DeliveryId, bytes: &[u8]) {
    let now = app.clock.now();
    let begun = app.store.begin_file(id, &feed.id, "b.csv", now).await;
    let mut receiving = begun.expect("a beginning");
    receiving.write(bytes, now).await.expect("written");
    let ended = receiving.end(now).await.expect("an end");
    app.store.keep_file(ended).await.expect("kept");
}

async fn logged(app: &App, id: &DeliveryId) -> Delivery {
    let found = app.store.find_delivery(&Scope::All, id).await.expect("a look");
    found.expect("logged").0
}

#[tokio::test]
async fn a_held_delivery_says_why_with_the_numbers_of_then_and_now_side_by_side() {
    let app = App::start().await;
    let (_, id) = halved(&app).await;
    let page = app
        .sign_in(Role::Manager, None)
        .await
        .get(&format!("/deliveries/{id}"))
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body
            .contains("The file names 50 products where 100 were expected"),
        "{}",
        page.body
    );
    let cells = "<td>products</td><td class=\"num\">100</td><td class=\"num\"><strong>50</strong></td>";
    let plain = page.body.replace("<!>", "").replace("<!---->", "");
    assert!(plain.contains(cells), "{plain}");
    assert!(!page.body.contains(RULE), "a manager reads and does not rule");
}

#[tokio::test]
async fn staff_refuse_a_held_delivery_on_its_page_and_the_log_says_who_and_why() {
    let app = App::start().await;
    let (feed, id) = halved(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let path = format!("/deliveries/{id}");
    assert!(staff.get(&path).await.body.contains(RULE), "the page offers it");
    app.clock.advance(TimeDelta::hours(3));
    let why = "the export broke off";
    let form = [("id", id.as_str()), ("ruling", "refuse"), ("reason", why)];
    let answer = staff.post(RULE, &form).await;
    assert_eq!(
        (answer.status, answer.location.as_deref()),
        (StatusCode::FOUND, Some(path.as_str()))
    );
    let delivery = logged(&app, &id).await;
    assert_eq!(delivery.status, Status::Refused);
    assert_eq!(delivery.hold.map(|hold| hold.stage), Some(Stage::Refused));
    let page = staff.get(&path).await;
    assert!(
        page.body.contains(why) && page.body.contains("staff of all"),
        "{}",
        page.body
    );
    assert!(!page.body.contains(RULE), "there is nothing left to rule on");
    let deeds = app.store.list_deeds(&Scope::All, &format!("delivery:{id}")).await;
    let deeds = deeds.expect("a list");
    assert_eq!(
        (deeds[0].action.as_str(), deeds[0].actor_name.as_str()),
        ("delivery.refuse", "staff of all")
    );
    let story = staff.get(&format!("/feeds/{}", feed.id)).await;
    assert!(
        story
            .body
            .contains("staff of all refused it after 3 h: “the export broke off”."),
        "{}",
        story.body
    );
    let again = staff.call("rule_on_delivery", &form).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(
        again.body.contains("refused already, by staff of all"),
        "{}",
        again.body
    );
}

#[tokio::test]
async fn a_ruling_without_a_reason_changes_nothing() {
    let app = App::start().await;
    let (_, id) = halved(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let form = [("id", id.as_str()), ("ruling", "refuse"), ("reason", " x ")];
    let answer = staff.call("rule_on_delivery", &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("Say why"), "{}", answer.body);
    assert_eq!(logged(&app, &id).await.status, Status::Held);
}

#[tokio::test]
async fn a_delivery_refused_by_people_is_the_last_word_on_its_feed() {
    let app = App::start().await;
    let (feed, id) = halved(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let form = [
        ("id", id.as_str()),
        ("ruling", "refuse"),
        ("reason", "the export broke off"),
    ];
    staff.post(RULE, &form).await;
    let state = app.store.find_feed(&Scope::All, &feed.id).await.expect("a look");
    let last = state.expect("a feed").last.map(|(_, status)| status);
    assert_eq!(last, Some(Status::Refused), "not held any more");
}

#[tokio::test]
async fn staff_release_a_held_delivery_and_a_worker_takes_it_in() {
    let app = App::start().await;
    let (feed, id, bytes) = halved_file(&app).await;
    keep(&app, &feed, &id, &bytes).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let path = format!("/deliveries/{id}");
    let form = [
        ("id", id.as_str()),
        ("ruling", "release"),
        ("reason", "the range was halved on purpose"),
    ];
    let answer = staff.post(RULE, &form).await;
    assert_eq!(answer.location.as_deref(), Some(path.as_str()));
    let waiting = staff.get(&path).await;
    assert!(
        waiting.body.contains("a worker is about to take this file in"),
        "{}",
        waiting.body
    );
    assert_eq!(
        app.store
            .count_items(&Scope::All, &feed.id)
            .await
            .expect("a count"),
        100
    );
    assert_eq!(
        staff.call("rule_on_delivery", &form).await.status,
        StatusCode::CONFLICT
    );
    app.work().await;
    let delivery = logged(&app, &id).await;
    assert_eq!(delivery.status, Status::Accepted);
    assert_eq!((delivery.counts.unchanged, delivery.counts.withdrawn), (50, 50));
    assert_eq!(
        app.store
            .count_items(&Scope::All, &feed.id)
            .await
            .expect("a count"),
        50
    );
    let page = staff.get(&path).await;
    assert!(
        page.body
            .contains("50 products that the file does not name withdrawn"),
        "{}",
        page.body
    );
    let story = staff.get(&format!("/feeds/{}", feed.id)).await;
    assert!(story.body.contains("staff of all released it"), "{}", story.body);
}

#[tokio::test]
async fn a_release_that_a_worker_begins_twice_takes_effect_once() {
    let app = App::start().await;
    let (feed, id, bytes) = halved_file(&app).await;
    keep(&app, &feed, &id, &bytes).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let form = [
        ("id", id.as_str()),
        ("ruling", "release"),
        ("reason", "on purpose"),
    ];
    staff.post(RULE, &form).await;
    let files = Files::new();
    let half = files.bytes("b.csv", &bytes);
    for is_to_do in [true, false] {
        let released = hold::find_released(&app.store, &id).await.expect("a look");
        assert_eq!(released.is_some(), is_to_do);
        if let Some(released) = released {
            let taken = hold::take_released(&app.ingest(), released, &half).await;
            taken.expect("taken in");
        }
    }
    app.work().await;
    assert_eq!(logged(&app, &id).await.counts.withdrawn, 50);
    assert_eq!(
        app.store
            .count_withdrawn(&Scope::All, &feed.id)
            .await
            .expect("a count"),
        50
    );
}

#[tokio::test]
async fn a_file_that_is_not_kept_cannot_be_released_on_the_page_which_says_how_it_can() {
    let app = App::start().await;
    let (_, id) = halved(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get(&format!("/deliveries/{id}")).await;
    let command = format!("feedgate delivery release {id} FILE");
    assert!(page.body.contains(&command), "{}", page.body);
    assert!(!page.body.contains("value=\"release\""), "{}", page.body);
    let form = [
        ("id", id.as_str()),
        ("ruling", "release"),
        ("reason", "on purpose"),
    ];
    let answer = staff.call("rule_on_delivery", &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("not kept here"), "{}", answer.body);
    assert_eq!(logged(&app, &id).await.status, Status::Held);
}
