//! Offers staff and the partner itself a form to send a file of the feed with.
//!
//! The form works by itself. `public/forms.js` sends it in its stead where scripts run, so that
//! one sees how far it is.

use crate::domain::format;
use crate::domain::ids::FeedId;
use leptos::prelude::*;

/// The form; `file_max` is the largest file taken, in bytes.
pub(super) fn form(id: &FeedId, file_max: u64) -> AnyView {
    let limit = format!(
        "{} MB at most, packed or not",
        format::count(file_max / 1_000_000)
    );
    view! {
        <section class="card send" aria-labelledby="send">
            <h2 id="send">"Send a file"</h2>
            <form
                method="post"
                enctype="multipart/form-data"
                action=format!("/upload/{id}")
                data-upload=file_max.to_string()
            >
                <label class="field">
                    <span>"File"</span>
                    <input type="file" name="file" required=true aria-describedby="send-limit"/>
                </label>
                <button>"Send it"</button>
                <span id="send-limit" class="muted">
                    {limit}
                </span>
                <progress max="100" value="0" aria-label="How much of the file is sent" hidden=true></progress>
                <output aria-live="polite"></output>
            </form>
        </section>
    }
    .into_any()
}
