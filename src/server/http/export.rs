//! Hands out what pages show as files: tables as CSV, charts as SVG.
//!
//! A file's address is that of what it is of, with the parameters of its page, and it is read with
//! the same right and within the same scope as the page. A long list is written as it is read.

use super::failed;
use crate::api::heat::Heat;
use crate::api::overview::Charts;
use crate::domain::account::{Right, Viewer};
use crate::domain::chart::Chart;
use crate::domain::delivery::{Delivery, Direction, Status};
use crate::domain::ids::{FeedId, JobId, PartnerId};
use crate::domain::query::{Asked, DeliveryFilter, stamp};
use crate::error::AppError;
use crate::server::calendar::Stretch;
use crate::server::context::{self, AppState, Caller};
use crate::server::{charts, csv, desk, store};
use axum::body::Body;
use axum::extract::{Extension, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use std::collections::HashMap;

/// Rows that are read at once of a long list.
const ROWS: u32 = 500;

/// What an address asks for.
struct Wanted {
    params: HashMap<String, String>,
    asked: Asked,
}

impl Wanted {
    fn get(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }
}

/// `GET /export/{file}`
pub(super) async fn export(
    State(state): State<AppState>,
    Extension(Caller(caller)): Extension<Caller>,
    Path(file): Path<String>,
    Query(params): Query<HashMap<String, String>>,
) -> Response {
    let get = |name: &str| params.get(name).cloned().unwrap_or_default();
    let asked = Asked {
        range: get("range"),
        tz: get("tz"),
        compare: get("compare"),
        table: file.split('.').next().unwrap_or_default().to_owned(),
    };
    let wanted = Wanted { params, asked };
    match read(&state, caller, &file, &wanted).await {
        Ok((kind, body)) => {
            let disposition = format!("attachment; filename=\"feedgate-{file}\"");
            let headers = [
                (header::CONTENT_TYPE, kind),
                (header::CONTENT_DISPOSITION, &disposition),
            ];
            (headers, body).into_response()
        }
        Err(error) => failed::answer("/export", &error),
    }
}

async fn read(
    state: &AppState,
    caller: Option<Viewer>,
    file: &str,
    wanted: &Wanted,
) -> Result<(&'static str, Body), AppError> {
    const CSV: &str = "text/csv; charset=utf-8";
    let all = || context::allow(caller.clone(), Right::ViewAllPartners);
    let own = || context::allow(caller.clone(), Right::ViewReports);
    let asked = &wanted.asked;
    let (partner, feed) = (wanted.get("partner"), wanted.get("feed"));
    let table = match file {
        "volume.csv" | "rejection.csv" | "latency.csv" | "volume.svg" | "rejection.svg" | "latency.svg" => {
            let charts = if partner.is_empty() {
                desk::overview::read(state, &all()?, asked).await?.charts
            } else {
                desk::partner::read(state, &own()?, &PartnerId::new(partner), asked)
                    .await?
                    .charts
            };
            let chart = named(charts, &asked.table);
            if file.split('.').next_back() == Some("svg") {
                return Ok(("image/svg+xml", charts::alone(&chart.svg).into()));
            }
            csv::chart(&chart)
        }
        "partners.csv" => csv::partners(&desk::overview::read(state, &all()?, asked).await?),
        "reasons.csv" => csv::reasons(&desk::reasons::read(state, &own()?, partner, feed, asked).await?),
        "exports.csv" => csv::outgoing(&desk::outgoing::read(state, &own()?, asked).await?),
        "heat.csv" => {
            let heat = Heat::parse(wanted.get("show"));
            csv::heat(&desk::heat::read(state, &all()?, heat, asked).await?)
        }
        "outcomes.csv" => {
            let viewer = context::allow(caller.clone(), Right::ManageJobs)?;
            return Ok((
                CSV,
                outcomes(state, &viewer, &JobId::new(wanted.get("job"))).await?,
            ));
        }
        "reconciliation.csv" => {
            let viewer = context::allow(caller.clone(), Right::Reconcile)?;
            csv::reconciliation(&desk::reconciliation::read(state, &viewer, partner, asked, true).await?)
        }
        "deliveries.csv" => return Ok((CSV, deliveries(state, &own()?, wanted))),
        _ => return Err(AppError::not_found("file")),
    };
    Ok((CSV, table.into()))
}

fn named(charts: Charts, name: &str) -> Chart {
    match name {
        "rejection" => charts.rejection,
        "latency" => charts.latency,
        _ => charts.volume,
    }
}

/// Every record of a set with what became of it, part by part, as the browser takes it.
async fn outcomes(state: &AppState, viewer: &Viewer, job: &JobId) -> Result<Body, AppError> {
    let found = state.store.find_bulk(&viewer.scope(), job).await?;
    let id = found.ok_or_else(|| AppError::not_found("job"))?.id;
    let store = state.store.clone();
    let parts = stream::try_unfold(0_usize, move |part| {
        let (store, id) = (store.clone(), id.clone());
        async move {
            let found = store.list_outcomes(&id, part).await?;
            let rows = found.map(|records| csv::outcomes(&records, part == 0));
            Ok::<_, store::Error>(rows.map(|rows| (rows, part + 1)))
        }
    });
    Ok(Body::from_stream(parts))
}

/// The list of deliveries, page by page, as the browser takes it.
fn deliveries(state: &AppState, viewer: &Viewer, wanted: &Wanted) -> Body {
    let some = |name: &str| Some(wanted.get(name).to_owned()).filter(|value| !value.is_empty());
    let stretch = some("range").map(|_| Stretch::fix(&wanted.asked, state.clock.now()).exact());
    let filter = DeliveryFilter {
        partner: some("partner").map(PartnerId::new),
        feed: some("feed").map(FeedId::new),
        status: Status::parse(wanted.get("status")),
        direction: Direction::parse(wanted.get("direction")),
        code: some("code"),
        span: stretch.map(|stretch| stretch.span),
    };
    let (store, scope) = (state.store.clone(), viewer.scope());
    // What to read next; none when there is nothing left.
    let pages = stream::try_unfold(Some(String::new()), move |after| {
        let (store, scope, filter) = (store.clone(), scope.clone(), filter.clone());
        async move {
            let Some(after) = after else {
                return Ok::<_, store::Error>(None);
            };
            let page = store.list_deliveries(&scope, &filter, &after, ROWS).await?;
            let mut rows = if after.is_empty() {
                vec![heads()]
            } else {
                Vec::new()
            };
            rows.extend(page.rows.iter().map(row));
            Ok(Some((csv::write(&rows), page.next)))
        }
    });
    Body::from_stream(pages)
}

fn heads() -> Vec<String> {
    [
        "id",
        "received_at",
        "decided_at",
        "partner",
        "feed",
        "direction",
        "file",
        "status",
        "received",
        "accepted",
        "unchanged",
        "quarantined",
        "warned",
        "latency_ms",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn row(d: &Delivery) -> Vec<String> {
    let c = &d.counts;
    vec![
        d.id.to_string(),
        stamp(d.received_at),
        d.decided_at.map(stamp).unwrap_or_default(),
        d.partner.to_string(),
        d.feed.to_string(),
        d.direction.word().to_owned(),
        d.file.name.clone(),
        d.status.word().to_owned(),
        c.received.to_string(),
        c.accepted.to_string(),
        c.unchanged.to_string(),
        c.quarantined.to_string(),
        c.warned.to_string(),
        d.latency_ms().map(|ms| ms.to_string()).unwrap_or_default(),
    ]
}
