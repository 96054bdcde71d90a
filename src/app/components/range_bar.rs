//! Chooses the stretch of time a page speaks of. All of it is links and a GET form: the choice
//! is in the address.

use crate::app::link::Link;
use crate::domain::query::{Range, Span, stamp};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::params::ParamsMap;

/// The range a query asks for, as [`Range::parse`] reads it: `range` itself, or the two ends of
/// the form below. Empty when it does not say.
pub fn asked(query: &ParamsMap) -> String {
    let get = |name| query.get_str(name).unwrap_or_default();
    match (get("from"), get("until")) {
        ("", _) | (_, "") => get("range").to_owned(),
        (from, until) => format!("{}..{}", instant(from), instant(until)),
    }
}

/// A time as a browser's form sends it, made whole: `2026-11-24T13:05` has neither seconds nor a
/// zone, and is meant in UTC.
fn instant(typed: &str) -> String {
    match typed.len() {
        16 => format!("{typed}:00Z"),
        19 => format!("{typed}Z"),
        _ => typed.to_owned(),
    }
}

/// Quick ranges, a step back and forth, and the fixed ends, which open into a form.
#[component]
pub fn RangeBar(
    /// The page's address with everything but the range.
    link: Link,
    /// The range as asked for.
    range: String,
    /// Its fixed ends.
    span: Span,
    /// When the page's figures were read.
    as_of: DateTime<Utc>,
) -> impl IntoView {
    let asked = Range::parse(&range);
    let quick: Vec<_> = Range::QUICK
        .into_iter()
        .map(|(range, label)| {
            let href = link.clone().with("range", &range.to_param()).href();
            let current = (range == asked).then_some("true");
            view! {
                <li>
                    <a href=href aria-current=current>
                        {label}
                    </a>
                </li>
            }
        })
        .collect();
    let between = |span: Span| {
        let range = Range::Between(span.from, span.until).to_param();
        link.clone().with("range", &range).href()
    };
    let earlier = between(span.previous());
    let later = (span.until < as_of).then(|| {
        between(Span {
            from: span.until,
            until: span.until + (span.until - span.from),
        })
    });
    let hidden: Vec<_> = link
        .hidden(&["range"])
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    view! {
        <div class="range" role="group" aria-label="Time range">
            <ul>{quick}</ul>
            <div class="step">
                <a href=earlier>"‹ Earlier"</a>
                {match later {
                    Some(href) => view! { <a href=href>"Later ›"</a> }.into_any(),
                    None => view! { <span aria-disabled="true">"Later ›"</span> }.into_any(),
                }}
            </div>
            <details>
                <summary>{ends(span)} <span>"Change"</span></summary>
                <Form method="GET" action=link.path().to_owned()>
                    {hidden}
                    <label class="field">
                        <span>"From (UTC)"</span>
                        <input type="datetime-local" name="from" value=local(span.from) required/>
                    </label>
                    <label class="field">
                        <span>"Until (UTC)"</span>
                        <input type="datetime-local" name="until" value=local(span.until) required/>
                    </label>
                    <button class="main">"Show this time"</button>
                </Form>
            </details>
        </div>
    }
    .into_any()
}

/// Both ends as people read them: `17 Nov 13:00 – 24 Nov 2026 13:41 UTC`.
fn ends(span: Span) -> String {
    let year = span.from.format("%Y").to_string() != span.until.format("%Y").to_string();
    let from = span
        .from
        .format(if year { "%-d %b %Y %H:%M" } else { "%-d %b %H:%M" });
    format!("{from} – {} UTC", span.until.format("%-d %b %Y %H:%M"))
}

/// A time as a form's field holds it, to the minute.
fn local(at: DateTime<Utc>) -> String {
    stamp(at).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_two_ends_make_one_range() {
        let mut query = ParamsMap::new();
        query.insert("from", "2026-11-01T00:00".to_owned());
        query.insert("until", "2026-11-02T12:30".to_owned());
        assert_eq!(asked(&query), "2026-11-01T00:00:00Z..2026-11-02T12:30:00Z");
        assert!(matches!(Range::parse(&asked(&query)), Range::Between(..)));
        query.insert("range", "7d".to_owned());
        query.remove("from");
        assert_eq!(asked(&query), "7d");
    }
}
