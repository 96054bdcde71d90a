//! Asks whether a sale is one: a lower price, in the same currency, for a time that makes sense.

use super::date::instant;
use super::money::{Form, Money, NoPrice};
use super::rule;
use crate::domain::contract::Check;
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::record::Attribute;

/// The rules of `sale_price`.
pub static SALE: Check = Check {
    name: "sale_price",
    attributes: &[Attribute::SalePrice],
    rules: &[
        &SALE_FORMAT,
        &SALE_CURRENCY,
        &SALE_ZERO,
        &SALE_NOT_LOWER,
        &SALE_NORMALISED,
    ],
    run: check_price,
};

/// The rules of `sale_price_effective_date`.
pub static SALE_DATE: Check = Check {
    name: "sale_price_effective_date",
    attributes: &[Attribute::SalePriceEffectiveDate],
    rules: &[&SALEDATE_FORMAT, &SALEDATE_ORDER, &SALEDATE_ALONE, &SALEDATE_PAST],
    run: check_date,
};

rule!(
    SALE_FORMAT: Error on "sale_price",
    "Sale price cannot be read",
    "The value cannot be read as one price without guessing, like a price that cannot be read.",
    "A number with a point before its decimals and no other mark, a space and a currency.",
    valid: &[&[("sale_price", "12.00 EUR")]],
    invalid: &[&[("sale_price", "1.144,00 EUR")], &[("sale_price", "-20 %")], &[("sale_price", "ask us")]],
    "Send the plain number, such as 12.00 EUR, or leave the field empty while there is no sale."
);
rule!(
    SALE_CURRENCY: Error on "sale_price",
    "Sale price in another currency",
    "The currency of the sale price is none of ISO 4217, or another than that of the price it lowers.",
    "The currency of the price.",
    valid: &[&[("sale_price", "12.00 EUR")]],
    invalid: &[&[("sale_price", "12.00 USD")], &[("sale_price", "12.00 XYZ")]],
    "Send both prices in the same currency."
);
rule!(
    SALE_ZERO: Error on "sale_price",
    "Sale price of zero or less",
    "The sale price is zero or below. Exports write 0 where there is no sale, and receivers would give the product \
     away.",
    "A sale price above zero, or none.",
    valid: &[&[("sale_price", "0.01 EUR")]],
    invalid: &[&[("sale_price", "0.00 EUR")], &[("sale_price", "-3.00 EUR")]],
    "Leave the field empty while there is no sale."
);
rule!(
    SALE_NOT_LOWER: Error on "sale_price",
    "Sale price not below the price",
    "The sale price is as high as the price or higher. Either the two are swapped, or the sale is over and the field \
     was left behind.",
    "A sale price below the price.",
    valid: &[&[("sale_price", "14.99 EUR")]],
    invalid: &[&[("sale_price", "15.00 EUR")], &[("sale_price", "18.00 EUR")]],
    "Send the regular price in price and the lowered one in sale_price; outside a sale, leave sale_price empty."
);
rule!(
    SALE_NORMALISED: Warning on "sale_price",
    "Sale price in another form",
    "The sale price is not written as a number with at most two decimals, a space and a currency, but only one \
     reading is possible. We understood it; other receivers may not.",
    "A number, a space and a currency, such as 12.00 EUR.",
    valid: &[&[("sale_price", "12.00 EUR")]],
    invalid: &[&[("sale_price", "12,00 EUR")], &[("sale_price", "EUR 12.00")], &[("sale_price", "12.004 EUR")]],
    "Send the number first, then a space, then the currency's code."
);
rule!(
    SALEDATE_FORMAT: Warning on "sale_price_effective_date",
    "Dates of the sale cannot be read",
    "The dates of a sale are two instants of ISO 8601 with a slash between them, at most 51 characters. Without them \
     the sale price counts as long as it is sent.",
    "Two instants joined by a slash, such as 2025-11-24T09:00Z/2025-12-01T23:59Z.",
    valid: &[
        &[("sale_price", "12.00 EUR"), ("sale_price_effective_date", "2025-11-24T13:00-0800/2025-11-29T15:30-0800")],
        &[("sale_price", "12.00 EUR"), ("sale_price_effective_date", "2025-11-24/2025-11-29")],
    ],
    invalid: &[
        &[("sale_price", "12.00 EUR"), ("sale_price_effective_date", "24.11.2025 - 29.11.2025")],
        &[("sale_price", "12.00 EUR"), ("sale_price_effective_date", "2025-11-24T13:00Z")],
    ],
    "Write both ends as ISO 8601 with a zone, and a slash between them."
);
rule!(
    SALEDATE_ORDER: Error on "sale_price_effective_date",
    "Sale ends before it begins",
    "The second instant is not after the first, so the sale never is.",
    "A beginning, a slash, and a later end.",
    valid: &[&[("sale_price", "12.00 EUR"), ("sale_price_effective_date", "2025-11-24T13:00Z/2025-11-24T13:01Z")]],
    invalid: &[&[("sale_price", "12.00 EUR"), ("sale_price_effective_date", "2025-11-29T13:00Z/2025-11-24T13:00Z")]],
    "Swap the two, and mind their zones."
);
rule!(
    SALEDATE_ALONE: Warning on "sale_price_effective_date",
    "Dates of a sale without a sale price",
    "The record says when a sale is, but not what it costs then, so there is none.",
    "sale_price beside sale_price_effective_date.",
    valid: &[&[("sale_price", "12.00 EUR"), ("sale_price_effective_date", "2025-11-24/2025-11-29")]],
    invalid: &[&[("sale_price_effective_date", "2025-11-24/2025-11-29")]],
    "Send the sale price too, or leave the dates out."
);

rule!(
    SALEDATE_PAST: Warning on "sale_price_effective_date",
    "Sale is over",
    "The sale ended before the file came, and its price is still sent. Receivers that ignore the dates go on selling \
     at it. One record is forgetfulness; many at once mean that the export has stopped looking at its sales.",
    "An end of the sale that is still to come, or no sale price.",
    valid: &[&[("sale_price", "12.00 EUR"), ("sale_price_effective_date", "2025-10-01/2025-10-31")]],
    invalid: &[&[("sale_price", "12.00 EUR"), ("sale_price_effective_date", "2025-09-01/2025-09-30")]],
    "Leave sale_price and its dates empty when the sale is over."
);

fn check_price(look: &mut Look<'_>) {
    let Some(value) = look.value(Attribute::SalePrice) else {
        return;
    };
    let agreed = look.contract().currency;
    let money = match Money::read(value, agreed) {
        Ok(money) => money,
        Err(NoPrice::Currency(code)) => {
            look.report(
                &SALE_CURRENCY,
                value,
                None,
                format_args!(
                    "Sale price {} is in {}, which is no currency of ISO 4217.",
                    Quoted(value),
                    Quoted(code)
                ),
            );
            return;
        }
        Err(fault) => {
            let message = format_args!("Sale price {} {fault}.", Quoted(value));
            look.report(&SALE_FORMAT, value, None, message);
            return;
        }
    };
    if money.form == Form::Other || money.is_rounded {
        look.understand(Attribute::SalePrice, format_args!("{money}"));
        look.report(
            &SALE_NORMALISED,
            value,
            Some(format_args!("{money}")),
            format_args!("Sale price {} was read as {money}.", Quoted(value)),
        );
    }
    let price = look.out.price;
    let own = agreed.or(price.map(|(currency, _)| currency));
    if let Some(own) = own
        && own != money.currency
    {
        let message = format_args!(
            "Sale price {} is in {}, but the price is in {own}.",
            Quoted(value),
            money.currency
        );
        look.report(&SALE_CURRENCY, value, None, message);
        return;
    }
    match (money.cents(), price) {
        (None | Some(0), _) => {
            let message = format_args!("Sale price {} is not above zero.", Quoted(value));
            look.report(&SALE_ZERO, value, None, message);
        }
        (Some(sale), Some((_, price))) if sale >= price => {
            let regular = look.value(Attribute::Price).unwrap_or_default();
            let message = format_args!(
                "Sale price {} is not below the price {}.",
                Quoted(value),
                Quoted(regular)
            );
            look.report(&SALE_NOT_LOWER, value, None, message);
        }
        _ => {}
    }
}

fn check_date(look: &mut Look<'_>) {
    const LIMIT: usize = 51;
    let Some(value) = look.value(Attribute::SalePriceEffectiveDate) else {
        return;
    };
    let ends = value
        .split_once('/')
        .filter(|_| value.len() <= LIMIT)
        .and_then(|(begin, end)| Some((instant(begin.trim())?, instant(end.trim())?)));
    match ends {
        None => {
            let message = format_args!(
                "Dates of the sale {} are not two instants of ISO 8601 with a slash between them.",
                Quoted(value)
            );
            look.report(&SALEDATE_FORMAT, value, None, message);
        }
        Some((begin, end)) if begin >= end => {
            let message = format_args!("The sale of {} ends before it begins.", Quoted(value));
            look.report(&SALEDATE_ORDER, value, None, message);
        }
        Some((_, end)) if end <= look.now() && look.has(Attribute::SalePrice) => {
            let message = format_args!(
                "The sale of {} is over, but its price {} is still sent.",
                Quoted(value),
                Quoted(look.value(Attribute::SalePrice).unwrap_or_default())
            );
            look.report(&SALEDATE_PAST, value, None, message);
        }
        Some(_) => {}
    }
    if !look.has(Attribute::SalePrice) {
        let message = format_args!("The sale of {} has no sale_price.", Quoted(value));
        look.report(&SALEDATE_ALONE, value, None, message);
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::contract::checks::testing::{codes, understood};

    #[test]
    fn amounts_are_compared_as_amounts_and_not_as_texts() {
        assert!(codes(&[("price", "9.5 EUR"), ("sale_price", "9.49 EUR")]).is_empty());
        assert_eq!(
            codes(&[("price", "9.5 EUR"), ("sale_price", "9.50 EUR")]),
            ["SALE_NOT_LOWER"]
        );
        assert_eq!(
            codes(&[("price", "9 EUR"), ("sale_price", "10 EUR")]),
            ["SALE_NOT_LOWER"]
        );
    }

    #[test]
    fn a_sale_price_in_another_form_is_understood_as_the_strict_one() {
        assert_eq!(
            understood(&[("sale_price", "12,00 EUR")], "sale_price").as_deref(),
            Some("12.00 EUR")
        );
    }

    #[test]
    fn without_a_readable_price_only_the_price_is_told_off() {
        assert_eq!(
            codes(&[("price", "from 15"), ("sale_price", "12.00 EUR")]),
            ["PRICE_FORMAT"]
        );
    }
}
