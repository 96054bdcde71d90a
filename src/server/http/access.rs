//! Makes the links by which people set their password. Where a server for mail is named, each is
//! mailed; else, and where that fails, it is shown once: then the answer to the form is the only
//! place where its text ever stands, so nothing on the way may keep it.

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
        Ok((account, link)) => handed_over(&state, &headers, &account, &link).await,
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
        Ok((account, link)) => handed_over(&state, &headers, &account, &link).await,
        Err(error) => failed::form(&error, "/access"),
    })
}

fn private(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Mails the link where that can be done, and says so; else shows it.
async fn handed_over(state: &AppState, headers: &HeaderMap, account: &Account, link: &Link) -> Response {
    let site = state.public_url.as_deref().map_or_else(
        || {
            let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
            host.map(|host| format!("http://{host}")).unwrap_or_default()
        },
        |url| url.trim_end_matches('/').to_owned(),
    );
    let address = format!("{site}/password/{}", link.text);
    // What a browser calls this site goes into no mail: it says what it likes.
    let Some(mailer) = state.mailer.as_ref().filter(|_| state.public_url.is_some()) else {
        return shown_once(&address, account, link, "");
    };
    let (person, until) = (&account.viewer, format::instant(link.until));
    let text = format!(
        "Hello {},\n\nopen this address to set the password of your feedgate account at {site}:\n\n{address}\n\n\
         It works once, until {until}. Whoever opens it sets the password, so give it to nobody. If you expected no such \
         mail, leave it be: nothing happens until the address is opened.\n",
        person.name
    );
    let subject = "Set your password for feedgate";
    match mailer.send(&person.name, &person.email, subject, text).await {
        Ok(()) => mailed(account, &until),
        Err(error) => {
            tracing::warn!(user.id = %person.id, "a link could not be mailed: {error:#}");
            let why = format!("<p>It could not be mailed: {}.</p>", escape(format!("{error:#}")));
            shown_once(&address, account, link, &why)
        }
    }
}

/// The page that says where the link went.
fn mailed(account: &Account, until: &str) -> Response {
    let person = &account.viewer;
    let (email, id, until) = (escape(&person.email), escape(person.id.as_str()), escape(until));
    Html(failed::document(
        "",
        &format!(
            "<h1>A link is on its way to {email}</h1><p>Whoever opens it sets the password of the account. It works once, \
             until {until}, and every link made before works no more. Where no mail arrives, make another.</p>\
             <p><a class=\"button\" href=\"/access/{id}\">Back to the account</a></p>"
        ),
    ))
    .into_response()
}

/// The page with the link; `why` is why it stands here, where it should not.
fn shown_once(address: &str, account: &Account, link: &Link, why: &str) -> Response {
    let (person, address) = (&account.viewer, escape(address));
    let (name, email, id) = (
        escape(&person.name),
        escape(&person.email),
        escape(person.id.as_str()),
    );
    let until = escape(format::instant(link.until));
    Html(failed::document(
        "",
        &format!(
            "<h1>A link for {name}</h1>{why}<p><code id=\"link\">{address}</code></p>\
             <p>Copy it now and send it to {email} yourself: it is shown this once and kept nowhere. Whoever opens it sets \
             the password of the account. It works once, until {until}, and every link made before works no more.</p>\
             <p><a class=\"button\" href=\"/access/{id}\">Back to the account</a></p>"
        ),
    ))
    .into_response()
}
