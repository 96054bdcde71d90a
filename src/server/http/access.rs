//! Makes the links by which people set their password, and shows each once: the answer to the
//! form is the only place where its text ever stands, so nothing on the way may keep it.

use super::failed;
use crate::api::access::PersonWish;
use crate::domain::account::Right;
use crate::domain::format::{self, escape};
use crate::domain::ids::UserId;
use crate::server::context::{self, AppState, Caller};
use crate::server::desk::access::{self, Link};
use crate::server::store::Account;
use axum::extract::{Extension, Form, Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};

/// `POST /access/invite`
pub(super) async fn invite(
    State(state): State<AppState>,
    Extension(Caller(caller)): Extension<Caller>,
    headers: HeaderMap,
    Form(wish): Form<PersonWish>,
) -> Response {
    let made = async {
        let viewer = context::allow(caller, Right::ManageUsers)?;
        access::invite(&state, &viewer, &wish).await
    }
    .await;
    private(match made {
        Ok((account, link)) => shown_once(&state, &headers, &account, &link),
        Err(error) => failed::form(&error, "/access"),
    })
}

/// `POST /access/{person}/link`
pub(super) async fn link(
    State(state): State<AppState>,
    Extension(Caller(caller)): Extension<Caller>,
    Path(person): Path<String>,
    headers: HeaderMap,
) -> Response {
    let id = UserId::new(person);
    let made = async {
        let viewer = context::allow(caller, Right::ManageUsers)?;
        access::new_link(&state, &viewer, &id).await
    }
    .await;
    private(match made {
        Ok((account, link)) => shown_once(&state, &headers, &account, &link),
        Err(error) => failed::form(&error, "/access"),
    })
}

fn private(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The page with the link.
fn shown_once(state: &AppState, headers: &HeaderMap, account: &Account, link: &Link) -> Response {
    let site = state.public_url.as_deref().map_or_else(
        || {
            let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
            host.map(|host| format!("http://{host}")).unwrap_or_default()
        },
        |url| url.trim_end_matches('/').to_owned(),
    );
    let address = escape(&format!("{site}/password/{}", link.text));
    let person = &account.viewer;
    let (name, email, id) = (
        escape(&person.name),
        escape(&person.email),
        escape(person.id.as_str()),
    );
    let until = escape(&format::instant(link.until));
    Html(failed::document(
        "",
        &format!(
            "<h1>A link for {name}</h1><p><code id=\"link\">{address}</code></p>\
             <p>Copy it now and send it to {email} yourself: it is shown this once and kept nowhere. Whoever opens it sets \
             the password of the account. It works once, until {until}, and every link made before works no more.</p>\
             <p><a class=\"button\" href=\"/access/{id}\">Back to the account</a></p>"
        ),
    ))
    .into_response()
}
