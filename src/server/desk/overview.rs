//! Puts the overview together.

use super::sight::{HAPPENINGS, Sight};
use super::summary::{summary, thinned};
use crate::api::overview::{Overview, PartnerRow};
use crate::domain::account::Viewer;
use crate::domain::health::{self, Signs};
use crate::domain::ids::PartnerId;
use crate::domain::query::Asked;
use crate::domain::rollup::Rollup;
use crate::error::AppError;
use crate::server::context::AppState;
use crate::server::store::FeedState;
use std::collections::BTreeMap;

/// Reads the overview of every partner in the caller's scope.
pub async fn read(state: &AppState, viewer: &Viewer, asked: &Asked) -> Result<Overview, AppError> {
    let store = &state.store;
    let scope = viewer.scope();
    let now = state.clock.now();
    let sight = Sight::new(asked, now);
    let (span, grain) = (sight.stretch.span, sight.stretch.grain());
    let (partners, feeds, open, issues, happenings) = tokio::try_join!(
        store.list_partners(&scope),
        store.list_feeds(&scope, None),
        store.count_open(&scope, None),
        store.count_active_issues(&scope, None),
        store.list_happenings(&scope, None, span, HAPPENINGS),
    )?;
    let figures = state.figures.read(&scope, &sight.spans(), grain, now).await?;
    let mut of_partners = BTreeMap::<PartnerId, Vec<&FeedState>>::new();
    for feed in &feeds {
        of_partners.entry(feed.feed.id.partner()).or_default().push(feed);
    }
    let none = Vec::new();
    let mut rows: Vec<PartnerRow> = partners
        .into_iter()
        .map(|partner| {
            let feeds = of_partners.get(&partner.id).unwrap_or(&none);
            let mut sum = Rollup::empty(span.from);
            let mut judged = Vec::with_capacity(feeds.len());
            for f in feeds {
                let own = figures.of_feed(&f.feed.id, span);
                let signs = Signs {
                    direction: f.feed.direction,
                    last: f.last,
                    expected_every_hours: f.feed.expected_every_hours,
                    counts: own.counts,
                };
                judged.push(health::judge(&signs, now));
                sum.merge(&own);
            }
            let nothing = Signs::of_nothing(sum.counts);
            PartnerRow {
                health: judged
                    .into_iter()
                    .max_by_key(|h| h.lamp)
                    .unwrap_or_else(|| health::judge(&nothing, now)),
                last_at: feeds.iter().filter_map(|f| f.last).map(|(at, _)| at).max(),
                open: open.get(&partner.id).copied().unwrap_or(0),
                issues: issues.get(&partner.id).copied().unwrap_or(0),
                trend: thinned(&figures.received(&partner.id, span)),
                summary: summary(&sum),
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
    let before = figures.comparable(None, sight.before());
    let overview = Overview {
        shown: sight.stretch.shown(),
        as_of: now,
        now: summary(&figures.total(span)),
        compared: sight.compared(&figures, None),
        followed: figures.followed,
        open: open.values().sum(),
        charts: state.charts.all(
            figures.all(span).values(),
            &sight.frame(&figures, None, String::new(), happenings.clone()),
        ),
        happenings,
        reasons: Vec::new(),
        partners: rows,
    };
    // Whoever brings the figures up waits until nobody reads them, so no question goes out meanwhile.
    let as_of = (figures.turn, now);
    drop(figures);
    Ok(Overview {
        reasons: super::reasons::top(state, as_of, &scope, (span, before, grain)).await?,
        ..overview
    })
}
