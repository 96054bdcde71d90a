//! Asks in what condition a product is, and in what way it is sold.

use super::date::instant;
use super::identifiers::yes_or_no;
use super::rule;
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::{Check, Rule, Threshold};
use crate::domain::record::Attribute;
use chrono::TimeDelta;

/// The rules of `condition`.
pub static CONDITION: Check = Check {
    name: "condition",
    attributes: &[Attribute::Condition],
    rules: &[&COND_ENUM, &COND_NORMALISED],
    run: check_condition,
};

/// The rules of `multipack`, `is_bundle` and `adult`.
pub static SOLD_AS: Check = Check {
    name: "multipack, is_bundle, adult",
    attributes: &[Attribute::Multipack, Attribute::IsBundle, Attribute::Adult],
    rules: &[&MULTIPACK_ENUM, &BUNDLE_ENUM, &ADULT_ENUM],
    run: check_sold_as,
};

/// The rules of `expiration_date`.
pub static EXPIRATION: Check = Check {
    name: "expiration_date",
    attributes: &[Attribute::ExpirationDate],
    rules: &[&EXP_FORMAT, &EXP_FAR, &EXPIRED],
    run: check_expiration,
};

rule!(
    COND_ENUM: Error on "condition",
    "Unknown condition",
    "The value is none of the three words. People who buy must know whether a product is new.",
    "new, refurbished or used; a new product needs none.",
    valid: &[&[("condition", "refurbished")], &[("condition", "used")], &[("condition", "")]],
    invalid: &[&[("condition", "neu")], &[("condition", "like new")], &[("condition", "A")]],
    "Send one of the three words, or let us map your words in the feed's profile."
);
rule!(
    COND_NORMALISED: Warning on "condition",
    "Condition in another form",
    "The value is another form of one of the three words. We understood it; other receivers may not.",
    "new, refurbished or used, in small letters.",
    valid: &[&[("condition", "new")]],
    invalid: &[&[("condition", "New")], &[("condition", "https://schema.org/UsedCondition")]],
    "Send the word itself, in small letters."
);
rule!(
    MULTIPACK_ENUM: Error on "multipack",
    "Multipack that is no number above 1",
    "A multipack says how many of the same product are sold as one. One is no pack.",
    "A whole number above 1.",
    valid: &[&[("multipack", "2")], &[("multipack", "")]],
    invalid: &[&[("multipack", "1")], &[("multipack", "0")], &[("multipack", "six")], &[("multipack", "2.5")]],
    "Send the number of pieces, or leave the field empty for single pieces."
);
rule!(
    BUNDLE_ENUM: Error on "is_bundle",
    "Unknown value of is_bundle",
    "The value is neither yes nor no.",
    "yes or no; true and false are understood.",
    valid: &[&[("is_bundle", "yes")], &[("is_bundle", "false")]],
    invalid: &[&[("is_bundle", "2")]],
    "Send yes for a bundle of different products that you put together, otherwise nothing."
);
rule!(
    ADULT_ENUM: Error on "adult",
    "Unknown value of adult",
    "The value is neither yes nor no. What is for adults only must not be shown to everybody.",
    "yes or no; true and false are understood.",
    valid: &[&[("adult", "no")], &[("adult", "TRUE")]],
    invalid: &[&[("adult", "18+")]],
    "Send yes for goods that are for adults only, otherwise nothing."
);
rule!(
    EXP_FORMAT: Warning on "expiration_date",
    "Date of expiry cannot be read",
    "The value is no instant of ISO 8601, so the record does not expire.",
    "One instant of ISO 8601, such as 2025-10-24T09:00+0200; a day alone is midnight UTC.",
    valid: &[&[("expiration_date", "2025-10-24")]],
    invalid: &[&[("expiration_date", "24.10.2025")], &[("expiration_date", "never")]],
    "Write year, month and day in this order, with hyphens, or leave the field out."
);
rule!(
    EXP_FAR: Warning on "expiration_date",
    "Date of expiry too far ahead",
    "The record expires later than receivers keep a record without seeing it again, so the date changes nothing.",
    "A date at most 30 days ahead.",
    valid: &[&[("expiration_date", "2025-11-08")]],
    invalid: &[&[("expiration_date", "2025-11-09")], &[("expiration_date", "2099-01-01")]],
    "Leave the date out; records that are not sent any more expire by themselves.",
    threshold: Threshold { name: "furthest date", unit: "days ahead", default: 30, least: 1, most: 3_650 }
);
rule!(
    EXPIRED: Error on "expiration_date",
    "Record that has expired",
    "The record says itself that it is no longer to be shown.",
    "A date of expiry in the future.",
    valid: &[&[("expiration_date", "2025-10-10")]],
    invalid: &[&[("expiration_date", "2025-10-08")]],
    "Leave products out of the feed that are no longer sold."
);

const CONDITIONS: [&str; 3] = ["new", "refurbished", "used"];

fn check_condition(look: &mut Look<'_>) {
    let Some(value) = look.value(Attribute::Condition) else {
        return;
    };
    if CONDITIONS.contains(&value) {
        return;
    }
    let lower = value.to_ascii_lowercase();
    let bare = lower.rsplit(['/', ':']).next().unwrap_or_default();
    let bare = bare.strip_suffix("condition").unwrap_or(bare);
    if let Some(word) = CONDITIONS.iter().find(|word| **word == bare) {
        look.understand(Attribute::Condition, format_args!("{word}"));
        let message = format_args!("Condition {} was read as {word}.", Quoted(value));
        look.report(&COND_NORMALISED, value, Some(format_args!("{word}")), message);
    } else {
        let message = format_args!(
            "Condition {} is none of new, refurbished and used.",
            Quoted(value)
        );
        look.report(&COND_ENUM, value, None, message);
    }
}

fn check_sold_as(look: &mut Look<'_>) {
    if let Some(value) = look.value(Attribute::Multipack)
        && !value.parse::<u32>().is_ok_and(|count| count > 1)
    {
        let message = format_args!("Multipack {} is no whole number above 1.", Quoted(value));
        look.report(&MULTIPACK_ENUM, value, None, message);
    }
    let words: [(Attribute, &'static Rule); 2] = [
        (Attribute::IsBundle, &BUNDLE_ENUM),
        (Attribute::Adult, &ADULT_ENUM),
    ];
    for (attribute, rule) in words {
        if let Some(value) = look.value(attribute)
            && yes_or_no(value).is_none()
        {
            let message = format_args!("{} {} is neither yes nor no.", attribute.name(), Quoted(value));
            look.report(rule, value, None, message);
        }
    }
}

fn check_expiration(look: &mut Look<'_>) {
    let Some(value) = look.value(Attribute::ExpirationDate) else {
        return;
    };
    let Some(at) = instant(value) else {
        let message = format_args!(
            "Expiration date {} is not one instant of ISO 8601.",
            Quoted(value)
        );
        look.report(&EXP_FORMAT, value, None, message);
        return;
    };
    let days = look.threshold(&EXP_FAR);
    if at <= look.now() {
        let message = format_args!("The record expired at {}.", Quoted(value));
        look.report(&EXPIRED, value, None, message);
    } else if at > look.now() + TimeDelta::days(i64::try_from(days).unwrap_or(i64::MAX)) {
        let message = format_args!(
            "Expiration date {} is more than {days} days ahead.",
            Quoted(value)
        );
        look.report(&EXP_FAR, value, None, message);
    }
}
