//! Makes a token and shows it, once: the answer to the form is the only place where its text ever
//! stands, so it is no redirect, and nothing on the way may keep it.

use super::failed;
use crate::api::token::Wish;
use crate::domain::account::Right;
use crate::domain::format::escape;
use crate::domain::ids::{FeedId, PartnerId};
use crate::error::AppError;
use crate::server::context::{self, AppState, Caller};
use crate::server::desk;
use crate::server::store::Token;
use axum::extract::{Extension, Form, Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};

/// `POST /token/{partner}/{feed}`
pub(super) async fn make(
    State(state): State<AppState>,
    Extension(Caller(caller)): Extension<Caller>,
    Path((partner, feed)): Path<(String, String)>,
    Form(wish): Form<Wish>,
) -> Response {
    let made = async {
        let viewer = context::allow(caller, Right::ManageTokens)?;
        let none = || AppError::not_found("feed");
        let partner = PartnerId::parse(&partner).map_err(|_| none())?;
        let id = FeedId::of(&partner, &feed).map_err(|_| none())?;
        let (token, text) = desk::token::make(&state, &viewer, &id, &wish).await?;
        Ok((id, token, text))
    }
    .await;
    let mut answer = match made {
        Ok((id, token, text)) => shown_once(&id, &token, &text).into_response(),
        Err(error) => failed::form(&error, &format!("/feeds/{partner}/{feed}")),
    };
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The page with the token.
fn shown_once(id: &FeedId, token: &Token, text: &str) -> Html<String> {
    let (label, text, id) = (escape(&token.label), escape(text), escape(id.as_str()));
    let does = if token.may_log {
        "it sends files of this feed and writes entries of the log"
    } else {
        "it sends files of this feed"
    };
    Html(failed::document(
        "",
        &format!(
            "<h1>The token for {label}</h1><p><code id=\"token\">{text}</code></p>\
             <p>Copy it now: it is shown this once and kept nowhere. Sent as \u{201c}Authorization: Bearer \u{2026}\u{201d}, \
             {does} until somebody revokes it.</p>\
             <p><a class=\"button\" href=\"/feeds/{id}#tokens\">Back to the feed</a></p>"
        ),
    ))
}
