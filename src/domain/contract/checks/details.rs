//! Asks of smaller attributes that they keep to their lengths and words.

use super::{long, rule, too_long};
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::text::is_longer;
use crate::domain::contract::{Check, Rule, Threshold};
use crate::domain::record::Attribute;
use Attribute::{CustomLabel0, CustomLabel1, CustomLabel2, CustomLabel3, CustomLabel4};

/// The rules of `item_group_id` in one record.
pub static GROUP_ID: Check = Check {
    name: "item_group_id",
    attributes: &[Attribute::ItemGroupId],
    rules: &[&GROUP_LENGTH],
    run: check_group,
};

/// The rules of `custom_label_0` to `custom_label_4` in one record.
pub static LABELS: Check = Check {
    name: "custom_label",
    attributes: &[
        CustomLabel0,
        CustomLabel1,
        CustomLabel2,
        CustomLabel3,
        CustomLabel4,
    ],
    rules: &[&LABEL_LENGTH],
    run: check_labels,
};

/// The rules of `product_highlight`.
pub static HIGHLIGHTS: Check = Check {
    name: "product_highlight",
    attributes: &[Attribute::ProductHighlight],
    rules: &[&HILITE_LENGTH, &HILITE_COUNT],
    run: check_highlights,
};

/// The rules of the classes of energy efficiency.
pub static ENERGY: Check = Check {
    name: "energy_efficiency_class",
    attributes: &[
        Attribute::EnergyEfficiencyClass,
        Attribute::MinEnergyEfficiencyClass,
        Attribute::MaxEnergyEfficiencyClass,
    ],
    rules: &[&EEC_ENUM],
    run: check_energy,
};

/// The rule of attributes that are there once.
pub static ONCE: Check = Check {
    name: "single values",
    attributes: &[],
    rules: &[&MULTI_VALUE],
    run: check_once,
};

rule!(
    GROUP_LENGTH: Warning on "item_group_id",
    "Group id too long",
    "The id of the group has more than 50 characters. Receivers cut it, and two groups could become one.",
    "At most 50 characters.",
    valid: &[&[("item_group_id", "MUG-1")]],
    invalid: &[&[("item_group_id", "123456789012345678901234567890123456789012345678901")]],
    "Use the number of the parent product."
);
rule!(
    LABEL_LENGTH: Warning on "custom_label_0",
    "Label too long",
    "The label has more than 100 characters and is dropped by receivers.",
    "At most 100 characters in each of custom_label_0 to custom_label_4.",
    valid: &[&[("custom_label_0", "summer")]],
    invalid: &[&[(
        "custom_label_3",
        "a label that goes on and on, as if somebody had put the description of the product into the wrong column",
    )]],
    "Use a few short words to sort products by."
);
rule!(
    HILITE_LENGTH: Warning on "product_highlight",
    "Highlight too long",
    "A highlight has more than 150 characters.",
    "At most 150 characters each.",
    valid: &[&[("product_highlight", "Stays cool,Fits every hand")]],
    invalid: &[&[("product_highlight", long!(162, "Stays-cool,"))]],
    "Write short phrases; whole sentences belong in the description."
);
rule!(
    HILITE_COUNT: Warning on "product_highlight",
    "Too few or too many highlights",
    "Receivers show highlights from two on, and take a hundred at most.",
    "2 to 100 highlights.",
    valid: &[&[("product_highlight", "Stays cool,Fits every hand")]],
    invalid: &[&[("product_highlight", "Stays cool")]],
    "Send two to ten short phrases.",
    threshold: Threshold { name: "most highlights", unit: "highlights", default: 100, least: 2, most: 1_000 }
);
rule!(
    EEC_ENUM: Warning on "energy_efficiency_class",
    "Unknown class of energy efficiency",
    "The value is no class of the energy label.",
    "A+++, A++, A+, or A to G.",
    valid: &[&[("energy_efficiency_class", "A++")], &[("energy_efficiency_class", "G")]],
    invalid: &[&[("energy_efficiency_class", "A++++")], &[("min_energy_efficiency_class", "H")]],
    "Copy the class from the label."
);
rule!(
    MULTI_VALUE: Warning on None,
    "Several values where one is allowed",
    "The record has an attribute more than once, with different values, that it may have once. The first one counts.",
    "One value for each attribute that may not be repeated.",
    valid: &[&[("color", "red"), ("color", "red")], &[("product_type", "Mugs"), ("product_type", "Gifts")]],
    invalid: &[&[("color", "red"), ("color", "blue")]],
    "Send the value that counts, and only that."
);

const CLASSES: [&str; 10] = ["A", "B", "C", "D", "E", "F", "G", "A+", "A++", "A+++"];

/// The attributes that may be there once only, a bit each.
const SINGLE: u128 = {
    let mut mask = 0;
    let mut index = 0;
    while index < Attribute::COUNT {
        if !Attribute::ALL[index].is_repeatable() {
            mask |= 1 << index;
        }
        index += 1;
    }
    mask
};

fn check_group(look: &mut Look<'_>) {
    too_long(look, Attribute::ItemGroupId, &GROUP_LENGTH, "Group id", 50);
}

fn check_labels(look: &mut Look<'_>) {
    for attribute in LABELS.attributes {
        too_long(look, *attribute, &LABEL_LENGTH, attribute.name(), 100);
    }
}

fn check_highlights(look: &mut Look<'_>) {
    let (mut fields, mut count, mut is_told) = (0, 0, false);
    for (_, value) in look.values(Attribute::ProductHighlight) {
        fields += 1;
        for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            count += 1;
            if !is_told && is_longer(part, 150) {
                is_told = true;
                let length = part.chars().count();
                let message = format_args!(
                    "Highlight {} has {length} characters; 150 are allowed.",
                    Quoted(part)
                );
                look.report(&HILITE_LENGTH, part, None, message);
            }
        }
    }
    // In fields of their own, commas are part of the text; in one cell they divide.
    let count = if fields > 1 { fields } else { count };
    let most = look.threshold(&HILITE_COUNT);
    if !(2..=most).contains(&count) {
        let first = look.value(Attribute::ProductHighlight).unwrap_or_default();
        let message = format_args!(
            "The record has {count} highlights, beginning with {}; 2 to {most} are taken.",
            Quoted(first)
        );
        look.report(&HILITE_COUNT, first, None, message);
    }
}

fn check_energy(look: &mut Look<'_>) {
    for attribute in ENERGY.attributes {
        if let Some(value) = look.value(*attribute)
            && !CLASSES.contains(&value)
        {
            let message = format_args!(
                "{} {} is no class from A+++ to G.",
                attribute.name(),
                Quoted(value)
            );
            look.report(&EEC_ENUM, value, None, message);
        }
    }
}

fn check_once(look: &mut Look<'_>) {
    let mut several = look.out.differing & SINGLE;
    while several != 0 {
        let attribute = Attribute::ALL[several.trailing_zeros() as usize];
        several &= several - 1;
        let value = look.value(attribute).unwrap_or_default();
        let message = format_args!(
            "{} is there more than once; the first, {}, counts.",
            attribute.name(),
            Quoted(value)
        );
        let rule: &'static Rule = &MULTI_VALUE;
        look.report(rule, value, None, message);
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::contract::checks::testing::codes;

    #[test]
    fn lengths_pass_up_to_their_limit() {
        for (name, limit, code) in [
            ("item_group_id", 50, "GROUP_LENGTH"),
            ("custom_label_4", 100, "LABEL_LENGTH"),
        ] {
            assert!(codes(&[(name, &"é".repeat(limit))]).is_empty(), "{name}");
            assert_eq!(codes(&[(name, &"é".repeat(limit + 1))]), [code]);
        }
        let highlight = |length| format!("Stays cool,{}", "é".repeat(length));
        assert!(codes(&[("product_highlight", &highlight(150))]).is_empty());
        assert_eq!(
            codes(&[("product_highlight", &highlight(151))]),
            ["HILITE_LENGTH"]
        );
    }

    #[test]
    fn the_prefixed_value_is_not_a_second_one() {
        assert!(codes(&[("color", "red"), ("g:color", "blue")]).is_empty());
        assert_eq!(codes(&[("color", ""), ("color", "blue")]), Vec::<&str>::new());
    }
}
