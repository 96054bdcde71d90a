//! Shows where the gates of a feed stand beside what its files came to, and sets them as people
//! ask.

use super::feed::find;
use crate::api::gates::{GateChange, GatesView, LimitRow};
use crate::domain::account::{Right, Viewer};
use crate::domain::feed::Mode;
use crate::domain::gate::limits::{LIMITS, Limit};
use crate::domain::gate::{Gates, Past};
use crate::domain::hold;
use crate::domain::ids::FeedId;
use crate::error::AppError;
use crate::server::context::{self, go};
use crate::server::store::{self, Deed};
use std::collections::BTreeMap;

/// What the log calls a change of them.
pub const DEED: &str = "feed.gates";

/// Reads where the gates of a feed in the caller's scope stand.
pub async fn read(viewer: &Viewer, id: &FeedId) -> Result<GatesView, AppError> {
    let state = context::state()?;
    let feed = find(&state, viewer, id).await?.feed;
    let scope = viewer.scope();
    let partner = id.partner();
    let now = state.clock.now();
    let object = format!("feed:{id}");
    let (named, good, deeds) = tokio::try_join!(
        state.store.find_partner(&scope, &partner),
        state.store.list_good(id, now - Past::WINDOW),
        state.store.list_deeds(&scope, &object),
    )?;
    let row = |limit: &Limit| LimitRow {
        name: limit.name.to_owned(),
        code: limit.code.map(str::to_owned),
        does: limit.does.to_owned(),
        unit: limit.unit.to_owned(),
        value: limit.of(&feed.gates),
        default: limit.of(&Gates::default()),
        least: limit.least,
        most: limit.most,
        usual: limit.usual(&good),
    };
    let history = deeds.into_iter().rev().filter(|deed| deed.action == DEED);
    Ok(GatesView {
        feed: id.clone(),
        partner_name: named.map_or_else(|| partner.to_string(), |p| p.name),
        as_of: now,
        may_change: viewer.may(Right::EditGates),
        is_of_changes: feed.mode == Mode::Delta,
        rows: LIMITS.iter().map(row).collect(),
        seen: word(&feed.gates),
        history: history
            .map(|deed| GateChange {
                at: deed.at,
                by: deed.actor_name,
                what: deed.what,
            })
            .collect(),
    })
}

/// Sets where the gates of a feed in the caller's scope stand.
pub async fn set(
    viewer: &Viewer,
    id: &FeedId,
    seen: &str,
    limits: &BTreeMap<String, String>,
    reason: &str,
) -> Result<(), AppError> {
    let state = context::state()?;
    let feed = find(&state, viewer, id).await?.feed;
    let elsewhere = || AppError::conflict("Somebody else has set the gates meanwhile. Look at them again.");
    if word(&feed.gates) != seen {
        return Err(elsewhere());
    }
    let mut gates = feed.gates;
    for (name, text) in limits {
        let limit = Limit::named(name)
            .ok_or_else(|| AppError::invalid("limits", format!("“{name}” is no limit of a gate.")))?;
        let value = text
            .trim()
            .parse()
            .map_err(|_| AppError::invalid(name, format!("“{text}” is no whole number.")))?;
        // On the page the field says which limit it is.
        limit.set(&mut gates, value).map_err(|sentence| {
            let own = format!("{name} is from ");
            AppError::invalid(name, sentence.replacen(&own, "It is from ", 1))
        })?;
    }
    if let Some((name, sentence)) = gates.faults() {
        return Err(AppError::invalid(name, sentence));
    }
    let changes = feed.gates.changes(&gates);
    if changes.is_empty() {
        return Err(AppError::invalid("limits", "The gates stand there already."));
    }
    let reason = hold::reason(reason).map_err(|_| {
        AppError::invalid(
            "reason",
            "Say why, in 3 to 500 characters: whoever asks later why a file was held, or was not, reads it here.",
        )
    })?;
    let deed = Deed::of(
        viewer,
        DEED,
        format!("feed:{id}"),
        Some(id.partner()),
        told(&changes, &reason),
        state.clock.now(),
    );
    let set = state
        .store
        .set_gates(&viewer.scope(), id, &feed.gates, &gates, &deed)
        .await;
    match set {
        Ok(()) => {
            // Another address than that of the form, so that a script reads it anew.
            go(&format!("/feeds/{id}/gates?saved={}", word(&gates)));
            Ok(())
        }
        Err(store::Error::Conflict { .. }) => Err(elsewhere()),
        Err(error) => Err(error.into()),
    }
}

/// The sentence for the log, without its subject.
pub fn told(changes: &[String], reason: &str) -> String {
    format!("set {}. Because: {reason}", changes.join(", "))
}

/// Where the gates stand, in one word.
fn word(gates: &Gates) -> String {
    let values: Vec<String> = LIMITS.iter().map(|limit| limit.of(gates).to_string()).collect();
    values.join("-")
}
