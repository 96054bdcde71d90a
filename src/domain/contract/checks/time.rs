//! Names what can be wrong with a file beside the ones before it; the gates find it.
//!
//! These rules look at no record. [`crate::domain::gate`] decides them when a file has been read
//! whole and before anything of it takes effect; here is what people are told about them. A
//! contract levels them like any rule: switched off a gate is silent, as a warning it never
//! holds.

use crate::domain::contract::{Actor, Check, Rule, Threshold};
use crate::domain::violation::Severity;

/// What the gates find.
pub static GATES: Check = Check {
    name: "gates",
    attributes: &[],
    rules: &[
        &FILE_REPEAT,
        &FILE_DROP,
        &FILE_ERRSHARE,
        &FILE_INTERRUPTED,
        &TIME_ID_CHURN,
        &TIME_STOCK_WIPE,
        &TIME_CURRENCY_CHANGE,
        &TIME_MEDIAN_PRICE,
        &TIME_FILL_DROP,
        &TIME_STALE,
        &TIME_PRICE_JUMP,
    ],
    run: |_| {},
};

macro_rules! gate {
    ($code:ident, $severity:ident, $actor:ident, $title:literal, $meaning:literal, $expected:literal, $fix:literal) => {
        #[doc = $expected]
        pub static $code: Rule = Rule {
            code: stringify!($code),
            severity: Severity::$severity,
            attribute: None,
            threshold: None,
            actor: Actor::$actor,
            title: $title,
            meaning: $meaning,
            expected: $expected,
            valid: &[],
            invalid: &[],
            fix: $fix,
        };
    };
}

gate!(
    FILE_REPEAT,
    Info,
    Nobody,
    "Same file again",
    "The file has the same bytes as an earlier one of this feed. It is logged and linked to that one; \
     products that have not changed since are counted as unchanged and written no second time.",
    "Any file; one that came before is recognised by its SHA-256.",
    "Nothing to mend. If a newer file was meant, look whether the export has run."
);
gate!(
    FILE_DROP,
    Warning,
    Partner,
    "Products missing",
    "The file names clearly fewer products than expected: than the median of the files of the same weekday in \
     the last four weeks where there are three of them, else than the last file that took effect. In a feed that \
     sends whole catalogues, what a file does not name is withdrawn, so an export that stopped early would empty \
     the catalogue. Below 90 % it warns, below 80 % the file is held and the catalogue stays as it is, unless \
     fewer than 20 products were expected. A file in which a required column has gone is held as well. A feed may \
     have other limits.",
    "About as many products as before.",
    "Compare the export with the shop. If the products are gone on purpose, release the file with a word on why; \
     from then on the smaller catalogue is the normal one. If not, refuse it and have it sent again."
);
gate!(
    FILE_ERRSHARE,
    Warning,
    Partner,
    "Too many records fail",
    "So many records of the file fail the contract that the cause is most likely one for all of them: a renamed \
     column, another language, another format of prices. Above 25 % it warns, above 60 % the file is held and the \
     catalogue stays as it is. The first file of a feed is never held for it, for nothing could be lost, and a \
     file of fewer than 20 records only warns.",
    "At most a quarter of the records failing.",
    "Look at the code with the most records first. Mend the feed, or its profile here when the partner means the \
     right thing and says it in other words."
);
gate!(
    FILE_INTERRUPTED,
    Warning,
    Nobody,
    "Stopped half-way",
    "The ingest of the file was stopped before every record was decided, and a newer file came before it was run \
     again. The newer file took its place; what the stopped one had written counts for that one.",
    "An ingest that runs to its end, or is run again.",
    "Nothing to mend if the newer file is complete."
);
gate!(
    TIME_ID_CHURN,
    Warning,
    Partner,
    "Products under new ids",
    "More than 30 % of the products are new and more than 30 % of those we had are gone: the catalogue was \
     probably given new ids. Statistics, campaigns and reviews hang on the ids, so the file is held and the \
     catalogue stays as it is. Where we had fewer than 20 products it only warns.",
    "The id of a product stays the same as long as it is sold.",
    "Send the old ids. If the change is meant, release the file; every product then counts as new."
);
gate!(
    TIME_STALE,
    Warning,
    Partner,
    "Nothing new for long",
    "The same bytes came more than three times in a row. Prices and stock hardly ever stand still that long: the \
     export has probably stopped while its upload goes on.",
    "A file that is made anew before it is sent.",
    "Look whether the export still runs."
);
gate!(
    TIME_STOCK_WIPE,
    Warning,
    Partner,
    "Stock gone",
    "The share of products out of stock rose by more than 30 percentage points since the last file that took \
     effect. Shops seldom sell out overnight; a stock that was not read in time looks the same. The file is held \
     and the catalogue stays as it is, unless either file has fewer than 20 records.",
    "About as many products in stock as before.",
    "Look whether the export reads the stock. If the shop is really sold out, release the file."
);
gate!(
    TIME_CURRENCY_CHANGE,
    Warning,
    Partner,
    "Another currency",
    "Most prices are in another currency than in the last file that took effect. A price of 100 means something \
     else in each, so the file is held and the catalogue stays as it is, however small it is.",
    "Prices in the currency they were in before.",
    "Send prices in the old currency. If the partner has moved to a new one, change the feed's currency here and \
     release the file."
);
gate!(
    TIME_MEDIAN_PRICE,
    Warning,
    Partner,
    "Prices moved",
    "The median price moved by more than 20 % since the last file that took effect. One product may do so at any \
     time, half a catalogue hardly ever: tax may have been left out, or a price list mixed up.",
    "A median price that moves little from file to file.",
    "Compare some prices with the shop. If they are right, nothing is to be done."
);
gate!(
    TIME_FILL_DROP,
    Warning,
    Partner,
    "Attribute fading",
    "The share of records with a value for an attribute fell by more than 10 percentage points since the last \
     file that took effect. A column may have been renamed or left empty.",
    "Attributes filled as well as before.",
    "Look whether the attribute has another name in the file now; the feed's profile can say so."
);

/// Looks at records, unlike the others here, but not at one alone: at what it says beside what
/// was accepted before. An ingest asks it as it writes.
pub static TIME_PRICE_JUMP: Rule = Rule {
    code: "TIME_PRICE_JUMP",
    severity: Severity::Warning,
    attribute: Some("price"),
    threshold: Some(Threshold {
        name: "largest move of a price",
        unit: "percent",
        default: 80,
        least: 1,
        most: 100_000,
    }),
    actor: Actor::Partner,
    title: "Price jumped",
    meaning: "The price moved by more than 80 % since the product was last accepted. One that fell to a tenth or a \
              hundredth, or rose as much, has probably lost or won a decimal mark. The record is accepted: the price \
              may be right. A contract can switch this off or make it a note; it never holds a record.",
    expected: "A price that moves by less than that from one file to the next.",
    valid: &[],
    invalid: &[],
    fix: "Compare the price with the shop. If it is wrong, send the product again with the right one.",
};
