//! Reads amounts of money, and refuses to guess.
//!
//! The strict form is `15.00 USD`. Other forms are read where only one reading is possible;
//! the caller says so to the partner. Amounts are decimals, never floats.

use crate::domain::contract::Currency;
use rust_decimal::{Decimal, RoundingStrategy};
use std::fmt;

/// How an amount was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `15.00 USD`
    Strict,
    /// Any other form that has one reading only.
    Other,
}

/// An amount as understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Money {
    pub(super) amount: Decimal,
    pub(super) currency: Currency,
    pub(super) form: Form,
    /// More than two decimals were sent.
    pub(super) is_rounded: bool,
}

/// Why a value is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPrice<'a> {
    /// Three letters that are no currency.
    Currency(&'a str),
    NoCurrency,
    Thousands,
    Range,
    Digits,
    Other,
}

impl fmt::Display for NoPrice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Currency(_) => "has an unknown currency",
            Self::NoCurrency => "has no currency, and none is set for this feed",
            Self::Thousands => {
                "can be read in more than one way; send it without a thousands mark, with a point \
                                before the decimals"
            }
            Self::Range => "names two amounts; send the one that is charged",
            Self::Digits => "has more than 12 digits before the point",
            Self::Other => "is not a number, a space and a currency, such as 15.00 EUR",
        })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl Money {
    /// Reads a trimmed value; `agreed` is the currency of the feed.
    pub(super) fn read(value: &str, agreed: Option<Currency>) -> Result<Self, NoPrice<'_>> {
        Self::strict(value).map_or_else(|| Self::lenient(value, agreed), Ok)
    }

    /// The hundredths of an amount written as nearly all are, with two decimals and in the
    /// agreed currency: `15.00 EUR`. None of any other, which [`Self::read`] may still read.
    pub(super) fn plain(value: &str, agreed: Currency) -> Option<u64> {
        let number = value.as_bytes().strip_suffix(agreed.code().as_bytes())?;
        let [whole @ .., b'.', tens, ones, b' '] = number else {
            return None;
        };
        if !(1..=12).contains(&whole.len()) {
            return None;
        }
        whole.iter().chain([tens, ones]).try_fold(0, |cents: u64, digit| {
            let digit = digit.wrapping_sub(b'0');
            (digit < 10).then(|| 10 * cents + u64::from(digit))
        })
    }

    /// The amount in hundredths; none when it is below zero.
    pub(super) fn cents(&self) -> Option<u64> {
        let amount = self.amount;
        let mantissa = u64::try_from(amount.mantissa()).ok()?;
        match amount.scale() {
            0 => Some(mantissa * 100),
            1 => Some(mantissa * 10),
            _ => Some(mantissa),
        }
    }

    /// `^\d{1,12}(\.\d{1,2})? [A-Z]{3}$` with a currency that exists.
    fn strict(value: &str) -> Option<Self> {
        let bytes = value.as_bytes();
        let end = bytes
            .len()
            .checked_sub(4)
            .filter(|end| *end > 0 && bytes[*end] == b' ')?;
        let (mut mantissa, mut whole, mut scale) = (0i64, 0, None);
        for byte in &bytes[..end] {
            match (byte, &mut scale) {
                (b'0'..=b'9', scale) => {
                    match scale {
                        None => whole += 1,
                        Some(scale) => *scale += 1,
                    }
                    if whole > 12 || scale.is_some_and(|scale: u32| scale > 2) {
                        return None;
                    }
                    mantissa = mantissa * 10 + i64::from(byte - b'0');
                }
                (b'.', None) if whole > 0 => scale = Some(0),
                _ => return None,
            }
        }
        let currency = Currency::of(value.get(end + 1..)?)?;
        (scale != Some(0)).then(|| Self {
            amount: Decimal::new(mantissa, scale.unwrap_or(0)),
            currency,
            form: Form::Strict,
            is_rounded: false,
        })
    }

    fn lenient(value: &str, agreed: Option<Currency>) -> Result<Self, NoPrice<'_>> {
        let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | '\'');
        let start = value.find(|c: char| c.is_ascii_digit()).ok_or(NoPrice::Other)?;
        // The sign and the number are one; before and after stand the currency and spaces.
        let start = value[..start]
            .rfind(|c: char| !is_number(c))
            .map_or(0, |at| at + value[at..].chars().next().map_or(1, char::len_utf8));
        let end = value[start..]
            .find(|c: char| !is_number(c))
            .map_or(value.len(), |at| start + at);
        let (before, number, after) = (value[..start].trim(), &value[start..end], value[end..].trim());
        let amount = number_of(number, after)?;
        let (currency, written) = match (before, after) {
            ("", "") => (agreed.ok_or(NoPrice::NoCurrency)?, false),
            (code, "") | ("", code) => (currency_of(code, agreed)?, true),
            _ => {
                return Err(if after.contains(|c: char| c.is_ascii_digit()) {
                    NoPrice::Range
                } else {
                    NoPrice::Other
                });
            }
        };
        let rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        let is_rounded = amount.scale() > 2;
        // What is strict but for its decimals or its sign is not told off for its form too.
        let plain = written
            && before.is_empty()
            && value[end..].strip_prefix(' ') == Some(currency.code())
            && !number.contains(',')
            && !number.starts_with('+');
        Ok(Self {
            amount: if is_rounded { rounded } else { amount },
            currency,
            form: if plain { Form::Strict } else { Form::Other },
            is_rounded,
        })
    }
}

/// The amount in a number that has one reading only.
fn number_of<'a>(number: &str, after: &str) -> Result<Decimal, NoPrice<'a>> {
    let (sign, digits) = match number.as_bytes() {
        [b'-', ..] => ("-", &number[1..]),
        [b'+', ..] => ("", &number[1..]),
        _ => ("", number),
    };
    if digits.contains(['-', '+']) {
        return Err(NoPrice::Range);
    }
    if after.starts_with(['-', '–', '—']) {
        return Err(NoPrice::Range);
    }
    let marks = digits.bytes().filter(|b| !b.is_ascii_digit()).count();
    let (whole, decimals) = match marks {
        0 => (digits, ""),
        1 => {
            let at = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
            let (whole, decimals) = (&digits[..at], &digits[at + 1..]);
            // A comma is a decimal mark only before exactly two digits; 1,144 may be a thousand.
            let fits = match digits.as_bytes()[at] {
                b'.' => !decimals.is_empty(),
                b',' => decimals.len() == 2,
                _ => false,
            };
            if !fits || whole.is_empty() {
                return Err(NoPrice::Thousands);
            }
            (whole, decimals)
        }
        _ => return Err(NoPrice::Thousands),
    };
    if whole.len() > 12 {
        return Err(NoPrice::Digits);
    }
    // Beyond what a decimal holds, further decimals only decide the rounding of the second one.
    let decimals = &decimals[..decimals.len().min(12)];
    format!("{sign}{whole}.{decimals}0")
        .parse::<Decimal>()
        .map_err(|_| NoPrice::Other)
        .map(|amount| {
            let scale = u32::try_from(decimals.len()).unwrap_or(0);
            let mut amount = amount;
            amount.rescale(scale);
            amount
        })
}

fn currency_of(code: &str, agreed: Option<Currency>) -> Result<Currency, NoPrice<'_>> {
    if let Ok(currency) = Currency::parse(code) {
        return Ok(currency);
    }
    if let Some(agreed) = agreed
        && agreed.is_written(code)
    {
        return Ok(agreed);
    }
    if let Some(currency) = Currency::of_symbol(code) {
        return Ok(currency);
    }
    let three_letters = code.len() == 3 && code.bytes().all(|b| b.is_ascii_alphabetic());
    Err(if three_letters {
        NoPrice::Currency(code)
    } else {
        NoPrice::Other
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str, agreed: Option<&str>) -> Result<(String, Form, bool), String> {
        Money::read(value, agreed.and_then(Currency::of))
            .map(|money| (money.to_string(), money.form, money.is_rounded))
            .map_err(|fault| format!("{fault:?}"))
    }

    #[test]
    fn forms_with_one_reading_are_read() {
        use Form::{Other, Strict};
        for (value, agreed, expected) in [
            ("15.00 USD", None, ("15.00 USD", Strict, false)),
            ("15 USD", None, ("15 USD", Strict, false)),
            ("15.5 USD", None, ("15.5 USD", Strict, false)),
            ("39990 CZK", None, ("39990 CZK", Strict, false)),
            (
                "999999999999.99 EUR",
                None,
                ("999999999999.99 EUR", Strict, false),
            ),
            ("USD 15.00", None, ("15.00 USD", Other, false)),
            ("15,00 EUR", None, ("15.00 EUR", Other, false)),
            ("$15.00", Some("USD"), ("15.00 USD", Other, false)),
            ("$15.00", Some("CAD"), ("15.00 CAD", Other, false)),
            ("€ 15", None, ("15 EUR", Other, false)),
            ("11.99€", None, ("11.99 EUR", Other, false)),
            ("15.00", Some("EUR"), ("15.00 EUR", Other, false)),
            ("15.00usd", None, ("15.00 USD", Other, false)),
            ("15.00\u{a0}USD", None, ("15.00 USD", Other, false)),
            ("12345.678 USD", None, ("12345.68 USD", Strict, true)),
            ("0.005 USD", None, ("0.01 USD", Strict, true)),
            ("-15.00 USD", None, ("-15.00 USD", Strict, false)),
        ] {
            let expected = Ok((expected.0.to_owned(), expected.1, expected.2));
            assert_eq!(read(value, agreed), expected, "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_plain_amount_is_read_as_it_is_slowly(value in "[0-9]{1,14}[.,]?[0-9]{0,3} ?(EUR|USD|eur)?") {
            let agreed = Currency::of("EUR").expect("a currency");
            let slow = Money::read(&value, Some(agreed)).ok();
            let is_plain = |money: &Money| {
                money.form == Form::Strict && !money.is_rounded && money.currency == agreed && money.amount.scale() == 2
            };
            let slow = slow.filter(is_plain).and_then(|money| money.cents());
            proptest::prop_assert_eq!(Money::plain(&value, agreed), slow);
        }
    }

    #[test]
    fn forms_with_several_readings_or_none_are_refused() {
        for (value, agreed, fault) in [
            ("1.144,00 EUR", None, "Thousands"),
            ("1,144.00", Some("USD"), "Thousands"),
            ("1,144 EUR", None, "Thousands"),
            ("1'144.00 CHF", None, "Thousands"),
            ("15,0 EUR", None, "Thousands"),
            ("15. EUR", None, "Thousands"),
            (".99 EUR", None, "Thousands"),
            ("from 15", Some("EUR"), "Other"),
            ("15.00-20.00 USD", None, "Range"),
            ("15.00 - 20.00 USD", None, "Range"),
            ("NaN", Some("EUR"), "Other"),
            ("1e3 USD", None, "Other"),
            ("inf", Some("EUR"), "Other"),
            ("$15.00", None, "Other"),
            ("$15.00", Some("EUR"), "Other"),
            ("15.00", None, "NoCurrency"),
            ("15.00 XYZ", None, "Currency(\"XYZ\")"),
            ("1234567890123 USD", None, "Digits"),
            ("0x10 USD", None, "Other"),
            ("١٥ USD", None, "Other"),
        ] {
            assert_eq!(read(value, agreed), Err(fault.to_owned()), "{value}");
        }
    }
}
