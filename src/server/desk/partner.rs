//! Puts one partner's page together.

use super::sight::{HAPPENINGS, Sight};
use super::summary::{summary, total};
use crate::api::partner::{FeedRow, PartnerReport};
use crate::domain::account::Viewer;
use crate::domain::health::{self, Signs};
use crate::domain::ids::PartnerId;
use crate::domain::query::{Asked, DeliveryFilter};
use crate::error::AppError;
use crate::server::context::AppState;

/// Newest deliveries on the page.
const DELIVERIES: u32 = 10;

/// Reads the page of a partner in the caller's scope.
pub async fn read(
    state: &AppState,
    viewer: &Viewer,
    id: &PartnerId,
    asked: &Asked,
) -> Result<PartnerReport, AppError> {
    let store = &state.store;
    let scope = viewer.scope();
    let now = state.clock.now();
    let partner = store
        .find_partner(&scope, id)
        .await?
        .ok_or_else(|| AppError::not_found("partner"))?;
    let sight = Sight::new(asked, now);
    let (span, grain) = (sight.stretch.span, sight.stretch.grain());
    let filter = DeliveryFilter {
        partner: Some(id.clone()),
        span: Some(span),
        ..DeliveryFilter::default()
    };
    let (feeds, open, deliveries, happenings) = tokio::try_join!(
        store.list_feeds(&scope, Some(id)),
        store.count_open(&scope, Some(id)),
        store.list_deliveries(&scope, &filter, "", DELIVERIES),
        store.list_happenings(&scope, Some(id), span, HAPPENINGS),
    )?;
    let counted = feeds.iter().map(|f| store.count_items(&scope, &f.feed.id));
    let items = futures::future::try_join_all(counted).await?;
    let rolled = state.figures.read(&scope, &sight.spans(), grain, now).await?;
    let mut rows = Vec::with_capacity(feeds.len());
    for (f, items) in feeds.into_iter().zip(items) {
        let figures = summary(&rolled.of_feed(&f.feed.id, span));
        let signs = Signs {
            direction: f.feed.direction,
            last: f.last,
            expected_every_hours: f.feed.expected_every_hours,
            counts: figures.counts,
        };
        rows.push(FeedRow {
            direction: f.feed.direction,
            health: health::judge(&signs, now),
            summary: figures,
            last_at: f.last.map(|(at, _)| at),
            expected_every_hours: f.feed.expected_every_hours,
            items,
            id: f.feed.id,
        });
    }
    let all = rolled.of_partner(id, span);
    let figures = summary(&total(&all));
    let worst = rows.iter().map(|r| &r.health).max_by_key(|h| h.lamp).cloned();
    let nothing = Signs::of_nothing(figures.counts);
    let report = PartnerReport {
        shown: sight.stretch.shown(),
        as_of: now,
        health: worst.unwrap_or_else(|| health::judge(&nothing, now)),
        now: figures,
        compared: sight.compared(&rolled, Some(id)),
        open: open.get(id).copied().unwrap_or(0),
        charts: state.charts.all(
            all.values(),
            &sight.frame(&rolled, Some(id), format!("partner={id}"), happenings.clone()),
        ),
        happenings,
        feeds: rows,
        reasons: Vec::new(),
        deliveries: deliveries.rows,
        id: partner.id,
        name: partner.name,
    };
    // Whoever brings the figures up waits until nobody reads them, so no question goes out meanwhile.
    let as_of = (rolled.turn, now);
    drop(rolled);
    Ok(PartnerReport {
        reasons: super::reasons::of_partner(state, as_of, &scope, id, (span, grain)).await?,
        ..report
    })
}
