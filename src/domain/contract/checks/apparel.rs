//! Asks of clothes what people must know before they buy them: colour, size, for whom.

use super::category::Kind;
use super::{long, rule, too_long};
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::text::{is_longer, trim};
use crate::domain::contract::{Check, Rule};
use crate::domain::record::Attribute;

/// What clothes must have.
pub static APPAREL: Check = Check {
    name: "apparel",
    attributes: &[Attribute::GoogleProductCategory],
    rules: &[&APPAREL_COLOR, &APPAREL_GENDER, &APPAREL_AGE, &APPAREL_SIZE],
    run: check_apparel,
};

/// The rules of `gender` and `age_group`.
pub static PEOPLE: Check = Check {
    name: "gender, age_group",
    attributes: &[Attribute::Gender, Attribute::AgeGroup],
    rules: &[&APPAREL_GENDER_ENUM, &APPAREL_AGE_ENUM],
    run: check_people,
};

/// The rules of `color`.
pub static COLOR: Check = Check {
    name: "color",
    attributes: &[Attribute::Color],
    rules: &[&COLOR_FORMAT],
    run: check_color,
};

/// The rules of `size`, `size_type` and `size_system`.
pub static SIZE: Check = Check {
    name: "size",
    attributes: &[Attribute::Size, Attribute::SizeType, Attribute::SizeSystem],
    rules: &[&SIZE_LENGTH, &SIZE_TYPE, &SIZE_SYSTEM],
    run: check_size,
};

/// The rules of `material` and `pattern`.
pub static FABRIC: Check = Check {
    name: "material, pattern",
    attributes: &[Attribute::Material, Attribute::Pattern],
    rules: &[&LEN_MATERIAL, &LEN_PATTERN],
    run: check_fabric,
};

/// An example of clothes with all they must have, but for what is named.
const CLOTHES: [(&str, &str); 5] = [
    ("google_product_category", "Apparel & Accessories > Clothing"),
    ("color", "red"),
    ("gender", "unisex"),
    ("age_group", "adult"),
    ("size", "M"),
];

rule!(
    APPAREL_COLOR: Warning on "color",
    "Clothes without a colour",
    "The product is in Apparel & Accessories and has no color. Receivers ask for it in most countries.",
    "color for everything in Apparel & Accessories.",
    valid: &[&CLOTHES],
    invalid: &[&[("google_product_category", "Apparel & Accessories > Handbags"), ("gender", "female"), ("age_group", "adult")]],
    "Send the colour by its name, the main one first."
);
rule!(
    APPAREL_GENDER: Warning on "gender",
    "Clothes without a gender",
    "The product is in Apparel & Accessories and does not say for whom it is. Receivers ask for it in most countries.",
    "gender for everything in Apparel & Accessories.",
    valid: &[&CLOTHES],
    invalid: &[&[("google_product_category", "188"), ("color", "silver"), ("age_group", "adult")]],
    "Send male, female or unisex."
);
rule!(
    APPAREL_AGE: Warning on "age_group",
    "Clothes without an age group",
    "The product is in Apparel & Accessories and does not say for what age it is. Receivers ask for it in most \
     countries.",
    "age_group for everything in Apparel & Accessories.",
    valid: &[&CLOTHES],
    invalid: &[&[("google_product_category", "188"), ("color", "silver"), ("gender", "female")]],
    "Send newborn, infant, toddler, kids or adult."
);
rule!(
    APPAREL_SIZE: Warning on "size",
    "Clothes without a size",
    "The product is in Clothing or Shoes and has no size. Receivers ask for it in most countries.",
    "size for all clothes and shoes.",
    valid: &[&CLOTHES, &[("google_product_category", "188"), ("color", "silver"), ("gender", "female"), ("age_group", "adult")]],
    invalid: &[&[("google_product_category", "1604"), ("color", "red"), ("gender", "unisex"), ("age_group", "adult")]],
    "Send one record for each size, tied together by item_group_id; “one size” where there is one only."
);
rule!(
    APPAREL_GENDER_ENUM: Warning on "gender",
    "Unknown gender",
    "The value is none of the three words and is passed over by receivers.",
    "male, female or unisex.",
    valid: &[&[("gender", "unisex")]],
    invalid: &[&[("gender", "women")], &[("gender", "Female")]],
    "Send the word in English and in small letters."
);
rule!(
    APPAREL_AGE_ENUM: Warning on "age_group",
    "Unknown age group",
    "The value is none of the five words and is passed over by receivers.",
    "newborn, infant, toddler, kids or adult.",
    valid: &[&[("age_group", "kids")]],
    invalid: &[&[("age_group", "12-16")], &[("age_group", "Adult")]],
    "Send the word in English and in small letters."
);
rule!(
    COLOR_FORMAT: Warning on "color",
    "Colour that is no name of one",
    "A colour is a name people know, at most 40 characters; up to three of them are joined by a slash, at most 100 \
     characters together. Numbers, codes and words such as “multi” tell nobody what the product looks like.",
    "One to three names of colours joined by slashes.",
    valid: &[&[("color", "navy/off-white/red")], &[("color", "Rosé")], &[("color", "Blue 2")]],
    invalid: &[
        &[("color", "#ff0000")],
        &[("color", "12")],
        &[("color", "multi")],
        &[("color", "N/A")],
        &[("color", "see image")],
        &[("color", "red/green/blue/white")],
        &[("color", "the colour of the evening sky over the sea")],
    ],
    "Send the name of the colour as people would say it."
);
rule!(
    SIZE_LENGTH: Warning on "size",
    "Size too long",
    "The size has more than 100 characters; most often it lists all sizes there are.",
    "The one size of this record, at most 100 characters.",
    valid: &[&[("size", "XL")], &[("size", "42/44")]],
    invalid: &[&[(
        "size",
        "XS, S, M, L, XL, XXL, 3XL, 4XL, 5XL, 6XL, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62, 64",
    )]],
    "Send one record for each size, tied together by item_group_id."
);
rule!(
    SIZE_TYPE: Warning on "size_type",
    "Unknown size type",
    "The value is none of the six words and is passed over by receivers.",
    "regular, petite, maternity, big, tall or plus; at most two of them.",
    valid: &[&[("size_type", "plus")], &[("size_type", "big,tall")]],
    invalid: &[&[("size_type", "slim")], &[("size_type", "big,tall,plus")]],
    "Send one of the words, or leave the field out."
);
rule!(
    SIZE_SYSTEM: Warning on "size_system",
    "Unknown size system",
    "The value is no country whose sizes are known, and is passed over by receivers.",
    "US, UK, EU, DE, FR, JP, CN, IT, BR, MEX or AU.",
    valid: &[&[("size_system", "EU")]],
    invalid: &[&[("size_system", "ES")], &[("size_system", "Europe")]],
    "Send one of the codes in capitals, or leave the field out."
);
rule!(
    LEN_MATERIAL: Warning on "material",
    "Material too long",
    "The material has more than 200 characters and is cut by receivers.",
    "At most 200 characters.",
    valid: &[&[("material", "wool/nylon")]],
    invalid: &[&[("material", long!(201, "Cotton-"))]],
    "Name the main materials, joined by slashes."
);
rule!(
    LEN_PATTERN: Warning on "pattern",
    "Pattern too long",
    "The pattern has more than 100 characters and is cut by receivers.",
    "At most 100 characters.",
    valid: &[&[("pattern", "striped")]],
    invalid: &[&[("pattern", long!(101, "Striped-"))]],
    "Name the pattern in a word or two."
);

const GENDERS: [&str; 3] = ["female", "male", "unisex"];
const AGES: [&str; 5] = ["adult", "kids", "toddler", "infant", "newborn"];
const SIZE_TYPES: [&str; 6] = ["regular", "petite", "maternity", "big", "tall", "plus"];
const SIZE_SYSTEMS: [&str; 11] = ["US", "UK", "EU", "DE", "FR", "JP", "CN", "IT", "BR", "MEX", "AU"];
/// What people write where they do not want to name a colour.
const NO_COLORS: [&str; 7] = [
    "multi",
    "multicolor",
    "multicolour",
    "multi-color",
    "see image",
    "see picture",
    "none",
];

fn check_apparel(look: &mut Look<'_>) {
    // Nearly every record has all that is asked for, whatever it is.
    const ALL: u128 = 1 << Attribute::Color as u32
        | 1 << Attribute::Gender as u32
        | 1 << Attribute::AgeGroup as u32
        | 1 << Attribute::Size as u32;
    if look.out.present & ALL == ALL {
        return;
    }
    let kind = Kind::of_record(look);
    if !matches!(kind, Kind::Clothing | Kind::Accessory) {
        return;
    }
    let asked: [(Attribute, &'static Rule); 4] = [
        (Attribute::Color, &APPAREL_COLOR),
        (Attribute::Gender, &APPAREL_GENDER),
        (Attribute::AgeGroup, &APPAREL_AGE),
        (Attribute::Size, &APPAREL_SIZE),
    ];
    let asked = &asked[..if kind == Kind::Clothing { 4 } else { 3 }];
    for (attribute, rule) in asked {
        if look.out.present & (1 << *attribute as u32) == 0 {
            let category = look.value(Attribute::GoogleProductCategory).unwrap_or_default();
            let message = format_args!(
                "The record is in {} and has no {}.",
                Quoted(category),
                attribute.name()
            );
            look.report(rule, category, None, message);
        }
    }
}

/// Reports a word that is none of those allowed, with the one that differs in case only.
fn word(look: &mut Look<'_>, attribute: Attribute, rule: &'static Rule, allowed: &[&str]) {
    let Some(value) = look.value(attribute) else {
        return;
    };
    if allowed.contains(&value) {
        return;
    }
    let message = format_args!(
        "{} {} is none of {}.",
        attribute.name(),
        Quoted(value),
        allowed.join(", ")
    );
    match allowed.iter().find(|word| word.eq_ignore_ascii_case(value)) {
        Some(word) => look.report(rule, value, Some(format_args!("{word}")), message),
        None => look.report(rule, value, None, message),
    }
}

fn check_people(look: &mut Look<'_>) {
    word(look, Attribute::Gender, &APPAREL_GENDER_ENUM, &GENDERS);
    word(look, Attribute::AgeGroup, &APPAREL_AGE_ENUM, &AGES);
}

fn check_color(look: &mut Look<'_>) {
    let Some(value) = look.value(Attribute::Color) else {
        return;
    };
    if let Some(fault) = color_fault(value) {
        let message = format_args!("Colour {} {fault}.", Quoted(value));
        look.report(&COLOR_FORMAT, value, None, message);
    }
}

/// What keeps a value from being a colour.
fn color_fault(value: &str) -> Option<&'static str> {
    let (mut count, mut begin) = (0, 0);
    for end in memchr::memchr_iter(b'/', value.as_bytes()).chain([value.len()]) {
        let color = trim(&value[begin..end]);
        begin = end + 1;
        count += 1;
        let bytes = color.as_bytes();
        // Nearly every colour is short and begins with a letter that no such word begins with.
        if bytes.len() > 13 || bytes.first().is_none_or(|b| !b.is_ascii_alphabetic()) {
            if is_longer(color, 40) {
                return Some("is longer than 40 characters");
            }
            let hex = color.strip_prefix('#').unwrap_or("");
            if matches!(hex.len(), 3 | 6 | 8) && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Some("is a code, not a name");
            }
            if !color.chars().any(char::is_alphabetic) {
                return Some("has no letter");
            }
        } else if matches!(bytes[0] | 0x20, b'm' | b's' | b'n')
            && NO_COLORS.iter().any(|word| color.eq_ignore_ascii_case(word))
        {
            return Some("is no colour");
        }
    }
    if value.eq_ignore_ascii_case("n/a") {
        return Some("is no colour");
    }
    if count > 3 {
        return Some("names more than three colours");
    }
    is_longer(value, 100).then_some("is longer than 100 characters")
}

fn check_size(look: &mut Look<'_>) {
    too_long(look, Attribute::Size, &SIZE_LENGTH, "Size", 100);
    word(look, Attribute::SizeSystem, &SIZE_SYSTEM, &SIZE_SYSTEMS);
    if let Some(value) = look.value(Attribute::SizeType) {
        let known = |word: &str| SIZE_TYPES.contains(&word.trim());
        if value.split(',').count() > 2 || !value.split(',').all(known) {
            let message = format_args!(
                "size_type {} is not one or two of {}.",
                Quoted(value),
                SIZE_TYPES.join(", ")
            );
            look.report(&SIZE_TYPE, value, None, message);
        }
    }
}

fn check_fabric(look: &mut Look<'_>) {
    too_long(look, Attribute::Material, &LEN_MATERIAL, "Material", 200);
    too_long(look, Attribute::Pattern, &LEN_PATTERN, "Pattern", 100);
}

#[cfg(test)]
mod tests {
    use crate::domain::contract::checks::testing::{check, codes};

    #[test]
    fn lengths_pass_up_to_their_limit() {
        for (name, limit, code) in [
            ("material", 200, "LEN_MATERIAL"),
            ("pattern", 100, "LEN_PATTERN"),
            ("size", 100, "SIZE_LENGTH"),
            ("color", 40, "COLOR_FORMAT"),
        ] {
            assert!(codes(&[(name, &"é".repeat(limit))]).is_empty(), "{name}");
            assert_eq!(codes(&[(name, &"é".repeat(limit + 1))]), [code]);
        }
    }

    #[test]
    fn a_word_in_other_letters_is_told_off_with_the_right_one() {
        let suggestion = check(&[("gender", "Female")])
            .violations()
            .next()
            .and_then(|v| v.suggestion);
        assert_eq!(suggestion.as_deref(), Some("female"));
    }
}
