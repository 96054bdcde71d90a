//! Draws the pages. (Owned by the pages' author; this is the door.)

use leptos::prelude::*;

/// The whole document around a page.
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    view! { <!DOCTYPE html> <html lang="en"><body><App/></body></html> }
}

/// The application.
#[component]
pub fn App() -> impl IntoView {
    view! { <p>"feedgate"</p> }
}
