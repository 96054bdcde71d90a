//! Reads JSON in all its forms, and JSON that is none.

use super::*;

const RECORD: &str = r#"{"id": "A 1", "title": "Mug \"blue\" \u00e9", "price": "15.00 USD"}"#;

#[test]
fn a_list_an_object_with_a_list_and_an_object_a_line_hold_the_same_records() {
    let expected = vec![pairs(&[("id", "A 1"), ("title", "Mug \"blue\" é"), ("price", "15.00 USD")]); 2];
    let list = format!("[{RECORD},\n{RECORD}]");
    for (text, format) in [
        (list.clone(), Format::Json),
        (format!(" {{\"products\" : {list}}}\n"), Format::Json),
        (
            format!(
                "{{\"kind\": \"[list]\", \"more\": [{{}}], \"products\": {list}, \"next\": {{\"a\": [1]}}}}"
            ),
            Format::Json,
        ),
        (format!("{RECORD}\n{RECORD}"), Format::Ndjson),
        (format!("{RECORD}\r\n\r\n{RECORD}\r\n"), Format::Ndjson),
    ] {
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        let wide: Vec<u8> = [0xfeff]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes()), marked, wide] {
            let seen = read(&bytes);
            assert_eq!(seen.refusal, None, "{text}");
            assert_eq!(seen.format, Some(format), "{text}");
            assert_eq!(seen.attributes(), expected, "{text}");
            assert_eq!(seen.records[1].original(), RECORD, "{text}");
        }
    }
}

#[test]
fn white_space_that_json_does_not_know_is_no_standstill() {
    for text in [
        "[{\"id\":\u{c}1}]",
        "[{\"id\":\u{c}",
        "{\"products\":[\u{c}",
        "{\"a\":[\u{c}]}",
    ] {
        assert!(read(text).refusal.is_some(), "{text:?}");
    }
    let seen = read("{\"id\": \u{c}1}\n{\"id\": 2}\n");
    assert_eq!((seen.refusal.clone(), seen.records.len()), (None, 2));
    assert!(seen.records[0].damage().is_some() && seen.records[1].damage().is_none());
}

#[test]
fn a_record_path_leads_to_a_list_deep_inside() {
    let text = format!(
        "{{\"feed\": {{\"at\": 1, \"rows\": [{RECORD}], \"end\": null}}, \"products\": [{{\"id\": \"no\"}}]}}"
    );
    let seen = by("record = \"/feed/rows\"\n", &text);
    assert_eq!((seen.refusal.clone(), seen.ids()), (None, vec!["A 1"]));
    let seen = by("record = \"/feed/columns\"\n", &text);
    assert_eq!(seen.code(), Some("FILE_EMPTY"));
    assert!(seen.refusal.expect("refused").message.contains("/feed/columns"));
}

#[test]
fn values_become_what_rows_have() {
    let text = r#"[{"id": 7, "price": 12.50, "gtin": ["4006381333931", "96385074"], "adult": false, "is_bundle": true,
        "brand": null, "new": true, "shipping": [{"price": "3.50 USD", "country": "US"}],
        "shipping_weight": {"value": 1.5, "unit": "kg"}, "seller": {"name": "Shop", "address": {"city": "Porto"}}}]"#;
    assert_eq!(
        read(text).attributes(),
        [pairs(&[
            ("id", "7"),
            ("price", "12.50"),
            ("gtin", "4006381333931"),
            ("gtin", "96385074"),
            ("adult", "no"),
            ("is_bundle", "yes"),
            ("brand", ""),
            ("new", "true"),
            ("shipping", "US:::3.50 USD"),
            ("shipping_weight", "1.5 kg"),
            ("seller/name", "Shop"),
            ("seller/address/city", "Porto"),
        ])]
    );
}

#[test]
fn the_form_of_the_merchant_api_is_read_in_googles_names() {
    let text = r#"{"products": [{"name": "accounts/1/products/x", "offerId": "A 1", "contentLanguage": "en",
        "productAttributes": {"title": "Mug", "imageLink": "https://a.example/1.jpg", "availability": "IN_STOCK",
        "condition": "NEW", "price": {"amountMicros": "29990000", "currencyCode": "EUR"}, "gtins": ["4006381333931"],
        "additionalImageLinks": ["https://a.example/2.jpg", "https://a.example/3.jpg"], "sizeSystem": "EU",
        "salePriceEffectiveDate": {"startTime": "2026-01-01T00:00:00Z", "endTime": "2026-02-01T00:00:00Z"},
        "shipping": [{"country": "US", "price": {"currencyCode": "USD", "amountMicros": 3500000}}], "customLabel0": "x"},
        "customAttributes": [{"name": "season", "value": "spring"}]}]}"#;
    assert_eq!(
        read(text).attributes(),
        [pairs(&[
            ("name", "accounts/1/products/x"),
            ("id", "A 1"),
            ("contentlanguage", "en"),
            ("title", "Mug"),
            ("image_link", "https://a.example/1.jpg"),
            ("availability", "in_stock"),
            ("condition", "new"),
            ("price", "29.99 EUR"),
            ("gtin", "4006381333931"),
            ("additional_image_link", "https://a.example/2.jpg"),
            ("additional_image_link", "https://a.example/3.jpg"),
            ("size_system", "EU"),
            (
                "sale_price_effective_date",
                "2026-01-01T00:00:00Z/2026-02-01T00:00:00Z"
            ),
            ("shipping", "US:::3.50 USD"),
            ("custom_label_0", "x"),
            ("season", "spring"),
        ])]
    );
}

#[test]
fn a_profile_explains_names_before_the_reader_does() {
    let seen = by(
        "[map]\nimageLink = \"\"\nnr = \"id\"\n",
        r#"[{"nr": 1, "imageLink": "x", "title": "t"}]"#,
    );
    assert_eq!(seen.attributes(), [pairs(&[("id", "1"), ("title", "t")])]);
}

#[test]
fn records_know_their_number_offset_and_in_lines_their_line() {
    let seen = read("{\"id\":1}\n\n  {\"id\":2}\n");
    let places: Vec<_> = seen
        .records
        .iter()
        .map(|r| (r.position().index, r.position().line, r.position().offset))
        .collect();
    assert_eq!(places, [(1, 1, 0), (2, 3, 12)]);
    let seen = read("[\n{\"id\":1},{\"id\":2}]");
    let places: Vec<_> = seen
        .records
        .iter()
        .map(|r| (r.position().index, r.position().line, r.position().offset))
        .collect();
    assert_eq!(places, [(1, 0, 2), (2, 0, 11)]);
}

#[test]
fn a_line_that_is_no_object_is_held_and_the_next_is_read() {
    for bad in [
        "[2]",
        "{\"id\": 2,}",
        "{\"id\": \"2}",
        "{\"id\": 2",
        "{\"id\": 2,",
        "{\"id\": [2",
        "{\"id\": 2]}",
        "{id: 2}",
        "not json",
        "}",
    ] {
        for (text, place) in [
            (format!("{{\"id\":1}}\n{bad}\n{{\"id\":3}}\n{{\"id\":4}}"), 1),
            (
                format!("{{\"id\":3}}\r\n{{\"id\":4}}\r\n{bad} \r\n{{\"id\":5}}\r\n"),
                2,
            ),
        ] {
            let seen = read(&text);
            assert_eq!(seen.refusal, None, "{text}");
            assert_eq!(seen.format, Some(Format::Ndjson), "{text}");
            let bad_ones: Vec<_> = (0..seen.records.len())
                .filter(|n| matches!(seen.records[*n].damage(), Some(Damage::Json { .. })))
                .collect();
            assert_eq!((seen.records.len(), bad_ones), (4, vec![place]), "{text}");
            let held = &seen.records[place];
            assert_eq!((held.original(), held.position().line), (bad, place as u64 + 1));
        }
    }
    let seen = read("{\"id\": 1,}\n{\"id\": 2}\n");
    assert_eq!(
        (seen.refusal.clone(), seen.records.len()),
        (None, 2),
        "the first line"
    );
}

#[test]
fn lines_that_are_all_broken_and_a_file_cut_within_its_last_are_refused() {
    for (text, code) in [
        ("{\"id\": 1,}\n{\"id\": 2,}\n", "FILE_JSON"),
        ("{id: 1}", "FILE_JSON"),
        ("{\"id\":1}\n{\"id\": 2,}\n{\"id\":", "FILE_TRUNCATED"),
        ("{\"id\":1}\n{\"id\": \"2", "FILE_TRUNCATED"),
    ] {
        assert_eq!(read(text).code(), Some(code), "{text}");
    }
}

#[test]
fn json_that_is_damaged_is_refused_with_its_code_and_place() {
    let deep = format!("[{{\"id\":{}1{}}}]", "[".repeat(70), "]".repeat(70));
    let names: Vec<String> = (0..5000).map(|n| format!("\"n{n}\":1,")).collect();
    let many = format!("[{{{}\"id\":1}}]", names.concat());
    for (text, code, offset) in [
        ("[", "FILE_TRUNCATED", 1),
        ("[{\"id\":1}", "FILE_TRUNCATED", 9),
        ("[{\"id\":1},", "FILE_TRUNCATED", 10),
        ("[{\"id\":\"1", "FILE_TRUNCATED", 9),
        ("{\"products\":[{\"id\":1}]", "FILE_TRUNCATED", 22),
        ("{\"id\":1}\n{\"id\":", "FILE_TRUNCATED", 15),
        ("[]", "FILE_EMPTY", 2),
        ("{\"products\":[]}", "FILE_EMPTY", 15),
        ("[1]", "FILE_JSON", 1),
        ("[{\"id\":1}{\"id\":2}]", "FILE_JSON", 9),
        ("[{\"id\":1}] x", "FILE_JSON", 11),
        ("[{\"id\":1]", "FILE_JSON", 8),
        ("[{\"id\" 1}]", "FILE_JSON", 1),
        ("[{id:1}]", "FILE_JSON", 1),
        ("[{\"id\":1,}]", "FILE_JSON", 1),
        ("[{\"id\":01}]", "FILE_JSON", 1),
        ("[{\"id\":\"\\ud800\"}]", "FILE_JSON", 1),
        (&*deep, "FILE_JSON", 70),
        (&*many, "FILE_JSON", 1),
    ] {
        let seen = read(text);
        let shown: String = text.chars().take(40).collect();
        assert_eq!(
            (seen.code(), seen.offset()),
            (Some(code), Some(offset)),
            "{shown}"
        );
    }
    let seen = read(b"[{\"id\":\"Stra\xdfe\"}]");
    assert_eq!((seen.code(), seen.offset()), (Some("FILE_ENCODING"), Some(12)));
    let small = Limits {
        record: 1000,
        ..Limits::default()
    };
    let long = format!("[{{\"id\":\"{}\"}}]", "x".repeat(200_000));
    assert_eq!(
        read_with(Cursor::new(long.into_bytes()), small).code(),
        Some("FILE_SIZE")
    );
}
