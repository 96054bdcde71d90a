//! Checks a file by a feed's profile and contract without taking it in: the body is the file.

use super::bearer::Bearer;
use super::digest;
use super::problem::Problem;
use crate::domain::report::Report;
use crate::server::context::AppState;
use crate::server::fresh;
use crate::server::intake::{Incoming, Way};
use crate::server::pipeline::knowing;
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    feed: String,
    #[serde(default)]
    name: String,
}

/// `POST /api/v1/check?feed=…&name=…`
///
/// A file that would be refused was checked all the same, so the answer is 200 for it as well.
pub(super) async fn check(
    State(state): State<AppState>,
    bearer: Bearer,
    Query(Asked { feed, name }): Query<Asked>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Report>, Problem> {
    let id = bearer.feed(&feed).ok_or_else(|| Problem::not_found("feed"))?;
    let found = state.store.find_feed(&bearer.scope(), &id).await?;
    let feed = found.ok_or_else(|| Problem::not_found("feed"))?.feed;
    let incoming = Incoming {
        id: fresh::delivery(),
        feed: &feed,
        name: &name,
        way: Way::Api,
        sender: &bearer.name(),
        account: None,
        declared: headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok()),
        digest: digest::announced(&headers)?,
        limit: state.file_max,
    };
    let now = state.clock.now();
    let known = knowing::known(&state.store, state.taxonomy.as_ref(), Some(&feed), now).await?;
    let terms = feed.terms().knowing(known);
    let report = state
        .trials
        .attempt(&incoming, "", terms, now, body.into_data_stream())
        .await?;
    Ok(Json(report))
}
