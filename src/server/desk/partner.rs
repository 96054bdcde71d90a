//! Puts one partner's page together.

use super::summary::{self, dense, summary};
use crate::api::partner::{FeedRow, PartnerReport};
use crate::domain::account::Viewer;
use crate::domain::health::{self, Signs};
use crate::domain::ids::PartnerId;
use crate::domain::query::{DeliveryFilter, Range};
use crate::error::AppError;
use crate::server::{charts, context};

/// Newest deliveries on the page.
const DELIVERIES: u32 = 10;

/// Reads the page of a partner in the caller's scope.
pub async fn read(viewer: &Viewer, id: &PartnerId, range: Range) -> Result<PartnerReport, AppError> {
    let state = context::state()?;
    let store = &state.store;
    let scope = viewer.scope();
    let now = state.clock.now();
    let partner = store
        .find_partner(&scope, id)
        .await?
        .ok_or_else(|| AppError::not_found("partner"))?;
    let span = range.span(now);
    let size = span.bucket_size();
    let filter = DeliveryFilter {
        partner: Some(id.clone()),
        span: Some(span),
        ..DeliveryFilter::default()
    };
    let (feeds, rolled, earlier, open, reasons, deliveries) = tokio::try_join!(
        store.list_feeds(&scope, Some(id)),
        store.roll_up(&scope, Some(id), span, size),
        store.roll_up(&scope, Some(id), span.previous(), size),
        store.count_open(&scope, Some(id)),
        store.sum_codes(&scope, id, span),
        store.list_deliveries(&scope, &filter, "", DELIVERIES),
    )?;
    let mut rows = Vec::with_capacity(feeds.len());
    for f in feeds {
        let figures = summary(&summary::of(&rolled, |feed| *feed == f.feed.id));
        let signs = Signs {
            last: f.last,
            expected_every_hours: f.feed.expected_every_hours,
            counts: figures.counts,
        };
        rows.push(FeedRow {
            health: health::judge(&signs, now),
            summary: figures,
            last_at: f.last.map(|(at, _)| at),
            expected_every_hours: f.feed.expected_every_hours,
            items: store.count_items(&scope, &f.feed.id).await?,
            id: f.feed.id,
        });
    }
    let all = summary::together(rolled.values());
    let figures = summary(&all);
    let worst = rows.iter().map(|r| &r.health).max_by_key(|h| h.lamp).cloned();
    let nothing = Signs {
        last: None,
        expected_every_hours: None,
        counts: figures.counts,
    };
    Ok(PartnerReport {
        span,
        as_of: now,
        health: worst.unwrap_or_else(|| health::judge(&nothing, now)),
        now: figures,
        before: summary(&summary::together(earlier.values())),
        open: open.get(id).copied().unwrap_or(0),
        charts: charts::all(
            &dense(&all, span, size),
            &charts::Frame {
                span,
                size,
                now,
                query: format!("partner={id}"),
            },
        ),
        feeds: rows,
        reasons,
        deliveries: deliveries.rows,
        id: partner.id,
        name: partner.name,
    })
}
