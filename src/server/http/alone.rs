//! Lets no request see what another one keeps.
//!
//! What a page that is being drawn knows (who asks, what its answer says) hangs on an owner, and
//! leptos leaves the last one current on its thread. The owner of a server function that begins on
//! that thread would be its child, and look there for what it has not got itself: what came of
//! somebody else's trial, say.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use leptos::prelude::Owner;

/// Hands a request on with nobody's owner current. It stands next to the handlers: between it and
/// them nothing waits.
pub(super) async fn alone(request: Request, next: Next) -> Response {
    if let Some(owner) = Owner::current() {
        owner.unset();
    }
    next.run(request).await
}
