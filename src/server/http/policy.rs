//! Tells the browser what a page of ours may do, so that text which somebody managed to have taken
//! for markup does nothing.
//!
//! A script runs when it comes from here as a file, or carries the page's nonce, which is another
//! for each answer. Nothing is framed, no form leads elsewhere, and what is no page may do nothing.

use crate::app::shell;
use axum::http::{HeaderName, HeaderValue, header};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

/// What an answer that is no page of the application may do: have our style, and our icon.
pub(super) const STRICT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                                 frame-ancestors 'none'";
/// For a year, a browser that has seen the site over https comes over nothing else.
pub(super) const HTTPS_ONLY: (HeaderName, &str) = (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");

/// The document of a page, with what it may do in the answer's head.
pub(super) fn page(options: LeptosOptions) -> impl IntoView {
    if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) {
        let policy = format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        if let Ok(policy) = HeaderValue::try_from(policy) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    shell(options)
}
