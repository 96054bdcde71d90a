//! A delivery's page, number by number.

use super::log::{Log, ensure_near, time, whole};
use super::page::Page;
use crate::support::app::App;
use crate::support::files::{ARecord, Files, a_record};
use feedgate::domain::account::Role;
use feedgate::domain::format::{bytes, count, counted, instant, percent};
use feedgate::domain::ids::DeliveryId;
use mongodb::bson::{Document, doc};

/// Forty records: some fail two rules, some pass with a warning.
fn records() -> Vec<ARecord> {
    (1..=40)
        .map(|n| match n % 8 {
            0 => a_record(n).with("gtin", "4006381333932"),
            1 => a_record(n).with("gtin", "4006381333932").with("price", "free"),
            2 => a_record(n).with("title", "GARDEN HOSE WITH TWO FITTINGS"),
            _ => a_record(n),
        })
        .collect()
}

fn share(n: u64, of: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    percent((of > 0).then(|| n as f64 / of as f64))
}

#[tokio::test]
async fn every_number_on_a_deliverys_page_is_a_direct_count() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let first = app.take_in(&feed, &files.csv("a.csv", &records())).await;
    // Most of it once more: much of it unchanged, and fewer than were expected.
    let second = app.take_in(&feed, &files.csv("b.csv", &records()[..34])).await;
    let log = Log::of(&app).await;
    let staff = app.sign_in(Role::Staff, None).await;
    for id in [first.delivery, second.delivery] {
        let html = staff.get(&format!("/deliveries/{id}")).await.body;
        let entry = log.entry(&id).await;
        ensure(&app, &log, &id, &entry, Page::read(&html)).await;
    }
}

async fn ensure(app: &App, log: &Log, id: &DeliveryId, entry: &Document, mut page: Page) {
    let counts = entry.get_document("counts").expect("counts");
    let n = |name| whole(counts, name);
    let (received, passed, held) = (n("received"), n("accepted") + n("unchanged"), n("quarantined"));
    assert!(
        held > 0 && n("warned") > 0,
        "there is something to tell: {counts}"
    );
    let received_at = time(entry, "received_at").expect("a time");
    page.says(".as-of time", &[instant(app.clock.now())]);
    page.says(
        "h1",
        &[format!("Delivery of {}", received_at.format("%-d %b, %H:%M"))],
    );
    page.says(
        ".verdict",
        &[format!(
            "Accepted: {} of {} passed, {} ({}) quarantined.",
            count(passed),
            counted(received, "record", "records"),
            count(held),
            share(held, received)
        )],
    );
    page.says(
        ".law",
        &[format!(
            "{} received = {} accepted + {} unchanged + {} quarantined",
            count(received),
            count(n("accepted")),
            count(n("unchanged")),
            count(held)
        )],
    );
    let of_it = doc! {"delivery": id.as_str()};
    let open = super::log::and(
        of_it.clone(),
        doc! {"state": {"$in": ["quarantined", "queued", "rejected_again"]}},
    );
    let (all, open) = (
        log.count("quarantine", of_it).await,
        log.count("quarantine", open).await,
    );
    let mut said = vec![format!(
        "{} passed with a warning.",
        counted(n("warned"), "record", "records")
    )];
    if n("withdrawn") > 0 {
        let gone = counted(n("withdrawn"), "product", "products");
        said.push(format!(
            "{gone} that the file does not name withdrawn from the catalogue."
        ));
    }
    let waits = match open {
        0 => "none waits for anybody.".to_owned(),
        open if open == all => "all of them wait for somebody.".to_owned(),
        open => format!("{} still wait for somebody.", count(open)),
    };
    said.push(format!(
        "See the {} – {waits}",
        counted(all, "quarantined record", "quarantined records")
    ));
    assert_eq!(page.paragraphs_after(".law"), said);
    ensure_codes(log, id, entry, received, &mut page).await;
    ensure_facts(id, entry, &mut page);
    // Values as they were sent, and where they stood, are no figures.
    let examples = entry.get_array("samples").expect("examples").len();
    assert_eq!(page.table("Examples").len(), examples);
    page.says(
        ".block .hint",
        &["Up to 5 of each rule, in the order of the file.".to_owned()],
    );
    if entry
        .get_document("gate")
        .is_ok_and(|gate| !gate.get_array("findings").is_ok_and(Vec::is_empty))
    {
        ensure_gate(entry, &mut page);
    }
    page.ensure_every_number_is_known();
}

/// What failed: of what is held, the quarantine itself has it.
async fn ensure_codes(log: &Log, id: &DeliveryId, entry: &Document, received: u64, page: &mut Page) {
    let by_gate: Vec<String> = entry
        .get_document("gate")
        .and_then(|gate| gate.get_array("findings"))
        .map(|found| {
            let code = |f: &mongodb::bson::Bson| {
                f.as_document()
                    .and_then(|f| f.get_str("code").ok())
                    .map(str::to_owned)
            };
            found.iter().filter_map(code).collect()
        })
        .unwrap_or_default();
    let mut logged = Vec::new();
    for code in entry.get_array("codes").expect("codes") {
        let code = code.as_document().expect("a code");
        if !by_gate
            .iter()
            .any(|by| Some(by.as_str()) == code.get_str("code").ok())
        {
            logged.push(code);
        }
    }
    let rows = page.table("What failed");
    assert_eq!(rows.len(), logged.len());
    for (row, code) in rows.iter().zip(logged) {
        let name = code.get_str("code").expect("a code");
        let records = whole(code, "records");
        let expected = [
            count(records),
            share(records, received),
            count(whole(code, "occurrences")),
        ];
        assert_eq!((row[0].as_str(), &row[3..]), (name, &expected[..]));
        if code.get_str("severity").ok() == Some("error") {
            let held = log
                .count("quarantine", doc! {"delivery": id.as_str(), "codes": name})
                .await;
            assert_eq!(records, held, "{name}");
        }
    }
}

fn ensure_facts(id: &DeliveryId, entry: &Document, page: &mut Page) {
    let file = entry.get_document("file").expect("a file");
    let time = |name| time(entry, name).expect("a time");
    let facts: Vec<(String, String)> = page
        .take(".facts dt")
        .into_iter()
        .zip(page.take(".facts dd"))
        .collect();
    let fact = |name: &str| {
        let found = facts.iter().find(|(n, _)| n == name);
        found.map_or_else(|| panic!("no “{name}” in {facts:?}"), |(_, value)| value.as_str())
    };
    assert_eq!(fact("Name"), file.get_str("name").expect("a name"));
    assert_eq!(fact("Size"), bytes(whole(file, "bytes")));
    assert_eq!(fact("SHA-256"), file.get_str("sha256").expect("a hash"));
    assert_eq!(fact("Received"), instant(time("received_at")));
    assert_eq!(fact("Decided"), instant(time("decided_at")));
    let took = (time("decided_at") - time("received_at")).num_milliseconds();
    ensure_near(fact("Took"), u64::try_from(took).ok());
    let contract = whole(entry, "contract_version");
    if contract > 0 {
        assert_eq!(fact("Contract"), format!("version {contract}"));
    }
    assert_eq!(fact("Delivery"), id.as_str());
}

/// What the gates found: every figure stands in the entry.
fn ensure_gate(entry: &Document, page: &mut Page) {
    let gate = entry.get_document("gate").expect("a gate");
    let mut figures = Vec::new();
    for found in gate.get_array("findings").expect("findings") {
        let found = found.as_document().expect("a finding");
        let told = found.get_str("message").expect("a message");
        figures.push((
            told.to_owned(),
            found.get_array("figures").expect("figures").len(),
        ));
    }
    let rows = page.table("Beside the last good file");
    assert_eq!(rows.len(), figures.iter().map(|(_, n)| n.max(&1)).sum::<usize>());
    for (told, _) in figures {
        assert!(rows.iter().any(|row| row.get(1) == Some(&told)), "{told}");
    }
}
