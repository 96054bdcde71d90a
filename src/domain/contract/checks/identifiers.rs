//! Asks whether a product can be told from all others: by its maker, and the maker's number.

use super::category::Kind;
use super::rule;
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::text::is_longer;
use crate::domain::contract::{Check, Rule};
use crate::domain::record::Attribute;

/// The rules of `brand`, `mpn` and `identifier_exists`, which depend on each other.
pub static IDENTIFIERS: Check = Check {
    name: "identifiers",
    attributes: &[],
    rules: &[
        &BRAND_MISSING,
        &BRAND_PLACEHOLDER,
        &BRAND_LENGTH,
        &MPN_MISSING,
        &MPN_LENGTH,
        &IDENT_INCOMPLETE,
        &IDENT_CONFLICT,
        &IDENT_ENUM,
    ],
    run: check,
};

rule!(
    BRAND_MISSING: Warning on "brand",
    "No brand",
    "A new product has a brand, but for books, films and music. Without it receivers cannot match the product with \
     what they know of it. Records that say identifier_exists is no are not asked.",
    "The brand under which the product is sold.",
    valid: &[
        &[("brand", "Example & Sons")],
        &[("brand", ""), ("identifier_exists", "no"), ("gtin", "")],
        &[("brand", ""), ("condition", "used")],
        &[("brand", ""), ("google_product_category", "Media > Books")],
    ],
    invalid: &[&[("brand", "")]],
    "Send the name of the maker; your shop's own name only for goods you make."
);
rule!(
    BRAND_PLACEHOLDER: Warning on "brand",
    "Placeholder instead of a brand",
    "The value says that there is no brand. Receivers take it for the name of one.",
    "A brand, or an empty field.",
    valid: &[&[("brand", "Nonesuch")]],
    invalid: &[&[("brand", "N/A")], &[("brand", "generic")], &[("brand", "No Brand")], &[("brand", "none")]],
    "Leave the field empty, and send identifier_exists no where the maker gave no number either."
);
rule!(
    BRAND_LENGTH: Error on "brand",
    "Brand too long",
    "The brand has more than 70 characters. Most often a description stands in the wrong column.",
    "At most 70 characters.",
    valid: &[&[("brand", "Example & Sons, purveyors of enamelled goods since eighteen eighty-one")]],
    invalid: &[&[("brand", "Example & Sons, purveyors of enamelled goods since eighteen eighty-one.")]],
    "Send the name of the brand alone."
);
rule!(
    MPN_MISSING: Warning on "mpn",
    "Neither GTIN nor part number",
    "Without a GTIN, the maker's own part number is what tells the product from others. Clothes, media and records \
     that say identifier_exists is no are not asked.",
    "gtin or mpn.",
    valid: &[&[("mpn", "EM-350-B"), ("gtin", "")], &[("gtin", "4006381333931")]],
    invalid: &[&[("gtin", "")]],
    "Send the GTIN from the barcode, or the maker's part number."
);
rule!(
    MPN_LENGTH: Error on "mpn",
    "Part number too long",
    "The maker's part number has more than 70 characters.",
    "At most 70 characters.",
    valid: &[&[("mpn", "1234567890123456789012345678901234567890123456789012345678901234567890")]],
    invalid: &[&[("mpn", "12345678901234567890123456789012345678901234567890123456789012345678901")]],
    "Send one part number of the maker, not several and not a description."
);
rule!(
    IDENT_INCOMPLETE: Warning on "identifier_exists",
    "Identifiers missing that should exist",
    "The record says that it has a GTIN, or a brand with a part number, but has neither; or it is a book, a film or \
     music without a GTIN.",
    "gtin, or brand and mpn; for media, gtin; for clothes, brand.",
    valid: &[
        &[("identifier_exists", "yes")],
        &[("identifier_exists", "yes"), ("gtin", ""), ("mpn", "EM-350-B")],
        &[("google_product_category", "Media > Books"), ("gtin", "9780306406157")],
    ],
    invalid: &[
        &[("identifier_exists", "yes"), ("gtin", "")],
        &[("google_product_category", "Media > Books"), ("gtin", "")],
    ],
    "Send the identifiers, or identifier_exists no for goods that were never given any."
);
rule!(
    IDENT_CONFLICT: Warning on "identifier_exists",
    "Identifiers that are said not to exist",
    "The record says that the maker gave no identifiers, and has some all the same.",
    "identifier_exists no only without gtin, and without brand and mpn together.",
    valid: &[&[("identifier_exists", "no"), ("gtin", "")]],
    invalid: &[&[("identifier_exists", "no")], &[("identifier_exists", "false"), ("gtin", ""), ("mpn", "EM-350-B")]],
    "Leave identifier_exists out; it is only for goods without identifiers."
);
rule!(
    IDENT_ENUM: Error on "identifier_exists",
    "Unknown value of identifier_exists",
    "The value is neither yes nor no.",
    "yes or no; true and false are understood.",
    valid: &[&[("identifier_exists", "TRUE")], &[("identifier_exists", "yes")]],
    invalid: &[&[("identifier_exists", "maybe")], &[("identifier_exists", "1")]],
    "Send yes or no, or leave the field out."
);

/// What people write where a product has no brand.
const NO_BRANDS: [&str; 8] = [
    "n/a",
    "generic",
    "no brand",
    "no-brand",
    "none",
    "null",
    "unbranded",
    "does not exist",
];
const LIMIT: usize = 70;

/// Reads yes and no.
pub(super) fn yes_or_no(value: &str) -> Option<bool> {
    if ["yes", "true"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
    {
        Some(true)
    } else if ["no", "false"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
    {
        Some(false)
    } else {
        None
    }
}

fn check(look: &mut Look<'_>) {
    let brand = look.value(Attribute::Brand);
    if let Some(brand) = brand {
        if is_longer(brand, LIMIT) {
            length(look, &BRAND_LENGTH, "Brand", brand);
        } else if brand.len() <= 14 && NO_BRANDS.iter().any(|word| brand.eq_ignore_ascii_case(word)) {
            let message = format_args!("Brand {} is a placeholder for none.", Quoted(brand));
            look.report(&BRAND_PLACEHOLDER, brand, None, message);
        }
    }
    let mpn = look.value(Attribute::Mpn);
    if let Some(mpn) = mpn
        && is_longer(mpn, LIMIT)
    {
        length(look, &MPN_LENGTH, "Part number", mpn);
    }
    let has_gtin = look.has(Attribute::Gtin) || look.has(Attribute::Upc);
    // Nearly every record says nothing of identifiers, and has them.
    let said = look.value(Attribute::IdentifierExists);
    if brand.is_some() && has_gtin && said.is_none() {
        return;
    }
    let exists = said.and_then(yes_or_no);
    if let (Some(said), None) = (said, exists) {
        let message = format_args!("identifier_exists {} is neither yes nor no.", Quoted(said));
        look.report(&IDENT_ENUM, said, None, message);
    }
    if exists == Some(false) {
        if has_gtin || (brand.is_some() && mpn.is_some()) {
            let said = said.unwrap_or_default();
            let what = if has_gtin { "a GTIN" } else { "brand and mpn" };
            let message = format_args!(
                "identifier_exists is {}, but the record has {what}.",
                Quoted(said)
            );
            look.report(&IDENT_CONFLICT, said, None, message);
        }
        return;
    }
    missing(look, exists == Some(true), has_gtin);
}

/// Reports what a record that may have identifiers lacks.
fn missing(look: &mut Look<'_>, is_sure: bool, has_gtin: bool) {
    let kind = Kind::of_record(look);
    let (has_brand, has_mpn) = (look.has(Attribute::Brand), look.has(Attribute::Mpn));
    let said = look.value(Attribute::IdentifierExists).unwrap_or_default();
    if kind == Kind::Media {
        if !has_gtin {
            let title = look.value(Attribute::Title).unwrap_or_default();
            let message = format_args!("{} is a book, a film or music, and has no GTIN.", Quoted(title));
            look.report(&IDENT_INCOMPLETE, title, None, message);
        }
        return;
    }
    let is_apparel = matches!(kind, Kind::Clothing | Kind::Accessory);
    if is_sure && !has_gtin && !(has_brand && (has_mpn || is_apparel)) {
        let message = format_args!(
            "identifier_exists is {}, but the record has neither a GTIN nor brand and mpn.",
            Quoted(said)
        );
        look.report(&IDENT_INCOMPLETE, said, None, message);
        return;
    }
    let is_new = look
        .value(Attribute::Condition)
        .is_none_or(|condition| condition.eq_ignore_ascii_case("new"));
    if !has_brand && is_new {
        look.report(&BRAND_MISSING, "", None, format_args!("The record has no brand."));
    }
    if !has_gtin && !has_mpn && !is_apparel {
        look.report(
            &MPN_MISSING,
            "",
            None,
            format_args!("The record has neither a GTIN nor the maker's part number."),
        );
    }
}

fn length(look: &mut Look<'_>, rule: &'static Rule, what: &str, value: &str) {
    let count = value.chars().count();
    let message = format_args!(
        "{what} {} has {count} characters; at most {LIMIT} are allowed.",
        Quoted(value)
    );
    look.report(rule, value, None, message);
}

#[cfg(test)]
mod tests {
    use crate::domain::contract::checks::testing::codes;

    #[test]
    fn what_is_missing_is_told_once_and_only_where_it_should_exist() {
        for (changes, expected) in [
            (
                &[("brand", ""), ("gtin", "")][..],
                &["BRAND_MISSING", "MPN_MISSING"][..],
            ),
            (&[("brand", ""), ("gtin", ""), ("identifier_exists", "no")], &[]),
            (
                &[("brand", ""), ("gtin", ""), ("identifier_exists", "yes")],
                &["IDENT_INCOMPLETE"],
            ),
            (
                &[("gtin", ""), ("google_product_category", "784")],
                &["IDENT_INCOMPLETE"],
            ),
            (&[("gtin", ""), ("mpn", "1")], &[]),
            (&[("mpn", "1")], &[]),
            (&[("brand", ""), ("google_product_category", "784")], &[]),
        ] {
            assert_eq!(codes(changes), expected, "{changes:?}");
        }
    }
}
