//! Puts the proof together that everything received is accounted for.

use crate::api::reconciliation::{Line, Reconciliation};
use crate::domain::account::Viewer;
use crate::domain::ids::PartnerId;
use crate::domain::query::Asked;
use crate::domain::reconciliation::{PartnerDay, Sums};
use crate::error::AppError;
use crate::server::calendar::Stretch;
use crate::server::context::AppState;
use crate::server::pipeline::reconcile::reconcile;
use std::collections::BTreeMap;

/// Reads the proof of the partners in the caller's scope, or of one of them. Its lines are per
/// day when `daily` or when it is of one partner.
pub async fn read(
    state: &AppState,
    viewer: &Viewer,
    partner: &str,
    asked: &Asked,
    daily: bool,
) -> Result<Reconciliation, AppError> {
    let store = &state.store;
    let scope = viewer.scope();
    let now = state.clock.now();
    let stretch = Stretch::fix(asked, now).exact();
    let partner = (!partner.is_empty()).then(|| PartnerId::new(partner));
    let (proof, partners, (_, until)) = tokio::try_join!(
        reconcile(store, &scope, partner.as_ref(), Some(stretch.span)),
        store.list_partners(&scope),
        store.rollup_turn(),
    )?;
    let partners: Vec<_> = partners.into_iter().map(|p| (p.id, p.name)).collect();
    let name = |id: &PartnerId| {
        let found = partners.iter().find(|(p, _)| p == id);
        found.map_or_else(|| id.to_string(), |(_, name)| name.clone())
    };
    let mut lines: Vec<Line> = if daily || partner.is_some() {
        proof
            .days
            .iter()
            .rev()
            .map(|d| line(d, name(&d.partner)))
            .collect()
    } else {
        let mut lines = BTreeMap::<&PartnerId, Line>::new();
        for day in &proof.days {
            let line = lines.entry(&day.partner).or_insert_with(|| Line {
                partner: day.partner.clone(),
                name: name(&day.partner),
                day: None,
                sums: Sums::default(),
                unequal: 0,
            });
            line.sums += day.sums;
            line.unequal += u64::from(!day.sums.adds_up());
        }
        lines.into_values().collect()
    };
    if !daily && partner.is_none() {
        // Whoever has a day that differs first, even where the days make up for one another.
        lines.sort_by_cached_key(|line| (std::cmp::Reverse(line.unequal), line.name.to_lowercase()));
    }
    Ok(Reconciliation {
        shown: stretch.shown(),
        as_of: now,
        followed: until.is_some_and(|until| until > now),
        total: proof.total(),
        days: proof.days.len() as u64,
        files_counted: proof.files_counted,
        lines,
        differences: proof.differences,
        partners,
    })
}

fn line(day: &PartnerDay, name: String) -> Line {
    Line {
        partner: day.partner.clone(),
        name,
        day: Some(day.day),
        sums: day.sums,
        unequal: u64::from(!day.sums.adds_up()),
    }
}
