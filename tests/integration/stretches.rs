//! Pages about a stretch of time say what the log says, on any clock, and make something sensible
//! of whatever is asked for.

use crate::support::app::{Actor, App};
use crate::support::html::{count, table, tile};
use crate::support::log::entry;
use chrono::{DateTime, TimeDelta, Utc};
use feedgate::domain::account::Role;
use feedgate::domain::delivery::Delivery;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
}

/// A file every 50 minutes over the days around the end of summer time in Europe.
async fn with_an_autumn(app: &App) -> Vec<Delivery> {
    let feed = app.partner("acme").await;
    let entries: Vec<_> = (0..400u32)
        .map(|n| {
            let received = u64::from(n) * 7 % 100 + 10;
            let at = at("2026-10-19T00:00:00Z") + TimeDelta::minutes(i64::from(n) * 50);
            entry(&feed, &format!("d{n:04}"), at, received, received / 9)
        })
        .collect();
    app.store.insert_deliveries(&entries).await.expect("entries");
    entries
}

fn received(entries: &[Delivery], from: &str, until: &str) -> u64 {
    let within = entries
        .iter()
        .filter(|e| (at(from)..at(until)).contains(&e.received_at));
    within.map(|e| e.counts.received).sum()
}

#[tokio::test]
async fn days_with_23_and_25_hours_add_up_and_open_into_their_deliveries() {
    let app = App::start().await;
    let entries = with_an_autumn(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    for (zone, bounds) in [
        (
            "Europe/Berlin",
            [
                "2026-10-23T22:00:00Z",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
                "2026-10-26T23:00:00Z",
            ],
        ),
        (
            "Asia/Kolkata",
            [
                "2026-10-23T18:30:00Z",
                "2026-10-24T18:30:00Z",
                "2026-10-25T18:30:00Z",
                "2026-10-26T18:30:00Z",
            ],
        ),
        (
            "",
            [
                "2026-10-24T00:00:00Z",
                "2026-10-25T00:00:00Z",
                "2026-10-26T00:00:00Z",
                "2026-10-27T00:00:00Z",
            ],
        ),
    ] {
        for path in ["/", "/partners/acme"] {
            let page = staff
                .get(&format!(
                    "{path}?range=2026-10-20..2026-10-30&tz={zone}&table=volume"
                ))
                .await;
            let rows = table(&page.body, "Records received");
            assert_eq!(rows.len(), 10, "{zone}");
            // The newest first: the 24th is the fifth of ten.
            for (i, day) in bounds.windows(2).enumerate() {
                let row = &rows[5 - i];
                let expected = received(&entries, day[0], day[1]);
                assert_eq!(count(&row.cells[1]), expected, "{zone} {:?}", row.cells);
                let list = staff.get(&row.href).await;
                let listed = table(&list.body, "Deliveries");
                let column = table_sum(&listed, expected);
                assert_eq!(column, expected, "{} lists what its bar says", row.href);
            }
            let sum: u64 = rows.iter().map(|row| count(&row.cells[1])).sum();
            assert_eq!(count(&tile(&page.body, "Records received")), sum, "{zone}");
        }
    }
}

/// What a column of the list adds up to: the one that gives the expected sum, or the last.
fn table_sum(rows: &[crate::support::html::Row], expected: u64) -> u64 {
    let columns = rows.first().map_or(0, |row| row.cells.len());
    let sum = |i: usize| -> u64 {
        rows.iter()
            .filter_map(|row| row.cells[i].replace(',', "").parse::<u64>().ok())
            .sum()
    };
    (0..columns).map(sum).find(|sum| *sum == expected).unwrap_or(0)
}

#[tokio::test]
async fn whatever_is_asked_for_is_answered_and_said() {
    let app = App::start().await;
    with_an_autumn(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    for (query, words) in [
        ("range=2026-11-08..2026-11-01", "changed places"),
        ("range=1999-01-01..2026-11-01", "its last 2000 are the most"),
        ("range=2031-01-01..2031-02-01", "still to come"),
        ("range=2026-11-01..", "without an end"),
        ("range=next+tuesday", "“next tuesday” is no stretch of time"),
        ("range=7d&tz=Mars/Olympus", "“Mars/Olympus” is no time zone"),
    ] {
        for path in ["/", "/partners/acme", "/deliveries"] {
            let page = staff.get(&format!("{path}?{query}")).await;
            assert_eq!(page.status, 200, "{path}?{query}");
            assert!(page.body.contains(words), "{path}?{query}: {}", page.body);
        }
    }
}

#[tokio::test]
async fn a_fixed_link_shows_the_same_for_ever() {
    let app = App::start().await;
    with_an_autumn(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    app.clock.advance(TimeDelta::days(-28));
    let page = staff.get("/?range=last-week&tz=America/New_York").await;
    let (link, _) = page.body.split_once("\" data-copy").expect("a fixed link");
    let href = link
        .rsplit("href=\"")
        .next()
        .expect("its address")
        .replace("&amp;", "&");
    assert_eq!(
        href,
        "/?tz=America/New_York&range=2026-10-19T04:00Z..2026-10-26T04:00Z"
    );
    let received = tile(&page.body, "Records received");
    assert_ne!(received, "0");
    app.clock.advance(TimeDelta::days(28));
    assert_eq!(tile(&staff.get(&href).await.body, "Records received"), received);
}

#[tokio::test]
async fn a_year_of_days_on_any_clock_is_exact_and_follows_what_comes_late() {
    let app = App::start().await;
    let mut entries = with_an_autumn(&app).await;
    let feed = app.partner("acme").await;
    let staff = app.sign_in(Role::Staff, None).await;
    // The 25th of October: 25 hours where clocks are put back in its night.
    let zones = [
        ("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ("America/New_York", "2026-10-25T04:00:00Z", "2026-10-26T04:00:00Z"),
        ("Asia/Kathmandu", "2026-10-24T18:15:00Z", "2026-10-25T18:15:00Z"),
        (
            "Pacific/Kiritimati",
            "2026-10-24T10:00:00Z",
            "2026-10-25T10:00:00Z",
        ),
        ("Europe/London", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"),
    ];
    let late = [
        ("now", "2026-11-24T08:59:00Z"),
        ("long ago", "2026-03-29T00:30:00Z"),
        (
            "in the night in which clocks are put back",
            "2026-10-25T01:30:00Z",
        ),
    ];
    // Four clocks are kept, and follow what comes; the fifth takes the place of the one not read by for longest.
    let (kept, fifth) = zones.split_at(4);
    for (step, late) in std::iter::once(None).chain(late.map(Some)).enumerate() {
        if let Some((what, time)) = late {
            let entry = entry(&feed, &format!("late{step}"), at(time), 1000, 100);
            app.store
                .insert_deliveries(std::slice::from_ref(&entry))
                .await
                .expect(what);
            entries.push(entry);
        }
        for zone in kept {
            ensure_year(&staff, &entries, *zone).await;
        }
    }
    for zone in fifth.iter().chain(kept) {
        ensure_year(&staff, &entries, *zone).await;
    }
}

/// A year on a clock says what the log says, and so does one of its days.
async fn ensure_year(staff: &Actor<'_>, entries: &[Delivery], (zone, from, until): (&str, &str, &str)) {
    let range = "range=2026-01-01..2026-11-25";
    let all: u64 = entries.iter().map(|e| e.counts.received).sum();
    for path in ["/", "/partners/acme"] {
        let page = staff.get(&format!("{path}?{range}&tz={zone}&table=volume")).await;
        let told = tile(&page.body, "Records received");
        assert_eq!(count(&told), all, "{zone} {path}");
        let rows = table(&page.body, "Records received");
        let sum: u64 = rows.iter().map(|row| count(&row.cells[1])).sum();
        assert_eq!(sum, all, "{zone} {path}");
        let day = rows.iter().find(|row| row.cells[0].contains("25 Oct"));
        let day = day.unwrap_or_else(|| panic!("no 25 October in {zone}"));
        assert_eq!(
            count(&day.cells[1]),
            received(entries, from, until),
            "{zone} {path}"
        );
    }
    let page = staff.get(&format!("/reasons?{range}&tz={zone}")).await;
    let reason = &table(&page.body, "Reasons")[0];
    let failed: u64 = entries.iter().map(|e| e.counts.quarantined).sum();
    assert_eq!(count(&reason.cells[1]), failed, "{zone}");
}
