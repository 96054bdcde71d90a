//! Answers when a page cannot be made at all: the database is away, or the code has a fault.
//!
//! These pages stand on their own, without the application behind them, and try again by
//! themselves.

use crate::domain::format::escape;
use crate::error::AppError;
use crate::server::context;
use crate::server::store::Store;
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use std::any::Any;
use std::panic::resume_unwind;
use std::time::{Duration, Instant};
use tokio::task::JoinError;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tracing::Instrument;

/// After this long the database is asked whether it still answers. With the two seconds that
/// `feedgate serve` waits for that, people are told of an absent one within three.
const PATIENCE: Duration = Duration::from_millis(900);

/// Longest a request may take on a database that answers: what is slow is not away.
const AT_MOST: Duration = Duration::from_secs(30);

/// Gives up on a request that the database keeps waiting. Nobody else's going away ends one: a
/// request that is dropped while it waits for a connection would take the turn of another that
/// still does (see `store::probe`), and what it may take is bounded all the same.
pub(super) async fn in_time(State(store): State<Store>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let begun = Instant::now();
    let answering = timeout(AT_MOST, next.run(request));
    let mut answering = tokio::spawn(answering.in_current_span());
    let done = loop {
        if let Ok(done) = timeout(PATIENCE, &mut answering).await {
            break whole(done);
        }
        tokio::select! {
            done = &mut answering => break whole(done),
            said = store.ping() => if said.is_err() {
                answering.abort();
                break None;
            },
        }
    };
    done.unwrap_or_else(|| {
        tracing::warn!(http.path = %path, "no answer within {} ms", begun.elapsed().as_millis());
        answer(&path, &AppError::Unavailable)
    })
}

/// What a request ended with, if it did in time; its panic goes on to whoever catches those.
fn whole(done: Result<Result<Response, Elapsed>, JoinError>) -> Option<Response> {
    match done.map_err(JoinError::try_into_panic) {
        Ok(in_time) => in_time.ok(),
        Err(Ok(panic)) => resume_unwind(panic),
        Err(Err(ended)) => Some(page(&context::internal(ended))),
    }
}

/// The answer to a request for `path`: JSON for programs, a page for people.
pub(super) fn answer(path: &str, error: &AppError) -> Response {
    if path.starts_with("/api/") {
        (status(error), Json(error)).into_response()
    } else {
        page(error)
    }
}

fn status(error: &AppError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Gives the answer to a request that no server function could be called for its status. One
/// that was called sets its own ([`context::reply`]).
pub(super) async fn unreadable(request: Request, next: Next) -> Response {
    const LONGEST: usize = 64 << 10;
    let response = next.run(request).await;
    let is_error = response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && response.headers().contains_key(SERVER_FN_ERROR_HEADER);
    if !is_error {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, LONGEST).await else {
        return (parts, Body::empty()).into_response();
    };
    if let Ok(error @ AppError::Unreadable { .. }) = serde_json::from_slice(&bytes) {
        parts.status = status(&error);
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// JSON for a script of ours: the error with its sentence beside it.
pub(super) fn json(error: &AppError) -> Response {
    #[derive(serde::Serialize)]
    struct Said<'a> {
        #[serde(flatten)]
        error: &'a AppError,
        message: String,
    }
    let message = error.to_string();
    (status(error), Json(Said { error, message })).into_response()
}

/// A page for a form that was not taken, with the way back to it.
pub(super) fn form(error: &AppError, back: &str) -> Response {
    let (words, back) = (escape(error.to_string()), escape(back));
    let html = document(
        "",
        &format!(
            "<h1>This was not taken</h1><p>{words}</p><p><a class=\"button\" href=\"{back}\">Back to the form</a></p>"
        ),
    );
    (status(error), Html(html)).into_response()
}

/// A page of its own for an error.
pub(super) fn page(error: &AppError) -> Response {
    let words = escape(error.to_string());
    let (retry, again) = match error {
        AppError::Unavailable => (
            "<meta http-equiv=\"refresh\" content=\"3\">",
            "This page tries again every 3 seconds.",
        ),
        _ => ("", ""),
    };
    let html = document(
        retry,
        &format!(
            "<h1>feedgate cannot show this page now</h1><p>{words}</p><p>{again}</p>\
             <p><a href=\"\">Try again now</a></p>"
        ),
    );
    (status(error), Html(html)).into_response()
}

/// The document around a page that stands on its own.
pub(super) fn document(head: &str, content: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{head}\
         <title>feedgate</title><link rel=\"stylesheet\" href=\"/pkg/feedgate.css\"></head>\
         <body class=\"alone\"><main class=\"failed\">{content}</main></body></html>"
    )
}

/// A panic is our fault: logged with a reference, and the other requests go on.
#[expect(clippy::needless_pass_by_value, reason = "the shape the layer asks for")]
pub(super) fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let words = cause
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| cause.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_default();
    page(&context::internal(format!("panic: {words}")))
}
