//! Files beside the one before them, each just past a gate's limit and just within it.

use super::{Case, Fixture};
use feedgate::domain::contract::example;
use feedgate::domain::gate::{Facts, Good, Ids, Past};
use feedgate::domain::ids::DeliveryId;
use feedgate::domain::portrait::{Portrait, Prices};

/// A file of 1,000 products like any other of its feed.
fn usual() -> Facts {
    Facts {
        received: 1000,
        quarantined: 0,
        products: 1000,
        ids: Some(Ids {
            live: 1000,
            gone: 0,
            new: 0,
        }),
        portrait: Some(Portrait {
            records: 1000,
            ids: 1000,
            availability: [("in_stock".to_owned(), 900), ("out_of_stock".to_owned(), 100)].into(),
            prices: [(
                "EUR".to_owned(),
                Prices {
                    records: 1000,
                    median_cents: 1000,
                },
            )]
            .into(),
            filled: [("brand".to_owned(), 1000)].into(),
        }),
    }
}

fn fixture(change: impl FnOnce(&mut Facts), in_a_row: u64, repeated: bool) -> Fixture {
    let last = Good {
        delivery: DeliveryId::new("last"),
        at: example::moment(),
        sha256: String::new(),
        overruled: false,
        facts: usual(),
    };
    let mut past = Past::of(&[last], example::moment()).expect("a past");
    past.in_a_row = in_a_row;
    let mut facts = usual();
    change(&mut facts);
    Fixture::Gate(Box::new((facts, past, repeated)))
}

fn case(code: &'static str, fails: impl FnOnce(&mut Facts), passes: impl FnOnce(&mut Facts)) -> Case {
    Case {
        code,
        fails: fixture(fails, 1, false),
        passes: fixture(passes, 1, false),
    }
}

fn portrait(facts: &mut Facts) -> &mut Portrait {
    facts.portrait.get_or_insert_default()
}

pub(super) fn cases() -> Vec<Case> {
    let products = |count| move |facts: &mut Facts| facts.products = count;
    let quarantined = |count| move |facts: &mut Facts| facts.quarantined = count;
    let churn = |count| {
        move |facts: &mut Facts| {
            facts.ids = Some(Ids {
                live: 1000,
                gone: count,
                new: count,
            });
        }
    };
    let sold_out = |count| {
        move |facts: &mut Facts| {
            portrait(facts)
                .availability
                .insert("out_of_stock".to_owned(), count);
        }
    };
    let priced = |currency: &'static str, median_cents| {
        move |facts: &mut Facts| {
            let records = 1000;
            portrait(facts).prices = [(
                currency.to_owned(),
                Prices {
                    records,
                    median_cents,
                },
            )]
            .into();
        }
    };
    let filled = |count| {
        move |facts: &mut Facts| {
            portrait(facts).filled.insert("brand".to_owned(), count);
        }
    };
    vec![
        case("FILE_DROP", products(899), products(900)),
        case("FILE_ERRSHARE", quarantined(251), quarantined(250)),
        case("TIME_ID_CHURN", churn(301), churn(300)),
        case("TIME_STOCK_WIPE", sold_out(401), sold_out(400)),
        case("TIME_CURRENCY_CHANGE", priced("USD", 1000), priced("EUR", 1000)),
        case("TIME_MEDIAN_PRICE", priced("EUR", 1201), priced("EUR", 1200)),
        case("TIME_FILL_DROP", filled(899), filled(900)),
        Case {
            code: "FILE_REPEAT",
            fails: fixture(|_| {}, 1, true),
            passes: fixture(|_| {}, 1, false),
        },
        Case {
            code: "TIME_STALE",
            fails: fixture(|_| {}, 3, true),
            passes: fixture(|_| {}, 2, true),
        },
    ]
}
