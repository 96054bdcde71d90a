//! Reads files by profiles.

use super::*;
use std::fmt::Write as _;

#[test]
fn a_profile_turns_a_partners_words_into_those_of_the_contract() {
    let profile = "decimal = \",\"\ncurrency = \"EUR\"\n[map]\n\"Artikel-Nr.\" = \"id\"\nPreis = \"price\"\nIntern = \"\"\n\
                   [fixed]\ncondition = \"new\"\n[values.availability]\nja = \"in_stock\"\n\"\" = \"out_of_stock\"\n";
    let seen = by(
        profile,
        "Artikel-nr.;preis;intern;Availability;condition\n1;12,50;x;Ja;alt\n2;3;y;;\n",
    );
    assert_eq!(seen.refusal, None);
    assert_eq!(
        seen.attributes(),
        [
            pairs(&[
                ("id", "1"),
                ("price", "12.50 EUR"),
                ("availability", "in_stock"),
                ("condition", "new")
            ]),
            pairs(&[
                ("id", "2"),
                ("price", "3 EUR"),
                ("availability", "out_of_stock"),
                ("condition", "new")
            ]),
        ]
    );
    assert_eq!(
        seen.records[0].original(),
        "1;12,50;x;Ja;alt",
        "the bytes stay as they were sent"
    );
}

#[test]
fn a_value_that_is_missing_is_given_where_the_profile_has_one() {
    let seen = by(
        "[values.availability]\n\"\" = \"in_stock\"\n",
        "id,title\n1,Mug\n",
    );
    assert_eq!(
        seen.attributes(),
        [pairs(&[
            ("id", "1"),
            ("title", "Mug"),
            ("availability", "in_stock")
        ])]
    );
}

#[test]
fn text_beside_elements_is_a_field_too_unless_it_is_blank() {
    let xml = "<o><p id=\"1\">\n<d> Mug <b>blue</b> 5 l</d>\n<e> <f>x</f> </e><g k=\"v\"/></p></o>";
    let seen = by("record = \"/o/p\"\n[map]\n\"@id\" = \"id\"\n", xml);
    assert_eq!(
        seen.attributes(),
        [pairs(&[
            ("id", "1"),
            ("d/b", "blue"),
            ("d", "Mug  5 l"),
            ("e/f", "x"),
            ("g@k", "v")
        ])]
    );
}

#[test]
fn rows_without_a_header_are_read_by_the_columns_of_the_profile() {
    let profile = "columns = [\"Nr\", \"title\", \"\", \"price\"]\n[map]\nNr = \"id\"\n";
    for text in [
        "1,Mug,x,5 EUR\n2,Cup,y,6 EUR\n",
        "\r\n1,Mug,x,5 EUR\r\n2,Cup,y,6 EUR",
        "1|Mug|x|5 EUR\n2|Cup|y|6 EUR\n",
    ] {
        let seen = by(profile, text);
        assert_eq!(seen.refusal, None, "{text:?}");
        let row = |id, title, price| pairs(&[("id", id), ("title", title), ("price", price)]);
        // What is called nothing is left out by the adapter, which this profile also has.
        assert_eq!(
            seen.attributes(),
            [row("1", "Mug", "5 EUR"), row("2", "Cup", "6 EUR")],
            "{text:?}"
        );
    }
    let seen = by(profile, "1,Mug,x,5 EUR\n2,Cup,6 EUR\n");
    assert!(matches!(
        seen.records[1].damage(),
        Some(Damage::Columns {
            found: 3,
            expected: 4
        })
    ));
}

#[test]
fn a_delimiter_that_is_told_goes_before_what_the_rows_look_like() {
    let seen = by("delimiter = \"~\"\n", "id~title\n1~a,b,c\n");
    assert_eq!(seen.attributes(), [pairs(&[("id", "1"), ("title", "a,b,c")])]);
}

#[test]
fn an_encoding_that_is_told_is_read_unless_a_mark_says_more() {
    for (encoding, bytes) in [
        ("windows-1252", &b"id,title\n1,Stra\xdfe \x80\n"[..]),
        ("iso-8859-15", b"id,title\n1,Stra\xdfe \xa4\n"),
        (
            "utf-16le",
            b"i\0d\0,\0t\0i\0t\0l\0e\0\n\x001\0,\0S\0t\0r\0a\0\xdf\0e\0 \0\xac\x20\n\0",
        ),
        (
            "windows-1251",
            b"\xef\xbb\xbfid,title\n1,Stra\xc3\x9fe \xe2\x82\xac\n",
        ),
    ] {
        let seen = by(&format!("encoding = \"{encoding}\"\n"), bytes);
        assert_eq!(seen.refusal, None, "{encoding}");
        assert_eq!(
            seen.attributes(),
            [pairs(&[("id", "1"), ("title", "Straße €")])],
            "{encoding}"
        );
    }
    let xml = b"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a><b><id>\xb9</id></b></a>";
    let seen = by("encoding = \"iso-8859-2\"\nrecord = \"/a/b\"\n", xml);
    assert_eq!(
        seen.attributes(),
        [pairs(&[("id", "š")])],
        "the profile was written by somebody who looked"
    );
    assert_eq!(seen.encoding.as_deref(), Some("iso-8859-2"));
}

#[test]
fn any_xml_is_read_by_the_path_to_its_records() {
    let xml = "<offers xmlns:x='urn:x'><head><o id='no'/></head><group name='g'>\
               <o id='1' price='75' avail='99'><cat>Cables</cat><name>VGA &amp; co</name>\
               <imgs><main url='https://a.example/1.jpg'/><i url='https://a.example/2.jpg'/><i url='https://a.example/3.jpg'/></imgs>\
               <attrs><a name='EAN'> 4006381333931 </a><a name=\"Kod producenta\"><![CDATA[X<1]]></a></attrs><x:y/></o></group></offers>";
    let seen = by("record = \"/offers/o | /offers/*/o\"\n", xml);
    assert_eq!(seen.refusal, None);
    assert_eq!(seen.format, Some(Format::Xml));
    let first = seen.attributes().swap_remove(1);
    assert_eq!(
        first,
        pairs(&[
            ("@id", "1"),
            ("@price", "75"),
            ("@avail", "99"),
            ("cat", "Cables"),
            ("name", "VGA & co"),
            ("imgs/main@url", "https://a.example/1.jpg"),
            ("imgs/i@url", "https://a.example/2.jpg"),
            ("imgs/i@url", "https://a.example/3.jpg"),
            ("attrs/a[ean]", " 4006381333931 "),
            ("attrs/a[kod_producenta]", "X<1"),
            ("x:y", ""),
        ])
    );
    assert!(
        seen.records[1].original().starts_with("<o id='1'"),
        "{}",
        seen.records[1].original()
    );
    assert!(seen.records[1].original().ends_with("</o>"));
    assert_eq!(seen.records.len(), 2, "a head is a group under a star");

    let seen = by("record = \"/offers/group/o\"\nbase = \"ceneo\"\n", xml);
    let record = &seen.records[0];
    for (name, value) in [
        ("id", "1"),
        ("price", "75 PLN"),
        ("availability", "out_of_stock"),
        ("title", "VGA & co"),
        ("image_link", "https://a.example/1.jpg"),
        ("mpn", "X<1"),
        ("gtin", " 4006381333931 "),
    ] {
        assert_eq!(record.get(name), Some(value), "{name}");
    }
}

#[test]
fn xml_with_nothing_at_its_path_is_refused_as_empty_and_other_xml_asks_for_a_path() {
    let seen = by("record = \"/a/b\"\n", "<a><c/></a>");
    assert_eq!(seen.code(), Some("FILE_EMPTY"));
    assert!(seen.refusal.expect("refused").message.contains("/a/b"));
    let seen = read("<a><b/></a>");
    assert_eq!(seen.code(), Some("FILE_FORMAT"));
    assert!(seen.refusal.expect("refused").message.contains("feed's profile"));
}

#[test]
fn a_file_with_more_names_than_are_kept_is_read_all_the_same() {
    let mut xml = String::from("<a>");
    for n in 0..10_000 {
        write!(xml, "<o><id>{n}</id><p name='property {n}'>x</p></o>").expect("memory");
    }
    xml.push_str("</a>");
    let seen = by("record = \"/a/o\"\n[fixed]\ncondition = \"new\"\n", xml);
    assert_eq!((seen.refusal, seen.records.len()), (None, 10_000));
    assert_eq!(
        seen.records[9999].to_attributes(),
        pairs(&[("id", "9999"), ("p[property_9999]", "x"), ("condition", "new")])
    );
}
