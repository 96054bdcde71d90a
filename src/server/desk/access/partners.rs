//! Adds partners and their feeds, names them, and says whether their held records may be edited.

use super::called;
use crate::api::access::{FeedWish, PartnerAccess};
use crate::domain::account::{Scope, Viewer};
use crate::domain::contract::Currency;
use crate::domain::delivery::Direction;
use crate::domain::feed::{Feed, Mode};
use crate::domain::ids::{FeedId, PartnerId};
use crate::error::AppError;
use crate::server::context::{self, AppState, go};
use crate::server::store::{Deed, Partner};

/// Most hours between two files of a feed: a year.
const EVERY_MOST: u32 = 24 * 366;

/// Every partner with its feeds, by name.
pub(super) async fn list(state: &AppState) -> Result<Vec<PartnerAccess>, AppError> {
    let (partners, feeds) = tokio::try_join!(
        state.store.list_partners(&Scope::All),
        state.store.list_feeds(&Scope::All, None),
    )?;
    let of = |id: &PartnerId| {
        let feeds = feeds.iter().map(|state| &state.feed.id);
        feeds.filter(|feed| feed.partner() == *id).cloned().collect()
    };
    let access = partners.into_iter().map(|partner| PartnerAccess {
        feeds: of(&partner.id),
        id: partner.id,
        name: partner.name,
        edits_off: partner.edits_off,
    });
    Ok(access.collect())
}

/// Who is named here.
const PARTNER: &str = "the partner is";

/// The feed of a wish; the first field that will not do is named.
fn understood(wish: &FeedWish) -> Result<Feed, AppError> {
    let partner = PartnerId::parse(wish.partner.trim())
        .map_err(|why| AppError::invalid("partner", format!("{why}.")))?;
    let id =
        FeedId::of(&partner, wish.feed.trim()).map_err(|why| AppError::invalid("feed", format!("{why}.")))?;
    let currency = match wish.currency.trim() {
        "" => None,
        code => Some(
            Currency::parse(&code.to_uppercase())
                .map_err(|why| AppError::invalid("currency", format!("{why}.")))?,
        ),
    };
    let every_hours = match wish.every_hours.trim() {
        "" => None,
        hours => Some(
            hours
                .parse::<u32>()
                .ok()
                .filter(|hours| (1..=EVERY_MOST).contains(hours))
                .ok_or_else(|| {
                    AppError::invalid(
                        "every_hours",
                        format!("“{hours}” is no number of hours from 1 to {EVERY_MOST}."),
                    )
                })?,
        ),
    };
    let (direction, mode) = match wish.files.as_str() {
        "" | "catalogues" => (Direction::Ingest, Mode::Snapshot),
        "changes" => (Direction::Ingest, Mode::Delta),
        "export" => (Direction::Export, Mode::Snapshot),
        other => {
            return Err(AppError::invalid(
                "files",
                format!("“{other}” is none of catalogues, changes and export."),
            ));
        }
    };
    Ok(Feed {
        direction,
        mode,
        expected_every_hours: every_hours,
        currency: currency.map(|currency| currency.code().to_owned()),
        ..Feed::new(id)
    })
}

/// Adds a feed, and its partner where that is new; one that is there keeps its name. Goes to the
/// feed's page, where the rest is set up.
pub async fn add_feed(viewer: &Viewer, wish: &FeedWish) -> Result<(), AppError> {
    let state = context::state()?;
    let feed = understood(wish)?;
    let id = feed.id.partner();
    if state.store.find_partner(&Scope::All, &id).await?.is_none() {
        let partner = Partner {
            id: id.clone(),
            name: match wish.name.trim() {
                "" => id.to_string(),
                name => called(name, PARTNER)?,
            },
            edits_off: false,
        };
        if state.store.insert_partner(&partner).await? {
            let what = format!("added the partner {id}, called {}", partner.name);
            note(&state, viewer, &id, "partner.add", what).await?;
        }
    }
    if !state.store.insert_feed(&feed).await? {
        return Err(AppError::invalid(
            "feed",
            format!("{} is there already, and stays as it is.", feed.id),
        ));
    }
    let (object, now) = (format!("feed:{}", feed.id), state.clock.now());
    let what = format!("added the feed {}", feed.id);
    let deed = Deed::of(viewer, "feed.add", object, Some(id), what, now);
    state.store.insert_deed(&deed).await?;
    go(&format!("/feeds/{}", feed.id));
    Ok(())
}

/// Calls a partner something else. Its short name stays: everything it sent is kept under that.
pub async fn rename(viewer: &Viewer, id: &PartnerId, name: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let name = called(name, PARTNER)?;
    let before = state.store.rename_partner(id, &name).await?;
    let before = before.ok_or_else(|| AppError::not_found("partner"))?;
    if before != name {
        let what = format!("called {id} {name}; it was {before}");
        note(&state, viewer, id, "partner.name", what).await?;
    }
    go("/access#partners");
    Ok(())
}

/// Lets the held records of a partner be edited, or not.
pub async fn set_edits(viewer: &Viewer, id: &PartnerId, edits: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let off = match edits {
        "on" => false,
        "off" => true,
        _ => return Err(AppError::invalid("edits", "Edits are on or off.")),
    };
    if !state.store.switch_edits(id, off).await? {
        return Err(AppError::not_found("partner"));
    }
    let what = if off {
        format!("switched edits of {id}'s held records off")
    } else {
        format!("let {id}'s held records be edited")
    };
    note(&state, viewer, id, "partner.edits", what).await?;
    go("/access?edits#partners");
    Ok(())
}

/// Refuses to change what is in held records of a partner for whom that is switched off.
pub(in super::super) async fn ensure_edits(state: &AppState, id: &PartnerId) -> Result<(), AppError> {
    if edits_off(state, id).await? {
        return Err(AppError::conflict(
            "Edits of this partner's records are switched off; they can be replayed as they are. An admin can let them be edited.",
        ));
    }
    Ok(())
}

/// Whether nobody may change what is in a partner's held records.
pub(in super::super) async fn edits_off(state: &AppState, id: &PartnerId) -> Result<bool, AppError> {
    let found = state.store.find_partner(&Scope::All, id).await?;
    Ok(found.is_some_and(|partner| partner.edits_off))
}

async fn note(
    state: &AppState,
    viewer: &Viewer,
    id: &PartnerId,
    action: &str,
    what: String,
) -> Result<(), AppError> {
    let (object, now) = (format!("partner:{id}"), state.clock.now());
    let deed = Deed::of(viewer, action, object, Some(id.clone()), what, now);
    Ok(state.store.insert_deed(&deed).await?)
}
