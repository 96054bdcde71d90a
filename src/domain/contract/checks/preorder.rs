//! Asks from when a product can be had that is not in stock yet.

use super::date::instant;
use super::rule;
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::{Check, Threshold};
use crate::domain::record::Attribute;
use chrono::TimeDelta;

/// The rules of `availability_date`.
pub static AVAILABILITY_DATE: Check = Check {
    name: "availability_date",
    // A record in stock without a date is passed over before any of this is asked.
    attributes: &[Attribute::Availability, Attribute::AvailabilityDate],
    rules: &[&AVDATE_MISSING, &AVDATE_FORMAT, &AVDATE_FAR, &AVDATE_UNUSED],
    run: check,
};

rule!(
    AVDATE_MISSING: Error on "availability_date",
    "No date for a preorder or backorder",
    "The product cannot be had today, and the record does not say from when. People who order must be told.",
    "availability_date in every record with availability preorder or backorder.",
    valid: &[
        &[("availability", "preorder"), ("availability_date", "2025-12-24T00:00Z")],
        &[("availability", "in_stock")],
    ],
    invalid: &[&[("availability", "preorder")], &[("availability", "backorder")]],
    "Send the day from which the product is shipped, or out_of_stock where nobody knows it."
);
rule!(
    AVDATE_FORMAT: Error on "availability_date",
    "Date of availability cannot be read",
    "The value is no instant of ISO 8601, is a range, or has more than 25 characters. Days and months of other forms \
     can be mistaken for each other.",
    "One instant of ISO 8601, such as 2025-12-24T09:00+0100; a day alone is midnight UTC.",
    valid: &[
        &[("availability", "preorder"), ("availability_date", "2025-12-24")],
        &[("availability", "backorder"), ("availability_date", "2025-12-24T09:00:00+01:00")],
    ],
    invalid: &[
        &[("availability", "preorder"), ("availability_date", "24.12.2025")],
        &[("availability", "preorder"), ("availability_date", "2025-12-24/2025-12-31")],
        &[("availability", "preorder"), ("availability_date", "soon")],
    ],
    "Write year, month and day in this order, with hyphens."
);
rule!(
    AVDATE_FAR: Error on "availability_date",
    "Date of availability too far ahead",
    "The product could be had more than a year from now. Receivers refuse such dates, and most are placeholders.",
    "A date at most one year ahead.",
    valid: &[&[("availability", "preorder"), ("availability_date", "2026-10-09")]],
    invalid: &[
        &[("availability", "preorder"), ("availability_date", "2026-10-10")],
        &[("availability", "preorder"), ("availability_date", "2099-01-01")],
    ],
    "Send the product when its date is known.",
    threshold: Threshold { name: "furthest date", unit: "days ahead", default: 365, least: 1, most: 3_650 }
);
rule!(
    AVDATE_UNUSED: Info on "availability_date",
    "Date of availability that is not used",
    "The record has a date from which it can be had, but it can be had now, or not at all. The date is not used.",
    "availability_date with preorder and backorder only.",
    valid: &[&[("availability", "preorder"), ("availability_date", "2025-12-24")]],
    invalid: &[&[("availability", "in_stock"), ("availability_date", "2025-12-24")]],
    "Leave the date out, or send preorder or backorder."
);

fn check(look: &mut Look<'_>) {
    const LIMIT: usize = 25;
    let word = look.out.availability;
    let is_late = matches!(word, Some("preorder" | "backorder"));
    let Some(value) = look.value(Attribute::AvailabilityDate) else {
        if is_late {
            let sent = look.value(Attribute::Availability).unwrap_or_default();
            let message = format_args!(
                "Availability is {}, but the record has no availability_date.",
                Quoted(sent)
            );
            look.report(&AVDATE_MISSING, sent, None, message);
        }
        return;
    };
    if word.is_some() && !is_late {
        let message = format_args!(
            "Availability date {} is not used, for the product is not on order.",
            Quoted(value)
        );
        look.report(&AVDATE_UNUSED, value, None, message);
        return;
    }
    let Some(at) = instant(value).filter(|_| value.len() <= LIMIT) else {
        let message = format_args!(
            "Availability date {} is not one instant of ISO 8601.",
            Quoted(value)
        );
        look.report(&AVDATE_FORMAT, value, None, message);
        return;
    };
    let days = look.threshold(&AVDATE_FAR);
    if at > look.now() + TimeDelta::days(i64::try_from(days).unwrap_or(i64::MAX)) {
        let message = format_args!(
            "Availability date {} is more than {days} days ahead.",
            Quoted(value)
        );
        look.report(&AVDATE_FAR, value, None, message);
    }
}
