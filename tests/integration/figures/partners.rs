//! The overview and a partner's page, number by number.

use super::charts::Shown;
use super::log::{Log, and, ensure_near, files, percentile, whole};
use super::page::Page;
use crate::support::app::App;
use crate::support::files::{Files, a_record};
use crate::support::log::entry;
use chrono::{DateTime, TimeDelta, Utc};
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::delivery::{Direction, Origin, Status};
use feedgate::domain::feed::Feed;
use feedgate::domain::format::{ago, change, count, counted, instant, percent};
use feedgate::domain::health::{self, Lamp, Signs};
use feedgate::domain::ids::{DeliveryId, FeedId, JobId};
use feedgate::domain::report::Counts;
use mongodb::bson::{Document, doc};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// A week and the week before of three partners: files of all kinds, replays, exports, a file that
/// is being taken in, one that is held, and files through the real pipeline.
async fn with_a_fortnight(app: &App) {
    let files = Files::new();
    let now = app.clock.now();
    let mut entries = Vec::new();
    for (p, slug) in (0u64..).zip(["acme", "bolt", "chic"]) {
        let main = app.partner(slug).await;
        let side = Feed {
            expected_every_hours: None,
            ..Feed::new(FeedId::of(&main.id.partner(), "side").expect("a slug"))
        };
        app.store.insert_feed(&side).await.expect("a feed");
        for n in 0..70u64 {
            let feed = if n % 3 == 0 { &side } else { &main };
            // The week is busier than the one before.
            let received = 200 + n * 13 % 97 + p * 50 + if n < 33 { 60 } else { 0 };
            let held = received / (4 + p * 7 + n % 3 + u64::from(n < 33));
            let hours = i64::try_from(n * 5 + p * 3 + 1).expect("a few");
            let received_at = now - TimeDelta::hours(hours) - TimeDelta::minutes(17);
            let mut file = entry(feed, &format!("{slug}{n:03}"), received_at, received, held);
            // Each kind of file has its turn.
            match n % 11 {
                3 => file.status = Status::Refused,
                5 => file.origin = Origin::Replay { job: JobId::new("j") },
                7 => file.direction = Direction::Export,
                8 => file.counts.warned = 9,
                9 if n > 60 => {
                    file.status = Status::Processing;
                    file.decided_at = None;
                }
                _ => {
                    let same = file.counts.accepted / 2;
                    file.counts.accepted -= same;
                    file.counts.unchanged = same;
                }
            }
            file.decided_at = file
                .decided_at
                .map(|_| received_at + TimeDelta::milliseconds(1500 + hours % 4 * 700));
            entries.push(file);
        }
        // The log begins before what is compared, and too late to expect anything by weekdays.
        entries.push(entry(
            &main,
            &format!("{slug}-first"),
            now - TimeDelta::days(15),
            10,
            0,
        ));
    }
    app.store.insert_deliveries(&entries).await.expect("entries");
    let bolt = app
        .store
        .find_feed(&Scope::All, &FeedId::new("bolt/main"))
        .await
        .expect("a look")
        .expect("a feed");
    let records: Vec<_> = (1..=300)
        .map(|n| match n % 5 {
            0 => a_record(n).with("gtin", "4006381333932"),
            _ => a_record(n),
        })
        .collect();
    app.take_in(&bolt.feed, &files.csv("a.csv", &records)).await;
    // A page speaks of what came before its very moment.
    app.clock.advance(TimeDelta::minutes(5));
}

fn shown(app: &App, whose: Document) -> Shown {
    Shown {
        from: at("2026-11-17T13:00:00Z"),
        now: app.clock.now(),
        whose,
    }
}

/// When the newest file of a feed came, and what became of it.
async fn newest(log: &Log, feed: &str, now: DateTime<Utc>) -> Option<(DateTime<Utc>, String)> {
    let until = now + TimeDelta::seconds(1);
    let found = log
        .newest(
            &doc! {"feed": feed, "direction": "ingest"},
            now - TimeDelta::days(40),
            until,
        )
        .await;
    found
        .into_iter()
        .next()
        .map(|entry| (entry.received_at, entry.status))
}

/// The lamp of a feed and its reason, from what the log counts.
async fn judged(app: &App, log: &Log, shown: &Shown, feed: &str, every: Option<u32>) -> health::Health {
    let sums = log.sum(and(shown.files(), doc! {"feed": feed})).await;
    health::judge(
        &Signs {
            direction: Direction::Ingest,
            last: newest(log, feed, app.clock.now())
                .await
                .map(|(at, status)| (at, Status::parse(&status).expect("a status"))),
            expected_every_hours: every,
            counts: Counts {
                received: sums.received,
                quarantined: sums.quarantined,
                ..Counts::default()
            },
        },
        app.clock.now(),
    )
}

fn rejected(sums: &super::log::Sums) -> String {
    percent(sums.rate())
}

#[tokio::test]
async fn every_number_on_the_overview_is_a_direct_count() {
    let app = App::start().await;
    with_a_fortnight(&app).await;
    let log = Log::of(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    for table in ["volume", "rejection", "latency"] {
        let html = staff.get(&format!("/?range=7d&table={table}")).await.body;
        let mut page = Page::read(&html);
        let shown = shown(&app, doc! {});
        page.says(".as-of time", &[instant(app.clock.now())]);
        page.passes(".range");
        shown.ensure_tiles(&log, &mut page).await;
        shown.ensure_charts(&log, &mut page, table).await;
        ensure_partners(&app, &log, &shown, &mut page).await;
        ensure_top_reasons(&log, &shown, &mut page).await;
        ensure_happenings(&log, &shown, &mut page).await;
        page.ensure_every_number_is_known();
    }
}

/// The table of partners, and who needs a look.
async fn ensure_partners(app: &App, log: &Log, shown: &Shown, page: &mut Page) {
    let trends = page.attribute(".spark", "aria-label");
    let rows = page.table("Partners");
    assert_eq!(rows.len(), 3);
    let (mut red, mut amber) = (0, 0);
    for (row, trend) in rows.iter().zip(trends) {
        let slug = row[0].strip_prefix("Partner ").expect("its name").to_owned();
        let of = Shown {
            whose: doc! {"partner": &slug},
            ..shown_again(shown)
        };
        let sums = log.sum(of.files()).await;
        assert_eq!(row[2], count(sums.received), "{slug}");
        assert_eq!(row[3], rejected(&sums), "{slug}");
        ensure_near(&row[4], percentile(&log.latencies(of.files()).await, 0.95));
        let mut lamps = Vec::new();
        let mut last: Option<DateTime<Utc>> = None;
        for (feed, every) in [(format!("{slug}/main"), Some(24)), (format!("{slug}/side"), None)] {
            lamps.push(judged(app, log, &of, &feed, every).await);
            last = last.max(newest(log, &feed, app.clock.now()).await.map(|(at, _)| at));
        }
        let worst = lamps.into_iter().max_by_key(|h| h.lamp).expect("two feeds");
        red += u32::from(worst.lamp == Lamp::Red);
        amber += u32::from(worst.lamp == Lamp::Amber);
        let said = if worst.lamp == Lamp::Green {
            ""
        } else {
            worst.reason.as_str()
        };
        assert_eq!(row[1], format!("{}{said}", worst.lamp.word()), "{slug}");
        assert_eq!(row[5], ago(last.expect("a file"), app.clock.now()), "{slug}");
        ensure_trend(log, &of, &trend).await;
        let open = doc! {"partner": &slug, "state": {"$in": ["quarantined", "queued", "rejected_again"]}};
        let active = doc! {"partner": &slug, "triage.state": {"$in": ["open", "acknowledged", "waiting"]}};
        assert_eq!(row[7], count(log.count("issues", active).await), "{slug}");
        assert_eq!(row[8], count(log.count("quarantine", open).await), "{slug}");
        // What is beside the charts is what is in the table.
        if worst.lamp != Lamp::Green {
            let reasons = page.take(".attention .reason");
            assert!(reasons.contains(&worst.reason), "{slug}: {reasons:?}");
        }
    }
    page.passes(".attention");
    let subtitles = page.take(".chart .subtitle");
    let said = format!("{red} to act on, {amber} to watch, of 3.");
    assert!(subtitles.contains(&said), "{said} in {subtitles:?}");
}

async fn ensure_top_reasons(log: &Log, shown: &Shown, page: &mut Page) {
    let rows = page.table("What held the most records");
    let (sums, length) = (
        log.sum(shown.files()).await,
        at("2026-11-24T13:00:00Z") - shown.from,
    );
    assert!(!rows.is_empty() && rows.len() <= 5);
    for row in rows {
        let code = row[0].split(' ').next().expect("a code");
        let failed = log.failed(shown.files(), code).await;
        assert_eq!(row[1], count(failed), "{code}");
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let share = failed as f64 / sums.received as f64;
        assert_eq!(row[2], percent(Some(share)), "{code}");
        let before = log.failed(files(shown.from - length, shown.from), code).await;
        assert_eq!(row[3], change(failed, Some(before)), "{code}");
        let mut hit = 0;
        for slug in ["acme", "bolt", "chic"] {
            let failed = log.failed(and(shown.files(), doc! {"partner": slug}), code).await;
            assert_eq!(
                failed > 0,
                row[4].contains(&format!("Partner {slug}")),
                "{code}: {}",
                row[4]
            );
            hit += u32::from(failed > 0);
        }
        assert!(hit > 0, "{code}");
    }
}

/// Replays are marked in the charts and listed below them.
async fn ensure_happenings(log: &Log, shown: &Shown, page: &mut Page) {
    let at = |time: DateTime<Utc>| mongodb::bson::DateTime::from_millis(time.timestamp_millis());
    let within = doc! {"$gte": at(shown.from), "$lt": at(shown.now)};
    let replays = and(
        doc! {"origin.kind": "replay", "received_at": within},
        shown.whose.clone(),
    );
    let replays = log.count("deliveries", replays).await;
    page.says(
        "#happenings summary",
        &[format!(
            "Marked in the charts: {}",
            counted(replays, "replay", "replays")
        )],
    );
    let said = page.take("#happenings li");
    assert_eq!(said.len() as u64, replays);
    // Of the two links of a line the second leads to what happened.
    let hrefs = page.attribute("#happenings li a", "href");
    for (said, href) in said.iter().zip(hrefs.iter().skip(1).step_by(2)) {
        let entry = log
            .entry(&DeliveryId::new(href.rsplit('/').next().expect("an id")))
            .await;
        let counts = entry.get_document("counts").expect("counts");
        let passed = whole(counts, "accepted") + whole(counts, "unchanged");
        let received = counted(whole(counts, "received"), "record", "records");
        assert!(
            said.ends_with(&format!("replay of {received}, {} passed", count(passed))),
            "{said}"
        );
    }
}

fn shown_again(shown: &Shown) -> Shown {
    Shown {
        whose: doc! {},
        ..*shown
    }
}

/// A sparkline says its most and its last: of six hours each, from the newest back.
async fn ensure_trend(log: &Log, of: &Shown, said: &str) {
    let end = at("2026-11-24T14:00:00Z");
    let mut sums = Vec::new();
    for n in 0..28 {
        let until = end - TimeDelta::hours(6 * n);
        let part = Shown {
            from: until - TimeDelta::hours(6),
            now: until,
            whose: of.whose.clone(),
        };
        sums.push(log.sum(part.files()).await.received);
    }
    let most = sums.iter().max().copied().expect("some");
    assert_eq!(
        said,
        format!(
            "Records received, oldest to newest: most {}, last {}",
            count(most),
            count(sums[0])
        )
    );
}

#[tokio::test]
async fn every_number_on_a_partners_page_is_a_direct_count() {
    let app = App::start().await;
    with_a_fortnight(&app).await;
    let log = Log::of(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    for (slug, table) in [("acme", "volume"), ("bolt", "rejection"), ("chic", "latency")] {
        let html = staff
            .get(&format!("/partners/{slug}?range=7d&table={table}"))
            .await
            .body;
        let mut page = Page::read(&html);
        let shown = shown(&app, doc! {"partner": slug});
        page.says(".as-of time", &[instant(app.clock.now())]);
        page.passes(".range");
        shown.ensure_tiles(&log, &mut page).await;
        shown.ensure_charts(&log, &mut page, table).await;
        ensure_feeds(&app, &log, &shown, slug, &mut page).await;
        ensure_reasons(&log, &shown, &mut page).await;
        ensure_newest(&app, &log, &shown, &mut page).await;
        ensure_happenings(&log, &shown, &mut page).await;
        page.ensure_every_number_is_known();
    }
}

async fn ensure_feeds(app: &App, log: &Log, shown: &Shown, slug: &str, page: &mut Page) {
    let rows = page.table("Feeds");
    assert_eq!(rows.len(), 2);
    let mut lamps = Vec::new();
    for row in &rows {
        let feed = format!("{slug}/{}", row[0]);
        let every = (row[0] == "main").then_some(24);
        let lamp = judged(app, log, shown, &feed, every).await;
        let said = if lamp.lamp == Lamp::Green {
            ""
        } else {
            lamp.reason.as_str()
        };
        assert_eq!(row[1], format!("{}{said}", lamp.lamp.word()), "{feed}");
        let query = and(shown.files(), doc! {"feed": &feed});
        let sums = log.sum(query.clone()).await;
        assert_eq!(row[2], count(sums.received), "{feed}");
        assert_eq!(row[3], rejected(&sums), "{feed}");
        ensure_near(&row[4], percentile(&log.latencies(query).await, 0.95));
        let last = newest(log, &feed, app.clock.now())
            .await
            .map(|(at, _)| at)
            .expect("a file");
        assert_eq!(row[5], ago(last, app.clock.now()), "{feed}");
        assert_eq!(row[6], if every.is_some() { "every 24 h" } else { "–" }, "{feed}");
        let kept = doc! {"feed": &feed, "withdrawn": {"$exists": false}};
        assert_eq!(row[7], count(log.count("items", kept).await), "{feed}");
        lamps.push(lamp);
    }
    let worst = lamps.into_iter().max_by_key(|h| h.lamp).expect("two feeds");
    page.says(
        ".head .named",
        &[format!("{}{}", worst.lamp.word(), worst.reason)],
    );
}

async fn ensure_reasons(log: &Log, shown: &Shown, page: &mut Page) {
    let codes = page.take(".reasons li .rule");
    let said = page.take(".reasons li .count");
    assert!(codes.contains(&"GTIN_CHECK".to_owned()), "{codes:?}");
    for (code, said) in codes.iter().zip(said) {
        let failed = log.failed(shown.files(), code).await;
        assert_eq!(said, counted(failed, "record", "records"), "{code}");
    }
    page.passes(".reasons");
}

/// The ten newest entries of any kind.
async fn ensure_newest(app: &App, log: &Log, shown: &Shown, page: &mut Page) {
    let rows = page.table("Deliveries");
    let mut entries = log
        .newest(&shown.whose, shown.from, shown.now + TimeDelta::seconds(1))
        .await;
    entries.truncate(10);
    assert_eq!(rows.len(), entries.len());
    for (row, entry) in rows.iter().zip(&entries) {
        let s = &entry.sums;
        let feed = entry.feed.rsplit('/').next().expect("a name").to_owned();
        let words = [ago(entry.received_at, app.clock.now()), feed, entry.file.clone()];
        assert_eq!(row[..3], words);
        let direction = Direction::parse(&entry.direction).expect("a direction");
        let status = Status::parse(&entry.status).expect("a status");
        assert!(row[3].starts_with(status.label(direction)), "{row:?}");
        let figures = [s.received, s.accepted, s.unchanged, s.quarantined, s.warned].map(count);
        assert_eq!(row[4..9], figures, "{}", entry.file);
        ensure_near(&row[9], entry.took_ms());
    }
}
