//! Proves that received = accepted + unchanged + quarantined + in flight, per partner and day.
//!
//! What is decided comes from the day rollups, what is in flight from the files that are being
//! taken in, so that a year is proven by reading a bucket per feed and day. The log is asked only
//! about days that differ. Beside that the newest files' held records are counted: the quarantine
//! must have exactly those that the log says it held. It changes nothing.

use crate::domain::account::Scope;
use crate::domain::delivery::Delivery;
use crate::domain::ids::PartnerId;
use crate::domain::query::Span;
use crate::domain::reconciliation::{Difference, Law, PartnerDay, Sums};
use crate::domain::rollup::BucketSize;
use crate::server::store::{Result, Store};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Days that differ and whose entries are looked through; of further ones only the figures are
/// told.
const DAYS_LOOKED_THROUGH: usize = 50;
/// Deliveries that are named of one partner's day.
const NAMED_A_DAY: i64 = 20;
/// Newest files whose held records are counted, and records at most.
const FILES_COUNTED: i64 = 2000;
const RECORDS_COUNTED: u64 = 200_000;

/// What was proven, and what does not add up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Every partner's days on which anything was received, by day and partner.
    pub days: Vec<PartnerDay>,
    /// What differs, the newest day first.
    pub differences: Vec<Difference>,
    /// Files whose held records were counted.
    pub files_counted: u64,
}

impl Proof {
    /// What all days add up to.
    pub fn total(&self) -> Sums {
        let mut total = Sums::default();
        for day in &self.days {
            total += day.sums;
        }
        total
    }
}

/// Lists everything that does not add up in the scope on the days that `span` touches, with what
/// does. Without a span it is every day there is, and no held records are counted.
pub async fn reconcile(
    store: &Store,
    scope: &Scope,
    partner: Option<&PartnerId>,
    span: Option<Span>,
) -> Result<Proof> {
    let span = span.map(whole_days);
    let (days, open) = tokio::try_join!(
        store.sum_days(scope, partner, span),
        store.list_in_flight(scope, partner, span),
    )?;
    let days = together(days, &open);
    let mut differences = Vec::new();
    let unequal = days.iter().rev().filter(|day| !day.sums.adds_up());
    for (n, day) in unequal.enumerate() {
        if n < DAYS_LOOKED_THROUGH {
            differences.extend(look_through(store, scope, day, &open).await?);
        } else {
            differences.push(Difference::of_sums(Law::Day, day, None, &day.sums));
        }
    }
    let mut files_counted = 0;
    if let Some(span) = span {
        let newest = store
            .list_newest_decided(scope, partner, span, FILES_COUNTED)
            .await?;
        let mut records = 0;
        let few: Vec<Delivery> = newest
            .into_iter()
            .take_while(|delivery| {
                records += delivery.counts.quarantined;
                records <= RECORDS_COUNTED
            })
            .collect();
        let (counted, found) = count_held(store, scope, &few).await?;
        files_counted = counted;
        differences.extend(found);
    }
    differences.sort_by(|a, b| b.day.cmp(&a.day).then_with(|| a.partner.cmp(&b.partner)));
    Ok(Proof {
        days,
        differences,
        files_counted,
    })
}

/// Counts the records that the quarantine has of decided files: how many files that could be asked
/// of, and where the log says otherwise.
pub async fn count_held(
    store: &Store,
    scope: &Scope,
    decided: &[Delivery],
) -> Result<(u64, Vec<Difference>)> {
    // Entries of other writers say how many were rejected; the records are with them.
    let own: Vec<&Delivery> = decided.iter().filter(|d| !d.file.sha256.is_empty()).collect();
    let ids: Vec<_> = own.iter().map(|d| &d.id).collect();
    let held = store.count_held_by(scope, &ids).await?;
    let differences = own.iter().filter_map(|d| {
        let (left, right) = (d.counts.quarantined, held.get(&d.id).copied().unwrap_or(0));
        (left != right).then(|| Difference {
            law: Law::Quarantine,
            partner: d.partner.clone(),
            day: Some(BucketSize::Day.floor(d.received_at)),
            delivery: Some((d.feed.clone(), d.id.clone())),
            left,
            right,
        })
    });
    Ok((own.len() as u64, differences.collect()))
}

/// What one entry of the log says of itself, where that does not add up.
pub fn of_entry(delivery: &Delivery) -> Option<Difference> {
    let sums = Sums::of(delivery);
    let of = PartnerDay {
        partner: delivery.partner.clone(),
        day: BucketSize::Day.floor(delivery.received_at),
        sums,
    };
    let named = Some((delivery.feed.clone(), delivery.id.clone()));
    (!sums.adds_up()).then(|| Difference::of_sums(Law::Entry, &of, named, &sums))
}

/// The deliveries behind a day that differs; the day itself when all of them add up.
async fn look_through(
    store: &Store,
    scope: &Scope,
    day: &PartnerDay,
    open: &[Delivery],
) -> Result<Vec<Difference>> {
    let span = Span {
        from: day.day,
        until: day.day + BucketSize::Day.length(),
    };
    let decided = store.list_unequal(scope, &day.partner, span, NAMED_A_DAY).await?;
    let open = open
        .iter()
        .filter(|d| d.partner == day.partner && (span.from..span.until).contains(&d.received_at));
    let mut found: Vec<_> = open.chain(&decided).filter_map(of_entry).collect();
    if found.is_empty() {
        found.push(Difference::of_sums(Law::Figures, day, None, &day.sums));
    }
    Ok(found)
}

/// The days with what is in flight on them, by day and partner.
fn together(days: Vec<PartnerDay>, open: &[Delivery]) -> Vec<PartnerDay> {
    let mut sums = BTreeMap::<(DateTime<Utc>, PartnerId), Sums>::new();
    for day in days {
        *sums.entry((day.day, day.partner)).or_default() += day.sums;
    }
    for delivery in open {
        let day = BucketSize::Day.floor(delivery.received_at);
        *sums.entry((day, delivery.partner.clone())).or_default() += Sums::of(delivery);
    }
    sums.into_iter()
        .filter(|(_, sums)| *sums != Sums::default())
        .map(|((day, partner), sums)| PartnerDay { partner, day, sums })
        .collect()
}

fn whole_days(span: Span) -> Span {
    let last = BucketSize::Day.floor(span.until);
    Span {
        from: BucketSize::Day.floor(span.from),
        until: if last < span.until {
            last + BucketSize::Day.length()
        } else {
            last
        },
    }
}
