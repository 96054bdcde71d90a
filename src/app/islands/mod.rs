//! Holds what runs in the browser; everything else of [`crate::app`] is drawn by the server alone.
//!
//! An island is woken where the server left it in the page, from the few plain values it was
//! given, and knows nothing of the page around it. Its code, and what that reaches, is all the
//! wasm there is, so each stays small, and each leaves a page that works when it never wakes.
//!
//! To add one: a file here with an `#[island]`, whose arguments are what it needs to know.

mod follow;
mod judged;
mod live;
mod morph;
mod refresh;

pub use follow::Follow;
pub use judged::{Judged, Remarks};
pub use live::Live;
