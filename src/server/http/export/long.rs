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
use crate::domain::violation::Severity;
use crate::error::AppError;
use crate::server::calendar::Stretch;
use crate::server::context::AppState;
use crate::server::csv::{self, Rows};
use crate::server::store::{self, Bound, Failure, HeldLine, Store};
use axum::body::Body;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, stream};
use std::pin::pin;
use tokio::sync::mpsc;

/// Rows that are read at once.
const ROWS: u32 = 500;
/// How often more may be read before the first of it is taken.
const AHEAD: usize = 2;

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

/// The list of held records.
pub(super) fn quarantine(state: &AppState, viewer: &Viewer, wanted: &Wanted) -> Body {
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
    let mut when = When::default();
    held(state, viewer, wanted, &heads, move |r, rows| {
        let errors = || r.violations.iter().filter(|v| v.severity == Severity::Error);
        let codes: Vec<&str> = errors().map(|v| v.code).collect();
        rows.cell(r.id)
            .cell(r.partner)
            .cell(r.feed)
            .cell(r.delivery)
            .cell(when.stamp(r.received_at))
            .cell(r.item_id)
            .cell(r.title)
            .cell(r.state.word())
            .cell(&codes.join(" "))
            .cell(errors().next().map_or("", |v| v.message))
            .count(r.attempts)
            .end();
    })
}

/// Every failure of the held records that wait: a line each, with what to do.
pub(super) fn failures(state: &AppState, viewer: &Viewer, wanted: &Wanted) -> Body {
    let code = wanted.some("code");
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
    let mut when = When::default();
    held(state, viewer, wanted, &heads, move |r, rows| {
        let asked = |v: &&Failure<'_>| code.as_ref().is_none_or(|code| code == v.code);
        for v in r.violations.iter().filter(asked) {
            rows.cell(r.item_id)
                .cell(r.title)
                .cell(r.feed)
                .cell(r.delivery)
                .cell(when.stamp(r.received_at))
                .count(r.position.index)
                .count(v.line.unwrap_or(r.position.line))
                .cell(v.attribute.unwrap_or_default())
                .cell(v.value)
                .cell(v.code)
                .cell(v.severity.word())
                .cell(v.message)
                .cell(v.suggestion.unwrap_or_default())
                .cell(rule(v.code).map_or("", |rule| rule.fix))
                .end();
        }
    })
}

/// A time as text, which many records that follow one another have in common.
#[derive(Default)]
struct When(DateTime<Utc>, String);

impl When {
    fn stamp(&mut self, at: DateTime<Utc>) -> &str {
        if self.0 != at || self.1.is_empty() {
            *self = Self(at, stamp(at));
        }
        &self.1
    }
}

/// Held records as lines, in the order in which they came: while some are written, the next are read.
/// A search of them goes on until all are looked at, a page at a time, and so from the newest on.
fn held(
    state: &AppState,
    viewer: &Viewer,
    wanted: &Wanted,
    heads: &[&str],
    mut write: impl FnMut(&HeldLine<'_>, &mut Rows) + Send + 'static,
) -> Body {
    let filter = HeldAsk::read(|name| wanted.get(name).to_owned()).filter();
    let mut first = Rows::default();
    for head in heads {
        first.cell(head);
    }
    first.end();
    let first = stream::iter([Ok::<_, store::Error>(first.into_bytes())]);
    if filter.search.is_empty() {
        let lines = ahead(state.store.walk_held(&viewer.scope(), &filter));
        let rest = lines.map(move |lines| {
            let mut rows = Rows::default();
            lines?.each(|line| write(line, &mut rows))?;
            Ok(rows.into_bytes())
        });
        return Body::from_stream(first.chain(rest));
    }
    let rest = found(state.store.clone(), viewer.scope(), filter).map(move |records| {
        let mut rows = Rows::default();
        for record in &records? {
            write(&record.into(), &mut rows);
        }
        Ok(rows.into_bytes())
    });
    Body::from_stream(first.chain(rest))
}

/// What a search finds, page after page.
fn found(
    store: Store,
    scope: Scope,
    filter: QuarantineFilter,
) -> impl Stream<Item = store::Result<Vec<HeldRecord>>> + Send {
    stream::try_unfold(Some(String::new()), move |after| {
        let (store, scope, filter) = (store.clone(), scope.clone(), filter.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let page = store
                .search_held(&scope, &filter, &after, ROWS, Bound::PAGE)
                .await?;
            Ok(Some((page.rows, page.next)))
        }
    })
}

/// The same stream, read ahead by a few while somebody looks at what came.
fn ahead<T: Send + 'static>(stream: impl Stream<Item = T> + Send + 'static) -> impl Stream<Item = T> + Send {
    let (give, take) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let mut stream = pin!(stream);
        while let Some(item) = stream.next().await {
            // Whoever asked has gone.
            if give.send(item).await.is_err() {
                return;
            }
        }
    });
    // Whoever packs an answer asks once more after its end.
    stream::unfold(take, |mut take| async move { Some((take.recv().await?, take)) }).fuse()
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
