//! Lays out tables: one way for the whole product, so that every table is whole, has heads, and
//! scrolls inside itself.

use leptos::prelude::*;

/// The head of one column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    label: String,
    figures: bool,
    sort: Option<(String, Option<&'static str>)>,
}

/// A column of text.
pub fn text(label: impl Into<String>) -> Column {
    Column {
        label: label.into(),
        ..Column::default()
    }
}

/// A column of figures, set right.
pub fn figures(label: impl Into<String>) -> Column {
    Column {
        figures: true,
        ..text(label)
    }
}

impl Column {
    /// Lets the reader sort by it: where that leads, and, when it is so sorted now, whether
    /// `ascending` or `descending`.
    pub fn sorted(self, href: String, now: Option<&'static str>) -> Self {
        Self {
            sort: Some((href, now)),
            ..self
        }
    }
}

/// A table. Rows are whole `<tr>`s whose first cell is a `<th scope="row">`.
#[component]
pub fn Table(
    /// What it lists, for those who cannot see it.
    #[prop(into)]
    caption: String,
    /// Its columns.
    columns: Vec<Column>,
    /// Its rows.
    rows: Vec<AnyView>,
) -> impl IntoView {
    let heads: Vec<_> = columns.into_iter().map(head).collect();
    let label = caption.clone();
    view! {
        // Focusable, so that the arrow keys scroll it.
        <div class="scroll" tabindex="0" role="region" aria-label=label>
            <table>
                <caption class="unseen">{caption}</caption>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn head(column: Column) -> AnyView {
    let class = column.figures.then_some("num");
    match column.sort {
        None => view! { <th scope="col" class=class>{column.label}</th> }.into_any(),
        Some((href, now)) => view! {
            <th scope="col" class=class aria-sort=now>
                <a href=href>
                    {column.label} {now.map(|order| if order == "ascending" { " ↑" } else { " ↓" })}
                </a>
            </th>
        }
        .into_any(),
    }
}

/// A cell with a figure; a zero steps back.
pub fn figure(text: String) -> AnyView {
    let class = if text == "0" || text == "–" {
        "num zero"
    } else {
        "num"
    };
    view! { <td class=class>{text}</td> }.into_any()
}
