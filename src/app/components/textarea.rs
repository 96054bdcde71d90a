//! Writes what stands in a field of several lines.

use crate::domain::format::escape;

/// The text of a `<textarea>`. Leptos writes into one what it is given, markup and all, and a
/// browser leaves the first line break out; so the text is escaped here, behind a line break.
pub fn in_textarea(text: &str) -> String {
    format!("\n{}", escape(text))
}
