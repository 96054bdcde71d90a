//! Hands out the built files, packed ones first: for good under the name of their build, and to be
//! asked after each time without it ([`crate::server::site`]); and the few that stand at the root.

use crate::server::context::AppState;
use crate::server::site::PKG;
use axum::Router;
use axum::http::{HeaderValue, Response, header};
use leptos::config::LeptosOptions;
use std::path::Path;
use tower_http::services::fs::ServeFileSystemResponseBody;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeader;

/// What a browser may do with an answer.
type Says = fn(&Response<ServeFileSystemResponseBody>) -> Option<HeaderValue>;

/// Under the name of the build: a browser need never ask again.
pub(super) fn for_good(root: &str) -> SetResponseHeader<ServeDir, Says> {
    // One that is not there may be there some day.
    files(root, |answer| {
        let says = if answer.status().is_client_error() {
            "no-cache"
        } else {
            "public, max-age=31536000, immutable"
        };
        Some(HeaderValue::from_static(says))
    })
}

/// The same files without that name, for pages that stand on their own; nothing where no build has
/// a name.
pub(super) fn anew(options: &LeptosOptions) -> Router<AppState> {
    if *options.site_pkg_dir == *PKG {
        return Router::new();
    }
    let files = files(&options.site_root, |_| Some(HeaderValue::from_static("no-cache")));
    Router::new().nest_service(&format!("/{PKG}"), files)
}

/// What browsers and programs look for at the root.
pub(super) fn at_the_root(root: &str) -> Router<AppState> {
    ["icon.svg", "robots.txt"]
        .iter()
        .fold(Router::new(), |routes, name| {
            let file = ServeFile::new(Path::new(root).join(name));
            routes.route_service(&format!("/{name}"), file)
        })
}

fn files(root: &str, says: Says) -> SetResponseHeader<ServeDir, Says> {
    let files = ServeDir::new(Path::new(root).join(PKG))
        .precompressed_br()
        .precompressed_gzip();
    SetResponseHeader::if_not_present(files, header::CACHE_CONTROL, says)
}
