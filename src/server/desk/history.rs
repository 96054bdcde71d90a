//! Tells what happened to a held record and its product, in the order of events: how it came, what
//! people and jobs made of it, and which exports had the product, as far as somebody told the log.

use crate::api::quarantine::Event;
use crate::domain::account::{Right, Viewer};
use crate::domain::export::{Exported, Passage};
use crate::domain::quarantine::HeldRecord;
use crate::server::context::AppState;
use crate::server::store::{Deed, Result};

/// The events of a record, on which people did `deeds`, and whose product went out so.
pub(super) async fn of(
    state: &AppState,
    viewer: &Viewer,
    record: &HeldRecord,
    deeds: Vec<Deed>,
    exported: &[Exported],
) -> Result<Vec<Event>> {
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
        let newer = state.store.find_delivery(&viewer.scope(), by).await?;
        history.extend(newer.map(|(d, _)| Event {
            at: d.received_at,
            by: "intake".to_owned(),
            what: "set it aside: a newer file has this product".to_owned(),
            href: Some(format!("/deliveries/{by}")),
        }));
    }
    history.extend(exported.iter().flat_map(passages));
    history.sort_by_key(|event| event.at);
    Ok(history)
}

/// What is known of a product in the exports of one feed.
fn passages(exported: &Exported) -> Vec<Event> {
    let event = |passage: &Passage, what: String| Event {
        at: passage.at,
        by: format!("export {}", exported.to),
        what,
        href: Some(format!("/deliveries/{}", passage.entry)),
    };
    let mut events = Vec::new();
    match (&exported.first, &exported.last) {
        (Some(first), Some(last)) if first != last => {
            events.push(event(first, "had the product for the first time".to_owned()));
            events.push(event(last, "had the product, the last so far".to_owned()));
        }
        (first, last) => {
            let only = first.as_ref().or(last.as_ref());
            events.extend(only.map(|only| event(only, "had the product".to_owned())));
        }
    }
    if let Some((passage, code)) = &exported.rejected {
        events.push(event(passage, format!("left the product out: {code}")));
    }
    events
}
