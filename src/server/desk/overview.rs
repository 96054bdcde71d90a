//! Puts the overview together.

use super::summary::{self, dense, summary};
use crate::api::overview::{Overview, PartnerRow};
use crate::domain::account::Viewer;
use crate::domain::health::{self, Signs};
use crate::domain::query::Range;
use crate::error::AppError;
use crate::server::{charts, context};

/// Reads the overview of every partner in the caller's scope.
pub async fn read(viewer: &Viewer, range: Range) -> Result<Overview, AppError> {
    let state = context::state()?;
    let store = &state.store;
    let scope = viewer.scope();
    let now = state.clock.now();
    let span = range.span(now);
    let size = span.bucket_size();
    let (partners, feeds, rolled, earlier, open) = tokio::try_join!(
        store.list_partners(&scope),
        store.list_feeds(&scope, None),
        store.roll_up(&scope, None, span, size),
        store.roll_up(&scope, None, span.previous(), size),
        store.count_open(&scope, None),
    )?;
    let all = summary::together(rolled.values());
    let mut rows: Vec<PartnerRow> = partners
        .into_iter()
        .map(|partner| {
            let own = summary::of(&rolled, |feed| feed.partner() == partner.id);
            let figures = summary(&own);
            let mut judged: Vec<_> = feeds
                .iter()
                .filter(|f| f.feed.id.partner() == partner.id)
                .map(|f| {
                    let counts = summary(&summary::of(&rolled, |feed| *feed == f.feed.id)).counts;
                    let signs = Signs {
                        last: f.last,
                        expected_every_hours: f.feed.expected_every_hours,
                        counts,
                    };
                    health::judge(&signs, now)
                })
                .collect();
            judged.sort_by_key(|h| h.lamp);
            let nothing = Signs {
                last: None,
                expected_every_hours: None,
                counts: figures.counts,
            };
            PartnerRow {
                health: judged.pop().unwrap_or_else(|| health::judge(&nothing, now)),
                last_at: feeds
                    .iter()
                    .filter(|f| f.feed.id.partner() == partner.id)
                    .filter_map(|f| f.last)
                    .map(|(at, _)| at)
                    .max(),
                open: open.get(&partner.id).copied().unwrap_or(0),
                trend: dense(&own, span, size)
                    .iter()
                    .map(|r| r.counts.received)
                    .collect(),
                summary: figures,
                id: partner.id,
                name: partner.name,
            }
        })
        .collect();
    rows.sort_by(|a, b| {
        let rate = |r: &PartnerRow| r.summary.counts.rejection_rate().unwrap_or(0.0);
        b.health
            .lamp
            .cmp(&a.health.lamp)
            .then(rate(b).total_cmp(&rate(a)))
            .then(a.name.cmp(&b.name))
    });
    Ok(Overview {
        span,
        as_of: now,
        now: summary(&all),
        before: summary(&summary::together(earlier.values())),
        open: open.values().sum(),
        charts: charts::all(
            &dense(&all, span, size),
            &charts::Frame {
                span,
                size,
                now,
                query: String::new(),
            },
        ),
        partners: rows,
    })
}
