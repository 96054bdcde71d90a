//! Shows how looking at the pictures of a feed stands, and switches it.

use super::feed::find;
use crate::api::picture::PicturesView;
use crate::domain::account::{Right, Viewer};
use crate::domain::contract::checks::picture::longest_asked;
use crate::domain::feed::Feed;
use crate::domain::ids::FeedId;
use crate::error::AppError;
use crate::server::context::{self, AppState, go};
use crate::server::store::{self, Deed};

/// What the log calls a switch.
pub const DEED: &str = "feed.pictures";
/// Addresses at which nothing was seen that are named.
const NAMED: u32 = 5;

/// How looking at the pictures of a feed stands.
pub(super) async fn read(state: &AppState, viewer: &Viewer, feed: &Feed) -> Result<PicturesView, AppError> {
    let mut view = PicturesView {
        on: feed.pictures,
        at: None,
        shown: 0,
        left: 0,
        failed: 0,
        faults: Vec::new(),
        odd: 0,
        may_switch: viewer.may(Right::EditContract),
    };
    if !feed.pictures {
        return Ok(view);
    }
    let side = longest_asked(&feed.terms().contract, state.clock.now());
    let (looking, faults, odd) = tokio::try_join!(
        state.store.find_looking(&feed.id),
        state.store.list_picture_faults(&feed.id, NAMED),
        state.store.count_odd_pictures(&feed.id, side),
    )?;
    if let Some(looking) = looking {
        view.at = looking.at;
        view.shown = looking.shown;
        view.left = looking.left;
        view.failed = looking.failed;
    }
    view.faults = faults;
    view.odd = odd;
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
