//! Where the gates of a feed stand, as people set it: on its page, with a reason, and with effect on
//! the next file.

use crate::support::app::{Actor, Answer, App};
use crate::support::files::{ARecord, Files, a_record};
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::gate::Gates;
use feedgate::domain::ids::FeedId;
use feedgate::domain::report::Verdict;

const PAGE: &str = "/feeds/acme/main/gates";

/// Where they stand unless somebody sets them, as the form sends it.
const SEEN: &str = "80-90-60-25-30-30-20-10-3-20";

async fn set(staff: &Actor<'_>, seen: &str, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("feed", "acme/main"), ("seen", seen)];
    all.extend_from_slice(fields);
    staff.call("set_gates", &all).await
}

async fn gates(app: &App) -> Gates {
    let found = app.store.find_feed(&Scope::All, &FeedId::new("acme/main")).await;
    found.expect("a database").expect("a feed").feed.gates
}

fn records(count: u32) -> Vec<ARecord> {
    (1..=count).map(a_record).collect()
}

#[tokio::test]
async fn a_limit_that_is_lowered_lets_the_next_file_through_and_the_page_says_who_and_why() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    for (name, count) in [("a.csv", 40), ("b.csv", 39)] {
        app.take_in(&feed, &files.csv(name, &records(count))).await;
        app.clock.advance(chrono::TimeDelta::hours(1));
    }
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get(PAGE).await;
    for part in [
        "The last file: 97 % of those expected",
        "Nobody has set them yet.",
        SEEN,
    ] {
        assert!(page.body.contains(part), "no “{part}” in {}", page.body);
    }
    let fields = [
        ("limits[drop_hold]", "40"),
        ("limits[drop_warn]", "90"),
        ("reason", "the range is halved in spring"),
    ];
    let answer = set(&staff, SEEN, &fields).await;
    assert!(answer.status.is_success(), "{answer:?}");
    assert_eq!(
        gates(&app).await,
        Gates {
            drop_hold: 40,
            ..Gates::default()
        }
    );
    let feed = app
        .store
        .find_feed(&Scope::All, &feed.id)
        .await
        .expect("a database")
        .expect("a feed")
        .feed;
    let half = app.take_in(&feed, &files.csv("c.csv", &records(20))).await;
    assert_eq!(half.report.file.verdict, Verdict::Accepted);
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let page = partner.get(PAGE).await;
    for part in [
        "drop_hold 80 → 40",
        "the range is halved in spring",
        "staff of all",
        "1 limit set otherwise",
    ] {
        assert!(page.body.contains(part), "no “{part}” in {}", page.body);
    }
    assert!(!page.body.contains("Put them in force"), "a partner reads only");
}

#[tokio::test]
async fn limits_that_make_no_sense_are_refused_and_change_nothing() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let why = ("reason", "because");
    for (seen, fields, status, part) in [
        (
            SEEN,
            vec![("limits[drop_hold]", "101"), why],
            422,
            "from 0 to 100",
        ),
        (
            SEEN,
            vec![("limits[drop_hold]", "95"), why],
            422,
            "drop_warn (90)",
        ),
        (
            SEEN,
            vec![("limits[errors_hold]", "lots"), why],
            422,
            "no whole number",
        ),
        (SEEN, vec![("limits[drop]", "50"), why], 422, "no limit"),
        (SEEN, vec![("limits[drop_hold]", "80"), why], 422, "already"),
        (SEEN, vec![("limits[drop_hold]", "70")], 422, "Say why"),
        ("1-2-3", vec![("limits[drop_hold]", "70"), why], 409, "meanwhile"),
    ] {
        let answer = set(&staff, seen, &fields).await;
        assert_eq!(answer.status.as_u16(), status, "{part}: {}", answer.body);
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert_eq!(gates(&app).await, Gates::default());
    let deeds = app
        .store
        .list_deeds(&Scope::All, "feed:acme/main")
        .await
        .expect("a list");
    assert!(deeds.is_empty());
}

#[tokio::test]
async fn of_two_who_set_them_at_once_one_is_told() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let fields = |value| [("limits[churn]", value), ("reason", "because")];
    let (low, high) = (fields("10"), fields("50"));
    let (first, second) = tokio::join!(set(&staff, SEEN, &low), set(&staff, SEEN, &high));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{first:?} {second:?}");
}

#[tokio::test]
async fn limits_that_are_refused_come_back_as_they_were_typed_with_the_fault_beside_the_field() {
    let app = App::start().await;
    app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let fields = [
        ("feed", "acme/main"),
        ("seen", SEEN),
        ("limits[drop_hold]", "40"),
        ("limits[churn]", "101"),
        ("reason", "half & \"half\" in spring"),
    ];
    let answer = staff.post("/api/set_gates", &fields).await;
    assert_eq!(answer.status.as_u16(), 302);
    let back = answer.location.expect("a way back");
    assert!(back.starts_with("/feeds/acme/main/gates?"), "{back}");
    let page = staff.get(&back).await.body;
    let fault = page
        .split("id=\"churn-error\"")
        .nth(1)
        .expect("a place for the fault");
    assert!(
        fault
            .split("</p>")
            .next()
            .is_some_and(|p| p.contains("from 0 to 100")),
        "{page}"
    );
    for typed in [
        "value=\"40\"",
        "value=\"101\"",
        "half &amp; &quot;half&quot; in spring",
    ] {
        assert!(page.contains(typed), "no {typed} in {page}");
    }
    assert_eq!(gates(&app).await, Gates::default());
}
