//! Shows one figure large, and how it compares with the time before.

use crate::api::overview::{Compared, Summary};
use crate::app::link::Link;
use crate::domain::format;
use crate::domain::query::Shown;
use leptos::prelude::*;

/// How a figure compares with the stretch before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// The comparison in words: `12 % more`.
    pub words: String,
    /// Whether that is better, worse, or neither.
    pub better: Option<bool>,
}

impl Delta {
    /// Compares counts of which neither more nor less is better.
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    pub fn of_count(now: u64, before: u64) -> Self {
        let words = match (now, before) {
            (_, 0) => "none before".to_owned(),
            (now, before) if now == before => "as many as before".to_owned(),
            (now, before) => {
                let change = (now as f64 - before as f64) / before as f64;
                let more = if change > 0.0 { "more" } else { "fewer" };
                if change > 9.0 {
                    format!("{:.0} times as many as before", change + 1.0)
                } else {
                    format!("{:.0} % {more} than before", (change.abs() * 100.0).max(1.0))
                }
            }
        };
        Self { words, better: None }
    }

    /// Compares shares of which less is better, in points.
    pub fn of_share(now: Option<f64>, before: Option<f64>) -> Option<Self> {
        let (now, before) = (now?, before?);
        let points = (now - before) * 100.0;
        // What is shown as the same figure is not said to have moved.
        let looks_same = format::percent(Some(now)) == format::percent(Some(before));
        Some(if points.abs() < 0.05 || looks_same {
            Self {
                words: "as before".to_owned(),
                better: None,
            }
        } else {
            Self {
                words: format!(
                    "{} from {}",
                    if points > 0.0 { "up" } else { "down" },
                    format::percent(Some(before))
                ),
                better: Some(points < 0.0),
            }
        })
    }

    /// Compares durations in milliseconds of which shorter is better.
    pub fn of_duration(now: Option<u64>, before: Option<u64>) -> Option<Self> {
        let (now, before) = (now?, before?);
        let gap = now.abs_diff(before);
        // Within the histogram's own error nothing has changed.
        Some(if gap * 20 <= before {
            Self {
                words: "as before".to_owned(),
                better: None,
            }
        } else {
            let word = if now > before { "slower" } else { "faster" };
            Self {
                words: format!("{} {word} than before", format::duration(Some(gap))),
                better: Some(now < before),
            }
        })
    }
}

/// One figure. With `href` the whole tile leads to what is behind it.
#[component]
pub fn Tile(
    /// What the figure is.
    #[prop(into)]
    label: String,
    /// The figure, written out; a unit after a space is shown small.
    figure: String,
    /// How it compares with the stretch before.
    #[prop(optional_no_strip, into)]
    delta: Option<Delta>,
    /// A remark where there is nothing to compare.
    #[prop(optional, into)]
    note: String,
    /// What is behind the figure.
    #[prop(optional, into)]
    href: String,
) -> impl IntoView {
    let (number, unit) = match figure.split_once(' ') {
        Some((number, unit)) if number != "<" => (number.to_owned(), unit.to_owned()),
        _ => (figure, String::new()),
    };
    let better = delta.as_ref().and_then(|d| d.better);
    let class = match better {
        None => "delta",
        Some(true) => "delta good",
        Some(false) => "delta bad",
    };
    let words = delta.map_or(note, |d| d.words);
    let inside = view! {
        <span class="label">{label}</span>
        <span class="figure">
            {number} {(!unit.is_empty()).then(|| view! { " " <small>{unit}</small> })}
        </span>
        {(!words.is_empty()).then(|| view! { <span class=class>{words}</span> })}
    };
    if href.is_empty() {
        view! { <div class="tile card">{inside}</div> }.into_any()
    } else {
        view! {
            <a class="tile card" href=href>
                {inside}
            </a>
        }
        .into_any()
    }
}

/// The five figures at the top of a page about a stretch of time, compared with the one before.
#[component]
pub fn Tiles(
    /// The figures of the stretch.
    now: Summary,
    /// The same as far as it is over, and as much time before it.
    compared: Compared,
    /// Held records that wait for somebody, whatever the stretch.
    open: u64,
    /// The stretch.
    shown: Shown,
    /// The quarantine, narrowed to whom the page is about.
    held: Link,
    /// The deliveries, narrowed likewise.
    files: Link,
) -> impl IntoView {
    let Compared { done, before } = compared;
    let files = files.with("range", &shown.fixed);
    let refused = match now.deliveries {
        0 => "no files came".to_owned(),
        n => format!("of {} received", format::counted(n, "file", "files")),
    };
    view! {
        <div class="tiles">
            <Tile
                label="Records received"
                figure=format::count(now.counts.received)
                delta=Delta::of_count(done.counts.received, before.counts.received)
                href=files.clone().with("direction", "file").href()
            />
            <Tile
                label="Rejected"
                figure=format::percent(now.counts.rejection_rate())
                delta=Delta::of_share(done.counts.rejection_rate(), before.counts.rejection_rate())
                note="nothing to compare"
            />
            <Tile
                label="Latency, p95"
                figure=format::duration(now.p95_ms)
                delta=Delta::of_duration(done.p95_ms, before.p95_ms)
                note="nothing to compare"
            />
            <Tile
                label="Quarantined now"
                figure=format::count(open)
                note="wait for somebody"
                href=held.href()
            />
            <Tile
                label="Refused files"
                figure=format::count(now.refused)
                note=refused
                href=files.with("status", "refused").href()
            />
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_is_said_in_words() {
        let counts = |now, before| Delta::of_count(now, before).words;
        assert_eq!(counts(112, 100), "12 % more than before");
        assert_eq!(counts(50, 100), "50 % fewer than before");
        assert_eq!(counts(100, 0), "none before");
        assert_eq!(counts(10_000, 100), "100 times as many as before");
        let share = Delta::of_share(Some(0.019), Some(0.042)).expect("both are known");
        assert_eq!(
            (share.words.as_str(), share.better),
            ("down from 4.2 %", Some(true))
        );
        let alike = Delta::of_share(Some(0.008_51), Some(0.009_49)).map(|delta| delta.words);
        assert_eq!(alike.as_deref(), Some("as before"), "both are 0.9 %");
        assert_eq!(Delta::of_share(Some(0.02), None), None);
        let latency = Delta::of_duration(Some(6300), Some(4200)).expect("both are known");
        assert_eq!(
            (latency.words.as_str(), latency.better),
            ("2.1 s slower than before", Some(false))
        );
    }
}
