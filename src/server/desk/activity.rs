//! Finds out who did what.

use crate::api::activity::{Activity, DeedRow, Search};
use crate::domain::account::Scope;
use crate::domain::format::url_value;
use crate::domain::ids::{PartnerId, RecordId};
use crate::domain::query::Asked;
use crate::error::AppError;
use crate::server::calendar::Stretch;
use crate::server::context::{self, AppState};
use crate::server::store::{Deed, Sought};
use std::cmp::Reverse;

/// Rows on one page.
const ROWS: u32 = 50;

/// Lists what was done, the newest first.
pub async fn list(search: &Search) -> Result<Activity, AppError> {
    let state = context::state()?;
    let now = state.clock.now();
    let asked = Asked {
        range: search.range.clone(),
        ..Asked::default()
    };
    let mut stretch = Stretch::fix(&asked, now).exact();
    // What was done in this very instant counts.
    if stretch.span.until >= now {
        stretch.span.until = now + chrono::TimeDelta::seconds(1);
    }
    let partner = search.partner.trim();
    let sought = Sought {
        who: search.who.trim().to_owned(),
        what: search.what.trim().to_owned(),
        object: search.object.trim().to_owned(),
        partner: (!partner.is_empty()).then(|| PartnerId::new(partner)),
        span: stretch.span,
    };
    let (mut deeds, next) = state.store.search_deeds(&sought, &search.after, ROWS).await?;
    if search.after.is_empty() {
        let decided = decided(&state, &sought).await?;
        // That of a job on this record alone is in the log as well.
        let is_known = |d: &Deed| {
            deeds
                .iter()
                .any(|known| known.at == d.at && known.action == d.action)
        };
        let told: Vec<Deed> = decided.into_iter().filter(|d| !is_known(d)).collect();
        deeds.extend(told);
        deeds.sort_by_key(|deed| Reverse(deed.at));
    }
    Ok(Activity {
        as_of: now,
        shown: stretch.shown(),
        rows: deeds.into_iter().map(row).collect(),
        next,
    })
}

/// What jobs decided of a record that is looked for: it keeps that itself, for a job may have a
/// hundred thousand.
async fn decided(state: &AppState, sought: &Sought) -> Result<Vec<Deed>, AppError> {
    let Some(id) = sought.object.strip_prefix("record:") else {
        return Ok(Vec::new());
    };
    let found = state.store.find_held(&Scope::All, &RecordId::new(id)).await?;
    let Some(record) = found else {
        return Ok(Vec::new());
    };
    let deeds = record.decided.iter().map(|decided| Deed {
        at: decided.at,
        actor_id: None,
        actor_name: format!("worker, for {}", decided.by),
        action: decided.action().to_owned(),
        object: sought.object.clone(),
        partner: Some(record.partner.clone()),
        what: format!("{} (job {})", decided.what(), decided.job),
    });
    Ok(deeds.filter(|deed| sought.is_met_by(deed)).collect())
}

fn row(deed: Deed) -> DeedRow {
    DeedRow {
        href: page(&deed.object),
        at: deed.at,
        by: deed.actor_name,
        action: deed.action,
        object: deed.object,
        partner: deed
            .partner
            .map_or_else(String::new, |partner| partner.to_string()),
        what: deed.what,
    }
}

/// The page of what something was done to.
fn page(object: &str) -> Option<String> {
    let (kind, id) = object.split_once(':')?;
    let room = match kind {
        "record" => "quarantine",
        "delivery" => "deliveries",
        "issue" => "issues",
        "user" => "access",
        "feed" => "feeds",
        "job" | "bulk" => "jobs",
        _ => return None,
    };
    Some(format!("/{room}/{}", url_value(id)))
}
