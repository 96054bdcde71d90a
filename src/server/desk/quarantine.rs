//! Lists held records, shows one, and does what staff ask.

use super::access::partners;
use super::{editing, history};
use crate::api::quarantine::{Extent, HeldList, HeldView};
use crate::domain::account::{Right, Role, Scope, Viewer};
use crate::domain::contract::{Verdict, alone};
use crate::domain::ids::{PartnerId, RecordId};
use crate::domain::quarantine::{HeldRecord, Move, State};
use crate::domain::query::{QuarantineFilter, Rows, Total};
use crate::error::AppError;
use crate::server::auth;
use crate::server::context::{self, AppState, go};
use crate::server::fresh;
use crate::server::pipeline::{judge, knowing};
use crate::server::store::{self, Bound, Deed, Job, Side, Work};
use chrono::TimeDelta;

/// For so long a look counts as the one before.
const LOOK_AGAIN: TimeDelta = TimeDelta::hours(1);
/// Rows on one page of the list.
const ROWS: u32 = 50;
/// Longest reason, in characters.
pub(super) const REASON_MAX: usize = 500;

/// Lists held records in the caller's scope.
pub async fn list(viewer: &Viewer, filter: QuarantineFilter, after: &str) -> Result<HeldList, AppError> {
    let state = context::state()?;
    let scope = viewer.scope();
    if !filter.search.is_empty() {
        return search(&state, &scope, filter, after).await;
    }
    let (page, total, codes, partners) = tokio::try_join!(
        state.store.list_held(&scope, &filter, after, ROWS),
        state.store.count_held(&scope, &filter),
        state.store.count_held_codes(&scope, &filter),
        state.store.list_partners(&scope),
    )?;
    // What is being taken in is listed before it is counted.
    let shown = page.rows.len() as u64;
    let total = if after.is_empty() && page.next.is_none() {
        Total::Exactly(shown)
    } else {
        total.at_least(shown)
    };
    let partners = partners.into_iter().map(|p| (p.id, p.name)).collect();
    Ok(HeldList {
        filter,
        as_of: state.clock.now(),
        page,
        extent: Extent::Counted(total),
        codes,
        partners,
    })
}

/// The same where every record has to be looked at.
async fn search(
    state: &AppState,
    scope: &Scope,
    filter: QuarantineFilter,
    after: &str,
) -> Result<HeldList, AppError> {
    let (found, partners) = tokio::try_join!(
        state.store.search_held(scope, &filter, after, ROWS, Bound::PAGE),
        state.store.list_partners(scope),
    )?;
    Ok(HeldList {
        filter,
        as_of: state.clock.now(),
        page: Rows {
            rows: found.rows,
            next: found.next,
        },
        extent: Extent::Scanned(found.scanned),
        codes: Vec::new(),
        partners: partners.into_iter().map(|p| (p.id, p.name)).collect(),
    })
}

/// Reads one held record in the caller's scope, with those beside it that fail `code`, if that is
/// named.
pub async fn read(viewer: &Viewer, id: &RecordId, code: String) -> Result<HeldView, AppError> {
    let state = context::state()?;
    let record = find(&state, viewer, id).await?;
    let scope = viewer.scope();
    let object = format!("record:{id}");
    let beside = QuarantineFilter {
        partner: Some(record.partner.clone()),
        feed: (!code.is_empty()).then(|| record.feed.clone()),
        code: (!code.is_empty()).then(|| code.clone()),
        ..QuarantineFilter::default()
    };
    let around = async {
        Ok(tokio::try_join!(
            state.store.list_deeds(&scope, &object),
            state.store.find_beside(&scope, &beside, id, Side::After),
            state.store.find_beside(&scope, &beside, id, Side::Before),
            state.store.find_feed(&scope, &record.feed),
        )?)
    };
    let (whose, what) = (Some(record.partner.clone()), "looked at the record");
    let looked = note_look(&state, viewer, object.clone(), whose, what);
    let switched = partners::edits_off(&state, &record.partner);
    let ((deeds, next, previous, feed), (), edits_off) = tokio::try_join!(around, looked, switched)?;
    let draft = auth::find_draft(&context::session()?, id.as_str()).await?;
    let may_act = viewer.may(Right::EditRecord);
    let contract = judge::contract(feed.as_ref().map(|f| &f.feed));
    let mut records = vec![record.current()];
    records.extend(draft.as_ref().map(|draft| &draft.attributes));
    let (taxonomy, of) = (state.taxonomy.as_ref(), feed.as_ref().map(|f| &f.feed));
    let known = knowing::known_of(&state.store, taxonomy, of, &records).await?;
    let (raw, checked) = alone::judge(&contract, &known, record.current(), state.clock.now());
    let (accepted, exported) = match checked.key() {
        "" => (None, Vec::new()),
        key => tokio::try_join!(
            state.store.find_item(&scope, &record.feed, key),
            state.store.list_exported(&scope, &record.feed, key),
        )?,
    };
    let judging = (may_act && !edits_off).then(|| {
        let current = Verdict::from(&checked).violations;
        editing::judging(&state, contract, &known, current, &record, draft.as_ref())
    });
    let history = history::of(&state, viewer, &record, deeds, &exported).await?;
    Ok(HeldView {
        as_of: state.clock.now(),
        history,
        draft,
        next,
        previous,
        understood: alone::understood(&raw, &checked),
        accepted,
        code,
        expires_at: feed
            .and_then(|feed| feed.keep_held)
            .and_then(|(days, since)| record.expires_at(days, since)),
        may_act,
        edits_off,
        judging,
        record,
    })
}

/// Writes down that somebody looks at what a partner sent; not where the partner does itself.
pub async fn note_look(
    state: &AppState,
    viewer: &Viewer,
    object: String,
    partner: Option<PartnerId>,
    what: &str,
) -> Result<(), AppError> {
    if viewer.role == Role::Partner && viewer.guise.is_none() {
        return Ok(());
    }
    let (what, now) = (what.to_owned(), state.clock.now());
    let deed = Deed::of(viewer, Deed::LOOKED, object, partner, what, now);
    Ok(state.store.note_look(&deed, LOOK_AGAIN).await?)
}

pub(super) async fn find(state: &AppState, viewer: &Viewer, id: &RecordId) -> Result<HeldRecord, AppError> {
    state
        .store
        .find_held(&viewer.scope(), id)
        .await?
        .ok_or_else(|| AppError::not_found("record"))
}

pub(super) fn page_of(id: &RecordId) -> String {
    format!("/quarantine/{id}")
}

/// Queues a record for the worker.
pub async fn replay(viewer: &Viewer, id: &RecordId) -> Result<(), AppError> {
    let state = context::state()?;
    let record = find(&state, viewer, id).await?;
    queue(&state, viewer, &record).await?;
    go(&page_of(id));
    Ok(())
}

pub(super) async fn queue(state: &AppState, viewer: &Viewer, record: &HeldRecord) -> Result<(), AppError> {
    let now = state.clock.now();
    let job = Job {
        id: fresh::job(),
        partner: record.partner.clone(),
        feed: record.feed.clone(),
        work: Work::Replay {
            records: vec![record.id.clone()],
        },
        asked_by: viewer.name.clone(),
        asked_at: now,
    };
    match state.store.queue_replay(&viewer.scope(), &job).await {
        Err(store::Error::Conflict { .. }) => {
            let state_now = find(state, viewer, &record.id).await?.state;
            Err(AppError::conflict(format!(
                "This record is {} and cannot be replayed now.",
                state_now.label()
            )))
        }
        Err(error) => Err(error.into()),
        Ok(()) => {
            note(
                state,
                viewer,
                record,
                "record.replay",
                "asked for a replay".to_owned(),
            )
            .await
        }
    }
}

/// Gives a record up.
pub async fn discard(viewer: &Viewer, id: &RecordId, reason: &str) -> Result<(), AppError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_MAX {
        return Err(AppError::invalid(
            "reason",
            format!("Say why you discard it, in up to {REASON_MAX} characters."),
        ));
    }
    step(
        viewer,
        id,
        Move::Discard,
        "record.discard",
        format!("discarded it: {reason}"),
    )
    .await
}

/// Takes a discarded record back.
pub async fn restore(viewer: &Viewer, id: &RecordId) -> Result<(), AppError> {
    step(
        viewer,
        id,
        Move::Restore,
        "record.restore",
        "took it back into the quarantine".to_owned(),
    )
    .await
}

async fn step(
    viewer: &Viewer,
    id: &RecordId,
    step: Move,
    action: &str,
    what: String,
) -> Result<(), AppError> {
    let state = context::state()?;
    let record = find(&state, viewer, id).await?;
    match state
        .store
        .move_held(&viewer.scope(), id, step, state.clock.now())
        .await
    {
        Err(store::Error::Conflict { .. }) => {
            let word = match step {
                Move::Restore => "restored",
                _ => "discarded",
            };
            let now: State = find(&state, viewer, id).await?.state;
            return Err(AppError::conflict(format!(
                "This record is {} and cannot be {word} now.",
                now.label()
            )));
        }
        other => other?,
    }
    note(&state, viewer, &record, action, what).await?;
    go(&page_of(id));
    Ok(())
}

pub(super) async fn note(
    state: &AppState,
    viewer: &Viewer,
    record: &HeldRecord,
    action: &str,
    what: String,
) -> Result<(), AppError> {
    let object = format!("record:{}", record.id);
    let deed = Deed::of(
        viewer,
        action,
        object,
        Some(record.partner.clone()),
        what,
        state.clock.now(),
    );
    Ok(state.store.insert_deed(&deed).await?)
}
