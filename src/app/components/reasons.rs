//! Shows what failed most, as bars with their counts.

use super::badge::SeverityBadge;
use super::meter::Meter;
use super::rule::RuleCode;
use crate::app::link::Link;
use crate::domain::format;
use crate::domain::report::CodeCount;
use crate::domain::violation::Severity;
use leptos::prelude::*;

/// One bar per code, the most records first. Codes that held records lead to them.
#[component]
pub fn Reasons(
    /// What failed.
    reasons: Vec<CodeCount>,
    /// The quarantine, narrowed to whom this is about.
    held: Link,
) -> impl IntoView {
    let most = reasons.iter().map(|r| r.records).max().unwrap_or(0).max(1);
    let rows: Vec<_> = reasons
        .into_iter()
        .map(|reason| {
            let width = reason.records * 100 / most;
            let records = format::counted(reason.records, "record", "records");
            let count = if matches!(reason.severity, Severity::Error) {
                let href = held
                    .clone()
                    .with("state", "any")
                    .with("code", &reason.code)
                    .href();
                view! { <a href=href>{records}</a> }.into_any()
            } else {
                records.into_any()
            };
            view! {
                <li class=format!("by-{}", reason.severity.word())>
                    <p>
                        <RuleCode code=reason.code.into_owned()/>
                        {reason.attribute.map(|name| view! { <span>{name.into_owned()}</span> })}
                        <SeverityBadge severity=reason.severity/>
                    </p>
                    <p class="count">{count}</p>
                    <Meter width/>
                </li>
            }
        })
        .collect();
    view! { <ul class="reasons">{rows}</ul> }.into_any()
}
