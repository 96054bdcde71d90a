//! Reads zip archives, and refuses those that are no feed.

use super::*;
use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, ZipWriter};

const FEED: &[u8] = b"id,title\n1,Mug\n2,Cup\n";

fn zip_by(method: CompressionMethod, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in files {
        writer.start_file(*name, options).expect("memory takes it");
        writer.write_all(bytes).expect("memory takes it");
    }
    writer.finish().expect("memory takes it").into_inner()
}

pub(super) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip_by(CompressionMethod::Deflated, files)
}

#[test]
fn the_one_data_file_of_a_zip_is_read_wherever_it_lies() {
    for bytes in [
        zip(&[("feed.csv", FEED)]),
        zip_by(CompressionMethod::Stored, &[("a/b/feed", FEED)]),
        zip(&[
            ("__MACOSX/._feed.csv", b"x"),
            ("feed.csv", FEED),
            ("a/.DS_Store", b"y"),
        ]),
    ] {
        let seen = read(&bytes);
        assert_eq!(seen.refusal, None);
        assert_eq!(seen.ids(), ["1", "2"]);
        assert_eq!(
            seen.records[1].position().offset,
            15,
            "places are those of the unpacked file"
        );
        assert_eq!(
            seen.bytes,
            bytes.len() as u64,
            "the size is that of what was received"
        );
        let slow = read_with(Trickle(Cursor::new(bytes), 7), Limits::default());
        assert_eq!((slow.refusal.clone(), slow.ids()), (None, vec!["1", "2"]));
    }
}

#[test]
fn a_zip_that_is_damaged_or_not_one_feed_is_refused() {
    let whole = zip(&[("feed.csv", FEED)]);
    let mut flipped = zip_by(CompressionMethod::Stored, &[("feed.csv", FEED)]);
    let at = memchr::memmem::find(&flipped, b"Mug").expect("stored as it is");
    flipped[at] = b'B';
    let mut endless = whole.clone();
    let size = endless.len() - 10;
    endless[size..size + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    for (what, bytes, code) in [
        ("cut short", whole[..whole.len() / 2].to_vec(), "FILE_COMPRESSION"),
        (
            "without its end",
            whole[..whole.len() - 22].to_vec(),
            "FILE_COMPRESSION",
        ),
        ("with a flipped byte", flipped, "FILE_COMPRESSION"),
        ("with an endless list", endless, "FILE_COMPRESSION"),
        (
            "of two files",
            zip(&[("a.csv", FEED), ("b.csv", FEED)]),
            "FILE_COMPRESSION",
        ),
        ("of nothing", zip(&[]), "FILE_COMPRESSION"),
        ("of an empty file", zip(&[("feed.csv", b"")]), "FILE_EMPTY"),
        (
            "of a workbook",
            zip(&[("[Content_Types].xml", b"<a/>"), ("xl/workbook.xml", b"<a/>")]),
            "FILE_XLS",
        ),
        (
            "of a packed file",
            zip(&[("feed.csv.gz", &gzip(FEED))]),
            "FILE_FORMAT",
        ),
        ("in a gzip", gzip(&whole), "FILE_FORMAT"),
    ] {
        let seen = read(&bytes);
        assert_eq!(seen.code(), Some(code), "a zip {what}: {:?}", seen.refusal);
        assert_eq!(seen.bytes, bytes.len() as u64, "a zip {what} is hashed whole");
    }
}

#[test]
fn a_zip_that_unpacks_to_more_than_is_fair_is_refused_before_it_fills_anything() {
    let mut feed = FEED.to_vec();
    feed.extend(b"3,Bowl\n".repeat(1 << 20));
    let bomb = zip(&[("feed.csv", &feed)]);
    let fair = Limits {
        ratio: 10,
        ..Limits::default()
    };
    let seen = read_with(Cursor::new(bomb.clone()), fair);
    assert_eq!(seen.code(), Some("FILE_COMPRESSION"));
    assert!(seen.records.len() < 400_000, "{}", seen.records.len());
    let small = Limits {
        unpacked: 1 << 20,
        ..Limits::default()
    };
    assert_eq!(read_with(Cursor::new(bomb), small).code(), Some("FILE_SIZE"));
}
