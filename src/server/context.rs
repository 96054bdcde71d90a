//! Gives a server function what it may reach: the state, the caller, the session and the reply.

use super::answers::Answers;
use super::auth;
use super::charts;
use super::clock::Clock;
use super::figures::Figures;
use super::live::Live;
use super::mail::Mailer;
use super::reasons::Reasons;
use super::store::{self, Store};
use super::trial::Trials;
use crate::domain::account::{Right, Viewer};
use crate::domain::contract::Taxonomy;
use crate::error::AppError;
use axum::extract::FromRef;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use leptos::config::LeptosOptions;
use leptos::prelude::use_context;
use leptos::server_fn::error::ServerFnUrlError;
use leptos_axum::ResponseOptions;
use reqwest::Url;
use std::sync::Arc;
use tower_sessions::Session;

/// What every request can reach. Clones share everything.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The database.
    pub store: Store,
    /// The rollups in memory.
    pub figures: Figures,
    /// What failed, as far as it was asked for since the rollups last changed.
    pub reasons: Reasons,
    /// The charts drawn last.
    pub charts: charts::Kept,
    /// What was answered a moment ago.
    pub answers: Answers,
    /// What open pages are told by.
    pub live: Live,
    /// The time.
    pub clock: Clock,
    /// Where the built site lies.
    pub options: LeptosOptions,
    /// The address people reach the site under, when a proxy stands before it.
    pub public_url: Option<Arc<str>>,
    /// What sends mail, where there is anything.
    pub mailer: Option<Mailer>,
    /// Largest file taken in, in bytes.
    pub file_max: u64,
    /// Whether pulls may reach private addresses.
    pub pull_private: bool,
    /// Where files are tried.
    pub trials: Trials,
    /// The categories there are, where they are known.
    pub taxonomy: Option<Arc<Taxonomy>>,
}

impl FromRef<AppState> for Answers {
    fn from_ref(state: &AppState) -> Self {
        state.answers.clone()
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.options.clone()
    }
}

/// Who makes a request, as `http::identify` found out.
#[derive(Debug, Clone)]
pub struct Caller(pub Option<Viewer>);

/// Where a request comes from, as far as `http::identify` found out.
#[derive(Debug, Clone, Default)]
pub struct Whence(pub auth::Origin);

/// Where the request comes from.
pub fn origin() -> auth::Origin {
    let found = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Whence>().cloned());
    found.unwrap_or_default().0
}

/// The application's state.
pub fn state() -> Result<AppState, AppError> {
    use_context().ok_or_else(|| internal("no state in this context"))
}

/// The signed-in caller, whoever it is.
pub fn caller() -> Option<Viewer> {
    use_context::<Parts>()?.extensions.get::<Caller>()?.0.clone()
}

/// The caller, if signed in and in possession of `right`. Every server function begins here.
#[expect(
    clippy::unused_async,
    reason = "server functions read alike, and this may ask the store one day"
)]
pub async fn viewer(right: Right) -> Result<Viewer, AppError> {
    allow(caller(), right)
}

/// The caller of a route that is no server function, if signed in and in possession of `right`.
pub fn allow(caller: Option<Viewer>, right: Right) -> Result<Viewer, AppError> {
    let viewer = caller.ok_or(AppError::Unauthenticated)?;
    if viewer.may(right) {
        Ok(viewer)
    } else if viewer.role == crate::domain::account::Role::Partner {
        // A partner learns of nothing but its own pages.
        Err(AppError::not_found("page"))
    } else {
        Err(AppError::Forbidden)
    }
}

/// The caller's session.
pub fn session() -> Result<Session, AppError> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<Session>().cloned())
        .ok_or_else(|| internal("no session in this context"))
}

/// Whether the request is a form posted without a script: the browser then wants a page back,
/// and the redirect that `leptos_axum` has written must stay.
pub fn is_plain_form() -> bool {
    use_context::<Parts>().is_some_and(|parts| is_plain_form_request(&parts.method, &parts.headers))
}

/// The same, asked of a request's method and headers.
pub fn is_plain_form_request(method: &Method, headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    method == Method::POST && accept.contains("text/html")
}

/// Sets the HTTP status that goes with an error and hands the result on.
pub fn reply<T>(result: Result<T, AppError>) -> Result<T, AppError> {
    if let Err(error) = &result
        && !is_plain_form()
        && let Some(response) = use_context::<ResponseOptions>()
        && let Ok(status) = StatusCode::from_u16(error.status())
    {
        response.set_status(status);
    }
    result
}

/// The same for a form of the page at `path`, sent to the function at `call`. One that is posted
/// without a script and refused for one of its fields leads back to the page with what was typed
/// in the address, beside the refusal, so that nobody types it again.
pub fn reply_to_form<'t, T>(
    call: &str,
    path: &str,
    typed: impl IntoIterator<Item = (&'t str, &'t str)>,
    result: Result<T, AppError>,
) -> Result<T, AppError> {
    if let Err(error @ AppError::Invalid { .. }) = &result
        && is_plain_form()
        && let Some(back) = back(call, path, typed, error)
    {
        go(&back);
    }
    reply(result)
}

/// The address of the page with what was typed in it and, as Leptos expects it there, the refusal.
fn back<'t>(
    call: &str,
    path: &str,
    typed: impl IntoIterator<Item = (&'t str, &'t str)>,
    error: &AppError,
) -> Option<String> {
    // No field takes more; a proxy might refuse an address that is longer by far.
    const LONGEST: usize = 600;
    let mut page = Url::parse("http://site.invalid").ok()?;
    page.set_path(path);
    page.query_pairs_mut()
        .extend_pairs(typed.into_iter().filter(|(_, value)| value.len() <= LONGEST));
    let page = ServerFnUrlError::new(call, error.clone())
        .to_url(page.as_str())
        .ok()?;
    Some(format!("{}?{}", page.path(), page.query()?))
}

/// Goes to another page of this site after a form.
pub fn go(path: &str) {
    leptos_axum::redirect(path);
}

/// Logs a cause once, and gives the error that people see in its place.
pub fn internal(cause: impl std::fmt::Display) -> AppError {
    let reference: String = uuid::Uuid::new_v4()
        .simple()
        .to_string()
        .chars()
        .take(6)
        .collect();
    tracing::error!(error.reference = %reference, "a request failed: {cause:#}");
    AppError::Internal { reference }
}

impl From<store::Error> for AppError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unavailable(cause) => {
                tracing::warn!("the database does not answer: {cause}");
                Self::Unavailable
            }
            store::Error::Conflict { what } => {
                Self::conflict(format!("{what} has changed meanwhile. Look at it again."))
            }
            other => internal(other),
        }
    }
}

impl From<auth::Error> for AppError {
    fn from(error: auth::Error) -> Self {
        match error {
            auth::Error::Store(error) => error.into(),
            // The session store has no error of its own but the database's.
            auth::Error::Session(cause) => {
                tracing::warn!("the session could not be read: {cause}");
                Self::Unavailable
            }
        }
    }
}
