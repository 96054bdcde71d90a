//! Wakes the islands of the page that the server sent, and opens the contract engine to scripts.

use crate::domain::contract::{Asked, Verdict};
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the script at the end of every page.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}

/// Judges a record: an [`Asked`] as JSON in, a [`Verdict`] as JSON out. It is the function that
/// the record's editor calls; a test holds it against the server's.
#[wasm_bindgen]
pub fn judge(asked: &str) -> Result<String, JsError> {
    let asked: Asked = serde_json::from_str(asked)?;
    Ok(serde_json::to_string(&Verdict::of(&asked))?)
}
