//! A partner's report: what it says, against what was sent.

use crate::pipeline::bulk;
use crate::support::app::App;
use crate::support::files::{Files, a_record};
use crate::support::html::table;
use axum::http::StatusCode;
use chrono::TimeDelta;
use feedgate::domain::account::Role;
use feedgate::domain::bulk::{Action, Pace};
use feedgate::domain::issue::IssueId;

#[tokio::test]
async fn a_partner_reads_what_to_mend_first_and_takes_the_whole_list_along() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    app.partner("beta").await;
    let files = Files::new();
    // Yesterday's file has another fault, which today's has no more.
    app.clock.advance(TimeDelta::days(-1));
    let before = [a_record(1), a_record(2).with("price", ""), a_record(3)];
    app.take_in(&feed, &files.csv("a.csv", &before)).await;
    app.clock.advance(TimeDelta::days(1) - TimeDelta::minutes(30));
    let now = [
        a_record(1),
        a_record(2),
        a_record(3)
            .with("gtin", "1234")
            .with("title", "=HYPERLINK(\"http://evil\")"),
        a_record(4).with("gtin", "1235"),
        a_record(5).with("availability", "perhaps"),
        a_record(6),
        a_record(7),
    ];
    app.take_in(&feed, &files.csv("b.csv", &now)).await;
    app.clock.advance(TimeDelta::minutes(10));
    app.take_in(&feed, &files.bytes("c.csv", b"<!doctype html><p>gone"))
        .await;
    app.clock.advance(TimeDelta::minutes(20));

    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let home = partner.get("/").await.location.expect("its report");
    assert_eq!(home, "/partners/acme/report");
    let page = partner.get(&home).await.body;
    for told in [
        // 3 and 7 records, 1 and 3 of them held.
        "6 of 10 records passed in the last 30 days, 40.0 % rejected",
        "Needs attention",
        "GTIN_LENGTH",
        "What to do: ",
        "Files that could not be read",
        "an HTML page",
        "Fixed since the last file",
        "PRICE_MISSING",
        // 6 clean of 10 records, 2 of 3 files.
        "How the score of 40 is made up",
    ] {
        assert!(page.contains(told), "{told} is missing: {page}");
    }
    let gtin = page.find("href=\"/rules/GTIN_LENGTH\"").expect("the worst");
    let availability = page.find("href=\"/rules/AVAIL_ENUM\"").expect("the other");
    assert!(gtin < availability, "what gains most does not stand first");
    let days = table(&page, "When files came");
    assert_eq!(days.len(), 1, "{days:?}");
    for told in [
        "23 November: on time, 1 file",
        "24 November: on time, 2 files, 1 could not be read",
    ] {
        assert!(
            days[0].cells.iter().any(|cell| cell.contains(told)),
            "{told}: {days:?}"
        );
    }

    let of_month = partner.get("/partners/acme/report?month=2026-11").await.body;
    assert!(of_month.contains("passed in November 2026") && of_month.contains("30 November: to come"));
    let past = partner.get("/partners/acme/report?month=2026-10").await.body;
    assert!(past.contains("Nothing was received in October 2026.") && !past.contains("Needs attention"));
    for bad in ["?month=2026-13", "?month=2027-01", "?month=x"] {
        let answer = partner.get(&format!("/partners/acme/report{bad}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{bad}");
    }

    let list = partner
        .get("/export/failures.csv?feed=acme/main&code=GTIN_LENGTH")
        .await
        .body;
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let heads = reader.headers().expect("heads").clone();
    let rows: Vec<_> = reader.records().map(|row| row.expect("CSV")).collect();
    assert_eq!(rows.len(), 2, "{list}");
    let cell = |row: &csv::StringRecord, name: &str| {
        let place = heads.iter().position(|head| head == name).expect("a column");
        row[place].to_owned()
    };
    let evil = rows
        .iter()
        .find(|row| cell(row, "item_id") == "SKU3")
        .expect("the record");
    assert!(
        cell(evil, "title").starts_with("'="),
        "a formula gets through: {list}"
    );
    assert_eq!(
        (cell(evil, "value"), cell(evil, "line")),
        ("1234".to_owned(), "4".to_owned())
    );
    let issues = partner.get("/export/issues.csv?partner=acme").await.body;
    assert!(
        issues.contains("GTIN_LENGTH") && issues.contains("AVAIL_ENUM"),
        "{issues}"
    );
    for file in ["failures", "issues"] {
        let foreign = app.sign_in(Role::Partner, Some("beta")).await;
        let answer = foreign.get(&format!("/export/{file}.csv?partner=acme")).await;
        assert_eq!(answer.body.lines().count(), 1, "{file}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_partner_asks_for_a_recheck_staff_see_that_until_it_is_done_and_the_partner_what_came_of_it() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let files = Files::new();
    let sent = [
        a_record(1).with("gtin", "9876"),
        a_record(2).with("gtin", "1234"),
        a_record(3),
    ];
    app.take_in(&feed, &files.csv("a.csv", &sent)).await;
    let issue = IssueId::held(&feed.id, "GTIN_LENGTH");
    let page = format!("/issues/{issue}");
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    assert!(partner.get(&page).await.body.contains("I fixed it"));
    let asked = partner.post("/api/ask_recheck", &[("id", issue.as_str())]).await;
    assert!(asked.location.is_some_and(|to| to.starts_with(&page)));
    let again = partner.call("ask_recheck", &[("id", issue.as_str())]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let seen = partner.get(&page).await.body;
    assert!(
        seen.contains("wait to be checked again") && !seen.contains("I fixed it"),
        "{seen}"
    );
    let staff = app.sign_in(Role::Staff, None).await;
    let board = staff.get("/issues?q=recheck%20asked").await.body;
    assert!(board.contains(issue.as_str()), "{board}");
    let seen = staff.get(&page).await.body;
    assert!(
        seen.contains("Asked for 2 held records to be checked again"),
        "{seen}"
    );

    // Staff mend one of the two, and have both checked again.
    let held = bulk::records(&app).await;
    app.mend(&held[0], "gtin", "4006381333931").await;
    bulk::plan(&app, &feed, "again", Action::Replay).await;
    bulk::start(&app, "again", Pace::default()).await;
    app.work().await;
    app.work().await;
    let seen = partner.get(&page).await.body;
    assert!(
        seen.contains("Checked again: 1 of 2 records no longer wait, 1 still fails."),
        "{seen}"
    );
    assert!(
        seen.contains("I fixed it") && !seen.contains("wait to be checked again, as"),
        "{seen}"
    );
    let board = staff.get("/issues?q=recheck%20asked").await.body;
    assert!(!board.contains(issue.as_str()), "{board}");

    // Of a single one it is told when no other waits.
    partner.post("/api/ask_recheck", &[("id", issue.as_str())]).await;
    app.mend(&held[1], "gtin", "4006381333931").await;
    let one = [("id", held[1].id.as_str())];
    assert!(staff.post("/api/replay_record", &one).await.location.is_some());
    app.work().await;
    let seen = partner.get(&page).await.body;
    assert!(
        seen.contains("Checked again: no record of this issue waits any more."),
        "{seen}"
    );
}
