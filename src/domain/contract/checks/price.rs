//! Asks for a price that can be charged: a decimal number and a currency.

use super::money::{self, Money, NoPrice};
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::{Actor, Check, Rule};
use crate::domain::record::Attribute;
use crate::domain::violation::Severity;

/// The rules of `price`.
pub static PRICE: Check = Check {
    name: "price",
    attributes: &[],
    rules: &[
        &PRICE_MISSING,
        &PRICE_FORMAT,
        &PRICE_CURRENCY,
        &PRICE_NEGATIVE,
        &PRICE_ZERO,
        &PRICE_DECIMALS,
        &PRICE_NORMALISED,
    ],
    run: check,
};

/// A record without a price.
pub static PRICE_MISSING: Rule = Rule {
    code: "PRICE_MISSING",
    severity: Severity::Error,
    attribute: Some("price"),
    actor: Actor::Partner,
    threshold: None,
    title: "No price",
    meaning: "The record has no price.",
    expected: "A number, a space and a currency, such as 15.00 EUR.",
    valid: &[&[("price", "15.00 EUR")]],
    invalid: &[&[("price", "")]],
    fix: "Send the price people pay, with its currency.",
};

/// A value that is no price.
pub static PRICE_FORMAT: Rule = Rule {
    code: "PRICE_FORMAT",
    severity: Severity::Error,
    attribute: Some("price"),
    actor: Actor::Partner,
    threshold: None,
    title: "Price cannot be read",
    meaning: "The value cannot be read as one price without guessing: a thousands mark and a decimal mark can be \
              mistaken for each other, and a mistake is a factor of a thousand.",
    expected: "A number with a point before its decimals and no other mark, a space and a currency.",
    valid: &[&[("price", "1144.00 EUR")], &[("price", "15 EUR")]],
    invalid: &[
        &[("price", "1.144,00 EUR")],
        &[("price", "1,144.00 EUR")],
        &[("price", "from 15")],
        &[("price", "15.00-20.00 EUR")],
        &[("price", "NaN")],
        &[("price", "1e3 EUR")],
        &[("price", "1234567890123.00 EUR")],
    ],
    fix: "Send the plain number, such as 1144.00 EUR.",
};

/// A currency that is none, or another than the feed's.
pub static PRICE_CURRENCY: Rule = Rule {
    code: "PRICE_CURRENCY",
    severity: Severity::Error,
    attribute: Some("price"),
    actor: Actor::Partner,
    threshold: None,
    title: "Wrong currency",
    meaning: "The currency is none of ISO 4217, or another than the one this feed is agreed to be in.",
    expected: "The feed's own currency, by its code of three letters.",
    valid: &[&[("price", "15.00 EUR")]],
    invalid: &[&[("price", "15.00 USD")], &[("price", "15.00 XYZ")]],
    fix: "Send prices in the agreed currency, or have the feed's contract changed.",
};

/// A price below zero.
pub static PRICE_NEGATIVE: Rule = Rule {
    code: "PRICE_NEGATIVE",
    severity: Severity::Error,
    attribute: Some("price"),
    actor: Actor::Partner,
    threshold: None,
    title: "Negative price",
    meaning: "The price is below zero.",
    expected: "A price above zero.",
    valid: &[&[("price", "0.01 EUR")]],
    invalid: &[&[("price", "-15.00 EUR")]],
    fix: "Send the price people pay; a discount belongs into sale_price.",
};

/// A price of zero.
pub static PRICE_ZERO: Rule = Rule {
    code: "PRICE_ZERO",
    severity: Severity::Error,
    attribute: Some("price"),
    actor: Actor::Partner,
    threshold: None,
    title: "Price of zero",
    meaning: "The price is zero. Usually the source had no price and the export wrote a number all the same.",
    expected: "A price above zero.",
    valid: &[&[("price", "0.01 EUR")]],
    invalid: &[&[("price", "0.00 EUR")], &[("price", "0 EUR")]],
    fix: "Leave products without a price out of the feed.",
};

/// A price with more than two decimals.
pub static PRICE_DECIMALS: Rule = Rule {
    code: "PRICE_DECIMALS",
    severity: Severity::Warning,
    attribute: Some("price"),
    actor: Actor::Partner,
    threshold: None,
    title: "More than two decimals",
    meaning: "The price has more than two decimals and was rounded to two.",
    expected: "At most two decimals.",
    valid: &[&[("price", "15.99 EUR")]],
    invalid: &[&[("price", "15.994 EUR")]],
    fix: "Round in the source, where it is known how.",
};

/// A price in another form.
pub static PRICE_NORMALISED: Rule = Rule {
    code: "PRICE_NORMALISED",
    severity: Severity::Warning,
    attribute: Some("price"),
    actor: Actor::Partner,
    threshold: None,
    title: "Price in another form",
    meaning: "The price is not written as a number, a space and a currency, but only one reading is possible. \
              We understood it; other receivers may not.",
    expected: "A number, a space and a currency, such as 15.00 EUR.",
    valid: &[&[("price", "15.00 EUR")]],
    invalid: &[
        &[("price", "EUR 15.00")],
        &[("price", "15,00 EUR")],
        &[("price", "15.00")],
        &[("price", "15.00 eur")],
        &[("price", "€15.00")],
    ],
    fix: "Send the number first, then a space, then the currency's code.",
};

fn check(look: &mut Look<'_>) {
    let Some(value) = look.value(Attribute::Price) else {
        look.report(&PRICE_MISSING, "", None, format_args!("The record has no price."));
        return;
    };
    let agreed = look.contract().currency;
    if let Some(agreed) = agreed
        && let Some(cents @ 1..) = Money::plain(value, agreed)
    {
        look.out.price = Some((agreed, cents));
        return;
    }
    let money = match Money::read(value, agreed) {
        Ok(money) => money,
        Err(NoPrice::Currency(code)) => {
            look.report(
                &PRICE_CURRENCY,
                value,
                None,
                format_args!(
                    "Price {} is in {}, which is no currency of ISO 4217.",
                    Quoted(value),
                    Quoted(code)
                ),
            );
            return;
        }
        Err(fault) => {
            look.report(
                &PRICE_FORMAT,
                value,
                None,
                format_args!("Price {} {fault}.", Quoted(value)),
            );
            return;
        }
    };
    if money.form == money::Form::Other {
        look.report(
            &PRICE_NORMALISED,
            value,
            Some(format_args!("{money}")),
            format_args!("Price {} was read as {money}.", Quoted(value)),
        );
    }
    if money.is_rounded {
        look.report(
            &PRICE_DECIMALS,
            value,
            Some(format_args!("{money}")),
            format_args!(
                "Price {} has more than two decimals and was rounded to {money}.",
                Quoted(value)
            ),
        );
    }
    if money.form == money::Form::Other || money.is_rounded {
        look.understand(Attribute::Price, format_args!("{money}"));
    }
    look.out.price = money
        .cents()
        .filter(|cents| *cents > 0)
        .map(|cents| (money.currency, cents));
    if let Some(agreed) = agreed
        && agreed != money.currency
    {
        look.report(
            &PRICE_CURRENCY,
            value,
            None,
            format_args!(
                "Price {} is in {}, but this feed is in {agreed}.",
                Quoted(value),
                money.currency
            ),
        );
    }
    if money.amount.is_sign_negative() && !money.amount.is_zero() {
        look.report(
            &PRICE_NEGATIVE,
            value,
            None,
            format_args!("Price {} is below zero.", Quoted(value)),
        );
    } else if money.amount.is_zero() {
        look.report(
            &PRICE_ZERO,
            value,
            None,
            format_args!("Price {} is zero.", Quoted(value)),
        );
    }
}
