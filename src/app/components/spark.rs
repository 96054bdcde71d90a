//! Shows how a figure went, as small as a word.

use crate::domain::format;
use leptos::prelude::*;
use std::fmt::Write as _;

const WIDTH: u64 = 96;
const HEIGHT: u64 = 22;

/// A line without axes, from zero, its last point marked.
#[component]
pub fn Sparkline(
    /// The figures, oldest first.
    values: Vec<u64>,
    /// What they count: `Records received`.
    #[prop(into)]
    what: String,
) -> impl IntoView {
    let most = values.iter().max().copied().unwrap_or(0);
    let last = values.last().copied().unwrap_or(0);
    if values.len() < 2 || most == 0 {
        return view! { <span class="muted">"–"</span> }.into_any();
    }
    let steps = u64::try_from(values.len() - 1).unwrap_or(1);
    let place = |i: u64, value: u64| (i * WIDTH / steps, HEIGHT - 2 - value * (HEIGHT - 4) / most);
    let mut points = String::with_capacity(values.len() * 6);
    for (i, value) in (0u64..).zip(&values) {
        let (x, y) = place(i, *value);
        let _ = write!(points, "{x},{y} ");
    }
    let (x, y) = place(steps, last);
    let label = format!(
        "{what}, oldest to newest: most {}, last {}",
        format::count(most),
        format::count(last)
    );
    view! {
        <svg
            class="spark"
            viewBox=format!("0 0 {WIDTH} {HEIGHT}")
            width=WIDTH.to_string()
            height=HEIGHT.to_string()
            role="img"
            aria-label=label
        >
            <polyline points=points.trim_end().to_owned()></polyline>
            <circle cx=x.to_string() cy=y.to_string() r="2"></circle>
        </svg>
    }
    .into_any()
}
