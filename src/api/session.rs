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
