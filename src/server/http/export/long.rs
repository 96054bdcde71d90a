//! Writes lists as long as the log or the quarantine: page by page, as the browser takes them.

use super::Wanted;
use crate::domain::account::Viewer;
use crate::domain::delivery::{Delivery, Status};
use crate::domain::ids::{FeedId, JobId, PartnerId};
use crate::domain::quarantine::HeldRecord;
use crate::domain::query::{DeliveryFilter, HeldAsk, Page, stamp};
use crate::domain::violation::Severity;
use crate::error::AppError;
use crate::server::calendar::Stretch;
use crate::server::context::AppState;
use crate::server::csv;
use crate::server::store::{self, Bound};
use axum::body::Body;
use futures::stream;

/// Rows that are read at once.
const ROWS: u32 = 500;

/// The list of deliveries.
pub(super) fn deliveries(state: &AppState, viewer: &Viewer, wanted: &Wanted) -> Body {
    let stretch = wanted
        .some("range")
        .map(|_| Stretch::fix(&wanted.asked, state.clock.now()).exact());
    let filter = DeliveryFilter {
        partner: wanted.some("partner").map(PartnerId::new),
        feed: wanted.some("feed").map(FeedId::new),
        status: Status::parse(wanted.get("status")),
        code: wanted.some("code"),
        span: stretch.map(|stretch| stretch.span),
        ..DeliveryFilter::going(wanted.get("direction"))
    };
    let (store, scope) = (state.store.clone(), viewer.scope());
    let heads = [
        "id",
        "received_at",
        "decided_at",
        "partner",
        "feed",
        "direction",
        "file",
        "status",
        "received",
        "accepted",
        "unchanged",
        "quarantined",
        "warned",
        "latency_ms",
    ];
    pages(heads.map(str::to_owned).to_vec(), delivery, move |after| {
        let (store, scope, filter) = (store.clone(), scope.clone(), filter.clone());
        async move { store.list_deliveries(&scope, &filter, &after, ROWS).await }
    })
}

/// The list of held records. A search of it goes on until all are looked at, a page at a time.
pub(super) fn quarantine(state: &AppState, viewer: &Viewer, wanted: &Wanted) -> Body {
    let filter = HeldAsk::read(|name| wanted.get(name).to_owned()).filter();
    let (store, scope) = (state.store.clone(), viewer.scope());
    let heads = [
        "id",
        "partner",
        "feed",
        "delivery",
        "received_at",
        "item_id",
        "title",
        "state",
        "codes",
        "first_message",
        "attempts",
    ];
    pages(heads.map(str::to_owned).to_vec(), held, move |after| {
        let (store, scope, filter) = (store.clone(), scope.clone(), filter.clone());
        async move {
            if filter.search.is_empty() {
                return store.list_held(&scope, &filter, &after, ROWS).await;
            }
            let found = store
                .search_held(&scope, &filter, &after, ROWS, Bound::PAGE)
                .await?;
            Ok(Page {
                rows: found.rows,
                next: found.next,
                total: 0,
            })
        }
    })
}

/// Reads page after page and writes each as it comes, the heads before the first.
fn pages<T, F>(
    heads: Vec<String>,
    row: fn(&T) -> Vec<String>,
    read: impl Fn(String) -> F + Send + 'static,
) -> Body
where
    T: Send + 'static,
    F: Future<Output = store::Result<Page<T>>> + Send + 'static,
{
    // What to read next; none when there is nothing left.
    let first = (Some(String::new()), Some(heads), read);
    let pages = stream::try_unfold(first, move |(after, heads, read)| async move {
        let Some(after) = after else {
            return Ok::<_, store::Error>(None);
        };
        let page = read(after).await?;
        let rows: Vec<_> = heads.into_iter().chain(page.rows.iter().map(row)).collect();
        Ok(Some((csv::write(&rows), (page.next, None, read))))
    });
    Body::from_stream(pages)
}

fn delivery(d: &Delivery) -> Vec<String> {
    let c = &d.counts;
    vec![
        d.id.to_string(),
        stamp(d.received_at),
        d.decided_at.map(stamp).unwrap_or_default(),
        d.partner.to_string(),
        d.feed.to_string(),
        d.direction.word().to_owned(),
        d.file.name.clone(),
        d.status.word().to_owned(),
        c.received.to_string(),
        c.accepted.to_string(),
        c.unchanged.to_string(),
        c.quarantined.to_string(),
        c.warned.to_string(),
        d.latency_ms().map(|ms| ms.to_string()).unwrap_or_default(),
    ]
}

fn held(r: &HeldRecord) -> Vec<String> {
    let errors = || r.violations.iter().filter(|v| v.severity == Severity::Error);
    let codes: Vec<&str> = errors().map(|v| v.code.as_ref()).collect();
    vec![
        r.id.to_string(),
        r.partner.to_string(),
        r.feed.to_string(),
        r.delivery.to_string(),
        stamp(r.received_at),
        r.item_id.clone(),
        r.title.clone(),
        r.state.word().to_owned(),
        codes.join(" "),
        errors().next().map(|v| v.message.clone()).unwrap_or_default(),
        r.attempts.to_string(),
    ]
}

/// Every record of a set with what became of it, part by part, as the browser takes it.
pub(super) async fn outcomes(state: &AppState, viewer: &Viewer, job: &JobId) -> Result<Body, AppError> {
    let found = state.store.find_bulk(&viewer.scope(), job).await?;
    let id = found.ok_or_else(|| AppError::not_found("job"))?.id;
    let store = state.store.clone();
    let parts = stream::try_unfold(0_usize, move |part| {
        let (store, id) = (store.clone(), id.clone());
        async move {
            let found = store.list_outcomes(&id, part).await?;
            let rows = found.map(|records| csv::outcomes(&records, part == 0));
            Ok::<_, store::Error>(rows.map(|rows| (rows, part + 1)))
        }
    });
    Ok(Body::from_stream(parts))
}
