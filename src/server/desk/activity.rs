//! Finds out who did what.

use crate::api::activity::{Activity, DeedRow, Search};
use crate::domain::format::url_value;
use crate::domain::ids::PartnerId;
use crate::domain::query::Asked;
use crate::error::AppError;
use crate::server::calendar::Stretch;
use crate::server::context;
use crate::server::store::{Deed, Sought};

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
    let (deeds, next) = state.store.search_deeds(&sought, &search.after, ROWS).await?;
    Ok(Activity {
        as_of: now,
        shown: stretch.shown(),
        rows: deeds.into_iter().map(row).collect(),
        next,
    })
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
