//! Writes lists as long as the log or the quarantine: page by page, as the browser takes them.

use super::Wanted;
use crate::domain::account::{Scope, Viewer};
use crate::domain::contract::rule;
use crate::domain::delivery::{Delivery, Status};
use crate::domain::ids::{FeedId, JobId, PartnerId};
use crate::domain::issue::Issue;
use crate::domain::quarantine::HeldRecord;
use crate::domain::query::{
    DeliveryFilter, HeldAsk, IssueFilter, IssueSort, IssueStates, Page, QuarantineFilter, stamp,
};
use crate::domain::violation::{Severity, Violation};
use crate::error::AppError;
use crate::server::calendar::Stretch;
use crate::server::context::AppState;
use crate::server::csv;
use crate::server::store::{self, Bound, Store};
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
    pages(
        heads.map(str::to_owned).to_vec(),
        |d| vec![delivery(d)],
        move |after| {
            let (store, scope, filter) = (store.clone(), scope.clone(), filter.clone());
            async move { store.list_deliveries(&scope, &filter, &after, ROWS).await }
        },
    )
}

/// The issues that are open, what gains most first.
pub(super) fn issues(state: &AppState, viewer: &Viewer, wanted: &Wanted) -> Body {
    let filter = IssueFilter {
        partner: wanted.some("partner").map(PartnerId::new),
        feed: wanted.some("feed").map(FeedId::new),
        state: IssueStates::parse(wanted.get("state")),
        ..IssueFilter::default()
    };
    let (store, scope) = (state.store.clone(), viewer.scope());
    let heads = [
        "issue",
        "feed",
        "code",
        "attribute",
        "severity",
        "what",
        "standing",
        "affected_items",
        "of",
        "waiting",
        "first_seen",
        "last_seen",
        "what_to_do",
    ];
    pages(
        heads.map(str::to_owned).to_vec(),
        |i| vec![issue(i)],
        move |after| {
            let (store, scope, filter) = (store.clone(), scope.clone(), filter.clone());
            async move {
                store
                    .list_issues(&scope, &filter, IssueSort::Impact, &after, ROWS)
                    .await
            }
        },
    )
}

fn issue(i: &Issue) -> Vec<String> {
    let there = i.last.as_ref().filter(|_| i.standing.is_there());
    vec![
        i.id.to_string(),
        i.feed.to_string(),
        i.code.clone(),
        i.attribute.clone().unwrap_or_default(),
        i.severity.word().to_owned(),
        i.title().to_owned(),
        i.standing.word().to_owned(),
        there.map_or(0, |last| last.records).to_string(),
        there.map_or(0, |last| last.received).to_string(),
        i.open.to_string(),
        stamp(i.first_seen),
        stamp(i.last_seen),
        rule(&i.code).map_or_else(String::new, |rule| rule.fix.to_owned()),
    ]
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
    pages(
        heads.map(str::to_owned).to_vec(),
        |r| vec![held(r)],
        move |after| held_page(store.clone(), scope.clone(), filter.clone(), after),
    )
}

/// A page of held records.
async fn held_page(
    store: Store,
    scope: Scope,
    filter: QuarantineFilter,
    after: String,
) -> store::Result<Page<HeldRecord>> {
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

/// Every failure of the held records that wait: a line each, with what to do.
pub(super) fn failures(state: &AppState, viewer: &Viewer, wanted: &Wanted) -> Body {
    let code = wanted.some("code");
    let filter = HeldAsk::read(|name| wanted.get(name).to_owned()).filter();
    let (store, scope) = (state.store.clone(), viewer.scope());
    let heads = [
        "item_id",
        "title",
        "feed",
        "delivery",
        "received_at",
        "record",
        "line",
        "attribute",
        "value",
        "code",
        "severity",
        "message",
        "would_pass",
        "what_to_do",
    ];
    let write = move |r: &HeldRecord| {
        let wanted = |v: &&Violation| code.as_ref().is_none_or(|code| *code == v.code);
        r.violations
            .iter()
            .filter(wanted)
            .map(|v| failure(r, v))
            .collect()
    };
    pages(heads.map(str::to_owned).to_vec(), write, move |after| {
        held_page(store.clone(), scope.clone(), filter.clone(), after)
    })
}

fn failure(r: &HeldRecord, v: &Violation) -> Vec<String> {
    let line = v
        .place
        .as_ref()
        .and_then(|place| place.line)
        .unwrap_or(r.position.line);
    vec![
        r.item_id.clone(),
        r.title.clone(),
        r.feed.to_string(),
        r.delivery.to_string(),
        stamp(r.received_at),
        r.position.index.to_string(),
        line.to_string(),
        v.attribute.clone().unwrap_or_default().into_owned(),
        v.value.clone(),
        v.code.clone().into_owned(),
        v.severity.word().to_owned(),
        v.message.clone(),
        v.suggestion.clone().unwrap_or_default(),
        rule(&v.code).map_or_else(String::new, |rule| rule.fix.to_owned()),
    ]
}

/// Reads page after page and writes each as it comes, the heads before the first.
fn pages<T, F>(
    heads: Vec<String>,
    write: impl Fn(&T) -> Vec<Vec<String>> + Send + 'static,
    read: impl Fn(String) -> F + Send + 'static,
) -> Body
where
    T: Send + 'static,
    F: Future<Output = store::Result<Page<T>>> + Send + 'static,
{
    // What to read next; none when there is nothing left.
    let first = (Some(String::new()), Some(heads), (read, write));
    let pages = stream::try_unfold(first, move |(after, heads, (read, write))| async move {
        let Some(after) = after else {
            return Ok::<_, store::Error>(None);
        };
        let page = read(after).await?;
        let rows: Vec<_> = heads
            .into_iter()
            .chain(page.rows.iter().flat_map(&write))
            .collect();
        Ok(Some((csv::write(&rows), (page.next, None, (read, write)))))
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
