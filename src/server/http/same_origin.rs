//! Refuses writes that another site makes a browser send.
//!
//! A browser says where a request comes from: `Sec-Fetch-Site`, or at least `Origin`. An unsafe
//! request must come from this very site. One that says neither was not sent by a browser, and
//! so carries nobody's cookie against their will. Needs no token, so plain forms just work.

use crate::server::context::AppState;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Lets safe requests through, and unsafe ones of our own pages.
pub(super) async fn same_origin(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own(request.headers(), state.public_url.as_deref()) {
        next.run(request).await
    } else {
        let words =
            "This request came from another site and was refused. Open feedgate itself and try again.\n";
        (StatusCode::FORBIDDEN, words).into_response()
    }
}

fn is_own(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let text = |name: header::HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = text(header::ORIGIN) else {
        return true;
    };
    if let Some(url) = public_url {
        return origin == url.trim_end_matches('/');
    }
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == text(header::HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(k, v)| (header::HeaderName::from_static(k), v.parse().expect("a value")))
            .collect()
    }

    #[test]
    fn only_our_own_pages_may_write() {
        type Case = (
            &'static [(&'static str, &'static str)],
            Option<&'static str>,
            bool,
        );
        let cases: [Case; 9] = [
            (&[("sec-fetch-site", "same-origin")], None, true),
            (&[("sec-fetch-site", "none")], None, true),
            (&[("sec-fetch-site", "cross-site")], None, false),
            (&[("sec-fetch-site", "same-site")], None, false),
            (&[("origin", "http://a:1"), ("host", "a:1")], None, true),
            (&[("origin", "http://b:1"), ("host", "a:1")], None, false),
            (&[("origin", "null"), ("host", "a:1")], None, false),
            (
                &[("origin", "https://feeds.example"), ("host", "10.0.0.1")],
                Some("https://feeds.example/"),
                true,
            ),
            (&[("host", "a:1")], None, true),
        ];
        for (given, public_url, expected) in cases {
            assert_eq!(is_own(&headers(given), public_url), expected, "{given:?}");
        }
    }
}
