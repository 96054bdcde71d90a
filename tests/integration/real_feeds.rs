//! Checks real catalogues against faults counted by other means; passes where they are absent.

use feedgate::domain::feed::Terms;
use feedgate::domain::report::Report;
use feedgate::server::clock::Clock;
use feedgate::server::pipeline::survey::survey_on;
use std::fs::File;
use std::num::NonZero;
use std::path::PathBuf;

/// The folder of real feeds, where there is one.
fn folder() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/feeds");
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
    let folder = std::env::var("FEEDGATE_REAL_FEEDS").map_or_else(|_| beside(), PathBuf::from);
    folder.is_dir().then_some(folder)
}

fn check(file: &PathBuf, cores: usize) -> Report {
    let cores = NonZero::new(cores).expect("not zero");
    let source = File::open(file).expect("readable");
    let now = Clock::system().now();
    survey_on(cores, source, "feed", &Terms::default(), now, &mut |_, _| Ok(())).expect("read")
}

#[test]
fn real_catalogues_show_exactly_the_faults_that_were_counted() {
    let Some(folder) = folder() else {
        eprintln!("skipped: no folder of real feeds");
        return;
    };
    for (file, received, gtins, others) in [
        (
            "bloch_us_google_xml/product_feed.xml.gz",
            2543,
            22,
            &[("DESC_MISSING", 20), ("PRICE_ZERO", 16)][..],
        ),
        (
            "destovka_cz_google_atom/google.xml",
            1763,
            14,
            &[("DESC_MISSING", 64), ("PRICE_ZERO", 6)][..],
        ),
        ("lecc_us_google_tsv/google_feed.tsv", 160, 0, &[][..]),
    ] {
        let mut report = check(&folder.join(file), 1);
        assert_eq!(report.records.received, received, "{file}");
        assert!(report.records.conserved(), "{file}");
        let records = |code: &str| -> u64 {
            report
                .codes
                .iter()
                .filter(|c| c.code.starts_with(code))
                .map(|c| c.records)
                .sum()
        };
        assert_eq!(records("GTIN_"), gtins, "{file}");
        for (code, count) in others {
            assert_eq!(records(code), *count, "{file}: {code}");
        }
        let mut shared = check(&folder.join(file), 3);
        (report.elapsed_ms, shared.elapsed_ms) = (0, 0);
        assert_eq!(report, shared, "{file}: cores make no difference");
    }
}
