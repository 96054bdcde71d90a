//! Tells whether a product's price jumped since it was last accepted.
//!
//! A price that falls to a tenth or a hundredth is seldom a bargain: a decimal mark has slipped.
//! `TIME_PRICE_JUMP` warns of it; the record passes, for only the partner knows. The comparison
//! is asked when a changed record is about to take the place of an item, which is the only time
//! that both prices are at hand.

use super::contract::Currency;
use super::format::count;

/// A price above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// What it is in.
    pub currency: Currency,
    /// The amount in hundredths of the currency's unit.
    pub cents: u64,
}

impl Price {
    /// Reads a price as an item has it: `15.00 EUR`, with at most two decimals.
    pub fn parse(text: &str) -> Option<Self> {
        let (amount, code) = text.split_once(' ')?;
        let (whole, decimals) = amount.split_once('.').unwrap_or((amount, ""));
        let is_number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || decimals.len() > 2 || !is_number(whole) || !is_number(decimals) {
            return None;
        }
        let hundredths: u64 = format!("{decimals:0<2}").parse().ok()?;
        let cents = whole
            .parse::<u64>()
            .ok()?
            .checked_mul(100)?
            .checked_add(hundredths)?;
        Some(Self {
            currency: Currency::of(code)?,
            cents,
        })
        .filter(|price| price.cents > 0)
    }
}

impl Price {
    /// The price as an item has it; [`Price::parse`] reads it back.
    pub fn plain(self) -> String {
        format!(
            "{}.{:02} {}",
            self.cents / 100,
            self.cents % 100,
            self.currency.code()
        )
    }
}

impl std::fmt::Display for Price {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, cents) = (self.cents / 100, self.cents % 100);
        write!(f, "{}.{cents:02} {}", count(whole), self.currency.code())
    }
}

/// Says in a sentence that a price jumped from `before` to `now`, by more than `percent` of what
/// it was; none when it did not. Prices in two currencies cannot be compared.
pub fn jump(before: Price, now: Price, percent: u32) -> Option<String> {
    let moved = u128::from(before.cents.abs_diff(now.cents)) * 100;
    if before.currency != now.currency || moved <= u128::from(before.cents) * u128::from(percent) {
        return None;
    }
    let slip = [(10, "tenth", "ten"), (100, "hundredth", "a hundred")]
        .into_iter()
        .find_map(|(factor, part, times)| {
            if is_about(now.cents, before.cents, factor) {
                Some(format!("{times} times as much"))
            } else if is_about(before.cents, now.cents, factor) {
                Some(format!("a {part}"))
            } else {
                None
            }
        });
    Some(match slip {
        Some(slip) => {
            format!(
                "The price is {now} where it was {before}: {slip}, so its decimal mark has probably slipped."
            )
        }
        None => format!("The price is {now} where it was {before}: it moved by more than {percent} %."),
    })
}

/// Whether `large` is `factor` times `small`, within what rounding to cents can do.
fn is_about(large: u64, small: u64, factor: u64) -> bool {
    let exact = u128::from(small) * u128::from(factor);
    u128::from(large).abs_diff(exact) <= u128::from(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn price(text: &str) -> Price {
        Price::parse(text).expect("a price")
    }

    fn said(before: &str, now: &str) -> Option<String> {
        jump(price(before), price(now), 80)
    }

    #[test]
    fn a_slipped_decimal_mark_is_told_as_one_and_a_sale_is_no_jump() {
        for (before, now, word) in [
            ("120.00 EUR", "1.20 EUR", "a hundredth"),
            ("120.00 EUR", "12.00 EUR", "a tenth"),
            ("12.99 EUR", "1299.00 EUR", "a hundred times as much"),
            ("12.99 EUR", "129.90 EUR", "ten times as much"),
            ("129.99 EUR", "13.00 EUR", "a tenth"),
            ("100.00 EUR", "19.99 EUR", "more than 80 %"),
            ("100.00 EUR", "180.01 EUR", "more than 80 %"),
        ] {
            let sentence = said(before, now).unwrap_or_default();
            assert!(sentence.contains(word), "{before} to {now}: {sentence}");
        }
        for (before, now) in [
            ("100.00 EUR", "20.00 EUR"),
            ("100.00 EUR", "180.00 EUR"),
            ("100.00 EUR", "100.00 EUR"),
            ("100.00 EUR", "1.00 USD"),
        ] {
            assert_eq!(said(before, now), None, "{before} to {now}");
        }
    }

    #[test]
    fn only_what_an_item_can_have_is_read_as_a_price() {
        assert_eq!(price("1234.5 EUR").plain(), "1234.50 EUR");
        for text in [
            "",
            "15.00",
            "0.00 EUR",
            "1,5 EUR",
            "-1.00 EUR",
            "1.234 EUR",
            ".5 EUR",
            "1.00 eur",
        ] {
            assert_eq!(Price::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_jump_is_one_whatever_its_size_once_it_is_past_the_limit(before in 1u64..1 << 50, now in 1u64..1 << 50, percent in 1u32..1000) {
            let of = |cents| Price { currency: Currency::of("EUR").expect("a currency"), cents };
            let past = u128::from(before.abs_diff(now)) * 100 > u128::from(before) * u128::from(percent);
            prop_assert_eq!(jump(of(before), of(now), percent).is_some(), past);
        }
    }
}
