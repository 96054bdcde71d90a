//! Takes a feed's file from the form on the feed's page, streamed as it comes.
//!
//! A server function would hold the whole file in memory, so this is a route of its own. A form
//! sent without a script gets a page back; the script asks for JSON, and for nothing else.

use super::failed;
use crate::domain::account::Right;
use crate::domain::ids::{FeedId, PartnerId};
use crate::error::AppError;
use crate::server::context::{self, AppState, Caller};
use crate::server::fresh;
use crate::server::intake::{self, Incoming, Refused, Way};
use axum::Json;
use axum::extract::{Extension, Multipart, Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;

/// What a form weighs beside its file, in bytes, at most.
const AROUND: u64 = 64 * 1024;

#[derive(Serialize)]
struct Taken {
    /// The delivery's page.
    href: String,
}

/// `POST /upload/{partner}/{feed}`
pub(super) async fn upload(
    State(state): State<AppState>,
    Extension(Caller(caller)): Extension<Caller>,
    Path((partner, feed)): Path<(String, String)>,
    headers: HeaderMap,
    form: Multipart,
) -> Response {
    let plain = context::is_plain_form_request(&Method::POST, &headers);
    let back = format!("/feeds/{partner}/{feed}");
    match take(&state, caller, &partner, &feed, &headers, form).await {
        Ok(href) if plain => Redirect::to(&href).into_response(),
        Ok(href) => (StatusCode::ACCEPTED, Json(Taken { href })).into_response(),
        Err(error) if plain => failed::form(&error, &back),
        Err(error) => failed::json(&error),
    }
}

async fn take(
    state: &AppState,
    caller: Option<crate::domain::account::Viewer>,
    partner: &str,
    feed: &str,
    headers: &HeaderMap,
    mut form: Multipart,
) -> Result<String, AppError> {
    let viewer = context::allow(caller, Right::SendFile)?;
    let none = || AppError::not_found("feed");
    let partner = PartnerId::parse(partner).map_err(|_| none())?;
    let id = FeedId::of(&partner, feed).map_err(|_| none())?;
    let found = state.store.find_feed(&viewer.scope(), &id).await?;
    let feed = found.ok_or_else(none)?.feed;
    let weight = headers
        .get(axum::http::header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if weight.is_some_and(|bytes| bytes > state.file_max + AROUND) {
        return Err(Refused::TooLarge(state.file_max).into());
    }
    loop {
        let field = form.next_field().await.map_err(|error| {
            AppError::invalid("file", format!("The form broke off: {error}. Send it again."))
        })?;
        let Some(field) = field else {
            return Err(AppError::invalid(
                "file",
                "No file was chosen. Choose one and send it again.",
            ));
        };
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(AppError::invalid(
                "file",
                "No file was chosen. Choose one and send it again.",
            ));
        }
        let incoming = Incoming {
            id: fresh::delivery(),
            feed: &feed,
            name: &name,
            way: Way::Browser,
            sender: &viewer.name,
            account: Some(viewer.id.as_str()),
            declared: None,
            digest: None,
            limit: state.file_max,
        };
        let delivery = intake::receive(&state.store, &state.clock, &incoming, field).await?;
        return Ok(format!("/deliveries/{}", delivery.id));
    }
}

impl From<Refused> for AppError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooLarge(_) => Self::TooLarge {
                message: refused.to_string(),
            },
            Refused::Broken(message) => Self::invalid("file", message),
            Refused::Changed { .. } | Refused::GoesOut(_) => Self::invalid("file", refused.to_string()),
            Refused::Store(error) => error.into(),
        }
    }
}
