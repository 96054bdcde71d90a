//! Answers what was answered a moment ago, without asking anybody again: the pages of figures that
//! many people have open, which all ask for them at the same instant when news come.
//!
//! It stands before everything that costs time, the session and the packing of the answer among
//! it. So what a caller may see is looked up at most a second before it is shown; whatever is
//! written through this process ([`Answers::outdate`]) counts at once. What is good how long:
//! [`crate::server::answers`].

use crate::server::answers::{Answer, Answers, Question};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Instant;

/// Pages whose answers are kept. Those with one person's work on them are not among these.
fn is_kept(path: &str) -> bool {
    let of_a_partner = |path: &str| {
        path.strip_prefix("/partners/")
            .is_some_and(|slug| !slug.contains('/'))
    };
    matches!(path, "/" | "/reasons" | "/exports" | "/heat") || of_a_partner(path)
}

/// Answers from what is kept, or keeps what is answered.
pub(super) async fn ready(State(answers): State<Answers>, request: Request, next: Next) -> Response {
    if !answers.keeps() {
        return next.run(request).await;
    }
    if !request.method().is_safe() {
        // Twice: what is read while it is being written may be of before or of after.
        answers.outdate();
        let response = next.run(request).await;
        answers.outdate();
        return response;
    }
    let Some(question) = question(&request) else {
        return next.run(request).await;
    };
    let place = answers.place(question);
    if let Some(answer) = answers.find(&place) {
        return answer.into_response();
    }
    let drawing = place.drawing.lock().await;
    // Somebody else has drawn it meanwhile.
    if let Some(answer) = answers.find(&place) {
        return answer.into_response();
    }
    let (version, begun) = (answers.version(), Instant::now());
    let (parts, body) = next.run(request).await.into_parts();
    if !is_good(parts.status, &parts.headers) {
        return Response::from_parts(parts, body);
    }
    let body = match axum::body::to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => {
            tracing::warn!("a page broke off while it was drawn: {error}");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut headers = parts.headers;
    headers.remove(header::TRANSFER_ENCODING);
    let answer = Answer {
        status: parts.status,
        headers,
        body,
    };
    answers.keep(&place, version, begun, answer.clone());
    drop(drawing);
    answer.into_response()
}

/// What is asked, if it is something whose answer may be kept: a page of those, by somebody who
/// may be signed in, and not with the wish to have it anew.
fn question(request: &Request) -> Option<Question> {
    let uri = request.uri();
    if request.method() != Method::GET || !is_kept(uri.path()) {
        return None;
    }
    let headers = request.headers();
    let of = |name: HeaderName| {
        headers
            .get_all(name)
            .iter()
            .flat_map(|value| value.as_bytes().iter().copied().chain([b'\n']))
            .collect::<Vec<u8>>()
    };
    let anew = of(header::CACHE_CONTROL);
    if anew.windows(8).any(|part| part == b"no-cache") || !headers.contains_key(header::COOKIE) {
        return None;
    }
    Some(Question {
        cookies: of(header::COOKIE),
        address: uri.to_string(),
        encodings: of(header::ACCEPT_ENCODING),
    })
}

/// Whether an answer may be given to the same asker again.
fn is_good(status: StatusCode, headers: &HeaderMap) -> bool {
    let says = |name: HeaderName, word: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.contains(word))
    };
    status == StatusCode::OK
        && says(header::CONTENT_TYPE, "text/html")
        && !says(header::CACHE_CONTROL, "no-store")
        && !headers.contains_key(header::SET_COOKIE)
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, headers: &[(HeaderName, &str)]) -> Option<Question> {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| {
            request.header(name, *value)
        });
        question(&request.body(Body::empty()).expect("a request"))
    }

    #[test]
    fn pages_of_figures_are_kept_for_those_who_are_signed_in() {
        let cookie = (header::COOKIE, "feedgate=abc");
        for path in [
            "/",
            "/?range=7d",
            "/partners/acme",
            "/reasons",
            "/heat",
            "/exports",
        ] {
            assert!(asked(path, std::slice::from_ref(&cookie)).is_some(), "{path}");
            assert!(asked(path, &[]).is_none(), "{path}, nobody's");
        }
        for path in [
            "/quarantine",
            "/jobs/x",
            "/feeds/a/b",
            "/live",
            "/export/feeds.csv",
            "/partners/acme/report",
        ] {
            assert!(asked(path, std::slice::from_ref(&cookie)).is_none(), "{path}");
        }
        let anew = (header::CACHE_CONTROL, "no-cache");
        assert!(asked("/", &[cookie.clone(), anew]).is_none());
        let (plain, packed) = (
            asked("/", std::slice::from_ref(&cookie)),
            asked("/", &[cookie.clone(), (header::ACCEPT_ENCODING, "br")]),
        );
        assert_ne!(plain, packed, "they are answered with other bytes");
        let other = asked("/", &[(header::COOKIE, "feedgate=def")]);
        assert_ne!(plain, other, "they may see something else");
    }
}
