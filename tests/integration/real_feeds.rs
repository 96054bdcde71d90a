//! Checks real catalogues against faults counted by other means; passes where they are absent.

use crate::support::real;
use feedgate::domain::contract::Contract;
use feedgate::domain::feed::Terms;
use feedgate::domain::profile::Profile;
use feedgate::domain::report::{Report, Verdict};
use feedgate::server::clock::Clock;
use feedgate::server::pipeline::survey::survey_on;
use feedgate::server::profile;
use std::fs::File;
use std::num::NonZero;
use std::path::PathBuf;

/// One real catalogue, how it is read, and what was counted in it by other means.
struct Catalogue {
    file: &'static str,
    /// A shipped profile's name, or one written for this catalogue; empty for Google's names.
    profile: &'static str,
    received: u64,
    /// Codes that are no GTINs.
    bad_codes: u64,
    /// Records by rule.
    counts: &'static [(&'static str, u64)],
}

const IKEA: &str = "decimal = \",\"\ncurrency = \"SAR\"\n[map]\nitem_id = \"id\"\nname = \"title\"\n\
    short_description = \"description\"\n";
const TOYS: &str = "columns = [\"id\", \"title\", \"product_type\", \"brand\", \"price\", \"availability\", \"\", \"\", \"\"]\n\
    currency = \"GBP\"\n[values.availability]\n\"\" = \"out_of_stock\"\n\"*\" = \"in_stock\"\n";
const SOFTWARE: &str = "encoding = \"windows-1252\"\ncurrency = \"USD\"\n\
    columns = [\"id\", \"title\", \"description\", \"brand\", \"price\"]\n";
const FOODS: &str = "[map]\ncode = \"gtin\"\nurl = \"id\"\nproduct_name = \"title\"\nbrands = \"brand\"\n";
const SUPPLIES: &str = "record = \"/products/product\"\ncurrency = \"EUR\"\n[map]\nupc_ean = \"gtin\"\nreference = \"id\"\n\
    designation = \"title\"\ncurrent_price = \"price\"\nproduct_url = \"link\"\nimage_url = \"image_link\"\n";

/// The figures were counted with Python's own readers of CSV and XML, and agree with what came
/// with the catalogues.
const CATALOGUES: &[Catalogue] = &[
    Catalogue {
        file: "bloch_us_google_xml/product_feed.xml.gz",
        profile: "",
        received: 2543,
        bad_codes: 22,
        counts: &[("DESC_MISSING", 20), ("PRICE_ZERO", 16)],
    },
    Catalogue {
        file: "destovka_cz_google_atom/google.xml",
        profile: "",
        received: 1763,
        bad_codes: 14,
        counts: &[("DESC_MISSING", 64), ("PRICE_ZERO", 6)],
    },
    Catalogue {
        file: "lecc_us_google_tsv/google_feed.tsv",
        profile: "",
        received: 160,
        bad_codes: 0,
        counts: &[("ID_DUPLICATE", 0), ("PRICE_FORMAT", 0)],
    },
    Catalogue {
        file: "abcescolar_pt_idealo_csv_xml/idealo.csv",
        profile: "idealo",
        received: 1676,
        bad_codes: 977,
        counts: &[
            ("ID_MISSING", 2),
            ("ID_DUPLICATE", 1),
            ("PRICE_FORMAT", 0),
            ("GTIN_CHECK", 20),
        ],
    },
    Catalogue {
        file: "abcescolar_pt_idealo_csv_xml/Feed.xml.gz",
        profile: SUPPLIES,
        received: 1676,
        bad_codes: 1647,
        counts: &[("ID_MISSING", 2), ("ID_DUPLICATE", 1), ("PRICE_FORMAT", 0)],
    },
    Catalogue {
        file: "kompre_pl_ceneo_xml/ceneo.xml",
        profile: "ceneo",
        received: 1077,
        bad_codes: 0,
        counts: &[
            ("IMG_MISSING", 33),
            ("PRICE_FORMAT", 0),
            ("ID_MISSING", 0),
            ("LINK_URL", 0),
        ],
    },
    Catalogue {
        file: "ikea_sa_semicolon_csv/ikea.csv",
        profile: IKEA,
        received: 3694,
        bad_codes: 0,
        counts: &[
            ("ID_DUPLICATE", 732),
            ("PRICE_FORMAT", 0),
            ("PRICE_DECIMALS", 0),
            ("IMG_MISSING", 3694),
        ],
    },
    Catalogue {
        file: "er_amazon_google_cp1252_csv/Amazon.csv",
        profile: SOFTWARE,
        received: 1363,
        bad_codes: 0,
        counts: &[("PRICE_ZERO", 199), ("DESC_MISSING", 115)],
    },
    Catalogue {
        file: "er_amazon_google_cp1252_csv/GoogleProducts.csv",
        profile: SOFTWARE,
        received: 3226,
        bad_codes: 0,
        counts: &[("DESC_MISSING", 191), ("ID_LENGTH", 3226)],
    },
    Catalogue {
        file: "smartclima_ua_google_xml/google.xml",
        profile: "currency = \"UAH\"\n",
        received: 639,
        bad_codes: 0,
        counts: &[("PRICE_FORMAT", 0), ("PRICE_MISSING", 0)],
    },
    Catalogue {
        file: "openfoodfacts_it_tsv/openfoodfacts.csv.gz",
        profile: FOODS,
        received: 1263,
        bad_codes: 33,
        counts: &[("GTIN_CHECK", 22), ("TITLE_MISSING", 18)],
    },
    Catalogue {
        file: "amazon_uk_toys_headerless_csv/amazon_co-ecommerce_sample.csv",
        profile: TOYS,
        received: 10_000,
        bad_codes: 0,
        counts: &[
            ("PRICE_MISSING", 1435),
            ("TITLE_LENGTH", 85),
            ("AVAIL_MISSING", 0),
            ("ID_DUPLICATE", 0),
        ],
    },
];

/// What makes a code no GTIN, whoever may use it.
const BAD_CODE: &[&str] = &[
    "GTIN_CHARS",
    "GTIN_LENGTH",
    "GTIN_SPREADSHEET",
    "GTIN_ZERO",
    "GTIN_CHECK",
];

fn check(file: &PathBuf, profile: &str, cores: usize) -> Report {
    let cores = NonZero::new(cores).expect("not zero");
    let source = File::open(file).expect("readable");
    let profile = match Profile::named(profile) {
        Some(shipped) => shipped,
        None => profile::read(profile).expect("sound"),
    };
    let terms = Terms::of(profile, Contract::default(), None);
    survey_on(
        cores,
        source,
        "feed",
        &terms,
        Clock::system().now(),
        &mut |_, _| Ok(()),
    )
    .expect("read")
}

#[test]
fn real_catalogues_show_exactly_the_faults_that_were_counted() {
    let Some(folder) = real::folder() else {
        return;
    };
    for catalogue in CATALOGUES {
        let file = catalogue.file;
        let mut report = check(&folder.join(file), catalogue.profile, 1);
        assert_eq!(report.file.message, None, "{file}");
        assert_eq!(report.records.received, catalogue.received, "{file}");
        assert!(report.records.conserved(), "{file}");
        let records = |of: &dyn Fn(&str) -> bool| -> u64 {
            report
                .codes
                .iter()
                .filter(|c| of(&c.code))
                .map(|c| c.records)
                .sum()
        };
        assert_eq!(
            records(&|code| BAD_CODE.contains(&code)),
            catalogue.bad_codes,
            "{file}"
        );
        for (rule, count) in catalogue.counts {
            assert_eq!(records(&|code| code == *rule), *count, "{file}: {rule}");
        }
        let mut shared = check(&folder.join(file), catalogue.profile, 3);
        (report.elapsed_ms, shared.elapsed_ms) = (0, 0);
        assert_eq!(report, shared, "{file}: cores make no difference");
    }
}

#[test]
fn a_catalogue_in_another_encoding_is_refused_with_the_place_and_the_likely_encoding() {
    let Some(folder) = real::folder() else {
        return;
    };
    let report = check(&folder.join("er_amazon_google_cp1252_csv/Amazon.csv"), "", 1);
    assert_eq!(report.file.verdict, Verdict::Refused);
    assert_eq!(report.file.code.as_deref(), Some("FILE_ENCODING"));
    assert_eq!(report.file.offset, Some(39_487));
    let message = report.file.message.expect("a sentence");
    assert!(message.contains("windows-1252"), "{message}");
}
