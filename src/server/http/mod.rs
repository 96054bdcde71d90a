//! Answers HTTP: puts pages, server functions, files and machine routes behind one stack of
//! layers.
//!
//! From the outside in: what was answered a moment ago is answered again ([`ready`]), panics become 500, responses are compressed and carry security headers,
//! writes from other sites are refused, sessions are loaded, the caller is identified, and a
//! request that the database keeps waiting is answered in time. Next to the handlers, what another
//! page left on the thread is put away ([`alone`]). The order matters: nothing
//! below `identify` asks who is there. What programs ask for ([`v1`]) and what operators do have
//! no sessions and stand beside that.

mod access;
mod alone;
mod built;
mod export;
mod failed;
mod health;
mod identify;
mod live;
mod policy;
mod ready;
mod same_origin;
mod token;
mod trial;
mod upload;
mod v1;

pub use export::FILES;

use crate::app::App;
use crate::server::auth;
use crate::server::context::AppState;
use crate::server::store::LONGEST;
use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, Request, header};
use axum::middleware;
use axum::routing::{get, post};
use leptos::prelude::provide_context;
use leptos_axum::{AxumRouteListing, ErrorHandler, LeptosRoutes, generate_route_list};
use std::sync::LazyLock;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

/// How hard answers are packed: a step more than is usual, for what is kept ready is packed once.
const PACKED: i32 = 5;
/// Largest body of a form or server function, in bytes.
const BODY_MAX: usize = 2 * 1024 * 1024;

/// The routes of the pages, looked for once and before anything is answered. While leptos looks
/// for them, no resource of the whole process is loaded, and one that is first asked for
/// meanwhile never is: its page would stand still (leptos, issue 4773).
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
static PAGES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// The routes of the pages, as the router writes them.
pub fn pages() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(AxumRouteListing::path)
}

/// The whole site. `secure_cookies` is for wherever https is used.
pub fn router(state: AppState, secure_cookies: bool) -> Router {
    let sessions = SessionManagerLayer::new(auth::session_store(&state.store, &state.clock))
        .with_name("feedgate")
        .with_same_site(SameSite::Lax)
        .with_http_only(true)
        .with_secure(secure_cookies)
        // The store looks at both ends itself; a cookie need not last longer.
        .with_expiry(Expiry::OnInactivity(time::Duration::seconds(
            LONGEST.num_seconds(),
        )));
    let provide = {
        let state = state.clone();
        move || provide_context(state.clone())
    };
    let options = state.options.clone();
    let pages = Router::<AppState>::new()
        .leptos_routes_with_context(&state, PAGES.clone(), provide.clone(), {
            let options = options.clone();
            move || policy::page(options.clone())
        })
        .route("/live", get(live::live))
        .route("/token/{partner}/{feed}", post(token::make))
        .route("/feeds/{partner}/{feed}/try/progress", get(trial::progress))
        .route("/access/invite", post(access::invite))
        .route("/access/{person}/link", post(access::link))
        .route("/export/{file}", get(export::export))
        .fallback_service(ErrorHandler::new_with_context(
            provide,
            policy::page,
            options.clone(),
        ))
        .layer(middleware::from_fn(alone::alone))
        .layer(middleware::from_fn_with_state(state.clone(), identify::identify))
        .layer(middleware::from_fn(failed::unreadable))
        .layer(sessions.clone())
        .layer(middleware::from_fn_with_state(
            state.store.clone(),
            failed::in_time,
        ))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            same_origin::same_origin,
        ))
        .layer(RequestBodyLimitLayer::new(BODY_MAX));
    // The same but for two: a file may take its time, and is counted as it comes.
    let uploads = Router::<AppState>::new()
        .route("/upload/{partner}/{feed}", post(upload::upload))
        .route("/feeds/{partner}/{feed}/try", post(trial::attempt))
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(state.clone(), identify::identify))
        .layer(sessions)
        .layer(middleware::from_fn_with_state(
            state.clone(),
            same_origin::same_origin,
        ));
    let files = Router::<AppState>::new()
        .nest_service(
            &format!("/{}", options.site_pkg_dir),
            built::for_good(&options.site_root),
        )
        .merge(built::anew(&options))
        .merge(built::at_the_root(&options.site_root))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .nest("/api/v1", v1::router());
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    let answers = state.answers.clone();
    let (https, only) = policy::HTTPS_ONLY;
    let https = secure_cookies.then(|| header(https, only));
    Router::new()
        .merge(files)
        .merge(uploads)
        .merge(pages)
        .with_state(state)
        .layer(tower::util::option_layer(https))
        .layer(header(header::CONTENT_SECURITY_POLICY, policy::STRICT))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(PACKED)))
        .layer(middleware::from_fn_with_state(answers, ready::ready))
        .layer(CatchPanicLayer::custom(failed::panicked))
        .layer(TraceLayer::new_for_http().make_span_with(span))
}

/// What is logged of a request: never its parameters, nor the secret in the address of a link.
fn span(request: &Request<Body>) -> tracing::Span {
    let path = request.uri().path();
    let path = if path.starts_with("/password/") {
        "/password/…"
    } else {
        path
    };
    tracing::debug_span!("request", http.method = %request.method(), http.path = path)
}
