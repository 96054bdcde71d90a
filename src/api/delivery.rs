//! Answers for the list of deliveries and for one delivery.

use crate::domain::delivery::Delivery;
use crate::domain::ids::{DeliveryId, PartnerId};
use crate::domain::query::{Asked, Page, Shown};
use crate::domain::report::Sample;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One page of deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryList {
    /// The stretch of time, when one was asked for.
    pub shown: Option<Shown>,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The rows, newest first.
    pub page: Page<Delivery>,
    /// Those of the rows that a worker gave up.
    pub given_up: Vec<DeliveryId>,
    /// Partners within the caller's scope: slug and name.
    pub partners: Vec<(PartnerId, String)>,
}

/// A delivery whose job failed too often, so that nobody works on it any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed; for those who may have it tried again.
    pub error: Option<String>,
    /// Whether the caller may.
    pub may_retry: bool,
}

/// One delivery and what is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryView {
    /// The audit log entry.
    pub delivery: Delivery,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// Examples of what failed, in the order of the file.
    pub samples: Vec<Sample>,
    /// Its held records that still wait for somebody.
    pub open: u64,
    /// Its held records in all.
    pub held: u64,
    /// Whether a gate holds it and the caller may rule on that.
    pub may_rule: bool,
    /// That a worker gave it up, and why.
    pub given_up: Option<GivenUp>,
    /// Whether its file is kept here, so that a worker can take it in once it is released.
    pub is_kept: bool,
}

/// Lists deliveries, newest first, narrowed by whatever is not empty.
#[server(endpoint = "list_deliveries")]
pub async fn list_deliveries(
    #[server(default)] partner: String,
    #[server(default)] feed: String,
    #[server(default)] status: String,
    #[server(default)] direction: String,
    #[server(default)] code: String,
    #[server(default)] asked: Asked,
    #[server(default)] after: String,
) -> Result<DeliveryList, AppError> {
    use crate::domain::account::Right;
    use crate::domain::delivery::Status;
    use crate::domain::{ids, query};
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            let filter = query::DeliveryFilter {
                partner: (!partner.is_empty()).then(|| PartnerId::new(partner)),
                feed: (!feed.is_empty()).then(|| ids::FeedId::new(feed)),
                status: Status::parse(&status),
                code: (!code.is_empty()).then_some(code),
                ..query::DeliveryFilter::going(&direction)
            };
            desk::delivery::list(&viewer, filter, &asked, &after).await
        }
        .await,
    )
}

/// Reads one delivery.
#[server(endpoint = "read_delivery")]
pub async fn read_delivery(id: String) -> Result<DeliveryView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::delivery::read(&viewer, &DeliveryId::new(id)).await
        }
        .await,
    )
}

/// Rules on a delivery that a gate holds, and goes back to it. `ruling` is `release`, and a worker
/// takes it in after all, or `refuse`, and nothing of it ever takes effect.
#[server(endpoint = "rule_on_delivery")]
pub async fn rule_on_delivery(
    id: String,
    #[server(default)] ruling: String,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::RuleOnHold).await?;
            desk::hold::rule(&viewer, &DeliveryId::new(id), &ruling, &reason).await
        }
        .await,
    )
}
