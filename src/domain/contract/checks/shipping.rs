//! Asks whether what shipping costs can be understood: where to, and how much.

use super::money::Money;
use super::rule;
use crate::domain::contract::Check;
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::text::trim;
use crate::domain::record::Attribute;

/// The rules of `shipping`.
pub static SHIPPING: Check = Check {
    name: "shipping",
    attributes: &[Attribute::Shipping],
    rules: &[&SHIP_FORMAT, &SHIP_COUNTRY, &SHIP_PRICE],
    run: check,
};

rule!(
    SHIP_FORMAT: Warning on "shipping",
    "Shipping that cannot be read",
    "A cost of shipping is country, region, service and price with colons between them, several with commas. This \
     one has no price, or no colon at all.",
    "country:region:service:price, such as DE::Standard:4.90 EUR; several with commas between them.",
    valid: &[
        &[("shipping", "DE::Standard:4.90 EUR")],
        &[("shipping", "US:CA:Overnight:16.00 USD,US:::6.00 USD")],
        &[("shipping", "DE::A\\:B\\, C:4.90 EUR")],
        &[("shipping", "DE:4.90 EUR")],
    ],
    invalid: &[&[("shipping", "free")], &[("shipping", "DE::Standard:")]],
    "Write all four parts; region and service may be empty."
);
rule!(
    SHIP_COUNTRY: Warning on "shipping",
    "Shipping to an unknown country",
    "The country is no code of two letters of ISO 3166, so nobody knows where the price is for.",
    "A code of ISO 3166, such as DE.",
    valid: &[&[("shipping", "GB:::3.00 GBP")]],
    invalid: &[&[("shipping", "Germany:::4.90 EUR")], &[("shipping", "UK:::3.00 GBP")], &[("shipping", "de:::4.90 EUR")]],
    "Send the code in capitals."
);
rule!(
    SHIP_PRICE: Warning on "shipping",
    "Shipping price that cannot be read",
    "The price of shipping is no number, a space and a currency, or is below zero. Zero is free shipping.",
    "A price such as 4.90 EUR; 0 EUR where shipping is free.",
    valid: &[&[("shipping", "DE:::0 EUR")]],
    invalid: &[&[("shipping", "DE:::free")], &[("shipping", "DE:::4\\,90 Euro")], &[("shipping", "DE:::-1.00 EUR")]],
    "Send the number first, then a space, then the currency's code."
);

/// The codes of ISO 3166, with XK, which is in use everywhere.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO \
BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER \
ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN \
IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH \
MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN \
PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ \
TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// For each first letter, a bit for each second letter there is.
static SECOND: [u32; 26] = {
    let codes = COUNTRIES.as_bytes();
    let mut table = [0; 26];
    let mut at = 0;
    while at < codes.len() {
        table[(codes[at] - b'A') as usize] |= 1 << (codes[at + 1] - b'A');
        at += 3;
    }
    table
};

fn is_country(code: &str) -> bool {
    match code.as_bytes() {
        [first @ b'A'..=b'Z', second @ b'A'..=b'Z'] => {
            SECOND[usize::from(first - b'A')] & (1 << (second - b'A')) != 0
        }
        _ => false,
    }
}

/// Splits at a mark that is not escaped by a backslash.
fn split(text: &str, mark: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let bytes = text.as_bytes();
        // The parts are a few bytes each: a plain loop is quicker than a search made ready.
        let (mut at, mut is_escaped) = (0, false);
        while at < bytes.len() && (is_escaped || bytes[at] != mark) {
            is_escaped = !is_escaped && bytes[at] == b'\\';
            at += 1;
        }
        rest = text.get(at + 1..);
        Some(&text[..at])
    })
}

fn check(look: &mut Look<'_>) {
    for (_, cell) in look.values(Attribute::Shipping) {
        for one in split(cell, b',').map(trim).filter(|one| !one.is_empty()) {
            if judge(look, one) {
                // One sentence a cell is enough; the others have the same fault, most often.
                break;
            }
        }
    }
}

/// Reports the first fault of one cost of shipping; true when there is one.
fn judge(look: &mut Look<'_>, one: &str) -> bool {
    let (mut country, mut price, mut parts) = ("", "", 0);
    for part in split(one, b':') {
        parts += 1;
        if parts == 1 {
            country = trim(part);
        }
        // A price is the fourth part, or the last of fewer; times and distances may follow.
        if parts <= 4 {
            price = trim(part);
        }
    }
    if parts < 2 || price.is_empty() {
        let message = format_args!("Shipping {} is not country:region:service:price.", Quoted(one));
        look.report(&SHIP_FORMAT, one, None, message);
        return true;
    }
    if !country.is_empty() && !is_country(country) {
        let message = format_args!(
            "Shipping {} is for {}, which is no country of ISO 3166.",
            Quoted(one),
            Quoted(country)
        );
        look.report(&SHIP_COUNTRY, one, None, message);
        return true;
    }
    let agreed = look.contract().currency;
    let fault = match Money::read(price, agreed) {
        Err(fault) => format!("{fault}"),
        Ok(money) if money.cents().is_none() => "is below zero".to_owned(),
        Ok(_) => return false,
    };
    let message = format_args!("The price {} of shipping {} {fault}.", Quoted(price), Quoted(one));
    look.report(&SHIP_PRICE, one, None, message);
    true
}

#[cfg(test)]
mod tests {
    use super::{COUNTRIES, is_country, split};

    #[test]
    fn every_code_is_a_country_and_nothing_else_is() {
        let all: Vec<_> = COUNTRIES.split(' ').collect();
        let letters = || (b'A'..=b'Z').map(char::from);
        let found = letters()
            .flat_map(|a| letters().map(move |b| format!("{a}{b}")))
            .filter(|code| is_country(code));
        assert_eq!(found.collect::<Vec<_>>(), all);
        assert!(!is_country("D") && !is_country("DEU") && !is_country("dé"));
    }

    #[test]
    fn escaped_marks_do_not_divide() {
        let parts = |text, mark| split(text, mark).collect::<Vec<_>>();
        assert_eq!(parts("DE:a\\:b:c", b':'), ["DE", "a\\:b", "c"]);
        assert_eq!(parts("a\\\\:b", b':'), ["a\\\\", "b"]);
        assert_eq!(parts("", b':'), [""]);
    }
}
