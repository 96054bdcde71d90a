//! Asks what no record can say of itself: whether it fits the others of its file.
//!
//! These checks only take down what of a record is to be compared, as hashes, so that they run
//! on all cores; [`Across`](crate::domain::contract::Across) then compares, in the order of the
//! file. The record that comes later is told, like one whose id came before. Held records are
//! neither compared nor compared with, for they do not reach the catalogue.

use super::rule;
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::{Check, Rule, Threshold};
use crate::domain::record::Attribute;

/// The rule of titles on many products.
pub static TITLES: Check = Check {
    name: "title, across the file",
    attributes: &[Attribute::Title],
    rules: &[&CROSS_TITLE_REUSE],
    run: mark_title,
};

/// The rule of pictures on many products.
pub static PICTURES: Check = Check {
    name: "image_link, across the file",
    attributes: &[Attribute::ImageLink],
    rules: &[&CROSS_IMAGE_REUSE],
    run: mark_picture,
};

/// The rules of products that are in the file more than once.
pub static PRODUCTS: Check = Check {
    name: "gtin, across the file",
    attributes: &[Attribute::Gtin],
    rules: &[&CROSS_PRICE_SPREAD, &GTIN_AMBIGUOUS],
    run: mark_product,
};

/// The rules of groups and their members.
pub static GROUPS: Check = Check {
    name: "item_group_id, across the file",
    attributes: &[Attribute::ItemGroupId],
    rules: &[&GROUP_SINGLE, &GROUP_SAME],
    run: mark_member,
};

/// The rule of labels with very many values.
pub static LABELS: Check = Check {
    name: "custom_label, across the file",
    attributes: super::details::LABELS.attributes,
    rules: &[&LABEL_VALUES],
    run: mark_labels,
};

rule!(
    CROSS_TITLE_REUSE: Warning on "title",
    "One title on many products",
    "The same title stands on more than 20 products that do not belong to one group. People cannot tell them apart, and \
     most often the export lost the part of the title that differs. Each product beyond the twentieth is told.",
    "A title of its own for each product, or for the products of one group.",
    valid: &[],
    invalid: &[],
    "Put into the title what tells the products apart, or tie variants together by item_group_id.",
    threshold: Threshold { name: "most uses of one title", unit: "products", default: 20, least: 1, most: 1_000_000 }
);
rule!(
    CROSS_IMAGE_REUSE: Warning on "image_link",
    "One picture on many products",
    "The same picture stands on more than 50 products that do not belong to one group. Most often it is a placeholder. \
     Each product beyond the fiftieth is told.",
    "A picture of its own for each product, or for the products of one group.",
    valid: &[],
    invalid: &[],
    "Send the product's own picture, or tie variants together by item_group_id.",
    threshold: Threshold { name: "most uses of one picture", unit: "products", default: 50, least: 1, most: 1_000_000 }
);
rule!(
    CROSS_PRICE_SPREAD: Warning on "price",
    "One product at very different prices",
    "Another record with the same GTIN, condition and multipack has a price that is more than five times as high or as \
     low. One of the two is most likely wrong: a decimal mark that slipped, or another product's GTIN.",
    "Prices of one product that are less than five times apart.",
    valid: &[],
    invalid: &[],
    "Compare the two prices, and the two GTINs.",
    threshold: Threshold { name: "largest factor between prices", unit: "times", default: 5, least: 2, most: 1_000 }
);
rule!(
    GTIN_AMBIGUOUS: Warning on "gtin",
    "One GTIN on two products",
    "An earlier record has the same GTIN, condition, multipack, colour and size. Receivers cannot tell the two apart and \
     show one of them, or neither.",
    "One record for each product, or values that tell the variants apart.",
    valid: &[],
    invalid: &[],
    "Send the product once, or give each variant its own GTIN, or its colour and size."
);
rule!(
    GROUP_SINGLE: Info on "item_group_id",
    "Group of one",
    "No other record of the file has this item_group_id, so the group groups nothing. It is known only at the end of the \
     file, and in a file with so many groups that they cannot all be remembered it is not told.",
    "Two products or more in each group.",
    valid: &[],
    invalid: &[],
    "Leave item_group_id out of products without variants."
);
rule!(
    GROUP_SAME: Warning on "item_group_id",
    "Members of a group that do not differ",
    "An earlier record of the same group has the same color, size, pattern, material, age_group and gender. People who \
     choose a variant cannot tell the two apart.",
    "Members of a group that differ in color, size, pattern, material, age_group or gender.",
    valid: &[],
    invalid: &[],
    "Send what tells the variants apart, or leave item_group_id out."
);
rule!(
    LABEL_VALUES: Warning on "custom_label_0",
    "Label with too many values",
    "Over the whole file the label has more than 1000 different values. Receivers take that many and pass over the \
     rest, which are those told. Most often a number of each product stands in the label.",
    "At most 1000 different values in each of custom_label_0 to custom_label_4.",
    valid: &[],
    invalid: &[],
    "Use labels for what many products have in common.",
    threshold: Threshold { name: "most different values", unit: "values", default: 1_000, least: 1, most: 100_000 }
);

/// What of a record is to be compared with others, as hashes; 0 where it has nothing to compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::domain::contract) struct Marks {
    pub(in crate::domain::contract) title: u64,
    pub(in crate::domain::contract) picture: u64,
    pub(in crate::domain::contract) group: u64,
    /// The group with what tells its members apart.
    pub(in crate::domain::contract) member: u64,
    /// The GTIN with what makes another offer of it: condition, pack, bundle.
    pub(in crate::domain::contract) product: u64,
    /// The colour and size that the product comes in.
    pub(in crate::domain::contract) variant: u64,
    pub(in crate::domain::contract) labels: [u64; 5],
}

/// Goes on from a hash with the values of some attributes; the result is not 0.
fn fold(look: &Look<'_>, from: u64, attributes: &[Attribute]) -> u64 {
    attributes
        .iter()
        .fold(from, |folded, attribute| match look.hash(*attribute) {
            0 => folded,
            value => mix(folded ^ *attribute as u64, value),
        })
}

/// One hash of two, in whose every bit all of theirs have a part; not 0.
fn mix(one: u64, other: u64) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let both = (one.rotate_left(32) ^ other).wrapping_mul(ODD);
    (both ^ both >> 29).wrapping_mul(ODD).max(1)
}

fn group(look: &mut Look<'_>) {
    look.out.marks.group = look.hash(Attribute::ItemGroupId);
}

fn mark_title(look: &mut Look<'_>) {
    group(look);
    look.out.marks.title = look.hash(Attribute::Title);
}

fn mark_picture(look: &mut Look<'_>) {
    group(look);
    look.out.marks.picture = look.hash(Attribute::ImageLink);
}

fn mark_product(look: &mut Look<'_>) {
    let Some(number) = look
        .value(Attribute::Gtin)
        .filter(|_| !look.is_repeated(Attribute::Gtin))
        .and_then(number)
    else {
        return;
    };
    let is_new = |value: &str| value.eq_ignore_ascii_case("new");
    let product = mix(1, number);
    let product = fold(look, product, &[Attribute::Multipack, Attribute::IsBundle]);
    look.out.marks.product = match look.value(Attribute::Condition) {
        Some(condition) if !is_new(condition) => fold(look, product, &[Attribute::Condition]),
        _ => product,
    };
    look.out.marks.variant = fold(look, 1, &[Attribute::Color, Attribute::Size]);
}

/// The number that one GTIN is, whatever its length: leading zeros do not make another product.
fn number(gtin: &str) -> Option<u64> {
    let (mut number, mut digits) = (0, 0);
    for byte in gtin.bytes() {
        match byte {
            b'0'..=b'9' if digits < 14 => {
                number = number * 10 + u64::from(byte - b'0');
                digits += 1;
            }
            b' ' | b'-' => {}
            _ => return None,
        }
    }
    (digits >= 8).then_some(number)
}

fn mark_member(look: &mut Look<'_>) {
    const APART: [Attribute; 6] = [
        Attribute::Color,
        Attribute::Size,
        Attribute::Pattern,
        Attribute::Material,
        Attribute::AgeGroup,
        Attribute::Gender,
    ];
    group(look);
    look.out.marks.member = fold(look, look.out.marks.group, &APART);
}

fn mark_labels(look: &mut Look<'_>) {
    for (place, attribute) in LABELS.attributes.iter().enumerate() {
        look.out.marks.labels[place] = look.hash(*attribute);
    }
}

/// Says that a title or a picture stands on too many products.
pub(in crate::domain::contract) fn report_reuse(look: &mut Look<'_>, rule: &'static Rule, uses: u32) {
    let (what, attribute) = if std::ptr::eq(rule, &raw const CROSS_TITLE_REUSE) {
        ("Title", Attribute::Title)
    } else {
        ("Picture", Attribute::ImageLink)
    };
    let value = look.value(attribute).unwrap_or_default();
    let limit = look.threshold(rule);
    let message = format_args!(
        "{what} {} is used by {uses} products up to here; more than {limit} is too many outside a group.",
        Quoted(value)
    );
    look.report(rule, value, None, message);
}

/// Says that another record has the product for a very different price, in hundredths.
pub(in crate::domain::contract) fn report_spread(look: &mut Look<'_>, other: u64) {
    let price = look.value(Attribute::Price).unwrap_or_default();
    let gtin = look.value(Attribute::Gtin).unwrap_or_default();
    let limit = look.threshold(&CROSS_PRICE_SPREAD);
    let message = format_args!(
        "Price {} of GTIN {} is more than {limit} times apart from the {}.{:02} of an earlier record.",
        Quoted(price),
        Quoted(gtin),
        other / 100,
        other % 100
    );
    look.report(&CROSS_PRICE_SPREAD, price, None, message);
}

/// Says that an earlier record is the same product in the same variant.
pub(in crate::domain::contract) fn report_ambiguous(look: &mut Look<'_>) {
    let gtin = look.value(Attribute::Gtin).unwrap_or_default();
    let message = format_args!(
        "GTIN {} came before with the same condition, multipack, colour and size.",
        Quoted(gtin)
    );
    look.report(&GTIN_AMBIGUOUS, gtin, None, message);
}

/// Says that an earlier member of the group does not differ.
pub(in crate::domain::contract) fn report_same(look: &mut Look<'_>) {
    let group = look.value(Attribute::ItemGroupId).unwrap_or_default();
    let message = format_args!(
        "An earlier record of group {} has the same color, size, pattern, material, age_group and gender.",
        Quoted(group)
    );
    look.report(&GROUP_SAME, group, None, message);
}

/// Says that a label has too many values, of which this one is new.
pub(in crate::domain::contract) fn report_values(look: &mut Look<'_>, place: usize) {
    let attribute = LABELS.attributes[place];
    let value = look.value(attribute).unwrap_or_default();
    let limit = look.threshold(&LABEL_VALUES);
    let message = format_args!(
        "{} of {} is beyond the {limit} different values that are taken.",
        Quoted(value),
        attribute.name()
    );
    look.report(&LABEL_VALUES, value, None, message);
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_gtin_is_one_number_in_each_of_its_lengths() {
        assert_eq!(number("036000291452"), number("0036000291452"));
        assert_eq!(number("0-36000 29145 2"), number("00036000291452"));
        for other in ["1234567", "400638133393x", "4006381333931,96385074", ""] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
