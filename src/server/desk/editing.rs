//! Saves what staff typed for a record, or says why not; nothing typed is lost.
//!
//! It owns what an edit has to meet: its size, its reason, the revision that it is based on, and that
//! a change of what was right is meant. The page around it, and what else is done to a record, are
//! `quarantine`'s.

use super::access::partners;
use super::quarantine::{REASON_MAX, find, note, page_of, queue};
use crate::api::quarantine::{Draft, Judgement, Judging};
use crate::domain::account::Viewer;
use crate::domain::contract::{Contract, Known, Verdict, alone, sensitive};
use crate::domain::ids::RecordId;
use crate::domain::quarantine::{HeldRecord, Move, Revision};
use crate::domain::record::Attributes;
use crate::domain::violation::Violation;
use crate::error::AppError;
use crate::server::auth;
use crate::server::context::{self, AppState, go};
use crate::server::pipeline::{judge, knowing};
use crate::server::store::{self, Deed};
use chrono::{DateTime, Utc};

/// Longest value, in bytes; a record's values together stay far below the database's 16 MB.
const VALUE_MAX: usize = 100_000;

/// Saves a mended revision, and queues it when `then` is `replay`. Nothing is saved when that is
/// `check`, and it is shown again with what the contract says of it; nor when it is `json` or
/// `fields`, the other way to type it; nor when it is `theirs`, and what was typed gives way to what
/// somebody else saved. What cannot be saved is kept as a draft.
pub async fn edit(
    viewer: &Viewer,
    id: &RecordId,
    mut draft: Draft,
    sure: &str,
    then: &str,
) -> Result<(), AppError> {
    let state = context::state()?;
    let session = context::session()?;
    let record = find(&state, viewer, id).await?;
    if then == "theirs" {
        auth::drop_draft(&session).await?;
        go(&page_of(id));
        return Ok(());
    }
    if matches!(then, "check" | "json" | "fields") {
        auth::keep_draft(&session, id.as_str(), &draft).await?;
        let as_json = if draft.fault().is_some() {
            true
        } else {
            check_size(&draft.attributes)?;
            if then != "check" {
                draft.json = None;
                auth::keep_draft(&session, id.as_str(), &draft).await?;
            }
            then == "json" || draft.json.is_some()
        };
        go(&format!(
            "{}?edit={}",
            page_of(id),
            if as_json { "json" } else { "1" }
        ));
        return Ok(());
    }
    match save(&state, viewer, &record, &draft, sure).await {
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

async fn save(
    state: &AppState,
    viewer: &Viewer,
    record: &HeldRecord,
    draft: &Draft,
    sure: &str,
) -> Result<(), AppError> {
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
    if let Some(fault) = draft.fault() {
        return Err(AppError::invalid("json", fault.to_string()));
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
    let feed = feed.as_ref().map(|f| &f.feed);
    ensure_meant(&judge::contract(feed), record, draft, sure, now)?;
    let known = knowing::known_of(&state.store, state.taxonomy.as_ref(), feed, &[&draft.attributes]).await?;
    let revision = Revision {
        number: on + 1,
        violations: judge::violations(feed, &known, &draft.attributes, now),
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

/// Refuses an edit of what customers are shown or charged by, unless each attribute of it is among
/// those that somebody is sure of.
fn ensure_meant(
    contract: &Contract,
    record: &HeldRecord,
    draft: &Draft,
    sure: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let changed = sensitive::changed(contract, record.current(), &draft.attributes, now);
    if sensitive::is_meant(&changed, sure) {
        return Ok(());
    }
    Err(AppError::invalid(
        "sure",
        format!(
            "{} Tick that this is meant, and save again.",
            sensitive::question(&changed)
        ),
    ))
}

/// Refuses what is larger than a record may be.
fn check_size(attributes: &Attributes) -> Result<(), AppError> {
    let pairs = &attributes.0;
    if pairs.is_empty() || pairs.len() > Attributes::MOST {
        return Err(AppError::invalid(
            "attributes",
            format!("A record has 1 to {} attributes.", Attributes::MOST),
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

/// What an edit of the record is judged by.
pub(super) fn judging(
    state: &AppState,
    contract: Contract,
    known: &Known,
    current: Vec<Violation>,
    record: &HeldRecord,
    draft: Option<&Draft>,
) -> Judging {
    let now = state.clock.now();
    let fails = |draft: &Draft| {
        let (merged, _) = record.merge(draft.on, &draft.attributes);
        Verdict::from(&alone::judge(&contract, known, &merged, now).1).violations
    };
    Judging {
        looks_up: known.taxonomy.is_some(),
        pictures: known.pictures.as_deref().cloned().unwrap_or_default(),
        current,
        draft: draft
            .filter(|draft| draft.fault().is_none())
            .map(fails)
            .unwrap_or_default(),
        contract,
    }
}

/// Judges what was typed for a record, and saves nothing.
pub async fn judge(viewer: &Viewer, id: &RecordId, attributes: &Attributes) -> Result<Judgement, AppError> {
    let state = context::state()?;
    let record = find(&state, viewer, id).await?;
    check_size(attributes)?;
    let feed = state.store.find_feed(&viewer.scope(), &record.feed).await?;
    let feed = feed.as_ref().map(|f| &f.feed);
    let contract = judge::contract(feed);
    let now = state.clock.now();
    let known = knowing::known_of(&state.store, state.taxonomy.as_ref(), feed, &[attributes]).await?;
    let (_, checked) = alone::judge(&contract, &known, attributes, now);
    Ok(Judgement {
        verdict: Verdict::from(&checked),
        contract,
        now,
    })
}
