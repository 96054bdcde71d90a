use super::*;
use crate::domain::export::Fate;
use proptest::prelude::*;
use serde_json::json;

fn good() -> Value {
    json!({
        "id": "erp-1", "partner": "acme", "feed": "main", "direction": "ingest", "status": "accepted",
        "received_at": "2026-11-24T13:05:00.1234567+02:00", "decided_at": "2026-11-24T11:05:02Z",
        "file": {"name": "spring.csv", "bytes": 1200},
        "records": {"received": 10, "accepted": 6, "unchanged": 1, "quarantined": 3, "warned": 2},
        "codes": [{"code": "GTIN_CHECK", "severity": "error", "attribute": "gtin", "records": 3}],
    })
}

fn read_line(text: &str, may_write: impl Fn(&FeedId) -> Result<(), Fault>) -> Result<Entry, Fault> {
    match Line::read(text, may_write)? {
        Line::Entry(entry) => Ok(*entry),
        Line::Products(products) => panic!("these are products: {products:?}"),
    }
}

fn read(value: &Value) -> Result<Entry, Fault> {
    read_line(&value.to_string(), |_| Ok(()))
}

fn read_products(value: &Value) -> Result<Products, Fault> {
    match Line::read(&value.to_string(), |_| Ok(()))? {
        Line::Products(products) => Ok(products),
        Line::Entry(entry) => panic!("this is an entry: {entry:?}"),
    }
}

/// A good entry with one field, named by its JSON pointer, put in place.
fn with(pointer: &str, value: Value) -> Value {
    let mut entry = good();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = entry.pointer_mut(parent).expect("it is there");
    match parent {
        Value::Array(list) => list.push(value),
        parent => parent[name] = value,
    }
    entry
}

#[test]
fn a_whole_entry_is_read_with_its_time_to_the_millisecond() {
    let entry = read(&good()).expect("an entry");
    assert_eq!(entry.id, "erp-1");
    let d = entry.delivery;
    assert_eq!(d.id.as_str(), "acme:erp-1");
    assert_eq!(d.feed.as_str(), "acme/main");
    assert_eq!(d.received_at.to_rfc3339(), "2026-11-24T11:05:00.123+00:00");
    assert_eq!((d.counts.received, d.counts.quarantined), (10, 3));
    assert_eq!(
        d.codes[0].occurrences, 3,
        "as many as records where nothing is said"
    );
}

#[test]
fn a_feed_may_be_named_with_its_partner() {
    let entry = read(&with("/feed", json!("acme/main"))).expect("an entry");
    assert_eq!(entry.delivery.feed.as_str(), "acme/main");
}

#[test]
fn a_refused_file_needs_no_records() {
    let mut refused = with("/status", json!("refused"));
    refused["records"] = Value::Null;
    refused["codes"] = json!([]);
    let entry = read(&refused).expect("an entry");
    assert_eq!(entry.delivery.counts, Counts::default());
    assert_eq!(entry.delivery.file.verdict, Verdict::Refused);
}

#[test]
fn each_fault_is_named_with_its_field() {
    for (pointer, value, field, words) in [
        ("/id", json!(7), "id", "7 is not a text"),
        ("/id", json!("a b"), "id", "is not an id"),
        ("/id", Value::Null, "id", "missing"),
        ("/partner", json!("ACME"), "partner", "is not a name"),
        ("/feed", json!("other/main"), "feed", "is not a name"),
        ("/direction", json!("sideways"), "direction", "ingest or export"),
        (
            "/status",
            json!("processing"),
            "status",
            "accepted, held or refused",
        ),
        (
            "/received_at",
            json!("24.11.2026"),
            "received_at",
            "with its zone",
        ),
        (
            "/received_at",
            json!("1969-12-31T23:59:59Z"),
            "received_at",
            "from 1970",
        ),
        (
            "/decided_at",
            json!("2026-11-24T11:04:59Z"),
            "decided_at",
            "before received_at",
        ),
        ("/records/received", json!(11), "records", "11"),
        ("/records/received", json!(-1), "records.received", "whole number"),
        (
            "/records/received",
            json!(1.5),
            "records.received",
            "whole number",
        ),
        (
            "/records/recieved",
            json!(10),
            "records.recieved",
            "no such field",
        ),
        ("/records/warned", json!(8), "records.warned", "only what passed"),
        (
            "/file/name",
            json!("x".repeat(201)),
            "file.name",
            "longer than 200",
        ),
        ("/file", json!([]), "file", "object"),
        ("/sha", json!("x"), "sha", "no such field"),
        (
            "/codes/-",
            json!({"code": "X", "severity": "error", "records": 11}),
            "codes[1].records",
            "11 records",
        ),
        (
            "/codes/-",
            json!({"code": "A|B", "severity": "error", "records": 1}),
            "codes[1].code",
            "not a code",
        ),
        (
            "/codes/-",
            json!({"code": "X", "severity": "bad", "records": 1}),
            "codes[1].severity",
            "error, warning",
        ),
        (
            "/codes/-",
            json!({"code": "GTIN_CHECK", "severity": "error", "attribute": "gtin", "records": 1}),
            "codes[1]",
            "counted twice",
        ),
    ] {
        let fault = read(&with(pointer, value.clone())).expect_err(pointer);
        assert_eq!(fault.field, field, "{pointer} = {value}: {fault}");
        assert!(fault.message.contains(words), "{pointer} = {value}: {fault}");
    }
}

#[test]
fn what_is_no_object_is_named_as_such() {
    for text in ["", "nonsense", "[]", "7", "{\"id\":"] {
        let fault = read_line(text, |_| Ok(())).expect_err(text);
        assert_eq!(fault.field, "", "{text}: {fault}");
    }
}

#[test]
fn an_entry_for_a_feed_that_may_not_be_written_to_is_read_no_further() {
    let no = |feed: &FeedId| Err(Fault::new("feed", format!("not {feed}")));
    let fault = read_line(&with("/records/received", json!(11)).to_string(), no).expect_err("refused");
    assert_eq!(fault.to_string(), "feed: not acme/main");
}

proptest! {
    #[test]
    fn whatever_is_sent_is_read_or_named_and_what_is_read_adds_up(
        field in prop::sample::select(vec!["id", "partner", "feed", "status", "received_at", "records", "codes", "file"]),
        text in ".{0,40}",
        numbers in prop::array::uniform4(0u64..20),
    ) {
        let mut entry = good();
        let [received, accepted, unchanged, quarantined] = numbers;
        entry["records"] = json!({"received": received, "accepted": accepted, "unchanged": unchanged, "quarantined": quarantined});
        entry["codes"] = json!([]);
        if let Ok(read) = read(&entry) {
            prop_assert!(read.delivery.counts.conserved());
        } else {
            prop_assert_ne!(received, accepted + unchanged + quarantined);
        }
        entry[field] = json!(text);
        if let Err(fault) = read(&entry) {
            prop_assert!(!fault.message.is_empty());
        }
    }
}

fn named() -> Value {
    json!({
        "entry": "out-1", "partner": "shop", "feed": "out", "of": "acme/main",
        "sent": ["SKU1", " SKU  2 "],
        "rejected": [{"product": "SKU3", "code": "PRICE_ZERO"}],
    })
}

#[test]
fn products_of_an_export_are_read_with_what_became_of_each() {
    let products = read_products(&named()).expect("products");
    assert_eq!(products.entry.as_str(), "shop:out-1");
    assert_eq!(
        (products.to.as_str(), products.of.as_str()),
        ("shop/out", "acme/main")
    );
    let fates: Vec<_> = products
        .fates
        .iter()
        .map(|(id, fate)| (id.as_str(), fate.clone()))
        .collect();
    let rejected = Fate::Rejected("PRICE_ZERO".to_owned());
    assert_eq!(
        fates,
        [("SKU1", Fate::Sent), (" SKU  2 ", Fate::Sent), ("SKU3", rejected)]
    );
}

#[test]
fn whatever_is_wrong_with_products_is_named_with_its_field() {
    let long = "x".repeat(501);
    for (name, value, field) in [
        ("entry", json!("a b"), "entry"),
        ("entry", Value::Null, "entry"),
        ("feed", json!("Out"), "feed"),
        ("of", json!("main"), "of"),
        ("of", json!("acme/Main"), "of"),
        ("sent", json!("SKU1"), "sent"),
        ("sent", json!(["SKU1", 2]), "sent[1]"),
        ("sent", json!([" "]), "sent[0]"),
        ("sent", json!([long]), "sent[0]"),
        ("sent", json!(["SKU1", "sku1 "]), "sent"),
        ("sent", json!(["SKU3"]), "sent"),
        ("rejected", json!(["SKU3"]), "rejected[0]"),
        (
            "rejected",
            json!([{"product": "", "code": "A"}]),
            "rejected[0].product",
        ),
        ("rejected", json!([{"product": "SKU3"}]), "rejected[0].code"),
        (
            "rejected",
            json!([{"product": "SKU3", "code": ""}]),
            "rejected[0].code",
        ),
        ("when", json!(1), "when"),
    ] {
        let mut line = named();
        line[name] = value;
        let fault = read_products(&line).expect_err(field);
        assert_eq!(fault.field, field, "{fault}");
        assert!(fault.message.len() > 10, "{fault}");
    }
    let mut nothing = named();
    nothing["sent"] = json!([]);
    nothing["rejected"] = Value::Null;
    assert_eq!(read_products(&nothing).expect_err("nothing").field, "sent");
}
