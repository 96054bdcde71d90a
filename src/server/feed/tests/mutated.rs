//! Throws damaged and hostile files at every reader: whatever comes, it ends in a verdict, and
//! no more of it is held than a record may have.

use super::zipped::zip;
use super::*;

/// A sequence of numbers that is the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below.max(1) as u64).expect("small")
    }
}

/// Damages a file in one of the ways that files are damaged in.
fn mutate(bytes: &mut Vec<u8>, chance: &mut Chance) {
    const SHARDS: &[&[u8]] = &[
        b"\"",
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"<![CDATA[",
        b"]]>",
        b"&#x0;",
        b"&a;",
        b"<!DOCTYPE a [<!ENTITY a 'b'>]>",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\\",
        b"\\ud800",
        b",,,,",
        b"\r",
        b"\n",
        b"<a>",
        b"</a>",
        b"1e999",
        b"PK\x03\x04",
        b"\x1f\x8b",
    ];
    let length = bytes.len();
    let (at, to) = (chance.next(length), chance.next(length));
    let (at, to) = (at.min(to), at.max(to));
    match chance.next(6) {
        0 => bytes.truncate(at),
        1 => bytes
            .iter_mut()
            .skip(at)
            .take(1 + to % 3)
            .for_each(|byte| *byte ^= 1 << (to % 8)),
        2 => bytes.extend_from_within(at..to),
        3 => drop(bytes.drain(at..to)),
        4 => {
            // Something inside itself.
            let part = bytes[at..to].to_vec();
            bytes.splice(at..at, part);
        }
        _ => drop(bytes.splice(at..at, SHARDS[chance.next(SHARDS.len())].iter().copied())),
    }
}

const PATH: &str = "record = \"/a/o | /a/*/o\"\ndecimal = \",\"\n[map]\n\"@id\" = \"id\"\nx = \"\"\n[fixed]\nbrand = \"B\"\n";
const COLUMNS: &str = "columns = [\"id\", \"title\", \"\", \"price\"]\ncurrency = \"EUR\"\n";

/// A sound file for each reader.
fn sound() -> Vec<(&'static str, Vec<u8>)> {
    let csv: String = (0..20)
        .map(|n| format!("{n},\"Mug \"\"{n}\"\", é\",x,\"1,5\"\r\n"))
        .collect::<Vec<_>>()
        .concat();
    let item = "<g:id>1</g:id><title>M &amp; <![CDATA[<b>]]></title><g:shipping><g:country>US</g:country></g:shipping>";
    let path =
        "<a><p><o id='1'><x>1</x><price>1,5</price><m k='v'><i name='n'>é</i></m></o></p><o id='2'/></a>";
    let json = r#"{"at": 1, "products": [{"id": "1", "price": {"amountMicros": "5000000", "currencyCode": "EUR"}}, {"id": 2, "x": [1, {"y": null}]}]}"#;
    let lines = "{\"id\": \"é\"}\n{\"id\": 2, \"a\": {\"b\": [true]}}\n".repeat(5);
    let headed = format!("id,title,x,price\r\n{csv}");
    let wide: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(headed.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    vec![
        ("", headed.clone().into_bytes()),
        (COLUMNS, csv.into_bytes()),
        ("encoding = \"shift_jis\"\n", headed.clone().into_bytes()),
        ("", wide),
        ("", rss(&format!("<item>{item}</item>").repeat(5)).into_bytes()),
        ("", atom(&format!("<entry>{item}</entry>").repeat(5)).into_bytes()),
        (PATH, path.as_bytes().to_vec()),
        ("", json.as_bytes().to_vec()),
        ("", lines.into_bytes()),
        ("", gzip(headed.as_bytes())),
        ("", zip(&[("feed", headed.as_bytes())])),
    ]
}

#[test]
fn a_damaged_file_always_ends_in_a_verdict() {
    let mut chance = Chance(0x5eed);
    for (profile, sound) in sound() {
        let profile = crate::server::profile::read(profile).expect("sound");
        let seen = read_by(&profile, Cursor::new(sound.clone()), Limits::default());
        assert_eq!(seen.refusal, None, "{}", String::from_utf8_lossy(&sound));
        for _ in 0..150 {
            let mut bytes = sound.clone();
            for _ in 0..=chance.next(4) {
                mutate(&mut bytes, &mut chance);
            }
            let whole = read_by(&profile, Cursor::new(bytes.clone()), Limits::default());
            let step = 1 + chance.next(40);
            let slow = read_by(
                &profile,
                Trickle(Cursor::new(bytes.clone()), step),
                Limits::default(),
            );
            assert_eq!(
                whole.refusal,
                slow.refusal,
                "{step}: {}",
                String::from_utf8_lossy(&bytes)
            );
            assert_eq!(whole.sha256, slow.sha256);
        }
    }
}

/// Bytes before and behind very many others, which exist nowhere at once.
fn around(head: &str, filling: &[u8], length: usize, tail: &str) -> impl Read + Send + 'static {
    struct Filling(Vec<u8>, usize, usize);
    impl Read for Filling {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(self.2 - self.1);
            for byte in &mut buffer[..length] {
                *byte = self.0[self.1 % self.0.len()];
                self.1 += 1;
            }
            Ok(length)
        }
    }
    Cursor::new(head.as_bytes().to_vec())
        .chain(Filling(filling.to_vec(), 0, length))
        .chain(Cursor::new(tail.as_bytes().to_vec()))
}

#[test]
fn a_hostile_file_is_refused_before_much_of_it_was_read() {
    const MANY: usize = 100 << 20;
    let google = "<rss version='2.0' xmlns:g='http://base.google.com/ns/1.0'><channel><item><g:id>";
    for (what, profile, head, filling, tail, code) in [
        ("a field", "", "id,title\n1,", &b"x"[..], "\n", "FILE_SIZE"),
        ("a quoted field", "", "id,title\n1,\"", b"x", "\"\n", "FILE_SIZE"),
        ("a header", "", "id,", b"x", "\n1,2\n", "FILE_FORMAT"),
        ("columns", "", "id", b",a", "\n1\n", "FILE_FORMAT"),
        ("fields in a row", "", "id,title\n1", b",a", "\n", "FILE_SIZE"),
        (
            "text in an element",
            "",
            google,
            b"x",
            "</g:id></item></channel></rss>",
            "FILE_SIZE",
        ),
        ("an attribute", PATH, "<a><o id='", b"x", "'/></a>", "FILE_SIZE"),
        ("attributes", PATH, "<a><o ", b"a='' ", "/></a>", "FILE_SIZE"),
        ("elements in elements", PATH, "<a><o>", b"<b>", "", "FILE_XML"),
        (
            "elements in a record",
            PATH,
            "<a><o>",
            b"<b/>",
            "</o></a>",
            "FILE_XML",
        ),
        ("a comment", PATH, "<a><!--", b"x", "--></a>", "FILE_SIZE"),
        ("a string", "", "[{\"id\":\"", b"x", "\"}]", "FILE_SIZE"),
        ("a name", "", "[{\"", b"x", "\":1}]", "FILE_SIZE"),
        ("a name around", "", "{\"", b"x", "\":1}", "FILE_SIZE"),
        ("lists in lists", "", "[{\"id\":", b"[", "", "FILE_JSON"),
        ("lists around", "", "", b"[", "", "FILE_JSON"),
        ("a number", "", "[{\"id\":", b"1", "}]", "FILE_SIZE"),
    ] {
        let profile = crate::server::profile::read(profile).expect("sound");
        let source = around(head, filling, MANY, tail);
        let (mut reader, opened) = open(source, Limits::default(), &profile);
        let mut record = RawRecord::default();
        let stopped = opened.and_then(|()| {
            while reader.read(&mut record)? {}
            Ok(())
        });
        let Err(Stop::Refused(refusal)) = stopped else {
            panic!("{what}: read to its end")
        };
        assert_eq!(refusal.code, code, "{what}: {refusal}");
        let taken = reader.received.count();
        assert!(taken < 20 << 20, "{what}: {taken} bytes were read");
    }
}

#[test]
fn a_file_that_unpacks_without_end_is_refused_at_a_thousand_times_its_size() {
    // Few long rows: what is tried is unpacking, not cutting.
    let mut rows = vec![b'a'; 16 << 20];
    rows.iter_mut()
        .step_by(1 << 16)
        .for_each(|letter| *letter = b'\n');
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(b"id,title\n").expect("memory");
    for _ in 0..12 {
        gzip.write_all(&rows).expect("memory");
    }
    let packed = gzip.finish().expect("memory");
    let seen = read(&packed);
    assert_eq!(seen.code(), Some("FILE_COMPRESSION"), "{:?}", seen.refusal);
    assert!(seen.offset() < Some(200 << 20), "{:?}", seen.offset());
}

#[test]
fn an_entity_that_grows_is_never_declared() {
    let xml = "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><a><o id='1'><t>&b;</t></o></a>";
    assert_eq!(by(PATH, xml).code(), Some("FILE_XML"));
    assert_eq!(
        by(PATH, "<a><o id='1'><t>&b;</t></o></a>").code(),
        Some("FILE_XML")
    );
}
