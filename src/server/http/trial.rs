//! Takes a file that is tried from a feed's page, and answers with that page, the report in it.
//!
//! Nothing of it is kept, so there is no address to lead to: the answer to the form is the report.
//! It is drawn by the page itself, which finds what came of the trial in its context.

use super::{failed, policy};
use crate::domain::account::{Right, Viewer};
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::report::Report;
use crate::error::AppError;
use crate::server::context::{self, AppState, Caller};
use crate::server::fresh;
use crate::server::intake::{Incoming, Refused, Way};
use crate::server::pipeline::knowing;
use crate::server::trial::Tried;
use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, FromRequest, Multipart, Path, Query, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use serde::Deserialize;

/// What a form weighs beside its file, in bytes, at most.
const AROUND: u64 = 64 * 1024;
/// The name of what was pasted.
const PASTED: &str = "pasted text";

/// Longest name that a file is watched by, in bytes.
const LONGEST: usize = 64;

/// By what the sender of a file calls it, to watch how far it is.
#[derive(Deserialize)]
pub(super) struct Ticket {
    #[serde(default)]
    ticket: String,
}

/// `POST /feeds/{partner}/{feed}/try`
pub(super) async fn attempt(
    State(state): State<AppState>,
    Extension(Caller(caller)): Extension<Caller>,
    Path((partner, feed)): Path<(String, String)>,
    Query(Ticket { ticket }): Query<Ticket>,
    request: Request,
) -> Response {
    let mut page = Request::new(Body::empty());
    *page.method_mut() = Method::GET;
    *page.uri_mut() = request.uri().clone();
    *page.extensions_mut() = request.extensions().clone();
    let tried = check(&state, caller, (&partner, &feed), &ticket, request).await;
    if matches!(tried, Err(AppError::Unauthenticated)) {
        return failed::form(&AppError::Unauthenticated, "/sign-in");
    }
    let failure = tried.as_ref().err().cloned();
    let draw = leptos_axum::render_app_async_with_context(
        {
            let state = state.clone();
            let tried = Tried(tried);
            move || {
                provide_context(state.clone());
                provide_context(tried.clone());
            }
        },
        move || policy::page(state.options.clone()),
    );
    let mut answer = draw(page).await;
    if let Some(error) = failure {
        *answer.status_mut() =
            StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(seconds) = error.retry_after() {
            answer
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

async fn check(
    state: &AppState,
    caller: Option<Viewer>,
    (partner, feed): (&str, &str),
    ticket: &str,
    request: Request,
) -> Result<Report, AppError> {
    let viewer = context::allow(caller, Right::ViewReports)?;
    let none = || AppError::not_found("feed");
    let partner = PartnerId::parse(partner).map_err(|_| none())?;
    let id = FeedId::of(&partner, feed).map_err(|_| none())?;
    let found = state.store.find_feed(&viewer.scope(), &id).await?;
    let feed = found.ok_or_else(none)?.feed;
    let weight = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if weight.is_some_and(|bytes| bytes > state.file_max + AROUND) {
        return Err(Refused::TooLarge(state.file_max).into());
    }
    let mut form = Multipart::from_request(request, state)
        .await
        .map_err(|_| nothing_chosen())?;
    let broke = |error| AppError::invalid("file", format!("The form broke off: {error}. Send it again."));
    while let Some(mut field) = form.next_field().await.map_err(broke)? {
        let name = match field.name() {
            Some("file") => field.file_name().unwrap_or_default().to_owned(),
            Some("text") => PASTED.to_owned(),
            _ => continue,
        };
        // A field that was left empty comes all the same.
        let first = field.chunk().await.map_err(broke)?.unwrap_or_default();
        if name.is_empty() || (name == PASTED && first.is_empty()) {
            continue;
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
        let now = state.clock.now();
        let known = knowing::known(&state.store, state.taxonomy.as_ref(), Some(&feed), now).await?;
        let terms = feed.terms().knowing(known);
        let body = futures::StreamExt::chain(futures::stream::iter([Ok(first)]), field);
        let watched = watched(&viewer, ticket);
        let report = state
            .trials
            .attempt(&incoming, &watched, terms, now, body)
            .await?;
        return Ok(report);
    }
    Err(nothing_chosen())
}

/// What a file is watched as: by what its sender calls it, and by its sender alone.
fn watched(viewer: &Viewer, ticket: &str) -> String {
    if ticket.is_empty() || ticket.len() > LONGEST {
        return String::new();
    }
    format!("{} {ticket}", viewer.id)
}

/// `GET /feeds/{partner}/{feed}/try/progress`
pub(super) async fn progress(
    State(state): State<AppState>,
    Extension(Caller(caller)): Extension<Caller>,
    Query(Ticket { ticket }): Query<Ticket>,
) -> Response {
    let found = context::allow(caller, Right::ViewReports).and_then(|viewer| {
        let progress = state.trials.progress(&watched(&viewer, &ticket));
        progress.ok_or_else(|| AppError::not_found("file that is being tried"))
    });
    let mut answer = match found {
        Ok(progress) => Json(progress).into_response(),
        Err(error) => failed::json(&error),
    };
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn nothing_chosen() -> AppError {
    AppError::invalid(
        "file",
        "Choose a file, or paste a few records, and have them checked again.",
    )
}
