//! Where records of converted files stood: at their offset the file as sent has their bytes.

use super::*;
use crate::server::feed::encoding::Encoding;
use encoding_rs::{GB18030, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text in an encoding, with the mark that UTF-16 is known by.
fn encoded(coding: &'static encoding_rs::Encoding, text: &str) -> Vec<u8> {
    let units = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        mark.into_iter()
            .chain(text.encode_utf16().flat_map(bytes))
            .collect()
    };
    if coding == UTF_16LE {
        units([0xff, 0xfe], u16::to_le_bytes)
    } else if coding == UTF_16BE {
        units([0xfe, 0xff], u16::to_be_bytes)
    } else {
        coding.encode(text).0.into_owned()
    }
}

/// Rows, elements, a list of objects and an object a line with these titles.
fn files(titles: &[String]) -> [String; 4] {
    let each = |of: &dyn Fn(usize, &str) -> String, between: &str| {
        let all: Vec<_> = titles.iter().enumerate().map(|(n, title)| of(n, title)).collect();
        all.join(between)
    };
    let object = |n: usize, title: &str| format!("{{\"id\":\"{n}\",\"title\":\"{title}\"}}");
    [
        format!("id,title\n{}\n", each(&|n, title| format!("{n},{title}"), "\r\n")),
        format!(
            "<products>{}</products>",
            each(
                &|n, title| format!("<item><id>{n}</id><title>{title}</title></item>"),
                " \u{e9} "
            )
        ),
        format!("[{}]", each(&object, " , ")),
        each(&object, "\n"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn at_the_offset_of_a_record_the_file_as_sent_has_its_bytes(
        titles in proptest::collection::vec("[a-zéà]{0,40}", 1..60),
        wide in proptest::collection::vec("[aあ漢ж]{1,40}", 1..60),
        wider in proptest::collection::vec("[aé漢𝄞]{1,40}", 1..60),
        step in 1_usize..5000,
    ) {
        for (coding, titles) in [
            (WINDOWS_1252, &titles),
            (SHIFT_JIS, &wide),
            (GB18030, &wider),
            (UTF_16LE, &wider),
            (UTF_16BE, &wider),
        ] {
            // What stands between the elements is not in every encoding.
            let files = files(titles).map(|text| if coding == SHIFT_JIS { text.replace('é', "漢") } else { text });
            for text in files {
                let bytes = encoded(coding, &text);
                let name = Encoding::named(coding.name()).expect("a name").name;
                let profile = Profile {
                    encoding: Some(name.to_owned()),
                    record: text.starts_with('<').then(|| "/products/item".to_owned()),
                    ..Profile::default()
                };
                let seen = read_by(&profile, Trickle(Cursor::new(bytes.clone()), step), Limits::default());
                prop_assert!(seen.refusal.is_none(), "{:?} of {text}", seen.refusal);
                prop_assert_eq!(seen.records.len(), titles.len());
                for record in &seen.records {
                    let offset = usize::try_from(record.position().offset).expect("small");
                    let (there, _) = coding.decode_without_bom_handling(&bytes[offset..]);
                    prop_assert!(
                        there.starts_with(record.original()) && !record.original().is_empty(),
                        "{} at {offset}: {:?} instead of {:?}", coding.name(), &there[..there.floor_char_boundary(40)], record.original()
                    );
                }
            }
        }
    }
}

#[test]
fn a_refusal_of_a_converted_file_names_the_byte_of_the_file_as_sent() {
    let text = "id,title\n1,éééé\n2,\"mug";
    let profile = Profile {
        encoding: Some("windows-1252".to_owned()),
        ..Profile::default()
    };
    let seen = read_by(
        &profile,
        Cursor::new(encoded(WINDOWS_1252, text)),
        Limits::default(),
    );
    let quote = text.chars().position(|letter| letter == '"').expect("a quote") as u64;
    assert_eq!(
        (seen.code(), seen.offset()),
        (Some("FILE_TRUNCATED"), Some(quote))
    );
    // A byte that is none of the encoding's is named as it stands already.
    let mut bytes = encoded(UTF_16LE, "id,title\n1,\u{e9}\u{e9}\n");
    bytes.extend([0x00, 0xd8, 0x41, 0x00]);
    let seen = read(&bytes);
    assert_eq!(seen.code(), Some("FILE_ENCODING"));
    assert!(
        seen.offset().expect("an offset") >= bytes.len() as u64 - 4,
        "{:?}",
        seen.refusal
    );
}
