//! Takes entries of the audit log that another system writes: one as JSON, many as NDJSON.

use super::bearer::Bearer;
use super::problem::Problem;
use crate::server::context::AppState;
use crate::server::intake::{self, Refused, Taken, Writer};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, TryStreamExt};

/// Largest single entry, in bytes.
const ONE_MAX: usize = 256_000;

/// `POST /api/v1/audit`
pub(super) async fn take(
    State(state): State<AppState>,
    bearer: Bearer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if !bearer.may_log() {
        return Err(Problem::forbidden(
            "This token sends files and writes no entries of the log. Whoever runs feedgate makes one that does with \
             `feedgate token add --partner … --log`.",
        ));
    }
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok()?.split(';').next())
        .map(|kind| kind.trim().to_ascii_lowercase());
    let writer = writer(&state, &bearer).await?;
    match kind.as_deref() {
        Some("application/json") => take_one(&state, &writer, body).await,
        Some("application/x-ndjson" | "application/ndjson" | "application/jsonl") => {
            let stream = body.into_data_stream();
            match intake::take_log(&state.store, &state.clock, &writer, state.file_max, stream).await {
                Ok(taken) => Ok(Json(taken).into_response()),
                Err(Refused::TooLarge(limit)) => Err(Problem::too_large(format!(
                    "The entries are more than {} MB. Those that came before are in the log; send the rest in a batch \
                     of its own.",
                    limit / 1_000_000
                ))),
                Err(Refused::Broken(detail)) => Err(Problem::bad_request(detail)),
                Err(refused) => Err(refused.into()),
            }
        }
        _ => Err(Problem::unsupported(
            "Say in Content-Type what comes: application/json for one entry, application/x-ndjson for many, one a line.",
        )),
    }
}

async fn writer(state: &AppState, bearer: &Bearer) -> Result<Writer, Problem> {
    let feeds = state.store.list_feeds(&bearer.scope(), None).await?;
    Ok(Writer::of(
        bearer.partner().clone(),
        feeds,
        bearer.only().cloned(),
    ))
}

/// One entry may be written over several lines; in a batch a line is an entry.
async fn take_one(state: &AppState, writer: &Writer, body: Body) -> Result<Response, Problem> {
    let mut text = Vec::new();
    let mut stream = body
        .into_data_stream()
        .map_err(|error| Problem::bad_request(format!("The entry broke off ({error}); send it again.")));
    while let Some(chunk) = stream.next().await {
        text.extend_from_slice(&chunk?);
        if text.len() > ONE_MAX {
            return Err(Problem::too_large(format!(
                "The entry is longer than {ONE_MAX} bytes; send many entries as application/x-ndjson, one a line."
            )));
        }
    }
    for byte in &mut text {
        if matches!(*byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    let stream = futures::stream::iter([Ok::<_, std::convert::Infallible>(text)]);
    let taken = intake::take_log(&state.store, &state.clock, writer, state.file_max, stream).await?;
    Ok((status_of_one(&taken), Json(taken)).into_response())
}

fn status_of_one(taken: &Taken) -> StatusCode {
    match taken {
        Taken { taken: 1, .. } => StatusCode::CREATED,
        Taken { already: 1, .. } | Taken { products: 1.., .. } => StatusCode::OK,
        Taken { conflicts: 1, .. } => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
