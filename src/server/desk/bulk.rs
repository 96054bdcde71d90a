//! Plans, starts, steers and shows jobs on sets of held records.

use super::access::partners;
use crate::api::bulk::{BulkRow, BulkView, Meant, Rehearsal, Stuck};
use crate::app::link::Link;
use crate::domain::account::{Right, Viewer};
use crate::domain::bulk::{Action, Move, Outcome, PER_SECOND, Pace, State};
use crate::domain::format::counted;
use crate::domain::ids::{DeliveryId, FeedId, JobId, PartnerId, RecordId};
use crate::domain::query::{QuarantineFilter, StateFilter};
use crate::domain::violation::Severity;
use crate::error::AppError;
use crate::server::context::{self, AppState, go};
use crate::server::fresh;
use crate::server::store::{self, Asked, Bulk, Deed};

/// Most records that may be ticked.
const SELECTED_MAX: usize = 1000;
/// Jobs shown beside the worker's others.
const ROWS: u32 = 20;
/// Records that did not go through and are shown.
const STUCK: usize = 50;
/// Parts that are searched for them.
const SEARCHED: usize = 40;
/// Longest reason, in characters.
const REASON_MAX: usize = 500;

/// The newest jobs on sets in the caller's scope.
pub async fn newest(state: &AppState, viewer: &Viewer) -> Result<Vec<BulkRow>, AppError> {
    let page = state.store.list_bulks(&viewer.scope(), "", ROWS).await?;
    Ok(page.rows.into_iter().map(|bulk| row(&bulk)).collect())
}

fn row(bulk: &Bulk) -> BulkRow {
    BulkRow {
        id: bulk.id.clone(),
        action: bulk.action,
        feed: bulk.feed.clone(),
        state: bulk.state,
        frozen: bulk.frozen,
        asked_by: bulk.asked_by.clone(),
        asked_at: bulk.asked_at,
    }
}

fn allow(viewer: &Viewer, action: Action) -> Result<(), AppError> {
    let right = match action {
        Action::Replay => Right::ReplayRecord,
        Action::Discard | Action::Restore => Right::DiscardRecord,
    };
    if viewer.may(right) {
        Ok(())
    } else {
        Err(AppError::Forbidden)
    }
}

/// Freezes a set and goes to its plan.
pub async fn plan(viewer: &Viewer, what: &str, ids: Vec<RecordId>, meant: Meant) -> Result<(), AppError> {
    let (action, selected) = match what.split_once('-') {
        Some((action, "all")) => (Action::parse(action), false),
        Some((action, "selected")) => (Action::parse(action), true),
        _ => (None, false),
    };
    let action = action
        .ok_or_else(|| AppError::invalid("what", "Choose to replay, to discard or to restore them."))?;
    allow(viewer, action)?;
    let state = context::state()?;
    let feed = if selected {
        feed_of(&state, viewer, &ids).await?
    } else {
        feed_meant(&state, viewer, &meant).await?
    };
    let some = |word: &str| Some(word.to_owned()).filter(|word| !word.is_empty());
    let filter = QuarantineFilter {
        partner: some(&meant.partner).map(PartnerId::new),
        feed: Some(feed.clone()),
        delivery: some(&meant.delivery).map(DeliveryId::new),
        code: some(&meant.code),
        state: StateFilter::parse(&meant.state),
        item: some(&meant.item),
        ..QuarantineFilter::default()
    };
    let address = Link::to("/quarantine")
        .with("partner", &meant.partner)
        .with("feed", feed.as_str())
        .with("delivery", &meant.delivery)
        .with("state", &meant.state)
        .with("code", &meant.code)
        .with("item", &meant.item)
        .href();
    let now = state.clock.now();
    let asked = Asked {
        id: fresh::job(),
        feed: feed.clone(),
        action,
        filter: &filter,
        selected: selected.then_some(ids.as_slice()),
        address: if selected { String::new() } else { address },
        asked_by: viewer.name.clone(),
        asked_at: now,
        until: None,
        started: None,
    };
    let frozen = match state.store.plan_bulk(&viewer.scope(), &asked).await {
        Err(store::Error::Conflict { .. }) => {
            return Err(AppError::conflict(format!(
                "Not every record that was ticked can be {} any more: somebody or a newer file was faster. Load the list again and tick anew.",
                done(action)
            )));
        }
        frozen => frozen?,
    };
    if frozen == 0 {
        return Err(AppError::conflict(format!(
            "No record of this list can be {} now.",
            done(action)
        )));
    }
    let what = format!(
        "planned to {} {}",
        action.word(),
        counted(frozen, "record", "records")
    );
    note(&state, viewer, &asked.id, &feed, "bulk.plan", what).await?;
    go(&page_of(&asked.id));
    Ok(())
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Replay => "replayed",
        Action::Discard => "discarded",
        Action::Restore => "restored",
    }
}

pub(super) fn page_of(id: &JobId) -> String {
    format!("/jobs/{id}")
}

/// The one feed of the records that were ticked.
async fn feed_of(state: &AppState, viewer: &Viewer, ids: &[RecordId]) -> Result<FeedId, AppError> {
    if ids.is_empty() || ids.len() > SELECTED_MAX {
        return Err(AppError::invalid(
            "ids",
            format!("Tick 1 to {SELECTED_MAX} records first, or take all that match."),
        ));
    }
    let feeds = state.store.list_feeds_of_held(&viewer.scope(), ids).await?;
    match feeds.as_slice() {
        [feed] => Ok(feed.clone()),
        [] => Err(AppError::not_found("record")),
        feeds => Err(several(feeds)),
    }
}

/// The one feed of all that are meant.
async fn feed_meant(state: &AppState, viewer: &Viewer, meant: &Meant) -> Result<FeedId, AppError> {
    let scope = viewer.scope();
    if !meant.feed.is_empty() {
        let id = FeedId::new(meant.feed.clone());
        let feed = state.store.find_feed(&scope, &id).await?;
        return feed
            .map(|feed| feed.feed.id)
            .ok_or_else(|| AppError::not_found("feed"));
    }
    if !meant.delivery.is_empty() {
        let id = DeliveryId::new(meant.delivery.clone());
        let delivery = state.store.find_delivery(&scope, &id).await?;
        return delivery
            .map(|(delivery, _)| delivery.feed)
            .ok_or_else(|| AppError::not_found("delivery"));
    }
    Err(AppError::invalid(
        "feed",
        "Narrow the list to one feed first: each feed has a contract, a pace and a history of its own.",
    ))
}

fn several(feeds: &[FeedId]) -> AppError {
    let names: Vec<&str> = feeds.iter().map(FeedId::as_str).collect();
    AppError::invalid(
        "ids",
        format!(
            "The ticked records are of {} feeds ({}). Tick those of one feed: each has a contract, a pace and a history of its own.",
            feeds.len(),
            names.join(", ")
        ),
    )
}

pub(super) async fn find(state: &AppState, viewer: &Viewer, id: &JobId) -> Result<Bulk, AppError> {
    let found = state.store.find_bulk(&viewer.scope(), id).await?;
    found.ok_or_else(|| AppError::not_found("job"))
}

/// Reads a job and how far it has come.
pub async fn read(viewer: &Viewer, id: &JobId) -> Result<BulkView, AppError> {
    let state = context::state()?;
    let bulk = find(&state, viewer, id).await?;
    let standing = state.store.read_standing(id).await?;
    let mut fail: Vec<(String, u64)> = standing.would_fail.into_iter().collect();
    fail.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let stuck = if standing.tally.failed() + standing.tally.gone > 0 {
        stuck(&state, id).await?
    } else {
        Vec::new()
    };
    // What a fix would change is asked until it is started; then each record tells.
    let samples = if bulk.state == State::Planned {
        super::mend::samples(&state, viewer, &bulk).await?
    } else {
        Vec::new()
    };
    let may_keep = viewer.may(Right::EditProfile) && bulk.mend.is_some();
    let may_mend = viewer.may(Right::EditRecord)
        && viewer.may(Right::ReplayRecord)
        && !partners::edits_off(&state, &bulk.partner).await?;
    let writes = bulk.action == Action::Replay && standing.tally.total() > standing.tally.gone;
    Ok(BulkView {
        row: row(&bulk),
        as_of: state.clock.now(),
        list: bulk.filter,
        reason: bulk.reason,
        why: bulk.why,
        pace: bulk.pace,
        started_at: bulk.started_at,
        ended_at: bulk.ended_at,
        tally: standing.tally,
        mend: bulk.mend,
        samples,
        may_mend,
        may_keep,
        rehearsal: Rehearsal {
            seen: standing.rehearsed,
            changed: standing.would_change,
            pass: standing.would_pass,
            gone: standing.would_be_gone,
            fail,
        },
        failure: standing.failure,
        stuck,
        delivery: writes.then(|| DeliveryId::new(id.as_str())),
    })
}

/// The first records that did not go through, of the first parts.
async fn stuck(state: &AppState, id: &JobId) -> Result<Vec<Stuck>, AppError> {
    let mut stuck = Vec::new();
    for part in 0..SEARCHED {
        let Some(outcomes) = state.store.list_outcomes(id, part).await? else {
            break;
        };
        stuck.extend(
            outcomes
                .into_iter()
                .filter_map(|(record, outcome)| match outcome {
                    Some(o @ (Outcome::RejectedAgain | Outcome::Failed | Outcome::Gone)) => Some((record, o)),
                    _ => None,
                }),
        );
        if stuck.len() >= STUCK {
            stuck.truncate(STUCK);
            break;
        }
    }
    let ids: Vec<RecordId> = stuck.iter().map(|(id, _)| id.clone()).collect();
    let mut held = state.store.read_held(&ids).await?;
    let told = |(id, outcome): (RecordId, Outcome)| {
        let record = held.remove(&id);
        // What holds it before what only warns.
        let wrong = record
            .as_ref()
            .and_then(|r| r.violations.iter().min_by_key(|v| v.severity != Severity::Error));
        Stuck {
            why: wrong.map(|v| v.message.clone()).unwrap_or_default(),
            item: record.map(|r| r.item_id).unwrap_or_default(),
            id,
            outcome,
        }
    };
    Ok(stuck.into_iter().map(told).collect())
}

/// Starts a planned job: whether by a ramp, the share that stops it, and records a second.
pub async fn start(
    viewer: &Viewer,
    id: &JobId,
    (ramp, stop_above, per_second): (bool, &str, &str),
    reason: &str,
) -> Result<(), AppError> {
    let state = context::state()?;
    let bulk = find(&state, viewer, id).await?;
    allow(viewer, bulk.action)?;
    let pace = Pace {
        ramp,
        stop_above: number(
            stop_above,
            "stop_above",
            (0, 100),
            "Give the share that stops it as a whole number from 0 to 100, or leave it empty.",
        )?,
        per_second: number(
            per_second,
            "per_second",
            PER_SECOND,
            "Give the records a second as a whole number from 1 to 100,000, or leave it empty.",
        )?,
    };
    if bulk.mend.is_some() {
        partners::ensure_edits(&state, &bulk.partner).await?;
    }
    let reason = reason.trim();
    if bulk.action == Action::Discard && (reason.is_empty() || reason.chars().count() > REASON_MAX) {
        return Err(AppError::invalid(
            "reason",
            format!("Say why they are given up, in up to {REASON_MAX} characters; each record keeps it."),
        ));
    }
    let now = state.clock.now();
    match state
        .store
        .start_bulk(&viewer.scope(), id, &pace, reason, now)
        .await
    {
        Err(store::Error::Conflict { .. }) => {
            let by_now = find(&state, viewer, id).await?.state;
            return Err(AppError::conflict(format!(
                "This job is {} and cannot be started any more.",
                by_now.word()
            )));
        }
        started => started?,
    };
    let what = format!(
        "started: {} {}",
        bulk.action.word(),
        counted(bulk.frozen, "record", "records")
    );
    note(&state, viewer, id, &bulk.feed, "bulk.start", what).await?;
    go(&page_of(id));
    Ok(())
}

fn number<N: TryFrom<u32>>(
    text: &str,
    field: &str,
    (least, most): (u32, u32),
    says: &str,
) -> Result<Option<N>, AppError> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse().ok().filter(|n| (least..=most).contains(n));
    match number.and_then(|n: u32| N::try_from(n).ok()) {
        Some(number) => Ok(Some(number)),
        None => Err(AppError::invalid(field, says)),
    }
}

/// Pauses, resumes or cancels a job.
pub async fn steer(viewer: &Viewer, id: &JobId, step: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let bulk = find(&state, viewer, id).await?;
    allow(viewer, bulk.action)?;
    let (step, done) = match step {
        "pause" => (Move::Pause, "paused"),
        "resume" => (Move::Resume, "resumed"),
        "cancel" => (Move::Cancel, "cancelled"),
        _ => {
            return Err(AppError::invalid(
                "step",
                "A job can be paused, resumed or cancelled.",
            ));
        }
    };
    if step == Move::Resume && bulk.mend.is_some() {
        partners::ensure_edits(&state, &bulk.partner).await?;
    }
    let now = state.clock.now();
    match state.store.move_bulk(&viewer.scope(), id, step, now).await {
        Err(store::Error::Conflict { .. }) => {
            let by_now: State = find(&state, viewer, id).await?.state;
            return Err(AppError::conflict(format!(
                "This job is {} and cannot be {done} now.",
                by_now.word()
            )));
        }
        moved => moved?,
    };
    note(
        &state,
        viewer,
        id,
        &bulk.feed,
        "bulk.steer",
        format!("{done} the job"),
    )
    .await?;
    go(&page_of(id));
    Ok(())
}

pub(super) async fn note(
    state: &AppState,
    viewer: &Viewer,
    id: &JobId,
    feed: &FeedId,
    action: &str,
    what: String,
) -> Result<(), AppError> {
    let partner = Some(feed.partner());
    let deed = Deed::of(
        viewer,
        action,
        format!("job:{id}"),
        partner,
        what,
        state.clock.now(),
    );
    Ok(state.store.insert_deed(&deed).await?)
}
