//! Finds out whose token a request carries; the one place where a program is let in.

use super::problem::Problem;
use crate::domain::account::Scope;
use crate::domain::ids::{FeedId, PartnerId};
use crate::server::context::AppState;
use crate::server::store::Token;
use crate::server::tokens;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

/// A program with a valid token.
#[derive(Debug)]
pub(super) struct Bearer(Token);

impl Bearer {
    /// Whose data it may see.
    pub(super) fn scope(&self) -> Scope {
        Scope::Only(vec![self.0.partner.clone()])
    }

    /// The partner it belongs to.
    pub(super) fn partner(&self) -> &PartnerId {
        &self.0.partner
    }

    /// The one feed it is for, if it is not for every feed of its partner.
    pub(super) fn only(&self) -> Option<&FeedId> {
        self.0.feed.as_ref()
    }

    /// Whether it may write entries of the log.
    pub(super) fn may_log(&self) -> bool {
        self.0.may_log
    }

    /// Whether it may have to do with this feed.
    pub(super) fn may(&self, feed: &FeedId) -> bool {
        feed.partner() == self.0.partner && self.0.feed.as_ref().is_none_or(|only| only == feed)
    }

    /// The feed of its partner with this slug, if it may have to do with it.
    pub(super) fn feed(&self, name: &str) -> Option<FeedId> {
        FeedId::of(&self.0.partner, name)
            .ok()
            .filter(|feed| self.may(feed))
    }

    /// What it is called in the history.
    pub(super) fn name(&self) -> String {
        format!("token {}", self.0.prefix)
    }
}

impl FromRequestParts<AppState> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let given = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        let Some(given) = given else {
            return Err(Problem::unauthorized());
        };
        let token = tokens::identify(&state.store, given, state.clock.now()).await?;
        token.map(Self).ok_or_else(Problem::unauthorized)
    }
}
