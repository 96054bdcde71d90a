//! Takes a feed's file: the body is the file, streamed as it comes.

use super::bearer::Bearer;
use super::digest;
use super::problem::Problem;
use crate::server::context::AppState;
use crate::server::fresh;
use crate::server::intake::{self, Incoming, Way};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    name: String,
}

#[derive(Serialize)]
struct Queued<'a> {
    id: &'a str,
    feed: &'a str,
    state: &'static str,
    bytes: u64,
    sha256: &'a str,
    href: &'a str,
}

/// `POST /api/v1/feeds/{feed}/deliveries?name=…`
pub(super) async fn send(
    State(state): State<AppState>,
    bearer: Bearer,
    Path(feed): Path<String>,
    Query(Named { name }): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = bearer.feed(&feed).ok_or_else(|| Problem::not_found("feed"))?;
    let found = state.store.find_feed(&bearer.scope(), &id).await?;
    let feed = found.ok_or_else(|| Problem::not_found("feed"))?.feed;
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let incoming = Incoming {
        id: fresh::delivery(),
        feed: &feed,
        name: &name,
        way: Way::Api,
        sender: &bearer.name(),
        account: None,
        declared,
        digest: digest::announced(&headers)?,
        limit: state.file_max,
    };
    let delivery = intake::receive(&state.store, &state.clock, &incoming, body.into_data_stream()).await?;
    let href = format!("/api/v1/deliveries/{}", delivery.id);
    let queued = Queued {
        id: delivery.id.as_str(),
        feed: delivery.feed.name(),
        state: "queued",
        bytes: delivery.file.bytes,
        sha256: &delivery.file.sha256,
        href: &href,
    };
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, href.clone())],
        Json(queued),
    )
        .into_response())
}
