//! Has the records of a planned replay changed by a rule first, and shows what that would change.

use super::access::partners;
use super::bulk::{find, note, page_of};
use super::profile;
use crate::api::bulk::Sample;
use crate::domain::account::{Right, Viewer};
use crate::domain::bulk::Action;
use crate::domain::bulk::fix::{Fix, Mend};
use crate::domain::ids::JobId;
use crate::domain::profile::Kept;
use crate::domain::record::Attributes;
use crate::error::AppError;
use crate::server::context::{self, AppState, go};
use crate::server::pipeline::{judge, knowing};
use crate::server::store::{self, Bulk};

/// Records that are shown before and after.
const SAMPLES: usize = 20;
/// Parts that are searched for them.
const SEARCHED: usize = 5;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;

/// Gives a planned replay a fix, or takes the one away that it has.
pub async fn ask(viewer: &Viewer, id: &JobId, fix: Option<Fix>, why: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let bulk = find(&state, viewer, id).await?;
    if !viewer.may(Right::ReplayRecord) {
        return Err(AppError::Forbidden);
    }
    let mend = match fix {
        Some(fix) => {
            partners::ensure_edits(&state, &bulk.partner).await?;
            Some(checked(viewer, fix, why)?)
        }
        None => None,
    };
    let said = match &mend {
        Some(mend) => format!("gave it a fix: {}", mend.fix.sentence()),
        None => "took its fix away".to_owned(),
    };
    match state.store.mend_bulk(&viewer.scope(), id, mend.as_ref()).await {
        Err(store::Error::Conflict { .. }) => {
            let by_now = find(&state, viewer, id).await?;
            return Err(AppError::conflict(match by_now.action {
                Action::Replay => format!(
                    "This job is {} and its records cannot be changed any more. Plan another replay for those that are left.",
                    by_now.state.word()
                ),
                _ => "Only records that are replayed can be changed first.".to_owned(),
            }));
        }
        changed => changed?.ok_or_else(|| AppError::not_found("job"))?,
    }
    note(&state, viewer, id, &bulk.feed, "bulk.mend", said).await?;
    go(&page_of(id));
    Ok(())
}

/// Begins a draft of the profile of a job's feed that keeps the job's fix, for the caller to try and
/// to put in force.
pub async fn keep(viewer: &Viewer, id: &JobId) -> Result<(), AppError> {
    let state = context::state()?;
    let bulk = find(&state, viewer, id).await?;
    let mend = bulk.mend.ok_or_else(|| AppError::not_found("fix"))?;
    let kept = Kept::of(&mend, &viewer.name, state.clock.now().date_naive());
    profile::begin_with(&state, viewer, &bulk.feed, &kept).await
}

/// Refuses what cannot be meant.
fn checked(viewer: &Viewer, fix: Fix, why: &str) -> Result<Mend, AppError> {
    if let Some((field, says)) = fix.fault() {
        return Err(AppError::invalid(field, says));
    }
    let why = why.trim();
    if why.is_empty() || why.chars().count() > REASON_MAX {
        return Err(AppError::invalid(
            "why",
            format!("Say why they are changed, in up to {REASON_MAX} characters; each record keeps it."),
        ));
    }
    Ok(Mend {
        fix,
        why: why.to_owned(),
        by: viewer.name.clone(),
    })
}

/// What the fix of a job changes in the first records that it changes.
pub(super) async fn samples(state: &AppState, viewer: &Viewer, bulk: &Bulk) -> Result<Vec<Sample>, AppError> {
    let mut samples = Vec::new();
    let Some(mend) = &bulk.mend else {
        return Ok(samples);
    };
    let feed = state.store.find_feed(&viewer.scope(), &bulk.feed).await?;
    let feed = feed.as_ref().map(|feed| &feed.feed);
    let now = state.clock.now();
    let values = |attributes: &Attributes| {
        let of = attributes.iter().filter(|(name, _)| *name == mend.fix.attribute);
        of.map(|(_, value)| value.to_owned()).collect()
    };
    for part in 0..SEARCHED {
        for record in state.store.read_set(&bulk.id, part).await? {
            if samples.len() == SAMPLES {
                return Ok(samples);
            }
            let takes = bulk.action.takes(record.state);
            let Some(revision) = bulk.mended(&record, now).filter(|_| takes) else {
                continue;
            };
            let taxonomy = state.taxonomy.as_ref();
            let known = knowing::known_of(&state.store, taxonomy, feed, &[&revision.attributes]).await?;
            let decision = judge::decide(feed, &known, &revision.attributes, now);
            samples.push(Sample {
                before: values(record.current()),
                after: values(&revision.attributes),
                passes: matches!(decision, store::Decision::Passes(_)),
                id: record.id,
                item: record.item_id,
            });
        }
    }
    Ok(samples)
}
