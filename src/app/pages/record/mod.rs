//! Shows one held record: what was sent and what is wrong with it, attribute by attribute, what
//! happened to it, and, for those who may, the means to mend, replay or give it up.
//!
//! The editor opens in place, by `?edit=1` in the address, or `?edit=json` to type JSON. This file owns the page and what it
//! asks of the server; [`rows`] lines attributes up with one another and with what fails,
//! [`compare`] and [`editor`] show them to read and to change, [`catalogue`] beside the product's
//! accepted version, [`conflict`] what somebody else saved meanwhile, [`bar`] holds the buttons and
//! [`story`] what happened.

mod bar;
mod catalogue;
mod compare;
mod conflict;
mod editor;
mod rows;
mod story;

use crate::api::quarantine::{
    DiscardRecord, EditRecord, HeldView, ReplayRecord, RestoreRecord, read_held_record,
};
use crate::app::components::badge::StateBadge;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::states::{Loading, Notice, Refused, Tone};
use crate::app::islands::Follow;
use crate::app::link::{self, Link};
use crate::domain::format;
use crate::domain::quarantine::{HeldRecord, Move, State};
use crate::domain::violation::Severity;
use crate::error::AppError;
use bar::Beside;
use chrono::{DateTime, Utc};
use editor::Begin;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// What may be done with a record. A form whose action has failed shows the error in the page that
/// comes back.
#[derive(Clone, Copy)]
struct Actions {
    edit: ServerAction<EditRecord>,
    replay: ServerAction<ReplayRecord>,
    discard: ServerAction<DiscardRecord>,
    restore: ServerAction<RestoreRecord>,
}

impl Actions {
    /// Why the last one failed, unless that is said beside its field.
    fn error(self) -> Option<AppError> {
        let values = [
            self.edit.value().get_untracked(),
            self.replay.value().get_untracked(),
            self.discard.value().get_untracked(),
            self.restore.value().get_untracked(),
        ];
        let beside = |error: &AppError| matches!(error, AppError::Invalid { field, .. } if field == "reason");
        values
            .into_iter()
            .flatten()
            .find_map(|value| value.err().filter(|error| !beside(error)))
    }
}

/// The page.
#[component]
pub fn RecordPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        (
            params.with(|p| p.get("record").unwrap_or_default()),
            query.with(|q| q.get("code").unwrap_or_default()),
        )
    });
    let editing = Memo::new(move |_| query.with(Editing::read));
    let actions = Actions {
        edit: ServerAction::new(),
        replay: ServerAction::new(),
        discard: ServerAction::new(),
        restore: ServerAction::new(),
    };
    let viewer = use_viewer();
    let view = Resource::new(move || asked.get(), |(id, code)| read_held_record(id, code));
    view! {
        <Transition fallback=Loading>
            {move || {
                let editing = editing.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        view.await,
                        Section::Quarantine,
                        |_, view| content(view, editing, actions),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

/// Whether the editor is open, and what it begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Editing {
    open: bool,
    /// Whether JSON is typed, rather than fields filled in.
    as_json: bool,
    /// The attribute whose suggestion is taken over.
    adopt: String,
    /// Whether a draft is set aside.
    afresh: bool,
}

impl Editing {
    fn read(query: &leptos_router::params::ParamsMap) -> Self {
        Self {
            open: query.get_str("edit").is_some(),
            as_json: query.get_str("edit") == Some("json"),
            adopt: query.get("adopt").unwrap_or_default(),
            afresh: query.get_str("afresh").is_some(),
        }
    }
}

/// The editor of a record, opened.
fn edit_link(record: &HeldRecord) -> Link {
    link::record(&record.id).with("edit", "1")
}

fn content(view: HeldView, editing: Editing, actions: Actions) -> AnyView {
    let HeldView {
        record,
        as_of,
        history,
        draft,
        next,
        previous,
        understood,
        accepted,
        code,
        expires_at,
        may_act,
        edits_off,
        judging,
    } = view;
    let beside = Beside { next, previous, code };
    let title = match (record.item_id.as_str(), record.title.as_str()) {
        ("", "") => "Record without an id".to_owned(),
        ("", title) => title.to_owned(),
        (id, _) => id.to_owned(),
    };
    let sub = (!record.item_id.is_empty() && !record.title.is_empty()).then(|| record.title.clone());
    let may_edit = may_act && !edits_off && record.state.allows(Move::Edit);
    let open = may_edit && editing.open;
    let left = draft
        .as_ref()
        .filter(|_| may_act && !may_edit)
        .map(|draft| conflict::left(&record, draft));
    let kept = (draft.is_some() && may_edit && !open).then(|| edit_link(&record).href());
    let draft = draft.filter(|_| !editing.afresh);
    view! {
        <Title text=title.clone()/>
        <p class="crumbs">
            <a href="/quarantine">"Quarantine"</a>
            " / "
            <a href=link::quarantine("partner", record.partner.as_str()).href()>{record.partner.to_string()}</a>
            " / "
            <a href=link::quarantine("feed", record.feed.as_str()).href()>{record.feed.name().to_owned()}</a>
        </p>
        <Head title as_of>
            <StateBadge state=record.state/>
        </Head>
        {sub.map(|sub| view! { <p class="subject">{sub}</p> })}
        <Refused said=move || actions.error()/>
        {standing(&record, expires_at)}
        {(edits_off && may_act)
            .then(|| {
                view! {
                    <p class="muted">
                        "Edits of this partner's records are switched off: it can be replayed as it is."
                    </p>
                }
            })}
        {left}
        {kept
            .map(|href| {
                view! {
                    <Notice tone=Tone::Plain>
                        <p>"You have typed changes here that are not saved."</p>
                        <a class="button" href=href>"Go on editing"</a>
                    </Notice>
                }
            })}
        {(record.state == State::Queued).then(|| view! { <Follow/> })}
        <div class="columns">
            <div class="block">
                {match judging.filter(|_| open) {
                    Some(judging) => {
                        let begin = Begin { draft, judging, as_json: editing.as_json };
                        editor::form(&record, begin, &editing.adopt, as_of, actions)
                    }
                    None => compare::table(&record, &understood, may_edit),
                }}
                {(!open).then(|| catalogue::section(&record, understood, accepted, as_of))}
                <details class="raw">
                    <summary>"The record as it stood in the file"</summary>
                    <pre tabindex="0">{record.original.clone()}</pre>
                </details>
            </div>
            {story::aside(&record, history, as_of)}
        </div>
        {(!open).then(|| bar::bar(&record, beside, (may_act, may_edit), actions))}
    }
    .into_any()
}

/// Where the record stands, in a sentence that claims no more than is known.
fn standing(record: &HeldRecord, expires_at: Option<DateTime<Utc>>) -> AnyView {
    let errors = record.violations.iter().filter(|v| v.severity <= Severity::Error);
    let errors = errors.count() as u64;
    let rules = if errors == 1 {
        "a rule is broken".to_owned()
    } else {
        format!("{} rules are broken", format::count(errors))
    };
    let revision = record.revision();
    let (tone, sentence) = match record.state {
        State::Quarantined if revision == 0 => (
            Tone::Plain,
            format!("Held because {rules}; this version is not in the catalogue."),
        ),
        State::Quarantined if errors == 0 => (
            Tone::Good,
            format!("Revision {revision} breaks no rule. Replay it to bring it into the catalogue."),
        ),
        State::Quarantined => (
            Tone::Plain,
            format!("Revision {revision} is saved, but {rules} still."),
        ),
        State::Queued => (
            Tone::Plain,
            format!(
                "{} waits for a worker; the outcome is not known yet.",
                version(revision)
            ),
        ),
        State::Accepted => (
            Tone::Good,
            format!(
                "{} passed in a replay and is in the catalogue.",
                version(revision)
            ),
        ),
        State::RejectedAgain => (
            Tone::Bad,
            format!("{} was replayed and rejected again: {rules}.", version(revision)),
        ),
        State::Superseded => (
            Tone::Plain,
            "A newer file brought this product again, so this version is of no more use.".to_owned(),
        ),
        State::Discarded => (Tone::Plain, "Given up. It can be taken back.".to_owned()),
    };
    let until = expires_at.map(|at| {
        let day = format::day(at);
        view! { <p>{format!("It is discarded on {day} unless somebody acts on it; that can be taken back.")}</p> }
    });
    let newer = record.superseded_by.as_ref().map(|id| {
        view! { <a href=link::delivery(id).href()>"See the newer delivery"</a> }
    });
    view! {
        <Notice tone>
            <p>{sentence}</p>
            {until}
            {newer}
        </Notice>
    }
    .into_any()
}

/// What a replay sends: `The record as sent`, `Revision 2`.
fn version(revision: u32) -> String {
    if revision == 0 {
        "The record as sent".to_owned()
    } else {
        format!("Revision {}", format::count(u64::from(revision)))
    }
}
