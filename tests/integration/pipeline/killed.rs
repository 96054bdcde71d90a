//! An ingest that is killed at any instant and run again ends as if it had been run once.

use crate::support::app::App;
use crate::support::files::{ARecord, Files, a_record};
use crate::support::mongo;
use feedgate::domain::account::Scope;
use feedgate::domain::delivery::Status;
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::PartnerId;
use feedgate::domain::query::{DeliveryFilter, QuarantineFilter, StateFilter};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the private mongod may hold on to what a killed process left open: it lets a
/// transaction live for 15 s, and looks for older ones now and then.
const HELD_ON: Duration = Duration::from_secs(45);

fn command(app: &App, file: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_feedgate"));
    command
        .args([
            "ingest",
            "--partner",
            "acme",
            "--feed",
            "main",
            "--json",
            "--mongodb-uri",
            mongo::uri(),
            "--database",
            &app.database,
        ])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// What is left in the database: items, held records and the decided deliveries' counts.
async fn end_state(app: &App, feed: &Feed) -> (u64, Vec<String>, Vec<(u64, u64, u64, u64)>) {
    let filter = QuarantineFilter {
        state: StateFilter::Open,
        ..QuarantineFilter::default()
    };
    let held = app
        .store
        .list_held(&Scope::All, &filter, "", 10_000)
        .await
        .expect("a list");
    let mut held: Vec<String> = held.rows.into_iter().map(|r| r.item_id).collect();
    held.sort();
    let filter = DeliveryFilter {
        partner: Some(PartnerId::new("acme")),
        ..DeliveryFilter::default()
    };
    let deliveries = app
        .store
        .list_deliveries(&Scope::All, &filter, "", 100)
        .await
        .expect("a list");
    let counts = deliveries
        .rows
        .iter()
        .inspect(|d| assert_eq!(d.status, Status::Accepted, "nothing is left half done"))
        .map(|d| {
            (
                d.counts.received,
                d.counts.accepted,
                d.counts.unchanged,
                d.counts.quarantined,
            )
        })
        .collect();
    (
        app.store
            .count_items(&Scope::All, &feed.id)
            .await
            .expect("a count"),
        held,
        counts,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_ingest_run_again_ends_as_if_run_once() {
    let files = Files::new();
    let records: Vec<ARecord> = (1..=9000)
        .map(|n| {
            if n % 100 == 0 {
                a_record(n).with("price", "0 EUR")
            } else {
                a_record(n)
            }
        })
        .collect();
    let file = files.csv("a.csv", &records);
    let held: Vec<String> = {
        let mut ids: Vec<String> = (1..=90).map(|n| format!("SKU{}", n * 100)).collect();
        ids.sort();
        ids
    };
    let mut killed = 0;
    let mut life = life_of_one(&file).await;
    // Spread over the whole life of the process: starting, surveying, applying, deciding.
    for step in 0..16_u32 {
        let app = App::start().await;
        let feed = app.partner("acme").await;
        let child = command(&app, &file).spawn().expect("a process");
        if kill_after(child, life * (2 * step + 1) / 32).await {
            killed += 1;
        } else {
            life = life * 3 / 4;
        }
        let decided_before = count_accepted(&app).await > 0;
        let code = run_again(&app, &file).await;
        assert_eq!(
            code,
            Some(1),
            "records were quarantined, and nothing else went wrong"
        );
        let (items, open, counts) = end_state(&app, &feed).await;
        assert_eq!((items, open), (8910, held.clone()), "killed at step {step}");
        let faults = app.store.verify_issues(&feed.id).await.expect("a proof");
        let misplaced = app.store.count_misplaced().await.expect("a count");
        assert!(misplaced.is_empty(), "{misplaced:?}");
        assert_eq!(faults, [], "issues after a kill at step {step}");
        // A try that was decided before the kill came was whole; the next is a repeat.
        let whole = (9000, 8910, 0, 90);
        let expected = if decided_before {
            vec![(9000, 0, 8910, 90), whole]
        } else {
            vec![whole]
        };
        assert_eq!(counts, expected, "killed at step {step}");
    }
    assert!(
        killed >= 8,
        "only {killed} of 16 tries were killed before they ended"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_ingest_of_changed_products_run_again_ends_as_if_run_once() {
    const PRODUCTS: u32 = 6000;
    let files = Files::new();
    let titled = |title: &str| -> Vec<ARecord> {
        (1..=PRODUCTS)
            .map(|n| a_record(n).with("title", &format!("{title} {n}")))
            .collect()
    };
    let (old, new) = (
        files.csv("old.csv", &titled("Mug")),
        files.csv("new.csv", &titled("Cup")),
    );
    let with_old = async || {
        let app = App::start().await;
        let feed = app.partner("acme").await;
        let code = command(&app, &old).status().expect("a whole try").code();
        assert_eq!(code, Some(0), "all is well");
        (app, feed)
    };
    let mut life = {
        let (app, _) = with_old().await;
        let begun = Instant::now();
        assert!(command(&app, &new).status().expect("a whole try").success());
        begun.elapsed()
    };
    let mut killed = 0;
    for step in 0..4_u32 {
        let (app, feed) = with_old().await;
        let child = command(&app, &new).spawn().expect("a process");
        // Once it has begun it reads both catalogues, and then it writes.
        if kill_after(child, life * (step + 4) / 8).await {
            killed += 1;
        } else {
            life = life * 3 / 4;
        }
        let decided_before = count_accepted(&app).await > 1;
        assert_eq!(run_again(&app, &new).await, Some(0));
        let (items, _, counts) = end_state(&app, &feed).await;
        let all = u64::from(PRODUCTS);
        let mut expected = vec![(all, all, 0, 0); 2];
        if decided_before {
            expected.insert(0, (all, 0, all, 0));
        }
        assert_eq!((items, counts), (all, expected), "killed at step {step}");
        for n in [1, 3999, 4000, 4001, PRODUCTS] {
            let item = app
                .store
                .find_item(&Scope::All, &feed.id, &format!("sku{n}"))
                .await;
            let item = item.expect("an answer").expect("an item");
            assert_eq!(
                item.attributes.get("title"),
                Some(format!("Cup {n}").as_str()),
                "killed at step {step}"
            );
        }
    }
    assert!(
        killed >= 2,
        "only {killed} of 4 tries were killed before they ended"
    );
}

/// Kills a process after a while; false when it has ended before, for the machine is less busy than when
/// a whole one was timed.
async fn kill_after(mut child: Child, after: Duration) -> bool {
    tokio::time::sleep(after).await;
    let is_alive = child.try_wait().expect("a look").is_none();
    if is_alive {
        child.kill().expect("a kill");
    }
    child.wait().expect("an end");
    is_alive
}

/// How long an ingest lives that nobody kills, on this machine as busy as it is.
async fn life_of_one(file: &Path) -> Duration {
    let app = App::start().await;
    app.partner("acme").await;
    let begun = Instant::now();
    let code = command(&app, file).status().expect("a whole try").code();
    assert_eq!(code, Some(1), "records were quarantined");
    begun.elapsed()
}

async fn count_accepted(app: &App) -> usize {
    let page = app
        .store
        .list_deliveries(&Scope::All, &DeliveryFilter::default(), "", 10)
        .await
        .expect("a list");
    let accepted = page.rows.iter().filter(|d| d.status == Status::Accepted);
    accepted.count()
}

/// Takes the file in after a kill. While the database holds on to what the killed one left open,
/// the command may fail and say that it is to be run again; so it is, for as long as the database
/// lets a transaction live, and a little longer.
async fn run_again(app: &App, file: &Path) -> Option<i32> {
    let (before, begun) = (count_accepted(app).await, Instant::now());
    let mut tries = 0;
    while tries < 4 || begun.elapsed() < HELD_ON {
        let code = command(app, file).status().expect("another try").code();
        if count_accepted(app).await > before {
            return code;
        }
        tries += 1;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("{tries} tries did not take the file in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_never_came_again_gives_way_to_the_next_one() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let slow: Vec<ARecord> = (1..=9000).map(a_record).collect();
    let slow = files.csv("slow.csv", &slow);
    // Killed as soon as its delivery is open.
    let mut child = command(&app, &slow).spawn().expect("a process");
    for _ in 0..400 {
        let page = app
            .store
            .list_deliveries(&Scope::All, &DeliveryFilter::default(), "", 1)
            .await
            .expect("a list");
        if page.total > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    child.kill().expect("a kill");
    child.wait().expect("an end");
    // The dead process holds the feed's lease; it runs out by the machine's clock.
    let mut ingest = app.ingest();
    ingest.clock = feedgate::server::clock::Clock::system();
    ingest.patience = Duration::from_secs(40);
    let next = files.csv("next.csv", &[a_record(1), a_record(2)]);
    let done = ingest
        .run(&feed, &next, "next.csv")
        .await
        .expect("the next file is taken in");
    assert_eq!(done.report.records.received, 2);
    let page = app
        .store
        .list_deliveries(&Scope::All, &DeliveryFilter::default(), "", 10)
        .await
        .expect("a list");
    let codes: Vec<_> = page
        .rows
        .iter()
        .map(|d| (d.status, d.file.code.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        codes,
        [(Status::Accepted, ""), (Status::Refused, "FILE_INTERRUPTED")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_withdrawal_run_again_ends_as_if_run_once() {
    let files = Files::new();
    let all: Vec<ARecord> = (1..=9000).map(a_record).collect();
    let mut fewer = all[..8000].to_vec();
    for record in &mut fewer[..10] {
        *record = record.clone().with("price", "9999.00 EUR");
    }
    let (whole, smaller) = (files.csv("a.csv", &all), files.csv("b.csv", &fewer));
    let mut killed = 0;
    for step in 0..10_u32 {
        let app = App::start().await;
        let feed = app.partner("acme").await;
        let begun = Instant::now();
        let first = command(&app, &whole).status().expect("a first file");
        assert_eq!(first.code(), Some(0));
        // The second does somewhat less than the first, and as busy as the machine is.
        let life = begun.elapsed() * 3 / 4;
        let child = command(&app, &smaller).spawn().expect("a process");
        if kill_after(child, life * (2 * step + 1) / 20).await {
            killed += 1;
        }
        assert_eq!(run_again(&app, &smaller).await, Some(0), "killed at step {step}");
        let withdrawn = app.store.count_withdrawn(&Scope::All, &feed.id).await;
        assert_eq!(withdrawn.expect("a count"), 1000, "killed at step {step}");
        let (items, _, counts) = end_state(&app, &feed).await;
        assert_eq!(items, 8000, "killed at step {step}");
        assert_eq!(counts.last(), Some(&(9000, 9000, 0, 0)));
        let page = app
            .store
            .list_deliveries(&Scope::All, &DeliveryFilter::default(), "", 10)
            .await
            .expect("a list");
        let withdrawn: u64 = page.rows.iter().map(|d| d.counts.withdrawn).sum();
        assert_eq!(withdrawn, 1000, "withdrawn once, killed at step {step}");
        // A try that was decided before the kill came was whole; the next is a repeat.
        let accepted: u64 = page.rows.iter().map(|d| d.counts.accepted).sum();
        let codes = page.rows.iter().flat_map(|d| &d.codes);
        let jumps: u64 = codes
            .filter(|code| code.code == "TIME_PRICE_JUMP")
            .map(|code| code.records)
            .sum();
        assert_eq!(
            (accepted, jumps),
            (9010, 10),
            "counted once, killed at step {step}"
        );
    }
    assert!(
        killed >= 4,
        "only {killed} of 10 tries were killed before they ended"
    );
}
