//! Wakes the islands of the page that the server sent.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the script at the end of every page.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
