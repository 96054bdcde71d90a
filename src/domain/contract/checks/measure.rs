//! Asks whether dimensions and weights are measures of a parcel and not of a house.

use super::rule;
use crate::domain::contract::Check;
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::record::Attribute;
use Attribute::{
    ProductHeight, ProductLength, ProductWeight, ProductWidth, ShippingHeight, ShippingLength,
    ShippingWeight, ShippingWidth,
};

/// The rules of dimensions and weights, of the product and of its parcel.
pub static MEASURES: Check = Check {
    name: "dimensions, weight",
    attributes: &[
        ProductLength,
        ProductWidth,
        ProductHeight,
        ProductWeight,
        ShippingLength,
        ShippingWidth,
        ShippingHeight,
        ShippingWeight,
    ],
    rules: &[&DIM_FORMAT, &DIM_RANGE],
    run: check,
};

rule!(
    DIM_FORMAT: Warning on "product_length",
    "Measure that cannot be read",
    "A measure is a number with a point before its decimals and a unit. Without a unit nobody knows what was \
     measured.",
    "A number and cm or in; for weights lb, oz, g or kg.",
    valid: &[&[("product_length", "20.5 cm")], &[("product_weight", "350 g")], &[("shipping_weight", "1.2kg")]],
    invalid: &[&[("product_length", "20")], &[("product_width", "20,5 cm")], &[("product_weight", "1 stone")]],
    "Write the number, a space and the unit."
);
rule!(
    DIM_RANGE: Warning on "product_length",
    "Measure out of range",
    "The measure is smaller or larger than receivers take: 1 to 3000 for dimensions of products, up to 2000 for \
     weights.",
    "Dimensions from 1 to 3000 cm or in, weights from 0 to 2000 lb, oz, g or kg.",
    valid: &[&[("product_length", "3000 cm")], &[("product_weight", "2000 g")]],
    invalid: &[&[("product_length", "3001 cm")], &[("product_height", "0 cm")], &[("product_weight", "2000.5 g")]],
    "Use the larger unit for large goods, and leave out what was not measured."
);

const LENGTHS: [&str; 2] = ["cm", "in"];
const WEIGHTS: [&str; 4] = ["kg", "g", "lb", "oz"];

/// Thousandths of the unit and the unit, when a value is a measure.
fn read<'a>(value: &str, units: &[&'a str]) -> Option<(u64, &'a str)> {
    let end = value
        .bytes()
        .position(|b| !b.is_ascii_digit() && b != b'.')
        .unwrap_or(value.len());
    let (number, unit) = value.split_at(end);
    let unit = units
        .iter()
        .find(|known| unit.trim().eq_ignore_ascii_case(known))?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    if decimals.is_empty() || decimals.contains('.') {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    // Further decimals only matter for whether there are any.
    let mut thousandths = 0;
    for place in 0..3 {
        thousandths = thousandths * 10 + u64::from(decimals.as_bytes().get(place).map_or(0, |b| b - b'0'));
    }
    let rest = decimals.bytes().skip(3).any(|b| b != b'0');
    whole
        .checked_mul(1000)?
        .checked_add(thousandths + u64::from(rest))
        .map(|amount| (amount, *unit))
}

fn check(look: &mut Look<'_>) {
    for attribute in MEASURES.attributes {
        let Some(value) = look.value(*attribute) else {
            continue;
        };
        let is_weight = matches!(attribute, ProductWeight | ShippingWeight);
        let units = if is_weight { &WEIGHTS[..] } else { &LENGTHS[..] };
        let name = attribute.name();
        let Some((amount, unit)) = read(value, units) else {
            let message = format_args!(
                "{name} {} is not a number and one of {}.",
                Quoted(value),
                units.join(", ")
            );
            match value.bytes().filter(|b| *b == b',').count() {
                1 if !value.contains('.') && read(&value.replace(',', "."), units).is_some() => {
                    let point = value.replace(',', ".");
                    look.report(&DIM_FORMAT, value, Some(format_args!("{point}")), message);
                }
                _ => look.report(&DIM_FORMAT, value, None, message),
            }
            continue;
        };
        let (least, most) = match attribute {
            ProductWeight | ShippingWeight => (0, 2000),
            ShippingLength | ShippingWidth | ShippingHeight => (0, 3000),
            _ => (1, 3000),
        };
        if amount < least * 1000 || amount > most * 1000 {
            let message = format_args!(
                "{name} {} is not between {least} and {most} {unit}.",
                Quoted(value)
            );
            look.report(&DIM_RANGE, value, None, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LENGTHS, read};
    use proptest::prelude::*;

    #[test]
    fn measures_are_read_to_the_thousandth_and_never_guessed() {
        for (value, expected) in [
            ("20 cm", Some((20_000, "cm"))),
            ("20.5CM", Some((20_500, "cm"))),
            ("0.0004 in", Some((1, "in"))),
            (". cm", None),
            ("1. cm", None),
            ("1.2.3 cm", None),
            ("-1 cm", None),
            ("1e3 cm", None),
            ("cm", None),
            ("20 m", None),
        ] {
            assert_eq!(read(value, &LENGTHS), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}", number in "[0-9.]{0,40} ?cm") {
            let _ = (read(&text, &LENGTHS), read(&number, &LENGTHS));
        }
    }
}
