//! Draws a bar a day, with its figures as a table below.

use super::table::{Table, figure, figures, text};
use crate::domain::format::count;
use chrono::{Days, NaiveDate};
use leptos::prelude::*;

const WIDTH: u64 = 600;
const HEIGHT: u64 = 96;

/// Records that failed, by day.
#[component]
pub fn DayBars(
    /// The figures, oldest first; the last is of `until`.
    values: Vec<u64>,
    /// The last day.
    until: NaiveDate,
) -> impl IntoView {
    let most = values.iter().max().copied().unwrap_or(0);
    let step = WIDTH / u64::try_from(values.len()).unwrap_or(1).max(1);
    let days = u64::try_from(values.len()).unwrap_or(0);
    let day = |at: u64| until.checked_sub_days(Days::new(days - 1 - at)).unwrap_or(until);
    let bars: Vec<_> = (0u64..)
        .zip(&values)
        .filter(|(_, value)| **value > 0)
        .map(|(at, value)| {
            // Something is never drawn as nothing.
            let height = (value * (HEIGHT - 4) / most.max(1)).max(2);
            view! {
                <rect
                    x=(at * step + 1).to_string()
                    y=(HEIGHT - height).to_string()
                    width=step.saturating_sub(2).max(1).to_string()
                    height=height.to_string()
                >
                    <title>{format!("{}: {}", day(at), count(*value))}</title>
                </rect>
            }
        })
        .collect();
    let mut rows: Vec<_> = (0u64..)
        .zip(&values)
        .filter(|(_, value)| **value > 0)
        .map(|(at, value)| {
            view! {
                <tr>
                    <th scope="row">{day(at).to_string()}</th>
                    {figure(count(*value))}
                </tr>
            }
            .into_any()
        })
        .collect();
    rows.reverse();
    let columns = vec![text("Day"), figures("Records")];
    let label = format!(
        "Records that failed by day, {} to {until}: most {}",
        day(0),
        count(most)
    );
    view! {
        <section class="chart card days">
            <header>
                <h2>"Records that failed, by day"</h2>
                <p class="subtitle">
                    {format!("{} to {until}, UTC; over all deliveries of a day; most {}", day(0), count(most))}
                </p>
            </header>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>
                <path class="base" d=format!("M0 {HEIGHT}H{WIDTH}")></path>
                {bars}
            </svg>
            <details>
                <summary>"As a table"</summary>
                <Table caption="Records that failed, by day" columns rows/>
            </details>
        </section>
    }
    .into_any()
}
