//! Walks a list page by page, by key, so that new arrivals never shift what one reads.

use crate::app::link::Link;
use crate::domain::query::Total;
use leptos::prelude::*;

/// How many rows there are, and the way to the next ones.
#[component]
pub fn Pager(
    /// The list's address without `after`.
    link: Link,
    /// What a row is, for one and for many.
    nouns: (&'static str, &'static str),
    /// Rows on this page.
    shown: usize,
    /// Rows in all.
    #[prop(into)]
    total: Total,
    /// Where the next page begins.
    next: Option<String>,
    /// Whether this is the first page.
    first: bool,
) -> impl IntoView {
    let count = total.counted(nouns.0, nouns.1);
    let sentence = if first && next.is_none() {
        format!("{count} in all.")
    } else {
        format!("{shown} of {count} on this page.")
    };
    let start = link.clone().with("after", "").href();
    let next = next.map(|after| link.with("after", &after).href());
    view! {
        <nav class="pager" aria-label="Pages">
            <p>{sentence}</p>
            <ul>
                {(!first)
                    .then(|| {
                        view! {
                            <li>
                                <a class="button" href=start>"First page"</a>
                            </li>
                        }
                    })}
                {next
                    .map(|href| {
                        view! {
                            <li>
                                <a class="button" href=href rel="next">"Next page"</a>
                            </li>
                        }
                    })}
            </ul>
        </nav>
    }
    .into_any()
}
