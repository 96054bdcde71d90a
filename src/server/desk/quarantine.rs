//! Lists held records, shows one, and does what staff ask.

use super::access::partners;
use crate::api::quarantine::{Draft, Event, Extent, HeldList, HeldView, Judgement, Judging};
use crate::domain::account::{Right, Role, Scope, Viewer};
use crate::domain::contract::{Contract, Verdict, alone};
use crate::domain::ids::{PartnerId, RecordId};
use crate::domain::quarantine::{HeldRecord, Move, Revision, State};
use crate::domain::query::{QuarantineFilter, Rows, Total};
use crate::domain::record::Attributes;
use crate::domain::violation::Violation;
use crate::error::AppError;
use crate::server::auth;
use crate::server::context::{self, AppState, go};
use crate::server::fresh;
use crate::server::pipeline::judge;
use crate::server::store::{self, Bound, Deed, Job, Side, Work};
use chrono::TimeDelta;

/// For so long a look counts as the one before.
const LOOK_AGAIN: TimeDelta = TimeDelta::hours(1);
/// Rows on one page of the list.
const ROWS: u32 = 50;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;
/// Longest value, in bytes; a record's values together stay far below the database's 16 MB.
const VALUE_MAX: usize = 100_000;
/// Most attributes of a record.
const ATTRIBUTES_MAX: usize = 500;

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
    let (raw, checked) = alone::judge(
        &contract,
        state.taxonomy.as_ref(),
        record.current(),
        state.clock.now(),
    );
    let accepted = match checked.key() {
        "" => None,
        key => state.store.find_item(&scope, &record.feed, key).await?,
    };
    let judging = (may_act && !edits_off).then(|| {
        let current = Verdict::from(&checked).violations;
        judging(&state, contract, current, &record, draft.as_ref())
    });
    let mut history = vec![Event {
        at: record.received_at,
        by: "intake".to_owned(),
        what: "held it as it came".to_owned(),
        href: Some(format!("/deliveries/{}", record.delivery)),
    }];
    // Who looked is the business of those who read the activity log; mends and what jobs decided
    // are told by the record itself.
    let deeds = deeds.into_iter().filter(|deed| match deed.action.as_str() {
        Deed::LOOKED | Deed::EDITED => false,
        Deed::REPLAYED => record.decided.iter().all(|decided| decided.at != deed.at),
        _ => true,
    });
    history.extend(deeds.map(|d| Event {
        at: d.at,
        by: d.actor_name,
        what: d.what,
        href: None,
    }));
    history.extend(record.revisions.iter().map(|r| Event {
        at: r.at,
        by: r.by.clone(),
        what: r.told(),
        href: None,
    }));
    history.extend(record.decided.iter().map(|d| Event {
        at: d.at,
        by: format!("worker, for {}", d.by),
        what: d.what(),
        href: match d.action() {
            // A replay is a delivery of its own, under its job's id.
            Deed::REPLAYED => Some(format!("/deliveries/{}", d.job)),
            _ => viewer.may(Right::ManageJobs).then(|| format!("/jobs/{}", d.job)),
        },
    }));
    if let Some(by) = &record.superseded_by {
        let newer = state.store.find_delivery(&scope, by).await?;
        history.extend(newer.map(|(d, _)| Event {
            at: d.received_at,
            by: "intake".to_owned(),
            what: "set it aside: a newer file has this product".to_owned(),
            href: Some(format!("/deliveries/{by}")),
        }));
    }
    history.sort_by_key(|event| event.at);
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

/// What an edit of the record is judged by.
fn judging(
    state: &AppState,
    contract: Contract,
    current: Vec<Violation>,
    record: &HeldRecord,
    draft: Option<&Draft>,
) -> Judging {
    let (taxonomy, now) = (state.taxonomy.as_ref(), state.clock.now());
    let fails = |draft: &Draft| {
        let (merged, _) = record.merge(draft.on, &draft.attributes);
        Verdict::from(&alone::judge(&contract, taxonomy, &merged, now).1).violations
    };
    Judging {
        looks_up: taxonomy.is_some(),
        current,
        draft: draft.map(fails).unwrap_or_default(),
        contract,
    }
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

/// Judges what was typed for a record, and saves nothing.
pub async fn judge(viewer: &Viewer, id: &RecordId, attributes: &Attributes) -> Result<Judgement, AppError> {
    let state = context::state()?;
    let record = find(&state, viewer, id).await?;
    check_size(attributes)?;
    let feed = state.store.find_feed(&viewer.scope(), &record.feed).await?;
    let contract = judge::contract(feed.as_ref().map(|f| &f.feed));
    let now = state.clock.now();
    let (_, checked) = alone::judge(&contract, state.taxonomy.as_ref(), attributes, now);
    Ok(Judgement {
        verdict: Verdict::from(&checked),
        contract,
        now,
    })
}

/// Refuses what is larger than a record may be.
fn check_size(attributes: &Attributes) -> Result<(), AppError> {
    let pairs = &attributes.0;
    if pairs.is_empty() || pairs.len() > ATTRIBUTES_MAX {
        return Err(AppError::invalid(
            "attributes",
            format!("A record has 1 to {ATTRIBUTES_MAX} attributes."),
        ));
    }
    let too_long = |(name, value): &&(String, String)| name.len() > 200 || value.len() > VALUE_MAX;
    match pairs.iter().find(too_long) {
        None => Ok(()),
        Some((name, _)) => Err(AppError::invalid(
            name,
            format!("The value of {name} is longer than {VALUE_MAX} bytes."),
        )),
    }
}

async fn find(state: &AppState, viewer: &Viewer, id: &RecordId) -> Result<HeldRecord, AppError> {
    state
        .store
        .find_held(&viewer.scope(), id)
        .await?
        .ok_or_else(|| AppError::not_found("record"))
}

fn page_of(id: &RecordId) -> String {
    format!("/quarantine/{id}")
}

/// Saves a mended revision, and queues it when `then` is `replay`; when that is `check`, it is
/// shown again with what the contract says of it, and nothing is saved; when it is `theirs`, what was
/// typed gives way to what somebody else saved. What cannot be saved is kept
/// as a draft, so that nothing typed is lost.
pub async fn edit(viewer: &Viewer, id: &RecordId, draft: Draft, then: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let session = context::session()?;
    let record = find(&state, viewer, id).await?;
    if then == "check" {
        check_size(&draft.attributes)?;
        auth::keep_draft(&session, id.as_str(), &draft).await?;
        go(&format!("{}?edit=1", page_of(id)));
        return Ok(());
    }
    if then == "theirs" {
        auth::drop_draft(&session).await?;
        go(&page_of(id));
        return Ok(());
    }
    match save(&state, viewer, &record, &draft).await {
        Ok(()) => auth::drop_draft(&session).await?,
        Err(refusal) => {
            auth::keep_draft(&session, id.as_str(), &draft).await?;
            return Err(refusal);
        }
    }
    if then == "replay" {
        queue(&state, viewer, &record).await?;
    }
    go(&page_of(id));
    Ok(())
}

async fn save(state: &AppState, viewer: &Viewer, record: &HeldRecord, draft: &Draft) -> Result<(), AppError> {
    let on = draft.on;
    let reason = draft.reason.trim();
    if reason.is_empty() {
        return Err(AppError::invalid(
            "reason",
            "Say why you change this record; the history keeps it.",
        ));
    }
    if reason.chars().count() > REASON_MAX {
        return Err(AppError::invalid(
            "reason",
            format!("Keep the reason under {REASON_MAX} characters."),
        ));
    }
    check_size(&draft.attributes)?;
    partners::ensure_edits(state, &record.partner).await?;
    if !record.state.allows(Move::Edit) {
        return Err(AppError::conflict(format!(
            "This record is {} and cannot be edited now.",
            record.state.label()
        )));
    }
    if record.revision() != on {
        let by = record.revisions.last().map_or("somebody", |r| r.by.as_str());
        return Err(AppError::conflict(format!(
            "{by} saved revision {} while you were editing revision {on}. What you typed is kept below; compare and save again.",
            record.revision()
        )));
    }
    let now = state.clock.now();
    let feed = state.store.find_feed(&viewer.scope(), &record.feed).await?;
    let revision = Revision {
        number: on + 1,
        violations: judge::violations(
            feed.as_ref().map(|f| &f.feed),
            state.taxonomy.as_ref(),
            &draft.attributes,
            now,
        ),
        attributes: draft.attributes.clone(),
        by: viewer.name.clone(),
        at: now,
        reason: reason.to_owned(),
    };
    match state
        .store
        .insert_revision(&viewer.scope(), &record.id, on, &revision)
        .await
    {
        Err(store::Error::Conflict { .. }) => Err(AppError::conflict(
            "Somebody else changed this record at the same moment. What you typed is kept below; compare and save again.",
        )),
        Err(error) => Err(error.into()),
        Ok(()) => {
            note(
                state,
                viewer,
                record,
                Deed::EDITED,
                format!("saved revision {}: {reason}", on + 1),
            )
            .await
        }
    }
}

/// Queues a record for the worker.
pub async fn replay(viewer: &Viewer, id: &RecordId) -> Result<(), AppError> {
    let state = context::state()?;
    let record = find(&state, viewer, id).await?;
    queue(&state, viewer, &record).await?;
    go(&page_of(id));
    Ok(())
}

async fn queue(state: &AppState, viewer: &Viewer, record: &HeldRecord) -> Result<(), AppError> {
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

async fn note(
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
