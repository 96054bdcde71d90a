//! Asks for a category that can be one, and tells clothes and media from everything else.
//!
//! The taxonomy itself is not ours to ship: the form of a category is checked, and whether it exists
//! where an operator has named a [`Taxonomy`](crate::domain::contract::Taxonomy). The few numbers
//! that other rules depend on are listed here.

use super::{long, rule, too_long};
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::taxonomy::Place;
use crate::domain::contract::text::trim;
use crate::domain::contract::{Check, Threshold};
use crate::domain::record::Attribute;

/// The rules of `google_product_category`.
pub static CATEGORY: Check = Check {
    name: "google_product_category",
    attributes: &[Attribute::GoogleProductCategory],
    rules: &[&GPC_UNKNOWN],
    run: check_category,
};

/// The rules of `product_type`.
pub static PRODUCT_TYPE: Check = Check {
    name: "product_type",
    attributes: &[Attribute::ProductType],
    rules: &[&PTYPE_LENGTH],
    run: check_type,
};

rule!(
    GPC_UNKNOWN: Warning on "google_product_category",
    "Category that cannot be one",
    "A category is one number of Google's taxonomy or one whole path of it. The form is checked: that a number \
     has at most six digits, that a path has no empty step, and that there is one and not several. Where feedgate has \
     been given the taxonomy, the category must be in it, too, and one that is near is named.",
    "One number such as 1604, or one path such as Apparel & Accessories > Clothing.",
    valid: &[
        &[("google_product_category", "2271"), ("color", "red"), ("gender", "female"), ("age_group", "adult"), ("size", "M")],
        &[("google_product_category", "Home & Garden > Kitchen & Dining")],
    ],
    invalid: &[
        &[("google_product_category", "0")],
        &[("google_product_category", "672, 674")],
        &[("google_product_category", "Home & Garden > > Mugs")],
        &[("google_product_category", "https://shop.example/mugs")],
    ],
    "Take the number or the path from Google's list, the most specific one that fits."
);
rule!(
    PTYPE_LENGTH: Warning on "product_type",
    "Product type too long",
    "The product type has more than 750 characters and is cut by receivers.",
    "At most 750 characters.",
    valid: &[&[("product_type", "Kitchen > Mugs")]],
    invalid: &[&[("product_type", long!(751, "Kitchen-"))]],
    "Send the path of the category the product is in, from the widest to the narrowest.",
    threshold: Threshold { name: "longest product type", unit: "characters", default: 750, least: 1, most: 5_000 }
);

/// What a category says of a product, as far as other rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Clothes and shoes, which have a size.
    Clothing,
    /// Bags, jewellery and the like.
    Accessory,
    /// Books, films, music.
    Media,
    /// Anything else, or not said.
    Other,
}

/// Numbers of the taxonomy below Clothing and Shoes.
const CLOTHING: [u32; 20] = [
    182, 187, 203, 204, 207, 208, 211, 212, 213, 1581, 1594, 1604, 2271, 2306, 5182, 5322, 5344, 5388, 5441,
    5598,
];
/// Other numbers below Apparel & Accessories.
const ACCESSORIES: [u32; 6] = [166, 167, 184, 188, 3032, 6551];
/// Media and what is right below it.
const MEDIA: [u32; 5] = [783, 784, 839, 855, 886];

impl Kind {
    pub(super) fn of(category: &str) -> Self {
        let bytes = category.as_bytes();
        match bytes.first() {
            Some(b'0'..=b'9') => match category.parse() {
                Ok(number) if CLOTHING.contains(&number) => Self::Clothing,
                Ok(number) if ACCESSORIES.contains(&number) => Self::Accessory,
                Ok(number) if MEDIA.contains(&number) => Self::Media,
                _ => Self::Other,
            },
            Some(b'A') => {
                let Some(rest) = category.strip_prefix("Apparel & Accessories") else {
                    return Self::Other;
                };
                let next = rest
                    .strip_prefix(" > ")
                    .unwrap_or_else(|| rest.trim_start_matches([' ', '>']));
                let has_size = |name: &str| {
                    next.strip_prefix(name).is_some_and(|rest| {
                        rest.trim_start().is_empty() || rest.trim_start().starts_with('>')
                    })
                };
                if has_size("Clothing") || has_size("Shoes") {
                    Self::Clothing
                } else {
                    Self::Accessory
                }
            }
            Some(b'M') if category == "Media" || category.starts_with("Media >") => Self::Media,
            _ => Self::Other,
        }
    }

    /// What the category of a record says.
    pub(super) fn of_record(look: &Look<'_>) -> Self {
        look.value(Attribute::GoogleProductCategory)
            .map_or(Self::Other, Self::of)
    }
}

fn check_category(look: &mut Look<'_>) {
    let Some(value) = look.value(Attribute::GoogleProductCategory) else {
        return;
    };
    if let Some(fault) = fault(value) {
        let message = format_args!("Category {} {fault}.", Quoted(value));
        look.report(&GPC_UNKNOWN, value, None, message);
    } else if let Some(taxonomy) = look.taxonomy() {
        let quoted = Quoted(value);
        match taxonomy.find(value) {
            Place::Known => {}
            Place::Near(path) => look.report(
                &GPC_UNKNOWN,
                value,
                Some(format_args!("{path}")),
                format_args!(
                    "Category {quoted} is not in the taxonomy; {} is the nearest.",
                    Quoted(path)
                ),
            ),
            Place::Below(path) => look.report(
                &GPC_UNKNOWN,
                value,
                None,
                format_args!(
                    "Category {quoted} is not in the taxonomy beyond {}.",
                    Quoted(path)
                ),
            ),
            Place::Unknown => look.report(
                &GPC_UNKNOWN,
                value,
                None,
                format_args!("Category {quoted} is not in the taxonomy."),
            ),
        }
    }
}

/// What keeps a value from being a category.
fn fault(value: &str) -> Option<&'static str> {
    let bytes = value.as_bytes();
    // Nearly every category is a path that begins with a letter.
    if !bytes.first().is_some_and(u8::is_ascii_alphabetic) {
        if bytes.iter().all(u8::is_ascii_digit) {
            let fits = value.len() <= 6 && bytes.iter().any(|b| *b != b'0');
            return (!fits).then_some("is no number of the taxonomy, which has at most six digits");
        }
        if bytes
            .iter()
            .all(|b| b.is_ascii_digit() || matches!(b, b',' | b';' | b' ' | b'|'))
        {
            return Some("names several; only one is allowed");
        }
        if !value.contains(char::is_alphabetic) {
            return Some("has no letter");
        }
    } else if value.starts_with("http://") || value.starts_with("https://") {
        return Some("is an address");
    }
    let mut begin = 0;
    for end in memchr::memchr_iter(b'>', bytes).chain([bytes.len()]) {
        if trim(&value[begin..end]).is_empty() {
            return Some("has an empty step");
        }
        begin = end + 1;
    }
    None
}

fn check_type(look: &mut Look<'_>) {
    let limit = look.threshold(&PTYPE_LENGTH);
    too_long(look, Attribute::ProductType, &PTYPE_LENGTH, "Product type", limit);
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use crate::domain::contract::checks::testing::{codes, contract, now, sound};
    use crate::domain::contract::{Checker, Known, Taxonomy};
    use std::sync::Arc;

    #[test]
    fn clothes_are_told_from_bags_and_media_from_the_rest() {
        for (category, kind) in [
            ("1604", Kind::Clothing),
            ("187", Kind::Clothing),
            ("Apparel & Accessories > Clothing > Dresses", Kind::Clothing),
            ("Apparel & Accessories > Shoes", Kind::Clothing),
            (
                "Apparel & Accessories > Clothing Accessories > Hats",
                Kind::Accessory,
            ),
            ("Apparel & Accessories", Kind::Accessory),
            ("3032", Kind::Accessory),
            ("Media > Books", Kind::Media),
            ("784", Kind::Media),
            ("Mediaeval > Armour", Kind::Other),
            ("Home & Garden", Kind::Other),
            ("99999999999", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(Kind::of(category), kind, "{category}");
        }
    }

    #[test]
    fn a_category_must_be_in_the_taxonomy_where_there_is_one_each_time_it_comes() {
        let taxonomy = Taxonomy::parse("5 - Garden\n51 - Garden > Ponds\n").expect("a taxonomy");
        let mut knowing =
            Checker::new(&contract(), now()).knowing(Known::categories(Some(Arc::new(taxonomy))));
        let mut said = |category: &str| {
            let checked = knowing.check(&sound(&[("google_product_category", category)]));
            let of_rule = checked.violations().find(|v| v.code == "GPC_UNKNOWN");
            of_rule.map(|v| (v.message, v.suggestion))
        };
        for known in ["51", "garden > ponds", "51"] {
            assert_eq!(said(known), None, "{known}");
        }
        let near = (
            "Category “Garden > Pond” is not in the taxonomy; “Garden > Ponds” is the nearest.".to_owned(),
            Some("Garden > Ponds".to_owned()),
        );
        assert_eq!(said("Garden > Pond"), Some(near.clone()));
        assert_eq!(said("Garden > Pond"), Some(near), "it passes the second time");
        let unknown = said("52").expect("a violation");
        assert_eq!(
            unknown,
            ("Category “52” is not in the taxonomy.".to_owned(), None)
        );
        assert!(codes(&[("google_product_category", "52")]).is_empty());
    }

    #[test]
    fn seven_hundred_and_fifty_characters_of_product_type_pass_and_one_more_does_not() {
        assert!(codes(&[("product_type", &"é".repeat(750))]).is_empty());
        assert_eq!(codes(&[("product_type", &"é".repeat(751))]), ["PTYPE_LENGTH"]);
    }
}
