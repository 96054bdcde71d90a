//! Puts the page of reasons together.

use super::sight::Sight;
use crate::api::reasons::{ReasonReport, ReasonRow};
use crate::domain::account::Viewer;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::{Asked, Span};
use crate::domain::report::CodeCount;
use crate::error::AppError;
use crate::server::context::AppState;
use std::collections::BTreeMap;

/// What makes two failures the same: code, severity and attribute.
type Key = (String, &'static str, String);

fn key(count: &CodeCount) -> Key {
    (
        count.code.to_string(),
        count.severity.word(),
        count.attribute.as_deref().unwrap_or_default().to_owned(),
    )
}

/// Reads what failed in the caller's scope, of a partner and a feed where they are named.
pub async fn read(
    state: &AppState,
    viewer: &Viewer,
    partner: &str,
    feed: &str,
    asked: &Asked,
) -> Result<ReasonReport, AppError> {
    let store = &state.store;
    let scope = viewer.scope();
    let now = state.clock.now();
    let sight = Sight::new(asked, now);
    let (span, size) = (sight.stretch.span, sight.stretch.size);
    let feed = (!feed.is_empty()).then(|| FeedId::new(feed));
    let partner = (!partner.is_empty())
        .then(|| PartnerId::new(partner))
        .or_else(|| feed.as_ref().map(FeedId::partner));
    let of = (partner.as_ref(), feed.as_ref());
    let (found, partners) = tokio::try_join!(
        store.list_codes(&scope, of, span, size),
        store.list_partners(&scope),
    )?;
    let (received, before) = {
        let figures = state.figures.read(&scope, &sight.spans(), size, now).await?;
        let sum = match of {
            (_, Some(feed)) => figures.of_feed(feed, span, size),
            (Some(partner), None) => super::summary::total(&figures.of_partner(partner, span, size)),
            (None, None) => figures.total(span, size),
        };
        (
            sum.counts.received,
            figures.comparable(partner.as_ref(), sight.before()),
        )
    };
    let before = earlier(state, viewer, of, before, &sight).await?;
    let mut rows = BTreeMap::<Key, ReasonRow>::new();
    for (partner, counts) in found {
        for count in counts {
            let key = key(&count);
            let earlier = before.as_ref().map(|b| b.get(&key).copied().unwrap_or(0));
            let records = count.records;
            rows.entry(key)
                .and_modify(|row| {
                    row.count.records += count.records;
                    row.count.occurrences += count.occurrences;
                })
                .or_insert_with(|| ReasonRow {
                    count,
                    before: earlier,
                    partners: Vec::new(),
                })
                .partners
                .push((partner.clone(), records));
        }
    }
    let mut rows: Vec<ReasonRow> = rows.into_values().collect();
    for row in &mut rows {
        row.partners
            .sort_by_key(|(_, records)| std::cmp::Reverse(*records));
    }
    // Stable: what is equal stays in the order of codes.
    rows.sort_by_key(|row| std::cmp::Reverse(row.count.records));
    Ok(ReasonReport {
        shown: sight.stretch.shown(),
        as_of: now,
        received,
        rows,
        partners: partners.into_iter().map(|p| (p.id, p.name)).collect(),
    })
}

/// Records per reason in what it is compared with; none when the log does not reach so far.
async fn earlier(
    state: &AppState,
    viewer: &Viewer,
    of: (Option<&PartnerId>, Option<&FeedId>),
    before: Span,
    sight: &Sight,
) -> Result<Option<BTreeMap<Key, u64>>, AppError> {
    if before.from >= before.until {
        return Ok(None);
    }
    let found = state
        .store
        .list_codes(&viewer.scope(), of, before, sight.stretch.size)
        .await?;
    let mut sums = BTreeMap::new();
    for count in found.into_iter().flat_map(|(_, counts)| counts) {
        *sums.entry(key(&count)).or_default() += count.records;
    }
    Ok(Some(sums))
}
