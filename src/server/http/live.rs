//! Streams to an open page that something of its caller's has come (`GET /live`).

use super::failed;
use crate::domain::account::Right;
use crate::error::AppError;
use crate::server::context::{self, AppState, Caller};
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use std::convert::Infallible;

/// One event named `news` for each; what it is about is the page's to ask. It has data only
/// because browsers drop an event without.
pub(super) async fn live(
    State(state): State<AppState>,
    Extension(Caller(caller)): Extension<Caller>,
) -> Response {
    match context::allow(caller, Right::ViewReports) {
        Ok(viewer) => {
            let news = state
                .live
                .news(viewer.scope())
                .map(|()| Ok::<_, Infallible>(Event::default().event("news").data("come")));
            Sse::new(news).keep_alive(KeepAlive::default()).into_response()
        }
        // Who has signed out is told to ask no more, for which this is the answer.
        Err(AppError::Unauthenticated) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => failed::json(&error),
    }
}
