//! Shows how looking at the pictures of a feed stands, and switches it.

use super::feed::find;
use crate::api::picture::PicturesView;
use crate::domain::account::{Right, Viewer};
use crate::domain::contract::checks::picture::{IMG_LARGE, IMG_SMALL};
use crate::domain::feed::Feed;
use crate::domain::ids::FeedId;
use crate::domain::query::QuarantineFilter;
use crate::error::AppError;
use crate::server::context::{self, AppState, go};
use crate::server::store::{self, Deed, Fault};

/// What the log calls a switch.
pub const DEED: &str = "feed.pictures";
/// Addresses at which nothing was seen that are named at most.
const NAMED: u32 = 5;

/// How looking at the pictures of a feed stands.
pub(super) async fn read(state: &AppState, viewer: &Viewer, feed: &Feed) -> Result<PicturesView, AppError> {
    let mut view = PicturesView {
        on: feed.pictures,
        at: None,
        seen: 0,
        new: 0,
        unseen: 0,
        faults: Vec::new(),
        held: Vec::new(),
        may_switch: viewer.may(Right::EditContract),
    };
    if !feed.pictures {
        return Ok(view);
    }
    let (store, scope) = (&state.store, viewer.scope());
    let [small, large] = [&IMG_SMALL, &IMG_LARGE].map(|rule| QuarantineFilter {
        feed: Some(feed.id.clone()),
        code: Some(rule.code.to_owned()),
        ..QuarantineFilter::default()
    });
    let (tally, faults, small, large) = tokio::try_join!(
        store.tally_pictures(&scope, &feed.id),
        store.list_picture_faults(&scope, &feed.id, NAMED),
        store.count_held(&scope, &small),
        store.count_held(&scope, &large),
    )?;
    view.at = tally.walked_at;
    (view.seen, view.new, view.unseen) = (tally.seen, tally.new, tally.unseen);
    // A partner chooses the addresses: what our own network says of them is not for its eyes.
    let told = |fault: Fault| {
        if view.may_switch || fault.answered {
            fault.why
        } else {
            "it could not be reached".to_owned()
        }
    };
    view.faults = faults
        .into_iter()
        .map(|(url, fault)| (url, told(fault)))
        .collect();
    view.held = vec![
        (IMG_SMALL.code.to_owned(), small),
        (IMG_LARGE.code.to_owned(), large),
    ];
    Ok(view)
}

/// The sentence for the log, without its subject.
pub fn told(on: bool) -> &'static str {
    if on {
        "has its pictures looked at"
    } else {
        "has its pictures looked at no more"
    }
}

/// Has the pictures of a feed in the caller's scope looked at from now on, or not.
pub async fn switch(viewer: &Viewer, id: &FeedId, on: bool) -> Result<(), AppError> {
    let state = context::state()?;
    find(&state, viewer, id).await?;
    let now = state.clock.now();
    let partner = Some(id.partner());
    let deed = Deed::of(
        viewer,
        DEED,
        format!("feed:{id}"),
        partner,
        told(on).to_owned(),
        now,
    );
    let switched = state
        .store
        .switch_pictures(&viewer.scope(), id, on, &deed, now)
        .await;
    match switched {
        Ok(()) => {
            go(&format!("/feeds/{id}#pictures"));
            Ok(())
        }
        Err(store::Error::Conflict { .. }) => Err(AppError::conflict(format!(
            "Somebody has switched that before: the pictures of {id} are looked at{}.",
            if on { " already" } else { " no more" }
        ))),
        Err(error) => Err(error.into()),
    }
}
