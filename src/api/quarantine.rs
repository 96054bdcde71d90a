//! Answers for the quarantine: the list, one record, and what staff do with it.

#![expect(clippy::too_many_arguments, reason = "one for each field of a form")]

use crate::domain::contract::{Contract, Pictures, Verdict};
use crate::domain::ids::{PartnerId, RecordId};
use crate::domain::item::Item;
use crate::domain::quarantine::HeldRecord;
use crate::domain::query::{HeldAsk, QuarantineFilter, Rows, Scanned, Total};
use crate::domain::record::{Attributes, Malformed};
use crate::domain::violation::Violation;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One page of held records, with what the filters offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldList {
    /// The filter as it was understood.
    pub filter: QuarantineFilter,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The rows, newest first.
    pub page: Rows<HeldRecord>,
    /// How many there are.
    pub extent: Extent,
    /// Codes among the records of the filter (its own code left out), the most records first,
    /// without their numbers where nobody counted so many; none while it is searched.
    pub codes: Vec<(String, Option<u64>)>,
    /// Partners within the caller's scope: slug and name.
    pub partners: Vec<(PartnerId, String)>,
}

/// How much of a list there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extent {
    /// So many records.
    Counted(Total),
    /// So far it has come, looking for what no index tells.
    Scanned(Scanned),
}

/// One thing that happened to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// Who: a person's name, or the part of the system that did it.
    pub by: String,
    /// What, as a sentence without its subject: “saved revision 1: barcode misread”.
    pub what: String,
    /// Where to read more.
    pub href: Option<String>,
}

/// What somebody typed into the editor and could not be saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The revision that they are based on.
    pub on: u32,
    /// The attributes as typed; of JSON that cannot be read, none.
    pub attributes: Attributes,
    /// The text as typed, where it was JSON.
    #[serde(default)]
    pub json: Option<String>,
    /// The reason as typed.
    pub reason: String,
}

impl Draft {
    /// Of fields, which are names and values in parallel order, or of JSON where there is any.
    pub fn typed(on: u32, (names, values): (Vec<String>, Vec<String>), json: String, reason: String) -> Self {
        let json = (!json.is_empty()).then(|| json.replace("\r\n", "\n"));
        let attributes = match &json {
            Some(json) => Attributes::from_json(json).unwrap_or_default(),
            None => Attributes::typed(names, values),
        };
        Self {
            on,
            attributes,
            json,
            reason,
        }
    }

    /// Why it is no record.
    pub fn fault(&self) -> Option<Malformed> {
        Attributes::from_json(self.json.as_deref()?).err()
    }
}

/// What the record's editor judges by while somebody types, and what it begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judging {
    /// The contract in force, in the currency of the feed.
    pub contract: Contract,
    /// Whether the server knows categories, which are not sent along.
    pub looks_up: bool,
    /// What is known of the pictures of the record and the draft.
    pub pictures: Pictures,
    /// What fails today about the newest revision.
    pub current: Vec<Violation>,
    /// What fails about the draft, together with what was saved since it was begun.
    pub draft: Vec<Violation>,
}

/// What the server says of a draft that is not saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The contract that it was held to.
    pub contract: Contract,
    /// When.
    pub now: DateTime<Utc>,
    /// What came of it.
    pub verdict: Verdict,
}

/// One held record and what may be done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldView {
    /// The record.
    pub record: HeldRecord,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// What happened to it, oldest first.
    pub history: Vec<Event>,
    /// What the caller typed and could not be saved, if anything.
    pub draft: Option<Draft>,
    /// The open record that follows in the list: of the same partner or, where a rule is named, of
    /// the same feed among those that fail it.
    pub next: Option<RecordId>,
    /// The one before.
    pub previous: Option<RecordId>,
    /// What each of its newest attributes is understood as by the contract of today, in their
    /// order: name and normalised value; none for one that counts for nothing.
    pub understood: Vec<Option<(String, String)>>,
    /// The product as the catalogue has it, if it has.
    pub accepted: Option<Item>,
    /// The rule that was named; empty for none.
    pub code: String,
    /// When it is given up unless somebody acts on it; none when it does not wait, or for ever.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether the caller may edit, replay and discard.
    pub may_act: bool,
    /// Whether nobody may edit the records of this partner.
    pub edits_off: bool,
    /// What an edit is judged by, for those who may make one.
    pub judging: Option<Judging>,
}

/// Lists held records, newest first, narrowed by whatever is not empty. What no index tells is
/// looked for in so many records at a time; `after` is where to go on.
#[server(endpoint = "list_held_records")]
pub async fn list_held_records(
    #[server(default)] asked: HeldAsk,
    #[server(default)] after: String,
) -> Result<HeldList, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::quarantine::list(&viewer, asked.filter(), &after).await
        }
        .await,
    )
}

/// Reads one held record, with those beside it: of its partner or, where a rule is named, of the
/// issue that it makes of the record's feed.
#[server(endpoint = "read_held_record")]
pub async fn read_held_record(id: String, #[server(default)] code: String) -> Result<HeldView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::quarantine::read(&viewer, &RecordId::new(id), code).await
        }
        .await,
    )
}

/// Saves a mended revision on top of revision `revision`, and goes back to the record.
/// `names[]` and `values[]` run in parallel, and a pair without a name is left out; `json` stands
/// for both. `sure` names what is changed on purpose of what customers are shown or charged by, with
/// commas between. With `then = "replay"` the new revision is queued as well; with `then = "check"`
/// nothing is saved and the editor comes back with what the contract says, with `json` or `fields`
/// the other way to type it; with `then = "theirs"` what was typed and kept is dropped.
#[server(endpoint = "edit_record")]
pub async fn edit_record(
    id: String,
    revision: u32,
    #[server(default)] names: Vec<String>,
    #[server(default)] values: Vec<String>,
    #[server(default)] json: String,
    #[server(default)] reason: String,
    #[server(default)] sure: String,
    #[server(default)] then: String,
) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::EditRecord).await?;
            let draft = Draft::typed(revision, (names, values), json, reason);
            desk::editing::edit(&viewer, &RecordId::new(id), draft, &sure, &then).await
        }
        .await,
    )
}

/// Judges what was typed for a record, as saving it would, and saves nothing. `names[]` and
/// `values[]` are as in [`edit_record`].
#[server(endpoint = "judge_draft")]
pub async fn judge_draft(
    id: String,
    #[server(default)] names: Vec<String>,
    #[server(default)] values: Vec<String>,
) -> Result<Judgement, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::EditRecord).await?;
            let attributes = Attributes::typed(names, values);
            desk::editing::judge(&viewer, &RecordId::new(id), &attributes).await
        }
        .await,
    )
}

/// Queues a held record for replay, and goes back to it.
#[server(endpoint = "replay_record")]
pub async fn replay_record(id: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ReplayRecord).await?;
            desk::quarantine::replay(&viewer, &RecordId::new(id)).await
        }
        .await,
    )
}

/// Gives a held record up for a reason, and goes back to it.
#[server(endpoint = "discard_record")]
pub async fn discard_record(id: String, #[server(default)] reason: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::DiscardRecord).await?;
            desk::quarantine::discard(&viewer, &RecordId::new(id), &reason).await
        }
        .await,
    )
}

/// Takes a discarded record back into the quarantine, and goes back to it.
#[server(endpoint = "restore_record")]
pub async fn restore_record(id: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::DiscardRecord).await?;
            desk::quarantine::restore(&viewer, &RecordId::new(id)).await
        }
        .await,
    )
}
