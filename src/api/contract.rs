//! Answers for the contract of one feed: what it makes of each rule, and how it came about.

use crate::domain::contract::{Override, Threshold};
use crate::domain::ids::{DeliveryId, FeedId};
use crate::domain::violation::Severity;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One rule as this contract has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRow {
    /// Its code.
    pub code: String,
    /// What it says, in a few words.
    pub title: String,
    /// The attribute it speaks of; none when it is about the record or the file as a whole.
    pub attribute: Option<String>,
    /// How much it matters in the rule book.
    pub severity: Severity,
    /// What the contract makes of it, in words; none when that is as in the rule book.
    pub own: Option<String>,
    /// Records of the feed's newest file that fail it.
    pub failing: u64,
}

/// The newest file of a feed that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// Its delivery.
    pub delivery: DeliveryId,
    /// Its name.
    pub name: String,
    /// When it came.
    pub at: DateTime<Utc>,
}

/// One version of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    /// Its number.
    pub version: u32,
    /// When it came into force.
    pub at: DateTime<Utc>,
    /// Who wrote it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What became different, a sentence each.
    pub changes: Vec<String>,
}

/// Where a rule draws its border, in a form's terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Border {
    /// What it is, such as `longest title`.
    pub name: String,
    /// What it counts, such as `characters`.
    pub unit: String,
    /// Where it is in the rule book.
    pub default: u32,
    /// The smallest value that makes sense.
    pub least: u32,
    /// The largest value that makes sense.
    pub most: u32,
}

impl From<Threshold> for Border {
    fn from(t: Threshold) -> Self {
        Self {
            name: t.name.to_owned(),
            unit: t.unit.to_owned(),
            default: t.default,
            least: t.least,
            most: t.most,
        }
    }
}

/// One rule in the hands of somebody who may change what the contract makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editing {
    /// The rule.
    pub rule: ContractRow,
    /// What the contract says of it now.
    pub own: Override,
    /// Where it draws its border, if it has one.
    pub border: Option<Border>,
    /// Whether it is known only at the end of a file, so that it is off or told.
    pub is_told_at_end: bool,
}

/// Everything the page of a feed's contract shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractView {
    /// The feed.
    pub feed: FeedId,
    /// What its partner is called.
    pub partner_name: String,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The version in force.
    pub version: u32,
    /// Whether the caller may change it.
    pub may_change: bool,
    /// The rules that match, in the order of the rule book, those set otherwise first.
    pub rows: Vec<ContractRow>,
    /// The file that tells which rules fail now; none before the first.
    pub newest: Option<Newest>,
    /// Rules there are that a contract may set.
    pub total: u64,
    /// Its versions after the first, the newest first.
    pub versions: Vec<VersionRow>,
    /// The rule that is being changed.
    pub editing: Option<Editing>,
}

/// Reads the contract of a feed, its rules narrowed to those in whose code, attribute or title every
/// word of `find` occurs, and one `rule` with all that can be set.
#[server(endpoint = "read_contract")]
pub async fn read_contract(
    feed: String,
    #[server(default)] find: String,
    #[server(default)] rule: String,
) -> Result<ContractView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::contract::read(&viewer, &FeedId::new(feed), &find, &rule).await
        }
        .await,
    )
}

/// What somebody asks for, as a form sends it: empty where it is to be as in the rule book.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// The rule.
    pub code: String,
    /// How much it is to matter.
    pub level: String,
    /// The day from which it does; empty for at once.
    pub from: String,
    /// How much it matters until then.
    pub before: String,
    /// Where it draws its border.
    pub threshold: String,
    /// The level on trial; empty for none.
    pub shadow: String,
    /// Why.
    pub reason: String,
}

/// Sets what a feed's contract makes of one rule, and goes back to the contract. `version` is the
/// one the caller has seen. What was typed comes back with a refusal, in the address.
#[server(endpoint = "amend_contract")]
pub async fn amend_contract(
    feed: String,
    version: u32,
    #[server(default)] wish: Wish,
) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    use leptos::server_fn::ServerFn;
    let id = FeedId::new(feed);
    let result = async {
        let viewer = context::viewer(Right::EditContract).await?;
        desk::contract::amend(&viewer, &id, version, &wish).await
    }
    .await;
    let typed = [
        ("rule", &*wish.code),
        ("level", &wish.level),
        ("from", &wish.from),
        ("before", &wish.before),
        ("threshold", &wish.threshold),
        ("shadow", &wish.shadow),
        ("reason", &wish.reason),
    ];
    context::reply_to_form(
        AmendContract::PATH,
        &format!("/feeds/{id}/contract"),
        typed,
        result,
    )
}
