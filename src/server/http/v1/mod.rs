//! Answers programs: partners send files here and ask what became of them, and
//! systems that check files themselves write what they found into the log.
//!
//! Everything below `/api/v1` is asked for with a token ([`bearer`]) and knows nothing of
//! sessions, so no browser can be made to do anything here. Errors are problem documents
//! ([`problem`]). A partner's token reaches that partner's things alone; what is another's
//! looks like what does not exist.

mod audit;
mod bearer;
mod check;
mod delivery;
mod digest;
mod openapi;
mod problem;
mod send;

use crate::server::context::AppState;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use problem::Problem;

/// The routes, to be nested at `/api/v1`. A body is counted as it comes, so that no other limit
/// applies.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/feeds/{feed}/deliveries", post(send::send))
        .route("/deliveries/{delivery}", get(delivery::read))
        .route("/check", post(check::check))
        .route("/audit", post(audit::take))
        .route("/openapi.json", get(openapi::document))
        .fallback(async || Problem::not_found("address"))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::disable())
}
