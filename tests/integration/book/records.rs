//! Records, each a value away from the sound one.

use super::{Case, Changes, Fixture};

fn owned(changes: &[(&'static str, &str)]) -> Changes {
    changes
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

/// One record that fails and one that passes.
fn case(code: &'static str, fails: &[(&'static str, &str)], passes: &[(&'static str, &str)]) -> Case {
    Case {
        code,
        fails: Fixture::Records(vec![owned(fails)]),
        passes: Fixture::Records(vec![owned(passes)]),
    }
}

/// The same attribute with a value that fails and one that passes.
fn value(code: &'static str, name: &'static str, fails: &str, passes: &str) -> Case {
    case(code, &[(name, fails)], &[(name, passes)])
}

/// A value of one character more than is allowed, and of as many as are.
fn length(code: &'static str, name: &'static str, prefix: &str, most: usize) -> Case {
    let text = |length: usize| format!("{prefix}{}", "x".repeat(length - prefix.len()));
    value(code, name, &text(most + 1), &text(most))
}

/// A picture that somebody has looked at.
fn picture(size: &str) -> String {
    format!("https://shop.example/images/{size}.jpg")
}

pub(super) fn cases() -> Vec<Case> {
    let mut all = required();
    all.extend(numbers());
    all.extend(offers());
    all.extend(clothes());
    all.extend(details());
    all.extend(across());
    all
}

fn required() -> Vec<Case> {
    vec![
        value("ID_MISSING", "id", " \t", "0"),
        value("ID_LENGTH", "id", &"é".repeat(51), &"é".repeat(50)),
        value("ID_CHARS", "id", "SKU\u{e000}1", "SKU\u{d7ff}1"),
        value("ID_NONASCII", "id", "größe-42", "groesse-42"),
        case(
            "TITLE_MISSING",
            &[("title", "")],
            &[("title", ""), ("structured_title", "A mug")],
        ),
        length("TITLE_LENGTH", "title", "Mug ", 150),
        value("TITLE_CAPS", "title", "ABCDEFGHij", "ABCDEFGhij"),
        value(
            "TITLE_PROMO",
            "title",
            "Enamel mug on sale",
            "Enamel mug on sales counter",
        ),
        value(
            "TITLE_HTML",
            "title",
            "<b>Enamel mug</b>",
            "Enamel mug, < 400 ml & > 200 ml",
        ),
        case(
            "DESC_MISSING",
            &[("description", "")],
            &[("description", ""), ("structured_description", "A mug")],
        ),
        length("DESC_LENGTH", "description", "A mug ", 5000),
        value(
            "DESC_HTML",
            "description",
            "<p>A mug.</p>",
            "<strong>A mug.</strong>",
        ),
        value("LINK_MISSING", "link", "", "https://shop.example/"),
        value(
            "LINK_URL",
            "link",
            "https://shop.example/blue mug",
            "https://shop.example/blue%20mug",
        ),
        length("LINK_LENGTH", "link", "https://shop.example/", 2000),
        value(
            "LINK_DOMAIN",
            "link",
            "https://notshop.example/1",
            "https://not.shop.example/1",
        ),
        value("IMG_MISSING", "image_link", "", "https://shop.example/1"),
        value(
            "IMG_URL",
            "image_link",
            "//shop.example/1.jpg",
            "http://shop.example/1.jpg",
        ),
        value(
            "IMG_TYPE",
            "image_link",
            "https://shop.example/1.svg",
            "https://shop.example/1.webp",
        ),
        value(
            "IMG_PLACEHOLDER",
            "image_link",
            "https://shop.example/no-image.png",
            "https://shop.example/noimagine.png",
        ),
        value("IMG_SMALL", "image_link", &picture("99x800"), &picture("100x100")),
        value(
            "IMG_LARGE",
            "image_link",
            &picture("8001x8000"),
            &picture("8000x8000"),
        ),
        value("AVAIL_MISSING", "availability", "", "out_of_stock"),
        value("AVAIL_ENUM", "availability", "maybe", "in stock"),
        value("AVAIL_NORMALISED", "availability", "in stock", "in_stock"),
        value("PRICE_MISSING", "price", "", "15 EUR"),
        value("PRICE_FORMAT", "price", "1.144,00 EUR", "1144,00 EUR"),
        value("PRICE_CURRENCY", "price", "15.00 USD", "15.00 EUR"),
        value("PRICE_NEGATIVE", "price", "-0.01 EUR", "0.01 EUR"),
        value("PRICE_ZERO", "price", "0.00 EUR", "0.01 EUR"),
        value("PRICE_DECIMALS", "price", "15.994 EUR", "15.99 EUR"),
        value("PRICE_NORMALISED", "price", "15,99 EUR", "15.99 EUR"),
        value("COND_ENUM", "condition", "like new", "refurbished"),
        value("COND_NORMALISED", "condition", "Used", "used"),
    ]
}

fn numbers() -> Vec<Case> {
    let bookless = [("google_product_category", "Media > Books"), ("gtin", "")];
    vec![
        value("GTIN_CHARS", "gtin", "40063813O3931", "4006381-333931"),
        value("GTIN_LENGTH", "gtin", "400638133", "96385074"),
        value("GTIN_SPREADSHEET", "gtin", "36000291452", "036000291452"),
        value("GTIN_ISBN10", "gtin", "0306406152", "9780306406157"),
        value("GTIN_ZERO", "gtin", "000000000000", "036000291452"),
        value("GTIN_CHECK", "gtin", "4006381333932", "4006381333931"),
        value("GTIN_RESTRICTED", "gtin", "2001234567893", "3001234567892"),
        value("GTIN_COUPON", "gtin", "9810000000006", "9771234567898"),
        value("GTIN_VARIABLE", "gtin", "94006381333934", "14006381333938"),
        value(
            "GTIN_COUNT",
            "gtin",
            &["96385074"; 7].join(","),
            &["96385074"; 6].join(","),
        ),
        value("GTIN_UPCE", "upc", "04252614", "042100005264"),
        case(
            "BRAND_MISSING",
            &[("brand", "")],
            &[("brand", ""), ("condition", "used")],
        ),
        value("BRAND_PLACEHOLDER", "brand", "no brand", "No Brand Coffee"),
        value("BRAND_LENGTH", "brand", &"é".repeat(71), &"é".repeat(70)),
        case("MPN_MISSING", &[("gtin", "")], &[("gtin", ""), ("mpn", "1")]),
        length("MPN_LENGTH", "mpn", "", 70),
        case(
            "IDENT_INCOMPLETE",
            &bookless,
            &[("google_product_category", "Home & Garden"), ("gtin", "")],
        ),
        case(
            "IDENT_CONFLICT",
            &[("identifier_exists", "no"), ("gtin", ""), ("mpn", "1")],
            &[("identifier_exists", "no"), ("gtin", "")],
        ),
        value("IDENT_ENUM", "identifier_exists", "1", "TRUE"),
    ]
}

fn offers() -> Vec<Case> {
    let order = |date| [("availability", "preorder"), ("availability_date", date)];
    let sale = |dates| [("sale_price", "12.00 EUR"), ("sale_price_effective_date", dates)];
    vec![
        case(
            "AVDATE_MISSING",
            &[("availability", "backorder")],
            &[("availability", "out_of_stock")],
        ),
        case("AVDATE_FORMAT", &order("24.12.2025"), &order("2025-12-24")),
        // The examples are of 9 October 2025, 8:53:20.
        case(
            "AVDATE_FAR",
            &order("2026-10-09T08:54Z"),
            &order("2026-10-09T08:53Z"),
        ),
        case(
            "AVDATE_UNUSED",
            &[("availability_date", "2025-12-24")],
            &order("2025-12-24"),
        ),
        value("SALE_FORMAT", "sale_price", "from 12", "12 EUR"),
        value("SALE_CURRENCY", "sale_price", "12.00 USD", "12.00 EUR"),
        value("SALE_ZERO", "sale_price", "0.00 EUR", "0.01 EUR"),
        value("SALE_NOT_LOWER", "sale_price", "15.00 EUR", "14.99 EUR"),
        value("SALE_NORMALISED", "sale_price", "12,00 EUR", "12.00 EUR"),
        case(
            "SALEDATE_FORMAT",
            &sale("2025-11-24T09:00Z"),
            &sale("2025-11-24T09:00Z/2025-11-25T09:00Z"),
        ),
        case(
            "SALEDATE_ORDER",
            &sale("2025-11-24T09:00Z/2025-11-24T10:00+0100"),
            &sale("2025-11-24T09:00Z/2025-11-24T10:01+0100"),
        ),
        case(
            "SALEDATE_ALONE",
            &[("sale_price_effective_date", "2025-11-24/2025-11-25")],
            &sale("2025-11-24/2025-11-25"),
        ),
        // The examples are of 9 October 2025, 8:53:20.
        case(
            "SALEDATE_PAST",
            &sale("2025-10-01T09:00Z/2025-10-09T08:53Z"),
            &sale("2025-10-01T09:00Z/2025-10-09T08:54Z"),
        ),
        value("MULTIPACK_ENUM", "multipack", "1", "2"),
        value("BUNDLE_ENUM", "is_bundle", "maybe", "no"),
        value("ADULT_ENUM", "adult", "18+", "yes"),
        value("EXP_FORMAT", "expiration_date", "24.10.2025", "2025-10-24"),
        value(
            "EXP_FAR",
            "expiration_date",
            "2025-11-08T08:54Z",
            "2025-11-08T08:53Z",
        ),
        value(
            "EXPIRED",
            "expiration_date",
            "2025-10-09T08:53Z",
            "2025-10-09T08:54Z",
        ),
        value("SHIP_FORMAT", "shipping", "DE::Standard:", "DE:4.90 EUR"),
        value("SHIP_COUNTRY", "shipping", "UK:::3.00 GBP", "GB:::3.00 GBP"),
        value("SHIP_PRICE", "shipping", "DE:::-0.01 EUR", "DE:::0 EUR"),
    ]
}

fn clothes() -> Vec<Case> {
    let without = |name: &str| -> Vec<(&'static str, &'static str)> {
        [
            ("google_product_category", "Apparel & Accessories > Clothing"),
            ("color", "red"),
            ("gender", "unisex"),
            ("age_group", "adult"),
            ("size", "M"),
        ]
        .into_iter()
        .filter(|(n, _)| *n != name)
        .collect()
    };
    let asked = |code, name| case(code, &without(name), &without(""));
    vec![
        asked("APPAREL_COLOR", "color"),
        asked("APPAREL_GENDER", "gender"),
        asked("APPAREL_AGE", "age_group"),
        asked("APPAREL_SIZE", "size"),
        value("APPAREL_GENDER_ENUM", "gender", "women", "female"),
        value("APPAREL_AGE_ENUM", "age_group", "child", "kids"),
        value("COLOR_FORMAT", "color", "red/green/blue/white", "red/green/blue"),
        length("SIZE_LENGTH", "size", "", 100),
        value("SIZE_TYPE", "size_type", "big,tall,plus", "big,tall"),
        value("SIZE_SYSTEM", "size_system", "ES", "EU"),
        length("LEN_MATERIAL", "material", "", 200),
        length("LEN_PATTERN", "pattern", "", 100),
        length("GROUP_LENGTH", "item_group_id", "", 50),
    ]
}

fn details() -> Vec<Case> {
    let pictures = |n: usize| vec!["https://shop.example/1.jpg"; n].join(",");
    let highlights = |n: usize| vec!["Stays cool"; n].join(",");
    vec![
        value("GPC_UNKNOWN", "google_product_category", "0", "1"),
        length("PTYPE_LENGTH", "product_type", "", 750),
        value(
            "ADDIMG_URL",
            "additional_image_link",
            "https://shop.example/1.jpg,https://shop.example/blue mug.jpg",
            "https://shop.example/1.jpg,https://shop.example/blue,mug.jpg",
        ),
        value(
            "ADDIMG_COUNT",
            "additional_image_link",
            &pictures(11),
            &pictures(10),
        ),
        value("DIM_FORMAT", "product_length", "20,5 cm", "20.5 cm"),
        value("DIM_RANGE", "product_weight", "2000.001 kg", "2000 kg"),
        length("LABEL_LENGTH", "custom_label_4", "", 100),
        value(
            "HILITE_LENGTH",
            "product_highlight",
            &format!("Cool,{}", "é".repeat(151)),
            &format!("Cool,{}", "é".repeat(150)),
        ),
        value(
            "HILITE_COUNT",
            "product_highlight",
            &highlights(1),
            &highlights(2),
        ),
        value("EEC_ENUM", "energy_efficiency_class", "A++++", "A+++"),
        value(
            "URL_MOBILE",
            "mobile_link",
            "m.shop.example/1",
            "https://m.shop.example/1",
        ),
        value(
            "URL_REDIRECT",
            "ads_redirect",
            "shop.example/go",
            "https://shop.example/go",
        ),
        value(
            "URL_REDIRECT_DOMAIN",
            "ads_redirect",
            "https://go.example/1",
            "https://go.shop.example/1",
        ),
        value("URL_VIDEO", "video_link", "film.mp4", "https://films.example/1"),
        value(
            "URL_DOCUMENT",
            "document_link",
            "manual.pdf",
            "https://shop.example/manual.pdf",
        ),
        case(
            "MULTI_VALUE",
            &[("color", "red"), ("color", "blue")],
            &[("color", "red"), ("color", "red")],
        ),
    ]
}

/// So many records that differ only in their ids and in what is given for each.
fn records(count: usize, of: impl Fn(usize) -> Vec<(&'static str, String)>) -> Fixture {
    Fixture::Records((0..count).map(of).collect())
}

fn across() -> Vec<Case> {
    // A part number instead of a GTIN, for one GTIN on all of them would be another fault.
    let own = |n: usize| vec![("gtin", String::new()), ("mpn", n.to_string())];
    let size = |n: usize, size: &str| {
        let mut record = own(n);
        record.extend([("item_group_id", "G".to_owned()), ("size", size.to_owned())]);
        record
    };
    let label = |n: usize| {
        let mut record = own(n);
        record.extend([
            ("title", format!("Mug {n}")),
            ("image_link", format!("https://shop.example/{n}.jpg")),
            ("custom_label_0", n.to_string()),
        ]);
        record
    };
    let prices = |second: &str| {
        let prices = ["3.00 EUR".to_owned(), second.to_owned()];
        records(2, move |n| {
            vec![("size", n.to_string()), ("price", prices[n].clone())]
        })
    };
    vec![
        Case {
            code: "ID_DUPLICATE",
            fails: records(2, |n| vec![("id", ["abc1", "ABC1"][n].to_owned())]),
            passes: records(2, |n| vec![("id", ["abc1", "abc2"][n].to_owned())]),
        },
        Case {
            code: "CROSS_TITLE_REUSE",
            fails: records(21, own),
            passes: records(20, own),
        },
        Case {
            code: "CROSS_IMAGE_REUSE",
            fails: records(51, own),
            passes: records(50, own),
        },
        Case {
            code: "CROSS_PRICE_SPREAD",
            fails: prices("15.01 EUR"),
            passes: prices("15.00 EUR"),
        },
        Case {
            code: "GTIN_AMBIGUOUS",
            fails: records(2, |_| vec![("size", "M".to_owned())]),
            passes: records(2, |n| vec![("size", n.to_string())]),
        },
        Case {
            code: "GROUP_SINGLE",
            fails: records(1, |n| size(n, "S")),
            passes: records(2, |n| size(n, ["S", "M"][n])),
        },
        Case {
            code: "GROUP_SAME",
            fails: records(3, |n| size(n, ["S", "M", "S"][n])),
            passes: records(3, |n| size(n, ["S", "M", "L"][n])),
        },
        Case {
            code: "LABEL_VALUES",
            fails: records(1001, label),
            passes: records(1000, label),
        },
    ]
}
