//! Puts the page of exports together.

use super::sight::Sight;
use crate::api::outgoing::{Destination, OutgoingReport};
use crate::domain::account::Viewer;
use crate::domain::delivery::Status;
use crate::domain::ids::FeedId;
use crate::domain::query::Asked;
use crate::error::AppError;
use crate::server::context::AppState;
use std::collections::BTreeMap;

/// Reads how the exports of a stretch of time went, within the caller's scope.
pub async fn read(state: &AppState, viewer: &Viewer, asked: &Asked) -> Result<OutgoingReport, AppError> {
    let scope = viewer.scope();
    let now = state.clock.now();
    let stretch = Sight::new(asked, now).stretch;
    let span = stretch.span;
    let (sent, partners) = tokio::try_join!(
        state.store.count_exports(&scope, span),
        state.store.list_partners(&scope),
    )?;
    let figures = state.figures.read(&scope, &[span], stretch.grain(), now).await?;
    let mut rows = BTreeMap::<FeedId, Destination>::new();
    for files in sent {
        let row = rows.entry(files.feed.clone()).or_insert_with(|| {
            let partner = files.feed.partner();
            let name = partners.iter().find(|p| p.id == partner).map(|p| p.name.clone());
            Destination {
                partner_name: name.unwrap_or_else(|| partner.to_string()),
                p95_ms: figures.of_feed(&files.feed, span).export_latency.percentile(0.95),
                feed: files.feed,
                delivered: 0,
                failed: 0,
                pending: 0,
                records: 0,
                last_at: None,
            }
        });
        match files.status {
            Status::Accepted => {
                row.delivered += files.count;
                row.records += files.records;
            }
            Status::Refused => row.failed += files.count,
            Status::Queued | Status::Processing | Status::Held => row.pending += files.count,
        }
        row.last_at = row.last_at.max(Some(files.last));
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.failed));
    Ok(OutgoingReport {
        shown: stretch.shown(),
        as_of: now,
        rows,
    })
}
