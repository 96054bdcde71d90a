//! Whole files, and rows whose form is damaged.

use super::{Case, Fixture};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

fn case(code: &'static str, fails: impl Into<Vec<u8>>, passes: impl Into<Vec<u8>>) -> Case {
    Case {
        code,
        fails: Fixture::File(fails.into()),
        passes: Fixture::File(passes.into()),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn rss(namespace: &str, items: &str) -> String {
    format!("<rss version=\"2.0\" xmlns:g=\"{namespace}\"><channel>{items}</channel></rss>")
}

const GOOGLE: &str = "http://base.google.com/ns/1.0";

pub(super) fn cases() -> Vec<Case> {
    let packed = gzip("id,title\n1,Mug\n".repeat(100).as_bytes());
    let item = "<item><g:id>1</g:id></item>";
    let nested = |depth: usize| {
        let (open, close) = ("<a>".repeat(depth), "</a>".repeat(depth));
        rss(GOOGLE, &format!("<item><g:id>1</g:id>{open}{close}</item>"))
    };
    let long = |length: usize| format!("id,title\n1,{}\n", "x".repeat(length));
    vec![
        case("FILE_EMPTY", "id,title\n", "id,title\n1,Mug\n"),
        case("FILE_HTML", " <!DOCTYPE html><html></html>", rss(GOOGLE, item)),
        case("FILE_FORMAT", "%PDF-1.7", "id,title\n1,%PDF-1.7\n"),
        case(
            "FILE_XLS",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(),
            "id,xl/workbook.xml\n1,1\n",
        ),
        case("FILE_SIZE", long(20 << 20), long(1 << 20)),
        case("FILE_COMPRESSION", &packed[..packed.len() - 1], packed.as_slice()),
        case(
            "FILE_TRUNCATED",
            "id,title,price\n1,Mug,2\n2,Cup",
            "id,title,price\n1,Mug,2\n2,Cup,",
        ),
        case(
            "FILE_ENCODING",
            b"id,title\n1,caf\xe9\n".as_slice(),
            "id,title\n1,café\n",
        ),
        case("FILE_XML", nested(64), nested(40)),
        case("FILE_JSON", "[{\"id\": 1,}]", "[{\"id\": 1}]"),
        case("FILE_HEADER", "sku,title\n1,Mug\n", "ID,title\n1,Mug\n"),
        case(
            "FILE_DUP_HEADER",
            "id,title,Title\n1,Mug,Cup\n",
            "id,title,titles\n1,Mug,Cup\n",
        ),
        case(
            "FILE_COLUMNS",
            "id,title\n1,Mug,2\n2,Cup\n",
            "id,title\n1,\"Mug,2\"\n2,Cup\n",
        ),
        case(
            "FILE_CSV_QUOTE",
            "id,title\n1,\"iPhone 5\" screen\"\n2,Cup\n",
            "id,title\n1,\"iPhone 5\"\" screen\"\n2,Cup\n",
        ),
        case(
            "FILE_UNKNOWN_COLUMN",
            "id,title,lager\n1,Mug,7\n",
            "id,title,lager\n1,Mug,\n",
        ),
        case(
            "FILE_JSON_LINE",
            "{\"id\": 1}\n{\"id\": 2,}\n{\"id\": 3}\n",
            "{\"id\": 1}\n{\"id\": 2}\n{\"id\": 3}\n",
        ),
        case(
            "FILE_NS",
            rss("https://base.google.com/ns/1.0", item),
            rss(GOOGLE, item),
        ),
    ]
}
