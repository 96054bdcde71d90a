//! Finds out who did what.

use crate::api::activity::{Activity, DeedRow, Search};
use crate::domain::account::Scope;
use crate::domain::format::url_value;
use crate::domain::ids::{PartnerId, RecordId};
use crate::domain::quarantine::Decided;
use crate::domain::query::Asked;
use crate::error::AppError;
use crate::server::calendar::Stretch;
use crate::server::context::{self, AppState};
use crate::server::store::{Deed, Sought};
use chrono::{DateTime, Utc};
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
    let page = Page {
        from: next.as_ref().and(deeds.last()).map(|last| last.at),
        until: key_of(&search.after),
    };
    for deed in told_by_record(&state, &sought).await {
        let is_known = |d: &Deed| d.at == deed.at && d.action == deed.action;
        if page.has(deed.at) && !deeds.iter().any(is_known) {
            deeds.push(deed);
        }
    }
    deeds.sort_by_key(|deed| Reverse(deed.at));
    Ok(Activity {
        as_of: now,
        shown: stretch.shown(),
        rows: deeds.into_iter().map(row).collect(),
        next,
    })
}

/// The time that a page of the log is about; unbounded where it is the first or the last.
struct Page {
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

impl Page {
    fn has(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }
}

/// The time of the deed that the page before ended with.
fn key_of(after: &str) -> Option<DateTime<Utc>> {
    let millis = after.split('-').next()?.parse().ok()?;
    DateTime::from_timestamp_millis(millis)
}

/// What jobs did to a record that is looked for: it keeps that itself, for a job may have a hundred
/// thousand. One that is not there, or cannot be read, tells nothing.
async fn told_by_record(state: &AppState, sought: &Sought) -> Vec<Deed> {
    let Some(id) = sought.object.strip_prefix("record:") else {
        return Vec::new();
    };
    let found = state.store.find_held(&Scope::All, &RecordId::new(id)).await;
    let Ok(Some(record)) = found else {
        return Vec::new();
    };
    let deed = |decided: &Decided, action: &str, what: String| Deed {
        at: decided.at,
        actor_id: None,
        actor_name: format!("worker, for {}", decided.by),
        action: action.to_owned(),
        object: sought.object.clone(),
        partner: Some(record.partner.clone()),
        what: format!("{what} (job {})", decided.job),
    };
    let mut deeds = Vec::new();
    for decided in &record.decided {
        // A revision that a job's fix made has the time of what was decided on it.
        let made = record.revisions.iter().find(|r| r.at == decided.at);
        deeds.extend(made.map(|r| deed(decided, Deed::EDITED, r.told())));
        deeds.push(deed(decided, decided.action(), decided.what()));
    }
    deeds.retain(|deed| sought.is_met_by(deed));
    deeds
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
