//! Hands out what pages show as files: tables as CSV, charts as CSV, SVG and PNG.
//!
//! A file's address is that of what it is of, with the parameters of its page, and it is read with
//! the same right and within the same scope as the page. A long list is written as it is read: see
//! [`long`].

mod long;

use super::failed;
use crate::api::heat::Heat;
use crate::api::overview::Charts;
use crate::domain::account::{Right, Viewer};
use crate::domain::chart::Chart;
use crate::domain::delivery::Direction;
use crate::domain::ids::{DeliveryId, JobId, PartnerId};
use crate::domain::query::Asked;
use crate::error::AppError;
use crate::server::context::{self, AppState, Caller};
use crate::server::{charts, csv, desk};
use axum::body::Body;
use axum::extract::{Extension, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;

/// Every file there is: its name, and as what it is to be had. What is not here is not handed out.
pub const FILES: &[(&str, &[&str])] = &[
    ("volume", CHART),
    ("rejection", CHART),
    ("latency", CHART),
    ("heat", CHART),
    ("partners", TABLE),
    ("feeds", TABLE),
    ("codes", TABLE),
    ("reasons", TABLE),
    ("exports", TABLE),
    ("reconciliation", TABLE),
    ("outcomes", TABLE),
    ("issues", TABLE),
    ("failures", TABLE),
    ("quarantine", TABLE),
    ("deliveries", TABLE),
];
const CHART: &[&str] = &["csv", "svg", "png"];
const TABLE: &[&str] = &["csv"];

/// What an address asks for.
struct Wanted {
    params: HashMap<String, String>,
    asked: Asked,
}

impl Wanted {
    fn get(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name).to_owned()).filter(|value| !value.is_empty())
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
    let known = file.split_once('.').filter(|(name, kind)| {
        let mut files = FILES.iter();
        files.any(|(known, kinds)| known == name && kinds.contains(kind))
    });
    let (name, kind) = known.ok_or_else(|| AppError::not_found("file"))?;
    let table = match name {
        "volume" | "rejection" | "latency" => {
            let (charts, whose, shown) = if partner.is_empty() {
                let overview = desk::overview::read(state, &all()?, asked).await?;
                (overview.charts, "All partners".to_owned(), overview.shown)
            } else {
                let report = desk::partner::read(state, &own()?, &PartnerId::new(partner), asked).await?;
                (report.charts, report.name, report.shown)
            };
            let chart = named(charts, name);
            if kind != "csv" {
                let note = format!("{whose} · {} {}", shown.ends, shown.zone);
                return picture(charts::alone(&chart, &note), kind).await;
            }
            csv::chart(&chart)
        }
        "heat" => {
            let heat = Heat::parse(wanted.get("show"));
            let map = desk::heat::read(state, &all()?, heat, asked).await?;
            if kind != "csv" {
                let note = format!("{} {}", map.shown.ends, map.shown.zone);
                return picture(charts::heat(&map, heat, &note), kind).await;
            }
            csv::heat(&map)
        }
        "partners" => csv::partners(&desk::overview::read(state, &all()?, asked).await?),
        "feeds" => {
            let report = desk::partner::read(state, &own()?, &PartnerId::new(partner), asked).await?;
            csv::feeds(&report)
        }
        "codes" => {
            let (scope, id) = (own()?.scope(), DeliveryId::new(wanted.get("delivery")));
            let found = state.store.find_delivery(&scope, &id).await?;
            let (delivery, _) = found.ok_or_else(|| AppError::not_found("delivery"))?;
            csv::codes(&delivery.codes)
        }
        "reasons" => {
            let direction = Direction::parse(wanted.get("direction")).unwrap_or(Direction::Ingest);
            csv::reasons(&desk::reasons::read(state, &own()?, (partner, feed), direction, asked).await?)
        }
        "exports" => csv::outgoing(&desk::outgoing::read(state, &own()?, asked).await?),
        "reconciliation" => {
            let viewer = context::allow(caller.clone(), Right::Reconcile)?;
            csv::reconciliation(&desk::reconciliation::read(state, &viewer, partner, asked, true).await?)
        }
        "outcomes" => {
            let viewer = context::allow(caller.clone(), Right::ManageJobs)?;
            let job = JobId::new(wanted.get("job"));
            return Ok((CSV, long::outcomes(state, &viewer, &job).await?));
        }
        "issues" => return Ok((CSV, long::issues(state, &own()?, wanted))),
        "failures" | "quarantine" => {
            let viewer = own()?;
            let whose = wanted.some("partner").map(PartnerId::new);
            let what = "took a list of held records along";
            desk::quarantine::note_look(state, &viewer, format!("file:{file}"), whose, what).await?;
            let list = if name == "failures" {
                long::failures
            } else {
                long::quarantine
            };
            return Ok((CSV, list(state, &viewer, wanted)));
        }
        "deliveries" => return Ok((CSV, long::deliveries(state, &own()?, wanted))),
        _ => return Err(AppError::not_found("file")),
    };
    Ok((CSV, table.into()))
}

/// A picture as it is drawn, or its pixels.
async fn picture(svg: String, kind: &str) -> Result<(&'static str, Body), AppError> {
    if kind == "svg" {
        return Ok(("image/svg+xml", svg.into()));
    }
    let drawn = tokio::task::spawn_blocking(move || charts::png(&svg)).await;
    let pixels = drawn.map_err(context::internal)?.map_err(context::internal)?;
    Ok(("image/png", pixels.into()))
}

fn named(charts: Charts, name: &str) -> Chart {
    match name {
        "rejection" => charts.rejection,
        "latency" => charts.latency,
        _ => charts.volume,
    }
}
