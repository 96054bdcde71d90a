//! Shows what a feed's profile says and makes of records, and puts another one in force as people
//! write it on its page.
//!
//! What somebody writes is kept as a draft before it is looked at: the page of a draft has an
//! address, works without a script, and keeps what was typed when it is refused.

use super::feed::find;
use super::preview::{self, Pieces, Tried};
use super::says::says;
use crate::api::preview::{Preview, Source};
use crate::api::profile::{FlawView, ProfileView, RevisionRow, Wish, Writing};
use crate::domain::account::{Right, Viewer};
use crate::domain::feed::{Feed, Terms};
use crate::domain::ids::FeedId;
use crate::domain::profile::{Kept, Profile, shipped};
use crate::domain::{format, hold};
use crate::error::AppError;
use crate::server::context::{self, AppState, go};
use crate::server::fresh;
use crate::server::pipeline::knowing;
use crate::server::profile::{self, Flaw};
use crate::server::store::{self, Deed, Draft, Revision, StoredFile};
use chrono::{DateTime, Utc};
use std::io::{Cursor, Read};
use std::time::Duration;

/// Largest profile, and largest sample, that is taken, in bytes.
const TEXT_MAX: usize = 64 * 1024;
const SAMPLE_MAX: usize = 256 * 1024;
/// Kept files to choose from.
const FILES: u32 = 20;
/// Records shown unless somebody asks for more, and at most.
const SHOWN: u32 = 5;
const SHOWN_MAX: u32 = 20;
/// How long somebody waits for a preview.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the page of a feed's profile in the caller's scope.
pub async fn read(viewer: &Viewer, id: &FeedId, draft: &str, start: &str) -> Result<ProfileView, AppError> {
    let state = context::state()?;
    let feed = find(&state, viewer, id).await?.feed;
    let scope = viewer.scope();
    let partner = id.partner();
    let (named, revisions, files) = tokio::try_join!(
        state.store.find_partner(&scope, &partner),
        state.store.list_revisions(&scope, id),
        state.store.list_files(&scope, id, FILES),
    )?;
    let standing = standing(&feed, &revisions);
    let may_change = viewer.may(Right::EditProfile);
    let begun = if may_change {
        begin(&state, viewer, &feed, &standing, &revisions, (draft, start)).await?
    } else {
        Draft::of(&feed, standing.clone(), state.clock.now())
    };
    let read = profile::read(&begun.text);
    let is_draft = begun.text != standing;
    let preview = match &read {
        Ok(tried) => look(&state, &feed, tried, &begun, &files, is_draft).await?,
        Err(_) => None,
    };
    let (says, flaws) = match read {
        Ok(tried) => (Some(says(&tried)), Vec::new()),
        Err(flaws) => (None, flaws),
    };
    Ok(ProfileView {
        feed: id.clone(),
        partner_name: named.map_or_else(|| partner.to_string(), |p| p.name),
        as_of: state.clock.now(),
        version: feed.profile_version,
        text: begun.text.clone(),
        says,
        writing: may_change.then(|| writing(begun, is_draft, flaws, &files)),
        preview,
        versions: rows(revisions),
    })
}

/// Tries what somebody writes, or puts it in force, in the caller's scope.
pub async fn write(viewer: &Viewer, id: &FeedId, seen: u32, wish: Wish) -> Result<(), AppError> {
    let state = context::state()?;
    let feed = find(&state, viewer, id).await?.feed;
    let mut draft = Draft {
        seen,
        reason: wish.reason,
        delivery: wish.delivery,
        sample: lines(&wish.sample),
        records: wish.records.parse().unwrap_or(SHOWN).clamp(1, SHOWN_MAX),
        ..Draft::of(&feed, lines(&wish.text), state.clock.now())
    };
    for (field, text, most) in [
        ("text", &draft.text, TEXT_MAX),
        ("sample", &draft.sample, SAMPLE_MAX),
    ] {
        if text.len() > most {
            let sentence = format!(
                "It is {} long; at most {} are read here.",
                format::bytes(text.len() as u64),
                format::bytes(most as u64)
            );
            return Err(AppError::invalid(field, sentence));
        }
    }
    if wish.deed == "save" {
        match save(&state, viewer, &feed, &draft).await {
            Ok(()) => {
                go(&format!(
                    "/feeds/{id}/profile?saved={}",
                    draft.seen.saturating_add(1)
                ));
                return Ok(());
            }
            // Without a script the page is read anew, so what was typed is kept with the reason.
            Err(error) if context::is_plain_form() => draft.refused = Some(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    state.store.insert_draft(&draft).await?;
    go(&format!("/feeds/{id}/profile?draft={}#preview", draft.id));
    Ok(())
}

/// Begins a draft that keeps a fix for the files to come, and goes to the page on which it is tried
/// and put in force.
pub(super) async fn begin_with(
    state: &AppState,
    viewer: &Viewer,
    id: &FeedId,
    kept: &Kept,
) -> Result<(), AppError> {
    let feed = find(state, viewer, id).await?.feed;
    let known = feed.profile.fixes.iter().find(|known| known.fix() == kept.fix());
    if let Some(known) = known {
        let owner = known.owner();
        return Err(AppError::conflict(format!(
            "The profile of {id} keeps this fix already{}{owner}.",
            if owner.is_empty() { "" } else { ": " }
        )));
    }
    let revisions = state.store.list_revisions(&viewer.scope(), id).await?;
    let text = profile::keep(&standing(&feed, &revisions), kept);
    let draft = Draft {
        reason: format!("{}: {}", kept.fix().sentence(), kept.why)
            .chars()
            .take(hold::REASON_MAX)
            .collect(),
        ..Draft::of(&feed, text, state.clock.now())
    };
    state.store.insert_draft(&draft).await?;
    go(&format!("/feeds/{id}/profile?draft={}#preview", draft.id));
    Ok(())
}

async fn save(state: &AppState, viewer: &Viewer, feed: &Feed, draft: &Draft) -> Result<(), AppError> {
    let id = &feed.id;
    if feed.profile_version != draft.seen {
        return Err(AppError::conflict(format!(
            "The profile is at version {} now; this was begun from version {}. Look at what changed, and begin again \
             from there.",
            feed.profile_version, draft.seen
        )));
    }
    let revisions = state.store.list_revisions(&viewer.scope(), id).await?;
    let standing = standing(feed, &revisions);
    let profile = profile::read(&draft.text).map_err(|flaws| {
        let told: Vec<String> = flaws.iter().map(ToString::to_string).collect();
        AppError::invalid("text", told.join(" "))
    })?;
    if draft.text == standing {
        return Err(AppError::invalid("text", "The profile says so already."));
    }
    let reason = hold::reason(&draft.reason).map_err(|_| {
        AppError::invalid(
            "reason",
            "Say why, in 3 to 500 characters: whoever asks later why a file was read so reads it here.",
        )
    })?;
    let revision = Revision {
        feed: id.clone(),
        version: feed.profile_version.saturating_add(1),
        text: draft.text.clone(),
        before: standing,
        at: state.clock.now(),
        by: viewer.name.clone(),
        reason,
    };
    let deed = Deed::of(
        viewer,
        "feed.profile",
        format!("feed:{id}"),
        Some(id.partner()),
        revision.deed(),
        revision.at,
    );
    let revised = state
        .store
        .revise_profile(&viewer.scope(), &revision, &profile, &deed)
        .await;
    match revised {
        Err(store::Error::Conflict { .. }) => Err(AppError::conflict(
            "Somebody else has changed the profile meanwhile. Look at what changed, and begin again from there.",
        )),
        other => Ok(other?),
    }
}

impl Draft {
    fn of(feed: &Feed, text: String, at: DateTime<Utc>) -> Self {
        Self {
            id: fresh::draft(),
            feed: feed.id.clone(),
            seen: feed.profile_version,
            text,
            reason: String::new(),
            delivery: String::new(),
            sample: String::new(),
            records: SHOWN,
            refused: None,
            at,
        }
    }
}

/// What the page of somebody who may change the profile begins with: a draft, an older version,
/// a shipped profile, or the one in force.
async fn begin(
    state: &AppState,
    viewer: &Viewer,
    feed: &Feed,
    standing: &str,
    revisions: &[Revision],
    (draft, start): (&str, &str),
) -> Result<Draft, AppError> {
    let of = |text: String| Draft::of(feed, text, state.clock.now());
    if !draft.is_empty() {
        let found = state.store.find_draft(&viewer.scope(), &feed.id, draft).await?;
        return found.ok_or_else(|| AppError::not_found("draft"));
    }
    if let Some(shipped) = shipped::find(start) {
        return Ok(of(format!(
            "# {}\n# What is written below goes before what it says.\nbase = \"{}\"\n",
            shipped.about, shipped.name
        )));
    }
    let Ok(version) = start.parse::<u32>() else {
        return Ok(of(standing.to_owned()));
    };
    let text = revisions.iter().find_map(|revision| match revision.version {
        number if number == version => Some(&revision.text),
        // The first is known by what took its place.
        2 if version == 1 => Some(&revision.before),
        _ => None,
    });
    text.map(|text| Draft {
        reason: format!("version {version} again"),
        ..of(text.clone())
    })
    .ok_or_else(|| AppError::not_found("version"))
}

/// The text of the profile in force.
fn standing(feed: &Feed, revisions: &[Revision]) -> String {
    Revision::standing(revisions, feed).map_or_else(|| profile::write(&feed.profile), str::to_owned)
}

/// Text with the ends of lines that everybody writes but browsers.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Tries a profile on what the draft names: the sample, a kept file, or the newest.
async fn look(
    state: &AppState,
    feed: &Feed,
    tried: &Profile,
    draft: &Draft,
    files: &[StoredFile],
    is_draft: bool,
) -> Result<Option<Preview>, AppError> {
    let now = state.clock.now();
    let tried = Feed {
        profile: tried.clone(),
        ..feed.clone()
    };
    let source = if draft.sample.trim().is_empty() {
        let chosen = files.iter().find(|file| file.delivery.as_str() == draft.delivery);
        let Some(file) = chosen.or_else(|| files.first()) else {
            return Ok(None);
        };
        Trial::File(file.clone())
    } else {
        Trial::Pasted(draft.sample.clone())
    };
    let shown = u64::from(draft.records);
    let known = knowing::known(&state.store, state.taxonomy.as_ref(), Some(feed), now).await?;
    let terms = |feed: &Feed| feed.terms().knowing(known.clone());
    let first = attempt(state, &source, terms(&tried), now, shown).await?;
    let standing = if is_draft {
        Some(attempt(state, &source, terms(feed), now, 0).await?.outcome)
    } else {
        None
    };
    Ok(Some(Preview {
        source: match source {
            Trial::File(file) => Source::File {
                delivery: file.delivery,
                name: file.name,
                at: file.received_at,
            },
            Trial::Pasted(_) => Source::Pasted,
        },
        records: first.records,
        names: first.names,
        outcome: first.outcome,
        standing,
    }))
}

/// What a profile is tried on.
enum Trial {
    File(StoredFile),
    Pasted(String),
}

async fn attempt(
    state: &AppState,
    trial: &Trial,
    terms: Terms,
    now: DateTime<Utc>,
    shown: u64,
) -> Result<Tried, AppError> {
    let source: Box<dyn Read + Send> = match trial {
        Trial::File(file) => Box::new(Pieces::of(state.store.clone(), file.clone())),
        Trial::Pasted(text) => Box::new(Cursor::new(text.clone().into_bytes())),
    };
    let work = tokio::task::spawn_blocking(move || preview::attempt(source, &terms, now, shown));
    if let Ok(done) = tokio::time::timeout(PATIENCE, work).await {
        return done.map_err(context::internal);
    }
    let mut late = Tried::default();
    let sentence = format!(
        "It took longer than {} s to find the records; try it on a smaller file, or on a few pasted records.",
        PATIENCE.as_secs()
    );
    late.outcome.stopped = Some((None, sentence));
    Ok(late)
}

fn writing(draft: Draft, is_draft: bool, flaws: Vec<Flaw>, files: &[StoredFile]) -> Writing {
    let file = |file: &StoredFile| {
        let words = format!("{}, {}", file.name, format::instant(file.received_at));
        (file.delivery.to_string(), words)
    };
    Writing {
        seen: draft.seen,
        is_draft,
        reason: draft.reason,
        sample: draft.sample,
        delivery: draft.delivery,
        files: files.iter().map(file).collect(),
        records: draft.records,
        refused: draft.refused,
        flaws: flaws
            .into_iter()
            .map(|flaw| FlawView {
                line: flaw.line.map(|line| line as u64),
                message: flaw.message,
            })
            .collect(),
        shipped: shipped::SHIPPED
            .iter()
            .map(|shipped| (shipped.name.to_owned(), shipped.about.to_owned()))
            .collect(),
    }
}

fn rows(revisions: Vec<Revision>) -> Vec<RevisionRow> {
    let first = revisions.last().map(|oldest| RevisionRow {
        version: 1,
        at: None,
        by: String::new(),
        reason: String::new(),
        lines: profile::differences("", &oldest.before),
    });
    let mut rows: Vec<RevisionRow> = revisions
        .into_iter()
        .map(|revision| RevisionRow {
            version: revision.version,
            at: Some(revision.at),
            lines: profile::differences(&revision.before, &revision.text),
            by: revision.by,
            reason: revision.reason,
        })
        .collect();
    rows.extend(first);
    rows
}
