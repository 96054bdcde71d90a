//! Puts the page of reasons together.

use super::sight::Sight;
use crate::api::reasons::{ReasonReport, ReasonRow};
use crate::domain::account::{Scope, Viewer};
use crate::domain::delivery::Direction;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::{Asked, Span};
use crate::domain::report::CodeCount;
use crate::domain::violation::Severity;
use crate::error::AppError;
use crate::server::calendar::Grain;
use crate::server::context::AppState;
use crate::server::reasons::Codes;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reasons on the overview; the page of reasons has them all.
const TOP: usize = 5;

/// The turn of the figures that a page shows, and when it was asked for.
type AsOf = (i64, DateTime<Utc>);

/// What makes two failures the same: code, severity and attribute.
type Key = (String, &'static str, String);

fn key(count: &CodeCount) -> Key {
    (
        count.code.to_string(),
        count.severity.word(),
        count.attribute.as_deref().unwrap_or_default().to_owned(),
    )
}

/// What of the log is asked about.
#[derive(Debug, Clone, Copy)]
struct Of<'a> {
    partner: Option<&'a PartnerId>,
    feed: Option<&'a FeedId>,
    direction: Direction,
}

/// Reads what failed in the caller's scope, of a partner and a feed where they are named: in files
/// that came, or in those that went out.
pub async fn read(
    state: &AppState,
    viewer: &Viewer,
    (partner, feed): (&str, &str),
    direction: Direction,
    asked: &Asked,
) -> Result<ReasonReport, AppError> {
    let scope = viewer.scope();
    let now = state.clock.now();
    let sight = Sight::new(asked, now);
    let (span, grain) = (sight.stretch.span, sight.stretch.grain());
    let feed = (!feed.is_empty()).then(|| FeedId::new(feed));
    let partner = (!partner.is_empty())
        .then(|| PartnerId::new(partner))
        .or_else(|| feed.as_ref().map(FeedId::partner));
    let of = Of {
        partner: partner.as_ref(),
        feed: feed.as_ref(),
        direction,
    };
    let partners = state.store.list_partners(&scope).await?;
    let (checked, before, as_of) = {
        let figures = state.figures.read(&scope, &sight.spans(), grain, now).await?;
        let sum = match (of.partner, of.feed) {
            (_, Some(feed)) => figures.of_feed(feed, span),
            (Some(partner), None) => super::summary::total(&figures.of_partner(partner, span)),
            (None, None) => figures.total(span),
        };
        let checked = match direction {
            Direction::Ingest => sum.counts.received,
            Direction::Export => sum.exported,
        };
        let before = figures.comparable(of.partner, sight.before());
        (checked, before, (figures.turn, now))
    };
    Ok(ReasonReport {
        shown: sight.stretch.shown(),
        as_of: now,
        received: checked,
        rows: rows(state, as_of, &scope, of, (span, before, grain)).await?,
        partners: partners.into_iter().map(|p| (p.id, p.name)).collect(),
    })
}

/// What failed in files of a partner, the most records first.
pub(super) async fn of_partner(
    state: &AppState,
    as_of: AsOf,
    scope: &Scope,
    partner: &PartnerId,
    stretch: (Span, Grain),
) -> Result<Vec<CodeCount>, AppError> {
    let of = (Some(partner), None);
    let codes = state
        .reasons
        .list(&state.figures, as_of, scope, of, stretch)
        .await?;
    Ok(codes.iter().flat_map(|(_, counts)| counts.clone()).collect())
}

/// The errors that held the most records of everything in the scope, for the overview.
pub(super) async fn top(
    state: &AppState,
    as_of: AsOf,
    scope: &Scope,
    stretches: (Span, Span, Grain),
) -> Result<Vec<ReasonRow>, AppError> {
    let of = Of {
        partner: None,
        feed: None,
        direction: Direction::Ingest,
    };
    let mut rows = rows(state, as_of, scope, of, stretches).await?;
    rows.retain(|row| row.count.severity == Severity::Error);
    rows.truncate(TOP);
    Ok(rows)
}

/// What failed, the most records first, beside what failed before.
async fn rows(
    state: &AppState,
    as_of: AsOf,
    scope: &Scope,
    of: Of<'_>,
    (span, before, grain): (Span, Span, Grain),
) -> Result<Vec<ReasonRow>, AppError> {
    let found = codes(state, as_of, scope, of, (span, grain)).await?;
    // None when the log does not reach so far.
    let before = if before.from < before.until {
        let mut sums = BTreeMap::<Key, u64>::new();
        let found = codes(state, as_of, scope, of, (before, grain)).await?;
        for count in found.iter().flat_map(|(_, counts)| counts) {
            *sums.entry(key(count)).or_default() += count.records;
        }
        Some(sums)
    } else {
        None
    };
    let mut rows = BTreeMap::<Key, ReasonRow>::new();
    for (partner, counts) in found.iter() {
        for count in counts {
            let key = key(count);
            let earlier = before.as_ref().map(|b| b.get(&key).copied().unwrap_or(0));
            rows.entry(key)
                .and_modify(|row| {
                    row.count.records += count.records;
                    row.count.occurrences += count.occurrences;
                })
                .or_insert_with(|| ReasonRow {
                    count: count.clone(),
                    before: earlier,
                    partners: Vec::new(),
                })
                .partners
                .push((partner.clone(), count.records));
        }
    }
    let mut rows: Vec<ReasonRow> = rows.into_values().collect();
    for row in &mut rows {
        row.partners
            .sort_by_key(|(_, records)| std::cmp::Reverse(*records));
    }
    // Stable: what is equal stays in the order of codes.
    rows.sort_by_key(|row| std::cmp::Reverse(row.count.records));
    Ok(rows)
}

/// What failed per partner. The rollups know of files that came; of those that went out, which
/// are few, the log is asked.
async fn codes(
    state: &AppState,
    as_of: AsOf,
    scope: &Scope,
    of: Of<'_>,
    (span, grain): (Span, Grain),
) -> Result<Codes, AppError> {
    let narrowed = (of.partner, of.feed);
    Ok(match of.direction {
        Direction::Ingest => {
            let figures = &state.figures;
            let stretch = (span, grain);
            state
                .reasons
                .list(figures, as_of, scope, narrowed, stretch)
                .await?
        }
        Direction::Export => Arc::new(state.store.list_export_codes(scope, narrowed, span).await?),
    })
}
