//! Shows a rule's code, which leads to its page wherever it stands.

use crate::app::link;
use leptos::prelude::*;

/// The code as a link to what it means.
#[component]
pub fn RuleCode(
    /// The code, such as `GTIN_CHECK`.
    #[prop(into)]
    code: String,
) -> impl IntoView {
    let href = link::rule(&code).href();
    view! {
        <a class="rule" href=href title="What this rule means">
            {code}
        </a>
    }
    .into_any()
}
