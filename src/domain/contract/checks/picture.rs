//! Asks for pictures that can be shown: large enough, and not too large, where somebody has looked at them.

use super::category::Kind;
use super::rule;
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::pictures::{LONGEST_ASKED, MOST_BYTES, MOST_PIXELS, Picture};
use crate::domain::contract::{Check, Contract, Threshold};
use crate::domain::record::Attribute;
use chrono::{DateTime, Utc};

/// The rules of `image_link` that need a look at the picture.
pub static PICTURE: Check = Check {
    name: "picture",
    attributes: &[],
    rules: &[&IMG_SMALL, &IMG_LARGE],
    run: check,
};

rule!(IMG_SMALL: Error on "image_link", "Picture too small",
"The picture has a side of fewer than 100 pixels, or of 250 for clothes and what is worn with them; from 31 January \
 2027, of 500 for every product. Receivers refuse it. Only pictures that were looked at are judged: where that is \
 switched on for the feed, each is, some time after its first file.",
"A picture with at least 100 pixels on each side, 250 for clothes, and better 500.",
valid: &[&[("image_link", "https://shop.example/images/800x600.jpg")]],
invalid: &[
    &[("image_link", "https://shop.example/images/99x800.jpg")],
    &[
        ("image_link", "https://shop.example/images/249x249.jpg"),
        ("google_product_category", "Apparel & Accessories > Clothing > Dresses"),
        ("color", "red"), ("gender", "female"), ("age_group", "adult"), ("size", "M"),
    ],
],
"Send the address of a larger picture; one that was blown up does not look better.",
threshold: Threshold {
    name: "shortest side",
    unit: "pixels",
    default: 100,
    least: 1,
    most: LONGEST_ASKED,
});

rule!(IMG_LARGE: Error on "image_link", "Picture too large",
    "The picture has more than 64 million pixels, or its file more than 16 MB. Receivers refuse it. Only pictures that \
     were looked at are judged.",
    "A picture of at most 64 megapixels and 16 MB.",
    valid: &[&[("image_link", "https://shop.example/images/800x600.jpg")]],
    invalid: &[
        &[("image_link", "https://shop.example/images/8001x8000.jpg")],
        &[("image_link", "https://shop.example/images/17-megabytes.jpg")],
    ],
    "Send a picture as it is shown on the product's page; 2000 pixels on a side are plenty.");

/// From when the first side that every picture is asked for is longer: 31 January 2027.
const LONGER_FROM: DateTime<Utc> = DateTime::from_timestamp(1_801_353_600, 0).expect("a time");

/// The longest side that a contract asks any picture for at a time, in pixels: nothing is said of one
/// that has it and is not too large.
pub fn longest_asked(contract: &Contract, now: DateTime<Utc>) -> u32 {
    let own = contract.standing(&IMG_SMALL, now).threshold;
    own.max(if now >= LONGER_FROM { 500 } else { 250 })
}

/// The side that a picture is asked for, in pixels.
fn asked(look: &Look<'_>) -> u32 {
    let plain = u32::try_from(look.threshold(&IMG_SMALL)).unwrap_or(LONGEST_ASKED);
    if look.now() >= LONGER_FROM {
        plain.max(500)
    } else if matches!(Kind::of_record(look), Kind::Clothing | Kind::Accessory) {
        plain.max(250)
    } else {
        plain
    }
}

fn check(look: &mut Look<'_>) {
    let Some(pictures) = look.pictures() else { return };
    let Some((url, picture)) = look
        .value(Attribute::ImageLink)
        .and_then(|url| Some((url, pictures.find(url)?)))
    else {
        return;
    };
    let Picture { width, height, bytes } = picture;
    let asked = asked(look);
    if picture.side() < asked {
        look.report(
            &IMG_SMALL,
            url,
            None,
            format_args!(
                "Picture {} has {width} × {height} pixels; at least {asked} × {asked} are asked for.",
                Quoted(url)
            ),
        );
    }
    if picture.pixels() > MOST_PIXELS {
        look.report(
            &IMG_LARGE,
            url,
            None,
            format_args!(
                "Picture {} has {width} × {height} pixels; at most {} million are taken.",
                Quoted(url),
                MOST_PIXELS / 1_000_000
            ),
        );
    } else if bytes > MOST_BYTES {
        look.report(
            &IMG_LARGE,
            url,
            None,
            format_args!(
                "Picture {} is a file of {}.{} MB; at most {} are taken.",
                Quoted(url),
                bytes / 1_000_000,
                bytes / 100_000 % 10,
                MOST_BYTES / 1_000_000
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::{Checker, Known, Override, Pictures, example};
    use std::sync::Arc;

    const URL: &str = "https://shop.example/p.jpg";

    fn codes(
        picture: Picture,
        changes: &[(&str, &str)],
        contract: &Contract,
        now: DateTime<Utc>,
    ) -> Vec<String> {
        let pictures: Pictures = [(Pictures::key(URL), picture)].into_iter().collect();
        let known = Known::default().seeing(Arc::new(pictures));
        let mut record = vec![("image_link", URL)];
        record.extend(changes);
        let checked = Checker::new(contract, now)
            .knowing(known)
            .check(&example::record(&record));
        let found = checked.violations().map(|v| v.code.into_owned());
        found.filter(|code| code.starts_with("IMG_")).collect()
    }

    fn of(width: u32, height: u32, bytes: u64) -> Picture {
        Picture { width, height, bytes }
    }

    #[test]
    fn a_picture_is_held_to_the_side_of_its_kind_and_of_the_day() {
        let (contract, today) = (example::contract(), example::moment());
        let clothes = [(
            "google_product_category",
            "Apparel & Accessories > Clothing > Dresses",
        )];
        for (side, changes, now, small) in [
            (100, &[][..], today, false),
            (99, &[][..], today, true),
            (249, &clothes[..], today, true),
            (250, &clothes[..], today, false),
            (499, &[][..], LONGER_FROM, true),
            (500, &[][..], LONGER_FROM, false),
            (
                499,
                &clothes[..],
                LONGER_FROM - chrono::TimeDelta::seconds(1),
                false,
            ),
        ] {
            let expected: &[&str] = if small { &["IMG_SMALL"] } else { &[] };
            assert_eq!(
                codes(of(side, 2_000, 0), changes, &contract, now),
                expected,
                "{side} {changes:?}"
            );
            assert_eq!(
                codes(of(2_000, side, 0), changes, &contract, now),
                expected,
                "{side} {changes:?}"
            );
        }
        assert_eq!(LONGER_FROM.to_string(), "2027-01-31 00:00:00 UTC");
    }

    #[test]
    fn a_picture_is_too_large_by_its_pixels_or_by_its_bytes() {
        let (contract, now) = (example::contract(), example::moment());
        for (picture, large) in [
            (of(8_000, 8_000, 16_000_000), false),
            (of(8_000, 8_001, 0), true),
            (of(800, 800, 16_000_001), true),
            (of(u32::MAX, u32::MAX, u64::MAX), true),
        ] {
            let expected: &[&str] = if large { &["IMG_LARGE"] } else { &[] };
            assert_eq!(codes(picture, &[], &contract, now), expected, "{picture:?}");
            assert_eq!(picture.is_large(), large);
        }
    }

    #[test]
    fn nothing_is_said_of_a_picture_that_has_the_longest_side_that_is_asked_for() {
        let clothes = [(
            "google_product_category",
            "Apparel & Accessories > Clothing > Dresses",
        )];
        for own in [1, 100, 251, 499, 800, 1_000] {
            let mut contract = example::contract();
            let set = Override {
                threshold: Some(own),
                ..Override::default()
            };
            contract.rules.insert("IMG_SMALL".to_owned(), set);
            for now in [example::moment(), LONGER_FROM] {
                let side = longest_asked(&contract, now);
                for changes in [&[][..], &clothes[..]] {
                    let found = codes(of(side, side, MOST_BYTES), changes, &contract, now);
                    assert_eq!(found, Vec::<String>::new(), "{own} {now}");
                }
                let found = codes(of(side - 1, 5_000, 0), &clothes, &contract, now);
                assert_eq!(found, ["IMG_SMALL"], "{own} {now}");
            }
        }
    }
}
