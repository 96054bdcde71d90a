//! Asks whether a file is like the last good one: in stock, currency, prices and attributes.
//!
//! All of it is read off the portraits of the two files. A file without a portrait, or a feed
//! without a past, is like anything.

use super::decide::{Against, exceeds, figure, finding, percent};
use super::{Facts, Figure, Finding, Outcome, Value};
use crate::domain::format::count;
use crate::domain::portrait::Portrait;

/// The two portraits side by side.
struct Pair<'a> {
    before: &'a Portrait,
    now: &'a Portrait,
    /// Whether either file is too small for shares to hold it.
    is_small: bool,
}

/// Attributes that every record needs: a file without one of them is no catalogue.
const REQUIRED: [&str; 7] = [
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "availability",
    "price",
];

impl<'a> Pair<'a> {
    fn of(against: Against<'a>, facts: &'a Facts) -> Option<Self> {
        let before = against.past?.last.facts.portrait.as_ref()?;
        let now = facts.portrait.as_ref()?;
        Some(Self {
            before,
            now,
            is_small: before.records.min(now.records) < against.gates.floor,
        })
    }

    /// The required attributes that most records had and no record has any more.
    fn gone(&self) -> Vec<&'static str> {
        let filled = |portrait: &Portrait, name: &str| portrait.filled.get(name).copied().unwrap_or(0);
        REQUIRED
            .into_iter()
            .filter(|name| exceeds(filled(self.before, name), self.before.records, 50))
            .filter(|name| filled(self.now, name) == 0 && self.now.records > 0)
            .collect()
    }
}

/// What the gates on likeness find.
pub(super) fn compare(against: Against<'_>, facts: &Facts) -> Vec<Finding> {
    let Some(pair) = Pair::of(against, facts) else {
        return Vec::new();
    };
    let found = [
        stock(against, &pair),
        currency(&pair),
        median(against, &pair),
        fill(against, &pair),
    ];
    found.into_iter().flatten().collect()
}

/// `FILE_DROP`: a column that every record needs is gone. Its records fail one by one too, but
/// this says why.
pub(super) fn columns(against: Against<'_>, facts: &Facts) -> Option<Finding> {
    let pair = Pair::of(against, facts)?;
    let gone = pair.gone();
    if gone.is_empty() || against.is_of_changes {
        return None;
    }
    let (outcome, then) = if pair.is_small {
        (Outcome::Warn, "so somebody should look")
    } else {
        (
            Outcome::Hold,
            "so it is held; have it sent again with all its columns",
        )
    };
    let message = format!(
        "No record has a value for {} any more, where most records had one: the column is gone or has another name, \
         {then}.",
        gone.join(", ")
    );
    let filled = |portrait: &Portrait, name: &str| portrait.filled.get(name).copied().unwrap_or(0);
    let figures = gone
        .iter()
        .map(|name| Figure {
            name: format!("{name} filled, %").into(),
            before: Some(percent(filled(pair.before, name), pair.before.records)),
            now: percent(0, pair.now.records),
        })
        .collect();
    Some(finding("FILE_DROP", outcome, message, figures))
}

/// How many points the share `now` of `of` lies above `before` of `all`, when it is more than
/// `points`.
fn rose(before: (u64, u64), now: (u64, u64), points: u64) -> bool {
    let cross = |part: u64, other_whole: u64| i128::from(part) * i128::from(other_whole);
    let difference = cross(now.0, before.1) - cross(before.0, now.1);
    before.1 > 0 && now.1 > 0 && difference * 100 > i128::from(points) * cross(before.1, now.1)
}

fn shares(name: &'static str, before: (u64, u64), now: (u64, u64)) -> Vec<Figure> {
    vec![figure(
        name,
        Some(percent(before.0, before.1)),
        percent(now.0, now.1),
    )]
}

fn stock(against: Against<'_>, pair: &Pair<'_>) -> Option<Finding> {
    let points = against.gates.stock_wipe;
    let sold_out = |portrait: &Portrait| {
        let out = portrait.availability.get("out_of_stock").copied();
        (out.unwrap_or(0), portrait.records)
    };
    let (before, now) = (sold_out(pair.before), sold_out(pair.now));
    if !rose(before, now, points) {
        return None;
    }
    // Products of a file of changes are a choice of the partner's: what has sold out.
    let (outcome, then) = if pair.is_small || against.is_of_changes {
        (Outcome::Warn, "so somebody should look")
    } else {
        (
            Outcome::Hold,
            "so it is held; release it if the shop is really sold out",
        )
    };
    let message = format!(
        "{} of {} records are out of stock where {} of {} were: a rise of more than {points} points, {then}.",
        count(now.0),
        count(now.1),
        count(before.0),
        count(before.1),
    );
    let figures = shares("out of stock, %", before, now);
    Some(finding("TIME_STOCK_WIPE", outcome, message, figures))
}

fn currency(pair: &Pair<'_>) -> Option<Finding> {
    let (before, now) = (pair.before.main_currency()?, pair.now.main_currency()?);
    if before == now {
        return None;
    }
    let message = format!(
        "Most prices are in {now} where they were in {before}, so the file is held; set the feed's currency and release \
         it if the partner has moved to {now}."
    );
    let text = |word: &str| Value::Text(word.to_owned());
    let figures = vec![figure("currency", Some(text(before)), text(now))];
    Some(finding("TIME_CURRENCY_CHANGE", Outcome::Hold, message, figures))
}

fn median(against: Against<'_>, pair: &Pair<'_>) -> Option<Finding> {
    if pair.before.main_currency()? != pair.now.main_currency()? || pair.is_small || against.is_of_changes {
        return None;
    }
    let (before, now) = (pair.before.median_cents()?, pair.now.median_cents()?);
    let limit = against.gates.median_price;
    if !exceeds(before.abs_diff(now), before, limit) {
        return None;
    }
    let price = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
    let message = format!(
        "The median price is {} where it was {}: it moved by more than {limit} %.",
        price(now),
        price(before)
    );
    let figures = vec![figure(
        "median price",
        Some(Value::Text(price(before))),
        Value::Text(price(now)),
    )];
    Some(finding("TIME_MEDIAN_PRICE", Outcome::Warn, message, figures))
}

/// The attribute that faded most.
fn fill(against: Against<'_>, pair: &Pair<'_>) -> Option<Finding> {
    if pair.is_small || against.is_of_changes {
        return None;
    }
    let points = against.gates.fill_drop;
    let gone = pair.gone();
    let of = |portrait: &Portrait, name: &str| {
        let filled = portrait.filled.get(name).copied();
        (filled.unwrap_or(0), portrait.records)
    };
    let mut faded: Vec<_> = pair
        .before
        .filled
        .keys()
        .filter(|name| !gone.contains(&name.as_str()))
        .map(|name| (name, of(pair.before, name), of(pair.now, name)))
        // A share that fell is one that rises backwards.
        .filter(|(_, before, now)| rose(*now, *before, points))
        .collect();
    faded.sort_by_key(|(_, before, now)| {
        u128::from(now.0) * u128::from(before.1) / u128::from(before.0.max(1))
    });
    let (name, before, now) = faded.first().copied()?;
    let others = match faded.len() - 1 {
        0 => String::new(),
        n => format!(", and {} other attributes like it", count(n as u64)),
    };
    let message = format!(
        "{} of {} records have a {name} where {} of {} had: a fall of more than {points} points{others}.",
        count(now.0),
        count(now.1),
        count(before.0),
        count(before.1),
    );
    let figures = faded
        .iter()
        .map(|(name, before, now)| Figure {
            name: format!("{name} filled, %").into(),
            before: Some(percent(before.0, before.1)),
            now: percent(now.0, now.1),
        })
        .collect();
    Some(finding("TIME_FILL_DROP", Outcome::Warn, message, figures))
}

#[cfg(test)]
mod tests {
    use super::super::{Gate, Gates, Good, Ids, Past, decide};
    use super::*;
    use crate::domain::contract::Contract;
    use crate::domain::ids::DeliveryId;
    use crate::domain::portrait::Prices;
    use chrono::DateTime;

    fn portrait(records: u64, out_of_stock: u64, currency: &str, median_cents: u64, brands: u64) -> Portrait {
        let prices = Prices {
            records,
            median_cents,
        };
        Portrait {
            records,
            ids: records,
            availability: [("out_of_stock".to_owned(), out_of_stock)].into(),
            prices: [(currency.to_owned(), prices)].into(),
            filled: [("brand".to_owned(), brands)].into(),
        }
    }

    fn facts(portrait: Portrait) -> Facts {
        Facts {
            received: portrait.records,
            products: portrait.records,
            ids: Some(Ids::default()),
            portrait: Some(portrait),
            ..Facts::default()
        }
    }

    fn asked(before: Portrait, now: Portrait) -> Gate {
        let last = Good {
            delivery: DeliveryId::new("last"),
            at: DateTime::UNIX_EPOCH,
            sha256: String::new(),
            overruled: false,
            facts: facts(before),
        };
        let past = Past::of(&[last], DateTime::UNIX_EPOCH);
        let against = Against {
            gates: &Gates::default(),
            contract: &Contract::default(),
            past: past.as_ref(),
            is_of_changes: false,
            at: DateTime::UNIX_EPOCH,
        };
        decide(against, facts(now), false)
    }

    fn found(before: Portrait, now: Portrait) -> Vec<(String, Outcome)> {
        let gate = asked(before, now);
        gate.findings
            .into_iter()
            .map(|f| (f.code.into_owned(), f.outcome))
            .collect()
    }

    fn usual() -> Portrait {
        portrait(100, 10, "EUR", 1000, 90)
    }

    #[test]
    fn a_file_like_the_last_one_passes_and_so_does_a_little_change() {
        assert_eq!(found(usual(), usual()), []);
        assert_eq!(found(usual(), portrait(100, 40, "EUR", 1200, 80)), []);
    }

    #[test]
    fn each_unlikeness_is_found_just_past_its_limit() {
        for (now, code, outcome) in [
            (
                portrait(100, 41, "EUR", 1000, 90),
                "TIME_STOCK_WIPE",
                Outcome::Hold,
            ),
            (
                portrait(100, 10, "USD", 1000, 90),
                "TIME_CURRENCY_CHANGE",
                Outcome::Hold,
            ),
            (
                portrait(100, 10, "EUR", 1201, 90),
                "TIME_MEDIAN_PRICE",
                Outcome::Warn,
            ),
            (
                portrait(100, 10, "EUR", 799, 90),
                "TIME_MEDIAN_PRICE",
                Outcome::Warn,
            ),
            (
                portrait(100, 10, "EUR", 1000, 79),
                "TIME_FILL_DROP",
                Outcome::Warn,
            ),
        ] {
            assert_eq!(found(usual(), now), [(code.to_owned(), outcome)]);
        }
    }

    #[test]
    fn a_required_column_that_is_gone_holds_and_another_one_only_warns() {
        let with = |price: u64, brand: u64| Portrait {
            filled: [("price".to_owned(), price), ("brand".to_owned(), brand)].into(),
            ..usual()
        };
        assert_eq!(
            found(with(100, 90), with(0, 90)),
            [("FILE_DROP".to_owned(), Outcome::Hold)]
        );
        assert_eq!(found(with(100, 90), with(95, 90)), []);
        assert_eq!(
            found(with(100, 90), with(1, 0)),
            [("TIME_FILL_DROP".to_owned(), Outcome::Warn)],
            "one price is a column"
        );
        assert_eq!(
            found(with(50, 90), with(0, 90)).first().map(|f| f.1),
            Some(Outcome::Warn)
        );
    }

    #[test]
    fn the_numbers_stand_side_by_side_and_in_the_sentence() {
        let gate = asked(usual(), portrait(100, 60, "EUR", 1000, 90));
        let reason = gate.reason().expect("a reason");
        assert_eq!(
            (&reason.figures[0].before, &reason.figures[0].now),
            (&Some(Value::Number(10)), &Value::Number(60))
        );
        assert!(reason.message.contains("60 of 100"), "{}", reason.message);
    }

    #[test]
    fn a_few_records_are_no_shares() {
        let small = |out| portrait(10, out, "EUR", 1000, 9);
        assert_eq!(
            found(small(0), small(10)),
            [("TIME_STOCK_WIPE".to_owned(), Outcome::Warn)]
        );
        assert_eq!(
            found(portrait(10, 0, "EUR", 100, 9), portrait(10, 0, "EUR", 900, 0)),
            []
        );
    }
}
