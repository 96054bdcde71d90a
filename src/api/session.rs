//! Signs people in and out.

use crate::domain::account::Viewer;
use crate::error::AppError;
use leptos::prelude::*;

/// Who is signed in, if anybody.
#[server(endpoint = "read_viewer")]
pub async fn read_viewer() -> Result<Option<Viewer>, AppError> {
    use crate::server::{context, desk};
    context::reply(desk::session::current().await)
}

/// Signs in and goes to `next`, or home when it does not lie on this site.
#[server(endpoint = "sign_in")]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    use crate::server::{context, desk};
    context::reply(desk::session::sign_in(&email, &password, &next).await)
}

/// Signs out and goes to the sign-in page.
#[server(endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), AppError> {
    use crate::server::{context, desk};
    context::reply(desk::session::sign_out().await)
}

/// Looks at pages as a partner sees them, without changing anything, and goes to its report.
#[server(endpoint = "view_as")]
pub async fn view_as(partner: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::domain::ids::PartnerId;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewAsPartner).await?;
            desk::session::view_as(&viewer, &PartnerId::new(partner)).await
        }
        .await,
    )
}

/// Is oneself again, and goes to the partner's page.
#[server(endpoint = "end_view")]
pub async fn end_view() -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::session::end_view(&viewer).await
        }
        .await,
    )
}
