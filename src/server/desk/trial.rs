//! Puts the page together on which a file is tried before it is sent.

use super::feed::find;
use crate::api::trial::TrialView;
use crate::domain::account::{Right, Viewer};
use crate::domain::ids::FeedId;
use crate::error::AppError;
use crate::server::context;
use crate::server::trial::Tried;
use leptos::prelude::use_context;

/// Reads the page, with what came of the file that this very request brought.
pub async fn read(viewer: &Viewer, id: &FeedId) -> Result<TrialView, AppError> {
    let state = context::state()?;
    let outcome = use_context::<Tried>().map(|tried| tried.0);
    let feed = find(&state, viewer, id).await?.feed;
    let partner = id.partner();
    let named = state.store.find_partner(&viewer.scope(), &partner).await?;
    Ok(TrialView {
        feed: id.clone(),
        partner_name: named.map_or_else(|| partner.to_string(), |p| p.name),
        as_of: state.clock.now(),
        profile_version: feed.profile_version,
        contract_version: feed.contract.version,
        file_max: state.file_max,
        may_send: viewer.may(Right::SendFile),
        outcome,
    })
}
