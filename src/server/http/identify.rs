//! Finds out who makes a request, once, and sends who is not signed in to the sign-in page.
//!
//! Server functions answer for themselves (`context::viewer`); this only spares people a page
//! that says they are signed out.

use super::failed;
use crate::domain::account::{Role, Viewer};
use crate::domain::format::url_value;
use crate::error::AppError;
use crate::server::auth;
use crate::server::context::{AppState, Caller};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use tower_sessions::Session;

/// Adds [`Caller`] to the request.
pub(super) async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let Some(session) = request.extensions().get::<Session>().cloned() else {
        return failed::page(&AppError::Unavailable);
    };
    let viewer = match auth::identify(&state.store, &session).await {
        Ok(viewer) => viewer,
        Err(error) => {
            let error = AppError::from(error);
            return failed::answer(request.uri().path(), &error);
        }
    };
    if let Some(elsewhere) = elsewhere(
        viewer.as_ref(),
        request.method(),
        request.uri().path(),
        request.uri().query(),
    ) {
        return Redirect::to(&elsewhere).into_response();
    }
    request.extensions_mut().insert(Caller(viewer));
    next.run(request).await
}

/// Where a page request goes instead, if anywhere.
fn elsewhere(viewer: Option<&Viewer>, method: &Method, path: &str, query: Option<&str>) -> Option<String> {
    let is_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if method != Method::GET || path.starts_with("/api/") || is_file {
        return None;
    }
    match viewer {
        None if path != "/sign-in" => {
            let next = query.map_or_else(|| path.to_owned(), |q| format!("{path}?{q}"));
            Some(format!("/sign-in?next={}", url_value(&next)))
        }
        Some(viewer) if path == "/sign-in" || (path == "/" && viewer.role == Role::Partner) => {
            Some(viewer.home()).filter(|home| home != path)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{PartnerId, UserId};

    #[test]
    fn who_is_not_signed_in_comes_back_to_where_they_wanted_to_go() {
        let to = elsewhere(None, &Method::GET, "/quarantine", Some("partner=a&code=X"));
        assert_eq!(
            to.as_deref(),
            Some("/sign-in?next=/quarantine%3Fpartner%3Da%26code%3DX")
        );
        assert_eq!(elsewhere(None, &Method::GET, "/sign-in", None), None);
        assert_eq!(elsewhere(None, &Method::GET, "/favicon.svg", None), None);
        assert_eq!(elsewhere(None, &Method::POST, "/api/sign_in", None), None);
    }

    #[test]
    fn a_partner_lands_on_its_own_page() {
        let viewer = Viewer {
            id: UserId::new("u"),
            email: String::new(),
            name: String::new(),
            role: Role::Partner,
            partners: vec![PartnerId::new("acme")],
        };
        assert_eq!(
            elsewhere(Some(&viewer), &Method::GET, "/", None).as_deref(),
            Some("/partners/acme")
        );
        assert_eq!(elsewhere(Some(&viewer), &Method::GET, "/quarantine", None), None);
    }
}
