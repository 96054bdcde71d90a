//! Lists what fails, in sentences that lead to their rules.

use super::badge::SeverityBadge;
use super::rule::RuleCode;
use crate::domain::format::count;
use crate::domain::violation::{Severity, Violation};
use leptos::prelude::*;

/// The list, each with the value that would pass where one is sure; nothing when nothing fails.
#[component]
pub fn Violations(
    /// What fails.
    failing: Vec<Violation>,
    /// Where a suggestion can be taken over, if anywhere.
    #[prop(optional)]
    adopt: Option<String>,
) -> impl IntoView {
    if failing.is_empty() {
        return ().into_any();
    }
    let items: Vec<_> = failing
        .into_iter()
        .map(|violation| {
            let suggestion = violation
                .suggestion
                .map(|suggestion| suggested(suggestion, adopt.clone()));
            let place = violation.place.map(|place| {
                let line = place.line.map(|line| format!("line {}, ", count(line)));
                view! { <p class="muted small">{format!("{}{place}", line.unwrap_or_default())}</p> }
            });
            view! {
                <li>
                    <p>
                        {violation.message} " " <RuleCode code=violation.code.into_owned()/>
                        {(violation.severity != Severity::Error)
                            .then(|| view! { " " <SeverityBadge severity=violation.severity/> })}
                    </p>
                    {place}
                    {suggestion}
                </li>
            }
        })
        .collect();
    view! { <ul class="violations">{items}</ul> }.into_any()
}

fn suggested(suggestion: String, adopt: Option<String>) -> AnyView {
    match adopt {
        Some(href) => view! {
            <a class="button suggestion" href=href>
                "Use "
                <code>{suggestion}</code>
            </a>
        }
        .into_any(),
        None => view! {
            <p class="suggestion">
                "Would pass: " <code>{suggestion}</code>
            </p>
        }
        .into_any(),
    }
}
