//! Draws how large a feed's catalogue was after each of its deliveries: a step for each, and a
//! dot for one that changed nothing because it was held or refused.

use super::axis;
use super::canvas::{self, Anchor, Ink, Link, Mark, Picture};
use crate::domain::chart::{Chart, ChartRow, Series};
use crate::domain::format;

/// One delivery in the chart.
#[derive(Debug, Clone)]
pub struct Step {
    /// When it came, as people read it.
    pub label: String,
    /// The day alone, for the axis.
    pub day: String,
    /// Its page.
    pub href: String,
    /// What became of it.
    pub verdict: String,
    /// Whether it took no effect.
    pub stopped: bool,
    /// Products in the catalogue after it; none where that is not known.
    pub size: Option<u64>,
}

/// Days that the width bears.
const LABELS: usize = 8;

/// Products in the catalogue after each delivery, the oldest first.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub fn catalogue(steps: &[Step]) -> Chart {
    let most = steps.iter().filter_map(|step| step.size).max().unwrap_or(0);
    let scale = axis::round(most as f64, 1.0);
    let mut marks = Vec::new();
    canvas::figures(scale, axis::short, &mut marks);
    days(steps, &mut marks);
    let place = |i: usize, size: u64| [(i as f64, size as f64), ((i + 1) as f64, size as f64)];
    let mut run: Vec<(f64, f64)> = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        match step.size {
            Some(size) => run.extend(place(i, size)),
            None if !run.is_empty() => marks.push(line(std::mem::take(&mut run))),
            None => {}
        }
        if let Some(size) = step.size.filter(|_| step.stopped) {
            marks.push(Mark::Dot {
                ink: Ink::Stopped,
                x: i as f64 + 0.5,
                y: size as f64,
            });
        }
    }
    if !run.is_empty() {
        marks.push(line(run));
    }
    let newest = steps.iter().rev().find_map(|step| step.size);
    let figure = newest.map_or_else(|| "not known".to_owned(), format::count);
    let stopped = steps.iter().filter(|step| step.stopped).count() as u64;
    let picture = Picture {
        name: "catalogue",
        label: format!(
            "Products in the catalogue after each of {}: now {figure}",
            format::counted(steps.len() as u64, "delivery", "deliveries")
        ),
        top: scale.top,
        marks,
        links: steps
            .iter()
            .map(|step| Link {
                href: step.href.clone(),
                title: format!("{} · {} · {}", step.label, step.verdict, size(step)),
            })
            .collect(),
    };
    Chart {
        title: "Products in the catalogue".to_owned(),
        subtitle: "after each delivery, UTC".to_owned(),
        legend: vec![
            Series {
                key: "outline".to_owned(),
                name: "now".to_owned(),
                figure,
            },
            Series {
                key: "stopped".to_owned(),
                name: "held or refused".to_owned(),
                figure: format::count(stopped),
            },
        ],
        svg: picture.svg(),
        columns: vec!["Became".to_owned(), "Products after it".to_owned()],
        rows: steps
            .iter()
            .map(|step| ChartRow {
                label: step.label.clone(),
                href: Some(step.href.clone()),
                cells: vec![step.verdict.clone(), size(step)],
            })
            .collect(),
    }
}

fn size(step: &Step) -> String {
    step.size.map_or_else(|| "–".to_owned(), format::count)
}

fn line(points: Vec<(f64, f64)>) -> Mark {
    Mark::Line {
        ink: Ink::Outline,
        points,
    }
}

/// The day under the first delivery of it, as many as the width bears.
#[expect(clippy::cast_precision_loss, reason = "a few dozen deliveries")]
fn days(steps: &[Step], marks: &mut Vec<Mark>) {
    let firsts: Vec<usize> = (0..steps.len())
        .filter(|i| *i == 0 || steps[*i].day != steps[*i - 1].day)
        .collect();
    let apart = steps.len().div_ceil(LABELS);
    let mut free = 0;
    for (n, i) in firsts.into_iter().enumerate() {
        marks.push(Mark::Tick { x: i as f64 });
        if i < free || i + apart > steps.len() + apart / 2 {
            continue;
        }
        free = i + apart;
        marks.push(Mark::Text {
            ink: if n % 2 == 0 { Ink::Time } else { Ink::TimeBetween },
            x: i as f64,
            y: 0.0,
            anchor: Anchor::BelowRight,
            text: steps[i].day.clone(),
        });
    }
}
