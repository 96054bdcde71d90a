//! Reads small files of every kind and every damage.

mod json;
mod mutated;
mod offsets;
mod profiles;
mod zipped;

use super::*;
use crate::domain::record::{Attributes, Damage};
use crate::domain::report::Refusal;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::{self, Cursor, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

#[derive(Debug, Default)]
struct Seen {
    records: Vec<RawRecord>,
    refusal: Option<Refusal>,
    format: Option<Format>,
    encoding: Option<String>,
    bytes: u64,
    sha256: String,
}

impl Seen {
    fn code(&self) -> Option<&str> {
        self.refusal.as_ref().map(|refusal| &*refusal.code)
    }

    fn offset(&self) -> Option<u64> {
        self.refusal.as_ref()?.offset
    }

    fn attributes(&self) -> Vec<Attributes> {
        self.records.iter().map(RawRecord::to_attributes).collect()
    }

    fn ids(&self) -> Vec<&str> {
        self.records
            .iter()
            .map(|record| record.get("id").unwrap_or("-"))
            .collect()
    }
}

/// Gives a byte at a time or so, as a slow network does.
struct Trickle(Cursor<Vec<u8>>, usize);

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

fn read_with(source: impl Read + Send + 'static, limits: Limits) -> Seen {
    read_by(&Profile::default(), source, limits)
}

/// Longer than any of these files takes on any machine.
const AT_MOST: Duration = Duration::from_mins(2);

/// Reads all there is. A reader that stands still is a failure with the file named, not a run of
/// tests that never ends.
fn read_by(profile: &Profile, source: impl Read + Send + 'static, limits: Limits) -> Seen {
    let profile = profile.clone();
    let (told, heard) = mpsc::channel();
    thread::spawn(move || {
        // Nobody hears it who has given up.
        let _ = told.send(read_all(&profile, source, limits));
    });
    match heard.recv_timeout(AT_MOST) {
        Ok(seen) => seen,
        Err(RecvTimeoutError::Timeout) => panic!("the file is not read to its end within {AT_MOST:?}"),
        Err(RecvTimeoutError::Disconnected) => panic!("the reader panicked; see above"),
    }
}

fn read_all(profile: &Profile, source: impl Read + Send + 'static, limits: Limits) -> Seen {
    let (mut reader, opened) = open(source, limits, profile);
    let mut seen = Seen::default();
    let read_all = || {
        opened?;
        loop {
            let mut record = RawRecord::default();
            if !reader.read(&mut record)? {
                return Ok(());
            }
            seen.records.push(record);
        }
    };
    match read_all() {
        Ok(()) => {}
        Err(Stop::Refused(refusal)) => seen.refusal = Some(refusal),
        Err(Stop::Failed(error)) => panic!("memory does not fail: {error}"),
    }
    let summary = reader.summary().expect("memory does not fail");
    seen.format = summary.format;
    seen.encoding = summary.encoding;
    seen.bytes = summary.bytes;
    seen.sha256 = summary.sha256;
    seen
}

fn read(bytes: impl AsRef<[u8]>) -> Seen {
    read_with(Cursor::new(bytes.as_ref().to_vec()), Limits::default())
}

fn by(profile: &str, bytes: impl AsRef<[u8]>) -> Seen {
    let profile = crate::server::profile::read(profile).expect("a sound profile");
    read_by(&profile, Cursor::new(bytes.as_ref().to_vec()), Limits::default())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\"><channel>\
         <title>Shop</title>{items}</channel></rss>"
    )
}

fn atom(entries: &str) -> String {
    format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:g=\"http://base.google.com/ns/1.0\">\
         <title>Shop</title><link href=\"https://shop.example\"/>{entries}</feed>"
    )
}

fn pairs(pairs: &[(&str, &str)]) -> Attributes {
    Attributes(
        pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect(),
    )
}

#[test]
fn the_same_record_is_read_from_every_format_and_packing() {
    let expected = vec![pairs(&[
        ("id", "A 1"),
        ("title", "Mug \"blue\", 1 l"),
        ("price", "5.00 EUR"),
    ])];
    let csv = "id,title,price\nA 1,\"Mug \"\"blue\"\", 1 l\",5.00 EUR\n";
    let tsv = "ID\tg:Title\tPrice\r\nA 1\t\"Mug \"\"blue\"\", 1 l\"\t5.00 EUR\r\n";
    let semicolon = "id;title;price\nA 1;\"Mug \"\"blue\"\", 1 l\";5.00 EUR";
    let pipe = "id|title|price\nA 1|Mug \"blue\", 1 l|5.00 EUR\n";
    let item =
        "<g:id>A 1</g:id><title>Mug &quot;blue&#34;, 1 l</title><g:price><![CDATA[5.00 EUR]]></g:price>";
    let (rss, atom) = (
        rss(&format!("<item>{item}</item>")),
        atom(&format!("<entry>{item}</entry>")),
    );
    for (text, format) in [
        (csv, Format::Csv),
        (tsv, Format::Tsv),
        (semicolon, Format::Csv),
        (pipe, Format::Csv),
        (&rss, Format::Rss),
        (&atom, Format::Atom),
    ] {
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes()), marked] {
            let seen = read(&bytes);
            assert_eq!(seen.refusal, None, "{text}");
            assert_eq!(
                (seen.format, seen.encoding.as_deref()),
                (Some(format), Some("utf-8"))
            );
            assert_eq!(seen.attributes(), expected, "{text}");
            assert_eq!(seen.bytes, bytes.len() as u64);
        }
    }
}

#[test]
fn size_and_hash_are_those_of_the_bytes_as_received() {
    let seen = read("");
    assert_eq!(
        seen.sha256,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let refused_early = read("<html>".repeat(100_000));
    assert_eq!(
        (refused_early.code(), refused_early.bytes),
        (Some("FILE_HTML"), 600_000)
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn damaged_files_are_refused_whole_with_their_code_and_place() {
    let utf16 = |text: &str| -> Vec<u8> {
        [0xff, 0xfe]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
            .collect()
    };
    let packed = gzip("id,title\n1,x\n".repeat(1000).as_bytes());
    let mut flipped = packed.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 0xff;
    let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
    let cases: &[(&str, Vec<u8>, &str, Option<u64>)] = &[
        ("nothing", vec![], "FILE_EMPTY", Some(0)),
        ("white space", b" \r\n\t\n".to_vec(), "FILE_EMPTY", Some(0)),
        ("a header alone", b"id,title\n".to_vec(), "FILE_EMPTY", Some(9)),
        (
            "a channel without items",
            rss("").into_bytes(),
            "FILE_EMPTY",
            None,
        ),
        (
            "a page",
            b" <!DOCTYPE html><html><body>404".to_vec(),
            "FILE_HTML",
            Some(0),
        ),
        (
            "a page without a type",
            b"<html><body>404".to_vec(),
            "FILE_HTML",
            Some(0),
        ),
        (
            "an old workbook",
            vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1],
            "FILE_XLS",
            Some(0),
        ),
        (
            "a zip that is none",
            b"PK\x03\x04......feed.csv".to_vec(),
            "FILE_COMPRESSION",
            None,
        ),
        (
            "other XML",
            b"<offers><o/></offers>".to_vec(),
            "FILE_FORMAT",
            Some(0),
        ),
        (
            "a cut gzip",
            packed[..packed.len() / 2].to_vec(),
            "FILE_COMPRESSION",
            None,
        ),
        (
            "a gzip without its trailer",
            packed[..packed.len() - 8].to_vec(),
            "FILE_COMPRESSION",
            None,
        ),
        (
            "a gzip whose checksum is wrong",
            flipped,
            "FILE_COMPRESSION",
            None,
        ),
        ("an empty gzip", gzip(b""), "FILE_EMPTY", Some(0)),
        (
            "no id among the names",
            b"sku,title\n1,x\n".to_vec(),
            "FILE_HEADER",
            Some(0),
        ),
        (
            "no header",
            b"1,Mug,5.00 EUR\n2,Cup,6.00 EUR\n".to_vec(),
            "FILE_HEADER",
            Some(0),
        ),
        (
            "a name twice",
            b"id,title,Title\n1,x,y\n".to_vec(),
            "FILE_DUP_HEADER",
            Some(0),
        ),
        (
            "a row cut short",
            b"id,title,price\n1,x,2\n2,y".to_vec(),
            "FILE_TRUNCATED",
            Some(21),
        ),
        (
            "an open quote",
            b"id,title\n1,x\n2,\"y\n3,z\n".to_vec(),
            "FILE_TRUNCATED",
            Some(15),
        ),
        (
            "Latin-1",
            b"id,title\n1,caf\xe9 cr\xe8me\n".to_vec(),
            "FILE_ENCODING",
            Some(14),
        ),
        (
            "Latin-1 in XML",
            b"<rss><channel><item><id>\xe9</id>".to_vec(),
            "FILE_ENCODING",
            Some(24),
        ),
        (
            "XML cut in a tag",
            b"<rss><channel><item><id>1</i".to_vec(),
            "FILE_TRUNCATED",
            None,
        ),
        (
            "XML cut in a text",
            b"<rss><channel><item><id>1".to_vec(),
            "FILE_TRUNCATED",
            Some(25),
        ),
        (
            "XML cut between items",
            rss("<item><g:id>1</g:id></item>")[..130].into(),
            "FILE_TRUNCATED",
            None,
        ),
        (
            "tags that cross",
            b"<rss><channel><item></channel></item></rss>".to_vec(),
            "FILE_XML",
            None,
        ),
        (
            "an unknown entity",
            rss("<item><g:id>&nbsp;</g:id></item>").into_bytes(),
            "FILE_XML",
            None,
        ),
        (
            "a document type",
            b"<!DOCTYPE rss [<!ENTITY a \"b\">]><rss/>".to_vec(),
            "FILE_XML",
            None,
        ),
        (
            "elements too deep",
            rss(&format!("<item>{deep}</item>")).into_bytes(),
            "FILE_XML",
            None,
        ),
        (
            "two roots",
            format!("{}<rss/>", rss("<item/>")).into_bytes(),
            "FILE_XML",
            None,
        ),
        (
            "UTF-16 cut in a letter",
            utf16("id,title\n1,x\n")[..21].to_vec(),
            "FILE_ENCODING",
            None,
        ),
    ];
    for (name, bytes, code, offset) in cases {
        let seen = read(bytes);
        assert_eq!(seen.code(), Some(*code), "{name}: {:?}", seen.refusal);
        if offset.is_some() {
            assert_eq!(seen.offset(), *offset, "{name}: {:?}", seen.refusal);
        }
        // The same when it comes in small pieces.
        let slow = read_with(Trickle(Cursor::new(bytes.clone()), 1), Limits::default());
        assert_eq!(slow.refusal, seen.refusal, "{name}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_refused_with_the_encoding_they_look_like() {
    let (text, _, _) = encoding_rs::WINDOWS_1252.encode("id,title\n1,Café crème à l’ancienne – déjà vu\n");
    let seen = read(&text);
    let message = seen.refusal.expect("refused").message;
    assert!(
        message.contains("windows-1252") && message.contains("offset 14"),
        "{message}"
    );
}

#[test]
fn of_a_file_without_a_header_and_in_another_encoding_the_encoding_is_told_first() {
    let mut text = b"b1,picture viewer,10\n".repeat(20_000);
    let seen = read(&text);
    assert_eq!((seen.code(), seen.offset()), (Some("FILE_HEADER"), Some(0)));
    text.extend_from_slice(b"b2,picture viewer\xae for all your pictures\x99,10\n");
    let seen = read(&text);
    assert_eq!(
        (seen.code(), seen.offset()),
        (Some("FILE_ENCODING"), Some(420_017))
    );
    assert!(seen.refusal.expect("refused").message.contains("windows-1252"));
}

/// A mark and line ends once made the reader look for a header for ever.
#[test]
fn a_file_of_a_mark_and_line_ends_is_empty() {
    for bytes in [&b"\xef\xbb\xbf\n"[..], b"\xff\xfe\n\0\r\0", b"\xef\xbb\xbf"] {
        assert_eq!(read(bytes).code(), Some("FILE_EMPTY"), "{bytes:?}");
    }
}

/// A last carriage return without its line feed once made the reader look at it for ever.
#[test]
fn a_carriage_return_that_ends_a_file_ends_its_last_row() {
    for bytes in ["id\n1\n\r", "id\n1\r", "id\r\n1\r\n\r"] {
        let seen = read(bytes);
        assert_eq!((seen.refusal.clone(), seen.ids()), (None, vec!["1"]), "{bytes:?}");
    }
    let seen = read("id,title\r\n1,Mug\r");
    let mug = pairs(&[("id", "1"), ("title", "Mug")]);
    assert_eq!((seen.refusal.clone(), seen.attributes()), (None, vec![mug]));
    assert_eq!(read("id,title\n1\r").code(), Some("FILE_TRUNCATED"));
}

#[test]
fn other_encodings_are_read_when_a_mark_or_a_declaration_names_them() {
    let text = "id,title\n1,Größe\n";
    let utf16: Vec<u8> = [0xfe, 0xff]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_be_bytes))
        .collect();
    let seen = read(&utf16);
    assert_eq!(seen.attributes(), [pairs(&[("id", "1"), ("title", "Größe")])]);
    assert_eq!(seen.encoding.as_deref(), Some("utf-16be"));
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><rss><channel><item><id>Gr\xf6\xdfe</id></item></channel></rss>";
    let seen = read(latin);
    assert_eq!(seen.ids(), ["Größe"]);
    assert_eq!(seen.encoding.as_deref(), Some("windows-1252"));
}

#[test]
fn rows_know_their_number_line_and_offset() {
    let text = "id,title\n1,\"two\nlines\"\n\n2,x\r\n3,y";
    let seen = read(text);
    let places: Vec<_> = seen
        .records
        .iter()
        .map(|r| {
            (
                r.position().index,
                r.position().line,
                r.position().offset,
                r.original(),
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            (1, 2, 9, "1,\"two\nlines\""),
            (2, 5, 24, "2,x"),
            (3, 6, 29, "3,y")
        ]
    );
    let marked = read([b"\xef\xbb\xbf", text.as_bytes()].concat());
    assert_eq!(marked.records[0].position().offset, 12);
}

#[test]
fn items_know_their_number_and_their_bytes() {
    let text = rss("<item><g:id>1</g:id></item>\n <item>\n<g:id>é</g:id><!-- </item> --></item>");
    let seen = read(&text);
    for (index, record) in seen.records.iter().enumerate() {
        let position = record.position();
        assert_eq!(position.index, index as u64 + 1);
        let start = usize::try_from(position.offset).expect("small");
        assert!(text[start..].starts_with(record.original()));
        assert!(record.original().starts_with("<item>") && record.original().ends_with("</item>"));
    }
    assert_eq!(seen.ids(), ["1", "é"]);
}

#[test]
fn a_row_of_a_wrong_shape_is_damaged_and_the_rest_of_the_file_is_not() {
    let seen = read("id,title,price\n1,x,2\n2,y\n3,z,4,5\n4,w,6\n");
    assert_eq!(seen.ids(), ["1", "2", "3", "4"]);
    let damage: Vec<_> = seen.records.iter().map(|r| r.damage().cloned()).collect();
    let columns = |found| Some(Damage::Columns { found, expected: 3 });
    assert_eq!(damage, [None, columns(2), columns(4), None]);
}

#[test]
fn a_stray_quote_costs_its_own_record_and_no_other() {
    for (text, ids, lines) in [
        // In the middle of a quoted field.
        (
            "id,title,x\n1,\"iPhone 5\" screen\",a\n2,b,c\n",
            vec!["1", "2"],
            vec![2, 3],
        ),
        // Never closed, and closed by a later row's quote.
        (
            "id,title,x\n1,\"open,a\n2,\"b\",c\n3,d,e\n",
            vec!["1", "2", "3"],
            vec![2, 3, 4],
        ),
        // In the second line of a field that has three.
        (
            "id,title,x\n1,\"a\nb 5\" c\nd\",e\n2,f,g\n",
            vec!["1", "2"],
            vec![2, 5],
        ),
        // In the last row.
        ("id,title,x\n1,a,b\n2,\"c\" d,e\n", vec!["1", "2"], vec![2, 3]),
    ] {
        for step in [1, 7, 1 << 20] {
            let seen = read_with(
                Trickle(Cursor::new(text.as_bytes().to_vec()), step),
                Limits::default(),
            );
            assert_eq!(seen.refusal, None, "{text}");
            assert_eq!(seen.ids(), ids, "{text}");
            let found: Vec<_> = seen.records.iter().map(|r| r.position().line).collect();
            assert_eq!(found, lines, "{text}");
            let damaged = seen
                .records
                .iter()
                .filter(|r| matches!(r.damage(), Some(Damage::Quote { column: 2 })));
            assert_eq!(damaged.count(), 1, "{text}");
        }
    }
}

#[test]
fn a_quote_inside_an_unquoted_field_is_a_letter() {
    let seen = read("id,title\n1,15\" screen\n2,\"\"\n3,a\"\"b\n");
    let titles: Vec<_> = seen
        .records
        .iter()
        .map(|r| r.get("title").unwrap_or("-"))
        .collect();
    assert_eq!(titles, ["15\" screen", "", "a\"\"b"]);
    assert!(seen.records.iter().all(|r| r.damage().is_none()));
}

#[test]
fn elements_with_children_become_what_rows_have() {
    let seen = read(rss(
        "<item><g:id>1</g:id><g:shipping><g:price>3.50 USD</g:price><g:country>US</g:country></g:shipping>\
         <g:shipping><g:country>CA</g:country><g:price>9 USD</g:price></g:shipping>\
         <description>A <b>bold</b> mug</description></item>",
    ));
    let expected = pairs(&[
        ("id", "1"),
        ("shipping", "US:::3.50 USD"),
        ("shipping", "CA:::9 USD"),
        ("description", "A bold mug"),
    ]);
    assert_eq!(seen.attributes(), [expected]);
}

#[test]
fn the_traps_of_atom_are_known() {
    let seen = read(atom(
        "<entry><id>tag:entry</id><g:id>1</g:id><link rel='enclosure' href='x'/><link href='https://a.example/?a=1&amp;b=2'/>\
         <content>long</content><summary>short</summary></entry><entry><id>tag:only</id></entry>",
    ));
    let first = &seen.records[0];
    assert_eq!(first.get("id"), Some("1"));
    assert_eq!(first.get("link"), Some("https://a.example/?a=1&b=2"));
    assert_eq!(first.get("description"), Some("short"));
    assert_eq!(seen.records[1].get("id"), None);
}

#[test]
fn the_namespace_counts_and_not_the_prefix() {
    let text =
        "<rss xmlns:x='http://base.google.com/ns/1.0'><channel><item><x:id>1</x:id></item></channel></rss>";
    assert_eq!(read(text).ids(), ["1"]);
    for (declared, bound_to) in [
        ("", ""),
        (
            " xmlns:g='https://base.google.com/ns/1.0/'",
            "https://base.google.com/ns/1.0/",
        ),
    ] {
        let seen = read(format!(
            "<rss{declared}><channel><item><g:id>1</g:id></item></channel></rss>"
        ));
        let damage = Damage::Namespace {
            bound_to: bound_to.to_owned(),
        };
        assert_eq!(seen.records[0].damage(), Some(&damage), "{:?}", seen.refusal);
    }
}

#[test]
fn limits_hold_whatever_the_file_tries() {
    let limits = Limits {
        unpacked: 100_000,
        record: 10_000,
        ..Limits::default()
    };
    let small = |bytes: Vec<u8>| read_with(Cursor::new(bytes), limits);
    let rows = "id,title\n".to_owned() + &"1,x\n".repeat(50_000);
    assert_eq!(small(rows.into_bytes()).code(), Some("FILE_SIZE"));
    let line = format!("id,title\n1,{}\n2,x\n", "x".repeat(50_000));
    assert_eq!(small(line.into_bytes()).code(), Some("FILE_SIZE"));
    let item = rss(&format!("<item><g:id>{}</g:id></item>", "x".repeat(50_000)));
    assert_eq!(small(item.into_bytes()).code(), Some("FILE_SIZE"));
    let bomb = gzip(&vec![b'0'; 20 << 20]);
    let ratio = read_with(
        Cursor::new(bomb),
        Limits {
            ratio: 10,
            ..Limits::default()
        },
    );
    assert!(
        matches!(
            ratio.code(),
            Some("FILE_COMPRESSION" | "FILE_SIZE" | "FILE_FORMAT")
        ),
        "{:?}",
        ratio.refusal
    );
    let columns = "id,".to_owned() + &",".repeat(100_000) + "\n1\n";
    assert_eq!(read(columns).code(), Some("FILE_HEADER"));
}

#[test]
fn a_failing_source_is_no_word_about_the_file() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    for head in [
        b"id,title\n1,x\n".to_vec(),
        gzip(&[b'x'; 1000])[..20].to_vec(),
        rss("")[..60].into(),
    ] {
        let (mut reader, opened) = open(
            Cursor::new(head).chain(Fails),
            Limits::default(),
            &Profile::default(),
        );
        let outcome = opened.and_then(|()| reader.read(&mut RawRecord::default()));
        assert!(matches!(outcome, Err(Stop::Failed(_))), "{outcome:?}");
    }
}

fn shards() -> impl Strategy<Value = Vec<u8>> {
    let shard = prop_oneof![
        Just(b"id,title\n".to_vec()),
        Just(b"id\n".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\x0c\x0b\x00".to_vec()),
        Just(b",".to_vec()),
        Just(b"<rss xmlns:g='http://base.google.com/ns/1.0'><channel>".to_vec()),
        Just(b"<feed xmlns='http://www.w3.org/2005/Atom'>".to_vec()),
        Just(b"<item>".to_vec()),
        Just(b"<g:id>".to_vec()),
        Just(b"</g:id>".to_vec()),
        Just(b"</item>".to_vec()),
        Just(b"<entry>".to_vec()),
        Just(b"<![CDATA[".to_vec()),
        Just(b"]]>".to_vec()),
        Just(b"&amp;&#x41;".to_vec()),
        Just(b"\xff\xfe".to_vec()),
        Just(b"[{\"id\":".to_vec()),
        Just(b"{\"products\":[".to_vec()),
        Just(b"\"a\\\"b\"},{".to_vec()),
        Just(b"]}".to_vec()),
        Just(b"\x1f\x8b\x08".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..20),
        "[ -~]{0,20}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(shard, 0..40).prop_map(|shards| shards.concat())
}

proptest! {
    #[test]
    fn any_bytes_end_in_records_or_a_refusal_however_they_come(bytes in shards(), step in 1usize..50) {
        let seen = read(&bytes);
        let slow = read_with(Trickle(Cursor::new(bytes), step), Limits::default());
        prop_assert_eq!(slow.refusal, seen.refusal.clone());
        prop_assert_eq!(slow.sha256, seen.sha256);
        if seen.refusal.is_none() {
            let key = |records: &[RawRecord]| -> Vec<_> {
                records.iter().map(|r| (r.position(), r.to_attributes(), r.original().to_owned())).collect()
            };
            prop_assert_eq!(key(&slow.records), key(&seen.records));
        }
    }

    #[test]
    fn what_the_csv_crate_writes_is_read_back(
        cells in proptest::collection::vec(("[a-z]{1,8}", "(?s)[^\0\r]{0,30}", ".{0,12}"), 1..20)
    ) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["id", "title", "price"]).expect("memory");
        for (id, title, price) in &cells {
            writer.write_record([id, title, price]).expect("memory");
        }
        let seen = read(writer.into_inner().expect("memory"));
        prop_assert_eq!(&seen.refusal, &None);
        let expected: Vec<_> = cells
            .iter()
            .map(|(id, title, price)| pairs(&[("id", id), ("title", title), ("price", price)]))
            .collect();
        prop_assert_eq!(seen.attributes(), expected);
    }
}
