//! Puts the page of exports together.

use super::sight::Sight;
use crate::api::outgoing::{Destination, OutgoingReport};
use crate::domain::account::{Scope, Viewer};
use crate::domain::delivery::Status;
use crate::domain::ids::FeedId;
use crate::domain::query::{Asked, Span};
use crate::error::AppError;
use crate::server::context::AppState;
use crate::server::store::Sent;
use std::collections::BTreeMap;

/// Reads how the exports of a stretch of time went, within the caller's scope.
pub async fn read(state: &AppState, viewer: &Viewer, asked: &Asked) -> Result<OutgoingReport, AppError> {
    let scope = viewer.scope();
    let now = state.clock.now();
    let stretch = Sight::new(asked, now).stretch;
    let span = stretch.span;
    let (sent, partners) = tokio::try_join!(
        state.store.count_exports(&scope, None, span),
        state.store.list_partners(&scope),
    )?;
    let figures = state.figures.read(&scope, &[span], stretch.grain(), now).await?;
    let mut rows = BTreeMap::<FeedId, Destination>::new();
    for files in sent {
        let row = rows.entry(files.feed.clone()).or_insert_with(|| {
            let partner = files.feed.partner();
            let name = partners.iter().find(|p| p.id == partner).map(|p| p.name.clone());
            let p95_ms = figures.of_feed(&files.feed, span).export_latency.percentile(0.95);
            nothing(
                files.feed.clone(),
                name.unwrap_or_else(|| partner.to_string()),
                p95_ms,
            )
        });
        add(row, &files);
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.failed));
    Ok(OutgoingReport {
        shown: stretch.shown(),
        as_of: now,
        rows,
    })
}

/// Reads how the exports of one feed went.
pub(super) async fn of_feed(
    state: &AppState,
    scope: &Scope,
    feed: &FeedId,
    partner_name: String,
    (span, p95_ms): (Span, Option<u64>),
) -> Result<Destination, AppError> {
    let mut row = nothing(feed.clone(), partner_name, p95_ms);
    for files in state.store.count_exports(scope, Some(feed), span).await? {
        add(&mut row, &files);
    }
    Ok(row)
}

fn nothing(feed: FeedId, partner_name: String, p95_ms: Option<u64>) -> Destination {
    Destination {
        feed,
        partner_name,
        delivered: 0,
        failed: 0,
        pending: 0,
        records: 0,
        p95_ms,
        last_at: None,
    }
}

fn add(row: &mut Destination, files: &Sent) {
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
