//! What pages answer (reasons, exports, the heat map, and all of it as files), against the log.

use crate::support::app::App;
use crate::support::html::{count, table};
use crate::support::log::entry;
use chrono::TimeDelta;
use feedgate::domain::account::Role;
use feedgate::domain::delivery::{Delivery, Direction, Status};

/// Two partners, an entry every three hours for six days each; a third of one's records fail, a
/// tenth of the other's, and one of them sends nothing on the last days but one.
async fn with_two_partners(app: &App) -> Vec<Delivery> {
    let now = app.clock.now();
    let mut entries = Vec::new();
    for (slug, share) in [("acme", 3), ("bolt", 10)] {
        let feed = app.partner(slug).await;
        for n in 0..48i64 {
            let received = 100 + n.unsigned_abs();
            if slug == "bolt" && (8..24).contains(&n) {
                continue;
            }
            let at = now - TimeDelta::hours(3 * n) - TimeDelta::minutes(10);
            entries.push(entry(
                &feed,
                &format!("{slug}{n:03}"),
                at,
                received,
                received / share,
            ));
        }
        let sent = |n: i64, status| Delivery {
            direction: Direction::Export,
            status,
            ..entry(&feed, &format!("{slug}-out{n}"), now - TimeDelta::hours(n), 50, 0)
        };
        entries.extend([
            sent(1, Status::Accepted),
            sent(2, Status::Refused),
            sent(3, Status::Queued),
        ]);
    }
    app.store.insert_deliveries(&entries).await.expect("entries");
    entries
}

fn failed(entries: &[Delivery], wanted: impl Fn(&Delivery) -> bool) -> u64 {
    let ingested = entries
        .iter()
        .filter(|e| e.direction == Direction::Ingest && wanted(e));
    ingested.map(|e| e.counts.quarantined).sum()
}

#[tokio::test]
async fn a_reason_counts_what_the_log_counts_and_opens_into_its_deliveries() {
    let app = App::start().await;
    let entries = with_two_partners(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let all = failed(&entries, |_| true);
    let acme = failed(&entries, |e| e.partner.as_str() == "acme");
    for (path, expected) in [
        ("/reasons", all),
        ("/reasons?partner=acme", acme),
        ("/reasons?feed=acme/main", acme),
    ] {
        let page = staff.get(path).await;
        let rows = table(&page.body, "Reasons");
        assert_eq!(rows.len(), 1, "{path}");
        assert_eq!(count(&rows[0].cells[1]), expected, "{path}");
    }
    // A partner sees its own alone.
    let bolt = app.sign_in(Role::Partner, Some("bolt")).await;
    let rows = table(&bolt.get("/reasons").await.body, "Reasons");
    assert_eq!(count(&rows[0].cells[1]), all - acme);
    assert!(!rows[0].cells[4].contains("acme"), "{:?}", rows[0].cells);

    let day = "/reasons?range=24h&partner=bolt";
    let page = staff.get(day).await.body;
    let (link, _) = page.split_once("&amp;code=GTIN_CHECK&amp;range").expect("a link");
    let (_, link) = link.rsplit_once("href=\"").expect("its address");
    let (_, rest) = page
        .split_once(&format!("{link}&amp;code=GTIN_CHECK&amp;range"))
        .expect("the rest");
    let rest = rest.split('"').next().expect("its end");
    let href = format!("{link}&code=GTIN_CHECK&range{rest}").replace("&amp;", "&");
    let listed = table(&staff.get(&href).await.body, "Deliveries");
    let quarantined: u64 = listed.iter().map(|row| count(&row.cells[8])).sum();
    let shown = table(&page, "Reasons");
    assert_eq!(quarantined, count(&shown[0].cells[1]), "{href}");
}

#[tokio::test]
async fn exports_are_told_by_how_they_ended() {
    let app = App::start().await;
    with_two_partners(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let rows = table(&staff.get("/exports?range=24h").await.body, "Exports");
    assert_eq!(rows.len(), 2);
    for row in &rows {
        assert_eq!(row.cells[2..6], ["1", "1", "1", "50"], "{:?}", row.cells);
    }
    let bolt = app.sign_in(Role::Partner, Some("bolt")).await;
    assert_eq!(table(&bolt.get("/exports").await.body, "Exports").len(), 1);
}

#[tokio::test]
async fn the_heat_map_is_empty_where_nothing_came_and_says_which_files_are_missing() {
    let app = App::start().await;
    let entries = with_two_partners(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    let range = "range=2026-11-20..2026-11-24&tz=UTC";
    let rejected = table(&staff.get(&format!("/heat?{range}")).await.body, "Heat map");
    assert_eq!(rejected.len(), 2);
    for row in &rejected {
        for cell in &row.cells[1..] {
            assert!(
                ["33", "9.", "10", ""].iter().any(|share| cell.starts_with(share)),
                "{:?}",
                row.cells
            );
        }
    }
    // Bolt sent nothing for two days, and so has empty cells, not zeros.
    assert!(
        rejected[1].cells[1..].iter().any(String::is_empty),
        "{:?}",
        rejected[1].cells
    );
    assert!(!rejected[1].cells[1..].iter().any(|cell| cell == "0"));
    let missing = table(
        &staff
            .get("/heat?show=missing&range=2026-11-10..2026-11-24")
            .await
            .body,
        "Heat map",
    );
    let came = |day: u32| {
        let of = |e: &&Delivery| e.partner.as_str() == "bolt" && e.direction == Direction::Ingest;
        entries
            .iter()
            .filter(of)
            .any(|e| chrono::Datelike::day(&e.received_at) == day)
    };
    for (i, cell) in missing[1].cells[1..].iter().enumerate() {
        let day = 10 + u32::try_from(i).expect("a day");
        assert_eq!(cell, if came(day) { "0" } else { "100" }, "{day} November");
    }
}

#[tokio::test]
async fn every_table_and_chart_is_to_be_had_as_a_file_by_those_who_may_see_it() {
    let app = App::start().await;
    let entries = with_two_partners(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    for (file, begins) in [
        ("volume.csv?range=7d", "Time,Received,"),
        ("rejection.csv?range=7d&partner=acme", "Time,Rejected,"),
        ("latency.csv?compare=previous", "Time,p50,"),
        ("partners.csv", "partner,name,health,"),
        ("reasons.csv", "code,severity,"),
        ("exports.csv", "feed,partner,"),
        ("heat.csv", "partner,name,"),
        ("deliveries.csv?range=7d", "id,received_at,"),
        ("volume.svg?range=7d", "<svg xmlns="),
        ("latency.svg?partner=acme", "<svg xmlns="),
        ("heat.svg?show=missing", "<svg xmlns="),
        ("volume.png?range=7d", "\u{fffd}PNG"),
        ("rejection.png?partner=bolt", "\u{fffd}PNG"),
        ("heat.png", "\u{fffd}PNG"),
        ("feeds.csv?partner=acme", "feed,direction,health,"),
        ("quarantine.csv", "id,partner,"),
        ("codes.csv?delivery=acme000", "code,severity,"),
    ] {
        let answer = staff.get(&format!("/export/{file}")).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(answer.body.starts_with(begins), "{file}: {}", answer.body);
    }
    let volume = staff.get("/export/volume.csv?range=7d").await.body;
    let mut reader = csv::Reader::from_reader(volume.as_bytes());
    let rows = reader.records().map(|row| row.expect("CSV"));
    let sum: u64 = rows.map(|row| count(&row[1])).sum();
    let received = entries.iter().filter(|e| e.direction == Direction::Ingest);
    assert_eq!(sum, received.map(|e| e.counts.received).sum::<u64>());
    let list = staff.get("/export/deliveries.csv").await.body;
    assert_eq!(list.lines().count(), entries.len() + 1);

    let acme = app.sign_in(Role::Partner, Some("acme")).await;
    for (file, status) in [
        ("volume.csv", 404),
        ("volume.csv?partner=bolt", 404),
        ("volume.csv?partner=acme", 200),
        ("partners.csv", 404),
        ("heat.csv", 404),
        ("heat.png", 404),
        ("volume.png", 404),
        ("volume.png?partner=acme", 200),
        ("volume.exe?partner=acme", 404),
        ("deliveries.png", 404),
        ("feeds.csv?partner=acme", 200),
        ("feeds.csv?partner=bolt", 404),
        ("codes.csv?delivery=acme000", 200),
        ("codes.csv?delivery=bolt000", 404),
        ("nothing.csv", 404),
        ("nothing", 404),
    ] {
        assert_eq!(
            acme.get(&format!("/export/{file}")).await.status,
            status,
            "{file}"
        );
    }
    for file in ["reasons.csv", "exports.csv", "deliveries.csv"] {
        let own = acme.get(&format!("/export/{file}")).await.body;
        assert!(own.contains("acme") && !own.contains("bolt"), "{file}: {own}");
    }
    assert_eq!(app.anonymous().get("/export/reasons.csv").await.status, 401);
}
