//! Lists, makes and revokes the tokens that a partner's programs send a feed's files with.

use super::feed::find;
use crate::api::token::{TokenRow, Wish};
use crate::domain::account::{Right, Scope, Viewer};
use crate::domain::ids::FeedId;
use crate::error::AppError;
use crate::server::context::{self, AppState, go};
use crate::server::store::{Deed, Token};
use crate::server::tokens::{self, Wanted};

/// Most characters of what a token is said to be for.
const LABEL: usize = 80;

/// The tokens that send files of a feed, those in force before the others; none at all for those who may not
/// manage them.
pub(super) async fn list(
    state: &AppState,
    viewer: &Viewer,
    id: &FeedId,
) -> crate::server::store::Result<Option<Vec<TokenRow>>> {
    if !viewer.may(Right::ManageTokens) {
        return Ok(None);
    }
    let tokens = state.store.list_tokens(&Scope::Only(vec![id.partner()])).await?;
    let of_feed = tokens.into_iter().filter(|token| sends(token, id));
    let mut rows: Vec<_> = of_feed.map(row).collect();
    rows.sort_by_key(|row| (row.revoked_at.is_some(), std::cmp::Reverse(row.made_at)));
    Ok(Some(rows))
}

/// Makes a token for a feed in the caller's scope, and gives the text that is shown once.
pub async fn make(
    state: &AppState,
    viewer: &Viewer,
    id: &FeedId,
    wish: &Wish,
) -> Result<(Token, String), AppError> {
    find(state, viewer, id).await?;
    if wish.may_log && !viewer.may(Right::GrantLog) {
        return Err(AppError::Forbidden);
    }
    let label = wish.label.trim();
    if label.is_empty() || label.chars().count() > LABEL {
        return Err(AppError::invalid(
            "label",
            format!(
                "Say in 1 to {LABEL} characters what the token is for, such as “export server”: by that one knows later \
                 which to revoke."
            ),
        ));
    }
    let wanted = Wanted {
        partner: id.partner(),
        feed: Some(id.clone()),
        may_log: wish.may_log,
        label: label.to_owned(),
        by: viewer.name.clone(),
    };
    let now = state.clock.now();
    let (token, text) = tokens::make(&state.store, wanted, now).await?;
    let log = if token.may_log { " and the log" } else { "" };
    let what = format!("made the token {}… for {id}{log}: {label}", token.prefix);
    state
        .store
        .insert_deed(&deed(viewer, "token.add", &token, what, now))
        .await?;
    Ok((token, text))
}

/// Revokes a token that sends files of a feed in the caller's scope.
pub async fn revoke(viewer: &Viewer, id: &FeedId, prefix: &str) -> Result<(), AppError> {
    let state = context::state()?;
    find(&state, viewer, id).await?;
    let scope = Scope::Only(vec![id.partner()]);
    let mut tokens = state.store.list_tokens(&scope).await?.into_iter();
    let token = tokens
        .find(|token| token.prefix == prefix && sends(token, id))
        .ok_or_else(|| AppError::not_found("token"))?;
    let now = state.clock.now();
    if state
        .store
        .revoke_token(&scope, &token.prefix, now)
        .await?
        .is_none()
    {
        return Err(AppError::conflict(format!(
            "The token {prefix}… was revoked before."
        )));
    }
    let what = format!("revoked the token {prefix}… for {id}");
    state
        .store
        .insert_deed(&deed(viewer, "token.revoke", &token, what, now))
        .await?;
    go(&format!("/feeds/{id}#tokens"));
    Ok(())
}

/// Whether it sends files of the feed.
fn sends(token: &Token, id: &FeedId) -> bool {
    token.feed.as_ref().is_none_or(|feed| feed == id)
}

fn row(token: Token) -> TokenRow {
    TokenRow {
        prefix: token.prefix,
        label: token.label,
        is_of_all: token.feed.is_none(),
        may_log: token.may_log,
        made_at: token.made_at,
        made_by: token.made_by,
        used_at: token.used_at,
        revoked_at: token.revoked_at,
    }
}

fn deed(
    viewer: &Viewer,
    action: &str,
    token: &Token,
    what: String,
    now: chrono::DateTime<chrono::Utc>,
) -> Deed {
    let object = format!("token:{}", token.prefix);
    Deed::of(viewer, action, object, Some(token.partner.clone()), what, now)
}
