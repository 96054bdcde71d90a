//! What happened to feeds and their files is marked in the charts, listed below them, and leads to
//! its object; each sees only its own.

use crate::support::app::App;
use crate::support::dom::Dom;
use crate::support::files::{ARecord, Files, a_record};
use chrono::TimeDelta;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::query::QuarantineFilter;

/// What is listed below the charts, and where each line leads.
fn listed(page: &str) -> Vec<(String, String)> {
    let dom = Dom::read(page);
    let entries = dom.find("#happenings li");
    let links = dom.find("#happenings li a");
    let second = links.iter().skip(1).step_by(2);
    entries
        .iter()
        .zip(second)
        .map(|(entry, link)| {
            let href = dom.0[*link].attribute("href").unwrap_or_default();
            (dom.text(*entry), href.to_owned())
        })
        .collect()
}

/// Where the marks of a chart lead.
fn marked(page: &str, chart: &str) -> Vec<String> {
    let dom = Dom::read(page);
    let marks = dom.find(&format!("#{chart} .plot a.event"));
    let href = |mark: &usize| dom.0[*mark].attribute("href").unwrap_or_default().to_owned();
    marks.iter().map(href).collect()
}

#[tokio::test]
async fn replays_contracts_holds_and_releases_are_marked_listed_and_lead_to_their_objects() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    app.partner("bolt").await;
    let staff = app.sign_in(Role::Staff, None).await;
    let records: Vec<ARecord> = (1..=100)
        .map(|n| match n {
            7 => a_record(n).with("gtin", "4006381333932"),
            _ => a_record(n),
        })
        .collect();
    app.take_in(&feed, &files.csv("a.csv", &records)).await;
    let page = staff.get("/?range=7d").await.body;
    assert!(!page.contains("Marked in the charts"), "nothing has happened yet");

    app.clock.advance(TimeDelta::hours(20));
    let amended = [
        ("feed", "acme/main"),
        ("version", "1"),
        ("wish[code]", "TITLE_CAPS"),
        ("wish[level]", "off"),
        ("wish[reason]", "a <b>shouting</b> shop"),
    ];
    staff.post("/api/amend_contract", &amended).await;

    app.clock.advance(TimeDelta::hours(20));
    let held = app
        .store
        .list_held(&Scope::All, &QuarantineFilter::default(), "", 1)
        .await;
    let record = held.expect("a list").rows.remove(0).id.to_string();
    staff.post("/api/replay_record", &[("id", &record)]).await;
    app.work().await;

    app.clock.advance(TimeDelta::hours(20));
    let half = app
        .take_in(&feed, &files.csv("b.csv", &records[..40]))
        .await
        .delivery
        .to_string();
    app.clock.advance(TimeDelta::hours(20));
    // A session ends when it has rested for a day.
    let staff = app.sign_in(Role::Staff, None).await;
    let refusal = [
        ("id", half.as_str()),
        ("ruling", "refuse"),
        ("reason", "they will send it whole"),
    ];
    staff.post("/api/rule_on_delivery", &refusal).await;
    app.clock.advance(TimeDelta::minutes(5));

    for path in ["/?range=7d", "/partners/acme?range=7d"] {
        let page = staff.get(path).await.body;
        assert!(
            page.replace("<!>", "").contains(
                "Marked in the charts: 1 replay, 1 change of a contract, 1 file held, 1 held file refused"
            ),
            "{path}: {page}"
        );
        let lines = listed(&page);
        let said: Vec<&str> = lines.iter().map(|(said, _)| said.as_str()).collect();
        assert_eq!(lines.len(), 4, "{said:?}");
        assert!(
            said[0].ends_with("a held file was refused: they will send it whole"),
            "{said:?}"
        );
        assert!(said[1].ends_with("a file was held, FILE_DROP"), "{said:?}");
        assert!(said[2].contains("replay of 1 record, 0 passed"), "{said:?}");
        assert!(
            said[3].ends_with("contract version 2: a <b>shouting</b> shop"),
            "{said:?}"
        );
        let delivery = format!("/deliveries/{half}");
        assert_eq!((&lines[0].1, &lines[1].1), (&delivery, &delivery));
        assert_eq!(lines[3].1, "/feeds/acme/main/contract");
        assert_eq!(staff.get(&lines[2].1).await.status, 200, "the replay's own entry");
        // From left to right in each of the charts, and they lead where the list does.
        let mut hrefs: Vec<String> = lines.into_iter().map(|(_, href)| href).collect();
        hrefs.reverse();
        for chart in ["volume", "rejection", "latency"] {
            assert_eq!(marked(&page, chart), hrefs, "{path} {chart}");
        }
        assert!(!page.contains("<b>shouting"), "a reason is text");
    }
    // Another time has none, and neither has another partner.
    let before = "/?range=2026-11-01..2026-11-08";
    let other = app.sign_in(Role::Partner, Some("bolt")).await;
    for page in [
        staff.get(before).await.body,
        staff.get("/partners/bolt?range=7d").await.body,
        other.get("/partners/bolt?range=7d").await.body,
    ] {
        assert!(listed(&page).is_empty() && marked(&page, "volume").is_empty());
    }
    let own = app.sign_in(Role::Partner, Some("acme")).await;
    assert_eq!(listed(&own.get("/partners/acme?range=7d").await.body).len(), 4);
}
