//! Finds out who makes a request, once, and sends who is not signed in to the sign-in page.
//!
//! Server functions answer for themselves (`context::viewer`); this only spares people a page
//! that says they are signed out.

use super::failed;
use crate::domain::account::{Role, Viewer};
use crate::domain::format::url_value;
use crate::error::AppError;
use crate::server::auth;
use crate::server::context::{AppState, Caller, Whence};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
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
    let socket = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    let agent = request.headers().get(header::USER_AGENT);
    let origin = auth::Origin {
        address: address(socket, request.headers(), state.public_url.is_some()),
        agent: agent.and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned(),
    };
    request.extensions_mut().insert(Whence(origin));
    request.extensions_mut().insert(Caller(viewer));
    next.run(request).await
}

/// The address a request comes from. Behind a proxy it is the one that the proxy itself wrote
/// down, last; what stands before that, anybody may have written. Of a newer address the network
/// counts, for whoever has one has all of it.
fn address(socket: Option<IpAddr>, headers: &HeaderMap, behind: bool) -> String {
    let written = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .filter(|_| behind)
        .and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    match written.or(socket).map(|address| address.to_canonical()) {
        None => String::new(),
        Some(IpAddr::V4(v4)) => v4.to_string(),
        Some(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Where a page request goes instead, if anywhere.
fn elsewhere(viewer: Option<&Viewer>, method: &Method, path: &str, query: Option<&str>) -> Option<String> {
    let is_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    // A stream of news that ends in a page is an error to whoever waits for it.
    if method != Method::GET || path.starts_with("/api/") || path == "/live" || is_file {
        return None;
    }
    match viewer {
        None if path != "/sign-in" && !path.starts_with("/password/") => {
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
        assert_eq!(elsewhere(None, &Method::GET, "/password/abc", None), None);
        assert_eq!(elsewhere(None, &Method::GET, "/live", None), None);
    }

    #[test]
    fn nobody_chooses_the_address_they_come_from() {
        let socket: Option<IpAddr> = "10.0.0.1".parse().ok();
        let mut headers = HeaderMap::new();
        let forged = "1.2.3.4, 203.0.113.9".parse().expect("a value");
        headers.insert("x-forwarded-for", forged);
        assert_eq!(address(socket, &headers, false), "10.0.0.1");
        assert_eq!(address(socket, &headers, true), "203.0.113.9");
        let newer = "2001:db8:1:2:3:4:5:6".parse().ok();
        assert_eq!(address(newer, &HeaderMap::new(), true), "2001:db8:1:2::/64");
        let older = "::ffff:10.0.0.1".parse().ok();
        assert_eq!(address(older, &HeaderMap::new(), false), "10.0.0.1");
    }

    #[test]
    fn a_partner_lands_on_its_own_page() {
        let viewer = Viewer {
            id: UserId::new("u"),
            email: String::new(),
            name: String::new(),
            role: Role::Partner,
            partners: vec![PartnerId::new("acme")],
            guise: None,
        };
        assert_eq!(
            elsewhere(Some(&viewer), &Method::GET, "/", None).as_deref(),
            Some("/partners/acme/report")
        );
        assert_eq!(elsewhere(Some(&viewer), &Method::GET, "/quarantine", None), None);
    }
}
