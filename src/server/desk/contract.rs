//! Shows what a feed's contract makes of the rules, and sets it as people ask on its page.

use super::feed::find;
use crate::api::contract::{Border, ContractRow, ContractView, Editing, Newest, VersionRow, Wish};
use crate::domain::account::{Right, Viewer};
use crate::domain::contract::terms::describe;
use crate::domain::contract::{self, Contract, Level, Override, Rule};
use crate::domain::delivery::{Delivery, Origin, Status};
use crate::domain::hold;
use crate::domain::ids::FeedId;
use crate::domain::query::DeliveryFilter;
use crate::domain::violation::Severity;
use crate::error::AppError;
use crate::server::context::{self, go};
use crate::server::store::{self, Amendment, Deed};
use chrono::NaiveDate;

/// Deliveries among which the newest file is looked for; the others are replays, refused or queued.
const LATELY: u32 = 20;

/// Reads the contract of a feed in the caller's scope.
pub async fn read(
    viewer: &Viewer,
    id: &FeedId,
    words: &str,
    editing: &str,
) -> Result<ContractView, AppError> {
    let state = context::state()?;
    let feed = find(&state, viewer, id).await?.feed;
    let scope = viewer.scope();
    let partner = id.partner();
    let of_feed = DeliveryFilter {
        feed: Some(id.clone()),
        ..DeliveryFilter::default()
    };
    let (named, versions, lately) = tokio::try_join!(
        state.store.find_partner(&scope, &partner),
        state.store.list_amendments(&scope, id),
        state.store.list_deliveries(&scope, &of_feed, "", LATELY),
    )?;
    let now = state.clock.now();
    // An entry of the log may be dated into the future.
    let mut read = lately.rows.into_iter().filter(was_read);
    let newest = read.find(|delivery| delivery.received_at <= now);
    let codes = newest.as_ref().map_or(&[][..], |delivery| &delivery.codes);
    let failing = |rule: &Rule| {
        let of_rule = codes.iter().filter(|count| count.code == rule.code);
        of_rule.map(|count| count.records).max().unwrap_or_default()
    };
    let contract = feed.contract;
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let matches = |rule: &Rule| {
        let attribute = rule.attribute.unwrap_or_default();
        let text = format!("{}\n{attribute}\n{}", rule.code, rule.title).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    let mut rows: Vec<ContractRow> = settable()
        .filter(|rule| matches(rule))
        .map(|rule| row(&contract, rule, failing(rule)))
        .collect();
    rows.sort_by_key(|row| row.own.is_none());
    let may_change = viewer.may(Right::EditContract);
    Ok(ContractView {
        feed: id.clone(),
        partner_name: named.map_or_else(|| partner.to_string(), |p| p.name),
        as_of: now,
        version: contract.version,
        may_change,
        rows,
        newest: newest.map(|delivery| Newest {
            delivery: delivery.id,
            name: delivery.file.name,
            at: delivery.received_at,
        }),
        total: settable().count() as u64,
        versions: versions.into_iter().map(version).collect(),
        editing: settable()
            .find(|rule| may_change && rule.code == editing)
            .map(|rule| Editing {
                rule: row(&contract, rule, 0),
                own: contract.rules.get(rule.code).copied().unwrap_or_default(),
                border: rule.threshold.map(Border::from),
                is_told_at_end: rule.is_told_at_end(),
            }),
    })
}

/// Sets what the contract of a feed in the caller's scope makes of one rule.
pub async fn amend(viewer: &Viewer, id: &FeedId, seen: u32, wish: &Wish) -> Result<(), AppError> {
    let state = context::state()?;
    let feed = find(&state, viewer, id).await?.feed;
    let now = feed.contract;
    if now.version != seen {
        return Err(AppError::conflict(format!(
            "The contract is at version {} now; you have seen version {}. Look at it again.",
            now.version, seen
        )));
    }
    let rule = settable().find(|rule| rule.code == wish.code).ok_or_else(|| {
        AppError::invalid(
            "code",
            format!("“{}” is no rule that a contract can set.", wish.code),
        )
    })?;
    let contract = with(&now, rule, wish)?;
    let reason = hold::reason(&wish.reason).map_err(|_| {
        AppError::invalid(
            "reason",
            "Say why, in 3 to 500 characters: whoever asks later why records passed, or did not, reads it here.",
        )
    })?;
    let changes = now.changes(&contract);
    let contract = now.amended(contract);
    if contract.version == now.version {
        return Err(AppError::invalid(
            "level",
            format!("The contract says so of {} already.", rule.code),
        ));
    }
    let amendment = Amendment {
        feed: id.clone(),
        contract,
        at: state.clock.now(),
        by: viewer.name.clone(),
        reason,
        changes,
    };
    let deed = Deed::of(
        viewer,
        "contract.amend",
        format!("feed:{id}"),
        Some(id.partner()),
        format!(
            "set {} to version {} of its contract: {} Because: {}",
            id,
            amendment.contract.version,
            amendment.changes.join(" "),
            amendment.reason
        ),
        amendment.at,
    );
    match state
        .store
        .amend_contract(&viewer.scope(), &amendment, &deed)
        .await
    {
        Ok(()) => {
            go(&format!("/feeds/{id}/contract"));
            Ok(())
        }
        Err(store::Error::Conflict { .. }) => Err(AppError::conflict(
            "Somebody else has changed the contract meanwhile. Look at it again.",
        )),
        Err(error) => Err(error.into()),
    }
}

/// The rules that a contract may set: all but those that refuse a whole file.
fn settable() -> impl Iterator<Item = &'static Rule> {
    contract::rules().filter(|rule| rule.severity != Severity::Fatal)
}

/// Whether it is of a file that was read to its end.
fn was_read(delivery: &Delivery) -> bool {
    matches!(delivery.origin, Origin::File) && matches!(delivery.status, Status::Accepted | Status::Held)
}

fn row(contract: &Contract, rule: &Rule, failing: u64) -> ContractRow {
    ContractRow {
        code: rule.code.to_owned(),
        title: rule.title.to_owned(),
        attribute: rule.attribute.map(str::to_owned),
        severity: rule.severity,
        own: contract.rules.get(rule.code).map(|own| describe(rule, Some(own))),
        failing,
    }
}

fn version(amendment: Amendment) -> VersionRow {
    VersionRow {
        version: amendment.contract.version,
        at: amendment.at,
        by: amendment.by,
        reason: amendment.reason,
        changes: amendment.changes,
    }
}

/// The contract with what is wished of one rule, when that is allowed.
fn with(contract: &Contract, rule: &'static Rule, wish: &Wish) -> Result<Contract, AppError> {
    let own = Override {
        level: level("level", &wish.level)?,
        from: day(&wish.from)?,
        before: level("before", &wish.before)?,
        threshold: number(&wish.threshold)?,
        shadow: level("shadow", &wish.shadow)?,
    };
    let mut contract = contract.clone();
    if own == Override::default() {
        contract.rules.remove(rule.code);
    } else {
        contract.rules.insert(rule.code.to_owned(), own);
    }
    // What is wrong elsewhere in the contract is not this form's to mend.
    let prefix = format!("rules.{}.", rule.code);
    let fault = contract
        .faults()
        .into_iter()
        .find_map(|fault| Some((fault.key.strip_prefix(&prefix)?.to_owned(), fault.message)));
    match fault {
        Some((field, message)) => Err(AppError::invalid(&field, message)),
        None => Ok(contract),
    }
}

fn level(field: &str, word: &str) -> Result<Option<Level>, AppError> {
    if word.is_empty() {
        return Ok(None);
    }
    Level::parse(word).map(Some).ok_or_else(|| {
        AppError::invalid(
            field,
            format!("“{word}” is no level; it is off, info, warning or error."),
        )
    })
}

fn day(text: &str) -> Result<Option<NaiveDate>, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| AppError::invalid("from", format!("“{text}” is no day; write it as 2026-03-01.")))
}

fn number(text: &str) -> Result<Option<u32>, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| AppError::invalid("threshold", format!("“{text}” is no whole number.")))
}
